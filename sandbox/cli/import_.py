"""`sandbox import FILE`: a questionnaire made of a FHIR, REDCap or XLSForm file; the sessions of a bundle."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sandbox.cli.import_data import import_data

if TYPE_CHECKING:
    from sandbox.library.interchange.draft import Draft
    from sandbox.library.interchange.importing import Format
    from sandbox.library.questionnaire import Timeframe

# The document's own list; written out here so that --help needs no pydantic. A test holds the two together.
TIMEFRAMES = ("right now", "today", "past week", "past two weeks", "past month", "in general")

_TOLD = 20
"""A command with more ids than this is no help."""


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
        import_data(table, map_, as_json=as_json)
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
    from sandbox.export.data.unpacking import bring_in_bundle
    from sandbox.library.workspace import find_workspace
    from sandbox.store.store import DATABASE, Store
    from sandbox.text import number_of, printable

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
        click.echo(
            f"Caution: {len(moved.unlike)} of those have other turns or states here than in the file: they"
            f" went on in one of the two places ({which}).",
            err=True,
        )
    for name in moved.apart:
        click.echo(
            f"Caution: the study “{printable(name)}” was planned anew both here and there. Its plan here"
            " stays.",
            err=True,
        )
    if 0 < len(starts) <= _TOLD:
        click.echo(f"Compare them: sandbox compare --pool {' '.join(starts)}", err=True)


def _numbers(text: str | None) -> tuple[float, ...]:
    try:
        return tuple(float(part) for part in text.split(",")) if text else ()
    except ValueError:
        raise click.BadParameter(
            "numbers with commas between them, such as 0,1,2,3", param_hint="--values"
        ) from None
