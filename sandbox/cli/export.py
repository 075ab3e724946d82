"""`sandbox export … --to FILE`: a session to read or compute with; a questionnaire as FHIR."""

from pathlib import Path

import click

DOCUMENT = "questionnaire"


@click.command("export")
@click.argument("words", nargs=-1, required=True, metavar="SESSION | questionnaire ID")
@click.option(
    "--to",
    "file",
    required=True,
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="A session: ends in .md (transcript), .csv (a row a score) or .json (everything).",
)
@click.option(
    "--family/--alone",
    default=None,
    help="With all branches of its trunk, or alone.  [default: a trunk with all, a branch alone]",
)
@click.option("--format", "form", type=click.Choice(["fhir"]), help="Of a questionnaire.  [default: fhir]")
@click.option("--force", is_flag=True, help="Replace the file if there is one.")
def command(words: tuple[str, ...], file: Path, family: bool | None, form: str | None, force: bool) -> None:
    """Write a session or a questionnaire to a file; prints the file's path.

    SESSION is an id, the beginning of one, or `last`. Two words, the first of them `questionnaire`, are a
    questionnaire's id; one word is always a session. A questionnaire is written as HL7 FHIR R4 (JSON).
    """
    if len(words) == 1 and form is None:
        _export_session(words[0], file, family, force)
    elif len(words) == 2 and words[0] == DOCUMENT and family is None:
        _export_questionnaire(words[1], file, force)
    else:
        raise click.UsageError(
            "This is neither a session nor a questionnaire: write “export SESSION --to FILE” or "
            "“export questionnaire ID --to FILE”."
        )


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
