"""`sandbox new`: a commented document to fill in, opened in the editor when there is a terminal."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sandbox.cli import options
from sandbox.errors import ExitCode

if TYPE_CHECKING:
    from sandbox.library.document import Kind


@click.command("new", short_help="Start a scenario, technique or other document of your own.")
@click.argument("kind", type=click.Choice(options.KINDS))
@click.argument("id")
@click.option(
    "--edit/--no-edit", default=None, help="Open it in $VISUAL or $EDITOR.  [default: on a terminal]"
)
@click.pass_context
def command(context: click.Context, kind: "Kind", id: str, edit: bool | None) -> None:
    """Write a commented KIND called ID into the workspace, and open it in your editor.

    It loads as it stands; what is left to fill in is listed. Ends with 5 when the edited document cannot be
    used; the file stays.
    """
    from sandbox.cli.conducting import open_library
    from sandbox.library.blank import write_blank

    path = write_blank(open_library(), kind, id)
    click.echo(str(path))
    if edit or (edit is None and sys.stdin.isatty() and sys.stdout.isatty()):
        _open(path)
    context.exit(int(_report(path)))


def _open(path: Path) -> None:
    """Run the user's editor on `path` and wait for it. Raises SandboxError when it cannot be run."""
    from sandbox.editor import edit, editor_words

    if not editor_words():
        click.echo(f"No editor is set: set EDITOR, or open the file yourself: {path}", err=True)
    elif code := edit(path):
        click.echo(f"The editor ended with {code}.", err=True)


def _report(path: Path) -> ExitCode:
    """Say what is wrong with the document and what is left to fill in."""
    from sandbox.library.inspection import inspect

    inspection = inspect([path])
    for problem in (*inspection.problems, *inspection.warnings):
        click.echo(str(problem), err=True)
    if inspection.problems:
        click.echo(f"Check it again with: sandbox validate {path}", err=True)
        return ExitCode.INVALID_DOCUMENT
    if not inspection.warnings:
        click.echo("Nothing to remark on.", err=True)
    return ExitCode.OK
