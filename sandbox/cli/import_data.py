"""`sandbox import data FILE.csv --map MAP.yaml`: trial data from elsewhere, by the same functions."""

import csv
import io
from pathlib import Path

import click

_MOST = 50_000_000
"""Bytes of a file."""


def import_data(file: Path, map: Path, *, as_json: bool) -> None:
    """Print what the rows say. Nothing is stored. Raises SandboxError."""
    from pydantic import ValidationError

    from sandbox.analysis.external import DataMap, external
    from sandbox.errors import UsageError
    from sandbox.export.external import external_result, external_text
    from sandbox.library.catalogue import Library
    from sandbox.library.interchange.importing import decoded
    from sandbox.library.loading import read_at_most, read_values
    from sandbox.library.validation_error import explain
    from sandbox.library.workspace import find_workspace

    tree = read_values(map)
    if tree.problems:
        problem = next(iter(tree.problems.values()))
        raise UsageError(f"The map cannot be read: {problem.message}.", where=str(map), todo="Mend it.")
    try:
        told = DataMap.model_validate(tree.value)
    except ValidationError as error:
        wrong = [problem for detail in error.errors() for problem in explain(detail, DataMap, "")]
        lines = [
            ": ".join(filter(None, (".".join(str(key) for key in one.at), one.sentence))) for one in wrong
        ]
        raise UsageError(
            "The map is not complete:\n" + "\n".join(lines), where=str(map),
            todo="It needs by, run, arm, time, end, and score with range, or questionnaire with items.",
        ) from error  # fmt: skip
    content = read_at_most(file, _MOST, todo="name a .csv file")
    if len(content) > _MOST:
        raise UsageError("The file is too large.", where=str(file), todo="Keep the columns you need.")
    text, losses = decoded(content, str(file), old=True)
    try:
        rows = list(csv.DictReader(io.StringIO(text, newline=""), restval=""))
    except csv.Error as error:
        todo = "Save it from the spreadsheet program as “CSV UTF-8”."
        raise UsageError("This is not a CSV file.", where=str(file), todo=todo) from error
    for loss in losses:
        click.echo(f"Caution: {loss}", err=True)
    for number, row in enumerate(rows, 2):  # the head is line 1
        if None in row:
            raise UsageError(
                f"Line {number} has more cells than the head.", where=str(file),
                todo="Are they separated by “;”? Save it with commas between them, decimals with a point.",
            )  # fmt: skip
    library = Library(find_workspace())
    questionnaire = library.questionnaire(told.questionnaire) if told.questionnaire is not None else None
    found = external_result(external(rows, told, questionnaire), file.name)
    click.echo(found.text() if as_json else external_text(found), nl=not as_json)
