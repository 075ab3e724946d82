"""The user's own editor on a file, waited for. Gives the terminal to it; whoever calls takes it back."""

import os
import shlex
import subprocess
from pathlib import Path

from sandbox.errors import SandboxError, reason_of


def editor_words() -> tuple[str, ...]:
    """The command in $VISUAL or $EDITOR, empty when none is set. SandboxError when it is no command."""
    named = os.environ.get("VISUAL") or os.environ.get("EDITOR") or ""
    try:
        return tuple(shlex.split(named, posix=os.name != "nt"))
    except ValueError:
        todo = "set EDITOR, or open the file yourself"
        raise SandboxError("EDITOR has a quote that is not closed", where=named, todo=todo) from None


def edit(path: Path, line: int | None = None) -> int:
    """Run the editor on `path` and wait for it; its exit code. Editors known to be able to open at `line`.

    Raises SandboxError when it cannot be run.
    """
    hint = f"set EDITOR, or open the file yourself: {path}"
    words = editor_words()
    if not words:
        raise SandboxError("no editor is set", todo=hint)
    try:
        return subprocess.run([*words, *_file(words[0], path, line)], check=False).returncode  # noqa: S603
    except OSError as error:
        what = f"the editor cannot be started: {reason_of(error)}"
        raise SandboxError(what, where=" ".join(words), todo=hint) from None


_PLUS_LINE = {"vi", "vim", "nvim", "nano", "pico", "emacs", "emacsclient", "micro", "joe", "ne", "mg", "kak"}
_GOTO = {"code", "codium", "cursor"}


def _file(editor: str, path: Path, line: int | None) -> tuple[str, ...]:
    """The file as the editor wants it named."""
    name = Path(editor).stem.casefold()
    if line is None or line < 2:
        return (str(path),)
    if name in _PLUS_LINE:
        return (f"+{line}", str(path))
    if name in _GOTO:
        return ("--goto", f"{path}:{line}")
    return (f"{path}:{line}",) if name in {"hx", "helix", "subl", "zed"} else (str(path),)
