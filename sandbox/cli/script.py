"""`sandbox script log | diff | restore`: the versions of a technique that ran here."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sandbox.cli import options
from sandbox.cli.conducting import open_library, open_record
from sandbox.cli.script_propose import propose
from sandbox.text import number_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sandbox.library.technique import Technique
    from sandbox.workbench.versions import Change, Piece

_MARKS = {"removed": ("[-", "-]"), "added": ("{+", "+}"), "same": ("", "")}


@click.group("script", short_help="See the versions of a technique, and other wordings of it.")
def command() -> None:
    """Every text of a technique that ever ran is in the record. See what changed and what it did."""


command.add_command(propose)


@command.command("log", short_help="List the versions: date, what changed, runs, effect.")
@click.argument("technique", metavar="TECHNIQUE")
def log(technique: str) -> None:
    """List every version of TECHNIQUE that ran here, the oldest first, with its effect.

    What changed is told against the version before, of a wording against the script that it is a wording of.
    """
    from sandbox.errors import NotFoundError
    from sandbox.text import printable
    from sandbox.workbench.versions import changes, effect_of, versions_of

    with open_record() as store:
        try:
            file = _file_now(technique)
            versions = versions_of(store, technique, file)
        except NotFoundError:
            open_library().technique(technique)  # says what there is, if it is no technique at all
            raise
        before = None
        for number, version in enumerate(versions, 1):
            starts = len(version.trunks)
            here = "  (the file as it is now)" if version.is_text_of(file) else ""
            click.echo(
                f"{number}  {version.hash[:8]}  {printable(version.called)}"
                f"  first run {version.first:%Y-%m-%d %H:%M}"
                f"  {number_of(starts, 'shared start')}{here}"
            )
            found = effect_of(store, version)
            for line in found or (version.alone,):
                _say(f"   {line}")
            worded, of = version.technique.wording is not None, version.technique.derived_from
            beside = next((one for one in versions if one.hash == of), None) if worded else before
            for line in _told(changes(beside.technique, version.technique)) if beside is not None else ():
                _say(f"   {line}")
            before = before if worded else version
        if file is not None and not any(version.is_text_of(file) for version in versions):
            click.echo("The file as it is now was never run.")


@command.command("diff", short_help="Show what differs between two versions, word by word.")
@click.argument("technique", metavar="TECHNIQUE")
@click.argument("one", metavar="VERSION")
@click.argument("other", metavar="VERSION")
def diff(technique: str, one: str, other: str) -> None:
    """Show what differs between two versions, [-removed-] and {+added+}, and the two in pairs.

    VERSION is a number of `script log` or the beginning of a hash.
    """
    from sandbox.workbench.versions import changes, pairs_of, version_named, versions_of

    with open_record() as store:
        versions = versions_of(store, technique)
        first, second = version_named(versions, one), version_named(versions, other)
        pairs = pairs_of(store, second, first)
    lines = list(_told(changes(first.technique, second.technique), whole=True))
    for line in lines or ["Both say the same."]:
        _say(line)
    for line in pairs.lines:
        _say(f"The second against the first, in pairs: {line}")


@command.command("restore", short_help="Write an earlier version to a file of your own.")
@click.argument("technique", metavar="TECHNIQUE")
@click.argument("version", metavar="VERSION")
@click.option(
    "--to",
    "file",
    required=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="A .yaml file; its name without the ending becomes the technique's id.",
)
@options.force
def restore(technique: str, version: str, file: Path, force: bool) -> None:
    """Write VERSION of TECHNIQUE to FILE as it ran; prints the file's path."""
    from sandbox.errors import UsageError
    from sandbox.export.file import refuse_missing_folder, write_file
    from sandbox.library.document import is_id
    from sandbox.workbench.versions import restored, version_named, versions_of

    if file.suffix not in (".yaml", ".yml") or not is_id(file.stem):
        raise UsageError(
            f"“{file.name}” is no name of a technique's file.",
            where=str(file),
            todo="Use small letters, digits and hyphens, and end in .yaml.",
        )
    refuse_missing_folder(file)
    with open_record() as store:
        found = version_named(versions_of(store, technique), version)
    write_file(file, restored(found, file.stem), overwrite=force)
    click.echo(file)


def _file_now(technique: str) -> "Technique | None":
    """The technique as its file says it now; None where there is none, or it cannot be read."""
    from sandbox.errors import SandboxError

    try:
        return open_library().technique(technique)
    except SandboxError:
        return None


def _told(found: "Sequence[Change]", *, whole: bool = False) -> "Iterator[str]":
    from sandbox.workbench.versions import shortened

    for change in found:
        if change.what == "moved":
            yield f"step {change.step} moved"
        else:
            pieces = change.pieces if whole else tuple(shortened(change.pieces))
            yield f"step {change.step} {change.what}: {_marked(pieces)}"


def _marked(pieces: "Sequence[Piece]") -> str:
    """`In [-and-]{+or+} out`: marked by signs, so that no colour is needed."""
    said = ""
    for piece in pieces:
        left, right = _MARKS[piece.kind]
        words = piece.words.strip() if left else piece.words
        said += f"{left}{words}{right}" + (" " if left and piece.words[-1:].isspace() else "")
    return " ".join(said.split())


def _say(line: str) -> None:
    """The line, broken between words at 80 columns, further lines indented."""
    import textwrap

    from sandbox.text import printable

    indent = " " * (len(line) - len(line.lstrip()) + 2)
    for part in textwrap.wrap(printable(line), 80, subsequent_indent=indent, break_long_words=False):
        click.echo(part)
