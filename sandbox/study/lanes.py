"""The cells in line, by where they run: side by side on a hosted model, one after another on this machine."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from sandbox.models.name import is_own
from sandbox.models.pool import ModelPool
from sandbox.study.plan import Cell

HOSTED_AT_ONCE = 50
"""How many cells of a hosted model run at once where the study does not say. How many calls are under way is
another matter: its service sets that pace."""

_MOST_IN_A_ROW = 5
_FEW_IN_A_ROW = 3
_SAME_WAIT = 1.0


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds. A cell that failed for a passing reason is tried again after each of `pauses`, and so is a
    model of which several cells in a row failed so; then it is given up. `elsewhere` passes between two
    questions whether a cell that another process runs is finished."""

    pauses: tuple[float, ...] = (5, 15, 60, 180, 600)
    elsewhere: float = 2.0


@dataclass(slots=True, eq=False)
class Due:
    """A cell in line, from when on it may be run, and how often it failed in a row."""

    cell: Cell
    at: float = 0.0
    failed: int = 0


@dataclass(slots=True, eq=False)
class Lane:
    """The cells that share a place to run; of them `at_once` at a time. Times are those of one clock.
    `model`: theirs, where the lane has but one."""

    at_once: int
    model: str = ""
    line: deque[Due] = field(default_factory=deque)
    running: int = 0
    _again: list[Due] = field(default_factory=list)
    _held_until: float = 0.0
    _holds: int = 0
    _passing: int = 0
    _lasting: int = 0
    _worked: bool = False

    @property
    def waits(self) -> bool:
        """Whether cells are in line still."""
        return bool(self.line or self._again)

    def take(self, now: float, most_repeats: int | None) -> tuple[Due | None, float | None]:
        """The first cell that may be run now, out of line; else when there will be one (None: not known)."""

        def is_open(one: Due) -> bool:
            return most_repeats is None or one.cell.repeat <= most_repeats

        fresh = next(filter(is_open, self.line), None)
        first = fresh or min(filter(is_open, self._again), key=lambda one: one.at, default=None)
        if first is None:
            return None, None
        at = max(first.at, self._held_until)
        if at > now:
            return None, at
        (self._again if first is not fresh else self.line).remove(first)
        return first, None

    def again(self, due: Due, at: float) -> None:
        """Put the cell behind those that were never tried; it may be run from then on."""
        due.at = at
        self._again.append(due)

    def went_well(self) -> None:
        """A cell of it got further."""
        self._worked = True
        self._passing = self._lasting = self._holds = 0

    def hold(self, until: float) -> bool:
        """Begin no cell before then, as the server asks. Whether that is news."""
        news = until > self._held_until + _SAME_WAIT
        self._held_until = max(self._held_until, until)
        return news

    def went_wrong(self, now: float, patience: Patience) -> bool:
        """A cell failed for a reason that may pass. Whether that has gone on for too long."""
        self._passing += 1
        if self._passing < max(_FEW_IN_A_ROW, min(self.at_once, self.running)):
            return False
        if self._holds >= len(patience.pauses):
            return True
        self._held_until = max(self._held_until, now + patience.pauses[self._holds])
        self._passing = 0
        self._holds += 1
        return False

    def went_wrong_for_good(self) -> bool:
        """A cell failed for a reason that stays. Whether nothing else is to be expected of the next ones."""
        self._lasting += 1
        return not self._worked and self._lasting >= _MOST_IN_A_ROW

    def give_up(self, model: str) -> tuple[Cell, ...]:
        """Take the model's cells out of the line; these."""
        left = [*self.line, *self._again]
        self.line = deque(one for one in self.line if one.cell.model != model)
        self._again = [one for one in self._again if one.cell.model != model]
        self._passing = self._lasting = self._holds = 0
        return tuple(one.cell for one in left if one.cell.model == model)


MOST_ON_A_CLUSTER = 1000
"""How many cells at once a driver has on a cluster's workers, however many these could run."""


def lanes_on_workers(cells: Iterable[Cell], at_once: int | None) -> tuple[Lane, ...]:
    """The cells in line, in their order, a lane a model: how many run at once is up to the workers' room, and
    to the study where it says `at_once`."""
    lanes: dict[str, Lane] = {}
    for cell in cells:
        most = MOST_ON_A_CLUSTER if at_once is None or is_own(cell.model) else at_once
        lanes.setdefault(cell.model, Lane(most, cell.model)).line.append(Due(cell))
    return tuple(lanes.values())


def lanes_of(cells: Iterable[Cell], models: ModelPool, at_once: int | None) -> tuple[Lane, ...]:
    """The cells in line, in their order. A model that the app serves itself has this machine to itself: all
    such share one lane, and run one at a time, so that each finds its prompts in the cache. Other models on
    this machine run one cell at a time unless the study says `at_once`."""
    lanes: dict[str, Lane] = {}
    for cell in cells:
        own = is_own(cell.model)
        place = "" if own else cell.model
        if place not in lanes:
            usual = 1 if own or models.are_local([cell.model]) else HOSTED_AT_ONCE
            lanes[place] = Lane(usual if own or at_once is None else at_once)
        lanes[place].line.append(Due(cell))
    return tuple(lanes.values())
