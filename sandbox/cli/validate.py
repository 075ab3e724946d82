"""`sandbox validate`: every problem of every document, and what to reconsider, with line and advice."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sandbox.errors import ExitCode
from sandbox.text import number_of, printable

if TYPE_CHECKING:
    from sandbox.errors import Problem
    from sandbox.library.inspection import Inspection


@click.command("validate", short_help="Check scenarios, techniques and all other documents.")
@click.argument("paths", metavar="[PATH]…", nargs=-1, type=click.Path(path_type=Path))
@click.option("--strict", is_flag=True, help="End with 5 on warnings too.")
@click.option("--json", "as_json", is_flag=True, help="Print problems and warnings as JSON.")
@click.pass_context
def command(context: click.Context, paths: tuple[Path, ...], strict: bool, as_json: bool) -> None:
    """Check documents: files, content folders or whole workspaces.

    Without PATH: the workspace at hand and the content that comes with the app. Ends with 5 when there is a
    problem: a document that cannot be used; with 3 when the only one is a path that is not there. Warnings
    are about documents that can be used, and that a colleague would remark on.
    """
    from sandbox.library.inspection import inspect

    roots = paths or _content_at_hand()
    inspection = inspect(roots)
    if as_json:
        click.echo(_as_json(inspection))
    else:
        for problem in inspection.problems:
            click.echo(str(problem))
        for warning in inspection.warnings:
            click.echo(f"{replace(warning, message=f'warning: {warning.message}')}")
    click.echo(_summary(inspection, roots), err=True)
    if len(inspection.problems) > len(inspection.absent) or (strict and inspection.warnings):
        context.exit(int(ExitCode.INVALID_DOCUMENT))
    if inspection.absent:
        context.exit(int(ExitCode.NOT_FOUND))


def _content_at_hand() -> tuple[Path, ...]:
    from sandbox.library.document import FOLDERS
    from sandbox.library.workspace import find_workspace, shipped_content

    own, shipped = find_workspace().root, shipped_content()
    has_own = any((own / folder).is_dir() for folder in FOLDERS.values())
    roots = (own, shipped) if has_own and own != shipped else (shipped,)
    here = Path.cwd()
    return tuple(root.relative_to(here) if root.is_relative_to(here) else root for root in roots)


def _as_json(inspection: "Inspection") -> str:
    found = {
        "files": [str(file) for file in inspection.files],
        "problems": [_as_data(problem) for problem in inspection.problems],
        "warnings": [_as_data(warning) for warning in inspection.warnings],
    }
    return json.dumps(found, indent=2)  # ASCII: no character of a file reaches the terminal raw


def _as_data(problem: "Problem") -> dict[str, object]:
    return {name: getattr(problem, name) for name in ("file", "line", "column", "message", "hint")}


def _summary(inspection: "Inspection", roots: Sequence[Path]) -> str:
    """How many documents each of several places has: the Library shows one of each id."""
    parts = [number_of(len(inspection.files), "document")]
    roots = [root for root in roots if root not in inspection.absent]
    if len(roots) > 1:
        each = [
            f"{sum(file.is_relative_to(root) for file in inspection.files)} in "
            + (printable(str(root)) if root.parts else "this folder")
            for root in roots
        ]
        parts[0] += f" ({', '.join(each)})"
    absent = {str(path) for path in inspection.absent}
    inside = [problem for problem in inspection.problems if problem.file not in absent]
    wrong = len({problem.file for problem in inside})
    parts.append(f"{number_of(len(inside), 'problem')} in {wrong} of them" if wrong else "no problems")
    if absent:
        parts.append(f"{number_of(len(absent), 'path')} without documents")
    if inspection.warnings:
        parts.append(number_of(len(inspection.warnings), "warning"))
    return ", ".join(parts)
