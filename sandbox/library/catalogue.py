"""The documents at hand by id: the workspace's own, which come first, and the ones the app ships."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from sandbox.errors import NotFoundError, Problem, SandboxError, reason_of
from sandbox.library.client import Client
from sandbox.library.codebook import Codebook
from sandbox.library.document import FILL_IN, FOLDERS, SLUG_PATTERN, Document, InvalidDocument, Kind
from sandbox.library.form import Form
from sandbox.library.loading import SUFFIX, load_file
from sandbox.library.questionnaire import Questionnaire
from sandbox.library.scenario import Scenario
from sandbox.library.study import Study
from sandbox.library.technique import DEFAULT_CONTROL, Technique
from sandbox.library.validation_error import suggestion
from sandbox.library.workspace import Workspace, shipped_content
from sandbox.text import excerpt

WORD_PROBE = "word-probe"
SHIPPED_CODEBOOK = "therapist-moves"
_SHIPPED_NAMES = Path(__file__).with_name("shipped.txt")

D = TypeVar("D", bound=Document)
_Signature = tuple[int, int, int]
_Read = dict[Path, tuple[_Signature, Document]]

_SHIPPED: _Read = {}
"""What was read of the documents that ship, for every library of this process."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A document file of the library. Exactly one of `document` and `problem` is there.

    `shipped` is True for a document that came with the app and is not the workspace's own. `here` is True for
    a file in the workspace's folder: in a checkout of the app those that ship are here as well.
    """

    kind: Kind
    id: str
    path: Path
    shipped: bool
    document: Document | None
    problem: SandboxError | None
    here: bool


class Library:
    """Finds documents by id. A file is read when it is asked for, and again only after it changed.

    A workspace's document hides a shipped one of the same id, also when it is invalid. Asked for one
    document, it raises NotFoundError with the nearest ids, InvalidDocument when that cannot be used.
    """

    def __init__(self, workspace: Workspace, shipped: Path | None = None) -> None:
        self.workspace = workspace
        self._shipped = shipped or shipped_content()
        self._own: _Read = {}
        self._made: dict[str, Technique] = {}

    def with_techniques(self, made: Mapping[str, Technique]) -> "Library":
        """The same library with techniques that are in no file: arms made of a script, or versions of one.

        They come first, under the ids of `made`, which for two versions cannot be their own.
        """
        found = Library(self.workspace, self._shipped)
        found._made = dict(made)
        return found

    def scenario(self, id: str) -> Scenario:
        return self._document("scenario", id, Scenario)

    def technique(self, id: str) -> Technique:
        if id in self._made:
            return self._made[id]
        return self._document("technique", id, Technique)

    def client(self, id: str) -> Client:
        return self._document("client", id, Client)

    def study(self, id: str) -> Study:
        return self._document("study", id, Study)

    def form(self, id: str) -> Form:
        return self._document("form", id, Form)

    def codebook(self, id: str) -> Codebook:
        return self._document("codebook", id, Codebook)

    def questionnaire(self, id: str) -> Questionnaire:
        document = self._load("questionnaire", self.path("questionnaire", id))
        assert isinstance(document, Questionnaire)  # noqa: S101 - for the type checker
        return document

    def document(self, kind: Kind, id: str) -> Document:
        return self.technique(id) if kind == "technique" else self._load(kind, self.path(kind, id))

    def default_control(self) -> Technique:
        """The control a new comparison proposes."""
        return self.technique(DEFAULT_CONTROL)

    def default_codebook(self) -> Codebook | None:
        """The codebook whose tags a reviewer is offered: of those that can be used and are filled in the
        first by id, the shipped one last. None where there is none."""
        usable = (entry.document for entry in self.entries("codebook"))
        found = (one for one in usable if isinstance(one, Codebook) and FILL_IN not in one.model_dump_json())
        return min(found, key=lambda one: (one.id == SHIPPED_CODEBOOK, one.id), default=None)

    def ids(self, kind: Kind) -> tuple[str, ...]:
        """All ids of a kind in alphabetical order, valid or not; no file is read."""
        return tuple(sorted({path.stem for path, _ in self._files(kind)}))

    def entries(self, kind: Kind) -> tuple[Entry, ...]:
        """All documents of a kind by id, read and checked, those with problems too."""
        found = (self._entry(kind, path, shipped) for path, shipped in self._files(kind))
        return tuple(sorted(found, key=lambda entry: (entry.id, entry.path.name)))

    def _document(self, kind: Kind, id: str, type_: type[D]) -> D:
        document = self._load(kind, self.path(kind, id))
        assert isinstance(document, type_)  # noqa: S101 - the loader keeps to the kind; for the type checker
        return document

    def _entry(self, kind: Kind, path: Path, shipped: bool) -> Entry:
        here = path.parent == self.workspace.content(kind)
        try:
            return Entry(kind, path.stem, path, shipped, self._load(kind, path), None, here)
        except SandboxError as error:
            return Entry(kind, path.stem, path, shipped, None, error, here)

    def path(self, kind: Kind, id: str) -> Path:
        """The file of a document. Raises NotFoundError with the nearest ids."""
        if re.fullmatch(SLUG_PATTERN, id):
            for path, _ in self._files(kind):
                if path.name == f"{id}{SUFFIX}":
                    return path
        ids = self.ids(kind)
        todo = suggestion(id, ids, f"{FOLDERS[kind]}: {', '.join(ids) or 'none'}")
        raise NotFoundError(f"there is no {kind} “{excerpt(id)}”", todo=todo)

    def _files(self, kind: Kind) -> Iterator[tuple[Path, bool]]:
        """Each document file of a kind, and whether it is shipped: the workspace's own hide shipped ones."""
        own = document_files(self.workspace.content(kind))
        if self._shipped.absolute() == self.workspace.root.absolute():  # a checkout of the app
            yield from ((path, f"{FOLDERS[kind]}/{path.stem}" in _shipped_names()) for path in own)
        else:
            yield from ((path, False) for path in own)
            names = {path.name for path in own}
            for path in document_files(self._shipped / FOLDERS[kind]):
                if path.name not in names:
                    yield path, True

    def _load(self, kind: Kind, path: Path) -> Document:
        try:
            found = path.stat()
        except OSError:
            return load_file(path, kind)  # says what is the matter
        signature = (found.st_ino, found.st_mtime_ns, found.st_size)
        read = _SHIPPED if path.parent.parent == self._shipped else self._own
        known = read.get(path)
        if known is None or known[0] != signature:
            refuse_stray_link(path)
            known = (signature, load_file(path, kind))
            read[path] = known
        return known[1]


@lru_cache(maxsize=1)
def _shipped_names() -> frozenset[str]:
    """`scenarios/night-attack`, …: what the app ships. In a checkout the folder alone does not tell."""
    return frozenset(_SHIPPED_NAMES.read_text(encoding="utf-8").split())


def document_files(folder: Path) -> tuple[Path, ...]:
    """The document files right in `folder` by name, `.yml` among them (they are told to be renamed)."""
    try:
        return tuple(
            sorted(
                path
                for path in folder.iterdir()
                if path.suffix.lower() in {SUFFIX, ".yml"} and not path.name.startswith(".")
            )
        )
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise SandboxError(f"the folder cannot be read: {reason_of(error)}", where=str(folder)) from None


def refuse_stray_link(path: Path) -> None:
    """Raises InvalidDocument when `path` is a link that leads out of its folder, or in a circle."""
    what = "the file is a link out of its folder"
    try:
        inside = path.resolve().parent == path.parent.resolve()
    except (OSError, RuntimeError):
        inside, what = False, "the file is a link that leads in a circle"
    if not inside:
        hint = "put a copy of the file here instead"
        raise InvalidDocument((Problem(what, hint=hint, file=str(path)),))
