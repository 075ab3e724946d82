"""`sandbox review packet | key`: transcripts for a colleague without the app, and what their codes are."""

import json
from pathlib import Path
from random import Random, SystemRandom
from typing import TYPE_CHECKING

import click

from sandbox.cli.review_reading import open_record

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.analysis.arm import Arm
    from sandbox.library.form import Form
    from sandbox.review.packet import PacketKey
    from sandbox.store.store import Store

seed = click.option(
    "--seed",
    type=click.IntRange(0, 2**31 - 1),
    help="Fixes codes and order; who knows it can work them out.  [default: by chance]",
)
equal_length = click.option(
    "--equal-length",
    is_flag=True,
    help="End each transcript after as many technique turns as the shortest has.",
)


@click.command("packet", short_help="Make up transcripts and forms for a colleague: one zip file.")
@click.argument("sessions", nargs=-1, required=True, metavar="SESSION|STUDY...")
@click.option(
    "--form",
    "forms",
    multiple=True,
    default=("session-rating",),
    show_default=True,
    metavar="ID",
    help="What is filled in; several may be given.",
)
@click.option("--codebook", default="therapist-moves", show_default=True, metavar="ID", help="The tags.")
@click.option(
    "--to", "file", required=True, metavar="FILE.zip", type=click.Path(path_type=Path), help="Where to."
)
@click.option(
    "--blind/--open", default=True, help="Without what tells the arm, or with it.  [default: blind]"
)
@click.option(
    "--pairs/--no-pairs",
    default=True,
    help="Also set the arms of one shared start side by side.  [default: pairs]",
)
@equal_length
@seed
@click.option("--force", is_flag=True, help="Replace the file if there is one.")
def packet(
    sessions: tuple[str, ...],
    forms: tuple[str, ...],
    codebook: str,
    file: Path,
    blind: bool,
    pairs: bool,
    equal_length: bool,
    seed: int | None,
    force: bool,
) -> None:
    """Make up a packet of transcripts with a form to fill in; prints the file's path.

    It holds a page that opens in any browser, offline, and takes the marks, and the form as a spreadsheet.
    What its codes stand for stays in the record: `sandbox review key PACKET`. What comes back is taken in
    by `sandbox review import`.
    """
    from sandbox.errors import UsageError
    from sandbox.export.file import refuse_existing, refuse_missing_folder, write_file
    from sandbox.export.packet.file import packet_zip
    from sandbox.library.catalogue import Library
    from sandbox.library.workspace import find_workspace
    from sandbox.review.packing import Packing, arms_for_review, pack

    if file.suffix.lower() != ".zip":
        raise UsageError(f"“{file.name}” is no packet.", todo="End the file's name in .zip.")
    refuse_missing_folder(file)
    refuse_existing(file, overwrite=force)
    library = Library(find_workspace())
    documents: list[Form] = [library.form(id) for id in dict.fromkeys(forms)]
    packing = Packing(blind=blind, paired=pairs, equal_length=equal_length)
    with open_record() as store:
        arms = arms_for_review(store, sessions)
        key = pack(arms, documents, library.codebook(codebook), packing, chance(seed))
        content = packet_zip(key, arms)
        keep(store, key, arms)  # first: a packet whose key is lost is worth nothing
        write_file(file, content, overwrite=force)
    click.echo(str(file))


def chance(seed: int | None) -> Random:
    """Where codes and order come from."""
    return SystemRandom() if seed is None else Random(seed)  # noqa: S311 - an order, no secret


def keep(store: "Store", key: "PacketKey", arms: "Sequence[Arm]") -> None:
    """Put the key into the record, and tell on stderr where it is and what to mind."""
    from sandbox.export.leaving import details_leaving
    from sandbox.remembered import load_remembered
    from sandbox.review.packing import length_caution
    from sandbox.store.mark import MarkRecord
    from sandbox.text import printable

    MarkRecord(store).add_packet(key.id, key, load_remembered().reviewer or "")
    found = details_leaving(store, [arm.id for arm in arms])
    for caution in filter(None, (length_caution(key), found)):
        click.echo(f"Caution: {printable(caution)}", err=True)
    kind = "Blind" if key.blind else "Open"
    click.echo(
        f"{kind} packet {key.id}: {len(key.transcripts)} transcripts, {len(key.pairs)} pairs."
        f" What its codes stand for: sandbox review key {key.id}",
        err=True,
    )


@click.command("key", short_help="Show what the codes of a packet stand for.")
@click.argument("packet", metavar="PACKET")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def key(packet: str, as_json: bool) -> None:
    """Show which session each code of PACKET is. Whoever is to judge blind should not read it."""
    from sandbox.export.table import terminal_table
    from sandbox.review.packet import PacketKey
    from sandbox.review.packing import arms_for_review
    from sandbox.store.mark import MarkRecord

    with open_record() as store:
        found = PacketKey.model_validate(MarkRecord(store).packet(packet))
        arms = {arm.id: arm for arm in arms_for_review(store, [one.session for one in found.transcripts])}
    if as_json:
        click.echo(json.dumps(found.model_dump(mode="json"), indent=2))
        return
    rows = [
        (one.code, one.session, arms[one.session].title, arms[one.session].plan.model, str(len(one.turns)))
        for one in found.transcripts
    ]
    click.echo(terminal_table(("transcript", "session", "arm", "model", "turns"), rows))
    if found.pairs:
        pairs = [(pair.code, pair.a, pair.b) for pair in found.pairs]
        click.echo("\n" + terminal_table(("pair", "A", "B"), pairs))
