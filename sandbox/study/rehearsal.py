"""A script tried by ear: said to a client turn by turn, again from any step. Nothing is measured or recorded.

It is run as the conductor runs all sessions, but for the record. What was said is kept here until it is over.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from sandbox.engine.branch import branch, other_seed
from sandbox.engine.composition import compose
from sandbox.engine.controls import Controls
from sandbox.engine.events import (
    Event,
    SessionFinished,
    SessionStarted,
    StepSkipped,
    TurnFinished,
    TurnStarted,
)
from sandbox.engine.history import History, Turn
from sandbox.engine.plan import SessionHead
from sandbox.engine.privacy import leaving_details
from sandbox.errors import SandboxError
from sandbox.library.lint import scales_named
from sandbox.library.technique import Technique
from sandbox.models.name import full_name
from sandbox.study.conductor import Conductor, started
from sandbox.study.proposal import Proposal, chosen

NOTHING_KEPT = "A rehearsal: nothing is measured, nothing is recorded."


class Rehearsal:
    """One technique with one client. `history` is the line told last: the scenario, then the technique."""

    def __init__(self, conductor: Conductor, proposal: Proposal) -> None:
        """The first technique of the proposal, after its scenario; its measures and control play no part.

        Raises SandboxError when a document or the model is absent or wrong, or a clinician types the script.
        """
        self._conductor = conductor
        model = conductor.models.model(proposal.model)
        wished = chosen(
            replace(proposal, control=False, follow_up=None), conductor.library, model.capabilities
        )
        self.technique = wished.techniques[0]
        self._heads = compose(replace(wished, techniques=(self.technique,), measures=(), control=None,
                                      model=full_name(proposal.model)))  # fmt: skip
        conductor.check(self._heads, clinician=False)
        self.history = History()
        self.problem: SandboxError | None = None
        self._times = 0

    @property
    def plan_title(self) -> str:
        """Such as `Mindful breathing · Attacked at night · Study participant`."""
        plan = self._heads[0].plan
        return f"{self.technique.title} · {plan.scenario.title} · {plan.client.title}"

    @property
    def cautions(self) -> tuple[str, ...]:
        """What has to be said before it begins: the remarks on a run that do not speak of measures."""
        plan = self._heads[0].plan
        told = []
        if any(True for _ in scales_named(self.technique)):
            told.append(
                "Steps that go by a score are left out, and repeated ones go on: nothing is measured."
            )
        if self._conductor.leaves_machine(self._heads):
            told.append(f"What is said goes to a model elsewhere: {plan.model}.")
            told += filter(None, [leaving_details(self._heads, local=False)])
        if plan.scenario.content_warning:
            told.append(f"Content warning: {', '.join(plan.scenario.content_warning)}.")
        return tuple(told)

    def name_of(self, turn: Turn | TurnStarted) -> str:
        """What a turn is called: `scenario`, `2 breathe`."""
        if turn.step is None:
            return turn.origin
        places = {step.id: n for n, step in enumerate(self.technique.steps, 1)}
        return f"{places.get(turn.step, '')} {turn.step}".strip()

    async def close(self) -> None:
        """End the models' processes, where nothing else is run with them."""
        await self._conductor.models.close()

    async def begin(self, controls: Controls | None = None) -> AsyncGenerator[Event, None]:
        """Tell the scenario, then say the script. An error that ended it stands in `problem`."""
        async with aclosing(self._told(self._heads, {}, controls)) as events:
            async for event in events:
                yield event

    async def again(self, step: int, controls: Controls | None = None) -> AsyncGenerator[Event, None]:
        """Go on from before that step (from 0), drawn anew, with the script as the library has it now.

        Raises SandboxError as the rehearsal's making does; what was told stands then.
        """
        self.problem = None
        arm = self._heads[-1]
        self.technique, head = await asyncio.to_thread(self._from, step, arm)
        known = {arm.id: replace(self.history, inherited=0)}
        async with aclosing(self._told((head,), known, controls)) as events:
            async for event in events:
                yield event
        self._heads = (*self._heads[:1], head)

    def _from(self, step: int, arm: SessionHead) -> tuple[Technique, SessionHead]:
        """The script as it is now, and the session that goes on with it. Reads: belongs on a thread."""
        technique = self._conductor.library.technique(self.technique.id)
        self._times += 1
        rest = technique.model_copy(update={"steps": technique.steps[step:]})
        seed = other_seed(arm, "rehearsal", self._times)
        head = branch(arm, self._before(technique, step), rest, seed=seed)
        self._conductor.check((head,), clinician=False)
        return technique, head

    def _before(self, technique: Technique, step: int) -> int:
        """The turn after which that step, or a later one, was come to."""
        order = {one.id: n for n, one in enumerate(technique.steps)}
        said = (turn for turn in self.history.turns if turn.phase == "technique")
        later = (turn.index - 1 for turn in said if order.get(turn.step or "", -1) >= step)
        return next(later, len(self.history.turns))

    async def _told(
        self, heads: tuple[SessionHead, ...], known: dict[str, History], controls: Controls | None
    ) -> AsyncGenerator[Event, None]:
        self.problem = None
        parents = {head.id: head for head in heads}
        async with aclosing(started(heads, known, controls or Controls(), self._conductor.models)) as events:
            async for event in events:
                match event:
                    case SessionStarted(session=session):
                        head = parents[session]
                        if head.parent is not None:
                            self.history = self.history.branch(head.parent_turn)
                    case TurnFinished(turn=turn):
                        self.history = self.history.with_turn(turn)
                    case StepSkipped(skip=skip):
                        self.history = self.history.with_skip(skip)
                    case SessionFinished(error=error):
                        self.problem = error or self.problem
                    case _:
                        pass
                yield event
