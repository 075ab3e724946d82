"""What a running study tells: frozen, typed, the one stream that every listener sees."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sandbox.engine.events import Event
from sandbox.engine.plan import SessionHead
from sandbox.errors import SandboxError
from sandbox.study.plan import Cell

Ending = Literal["finished", "enough", "stopped", "capped", "unfinished", "broken off"]
"""How running a study ended: all of it is there; the stop rule was met; somebody stopped it; a cap was
reached; cells are left that failed or that another machine has in hand; it was cut off in mid-call."""


@dataclass(frozen=True, slots=True)
class StudyStarted:
    """`finished` of `cells` are in the record already."""

    cells: int
    finished: int


@dataclass(frozen=True, slots=True)
class CellStarted:
    """These sessions of the cell are run, parents first; what is finished of it is left out."""

    cell: Cell
    heads: tuple[SessionHead, ...]


@dataclass(frozen=True, slots=True)
class InCell:
    """What a session of the cell tells, word for word."""

    cell: Cell
    event: Event


@dataclass(frozen=True, slots=True)
class CellFinished:
    """All its sessions are in the record, whoever ran them."""

    cell: Cell


@dataclass(frozen=True, slots=True)
class CellFailed:
    """A session of the cell failed. `again_in`: seconds until it is tried again; None: not in this run."""

    cell: Cell
    error: SandboxError
    again_in: float | None


@dataclass(frozen=True, slots=True)
class ModelGivenUp:
    """Cell after cell of the model failed: those that are left of it are not begun."""

    model: str
    error: SandboxError
    cells: int


@dataclass(frozen=True, slots=True)
class Looked:
    """A planned look at the stop rule: by technique, half the width of the 95 % interval (None: there is
    none yet). `enough`: all are narrower than the study asks."""

    repeats: int
    within: Mapping[str, float | None]
    enough: bool


@dataclass(frozen=True, slots=True)
class CapReached:
    """In words. Calls under way are finished, no other is begun."""

    what: str


@dataclass(frozen=True, slots=True)
class WorkersChanged:
    """The cluster has so many workers by now, which run so many cells at once."""

    workers: int
    cells: int


@dataclass(frozen=True, slots=True)
class StudyPaused:
    """Somebody asked for a pause: cells wait before their next turn, and none is begun."""


@dataclass(frozen=True, slots=True)
class StudyResumed:
    """The pause is over."""


@dataclass(frozen=True, slots=True)
class StudyEnded:
    """The last event. `left` cells are not finished, of which `failed` were tried in vain."""

    ending: Ending
    left: int
    failed: int


StudyEvent = (
    StudyStarted | CellStarted | InCell | CellFinished | CellFailed | ModelGivenUp | Looked | CapReached
    | WorkersChanged | StudyPaused | StudyResumed | StudyEnded
)  # fmt: skip
