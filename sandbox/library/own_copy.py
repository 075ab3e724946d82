"""A copy of a shipped document in the workspace, to be edited there. Nothing is ever overwritten."""

import shutil
from pathlib import Path

from sandbox.errors import SandboxError, UsageError
from sandbox.library.catalogue import Entry
from sandbox.library.workspace import Workspace


def copy_to_workspace(entry: Entry, workspace: Workspace) -> Path:
    """Copy a shipped document; the path of the copy, which hides the shipped one from then on.

    Raises UsageError when the workspace has it as its own, SandboxError when it cannot be written.
    """
    if not entry.shipped:
        raise UsageError("this document is the workspace's own already", where=str(entry.path))
    folder = workspace.content(entry.kind)
    target = folder / entry.path.name
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with entry.path.open("rb") as source, target.open("xb") as copy:
            shutil.copyfileobj(source, copy)
    except FileExistsError:
        raise UsageError("there is a file of that name already", where=str(target)) from None
    except OSError as error:
        reason = error.strerror or str(error)
        todo = "choose a folder you may write to with SANDBOX_WORKSPACE"
        raise SandboxError(f"the copy cannot be written: {reason}", where=str(target), todo=todo) from None
    return target
