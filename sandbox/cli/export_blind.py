"""`sandbox export … --blind`: transcripts under codes, a file each; the key stays in the record."""

from pathlib import Path
from typing import Literal

import click

from sandbox.cli.conducting import open_record
from sandbox.cli.review_packet import chance, keep

BlindFormat = Literal["html", "docx", "pdf", "md"]
BLIND_FORMATS: tuple[BlindFormat, ...] = ("html", "docx", "pdf", "md")


def export_blind(
    words: tuple[str, ...],
    folder: Path,
    form: str | None,
    *,
    equal_length: bool,
    seed: int | None,
    force: bool,
) -> None:
    """Write every arm meant to the folder without what tells it; prints the paths."""
    from sandbox.errors import UsageError
    from sandbox.export.file import (
        ending,
        refuse_existing,
        refuse_file_name,
        refuse_missing_folder,
        write_file,
    )
    from sandbox.export.packet.coded import coded, transcript_blocks
    from sandbox.export.report.file import REPORT_FORMATS
    from sandbox.review.packet import Packing, arms_for_review, pack

    chosen = form or "html"
    if chosen not in BLIND_FORMATS:
        raise UsageError(
            f"The format {chosen} cannot be blind.", todo=f"Choose --format {' or '.join(BLIND_FORMATS)}."
        )
    refuse_missing_folder(folder)
    refuse_file_name(folder, "Blind transcripts are several files.", form)
    if not force and folder.is_dir() and next(folder.iterdir(), None) is not None:
        raise UsageError(
            "There are files in this folder: codes of two exports would stand side by side.",
            where=str(folder),
            todo="Name a new folder, or add --force.",
        )
    with open_record() as store:
        arms = arms_for_review(store, words)
        packing = Packing(blind=True, paired=False, equal_length=equal_length)
        key = pack(arms, (), None, packing, chance(seed))
        suffix = ending(chosen)
        files = {folder / f"{key.id}-{one.key.code}{suffix}": one for one in coded(key, arms)}
        for path in files:
            refuse_existing(path, overwrite=force)
        keep(store, key, arms)
        for path, one in files.items():
            write_file(path, REPORT_FORMATS[suffix](transcript_blocks(key, one)), overwrite=force)
            click.echo(str(path))
