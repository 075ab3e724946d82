"""A file of another format made a draft of ours: which format it is, read within bounds. Writes nothing."""

from dataclasses import replace
from pathlib import Path
from typing import Literal

from sandbox.errors import UsageError
from sandbox.library.document import id_of, refuse_wrong_id
from sandbox.library.interchange.draft import Draft, draft
from sandbox.library.interchange.fhir import read_fhir
from sandbox.library.interchange.instrument import Completion, Instrument
from sandbox.library.interchange.loss import Loss, NoInstrument
from sandbox.library.interchange.redcap import read_redcap
from sandbox.library.interchange.xlsform import read_xlsform
from sandbox.library.loading import read_at_most

MAX_BYTES = 4 * 1024 * 1024

Format = Literal["fhir", "redcap", "xlsform"]

_BY_ENDING: dict[str, Format] = {".json": "fhir", ".csv": "redcap", ".xlsx": "xlsform"}
_HINTS = {
    ".xml": "FHIR is read in its JSON form",
    ".xls": "save it as .xlsx first",
    ".ods": "save it as .xlsx first",
    ".zip": "unpack it; a REDCap data dictionary is the .csv in it",
    ".yaml": "put it into the questionnaires folder: it is a document of ours already",
}


def import_file(path: Path, completion: Completion, form: Format | None = None) -> Draft:
    """The questionnaire in a FHIR, REDCap or XLSForm file, completed by what the person said.

    Raises NotFoundError and SandboxError when the file cannot be read, and what `import_bytes` raises.
    """
    form = format_of(path, form)
    return import_bytes(read_bytes(path), path, completion, form)


def import_bytes(content: bytes, path: Path, completion: Completion, form: Format | None = None) -> Draft:
    """The questionnaire in a file's bytes; `path` names it in errors and tells its format.

    Raises UsageError when more has to be said, NoInstrument when the file holds no instrument that a
    questionnaire can express.
    """
    if completion.id is not None:
        refuse_wrong_id(completion.id)
    form = format_of(path, form)
    instrument = _read(content, form, str(path), completion)
    if not (id_of(instrument.name) or completion.id):
        completion = replace(completion, id=id_of(path.stem) or None)
    return draft(instrument, completion, str(path))


def _read(content: bytes, form: Format, file: str, completion: Completion) -> Instrument:
    if form == "xlsform":
        return read_xlsform(content, file, completion)
    text, losses = decoded(content, file, old=form == "redcap")
    made = read_fhir(text, file, completion.part) if form == "fhir" else read_redcap(text, file, completion)
    return replace(made, losses=(*losses, *made.losses))


def format_of(path: Path, named: Format | None) -> Format:
    """The format to read a file in: as named, or by its ending. Raises UsageError when neither tells."""
    found = named or _BY_ENDING.get(path.suffix.lower())
    if found is None:
        hint = _HINTS.get(path.suffix.lower(), "")
        todo = f"{hint}\n" if hint else ""
        raise UsageError(
            "The file's ending does not tell its format.",
            where=str(path),
            todo=f"{todo}.json is FHIR, .csv REDCap, .xlsx XLSForm; or say it: --format fhir|redcap|xlsform",
        )
    return found


def read_bytes(path: Path) -> bytes:
    """The whole file. Raises NotFoundError, SandboxError if it cannot be read, NoInstrument if too large."""
    content = read_at_most(path, MAX_BYTES, todo="name a .json, .csv or .xlsx file")
    if len(content) > MAX_BYTES:
        mib = MAX_BYTES // 1024**2
        raise NoInstrument(
            f"the file is larger than {mib} MiB", where=str(path), todo="one instrument a file"
        )
    if not content.strip():
        raise NoInstrument("the file is empty", where=str(path), todo="export or save it again")
    return content


def decoded(content: bytes, file: str, *, old: bool = False) -> tuple[str, tuple[Loss, ...]]:
    """The text: UTF-8, UTF-16 with its mark, or with `old`, as spreadsheets save it, Windows-1252 (told).

    Raises NoInstrument when it is none of them.
    """
    wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        return content.decode("utf-16" if wide else "utf-8-sig"), ()
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
    if old and not wide and b"\0" not in content:
        text = content.decode("cp1252", errors="replace")
        what = "it is not UTF-8 and was read as Windows-1252: check letters with accents and quotes"
        return text, (Loss(what, f"line {line}"),)
    raise NoInstrument(
        "the file is not UTF-8 text", where=f"{file}:{line}", todo="save it as UTF-8"
    ) from None
