"""Many documents checked at once: each by itself, what only shows across files, and what to reconsider."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

from sandbox.errors import NotFoundError, Problem, SandboxError
from sandbox.library.catalogue import Library, document_files, refuse_stray_link
from sandbox.library.document import FOLDERS, Document, InvalidDocument, Kind
from sandbox.library.lint import lint, scales_known, scales_named
from sandbox.library.loading import load_file, located, parse_document, read_text, read_values
from sandbox.library.study import Study
from sandbox.library.study_fit import misfits
from sandbox.library.technique import Technique
from sandbox.library.validation_error import suggestion
from sandbox.library.workspace import Workspace
from sandbox.library.yaml.tree import Tree, read_tree
from sandbox.text import excerpt

_TODO = re.compile(r"#\s*TODO\b:?\s*(.*)")


@dataclass(frozen=True, slots=True)
class Inspection:
    """The files looked at, in order, all problems found in them, and warnings about the valid ones.

    `absent` are the paths asked for that lead to no document; each has its problem too, before the others.
    """

    files: tuple[Path, ...]
    problems: tuple[Problem, ...]
    warnings: tuple[Problem, ...] = ()
    absent: tuple[Path, ...] = ()


def inspect(paths: Iterable[Path]) -> Inspection:
    """Check files, content folders and workspaces. A file named twice is checked once.

    A path that is not there, or a folder without documents, is a problem beside those of the others.
    """
    found: dict[Path, None] = {}
    absent: dict[Path, Problem] = {}
    for path in paths:
        try:
            found |= dict.fromkeys(files_under(path))
        except SandboxError as error:
            absent[path] = Problem(error.what, hint=error.todo, file=str(path))
    look = _Look(tuple(found))
    problems = (*absent.values(), *look.problems())
    return Inspection(tuple(found), problems, tuple(look.warnings), tuple(absent))


def inspect_text(text: str, path: Path, kind: Kind, library: Library) -> tuple[Problem, ...]:
    """What `inspect` would say of the file at `path` if it held this text: problems, or else warnings.

    References are looked up in `library`. Where a problem is known, no warning is looked for.
    """
    try:
        document = parse_document(text, kind, str(path), id_needed=path.stem)
    except InvalidDocument as invalid:
        return invalid.problems
    tree = read_tree(text, str(path))
    across = across_files(document, library)
    return (*_located((*across, *lint(document, library)), tree, path), *_open_todos(text, path))


def files_under(path: Path) -> tuple[Path, ...]:
    """The document files a path names: itself, those of a content folder, or those of a whole workspace.

    Raises NotFoundError when there are none, SandboxError when a folder cannot be read.
    """
    if not _is_there(path):
        if path.is_symlink():
            raise NotFoundError("the link leads nowhere", where=str(path), todo="mend it, or delete it")
        todo = "see how it is written, and where you are"
        raise NotFoundError("there is no such file or folder", where=str(path), todo=todo)
    if not path.is_dir():
        return (path,)
    inner = [path / name for name in FOLDERS.values()]
    # A workspace may itself be called “clients”: what is in it decides.
    alone = path.absolute().name in FOLDERS.values() and not any(map(Path.is_dir, inner))
    folders = [path] if alone else inner
    files = tuple(file for folder in folders for file in document_files(folder))
    if not files:
        todo = f"documents are .yaml files in {', '.join(FOLDERS.values())}"
        raise NotFoundError("there are no documents in this folder", where=str(path), todo=todo)
    return files


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # links in a circle, a name no system takes
        return False


class _Look:
    """One pass over files. `warnings` is filled while `problems` is read."""

    def __init__(self, files: tuple[Path, ...]) -> None:
        self._files = files
        self._libraries: dict[Path, Library] = {}
        self.warnings: list[Problem] = []

    def problems(self) -> Iterator[Problem]:
        claimed: dict[tuple[Path, str], Path] = {}
        for file in self._files:
            try:
                refuse_stray_link(file)
                document = load_file(file)
            except InvalidDocument as invalid:
                yield from invalid.problems
            except SandboxError as error:
                yield Problem(error.what, hint=error.todo, file=str(file))
            else:
                library = self._library(file.absolute().parent.parent)
                yield from _in_file(across_files(document, library), file)
                self.warnings += _in_file(lint(document, library), file)
                self.warnings += _open_todos(read_text(file), file)
            yield from _claimed_twice(file, claimed)

    def _library(self, root: Path) -> Library:
        if root not in self._libraries:
            self._libraries[root] = Library(Workspace(root, root / "sessions"))
        return self._libraries[root]


def _in_file(problems: tuple[Problem, ...], file: Path) -> tuple[Problem, ...]:
    return _located(problems, read_values(file), file) if problems else ()


def _located(problems: tuple[Problem, ...], tree: Tree, file: Path) -> tuple[Problem, ...]:
    found = (located(problem, tree, str(file)) for problem in problems)
    return tuple(sorted(found, key=lambda problem: (problem.line, problem.column)))


def _open_todos(text: str, file: Path) -> Iterator[Problem]:
    """What an import has left to check. A # at the left edge is in no text of a document."""
    lines = text.split("\n")
    for n, line in enumerate(lines):
        if found := _TODO.match(line):
            rest = takewhile(lambda next: next.startswith("# ") and not _TODO.match(next), lines[n + 1 :])
            told = " ".join([found[1], *(one[2:].strip() for one in rest)])
            hint = "settle it, then delete the comment"
            yield Problem(f"still to do: {excerpt(told, 200)}", hint=hint, file=str(file), line=n + 1)


def _claimed_twice(file: Path, claimed: dict[tuple[Path, str], Path]) -> Iterator[Problem]:
    """A problem when an earlier file of the same folder has the same id."""
    try:
        tree = read_values(file)
    except SandboxError:
        return
    id_ = tree.value.get("id") if isinstance(tree.value, dict) else None
    if not isinstance(id_, str):
        return
    first = claimed.setdefault((file.absolute().parent, id_), file)
    if first != file:
        problem = Problem(
            f"the id “{id_}” is taken by {first.name}", ("id",), "every document needs an id of its own"
        )
        yield located(problem, tree, str(file))


def across_files(document: Document, library: Library) -> tuple[Problem, ...]:
    """What is wrong with a valid document only beside the others; places are routes in it, without lines."""
    match document:
        case Technique():
            return _wrong_scales(document, library)
        case Study():
            return misfits(document, library)
        case _:
            return ()


def _wrong_scales(technique: Technique, library: Library) -> tuple[Problem, ...]:
    """A scale that no questionnaire has would be missing for ever, and its step never said."""
    named = tuple(scales_named(technique))
    if not named:
        return ()
    known = tuple(sorted({scale.id for _, scale in scales_known(library)}))
    told = f"scales: {', '.join(known) or 'none'}"
    return tuple(
        Problem(f"no questionnaire has a scale “{scale}”", at, suggestion(scale, known, told))
        for at, scale in named
        if scale not in known
    )
