"""A study as its screen shows it, read from the record on a thread. Draws nothing."""

import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sandbox.analysis.answer import answer
from sandbox.analysis.look import so_far
from sandbox.engine.plan import told_apart
from sandbox.errors import SandboxError
from sandbox.export.dismantling import dismantling_terminal
from sandbox.library.document import Document, document_hash
from sandbox.library.technique import Technique
from sandbox.models.name import short_name
from sandbox.store.session import Script
from sandbox.store.state import State
from sandbox.store.store import Store
from sandbox.store.study import StudyRecord
from sandbox.study.frozen import Outline
from sandbox.study.plan import Cell
from sandbox.study.progress import StudyProgress, finished_arms, finished_trunks, progress_of
from sandbox.tui.labels import text_marks
from sandbox.workbench.dismantling import result_of, taken_apart

MOST_LISTED = 200
"""Sessions that are listed: those under way and those in trouble first, then the newest."""
_SHARE_OF_TIME = 10
"""Effects are computed anew after so many times as long as it took: a tenth of one core at most."""
_FIRST: tuple[State, ...] = ("running", "failed", "interrupted", "stopped")


Titles = tuple[tuple[str, str], tuple[str, str]]
"""Arm and scenario, each with the mark that tells its text from another of that title."""


@dataclass(frozen=True, slots=True)
class ListedSession:
    """A session of the study that was begun, and the seed and model that tell it apart."""

    id: str
    state: str
    titles: Titles
    seed: str


@dataclass(frozen=True, slots=True)
class StudyView:
    """A study at one moment. `effects`: the answer so far in sentences, on `scale`; `rests_on` cells.

    `begun` counts the sessions that were begun and not removed, of which `sessions` are listed.
    """

    progress: StudyProgress
    effects: tuple[str, ...]
    scale: str
    rests_on: int
    sessions: tuple[ListedSession, ...]
    begun: int


class StudyReader:
    """Reads one study again and again. Not to be called from two threads at once: it waits then."""

    def __init__(self, store: Store, outline: Outline) -> None:
        self.outline = outline
        self._store = store
        self._studies = StudyRecord(store)
        self._one_at_a_time = threading.Lock()
        self.taken_apart = taken_apart(outline.plan)
        self._marks = text_marks(_scripts(outline.plan.documents))
        self._titles = dict(self._all_titles())
        self._effects: tuple[tuple[str, ...], str, int] = ((), "", 0)
        self._next_at = 0.0

    def arms(self) -> tuple[str, ...]:
        """What `sandbox compare` pools for this study: the runs that are finished, none that was removed."""
        with self._one_at_a_time:
            return finished_arms(self._studies, self.outline)

    def steps(self) -> str:
        """What each step of a script that was taken apart does, as `sandbox dismantle` prints it.

        Raises SandboxError while there is nothing to compare.
        """
        taken, arms = self.taken_apart, self.arms()
        if taken is None or not arms:
            raise SandboxError("Nothing of this study is finished yet.")
        found = result_of(self._store, arms, taken.arms, taken.design, taken.replacing)
        return dismantling_terminal(found)

    def look(self) -> StudyView:
        """How it is now. Raises SandboxError when the record cannot be read."""
        with self._one_at_a_time:
            progress = progress_of(self._studies, self.outline, datetime.now(UTC))
            states = self._studies.states(self.outline.root).sessions
            trunks = finished_trunks(self._studies, self.outline)
            if len(trunks) != self._effects[2] and (time.monotonic() >= self._next_at):
                began = time.monotonic()
                arms = finished_arms(self._studies, self.outline)
                self._effects = (*self._effects_over(arms), len(trunks))
                now = time.monotonic()
                self._next_at = now + _SHARE_OF_TIME * (now - began)
        begun = (one for one in states.values() if one.session in self._titles)
        known = [one for one in begun if one.state not in ("planned", "removed")]
        known.sort(
            key=lambda one: (_FIRST.index(one.state) if one.state in _FIRST else len(_FIRST), -one.number)
        )
        listed = tuple(
            ListedSession(one.session, progress.state_of(one.state), *self._titles[one.session])
            for one in known[:MOST_LISTED]
        )
        return StudyView(progress, *self._effects, listed, len(known))

    def _effects_over(self, arms: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
        """The answer of the pooled comparison of these arms, and its scale: that of the stop rule if there
        is one, as the planned looks are at it."""
        stop = self.outline.plan.study.stop
        found = so_far(self._store, arms, stop.scale if stop is not None else None)
        return ((*answer(found).lines, *found.left_out), found.scale[2]) if found is not None else ((), "")

    def _all_titles(self) -> Iterator[tuple[str, tuple[Titles, str]]]:
        plan = self.outline.plan
        models = len({cell.model for cell in plan.cells}) > 1
        for cell in plan.cells:
            trunk, *branches = self.outline.cells[cell.number]
            scenario = plan.documents[cell.scenario].title
            seed = f"seed {cell.seed}" + (f" · {short_name(cell.model)}" if models else "")
            arms = (("Shared start", ""), *self._arm_titles(cell))
            for id, arm in zip((trunk, *branches), arms, strict=True):
                yield id, ((arm, (scenario, "")), seed)

    def _arm_titles(self, cell: Cell) -> Iterator[tuple[str, str]]:
        """Each with the mark of its script, where one title stands for several."""
        for arm in cell.arms:
            technique = self.outline.plan.documents[arm.technique] if arm.technique else None
            control = isinstance(technique, Technique) and technique.is_control
            title = technique.title if technique is not None else None
            mark = self._marks.get(document_hash(technique), "") if isinstance(technique, Technique) else ""
            yield told_apart(title, control=control, stretches=arm.stretches), mark


def _scripts(documents: Mapping[str, Document]) -> Iterator[Script]:
    """The techniques' texts. A control is left out: cut to another length it is the same control."""
    for one in documents.values():
        if isinstance(one, Technique) and not one.is_control:
            yield Script(one.title, one.version, document_hash(one))
