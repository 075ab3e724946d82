"""A copy of a shipped document in the workspace, to be edited there. Nothing is ever overwritten."""

from pathlib import Path

from sandbox.errors import SandboxError, UsageError
from sandbox.library.catalogue import Entry
from sandbox.library.workspace import Workspace
from sandbox.whole_file import write_whole


def copy_to_workspace(entry: Entry, workspace: Workspace) -> Path:
    """Copy a shipped document; the path of the copy, which hides the shipped one from then on.

    Raises UsageError when the workspace has it already, SandboxError when it cannot be written.
    """
    if entry.here:
        raise UsageError("this document is in the workspace already", where=str(entry.path))
    target = workspace.content(entry.kind) / entry.path.name
    try:
        write_whole(target, entry.path.read_bytes())
    except FileExistsError:
        raise UsageError("there is a file of that name already", where=str(target)) from None
    except OSError as error:
        reason = error.strerror or str(error)
        todo = "choose a folder you may write to with SANDBOX_WORKSPACE"
        raise SandboxError(f"the copy cannot be written: {reason}", where=str(target), todo=todo) from None
    return target
