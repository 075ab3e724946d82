"""The appendix of the single-case view that answers SCRIBE 2016 as far as the record can.

SCRIBE 2016 (Tate and others 2016, doi:10.1016/j.jsp.2016.04.001): 26 items on what a report of a single-case
study has to tell. Numbers and topics are those of the checklist; what is said to them is ours.
"""

from collections.abc import Iterator, Sequence

import sandbox
from sandbox.analysis.arm import Arm
from sandbox.analysis.case import Case, case
from sandbox.analysis.effect import SMALL, worsening
from sandbox.analysis.numeral import numeral
from sandbox.analysis.single_case import design_standard
from sandbox.analysis.trajectory import ScaleName
from sandbox.export.report.basis import leaning
from sandbox.export.report.blocks import Block, Heading, Paragraph, Table
from sandbox.export.report.guide_llm import AUTHOR, by_people, on_this_machine
from sandbox.text import number_of, spans

Item = tuple[str, str, str]
"""Its number, its topic, and what the record says."""


def scribe(items: Sequence[Item]) -> Iterator[Block]:
    yield Heading("Appendix: SCRIBE 2016")
    yield Paragraph(lead(items))
    yield Table("What is told of the single case", ("item", "topic", "answer"), tuple(items), numbers_from=9)


def lead(items: Sequence[Item]) -> str:
    left = [number for number, _, answer in items if AUTHOR in answer]
    return (
        f"The {len(items)} items of SCRIBE 2016 on reporting single-case studies in behavioural interventions"
        " (doi:10.1016/j.jsp.2016.04.001), answered from the record. Only the author can answer or complete"
        f" {', '.join(left)}."
    )


def scribe_items(
    arms: Sequence[Arm],
    name: ScaleName,
    *,
    question: str = "",
    runs: int = 1,
    plans: Sequence[str] | None = None,
) -> tuple[Item, ...]:
    """All 26, of the arms of one shared start. `runs`: how many starts were run alike, this one among them;
    `plans` has a sentence for each study that they are of (None: not known)."""
    cases = [case(arm, name) for arm in arms]
    answers = (*_introduced(arms, question), *_method(arms, cases, name, runs), *_results(arms, cases, name),
               *_concluded(plans))  # fmt: skip
    return tuple((str(number), *one) for number, one in enumerate(answers, 1))


def _introduced(arms: Sequence[Arm], question: str) -> Iterator[tuple[str, str]]:
    lean = "".join(f"{line} " for line in ("What the scripts lean on:", *leaning(arms)))
    yield "title", AUTHOR
    yield "abstract", AUTHOR
    yield "scientific background", f"{lean}What is known, and what is not: {AUTHOR}"
    yield "aims", f"Question: {question}" if question else AUTHOR


def _method(
    arms: Sequence[Arm], cases: Sequence[Case], name: ScaleName, runs: int
) -> Iterator[tuple[str, str]]:
    plan, model = arms[0].plan, arms[0].model
    order = "; ".join(dict.fromkeys(f"{one.title}: {_phases(one)}" for one in cases))
    seeds = spans(sorted({arm.plan.seed for arm in arms}))
    yield "design", f"{order}. The order was fixed before the run. {_standard(cases)}"
    yield "procedural changes", f"{by_people(arms)} {_stopped(arms)}".strip()
    again = f"One of {runs} runs of the same design." if runs > 1 else f"One run is shown. Others: {AUTHOR}"
    yield "replication", again
    yield (
        "randomisation",
        f"The start of no phase was drawn by lot. The seed ({seeds}) fixed what chance decided: how replies"
        " were drawn, and in what order items stood.",
    )
    yield (
        "blinding",
        "The simulated client is told the script and cannot be blind. Scores are read by rule, by no rater."
        f" Whether readers of the transcripts were blind: {AUTHOR}",
    )
    yield (
        "selection criteria",
        f"The client is a document, not a person who was recruited. Why this one: {AUTHOR}",
    )
    yield (
        "participant",
        f"No person took part. {model.title} played “{plan.client.title}”: {plan.client.description}",
    )
    where = "on this machine" if on_this_machine(model) else "by the API of a service"
    yield "setting", f"A conversation in text with a language model, run {where} ({model.name})."
    yield "ethics", f"No person took part. Whether a text was drawn from a person, and any approval: {AUTHOR}"
    yield "measures", _measures(arms)
    facts = ", ".join(f"{fact} {value}" for fact, value in model.facts.items())
    yield "equipment", f"therapy-sandbox {sandbox.__version__}; {model.title}{facts and f' ({facts})'}."
    yield "intervention", _intervention(arms)
    yield "procedural fidelity", _fidelity(arms)
    yield (
        "analyses",
        f"The scores of {name[2]} are drawn by phase. NAP with its SE, Tau, Tau-U, Tau-BC and PND hold the"
        " technique's against those just before it; a phase randomisation test describes. None allows for"
        " consecutive turns depending on each other.",
    )


def _results(arms: Sequence[Arm], cases: Sequence[Case], name: ScaleName) -> Iterator[tuple[str, str]]:
    ended = "; ".join(f"{arm.title}: {arm.state}, {_taken(arm)}" for arm in arms)
    yield "sequence completed", f"{ended}."
    found = "; ".join(
        f"{one.title}: NAP {numeral(one.nap.value, decimals=2)}, Tau {numeral(one.tau, decimals=2)}"
        for one in cases
        if one.nap is not None
    )
    yield (
        "outcomes",
        f"Every score stands beside its point in the view above. {found and found + '.'}".strip(),
    )
    worse = [
        f"{arm.title} by {numeral(by)}"
        for arm in arms
        if arm.ended(name) and (by := worsening(arm.asked, (arm.course(name),))) is not None
    ]
    open_arms = [arm.title for arm in arms if not arm.ended(name)]
    tenth = f"{SMALL:.0%} of the scale's range or more".replace("%", " %")
    said = (
        f"Simulated distress ended worse than it began, by {tenth}: {'; '.join(worse)}."
        if worse
        else f"No arm that came to its end was worse than it began by {tenth}."
    )
    left = f" Without an end: {'; '.join(open_arms)}." if open_arms else ""
    yield "adverse events", said + left


def _concluded(plans: Sequence[str] | None) -> Iterator[tuple[str, str]]:
    yield "interpretation", AUTHOR
    yield (
        "limitations",
        "Simulated affect of a language model, in few points of one conversation that depend on each other."
        f" Further ones: {AUTHOR}",
    )
    yield (
        "applicability",
        f"To no person. To other models, clients and scenarios only as far as they were run: {AUTHOR}",
    )
    held = "No study plan was frozen before the run. " if plans is not None else ""
    held = f"{' '.join(plans)} " if plans else held
    yield "protocol", f"{held}Where protocol and record can be had: {AUTHOR}"
    yield "funding", AUTHOR


# In words


def _phases(one: Case) -> str:
    return ", then ".join(f"{phase.name} ({number_of(len(phase.scores), 'point')})" for phase in one.phases)


def _standard(cases: Sequence[Case]) -> str:
    """What the design standard says, of each design once."""
    return " ".join(
        dict.fromkeys(design_standard([len(phase.known) for phase in one.phases]) for one in cases)
    )


def _stopped(arms: Sequence[Arm]) -> str:
    stopped = [f"{arm.title} was not finished ({arm.state})." for arm in arms if arm.state != "finished"]
    return " ".join(stopped)


def _measures(arms: Sequence[Arm]) -> str:
    said = dict.fromkeys(
        f"{one.measure.questionnaire.title}, read by {one.measure.way}, {_given(one.measure.phases)}"
        f" ({one.usable or 'never checked with this model'})"
        for arm in arms
        for one in arm.suitabilities
    )
    return f"{'; '.join(said)}." if said else AUTHOR


def _given(phases: Sequence[str]) -> str:
    return "at every point" if "technique" in phases else f"at {', '.join(phases)}"


def _intervention(arms: Sequence[Arm]) -> str:
    said = dict.fromkeys(
        f"“{one.title}” ({one.id}, version {one.version}, {one.delivery},"
        f" {number_of(len(one.steps), 'step')}, drafted by {one.source.drafted_by})"
        for arm in arms
        if (one := arm.plan.technique) is not None
    )
    return f"{'; '.join(said)}. Every word of it stands in the transcript (`sandbox show`)."


def _fidelity(arms: Sequence[Arm]) -> str:
    turns = [turn for arm in arms for turn in arm.turns[arm.began.after_turn :] if turn.phase == "technique"]
    kept = sum(turn.origin == "scripted" for turn in turns)
    listed = sum(len(arm.plan.technique.fidelity) for arm in arms if arm.plan.technique is not None)
    told = f"{kept} of {number_of(len(turns), 'turn')} of the therapist were said by the script."
    ticks = f" The fidelity lists have {number_of(listed, 'item')} for reviewers." if listed else ""
    return f"{told}{ticks} What reviewers found: {AUTHOR}"


def _taken(arm: Arm) -> str:
    turns = arm.turns[arm.began.after_turn :]
    return number_of(sum(turn.phase == "technique" for turn in turns), "technique turn")
