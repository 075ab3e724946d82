"""What a proposal comes to before it is run: in short for Home, in full with its cost for New session."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from sandbox.analysis.remarks import Remark, before_run
from sandbox.engine.cost import Load, cost_text, load, plans_of, texts_of, too_long
from sandbox.engine.measure import Measure
from sandbox.engine.phase import PHASES
from sandbox.engine.plan import SessionHead, arm_title
from sandbox.engine.preview import Passage, passages
from sandbox.library.catalogue import Entry
from sandbox.library.document import Kind
from sandbox.library.study import Study
from sandbox.measurement.administration import Way
from sandbox.models.download import fetched_in, models_folder
from sandbox.models.name import short_name
from sandbox.models.provider import ModelDescription
from sandbox.models.tokens import TokenCounts, count_with
from sandbox.study.conductor import Conductor
from sandbox.study.estimate import estimates, refuse_endless
from sandbox.study.planning import planned
from sandbox.study.proposal import Proposal
from sandbox.study.small_study import Choices, small_study
from sandbox.text import number_of
from sandbox.tui.widgets.proposed_session import ProposalText

OF_A_SESSION: tuple[Kind, ...] = ("scenario", "technique", "questionnaire", "client")
"""The kinds of documents that a session is put together from."""

_BY: dict[Way, str] = {
    "word": "by the next word's probabilities",
    "likelihood": "by the options' probabilities",
    "report": "as the model writes it",
    "completion": "by the tone of completed sentences",
}


@dataclass(frozen=True, slots=True)
class Outline:
    """A proposal in sections of lines. `warnings` stand above all, `cost` may be empty: not known yet."""

    warnings: tuple[str, ...]
    cost: tuple[str, ...]
    measures: tuple[str, ...]
    said: tuple[tuple[str, tuple[Passage, ...]], ...]


def proposal_text(conductor: Conductor, proposal: Proposal) -> ProposalText:
    """The proposal in words. Raises SandboxError when a document is absent or wrong, or the model is."""
    provider = conductor.models.model(proposal.model)
    heads = conductor.composed(proposal)
    plan = heads[0].plan
    techniques = [head.plan.technique for head in heads[1:] if head.plan.technique]
    note = "tiny: for learning and rehearsing, too small for conclusions"
    if provider.capabilities.small and _larger_here(conductor):
        note = "tiny, and a larger model is here: m shows it"
    return ProposalText(
        scenario=f"{plan.scenario.title_with_affect}, {len(plan.scenario.turns)} turns",
        techniques=tuple(f"{t.title}{' (control)' if t.is_control else ''}" for t in techniques),
        model=f"{provider.title} ({short_name(proposal.model)})",
        model_note=note if provider.capabilities.small else "",
        client=plan.client.title,
        measures=", ".join(m.questionnaire.title for m in plan.measures),
        seed=proposal.seed,
        content_warning=", ".join(plan.scenario.content_warning),
    )


def before_run_here(
    conductor: Conductor, heads: Sequence[SessionHead], model: ModelDescription
) -> tuple[Remark, ...]:
    """What has to be said of sessions that are about to run in this workspace."""
    checks, leaves = conductor.store.checks(model.name), conductor.leaves_machine(heads)
    return before_run(heads, model, checks, leaves_machine=leaves)


def cautions(conductor: Conductor, heads: Sequence[SessionHead]) -> tuple[str, ...]:
    """The same in sentences, of a family some of which are about to run, all on one model."""
    model = conductor.models.model(heads[0].plan.model).description
    return tuple(remark.sentence for remark in before_run_here(conductor, heads, model))


def _larger_here(conductor: Conductor) -> bool:
    """Whether a GGUF file was fetched, or lies in the workspace's own folder for them."""
    own = (conductor.workspace.root / "models").glob("*.gguf")
    return bool(fetched_in(models_folder())) or any(path.is_file() for path in own)


class Outlines:
    """The outlines of proposals in an open workspace."""

    def __init__(self, conductor: Conductor) -> None:
        self._conductor = conductor

    def documents(self) -> tuple[Entry, ...]:
        """Everything a session can be put together from, documents with problems too."""
        return tuple(entry for kind in OF_A_SESSION for entry in self._conductor.library.entries(kind))

    async def outline(self, choices: Choices) -> Outline:
        """What the choices come to. Raises SandboxError when they cannot be run."""
        heads = await asyncio.to_thread(self._conductor.composed, choices.proposal)
        return self._outline(choices.proposal, heads)

    async def weighed(self, choices: Choices) -> Outline:
        """The same with its cost; may start the model for its tokenizer. Raises SandboxError."""
        heads = await asyncio.to_thread(self._conductor.runnable, choices.proposal)
        if choices.starts == 1:
            plans, model = plans_of(heads), choices.proposal.model
            texts = texts_of(plans)
            counts = await count_with(self._conductor.models.model(model), model, texts)
            cost = cost_lines(load(plans, counts, dict(zip(texts, counts.counts, strict=True))), counts)
            return self._outline(choices.proposal, heads, cost)
        named = replace(choices, name=choices.name or choices.usual_name)
        study = small_study(named, self._conductor.library)
        return self._outline(choices.proposal, heads, await study_lines(self._conductor, study))

    def _outline(
        self, proposal: Proposal, heads: tuple[SessionHead, ...], cost: tuple[str, ...] = ()
    ) -> Outline:
        return outline(heads, cautions(self._conductor, heads), cost, chosen=bool(proposal.measures))


async def study_lines(conductor: Conductor, study: Study) -> tuple[str, ...]:
    """How many sessions a study comes to, and about what they take. Raises SandboxError.

    May start a model for its tokenizer.
    """
    plan = await asyncio.to_thread(planned, study, conductor, "outline")
    found = await estimates(conductor, plan)
    refuse_endless(plan, found)
    sessions = sum(1 + len(cell.arms) for cell in plan.cells)
    starts = number_of(len(plan.cells), "shared start")
    lines = [f"a study: {starts}, {sessions:,} sessions with their arms"]
    for one in found:
        whose = f"{one.title}: " if len(found) > 1 else ""
        tokens = f"{one.prompt_tokens:,} tokens in and {one.reply_tokens:,} out"
        lines.append(f"{whose}about {one.calls:,} calls, {tokens}{'' if one.exact else ' (estimated)'}")
        cost = "cost unknown" if one.cost is None else f"about ${one.cost:,.4f} at list prices"
        took = "" if one.seconds is None else f"; about {duration(one.seconds)}"
        lines.append(f"{cost if one.cost != 0 else 'no cost'}{took}")
    return tuple(lines)


def outline(
    heads: Sequence[SessionHead],
    warnings: tuple[str, ...],
    cost: tuple[str, ...] = (),
    *,
    chosen: bool = True,
) -> Outline:
    """The outline of the sessions; `chosen`: somebody picked the measures, not the model's abilities.

    `warnings` is what has to be said before they run.
    """
    plan = heads[0].plan
    measures = [measure_text(measure) for measure in plan.measures]
    if not chosen:
        measures.append("(none is picked, so the model's abilities decide)")
    return Outline(warnings, cost, tuple(measures), tuple(_said(heads)))


def cost_lines(load: Load, counts: TokenCounts) -> tuple[str, ...]:
    """The cost in a few lines."""
    how = "" if counts.basis == "counted" else ", tokens estimated"
    lines = [
        f"about {load.calls:,} calls, {load.prompt_tokens:,} tokens in and {load.reply_tokens:,} out{how}",
        cost_text(load, counts),
        "(if every answer can be read at once)",
    ]
    if warning := too_long(load, counts):
        lines.append(warning)
    return tuple(lines)


def duration(seconds: float) -> str:
    """`40 s`, `12 min`, `3.5 h`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


def measure_text(measure: Measure) -> str:
    """`Word probe, by the next word's probabilities, at every point`."""
    form = "" if measure.form == "batch" else f", {measure.form}"
    shuffled = f", {' and '.join(measure.shuffled)} shuffled" if measure.shuffled else ""
    when = (
        "at every point"
        if set(measure.phases) >= set(PHASES)
        else "at the start, after the scenario, at the end"
    )
    return f"{measure.questionnaire.title}, {_BY[measure.way]}{form}{shuffled}, {when}"


def _said(heads: Sequence[SessionHead]) -> Iterator[tuple[str, tuple[Passage, ...]]]:
    plan = heads[0].plan
    yield f"scenario: {plan.scenario.title}", passages(plan.scenario)
    for head in heads:
        technique = head.plan.technique
        if technique is not None:
            yield f"technique: {arm_title(head.plan)}", passages(technique)
    if plan.follow_up is not None:
        yield f"before the last measurement: {plan.follow_up.title}", passages(plan.follow_up)
