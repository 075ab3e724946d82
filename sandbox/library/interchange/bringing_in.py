"""A file of another format to a draft of ours: which reader it needs. Nothing is written here."""

from dataclasses import replace
from pathlib import Path

from sandbox.errors import UsageError
from sandbox.library.interchange.draft import Draft, draft
from sandbox.library.interchange.fhir import read_fhir
from sandbox.library.interchange.foreign_file import Format, decoded, format_of, read_bytes
from sandbox.library.interchange.instrument import Completion, Instrument
from sandbox.library.interchange.redcap import read_redcap
from sandbox.library.interchange.wording import id_of, is_id
from sandbox.library.interchange.xlsform import read_xlsform


def bring_in(path: Path, completion: Completion, form: Format | None = None) -> Draft:
    """The questionnaire in a FHIR, REDCap or XLSForm file, completed by what the person said.

    Raises NotFoundError and SandboxError when the file cannot be read, and what `brought` raises.
    """
    form = format_of(path, form)
    return brought(read_bytes(path), path, completion, form)


def brought(content: bytes, path: Path, completion: Completion, form: Format | None = None) -> Draft:
    """The questionnaire in a file's bytes; `path` names it in errors and tells its format.

    Raises UsageError when more has to be said, NoInstrument when the file holds no instrument that a
    questionnaire can express.
    """
    if completion.id is not None and not is_id(completion.id):
        hint = id_of(completion.id)
        todo = "an id has lower-case letters, digits and single hyphens" + (
            f", such as {hint}" if hint else ""
        )
        raise UsageError(f"“{completion.id[:80]}” is not an id.", todo=todo)
    form = format_of(path, form)
    instrument = _read(content, form, str(path), completion)
    if not (id_of(instrument.name) or completion.id):
        completion = _named_after(path, completion)
    return draft(instrument, completion, str(path))


def _read(content: bytes, form: Format, file: str, completion: Completion) -> Instrument:
    if form == "xlsform":
        return read_xlsform(content, file, completion)
    text, losses = decoded(content, file, old=form == "redcap")
    made = read_fhir(text, file, completion.part) if form == "fhir" else read_redcap(text, file, completion)
    return replace(made, losses=(*losses, *made.losses))


def _named_after(path: Path, completion: Completion) -> Completion:
    return replace(completion, id=id_of(path.stem) or None)
