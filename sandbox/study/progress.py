"""How far a study is, read from the record alone: so every app and terminal on the workspace can tell."""

import contextlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, NoReturn, cast

from sandbox.errors import NotFoundError, UsageError
from sandbox.library.study import Caps
from sandbox.store.progress import Spent
from sandbox.store.state import Process, State
from sandbox.store.store import Store
from sandbox.store.study import (
    WORK,
    FrozenStudy,
    SessionNow,
    StudyEntry,
    StudyRecord,
    at_work_in,
    condition_in,
)
from sandbox.study.events import Ending
from sandbox.study.frozen import Outline, compared_arms, outline_of
from sandbox.text import excerpt, number_of

CellState = Literal["finished", "running", "failed", "cut short", "to do"]
"""Of a cell: all of it is in the record; a living process runs it; a session of it failed and may be tried
again; it was begun and broken off; nothing of it, or not all of it, was begun."""

Condition = Literal["not begun", "running", "paused"] | Ending
"""Of a study: how it is now, or how it ended last."""

_MOST_TROUBLES = 5
_MOST_NAMED = 8


@dataclass(frozen=True, slots=True)
class Trouble:
    """A session that failed and is not finished yet. `what` and `todo` are for a person to read."""

    session: str
    cell: int
    at: datetime
    what: str
    todo: str


@dataclass(frozen=True, slots=True)
class StudyProgress:
    """A study at one moment.

    `cells` counts them by state; `sessions` are all of the plan. `spent` counts all calls, `known_cost` in
    US dollars those whose cost is known. `per_minute` (sessions finished) and `seconds_left` are of the run
    under way, None before one is finished. `troubles`: the latest first, `failed` says how many there are
    in all. `looks` are the entries of looks at the stop rule under this plan.
    """

    condition: Condition
    cells: Mapping[CellState, int]
    sessions: int
    sessions_finished: int
    spent: Spent
    known_cost: float
    caps: Caps
    per_minute: float | None
    seconds_left: float | None
    troubles: tuple[Trouble, ...]
    failed: int
    looks: tuple[StudyEntry, ...]
    processes: tuple[Process, ...]
    cap_reached: str = ""

    @property
    def cells_in_all(self) -> int:
        return sum(self.cells.values())

    @property
    def over(self) -> bool:
        """Whether it has ended as it was meant to: what it shows is no longer interim."""
        return self.condition in ("finished", "enough")

    def state_of(self, state: str) -> str:
        """What is said of a session or cell in that state: nothing runs while the study is paused."""
        return self.condition if (state, self.condition) == ("running", "paused") else state


def progress_of(studies: StudyRecord, outline: Outline, now: datetime | None = None) -> StudyProgress:
    """How far the study is. A handful of statements, and after the first time only what came since."""
    read = studies.states(outline.root)
    log = studies.logged(outline.root, kinds=("look", "cap", *WORK))
    at_work = at_work_in(log)
    cells: Counter[CellState] = Counter(
        dict.fromkeys(("finished", "running", "failed", "cut short", "to do"), 0)
    )
    failed: list[tuple[int, SessionNow]] = []
    total = finished = 0
    for number, ids in outline.cells.items():
        found = [read.sessions[id] for id in ids if id in read.sessions]
        cells[_cell_state([one.state for one in found], len(ids))] += 1
        failed += [(number, one) for one in found if one.state == "failed"]
        total += len(ids)
        finished += sum(one.state in ("finished", "removed") for one in found)
    per_minute, left = _pace(read.sessions, outline, at_work, now or datetime.now(UTC), total - finished)
    failed.sort(key=lambda pair: -pair[1].number)
    looks = tuple(e for e in log if e.kind == "look" and e.detail["plan"] == outline.hash)
    left_over = cells["finished"] < len(outline.cells)
    capped = [entry for entry in log if entry.kind in ("cap", "started")]
    return StudyProgress(
        condition=_condition(log, enough=any(e.detail["enough"] for e in looks), left=left_over),
        cells=cells,
        sessions=total,
        sessions_finished=finished,
        spent=read.spent,
        known_cost=read.known_cost,
        caps=outline.plan.study.caps,
        per_minute=per_minute,
        seconds_left=left,
        troubles=tuple(_trouble(number, one) for number, one in failed[:_MOST_TROUBLES]),
        failed=len(failed),
        looks=looks,
        processes=tuple(entry.process for entry in at_work if entry.process is not None),
        cap_reached=str(capped[-1].detail["what"]) if capped and capped[-1].kind == "cap" else "",
    )


def finished_trunks(studies: StudyRecord, outline: Outline) -> tuple[str, ...]:
    """The shared starts of the runs that are finished, in the order of the plan; none that was removed."""
    states, sessions = cell_states(studies, outline), studies.states(outline.root).sessions
    return tuple(
        ids[0]
        for number, ids in outline.cells.items()
        if states[number] == "finished" and sessions[ids[0]].state != "removed"
    )


def finished_arms(studies: StudyRecord, outline: Outline) -> tuple[str, ...]:
    """What a comparison of the runs that are finished takes, in the order of the plan (`compared_arms`)."""
    states, sessions = cell_states(studies, outline), studies.states(outline.root).sessions
    finished = (ids for number, ids in outline.cells.items() if states[number] == "finished")
    return compared_arms(finished, sessions)


def study_meant(store: Store, text: str) -> FrozenStudy | None:
    """The newest plan of the study of that name or root; else, unless a session is meant, the plan whose hash
    begins so. None where there is none."""
    studies = StudyRecord(store)
    if (found := studies.newest(text)) is not None:
        return found
    try:
        store.resolve(text)
    except UsageError:
        return None
    except NotFoundError:
        with contextlib.suppress(NotFoundError):
            return studies.named(text)
    return None


def study_or_session(store: Store, text: str) -> tuple[str, ...]:
    """The arms of the finished runs of the study or plan meant (`study_meant`), else the session meant.

    Raises NotFoundError, UsageError where several sessions begin so, or nothing of the study is finished.
    """
    studies = StudyRecord(store)
    found = study_meant(store, text)
    if found is None:
        try:
            return (store.resolve(text),)
        except NotFoundError as error:
            raise _neither(text, studies) from error
    return finished_arms(studies, outline_of(found)) or _nothing_finished(studies, found)


def _nothing_finished(studies: StudyRecord, found: FrozenStudy) -> NoReturn:
    """Says what to do: wait, run it, or look at what an earlier plan has."""
    runs = studies.at_work(found.root)
    what = "No run of this study is finished yet"
    todo = (
        f"It is running: sandbox study status {found.name}"
        if runs
        else f"Run it: sandbox study run {found.name}"
    )
    for plan in reversed(studies.plans(found.root)):
        with contextlib.suppress(UsageError):
            if plan.hash != found.hash and (done := finished_trunks(studies, outline_of(plan))):
                what += " as it is planned now"
                earlier = f"{number_of(len(done), 'run')} finished: sandbox compare {plan.hash[:12]}"
                todo += f"\nAs it was planned before, {earlier}"
                break
    raise UsageError(f"{what}.", where=found.name, todo=todo)


def _neither(text: str, studies: StudyRecord) -> NotFoundError:
    named = [study.name for study in studies.all()]
    known = f"Studies: {', '.join(named[:_MOST_NAMED])}{' …' * (len(named) > _MOST_NAMED)}. " if named else ""
    return NotFoundError(
        f"There is no session and no study “{excerpt(text, 40)}”.",
        todo=f"{known}`sandbox sessions` lists the sessions.",
    )


def cell_states(studies: StudyRecord, outline: Outline) -> dict[int, CellState]:
    """By the number of each cell of the plan, the state it is in."""
    sessions = studies.states(outline.root).sessions
    return {
        number: _cell_state([sessions[id].state for id in ids if id in sessions], len(ids))
        for number, ids in outline.cells.items()
    }


def _cell_state(states: list[State], planned: int) -> CellState:
    done = sum(state in ("finished", "removed") for state in states)
    if done == planned:
        return "finished"
    if "running" in states:
        return "running"
    if "failed" in states:
        return "failed"
    if "interrupted" in states or "stopped" in states:
        return "cut short"
    return "to do"


def _condition(log: tuple[StudyEntry, ...], *, enough: bool, left: bool) -> Condition:
    """`enough`: a look under this plan saw what the stop rule asks; `left`: not all runs are finished."""
    found = cast(Condition, condition_in(log))
    # That may have been a pilot, or an earlier plan.
    added = (found == "finished" and left) or (found == "enough" and not enough)
    return "unfinished" if added else found


def _pace(
    sessions: Mapping[str, SessionNow],
    outline: Outline,
    at_work: tuple[StudyEntry, ...],
    now: datetime,
    left: int,
) -> tuple[float | None, float | None]:
    """Sessions finished a minute since the oldest of those at work began, and seconds for what is left."""
    if not at_work:
        return None, None
    since = min(entry.at for entry in at_work)
    done = sum(one.state == "finished" and one.at >= since for one in sessions.values())
    seconds = (now - since).total_seconds()
    if not done or seconds <= 0:
        return None, None
    return done / seconds * 60, seconds / done * left


def _trouble(cell: int, one: SessionNow) -> Trouble:
    what, _, todo = one.reason.partition("\n")
    return Trouble(one.session, cell, one.at, what, todo)
