"""What a report rests on: measuring, missing data, methods, provenance, and what it cannot say."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from sandbox.analysis.arm import Arm, main_scales, scales
from sandbox.analysis.comparison import Comparison, compare
from sandbox.analysis.paired import LEAST_FOR_P
from sandbox.analysis.reply_valence import REPLIES
from sandbox.analysis.reported import ReportOn
from sandbox.engine.phase import USUAL, Point
from sandbox.export.comparison_text import heading
from sandbox.export.report.asked import what_was_asked
from sandbox.export.report.blocks import Block, Bullets, Heading, Paragraph, Table
from sandbox.library.document import Document, document_hash
from sandbox.text import number_of, spans


def measuring(on: ReportOn) -> Iterator[Block]:
    """What is asked, and what is known of the measures on the model."""
    yield Heading("Whether the measuring measures")
    yield what_was_asked(arm.plan for arm in on.arms)
    said = dict.fromkeys(
        one.remark
        or f"“{one.measure.questionnaire.title}” read by {one.measure.way} is {one.usable} with this model."
        for arm in on.arms
        for one in arm.suitabilities
    )
    yield (
        Bullets(tuple(said))
        if said
        else Paragraph("No measure of these sessions was ever checked with the model.")
    )


def missing(on: ReportOn, comparison: Comparison) -> Iterator[Block]:
    """Runs that were left out, scores of any questionnaire that are missing or not to be relied on, and
    sessions that did not end."""
    yield Heading("Missing data")
    others = [name for name in main_scales(scales(on.arms)) if name not in (comparison.scale, REPLIES)]
    compared = (comparison, *(compare(on.arms, name, pooled=on.pooled) for name in others))
    lost = [
        *comparison.left_out,
        *(one.sentence for each in compared for one in each.remarks if one.kind == "missing"),
        *_without_coverage(on.arms),
    ]
    unfinished = [
        f"{session.id} ({arm.title}) is {session.state}."
        for arm in comparison.arms
        for session in arm.sessions
        if session.state != "finished"
    ]
    if lost or unfinished:
        yield Bullets((*lost, *unfinished))
    else:
        yield Paragraph("No score is missing, and every session was finished.")


def _without_coverage(arms: Sequence[Arm]) -> Iterator[str]:
    """Of each questionnaire at how many measurements coverage was too low; shared ones count once."""
    titles = {one.questionnaire.id: one.questionnaire.title for arm in arms for one in arm.plan.measures}
    given: dict[tuple[str, str], dict[tuple[str, Point], bool]] = {}
    for arm in arms:
        for by, measured in zip(arm.measured_in, arm.history.measured, strict=True):
            one = measured.administration
            if not one.as_at:
                given.setdefault((one.questionnaire, one.way), {})[by, measured.point] = one.reliable
    for (questionnaire, way), found in given.items():
        if low := sum(not reliable for reliable in found.values()):
            title = titles.get(questionnaire, questionnaire)
            of = number_of(len(found), "measurement")
            yield f"Coverage was too low to rely on {title} (read by {way}) at {low} of {of}."


def methods(on: ReportOn, comparison: Comparison) -> Iterator[Block]:
    """How it was done, in words for a paper, what it took, and what the scripts lean on."""
    yield Heading("Methods, in words that may be used")
    begun = [arm for arm in on.arms if arm.begun]
    trunks = Counter({arm.trunk: 0 for arm in on.arms})
    trunks.update(arm.trunk for arm in begun)
    fewest, most = min(trunks.values()), max(trunks.values())
    arms = number_of(most, "arm") if fewest == most else f"{fewest} to {most} arms"
    scenarios = len({arm.plan.scenario.id for arm in on.arms})
    models = " and ".join(dict.fromkeys(arm.model.title for arm in on.arms))
    usual = all(arm.plan.stretches == USUAL for arm in on.arms)
    told = "a scenario" if scenarios == 1 else f"one of {scenarios} scenarios"
    course = (
        f"was told {told}; {arms} then continued from the same state"
        if usual
        else f"went through {arms} from one start, with {told} before, after or without the technique,"
    )
    runs = "one run" if len(trunks) == 1 else f"each of {len(trunks)} runs"
    seeds = sorted({arm.plan.seed for arm in on.arms})
    waiting = len(on.arms) - len(begun)
    kept = f" {number_of(waiting, 'planned arm')} did not begin." if waiting else ""
    yield Paragraph(
        f"A simulated client, played by {models}, {course} in {runs}"
        f" ({'seed' if len(seeds) == 1 else 'seeds'} {spans(seeds)}).{kept}"
        f" Simulated affect was read as {heading(comparison)}. The technique effect is the paired difference"
        " of changes between technique and control within a run; the run is the unit of analysis. Intervals"
        " are Student's t; equivalence is by two one-sided tests against a tenth of the scale's range;"
        " p-values, where given, are of sign-flip tests adjusted by Holm's method. A scenario raised a score"
        " where the interval of the rise leaves out 0, and did not where all of it lies under a tenth of the"
        f" scale's range; with fewer than {LEAST_FOR_P} runs neither is said."
    )
    spent = on.spent
    cost = f"${spent.cost:.4f} at list prices" if spent.cost else "no cost"
    if spent.cost is None:
        cost = "no known cost"
    yield Paragraph(
        f"It took {spent.calls:,} calls ({on.asked_again:,} of them asked again for an answer that could"
        f" not be read; {spent.retries:,} tried again after a failure), {spent.prompt_tokens:,} prompt tokens"
        f" ({spent.cached_tokens:,} of them cached) and {spent.completion_tokens:,} tokens of replies:"
        f" {cost}."
    )
    if lean := leaning(on.arms):
        yield Paragraph("What the scripts lean on:")
        yield Bullets(lean)


def leaning(arms: Sequence[Arm]) -> tuple[str, ...]:
    """What each script leans on, a line each, the controls' last; also of a technique that names nothing."""
    scripts = {one.title: one for arm in arms if (one := arm.plan.technique) is not None}
    lines = []
    for one in sorted(scripts.values(), key=lambda script: script.is_control):
        cited = [
            reference.title.strip().rstrip(".") + (f", doi:{reference.doi}" if reference.doi else "")
            for reference in one.references
        ]
        if cited or not one.is_control:
            kind = " (control)" if one.is_control else ""
            lines.append(f"“{one.title}”{kind}: {'; '.join(cited) or 'it names no reference'}.")
    return tuple(lines)


def provenance(on: ReportOn) -> Iterator[Block]:
    """Every document and every session."""
    yield Heading("Provenance")
    yield from (Paragraph(plan) for plan in on.plans)
    documents: dict[str, tuple[str, Document]] = {}
    for arm in on.arms:
        plan = arm.plan
        named: Mapping[str, Document | None] = {
            "scenario": plan.scenario, "technique": plan.technique, "client": plan.client,
            "follow-up": plan.follow_up,
        }  # fmt: skip
        for kind, document in named.items():
            if document is not None:
                documents.setdefault(document_hash(document), (kind, document))
        for measure in plan.measures:
            documents.setdefault(
                document_hash(measure.questionnaire), ("questionnaire", measure.questionnaire)
            )
    yield Table(
        "Documents, as they ran",
        ("kind", "document", "version", "drafted by", "licence", "SHA-256"),
        tuple(
            (kind, f"{one.title} ({one.id})", one.version, one.source.drafted_by, one.licence, hash[:16])
            for hash, (kind, one) in documents.items()
        ),
        numbers_from=9,
    )
    yield Table(
        "Sessions",
        ("session", "shared start", "arm", "seed", "model", "state"),
        tuple((a.id, a.trunk, a.title, str(a.plan.seed), a.model.name, a.state) for a in on.arms),
        numbers_from=9,
    )


def limits(comparison: Comparison) -> Iterator[Block]:
    """What nobody may read out of it."""
    yield Heading("What this cannot say")
    yield Bullets(
        (
            "Anything about a person: a language model wrote every reply and every answer.",
            "That a script works because of what it says: models please the rater; hope alone moves scores.",
            "Anything about other models, clients or scenarios than those that were run.",
            "That two scripts are alike because they are not told apart.",
            *(
                ("Anything sure at all: one shared start is one observation.",)
                if comparison.trunks == 1
                else ()
            ),
        )
    )
