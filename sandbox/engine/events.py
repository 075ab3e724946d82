"""The events of a running session: frozen, typed, the one stream that every listener sees."""

from dataclasses import dataclass
from typing import Literal

from sandbox.engine.history import Measured, Origin, Skip, Turn
from sandbox.engine.phase import Phase, Point
from sandbox.engine.plan import SessionHead
from sandbox.errors import SandboxError
from sandbox.models.provider import ModelDescription
from sandbox.models.recording import Call

Ending = Literal["finished", "stopped", "failed", "interrupted"]


@dataclass(frozen=True, slots=True)
class RunPlanned:
    """The sessions about to run, trunk first. Nothing has been asked of the model yet."""

    heads: tuple[SessionHead, ...]


@dataclass(frozen=True, slots=True)
class SessionStarted:
    """A session begins, or goes on after an interruption (`resumed`)."""

    session: str
    model: ModelDescription
    resumed: bool = False


@dataclass(frozen=True, slots=True)
class PhaseChanged:
    session: str
    phase: Phase


@dataclass(frozen=True, slots=True)
class TurnStarted:
    """Something is said to the client; its reply follows as TextDelta (none if no reply is awaited)."""

    session: str
    index: int
    phase: Phase
    origin: Origin
    said: str
    step: str | None
    awaits_reply: bool


@dataclass(frozen=True, slots=True)
class TextDelta:
    session: str
    index: int
    text: str


@dataclass(frozen=True, slots=True)
class TextReset:
    """Forget the deltas so far: the reply broke off and is asked for again.

    Without a `reason` nothing broke: what was shown was a thought, and the reply follows.
    """

    session: str
    index: int
    reason: str


@dataclass(frozen=True, slots=True)
class CallFinished:
    """A model call ended, well or badly, with all its attempts. `turn`: the one it was made for or after."""

    session: str
    turn: int
    call: Call


@dataclass(frozen=True, slots=True)
class TurnFinished:
    session: str
    turn: Turn


@dataclass(frozen=True, slots=True)
class StepSkipped:
    session: str
    skip: Skip


@dataclass(frozen=True, slots=True)
class AdministrationStarted:
    session: str
    point: Point
    questionnaire: str


@dataclass(frozen=True, slots=True)
class AdministrationFinished:
    session: str
    measured: Measured


@dataclass(frozen=True, slots=True)
class Waiting:
    """The session waits: paused, or for the clinician's own words (`cue`: what the step suggests)."""

    session: str
    reason: Literal["paused", "clinician"]
    cue: str = ""


@dataclass(frozen=True, slots=True)
class SessionFinished:
    """A session ended. With `failed` goes the error that ended it; `reason` is the same in words."""

    session: str
    ending: Ending
    reason: str = ""
    error: SandboxError | None = None


@dataclass(frozen=True, slots=True)
class TooLate:
    """What the clinician asked of a session that ended first: words to say, and a number of skips."""

    session: str
    words: tuple[str, ...]
    skips: int


Event = (
    RunPlanned
    | SessionStarted
    | PhaseChanged
    | TurnStarted
    | TextDelta
    | TextReset
    | CallFinished
    | TurnFinished
    | StepSkipped
    | AdministrationStarted
    | AdministrationFinished
    | Waiting
    | SessionFinished
    | TooLate
)
