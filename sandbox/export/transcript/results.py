"""What came out, for a transcript: trajectories drawn and in numbers, effects, and the tone of replies."""

from collections.abc import Iterator

from sandbox.analysis.arm import Arm
from sandbox.analysis.effect import Effect, in_words, moved_under_control, scale_of
from sandbox.analysis.family import Family
from sandbox.analysis.numeral import MISSING, numeral
from sandbox.analysis.trajectory import ScaleName, TrajectoryPoint, scale_in_words
from sandbox.engine.phase import at_point, point_in_short, point_name
from sandbox.export.comparison_text import counted_from
from sandbox.export.report.asked import direction, told_apart
from sandbox.export.report.blocks import Block, Chart, Heading, Paragraph, Table
from sandbox.export.report.charts import PlottedScore, trajectories


def what_came_out(family: Family) -> Iterator[Block]:
    """Every scale's trajectory and effects; nothing where nothing was measured and nothing said."""
    scales = family.scales
    if not scales:
        yield from _replies(family)
        return
    yield Heading("Trajectory")
    main = family.main_scales
    for name in main:
        yield from _trajectory(family, name)
    others = [name for name in scales if name not in main]
    if others:
        yield Heading("Other scales", 3)
        for arm in family.arms:
            yield _other_scales(family, arm, others)
    yield from _replies(family)
    yield Paragraph(
        "t1 …: after each technique turn; end: the last measurement; – missing; empty: not measured there;"
        " ? coverage too low to be relied on."
        " Change = score now − score after the scenario; residual = score now − baseline;"
        " technique effect = change under the technique − change under the control: at the end, each arm's"
        " own, or at the last turn both had."
        f"{counted_from(arm.plan for arm in family.arms)}"
        " Below zero the score fell, or fell further. Differences are taken before rounding. One shared start"
        " is one observation: no interval and no p-value can be given."
    )


def _replies(family: Family) -> Iterator[Block]:
    """The negativity of the ordinary replies, beside the self-report."""
    labels = family.reply_labels
    if not labels:
        return
    found = [arm.replies for arm in family.arms]
    rows = [(point_in_short(label), *(numeral(one.at(label)) for one in found)) for label in labels]
    change = ("change", *(numeral(one.change, signed=True) for one in found))
    yield Heading("Negativity of the replies", 3)
    yield Table("Negativity after each reply", ("after", *_titles(family)), (*rows, change))
    yield Paragraph(
        "How negative the words of the client's ordinary replies are, by VADER's English word list:"
        " 0 positive, 50 neutral, 100 negative. No questionnaire was asked for it, so nothing could hint at"
        " an answer; the word list knows words, not what is meant by them."
    )


def _titles(family: Family) -> tuple[str, ...]:
    return tuple(arm.title for arm in family.arms)


def _trajectory(family: Family, name: ScaleName) -> Iterator[Block]:
    scale = name[2]
    yield Heading(scale_in_words(name), 3)
    if read := direction(family.members[0].asked, name):
        yield Paragraph(f"{read[0].upper()}{read[1:]}.")
    yield _course(family, name)
    if all(arm.plan.is_trunk for arm in family.arms):
        return
    found = [family.effects(arm, name) for arm in family.arms]
    yield Table(
        f"Effects on {scale}",
        (f"{scale}: effect", *_titles(family)),
        (
            ("effect of the scenario", *(_effect(one.induction) for one in found)),
            ("change", *(_effect(one.change) for one in found)),
            ("residual", *(_effect(one.residual) for one in found)),
            ("technique effect", *(_effect(one.technique) for one in found)),
        ),
    )
    yield from map(Paragraph, _remarks(family, name))


def _course(family: Family, name: ScaleName) -> Block:
    """The scores drawn, with the table under them; the table alone where all are missing."""
    scale = name[2]
    courses = [arm.course(name) for arm in family.arms]
    points = [one for one in family.points if any(course.at(one.label) for course in courses)]
    table = Table(
        f"Simulated {scale} at each measurement point",
        ("point", *_titles(family)),
        tuple(
            (point_name(one.label), *(_cell(course.at(one.label)) for course in courses)) for one in points
        ),
    )
    plotted = [
        PlottedScore(arm.title, point_in_short(at.label), found.value, found.value, found.value)
        for at in points
        for arm, course in zip(family.arms, courses, strict=True)
        if (found := course.at(at.label)) is not None
    ]
    if all(one.score is None for one in plotted):
        return table
    known = scale_of(family.arms[0].asked, name)
    titles, within = _titles(family), known.range if known else (0.0, 100.0)
    return Chart(
        f"Simulated {scale} over the session",
        f"Line chart: scores at each measurement point, a line for each of {', '.join(titles)}.",
        trajectories(plotted, dict(zip(titles, titles, strict=True)), scale, within),
        table,
    )


def _remarks(family: Family, name: ScaleName) -> Iterator[str]:
    """What is undefined and why, and what the control did."""
    for arm in family.arms:
        found = family.effects(arm, name)
        if found.change.value is None:
            yield f"{arm.title}: no change, because {found.change.reason}."
        elif found.technique is not None and found.technique.value is None:
            why = found.technique.reason
            yield f"{arm.title}: no technique effect, because {why}."
        elif found.technique is not None:
            words = in_words(found.technique, found.higher_is, found.little_induced)
            yield f"{arm.title}: {words} {at_point(found.technique.at)}."
        if arm.is_control and found.change.value is not None:
            yield f"{moved_under_control(found.change, family.called(arm))}."
        elif not arm.is_control and found.technique is None and not arm.plan.measured_again:
            alone = f" here. Its whole shared start is {family.absent_trunk}" if family.absent_trunk else ""
            yield f"{arm.title}: no technique effect, because no control stands beside it{alone}."


def _cell(point: TrajectoryPoint | None) -> str:
    """A score in a table, nothing where it was not measured."""
    return numeral(point.value, reliable=point.reliable) if point is not None else ""


def _effect(effect: Effect | None) -> str:
    if effect is None or effect.value is None:
        return MISSING
    at = f" at {effect.at}" if effect.at not in ("", "ind") else ""
    doubt = "" if effect.reliable else " ?"
    return numeral(effect.value, signed=True) + at + doubt


def _other_scales(family: Family, arm: Arm, names: list[ScaleName]) -> Table:
    labels = [point.label for point in family.points]
    courses = {name: arm.course(name) for name in names}
    used = [label for label in labels if any(one.at(label) for one in courses.values())]
    rows = tuple(
        (f"{told_apart(arm.asked, name)} ({name[0]})", *(_cell(one.at(label)) for label in used))
        for name, one in courses.items()
    )
    return Table(arm.title, ("scale", *map(point_in_short, used)), rows)
