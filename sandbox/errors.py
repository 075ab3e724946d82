"""What can go wrong, said so that a clinician knows what to do next, and the exit code it ends with."""

from dataclasses import dataclass
from enum import IntEnum

from sandbox.text import printable

Route = tuple[str | int, ...]
"""The way to a value inside a document: keys and positions (from 0), outermost first."""


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

    def __reduce__(self) -> tuple[object, ...]:
        """Pickled by what it holds: subclasses take other arguments than an exception's own `args`."""
        return _rebuilt, (type(self), self.args), self.__dict__

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SandboxError) or type(self) is not type(other):
            return NotImplemented
        return (self.args, self.__dict__) == (other.args, other.__dict__)

    def __hash__(self) -> int:
        return hash((type(self), self.args))

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        return f"{head}\n{self.todo}" if self.todo else head


def _rebuilt(kind: type[SandboxError], args: tuple[object, ...]) -> SandboxError:
    return kind.__new__(kind, *args)


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a file of the user's: what, where, and what would help (`hint`, may be empty).

    `at` is the value it concerns, or the value whose `key` it concerns; `below` counts lines down from the
    value's first. Whoever reads the file adds where that stands: `line` and `column` count from 1, column 0
    is the line as a whole.
    """

    message: str
    at: Route = ()
    hint: str = ""
    key: bool = False
    below: int = 0
    file: str = ""
    line: int = 1
    column: int = 1

    @property
    def place(self) -> str:
        """`file:line:column`, as editors and terminals understand it."""
        column = f":{self.column}" if self.column else ""
        return f"{printable(self.file)}:{self.line}{column}"

    @property
    def sentence(self) -> str:
        """`What is wrong. What would help`: on one line, without the place, safe to show."""
        text, hint = printable(self.message), printable(self.hint)
        return f"{text.removesuffix('.')}. {hint[0].upper()}{hint[1:]}" if hint else text

    def __str__(self) -> str:
        head = f"{self.place}: {printable(self.message)}"
        return f"{head}\n  {printable(self.hint)}" if self.hint else head


def reason_of(error: Exception) -> str:
    """Why a file or folder could not be used, in the system's words: `No space left on device`."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


class UsageError(SandboxError):
    """The request contradicts itself or asks for something the app does not have."""

    exit_code = ExitCode.USAGE


class NotFoundError(SandboxError):
    """No document, session or file of that name."""

    exit_code = ExitCode.NOT_FOUND
