"""What can go wrong, said so that a clinician knows what to do next, and the exit code it ends with."""

from enum import IntEnum


class ExitCode(IntEnum):
    """How a command ended. 130 is the shell's own number for Ctrl-C."""

    OK = 0
    FAILED = 1
    USAGE = 2
    NOT_FOUND = 3
    MODEL = 4
    INVALID_DOCUMENT = 5
    INTERRUPTED = 130


class SandboxError(Exception):
    """An error of ours: what happened, where, and what to do next. Shown in one to three lines.

    `what` is a sentence; `where` a file, id or address; `todo` the next thing to try.
    """

    exit_code: ExitCode = ExitCode.FAILED

    def __init__(self, what: str, *, where: str = "", todo: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.todo = todo

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head}\n{self.todo}" if self.todo else head


class UsageError(SandboxError):
    """The request contradicts itself or asks for something the app does not have."""

    exit_code = ExitCode.USAGE


class NotFoundError(SandboxError):
    """No document, session or file of that name."""

    exit_code = ExitCode.NOT_FOUND
