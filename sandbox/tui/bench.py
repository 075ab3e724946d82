"""What the app works with once it is open: library, record, model. Loaded after first paint."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from weakref import WeakValueDictionary

from sandbox.analysis.remarks import Remark, before_run
from sandbox.engine.cost import load, plans_of, texts_of
from sandbox.engine.plan import SessionHead
from sandbox.engine.run_state import RunState, SessionState, recorded_session
from sandbox.export.family import family
from sandbox.library.catalogue import Entry, Library
from sandbox.library.document import Kind
from sandbox.library.workspace import Workspace
from sandbox.measurement.valence import compound
from sandbox.models.name import short_name
from sandbox.models.opening import open_model
from sandbox.models.pool import ModelPool, OpenModel
from sandbox.models.provider import ModelDescription
from sandbox.models.tokens import count_with
from sandbox.store.session import SessionSummary, StoredSession
from sandbox.store.state import seconds_run
from sandbox.store.store import Store
from sandbox.study.conductor import Conductor
from sandbox.study.proposal import Proposal
from sandbox.tui.live_run import LiveRun
from sandbox.tui.outline import Outline, cost_lines, outline
from sandbox.tui.widgets.proposed_session import ProposalText
from sandbox.tui.widgets.recent_sessions import RecentRun

_RECENT = 200


class Bench:
    """An open workspace, and what Home and New session say of it. Lives on the app's event loop."""

    def __init__(self, conductor: Conductor) -> None:
        self.conductor = conductor
        self._runs: WeakValueDictionary[str, LiveRun] = WeakValueDictionary()

    @classmethod
    def open(cls, workspace: Workspace | None = None, opener: OpenModel = open_model) -> "Bench":
        """Open the workspace found from here, or the one given. Raises SandboxError when it cannot."""
        conductor = Conductor.open(workspace, opener)
        conductor.store.mark_interrupted()
        compound("")  # reads the word list here, on the thread that opens the bench
        return cls(conductor)

    @property
    def workspace(self) -> Workspace:
        return self.conductor.workspace

    @property
    def library(self) -> Library:
        return self.conductor.library

    @property
    def store(self) -> Store:
        return self.conductor.store

    @property
    def models(self) -> ModelPool:
        return self.conductor.models

    def model_folders(self) -> tuple[Path, ...]:
        """Where GGUF files of this workspace would be."""
        return (self.workspace.root / "models", Path.cwd())

    # Runs

    def new_run(self, proposal: Proposal) -> LiveRun:
        """A run of new sessions. Raises SandboxError when the proposal cannot be composed."""
        heads = self.conductor.runnable(proposal)
        live = self._runs[heads[0].id] = LiveRun(self.conductor.play, self.store.history)
        live.add(*heads)
        live.remarks = self.cautions(heads)
        live.leaves_machine = self.conductor.leaves_machine(heads)
        return live

    def recorded_run(self, session: str, *, resume: bool = False) -> LiveRun:
        """The whole family of a recorded session; with `resume`, whatever is unfinished is put in line.

        While anybody has it, it is one and the same: whoever shows it sees what becomes of it.
        """
        stored = [self.store.session(head.id) for head in self.store.family(session)]
        root = stored[0].head.id
        live = self._runs.get(root)
        if live is None:
            live = self._runs[root] = LiveRun(self.conductor.play, self.store.history)
        if live.playing:
            return live
        states = {one.head.id: _recorded(one) for one in stored}
        live.read_anew(RunState(states), spent=sum(seconds_run(one.states) for one in stored))
        live.remarks = tuple(remark.sentence for remark in self._remarks(stored, resume=resume))
        live.leaves_machine = self.conductor.leaves_machine(s.head for s in states.values())
        if resume:
            live.add(*self.conductor.to_finish(session))
        return live

    def cautions(self, heads: Sequence[SessionHead]) -> tuple[str, ...]:
        """What has to be said of a family of sessions some of which are about to run, all on one model."""
        model = self.models.model(heads[0].plan.model).description
        return tuple(remark.sentence for remark in self._before_run(heads, model))

    def _before_run(self, heads: Sequence[SessionHead], model: ModelDescription) -> tuple[Remark, ...]:
        leaves = self.conductor.leaves_machine(heads)
        return before_run(heads, model, self.store.checks(model.name), leaves_machine=leaves)

    def _remarks(self, stored: Sequence[StoredSession], *, resume: bool) -> tuple[Remark, ...]:
        """Of a recorded family; of one that is gone on with, only what its end will not change."""
        found = family(self.store, stored).remarks
        if not resume:
            return found
        of_record = (remark for remark in found if remark.kind == "record")
        return (*of_record, *self._before_run([one.head for one in stored], stored[0].model))

    # What Home shows

    def proposal_text(self, proposal: Proposal) -> ProposalText:
        """The proposal in words. Raises SandboxError when a document is absent or wrong, or the model is."""
        provider = self.models.model(proposal.model)
        heads = self.conductor.composed(proposal)
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
        return tuple(self._recent(members) for members in reversed(families.values()))

    def _recent(self, members: list[SessionSummary]) -> RecentRun:
        """An arm that was stopped for its redo counts as done: nothing is left to do there."""
        run = _recent(members)
        if run.state == "stopped" and not self.conductor.to_finish(run.session):
            return replace(run, state="finished", unfinished=False)
        return run

    # What New session shows

    def documents(self) -> tuple[Entry, ...]:
        """Everything a session can be put together from, documents with problems too."""
        kinds: tuple[Kind, ...] = ("scenario", "technique", "questionnaire", "client")
        return tuple(entry for kind in kinds for entry in self.library.entries(kind))

    async def outline(self, proposal: Proposal) -> Outline:
        """What the proposal comes to. Raises SandboxError when it cannot be run."""
        heads = await asyncio.to_thread(self.conductor.composed, proposal)
        return self._outline(proposal, heads)

    async def weighed(self, proposal: Proposal) -> Outline:
        """The same with its cost; may start the model for its tokenizer. Raises SandboxError."""
        heads = await asyncio.to_thread(self.conductor.runnable, proposal)
        plans = plans_of(heads)
        texts = texts_of(plans)
        counts = await count_with(self.models.model(proposal.model), proposal.model, texts)
        cost = cost_lines(load(plans, counts, dict(zip(texts, counts.counts, strict=True))), counts)
        return self._outline(proposal, heads, cost)

    async def check(self, proposal: Proposal) -> None:
        """Raises SandboxError when it cannot be run."""
        await asyncio.to_thread(self.conductor.runnable, proposal)

    def _outline(
        self, proposal: Proposal, heads: tuple[SessionHead, ...], cost: tuple[str, ...] = ()
    ) -> Outline:
        return outline(heads, self.cautions(heads), cost, chosen=bool(proposal.measures))


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
        seed=head.seed,
        scripts=(head.scripts[0], *(m.scripts[1] for m in members if m.technique)),
        unfinished=any(s != "finished" for s in states),
    )
