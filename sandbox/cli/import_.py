"""`sandbox import FILE`: a questionnaire made of a FHIR, REDCap or XLSForm file; the sessions of a bundle.
`sandbox import data FILE.csv --map MAP.yaml`: trial data from elsewhere, looked at by the same functions."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sandbox.errors import UsageError

if TYPE_CHECKING:
    from sandbox.analysis.external import DataMap
    from sandbox.library.interchange.draft import Draft
    from sandbox.library.interchange.importing import Format
    from sandbox.library.questionnaire import Timeframe

# The document's own list; written out here so that --help needs no pydantic. A test holds the two together.
TIMEFRAMES = ("right now", "today", "past week", "past two weeks", "past month", "in general")

_TOLD = 20
"""A command with more ids than this is no help."""

_MOST_BYTES = 50_000_000
"""Of a file with trial data."""


@click.command(
    "import", short_help="Bring in a questionnaire (FHIR, REDCap, XLSForm) or a bundle of sessions."
)
@click.argument("file", metavar="FILE | data FILE.csv", type=click.Path(path_type=Path))
@click.argument("table", metavar="", required=False, type=click.Path(path_type=Path))
@click.option(
    "--map",
    "map_",
    metavar="MAP.yaml",
    type=click.Path(path_type=Path),
    help="Of trial data: which column holds what.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["fhir", "redcap", "xlsform"]),
    help="What FILE is.  [default: by its ending: .json, .csv, .xlsx]",
)
@click.option("--id", "id_", metavar="ID", help="The questionnaire's id and its file's name.")
@click.option("--title", help="Its name for people.")
@click.option("--timeframe", type=click.Choice(TIMEFRAMES), help="What time its questions ask about.")
@click.option("--licence", help="Under which terms you may use it.")
@click.option("--author", help="Who wrote the instrument.")
@click.option("--language", metavar="TAG", help="The language of its texts, such as en or pt-BR.")
@click.option("--values", metavar="LIST", help="What the answers score, in order, such as 0,1,2,3.")
@click.option(
    "--part",
    metavar="NAME",
    help="Of a file with several: which form, language or section (its number or first words).",
)
@click.option("--json", "as_json", is_flag=True, help="Of trial data: print what comes out as JSON.")
@click.option("--force", is_flag=True, help="Replace the questionnaire if there is one of that id.")
def command(
    file: Path,
    table: Path | None,
    map_: Path | None,
    form: "Format | None",
    id_: str | None,
    title: str | None,
    timeframe: "Timeframe | None",
    licence: str | None,
    author: str | None,
    language: str | None,
    values: str | None,
    part: str | None,
    as_json: bool,
    force: bool,
) -> None:
    """Make a questionnaire of FILE, in the workspace's questionnaires folder; prints its path.

    FILE is an HL7 FHIR R4 Questionnaire (JSON), a REDCap data dictionary (CSV) or an XLSForm (.xlsx). What is
    left out, and what is assumed, is listed.

    A bundle of sessions (.zip, from `export data --format bundle`) goes into the record; prints the ids of
    the shared starts. Sessions that are there already stay as they are.

    `data FILE.csv --map MAP.yaml` looks at trial data from elsewhere by the same functions as sessions, and
    stores nothing: see docs/import-and-export.md.
    """
    if str(file) == "data" and (table is not None or map_ is not None):
        if table is None or map_ is None:
            raise click.UsageError("Trial data is named so: sandbox import data FILE.csv --map MAP.yaml")
        _import_data(table, map_, as_json=as_json)
        return
    if table is not None or map_ is not None or as_json:
        raise click.UsageError(
            "Only trial data has a map, and JSON: sandbox import data FILE.csv --map MAP.yaml"
        )
    if file.suffix.lower() == ".zip":
        others = (form, id_, title, timeframe, licence, author, language, values, part)
        if force or any(one is not None for one in others):
            raise click.UsageError("A bundle (.zip) is brought in as it is: give no other option.")
        _bring_in(file)
        return
    from sandbox.library.interchange.importing import import_file
    from sandbox.library.interchange.instrument import Completion

    completion = Completion(
        id=id_,
        title=title,
        licence=licence,
        timeframe=timeframe,
        author=author,
        language=language,
        values=_numbers(values),
        part=part,
    )
    _write(import_file(file, completion, form), force)


def _import_data(file: Path, map: Path, *, as_json: bool) -> None:
    """Print what the rows say. Nothing is stored. Raises SandboxError."""
    from sandbox.analysis.external import external
    from sandbox.cli.conducting import open_library
    from sandbox.export.external import external_result, external_text

    told = _map_in(map)
    rows = _rows_in(file)
    questionnaire = open_library().questionnaire(told.questionnaire) if told.questionnaire else None
    found = external_result(external(rows, told, questionnaire), file.name)
    click.echo(found.text() if as_json else external_text(found), nl=not as_json)


def _map_in(path: Path) -> "DataMap":
    from pydantic import ValidationError

    from sandbox.analysis.external import DataMap
    from sandbox.library.loading import read_values
    from sandbox.library.validation_error import explain

    tree = read_values(path)
    if tree.problems:
        problem = next(iter(tree.problems.values()))
        raise UsageError(f"The map cannot be read: {problem.message}.", where=str(path), todo="Mend it.")
    try:
        return DataMap.model_validate(tree.value)
    except ValidationError as error:
        wrong = [problem for detail in error.errors() for problem in explain(detail, DataMap, "")]
        lines = [
            ": ".join(filter(None, (".".join(str(key) for key in one.at), one.sentence))) for one in wrong
        ]
        raise UsageError(
            "The map is not complete:\n" + "\n".join(lines), where=str(path),
            todo="It needs by, run, arm, time, end, and score with range, or questionnaire with items.",
        ) from error  # fmt: skip


def _rows_in(path: Path) -> list[dict[str, str]]:
    """The rows under the head; what had to be guessed of the file's encoding is told on stderr."""
    import csv
    import io

    from sandbox.cli.streams import caution
    from sandbox.library.interchange.importing import decoded
    from sandbox.library.loading import read_at_most

    content = read_at_most(path, _MOST_BYTES, todo="name a .csv file")
    if len(content) > _MOST_BYTES:
        raise UsageError("The file is too large.", where=str(path), todo="Keep the columns you need.")
    text, losses = decoded(content, str(path), old=True)
    try:
        rows = list(csv.DictReader(io.StringIO(text, newline=""), restval=""))
    except csv.Error as error:
        todo = "Save it from the spreadsheet program as “CSV UTF-8”."
        raise UsageError("This is not a CSV file.", where=str(path), todo=todo) from error
    for loss in losses:
        caution(str(loss))
    for number, row in enumerate(rows, 2):  # the head is line 1
        if None in row:
            raise UsageError(
                f"Line {number} has more cells than the head.", where=str(path),
                todo="Are they separated by “;”? Save it with commas between them, decimals with a point.",
            )  # fmt: skip
    return rows


def _write(draft: "Draft", force: bool) -> None:
    from sandbox.cli.streams import tell
    from sandbox.export.file import write_draft
    from sandbox.library.workspace import find_workspace

    made = write_draft(draft, find_workspace(), overwrite=force)
    for warning in draft.warnings:
        click.echo(warning, err=True)
    click.echo(str(made.path))
    click.echo(draft.summary, err=True)
    if made.hides:
        click.echo("It takes the place of the shipped questionnaire of the same id.", err=True)
    for heading, lines in draft.report:
        tell(heading, lines)


def _bring_in(file: Path) -> None:
    from sandbox.cli.streams import caution
    from sandbox.export.data.unpacking import bring_in_bundle
    from sandbox.library.workspace import find_workspace
    from sandbox.store.store import DATABASE, Store
    from sandbox.text import number_of

    with Store.open(find_workspace().sessions / DATABASE) as store:
        moved = bring_in_bundle(store, file)
        starts = dict.fromkeys(members[0].id for members in store.families(moved.new).values())
    for id in starts:
        click.echo(id)
    known = f" Here already, and left as they are: {len(moved.known)}." if moved.known else ""
    if moved.marks:
        marks = number_of(moved.marks, "mark")
        known += f" New on them: {marks} of reviewers (sandbox review show SESSION)."
    click.echo(f"{number_of(len(moved.new), 'session')} brought in.{known}", err=True)
    if moved.unlike:
        which = ", ".join(moved.unlike[:4]) + " …" * (len(moved.unlike) > 4)
        caution(
            f"{len(moved.unlike)} of those have other turns or states here than in the file: they went on in"
            f" one of the two places ({which})."
        )
    for name in moved.apart:
        caution(f"the study “{name}” was planned anew both here and there. Its plan here stays.")
    if 0 < len(starts) <= _TOLD:
        click.echo(f"Compare them: sandbox compare --pool {' '.join(starts)}", err=True)


def _numbers(text: str | None) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(",")) if text else ()
    except ValueError:
        raise click.BadParameter(
            "numbers with commas between them, such as 0,1,2,3", param_hint="--values"
        ) from None
