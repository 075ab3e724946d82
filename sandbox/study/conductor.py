"""The one place that opens a workspace, composes sessions, checks them, runs them and records them.

The app and the command line are its two callers; nobody else runs sessions. Says nothing to anybody.
"""

from collections.abc import AsyncGenerator, Iterable, Mapping
from contextlib import aclosing
from dataclasses import replace
from functools import cached_property

from sandbox.engine.branch import branch, edited, other_seed, redo, stretches_after
from sandbox.engine.composition import Composition, compose, of_equal_length
from sandbox.engine.controls import Controls
from sandbox.engine.events import Event
from sandbox.engine.history import History
from sandbox.engine.measure import readable_measures
from sandbox.engine.plan import SessionHead
from sandbox.engine.run import run
from sandbox.errors import SandboxError
from sandbox.library.catalogue import Library
from sandbox.library.questionnaire import RatingQuestionnaire
from sandbox.library.technique import Technique
from sandbox.library.workspace import Workspace, find_workspace
from sandbox.measurement.administration import UNSAMPLED
from sandbox.models.opening import open_model, refuse_without_key
from sandbox.models.pool import ModelPool, OpenModel
from sandbox.models.provider import Assuming, found_capabilities
from sandbox.store.recorder import recorded
from sandbox.store.store import DATABASE, Store
from sandbox.store.study import StudyRecord
from sandbox.study.proposal import RATINGS, Proposal, chosen


class Conductor:
    """An open workspace: its library, its record, and a pool of models. Lives on one event loop."""

    def __init__(self, workspace: Workspace, library: Library, models: ModelPool) -> None:
        self.workspace = workspace
        self.library = library
        self.models = models

    @classmethod
    def open(cls, workspace: Workspace | None = None, opener: OpenModel = open_model) -> "Conductor":
        """The workspace found from here, or the one given. Raises NotFoundError when there is none."""
        found = workspace or find_workspace()
        return cls(found, Library(found), ModelPool(opener))

    def with_library(self, library: Library) -> "Conductor":
        """The same workspace, record and models, with other documents. Closed with the first one."""
        found = Conductor(self.workspace, library, self.models)
        found.store = self.store
        return found

    @cached_property
    def store(self) -> Store:
        """The workspace's record, made on first use. Raises StoreError when it cannot be opened."""
        return Store.open(self.workspace.sessions / DATABASE)

    @cached_property
    def studies(self) -> StudyRecord:
        """The studies of the record."""
        return StudyRecord(self.store)

    async def close(self) -> None:
        """End the models' processes and close the record."""
        await self.models.close()
        if "store" in vars(self):
            self.store.close()

    # Before a run

    def composed(self, proposal: Proposal | Composition) -> tuple[SessionHead, ...]:
        """The sessions it comes to, trunk first. Raises SandboxError when a document or the model is absent,
        wrong, or does not fit."""
        if isinstance(proposal, Composition):
            return compose(proposal)
        model = self.models.model(proposal.model)
        wished = chosen(proposal, self.library, model.capabilities)
        found = found_capabilities(model)
        if found == model.capabilities:
            return compose(wished)
        ratings = self.library.questionnaire(RATINGS)
        if not isinstance(ratings, RatingQuestionnaire):
            return compose(wished)
        return compose(replace(wished, measures=readable_measures(wished.measures, found, ratings)))

    def unsure(self, proposal: Proposal) -> Assuming | None:
        """The client's model, if it was never seen to give the log-probabilities that this proposal needs.

        Raises SandboxError as `runnable` does.
        """
        heads = self.runnable(proposal)
        model = self.models.model(proposal.model)
        needed = any(measure.way in UNSAMPLED for measure in heads[0].plan.measures)
        return model if needed and isinstance(model, Assuming) and model.unsure else None

    def runnable(
        self, proposal: Proposal | Composition, *, clinician: bool = True
    ) -> tuple[SessionHead, ...]:
        """The sessions it comes to, if they can be run. Raises SandboxError as `check` and `composed` do."""
        heads = self.composed(proposal)
        self.check(heads, clinician=clinician)
        return heads

    def check(self, heads: Iterable[SessionHead], *, clinician: bool = True) -> None:
        """Raises ModelError for a model that is refused or has no key, SandboxError for a technique that
        a clinician types where there is none at the keyboard. Asks no service."""
        heads = tuple(heads)
        for head in heads:
            if not clinician and head.plan.technique is not None and head.plan.technique.delivery == "live":
                raise SandboxError(
                    f"“{head.plan.technique.id}” is delivered live: a clinician types it.",
                    todo="Open it in the app: `sandbox`.",
                )
        names = models_of(heads)
        for name in names:
            self.models.model(name)
        refuse_without_key(*names)

    def leaves_machine(self, heads: Iterable[SessionHead]) -> bool:
        """Whether anything said in these sessions goes to a model elsewhere, as far as can be told."""
        return not self.models.are_local(models_of(heads))

    # A run

    async def play(
        self,
        heads: tuple[SessionHead, ...],
        known: Mapping[str, History] | None = None,
        controls: Controls | None = None,
        models: ModelPool | None = None,
    ) -> AsyncGenerator[Event, None]:
        """Run the sessions and record them: every event is written before it is told.

        `known` has the histories that are in the record already: of what is gone on with, and of the parents
        of new branches. `models` is asked in place of the conductor's own pool. Several may play at once.
        Raises SandboxError.
        """
        events = started(heads, known or {}, controls or Controls(), models or self.models)
        async with aclosing(self.keep(events)) as kept:
            async for event in kept:
                yield event

    def keep(self, events: AsyncGenerator[Event, None]) -> AsyncGenerator[Event, None]:
        """Record what sessions tell, wherever they run: every event is written before it is told."""
        return recorded(events, self.store)

    # What is in the record, gone on with

    def unfinished(self) -> tuple[str, ...]:
        """The trunks of the runs that can be gone on with, the newest first."""
        trunks = (self.store.family(entry.session)[0].id for entry in reversed(self.store.unfinished()))
        return tuple(dict.fromkeys(trunks))

    def to_finish(self, session: str) -> tuple[SessionHead, ...]:
        """The sessions of its family that are not finished, parents first."""
        return self.store.to_finish(session)

    def branch(
        self, parent: SessionHead, turn: int | None, technique: Technique, *, another_seed: bool = False
    ) -> SessionHead:
        """The head of a new branch of `parent` with the technique, and another seed if asked.

        A control is cut to the length of the techniques it will be compared with.
        """
        family = self.store.family(parent.id)
        seed = other_seed(parent, "branch", len(family)) if another_seed else None
        others = (head.plan.technique for head in family if head.plan.technique is not None)
        stretches = stretches_after(parent.plan, self.store.history(parent.id).branch(turn))
        joined = of_equal_length((*others, technique))[-1]  # a control is cut as if all began together
        return branch(parent, turn, joined, seed=seed, stretches=stretches)

    def edited(self, session: str, technique: Technique) -> SessionHead:
        """The head of a branch of the session that goes on with its script, changed, from the state before
        the first step that is said otherwise.

        Raises UsageError when none is, or when the technique has other steps.
        """
        return edited(self.store.head(session), self.store.history(session), technique)

    def redo(self, session: str, turn: int) -> SessionHead:
        """The head of a branch that asks for the reply of that turn again; an inherited turn is its owner's.

        Raises UsageError when there is no such reply.
        """
        head, history = self.store.head(session), self.store.history(session)
        while turn <= history.inherited and head.parent is not None:
            head = self.store.head(head.parent)
            history = self.store.history(head.id)
        return redo(head, history, turn, other_seed(head, "redo", len(self.store.family(session))))


def started(
    heads: tuple[SessionHead, ...], known: Mapping[str, History], controls: Controls, models: ModelPool
) -> AsyncGenerator[Event, None]:
    """Run the sessions with the models that their plans name; nothing is recorded. Raises SandboxError."""
    client = models.model(heads[0].plan.model)
    spoken = {head.plan.guidance.model for head in heads if head.plan.guidance is not None}
    therapists = {name: models.model(name) for name in spoken}
    return run(heads, client, known=known, controls=controls, therapists=therapists)


def models_of(heads: Iterable[SessionHead]) -> tuple[str, ...]:
    """The names of the clients' models and of the therapists', each once."""
    plans = [head.plan for head in heads]
    spoken = [plan.guidance.model for plan in plans if plan.guidance]
    return tuple(dict.fromkeys([*(plan.model for plan in plans), *spoken]))
