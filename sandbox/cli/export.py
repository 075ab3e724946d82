"""`sandbox export … --to FILE`: sessions to read or compute with; many as a data set; a questionnaire."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

import click

from sandbox.cli.conducting import open_library, open_record
from sandbox.cli.review_packet import chance, equal_length, keep, seed
from sandbox.cli.streams import caution, tell

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sandbox.export.data.choosing import Chosen
    from sandbox.export.file import Choice, TableName
    from sandbox.export.file import Format as Transcript
    from sandbox.library.document import Document
    from sandbox.store.store import Store

DOCUMENT = "questionnaire"
DATA = "data"
Format = Literal["csv", "parquet", "bids", "bundle"]
DATA_FORMATS: tuple[Format, ...] = ("csv", "parquet", "bids", "bundle")
TRANSCRIPTS = ("html", "docx", "pdf", "md", "csv", "json", "jsonl", "fhir")
_SEPARATORS = {"comma": ",", "semicolon": ";", "tab": "\t"}
_READ: tuple[Literal["html", "docx", "pdf", "md"], ...] = ("html", "docx", "pdf", "md")
"""The formats for reading; only these can be blind."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the options say of a session's file; None: nothing was said."""

    scores: bool | None
    items: bool | None
    system: bool | None
    table: str | None
    separator: str | None

    def choice(self, form: str) -> "Choice":
        """What goes into a file of that format. Raises UsageError for an option that says nothing of it."""
        from sandbox.errors import UsageError
        from sandbox.export.file import Choice
        from sandbox.export.transcript.course import Shown

        fitting = {
            "--scores": (self.scores, (*_READ, "fhir")),
            "--items": (self.items, _READ),
            "--system": (self.system, (*_READ, "jsonl")),
            "--table": (self.table, ("csv",)),
            "--separator": (self.separator, ("csv",)),
        }
        for option, (said, forms) in fitting.items():
            if said is not None and form not in forms:
                raise UsageError(
                    f"{option} says nothing of the format {form}.",
                    todo=f"Leave it out, or choose --format {' or '.join(forms)}.",
                )
        return Choice(
            Shown(self.scores is not False, self.items is not False, self.system is True),
            cast("TableName", self.table or "scores"),
            _SEPARATORS[self.separator or "comma"],
        )


_without_names = click.option(
    "--without-names", is_flag=True, help="A bundle: “reviewer 1” in place of reviewers' names."
)


@click.command("export")
@click.argument(
    "words", nargs=-1, required=True, metavar="SESSION|STUDY... | data SESSION|STUDY... | questionnaire ID"
)
@click.option(
    "--to",
    "file",
    required=True,
    metavar="FILE|FOLDER",
    type=click.Path(path_type=Path),
    help="A session: a file; its ending says the format. A folder: a file each, named for what is in it."
    " Data: a folder; a bundle ends in .zip.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice([*TRANSCRIPTS, "parquet", "bids", "bundle"]),
    help="html, docx (Word), pdf and md to read; csv, json and fhir (HL7 FHIR R4) to compute with;"
    " jsonl: chat messages. Of data: csv (the default), parquet, bids, or bundle, which another machine"
    " brings in.",
)
@click.option(
    "--family/--alone",
    default=None,
    help="With all branches of its trunk, or alone.  [default: a trunk with all, a branch alone]",
)
@click.option("--scores/--no-scores", default=None, help="With what was measured.  [default: with]")
@click.option("--items/--no-items", default=None, help="With each answer beside the scores.  [default: with]")
@click.option(
    "--system/--no-system",
    default=None,
    help="With what the client's model was told first.  [default: without]",
)
@click.option(
    "--table",
    type=click.Choice(["scores", "turns", "answers"]),
    help="csv: what a row is.  [default: scores]",
)
@click.option(
    "--separator",
    type=click.Choice(list(_SEPARATORS)),
    help="csv: between cells; a German or French Excel wants semicolon.  [default: comma]",
)
@click.option(
    "--blind", is_flag=True, help="Without what tells the arm: each under a code, in an order by chance."
)
@equal_length
@seed
@click.option("--tag", metavar="TAG", help="Data: of all sessions with this tag.")
@click.option("--all", "everything", is_flag=True, help="Data: of all sessions of the record.")
@_without_names
@click.option("--force", is_flag=True, help="Replace what an earlier export wrote there.")
def command(
    words: tuple[str, ...],
    file: Path,
    form: str | None,
    family: bool | None,
    scores: bool | None,
    items: bool | None,
    system: bool | None,
    table: str | None,
    separator: str | None,
    blind: bool,
    equal_length: bool,
    seed: int | None,
    tag: str | None,
    everything: bool,
    without_names: bool,
    force: bool,
) -> None:
    """Write sessions, a data set or a questionnaire to a file or folder; prints the path of each.

    SESSION is an id, the beginning of one, or `last`. Several shared starts, or a study of several, are
    written to a folder, whose name has no ending of a file: a file for each with its arms. After the word
    `data` come the sessions or studies of a data set: long tables with a codebook. After `questionnaire`
    comes a questionnaire's id: it is written as HL7 FHIR R4 (JSON).
    """
    if without_names and (words[0], form) != (DATA, "bundle"):
        raise click.UsageError("--without-names goes with “export data … --format bundle” alone.")
    asked = _Asked(scores, items, system, table, separator)
    chosen = tag is not None or everything
    plain = asked == _Asked(None, None, None, None, None) and family is None
    if blind and plain and not chosen:
        _export_blind(words, file, form, equal_length=equal_length, seed=seed, force=force)
    elif equal_length or seed is not None or blind:
        raise click.UsageError("--blind goes with sessions, --format, --equal-length and --seed alone.")
    elif words[0] == DATA and (len(words) > 1 or chosen) and plain and form in (None, *DATA_FORMATS):
        kind = form or DATA_FORMATS[0]
        named = not without_names
        export_data(words[1:], file, kind, tag=tag, everything=everything, names=named, force=force)
    elif len(words) == 2 and words[0] == DOCUMENT and plain and form in (None, "fhir"):
        _export_questionnaire(words[1], file, force)
    elif words[0] not in (DATA, DOCUMENT) and form in (None, *TRANSCRIPTS) and not chosen:
        _export_sessions(words, file, cast("Transcript | None", form), family, asked, force)
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
@_without_names
@click.option("--force", is_flag=True, help="Replace what an earlier export wrote there.")
def study_export(name: str, path: Path, form: Format, without_names: bool, force: bool) -> None:
    """Write all that a study ran so far as a data set; prints its path.

    The same as `sandbox export data NAME`: long tables with a codebook (csv, parquet), BIDS, or a bundle.
    """
    from sandbox.store.study import StudyRecord

    if without_names and form != "bundle":
        raise click.UsageError("--without-names goes with --format bundle alone.")
    with open_record() as store:
        study = StudyRecord(store).named(name).name
    export_data((study,), path, form, names=not without_names, force=force)


def export_data(
    words: tuple[str, ...],
    path: Path,
    form: Format,
    *,
    tag: str | None = None,
    everything: bool = False,
    names: bool = True,
    force: bool = False,
) -> None:
    """Write a data set of the sessions or studies; prints its path, and on stderr how much is in it."""
    from sandbox.errors import UsageError
    from sandbox.export.data.choosing import choose
    from sandbox.export.file import refuse_file_name, refuse_missing_folder
    from sandbox.text import number_of, printable

    refuse_missing_folder(path)
    if (form == "bundle") != (path.suffix.lower() == ".zip"):
        raise UsageError(
            f"“{path.name}” does not fit the format {form}.",
            todo="A bundle ends in .zip; the other formats write a folder.",
        )
    if form != "bundle":
        refuse_file_name(path, f"The format {form} is several files: tables and a codebook.", form)
    with open_record() as store:
        chosen = choose(store, words, tag=tag, everything=everything)
        _warn_of_details(store, chosen.sessions)
        count = _write_data(store, chosen, path, form, names=names, force=force)
    click.echo(str(path))
    starts = number_of(len(chosen.families), "shared start")
    click.echo(f"{number_of(count, 'session')} of {starts}.", err=True)
    for line in chosen.interim:
        click.echo(printable(line), err=True)


def _warn_of_details(store: "Store", sessions: "Collection[str]") -> None:
    """Say on stderr what looks like a real person's details, before anything leaves the record."""
    from sandbox.analysis.leaving import details_leaving

    if doubt := details_leaving(store, sessions):
        caution(doubt)


def _warn_of_authors(store: "Store", documents: "Iterable[Document]") -> None:
    """Say which documents name a reviewer: each stays word for word, since sessions are known by its hash."""
    from sandbox.library.technique import Technique
    from sandbox.review.judged import aliases

    people = aliases(store).keys()
    named = [
        one.id
        for one in documents
        if {one.source.author, one.changed_by if isinstance(one, Technique) else None} & people
    ]
    if named:
        caution(f"a reviewer's name stands in a document, as its author: {', '.join(named)}.")


def _write_data(
    store: "Store", chosen: "Chosen", path: Path, form: Format, *, names: bool, force: bool
) -> int:
    """The sessions that went in."""
    from sandbox.export.data.bids import write_bids
    from sandbox.export.data.bundle import write_bundle
    from sandbox.export.data.data_set import write_tables

    if form == "bundle":
        contents = write_bundle(store, chosen, path, overwrite=force, names=names)
        if not names:
            _warn_of_authors(store, contents.documents.values())
        return contents.sessions
    if form == "bids":
        return write_bids(store, chosen, path, overwrite=force).sessions
    return write_tables(store, chosen, path, form, overwrite=force).sessions


def _export_sessions(
    words: tuple[str, ...],
    file: Path,
    form: "Transcript | None",
    family: bool | None,
    asked: _Asked,
    force: bool,
) -> None:
    """One session to a file, or to a folder under a name that says what it is; several to a folder."""
    from sandbox.analysis.family import gather
    from sandbox.export.file import export_family, format_of, name_for, refuse_missing_folder
    from sandbox.store.study import StudyRecord

    with open_record() as store:
        if len(words) > 1 or StudyRecord(store).newest(words[0]) is not None:
            _export_each(store, words, file, form, asked, force)
            return
        folder = file.is_dir()
        if not folder:
            refuse_missing_folder(file)
        kind = form or ("html" if folder else format_of(file))
        choice = asked.choice(kind)
        found = gather(store, store.resolve(words[0]), whole_family=family)
        _warn_of_details(store, [session.head.id for session in found.sessions])
    path = file / name_for(found, kind) if folder else file
    click.echo(export_family(found, path, form=kind, choice=choice, overwrite=force))


def _export_each(
    store: "Store", words: tuple[str, ...], path: Path, form: "Transcript | None", asked: _Asked, force: bool
) -> None:
    """A file for each shared start in a folder, or none where a name is taken; one start may be a file."""
    from sandbox.export.data.choosing import choose, parts
    from sandbox.export.file import (
        export_family,
        format_of,
        name_for,
        refuse_existing,
        refuse_file_name,
        refuse_missing_folder,
    )
    from sandbox.text import number_of

    refuse_missing_folder(path)
    chosen = choose(store, words)
    one_file = len(chosen.families) == 1 and not path.is_dir() and path.suffix != ""
    if not one_file:
        many = number_of(len(chosen.families), "shared start")
        refuse_file_name(path, f"These are {many}: each is a file of its own.", form)
    kind = form or (format_of(path) if one_file else "html")
    choice = asked.choice(kind)
    if one_file:
        refuse_existing(path, overwrite=force)
    _warn_of_details(store, chosen.sessions)
    for part in () if one_file else parts(store, chosen):
        for family in part.families:
            refuse_existing(path / name_for(family, kind), overwrite=force)
    for part in parts(store, chosen):
        for family in part.families:
            to = path if one_file else path / name_for(family, kind)
            click.echo(export_family(family, to, form=kind, choice=choice, overwrite=force))


def _export_blind(
    words: tuple[str, ...],
    folder: Path,
    form: str | None,
    *,
    equal_length: bool,
    seed: int | None,
    force: bool,
) -> None:
    """Write every arm meant to the folder without what tells it; prints the paths."""
    from sandbox.errors import UsageError
    from sandbox.export.file import (
        ending,
        refuse_existing,
        refuse_file_name,
        refuse_missing_folder,
        write_file,
    )
    from sandbox.export.packet.coded import coded, transcript_blocks
    from sandbox.export.report.file import REPORT_FORMATS
    from sandbox.review.packet import Packing, arms_for_review, pack

    chosen = form or "html"
    if chosen not in _READ:
        raise UsageError(
            f"The format {chosen} cannot be blind.", todo=f"Choose --format {' or '.join(_READ)}."
        )
    refuse_missing_folder(folder)
    refuse_file_name(folder, "Blind transcripts are several files.", form)
    if not force and folder.is_dir() and next(folder.iterdir(), None) is not None:
        raise UsageError(
            "There are files in this folder: codes of two exports would stand side by side.",
            where=str(folder),
            todo="Name a new folder, or add --force.",
        )
    with open_record() as store:
        arms = arms_for_review(store, words)
        packing = Packing(blind=True, paired=False, equal_length=equal_length)
        key = pack(arms, (), None, packing, chance(seed))
        suffix = ending(chosen)
        files = {folder / f"{key.id}-{one.key.code}{suffix}": one for one in coded(key, arms)}
        for path in files:
            refuse_existing(path, overwrite=force)
        keep(store, key, arms)
        for path, one in files.items():
            write_file(path, REPORT_FORMATS[suffix](transcript_blocks(key, one)), overwrite=force)
            click.echo(str(path))


def _export_questionnaire(id: str, file: Path, force: bool) -> None:
    from sandbox.export.file import refuse_missing_folder, write_file
    from sandbox.library.interchange.fhir_writing import fhir_text

    text, losses = fhir_text(open_library().questionnaire(id))
    refuse_missing_folder(file)
    write_file(file, text, overwrite=force)
    click.echo(str(file))
    tell("FHIR has no place of its own for this; other software passes over it:", losses)
