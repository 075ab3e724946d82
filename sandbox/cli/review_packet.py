"""`sandbox review packet | key`: transcripts for a colleague without the app, and what their codes are."""

import json
import os
import sys
from pathlib import Path
from random import Random, SystemRandom
from typing import TYPE_CHECKING

import click

from sandbox.cli import options
from sandbox.cli.conducting import open_library, open_record
from sandbox.cli.streams import can_ask, caution

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sandbox.analysis.arm import Arm
    from sandbox.library.catalogue import Library
    from sandbox.library.codebook import Codebook
    from sandbox.library.form import Form
    from sandbox.review.packet import NamedKey, PacketKey
    from sandbox.store.store import Store

_VARIABLE = "SANDBOX_PASSPHRASE"

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
    default=(options.DEFAULT_FORM,),
    show_default=True,
    metavar="ID",
    help="What is filled in; several may be given.",
)
@options.codebook
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
@options.force
def packet(
    sessions: tuple[str, ...],
    forms: tuple[str, ...],
    codebook: str | None,
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
    from sandbox.review.packet import Packing, arms_for_review, pack

    if file.suffix.lower() != ".zip":
        raise UsageError(f"“{file.name}” is no packet.", todo="End the file's name in .zip.")
    refuse_missing_folder(file)
    refuse_existing(file, overwrite=force)
    library = open_library()
    documents: list[Form] = [library.form(id) for id in dict.fromkeys(forms)]
    packing = Packing(blind=blind, paired=pairs, equal_length=equal_length)
    with open_record() as store:
        arms = arms_for_review(store, sessions)
        key = pack(arms, documents, codebook_named(library, codebook), packing, chance(seed))
        content = packet_zip(key, arms)
        keep(store, key, arms)  # first: a packet whose key is lost is worth nothing
        write_file(file, content, overwrite=force)
    click.echo(str(file))


def codebook_named(library: "Library", id: str | None) -> "Codebook":
    """The codebook, or the one that is usual here. Raises NotFoundError, InvalidDocument."""
    from sandbox.library.catalogue import SHIPPED_CODEBOOK

    found = library.default_codebook() if id is None else None
    return found or library.codebook(id or SHIPPED_CODEBOOK)


def chance(seed: int | None) -> Random:
    """Where codes and order come from."""
    return SystemRandom() if seed is None else Random(seed)  # noqa: S311 - an order, no secret


def keep(store: "Store", key: "PacketKey", arms: "Sequence[Arm]") -> None:
    """Put the key into the record, and tell on stderr where it is and what to mind."""
    from sandbox.analysis.leaving import details_in_transcripts
    from sandbox.remembered import load_remembered
    from sandbox.review.packet import length_caution
    from sandbox.store.mark import MarkRecord
    from sandbox.text import number_of

    MarkRecord(store).add_packet(key.id, key, load_remembered().reviewer or "")
    found = details_in_transcripts(store, [arm.id for arm in arms], key.documents)
    for sentence in filter(None, (length_caution(key), found)):
        caution(sentence)
    kind = "Blind" if key.blind else "Open"
    click.echo(
        f"{kind} packet {key.id}: {number_of(len(key.transcripts), 'transcript')},"
        f" {number_of(len(key.pairs), 'pair')}."
        f" What its codes stand for: sandbox review key {key.id}",
        err=True,
    )


@click.command("key", short_help="Show what the codes of a packet stand for, or lock it in a file.")
@click.argument("packet", metavar="PACKET|FILE")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.option(
    "--to",
    "file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Show nothing, and write it to a file that a passphrase opens.",
)
@options.force
def key(packet: str, as_json: bool, file: Path | None, force: bool) -> None:
    """Show which session each code of PACKET is; FILE is a key that --to wrote, and needs no record.

    Whoever is to judge blind should not read it. The passphrase is asked for without being shown; without a
    terminal it is what SANDBOX_PASSPHRASE holds, or the first line of stdin.
    """
    from sandbox.export.file import refuse_existing, refuse_missing_folder, write_file
    from sandbox.export.packet.locked_key import LockedKey

    if file is None:
        _show(_key_of(packet), as_json=as_json)
        return
    refuse_missing_folder(file)
    refuse_existing(file, overwrite=force)
    found = _key_of(packet)
    write_file(file, LockedKey.of(found, _passphrase(file, new=True)).text(), overwrite=force)
    click.echo(str(file))
    click.echo(f"Without its passphrase nobody can open it. With it: sandbox review key {file}", err=True)


def _key_of(packet: str) -> "NamedKey":
    """The key of a packet of the record, or that of a locked file, wherever one is."""
    from sandbox.export.packet.locked_key import LockedKey
    from sandbox.review.packet import named_key

    path = Path(packet)
    if path.is_file() or path.name != packet or path.suffix:
        return LockedKey.read(path).opened(_passphrase(path, new=False))
    with open_record() as store:
        return named_key(store, packet)


def _passphrase(file: Path, *, new: bool) -> str:
    """The passphrase of the file; a new one is typed twice. It is never an argument: those can be seen."""
    from sandbox.errors import UsageError

    if given := os.environ.get(_VARIABLE):
        return given
    if can_ask():
        asked = f"{'A' if new else 'The'} passphrase for {file.name}"
        return str(click.prompt(asked, hide_input=True, confirmation_prompt=new, err=True))
    given = sys.stdin.readline().rstrip("\r\n") if sys.stdin is not None else ""
    if not given:
        raise UsageError(
            "There is no passphrase.",
            where=str(file),
            todo=f"Type it in a terminal, set {_VARIABLE}, or send it in as a line of stdin.",
        )
    return given


def _show(found: "NamedKey", *, as_json: bool) -> None:
    from sandbox.export.table import terminal_table

    packet, arms = found.packet, found.arms
    if as_json:
        click.echo(json.dumps(packet.model_dump(mode="json"), indent=2))
        return
    rows = [
        (one.code, one.session, arms[one.session].title, arms[one.session].model, str(len(one.turns)))
        for one in packet.transcripts
    ]
    click.echo(terminal_table(("transcript", "session", "arm", "model", "turns"), rows))
    if packet.pairs:
        pairs = [(pair.code, pair.a, pair.b) for pair in packet.pairs]
        click.echo("\n" + terminal_table(("pair", "A", "B"), pairs))
