"""What a run looks like so far, folded from its events. Pure data for the screens; knows no widget."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from sandbox.engine.events import (
    AdministrationFinished,
    AdministrationStarted,
    Event,
    PhaseChanged,
    RunPlanned,
    SessionFinished,
    SessionStarted,
    StepSkipped,
    TextDelta,
    TextReset,
    TurnFinished,
    TurnStarted,
    Waiting,
)
from sandbox.engine.history import History, Measured, Origin, Skip, Turn, turn_labels
from sandbox.engine.phase import Phase, turn_label
from sandbox.engine.plan import SessionHead, arm_title

State = Literal["planned", "running", "finished", "stopped", "failed", "interrupted"]
Entry = Turn | Measured | Skip
"""What a conversation is made of, in the order it happened."""


@dataclass(frozen=True, slots=True)
class OpenTurn:
    """The turn in progress: what was said, and the reply as far as it has arrived."""

    index: int
    phase: Phase
    origin: Origin
    said: str
    step: str | None
    awaits_reply: bool
    reply: str = ""


@dataclass(frozen=True, slots=True)
class SessionState:
    """One session: its own entries (not its parent's), where it is now, and how it ended."""

    head: SessionHead
    entries: tuple[Entry, ...] = ()
    model: str = ""
    state: State = "planned"
    reason: str = ""
    phase: Phase | None = None
    open_turn: OpenTurn | None = None
    measuring: str = ""
    waiting: Waiting | None = None

    @property
    def is_redo(self) -> bool:
        return self.head.plan.redo is not None

    @property
    def says_again(self) -> bool:
        """Whether the turn to come is the one that is redone: it is neither skipped nor spoken before."""
        begun = self.open_turn is not None or any(isinstance(entry, Turn) for entry in self.entries)
        return self.is_redo and not begun

    @property
    def is_control(self) -> bool:
        return self.head.plan.technique is not None and self.head.plan.technique.is_control

    @property
    def steps(self) -> tuple[int, int]:
        """Technique steps done (said or skipped) and steps in all; (0, 0) for a trunk."""
        technique = self.head.plan.technique
        if technique is None:
            return 0, 0
        ids = [step.id for step in technique.steps]
        done = set(self.head.plan.passed) | {
            e.step for e in self.entries if isinstance(e, Turn | Skip) and e.step in ids
        }
        return len(done & set(ids)), len(ids)


@dataclass(frozen=True, slots=True)
class RunState:
    """Every session of one trunk, trunk first, and which of them is running (None: none)."""

    sessions: dict[str, SessionState] = field(default_factory=dict)
    running: str | None = None

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(self.sessions)

    def lineage(self, session: str) -> tuple[Entry, ...]:
        """The whole conversation of a session: what it inherits from its parents, then its own entries."""
        state = self.sessions[session]
        return (*self._inherited(state), *state.entries)

    def _inherited(self, state: SessionState) -> tuple[Entry, ...]:
        parent = state.head.parent
        if parent is None or parent not in self.sessions:
            return ()
        return _until(self.lineage(parent), state.head.parent_turn)

    def title(self, session: str) -> str:
        """What the session is called by itself: `arm_title`."""
        state = self.sessions[session]
        redo = state.head.plan.redo
        inherited = (entry for entry in self._inherited(state) if isinstance(entry, Turn))
        return arm_title(state.head.plan, redo.place(inherited) if redo is not None else None)

    def turn_label(self, session: str, turn: int) -> str:
        """What a turn of the session's whole conversation is called: `s2`, `t3`."""
        return turn_labels(entry for entry in self.lineage(session) if isinstance(entry, Turn))[turn]

    def next_label(self, session: str, phase: Phase) -> str:
        """What the turn that comes next in that phase is called."""
        said = sum(isinstance(one, Turn) and one.phase == phase for one in self.lineage(session))
        return turn_label(phase, 1 + said)

    def titles(self) -> dict[str, str]:
        """What each session is called beside the others: its title, numbered from the second of that name."""
        given: Counter[str] = Counter()
        result = {}
        for id in self.sessions:
            name = self.title(id)
            given[name] += 1
            result[id] = name if given[name] == 1 else f"{name} {given[name]}"
        return result

    def place(self, session: str) -> str:
        """The technique turn a session is at: `t3 of 5`, or `t4, step 3 of 5` once own words were said or a
        step was repeated; else empty."""
        state = self.sessions[session]
        technique = state.head.plan.technique
        if technique is None or state.phase != "technique":
            return ""
        said = [e.step for e in self.lineage(session) if isinstance(e, Turn) and e.phase == "technique"]
        said += [state.open_turn.step] if state.open_turn is not None else []
        ids = [step.id for step in technique.steps]
        at = next((ids.index(step) + 1 for step in reversed(said) if step in ids), 0)
        label = turn_label("technique", max(1, len(said)))
        if at == len(said) or not said:
            return f"{label} of {len(ids)}"
        return f"{label}, step {at} of {len(ids)}" if at else label

    def family_title(self) -> str:
        """`Attacked at night (fear)`."""
        for state in self.sessions.values():
            return state.head.plan.scenario.title_with_affect
        return ""


def fold(events: Iterable[Event]) -> RunState:
    """The state after those events."""
    result = RunState()
    for event in events:
        result = after(result, event)
    return result


def after(run: RunState, event: Event) -> RunState:
    """The state after one more event; events of sessions nobody announced change nothing."""
    if isinstance(event, RunPlanned):
        new = {head.id: SessionState(head) for head in event.heads if head.id not in run.sessions}
        return replace(run, sessions={**run.sessions, **new})
    if event.session not in run.sessions:
        return run
    changed = _session_after(run.sessions[event.session], event)
    running = run.running
    if isinstance(event, SessionStarted):
        running = event.session
    elif isinstance(event, SessionFinished) and running == event.session:
        running = None
    return RunState({**run.sessions, event.session: changed}, running)


def stopped_before_begun(run: RunState, parent: str | None = None) -> RunState:
    """The state once a run was stopped: what was planned (with `parent`: from there) will not begin."""
    reason = "The run was stopped before it began."

    def after_stop(one: SessionState) -> SessionState:
        left_out = one.state == "planned" and parent in (None, one.head.parent)
        return replace(one, state="stopped", reason=reason) if left_out else one

    return replace(run, sessions={id: after_stop(one) for id, one in run.sessions.items()})


def _session_after(old: SessionState, event: Event) -> SessionState:  # noqa: PLR0911 - a table, one row an event
    match event:
        case SessionStarted(model=model):
            return replace(old, state="running", model=model.title, reason="", open_turn=None)
        case PhaseChanged(phase=phase):
            return replace(old, phase=phase)
        case TurnStarted():
            turn = OpenTurn(
                event.index, event.phase, event.origin, event.said, event.step, event.awaits_reply
            )
            return replace(old, open_turn=turn, waiting=None, measuring="")
        case TextDelta(text=text) if old.open_turn is not None:
            return replace(old, open_turn=replace(old.open_turn, reply=old.open_turn.reply + text))
        case TextReset() if old.open_turn is not None:
            return replace(old, open_turn=replace(old.open_turn, reply=""))
        case TurnFinished(turn=turn):
            return replace(old, open_turn=None, entries=(*old.entries, turn))
        case StepSkipped(skip=skip):
            return replace(old, waiting=None, entries=(*old.entries, skip))
        case AdministrationStarted(questionnaire=questionnaire):
            return replace(old, measuring=questionnaire)
        case AdministrationFinished(measured=measured):
            return replace(old, measuring="", entries=(*old.entries, measured))
        case Waiting():
            return replace(old, waiting=event)
        case SessionFinished(ending=ending, reason=reason):
            return replace(old, state=ending, reason=reason, open_turn=None, waiting=None, measuring="")
        case _:
            return old


def recorded_session(
    head: SessionHead, own: History, state: State, model: str, reason: str = ""
) -> SessionState:
    """A session read back from the record; `own` is its history without its parents' part."""
    keyed: list[tuple[tuple[int, int], Entry]] = [((t.index, 0), t) for t in own.turns]
    keyed += [((m.point.after_turn, 1), m) for m in own.measured]
    keyed += [((s.after_turn, 2), s) for s in own.skips]
    entries = tuple(entry for _, entry in sorted(keyed, key=lambda pair: pair[0]))
    phases = [e.point.phase if isinstance(e, Measured) else e.phase
              for e in entries if isinstance(e, Measured | Turn)]  # fmt: skip
    return SessionState(head, entries, model, state, reason, phases[-1] if phases else None)


def _until(entries: tuple[Entry, ...], turn: int | None) -> tuple[Entry, ...]:
    """What a branch leaving after `turn` (None: the end) inherits; skips stay with the parent."""
    kept = (e for e in entries if not isinstance(e, Skip))
    if turn is None:
        return tuple(kept)
    return tuple(e for e in kept if (e.index if isinstance(e, Turn) else e.point.after_turn) <= turn)
