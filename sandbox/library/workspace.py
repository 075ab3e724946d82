"""Where content and sessions live: the workspace at hand, the content the app ships, a new workspace."""

import errno
import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import NotFoundError, SandboxError, UsageError, reason_of
from sandbox.library.document import FOLDERS, Kind

WORKSPACE_VARIABLE = "SANDBOX_WORKSPACE"

_SESSIONS = "sessions"
_MARKS = (FOLDERS["technique"], FOLDERS["scenario"])
_SESSIONS_IGNORED = "# Sessions hold what was said; they stay out of version control.\n*\n!.gitignore\n"


@dataclass(frozen=True, slots=True)
class Workspace:
    """A folder with content folders, and the folder of its sessions. Neither has to exist yet."""

    root: Path
    sessions: Path

    def content(self, kind: Kind) -> Path:
        """The folder for documents of that kind."""
        return self.root / FOLDERS[kind]


def find_workspace(start: Path | None = None) -> Workspace:
    """The workspace to use: $SANDBOX_WORKSPACE, else the nearest folder from `start` (default: here) upwards
    with techniques/ and scenarios/, else the user's data folder.

    Raises NotFoundError when the variable names no folder.
    """
    named = os.environ.get(WORKSPACE_VARIABLE)
    if named:
        root = Path(named).expanduser().absolute()
        if not _is_folder(root):
            todo = f"make it with: sandbox init {named}\nor unset {WORKSPACE_VARIABLE}"
            raise NotFoundError(f"{WORKSPACE_VARIABLE} names no folder", where=named, todo=todo)
        return _workspace(root)
    here = (start or Path.cwd()).absolute()
    for folder in (here, *here.parents):
        if all(_is_folder(folder / mark) for mark in _MARKS):
            return _workspace(folder)
    import platformdirs

    return _workspace(platformdirs.user_data_path("therapy-sandbox", appauthor=False))


def shipped_content() -> Path:
    """The folder with the content folders the app came with. Raises SandboxError when they are missing."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package / "content", package.parent):
        if all(_is_folder(folder / mark) for mark in _MARKS):
            return folder
    raise SandboxError(
        "the content that comes with the app is missing", where=str(package), todo="install it again"
    )


def create_workspace(target: Path) -> Workspace:
    """A new workspace at `target` with copies of the shipped content to edit.

    `target` must be absent or an empty folder. A new one appears complete or not at all. Raises UsageError
    when something is there already, SandboxError when it cannot be written.
    """
    target = Path(os.path.abspath(target.expanduser()))  # noqa: PTH100 - “a/..” taken away, links kept
    try:
        _refuse_occupied(target)
        made = _make_parents(target.parent)
    except OSError as error:
        raise _unwritable(target, error) from None
    there = target.exists()
    draft = (target if there else target.parent) / f".{target.name}.{secrets.token_hex(4)}"
    try:
        _fill(draft)
        if there:  # it may be the folder somebody stands in
            for child in draft.iterdir():
                child.rename(target / child.name)
            draft.rmdir()
        else:
            draft.rename(target)
    except OSError as error:
        _clear(draft, made)
        raise _unwritable(target, error) from None
    except BaseException:
        _clear(draft, made)
        raise
    return _workspace(target)


def _workspace(root: Path) -> Workspace:
    return Workspace(root, root / _SESSIONS)


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError:  # a parent that may not be looked into
        return False


def _refuse_occupied(target: Path) -> None:
    if not (target.exists() or target.is_symlink()):
        return
    if not target.is_dir():
        raise UsageError("there is a file of that name", where=str(target), todo="choose another name")
    if any(target.iterdir()):
        todo = "choose a new name; nothing is ever overwritten"
        raise UsageError("the folder is not empty", where=str(target), todo=todo)


def _make_parents(parent: Path) -> tuple[Path, ...]:
    """Make the missing folders above a target; what was made, innermost first."""
    missing = tuple(folder for folder in (parent, *parent.parents) if not folder.exists())
    parent.mkdir(parents=True, exist_ok=True)
    return missing


def _fill(draft: Path) -> None:
    shipped = shipped_content()
    draft.mkdir()
    for name in FOLDERS.values():
        folder = draft / name
        folder.mkdir()
        for document in sorted((shipped / name).glob("*.yaml")):
            shutil.copyfile(document, folder / document.name)
    sessions = draft / _SESSIONS
    sessions.mkdir(mode=0o700)
    (sessions / ".gitignore").write_text(_SESSIONS_IGNORED, encoding="utf-8")


def _clear(draft: Path, made: tuple[Path, ...]) -> None:
    shutil.rmtree(draft, ignore_errors=True)
    for folder in made:
        try:
            folder.rmdir()
        except OSError:
            return


def _unwritable(target: Path, error: OSError) -> SandboxError:
    todo = {
        errno.ENOSPC: "free some space, or choose a folder on another disk",
        errno.EDQUOT: "free some space, or choose a folder on another disk",
        errno.ENAMETOOLONG: "choose a shorter name",
    }.get(error.errno or 0, "choose a folder you may write to")
    return SandboxError(f"the workspace cannot be made: {reason_of(error)}", where=str(target), todo=todo)
