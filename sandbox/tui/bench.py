"""What the app works with once it is open: library, record, model. Loaded after first paint."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from pathlib import Path

from sandbox.analysis.suitability import remarks
from sandbox.engine.branch import branch, other_seed, redo
from sandbox.engine.controls import Controls
from sandbox.engine.cost import load, plans_of, texts_of
from sandbox.engine.events import Event
from sandbox.engine.history import History
from sandbox.engine.plan import SessionHead, SessionPlan
from sandbox.engine.privacy import leaving_details
from sandbox.engine.proposal import Proposal, beside, compose
from sandbox.engine.run import run
from sandbox.errors import SandboxError
from sandbox.library.catalogue import Entry, Library
from sandbox.library.document import Kind
from sandbox.library.workspace import Workspace, find_workspace
from sandbox.measurement.valence import compound
from sandbox.models.name import full_name, short_name
from sandbox.models.opening import open_model, refuse_without_key
from sandbox.models.provider import ModelDescription, Provider
from sandbox.models.tokens import count_with
from sandbox.store.recorder import recorded
from sandbox.store.session import SessionSummary, StoredSession
from sandbox.store.state import seconds_run
from sandbox.store.store import DATABASE, Store
from sandbox.tui.live_run import LiveRun
from sandbox.tui.outline import Outline, cost_lines, outline
from sandbox.tui.session_state import RunState, SessionState, recorded_session
from sandbox.tui.widgets.proposed_session import ProposalText
from sandbox.tui.widgets.recent_sessions import RecentRun

OpenModel = Callable[[str], Provider]
_RECENT = 200


@dataclass
class Bench:
    """The open workspace. Lives on the app's event loop; importing this module is what takes time."""

    workspace: Workspace
    library: Library
    store: Store
    open_model: OpenModel
    _models: dict[str, Provider] = field(default_factory=dict)

    @classmethod
    def open(cls, workspace: Workspace | None = None, opener: OpenModel | None = None) -> "Bench":
        """Open the workspace found from here, or the one given. Raises SandboxError when it cannot."""
        found = workspace or find_workspace()
        store = Store.open(found.sessions / DATABASE)
        store.mark_interrupted()
        compound("")  # reads the word list here, on the thread that opens the bench
        return cls(found, Library(found), store, opener or open_model)

    def model(self, name: str) -> Provider:
        """The model of that name, opened once. Raises SandboxError for a name that leads nowhere."""
        name = full_name(name)
        if name not in self._models:
            self._models[name] = self.open_model(name)
        return self._models[name]

    def model_folders(self) -> tuple[Path, ...]:
        """Where GGUF files of this workspace would be."""
        return (self.workspace.root / "models", Path.cwd())

    def leaves_machine(self, heads: Iterable[SessionHead]) -> bool:
        """Whether anything said in these sessions goes to a model elsewhere, as far as can be told."""
        return not all(self._is_local(name) for name in _models_of(heads))

    def _is_local(self, name: str) -> bool:
        try:
            return self.model(name).capabilities.local
        except SandboxError:
            return False

    async def forget_hosted(self) -> None:
        """Close every model that is not on this machine; it would have to be opened anew."""
        hosted = [name for name, model in self._models.items() if not model.capabilities.local]
        await asyncio.gather(*(self._models.pop(name).close() for name in hosted), return_exceptions=True)

    # Runs

    def new_run(self, proposal: Proposal) -> LiveRun:
        """A run of new sessions. Raises SandboxError when the proposal cannot be composed."""
        heads = self._runnable(proposal)
        live = LiveRun(self._play, self.store.history)
        live.add(*heads)
        live.remarks = self.remarks(heads)
        live.leaves_machine = self.leaves_machine(heads)
        return live

    def recorded_run(self, session: str, *, resume: bool = False) -> LiveRun:
        """The whole family of a recorded session; with `resume`, whatever is unfinished is put in line."""
        stored = [self.store.session(head.id) for head in self.store.family(session)]
        states = {one.head.id: _recorded(one) for one in stored}
        spent = sum(seconds_run(one.states) for one in stored)
        live = LiveRun(self._play, self.store.history, RunState(states), spent=spent)
        altered = tuple(map(str, self.store.altered(states)))
        live.remarks = altered + self._remarks((s.head.plan for s in states.values()), self._model_of(states))
        live.leaves_machine = self.leaves_machine(s.head for s in states.values())
        if resume:
            live.add(*self.store.to_finish(session))
        return live

    def remarks(self, heads: Iterable[SessionHead]) -> tuple[str, ...]:
        """What has to be said of the scores of sessions that are about to run, all on one model."""
        plans = [head.plan for head in heads]
        return self._remarks(plans, self.model(plans[0].model).description)

    def _remarks(self, plans: Iterable[SessionPlan], model: ModelDescription) -> tuple[str, ...]:
        checks = self.store.checks(model.name)
        return tuple(dict.fromkeys(said for plan in plans for said in remarks(plan, model, checks)))

    def _model_of(self, states: Mapping[str, SessionState]) -> ModelDescription:
        return self.store.session(next(iter(states))).model

    def branch(
        self, parent: SessionHead, turn: int | None, technique: str, *, another_seed: bool = False
    ) -> SessionHead:
        """The head of a new branch of `parent` with the technique of that id, and another seed if asked.

        A control is cut to the length of the techniques it will be compared with.
        """
        family = self.store.family(parent.id)
        seed = other_seed(parent, "branch", len(family)) if another_seed else None
        others = (head.plan.technique for head in family if head.plan.technique is not None)
        return branch(parent, turn, beside(self.library.technique(technique), others), seed=seed)

    def redo(self, session: str, turn: int) -> SessionHead:
        """The head of a branch that asks for the reply of that turn again; an inherited turn is its owner's.

        Raises UsageError when there is no such reply.
        """
        head, history = self.store.head(session), self.store.history(session)
        while turn <= history.inherited and head.parent is not None:
            head = self.store.head(head.parent)
            history = self.store.history(head.id)
        return redo(head, history, turn, other_seed(head, "redo", self._family_size(session)))

    def _family_size(self, session: str) -> int:
        return len(self.store.family(session))

    async def _play(
        self, heads: tuple[SessionHead, ...], known: Mapping[str, History], controls: Controls
    ) -> AsyncGenerator[Event, None]:
        provider, guidance = self.model(heads[0].plan.model), heads[0].plan.guidance
        therapist = self.model(guidance.model) if guidance else None
        started = run(heads, provider, known=known, controls=controls, therapist=therapist)
        async with aclosing(recorded(started, self.store)) as events:
            async for event in events:
                yield event

    # What Home shows

    def proposal_text(self, proposal: Proposal) -> ProposalText:
        """The proposal in words. Raises SandboxError when a document is absent or wrong, or the model is."""
        provider = self.model(proposal.model)
        heads = self._heads(proposal)
        plan = heads[0].plan
        techniques = [head.plan.technique for head in heads[1:] if head.plan.technique]
        note = "tiny: for learning and rehearsing, too small for conclusions"
        return ProposalText(
            scenario=f"{plan.scenario.title} ({plan.scenario.affect}), {len(plan.scenario.turns)} turns",
            techniques=tuple(f"{t.title}{' (control)' if t.is_control else ''}" for t in techniques),
            model=f"{provider.title} ({short_name(proposal.model)})",
            model_note=note if provider.capabilities.small else "",
            client=plan.client.title,
            measures=", ".join(m.questionnaire.title for m in plan.measures),
            seed=proposal.seed,
            content_warning=", ".join(plan.scenario.content_warning),
        )

    def recent(self) -> tuple[RecentRun, ...]:
        """The newest runs, one a trunk with its branches; a run counts as unfinished if any of it is."""
        families: dict[str, list[SessionSummary]] = {}
        parents: dict[str, str] = {}
        for summary in reversed(self.store.sessions(_RECENT)):
            root = parents.get(summary.parent, summary.parent) if summary.parent else summary.id
            parents[summary.id] = root
            families.setdefault(root, []).append(summary)
        return tuple(_recent(members) for members in reversed(families.values()))

    # What New session shows

    def documents(self) -> tuple[Entry, ...]:
        """Everything a session can be put together from, documents with problems too."""
        kinds: tuple[Kind, ...] = ("scenario", "technique", "questionnaire", "client")
        return tuple(entry for kind in kinds for entry in self.library.entries(kind))

    async def outline(self, proposal: Proposal) -> Outline:
        """What the proposal comes to. Raises SandboxError when it cannot be run."""
        heads = await asyncio.to_thread(self._heads, proposal)
        return self._outline(proposal, heads)

    async def weighed(self, proposal: Proposal) -> Outline:
        """The same with its cost; may start the model for its tokenizer. Raises SandboxError."""
        heads = await asyncio.to_thread(self._runnable, proposal)
        plans = plans_of(heads)
        texts = texts_of(plans)
        counts = await count_with(self.model(proposal.model), proposal.model, texts)
        cost = cost_lines(load(plans, counts, dict(zip(texts, counts.counts, strict=True))), counts)
        return self._outline(proposal, heads, cost)

    async def check(self, proposal: Proposal) -> None:
        """Raises SandboxError when it cannot be run."""
        await asyncio.to_thread(self._runnable, proposal)

    def _outline(
        self, proposal: Proposal, heads: tuple[SessionHead, ...], cost: tuple[str, ...] = ()
    ) -> Outline:
        warning = leaving_details(heads, local=not self.leaves_machine(heads))
        return outline(heads, cost, chosen=bool(proposal.measures), warning=warning)

    def _heads(self, proposal: Proposal) -> tuple[SessionHead, ...]:
        return compose(proposal, self.library, self.model(proposal.model).capabilities)

    def _runnable(self, proposal: Proposal) -> tuple[SessionHead, ...]:
        heads = self._heads(proposal)
        refuse_without_key(*_models_of(heads))
        return heads

    async def close(self) -> None:
        """End the models' processes and close the record."""
        await asyncio.gather(*(model.close() for model in self._models.values()), return_exceptions=True)
        self.store.close()


def _models_of(heads: Iterable[SessionHead]) -> tuple[str, ...]:
    """The names of the clients' models and of the therapists'."""
    plans = [head.plan for head in heads]
    spoken = [plan.guidance.model for plan in plans if plan.guidance]
    return tuple(dict.fromkeys([*(plan.model for plan in plans), *spoken]))


def _recorded(stored: StoredSession) -> SessionState:
    own = replace(stored.history, turns=stored.own_turns, measured=stored.own_measured)
    now = stored.state.now
    shown = "stopped" if now == "removed" else now
    return recorded_session(stored.head, own, shown, stored.model.title, stored.state.reason)


def _recent(members: list[SessionSummary]) -> RecentRun:
    states = [member.state for member in members]
    order = ("running", "interrupted", "failed", "stopped", "planned", "finished")
    state = next((s for s in order if s in states), states[0])
    head = members[0]
    return RecentRun(
        session=head.id,
        started=head.created,
        scenario=f"{head.scenario} ({head.affect})",
        techniques=tuple(m.technique for m in members if m.technique),
        model=head.model,
        state=state,
        turns=sum(member.turns for member in members),
        unfinished=any(s != "finished" for s in states),
    )
