"""The stop rule of a study: looked at when so many repeats are done as was planned, and at no other time."""

import asyncio
from collections.abc import Callable, Collection, Mapping

from sandbox.store.study import StudyRecord
from sandbox.study.events import Looked
from sandbox.study.frozen import Outline, compared_arms

Look = Callable[[tuple[str, ...]], Mapping[str, float | None]]
"""Given the plan's own arms in the cells that are finished: by technique, half the width of the 95 % interval
of its effect on the scale of the stop rule (None: there is none). Called on a thread."""


class Looks:
    """The looks of a plan that are still to come. Each one is logged with what it saw."""

    def __init__(self, studies: StudyRecord, outline: Outline, look: Look | None) -> None:
        stop = outline.plan.study.stop
        logged = studies.logged(outline.root, kinds=("look",))
        taken = [entry.detail for entry in logged if entry.detail["plan"] == outline.hash]
        done = {one["repeats"] for one in taken}
        self._studies = studies
        self._outline = outline
        self._look = look
        self._within = stop.within if stop is not None else 0.0
        planned = stop.looks if stop is not None and look is not None else ()
        self._to_come = [repeats for repeats in planned if repeats not in done]
        self._taking = asyncio.Lock()
        self.enough = any(one["enough"] for one in taken)
        """Whether a look has seen what the rule asks for."""

    @property
    def most_repeats(self) -> int | None:
        """No cell of a later repeat is begun before the next look; None: there is none to wait for."""
        return self._to_come[0] if self._to_come else None

    async def next(self, finished: Collection[int], failed: Collection[int]) -> Looked | None:
        """The next look, if every combination has come so far by now: each cell finished, or failed for good.

        Cells are named by their numbers.
        """
        async with self._taking:
            if self._look is None or self.enough or not self._to_come:
                return None
            repeats = self._to_come[0]
            due = [cell.number for cell in self._outline.plan.cells if cell.repeat <= repeats]
            if not all(number in finished or number in failed for number in due):
                return None
            cells = (self._outline.cells[number] for number in due if number in finished)
            arms = compared_arms(cells, self._studies.states(self._outline.root).sessions)
            within = dict(await asyncio.to_thread(self._look, arms))
            narrow = [width is not None and width < self._within for width in within.values()]
            self.enough = bool(narrow) and all(narrow)
            detail = {"plan": self._outline.hash, "repeats": repeats, "within": within, "enough": self.enough}
            self._studies.log(self._outline.root, "look", detail)
            self._to_come.pop(0)
            return Looked(repeats, within, self.enough)


def said_of_looks(studies: StudyRecord, outline: Outline) -> str:
    """A sentence for every report of the study: that its results were looked at on the way, when, and what
    came of it; empty when they were not."""
    stop = outline.plan.study.stop
    logged = [one.detail for one in studies.logged(outline.root, kinds=("look",))]
    taken = [one for one in logged if one["plan"] == outline.hash]
    if stop is None or not taken:
        return ""
    when = ", ".join(str(one["repeats"]) for one in taken)
    then = "it ended at the last" if taken[-1]["enough"] else "it went on"
    return (
        f"Looked at after {when} repeats, as planned, to end once each effect on {stop.scale} is known to"
        f" ±{stop.within:g}: {then}."
    )
