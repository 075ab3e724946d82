"""`sandbox export … --to FILE`: a session to read or compute with; many as a data set; a questionnaire."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

import click

if TYPE_CHECKING:
    from sandbox.export.data.choosing import Chosen
    from sandbox.store.store import Store

DOCUMENT = "questionnaire"
DATA = "data"
Format = Literal["csv", "parquet", "bids", "bundle"]
DATA_FORMATS: tuple[Format, ...] = ("csv", "parquet", "bids", "bundle")


@click.command("export")
@click.argument(
    "words", nargs=-1, required=True, metavar="SESSION | data SESSION|STUDY... | questionnaire ID"
)
@click.option(
    "--to",
    "file",
    required=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="A session: ends in .md (transcript), .csv (a row a score) or .json (everything). Data: a folder;"
    " a bundle: ends in .zip.",
)
@click.option(
    "--family/--alone",
    default=None,
    help="With all branches of its trunk, or alone.  [default: a trunk with all, a branch alone]",
)
@click.option("--tag", metavar="TAG", help="Data: of all sessions with this tag.")
@click.option("--all", "everything", is_flag=True, help="Data: of all sessions of the record.")
@click.option(
    "--format",
    "form",
    type=click.Choice([*DATA_FORMATS, "fhir"]),
    help="Of data: csv (the default), parquet, bids, or bundle, which another machine brings in."
    " Of a questionnaire: fhir.",
)
@click.option("--force", is_flag=True, help="Replace what an earlier export wrote there.")
def command(
    words: tuple[str, ...],
    file: Path,
    family: bool | None,
    tag: str | None,
    everything: bool,
    form: str | None,
    force: bool,
) -> None:
    """Write a session, a data set or a questionnaire to a file or folder; prints its path.

    SESSION is an id, the beginning of one, or `last`. After the word `data` come the sessions or studies of a
    data set: long tables with a codebook, each session with its shared start and all its arms. After
    `questionnaire` comes a questionnaire's id: it is written as HL7 FHIR R4 (JSON).
    """
    chosen = tag is not None or everything
    if words[0] == DATA and (len(words) > 1 or chosen) and form != "fhir" and family is None:
        kind = cast("Format", form or DATA_FORMATS[0])
        export_data(words[1:], file, kind, tag=tag, everything=everything, force=force)
    elif len(words) == 1 and form is None and not chosen:
        _export_session(words[0], file, family, force)
    elif len(words) == 2 and words[0] == DOCUMENT and family is None and form in (None, "fhir"):
        _export_questionnaire(words[1], file, force)
    else:
        raise click.UsageError(
            "This is neither a session nor a questionnaire: write “export SESSION --to FILE”, "
            "“export data SESSION… --to FOLDER” or “export questionnaire ID --to FILE”."
        )


@click.command("export", short_help="Write a study's sessions as a data set.")
@click.argument("name", metavar="NAME")
@click.option(
    "--to",
    "path",
    required=True,
    metavar="FOLDER|FILE.zip",
    type=click.Path(path_type=Path),
    help="Where to; a bundle is a file that ends in .zip.",
)
@click.option("--format", "form", type=click.Choice(DATA_FORMATS), default="csv", show_default=True)
@click.option("--force", is_flag=True, help="Replace what an earlier export wrote there.")
def study_export(name: str, path: Path, form: Format, force: bool) -> None:
    """Write all that a study ran so far as a data set; prints its path.

    The same as `sandbox export data NAME`: long tables with a codebook (csv, parquet), BIDS, or a bundle.
    """
    from sandbox.library.workspace import find_workspace
    from sandbox.store.store import DATABASE, Store
    from sandbox.store.study import StudyRecord

    with Store.open(find_workspace().sessions / DATABASE, create=False) as store:
        study = StudyRecord(store).named(name).name
    export_data((study,), path, form, force=force)


def export_data(
    words: tuple[str, ...],
    path: Path,
    form: Format,
    *,
    tag: str | None = None,
    everything: bool = False,
    force: bool = False,
) -> None:
    """Write a data set of the sessions or studies; prints its path, and on stderr how much is in it."""
    from sandbox.errors import UsageError
    from sandbox.export.data.choosing import choose
    from sandbox.export.file import refuse_missing_folder
    from sandbox.library.workspace import find_workspace
    from sandbox.store.store import DATABASE, Store

    refuse_missing_folder(path)
    if (form == "bundle") != (path.suffix.lower() == ".zip"):
        raise UsageError(
            f"“{path.name}” does not fit the format {form}.",
            todo="A bundle ends in .zip; the other formats write a folder.",
        )
    with Store.open(find_workspace().sessions / DATABASE, create=False) as store:
        chosen = choose(store, words, tag=tag, everything=everything)
        count = _write_data(store, chosen, path, form, force=force)
    click.echo(str(path))
    click.echo(f"{count:,} sessions of {len(chosen.families):,} shared starts.", err=True)


def _write_data(store: "Store", chosen: "Chosen", path: Path, form: Format, *, force: bool) -> int:
    """The sessions that went in."""
    from sandbox.export.data.bids import write_bids
    from sandbox.export.data.bundle import write_bundle
    from sandbox.export.data.data_set import write_tables

    if form == "bundle":
        return write_bundle(store, chosen, path, overwrite=force).sessions
    if form == "bids":
        return write_bids(store, chosen, path, overwrite=force).sessions
    return write_tables(store, chosen, path, form, overwrite=force).sessions


def _export_session(session: str, file: Path, family: bool | None, force: bool) -> None:
    from sandbox.analysis.family import gather
    from sandbox.export.file import export_family, refuse_missing_folder
    from sandbox.library.workspace import find_workspace
    from sandbox.store.store import DATABASE, Store

    refuse_missing_folder(file)
    with Store.open(find_workspace().sessions / DATABASE, create=False) as store:
        found = gather(store, store.resolve(session), whole_family=family)
    click.echo(export_family(found, file, overwrite=force))


def _export_questionnaire(id: str, file: Path, force: bool) -> None:
    from sandbox.cli.streams import tell
    from sandbox.export.file import refuse_missing_folder, write_file
    from sandbox.library.catalogue import Library
    from sandbox.library.interchange.fhir_writing import fhir_text
    from sandbox.library.workspace import find_workspace

    text, losses = fhir_text(Library(find_workspace()).questionnaire(id))
    refuse_missing_folder(file)
    write_file(file, text, overwrite=force)
    click.echo(str(file))
    tell("FHIR has no place of its own for this; other software passes over it:", losses)
