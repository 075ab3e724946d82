"""What does not come along between a questionnaire and another format's file, and what had to be assumed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sandbox.errors import ExitCode, SandboxError
from sandbox.text import printable

MAX_SHOWN = 3
MAX_LOSSES = 200
_ASIDE = ("the extension", "the answers' codes", "“", "names that cannot")


class NoInstrument(SandboxError):
    """A file of another format that cannot be made a questionnaire of, and why."""

    exit_code = ExitCode.INVALID_DOCUMENT


@dataclass(frozen=True, slots=True)
class Loss:
    """Something one form says and the other does not. `where`: a row, a cell, an element; may be empty."""

    what: str
    where: str = ""

    def __str__(self) -> str:
        return printable(f"{self.where}: {self.what}" if self.where else self.what)


@dataclass(frozen=True, slots=True)
class Assumption:
    """What the file left open and how it was filled, to be checked. `key` is a key of the document."""

    key: str
    what: str

    def __str__(self) -> str:
        return printable(f"{self.key}: {self.what}")


def questions_first(losses: Iterable[Loss]) -> list[Loss]:
    """The losses with those about questions and texts before those about extensions and bookkeeping."""
    return sorted(losses, key=lambda loss: loss.what.startswith(_ASIDE))


def together(losses: Iterable[Loss]) -> tuple[Loss, ...]:
    """The losses in order, those that say the same joined into one that names the first few places.

    Of very many the first, and how many more.
    """
    places: dict[str, list[str]] = {}
    for loss in losses:
        places.setdefault(loss.what, []).append(loss.where)
    joined = [
        Loss(what, first_few([place for place in dict.fromkeys(where) if place], MAX_SHOWN))
        for what, where in places.items()
    ]
    more = len(joined) - MAX_LOSSES
    return (*joined[:MAX_LOSSES], Loss(f"{more:,} more things are left out")) if more > 0 else tuple(joined)


def first_few(names: Sequence[str], most: int) -> str:
    """The first of the names, and how many more there are: `q1, q2 and 3 more`."""
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")
