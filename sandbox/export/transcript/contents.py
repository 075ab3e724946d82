"""A transcript that a colleague can read without the app: what was run, what came out, how to repeat it."""

from collections.abc import Iterator

from sandbox.analysis.family import Family
from sandbox.analysis.talk_counts import HOW, counts_of, rows
from sandbox.export import NOTICE
from sandbox.export.report.blocks import Block, Heading, Paragraph, Table
from sandbox.export.report.markdown import report_markdown
from sandbox.export.transcript.course import ALL_BUT_SYSTEM, Shown, course_of, cut_short
from sandbox.export.transcript.provenance import how_to_run_again, left, what_was_run
from sandbox.export.transcript.results import what_came_out
from sandbox.measurement.administration import UNSAMPLED


def transcript(family: Family, shown: Shown = ALL_BUT_SYSTEM) -> tuple[Block, ...]:
    """The whole transcript."""
    return (
        *_heading(family),
        *what_was_run(family),
        *(what_came_out(family) if shown.scores else ()),
        *_counts(family),
        *(_system(family) if shown.system else ()),
        *_course(family, shown),
        *how_to_run_again(family),
    )


def transcript_markdown(family: Family) -> str:
    """The transcript as Markdown, ending in a newline."""
    return report_markdown(transcript(family))


def _heading(family: Family) -> Iterator[Block]:
    plan = family.first.head.plan
    arms = _listed([arm.title for arm in family.arms if not arm.plan.is_trunk])
    yield Heading(plan.scenario.title_with_affect + (f": {arms}" if arms else ""), 1)
    yield Paragraph(NOTICE, grave=True)
    if plan.scenario.content_warning:
        yield Paragraph(f"Content warning: {', '.join(plan.scenario.content_warning)}", grave=True)
    for caution in family.cautions:
        yield Paragraph(f"Caution: {caution}", grave=True)


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))


def _counts(family: Family) -> Iterator[Block]:
    """What therapist and client did, counted by rule; nothing where no technique was begun."""
    found = [(arm.title, counts_of(arm)) for arm in family.arms]
    if all(counts is None for _, counts in found):
        return
    columns = [rows(counts) for _, counts in found]
    lines = tuple((names[0][0], *(value for _, value in names)) for names in zip(*columns, strict=True))
    yield Heading("The talk, counted")
    yield Table("Counts by rule, no score of competence", ("", *(title for title, _ in found)), lines)
    yield Paragraph(HOW)


def _system(family: Family) -> Iterator[Block]:
    """What the client's model was told before anything was said to it."""
    client = family.first.head.plan.client
    yield Heading("What the client's model was told first")
    yield Paragraph(client.told_first)
    for one in client.discloses:
        yield Paragraph(f"Only when asked about ({', '.join(one.asked)}): {one.fact}")
    for relapse in client.relapses:
        yield Paragraph(f"At turn {relapse.at} of the technique: {relapse.fact}")
    for example in client.small_model.examples:
        yield Paragraph(f"Example, for small models: “{example.say}” answered by “{example.reply}”")


def _course(family: Family, shown: Shown) -> Iterator[Block]:
    yield from _probabilities(family, shown)
    for session in family.sessions:
        head = session.head
        whole = not family.holds(head.parent)
        named = "baseline and scenario" if head.parent is None else family.arm(head.id).title
        yield Heading(f"Transcript: {named}")
        if not whole:
            yield Paragraph(f"Goes on from session {head.parent} {left(session)}.")
        blocks = tuple(course_of(family, session, shown, own_only=not whole))
        yield from blocks or (Paragraph("Nothing has happened in this session yet."),)
        if why := cut_short(session):
            yield Paragraph(why, grave=True)


def _probabilities(family: Family, shown: Shown) -> Iterator[Block]:
    """How the numbers read that come of probabilities and not of a written answer."""
    ways = {measure.way for measure in family.first.head.plan.measures}
    if not (shown.scores and shown.items and ways & UNSAMPLED):
        return
    yield Heading("How the answers below are read")
    if "likelihood" in ways:
        yield Paragraph(
            "By likelihood nothing is written. The value is the mean of the answers, each weighted by its"
            " probability; the likeliest next word is what the model would have begun with, which may be no"
            " answer at all. Entropy says how far the answers' probabilities are spread, in bits: 0 is all on"
            " one of them."
        )
    yield Paragraph(
        "Coverage, from 0 to 1, is the share of all probability that lay on the answers or listed words: the"
        " lower it is, the less the value says."
    )
