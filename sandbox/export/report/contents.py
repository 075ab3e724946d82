"""What a report says, in order: the answer first, then all that it rests on. Words and numbers only.

Every number is that of the comparison, from the same functions. Nothing is said that its interval does not.
"""

import math
from collections.abc import Iterator, Sequence

import sandbox
from sandbox.analysis.answer import Answer, answer
from sandbox.analysis.arm import Arm, scales
from sandbox.analysis.case import DEPENDENCE, case
from sandbox.analysis.comparison import ComparedArm, Comparison, compare
from sandbox.analysis.difference import Difference
from sandbox.analysis.effect import change, scale_of
from sandbox.analysis.enough import enough
from sandbox.analysis.harm import ArmHarm, harm
from sandbox.analysis.mixed import mixed
from sandbox.analysis.noise import noise
from sandbox.analysis.numeral import MISSING, interval, numeral, percent
from sandbox.analysis.reply_valence import REPLIES
from sandbox.analysis.reported import ReportOn
from sandbox.analysis.residuals import residuals
from sandbox.engine.phase import USUAL, point_in_short
from sandbox.export import NOTICE
from sandbox.export.comparison_result import answer_result
from sandbox.export.comparison_text import effect_columns, explanation, heading, page_cells, reasons
from sandbox.export.report.asked import direction, told_apart
from sandbox.export.report.basis import (
    limits,
    measuring,
    methods,
    missing,
    provenance,
)
from sandbox.export.report.blocks import Block, Bullets, Chart, Heading, Paragraph, Table
from sandbox.export.report.charts import PlottedEffect, PlottedScore, forest, trajectories
from sandbox.export.report.guide_llm import AUTHOR, guide_llm
from sandbox.export.report.scribe import scribe, scribe_items
from sandbox.export.report.talk import talk
from sandbox.library.document import Document
from sandbox.measurement.estimate import mean_estimate, rate_estimate
from sandbox.store.state import State
from sandbox.text import spans

_LEFT: frozenset[State] = frozenset({"planned", "running", "interrupted", "failed"})
"""What `resume` goes on with, and what still runs. What somebody stopped stays as it is."""


def contents(on: ReportOn) -> tuple[Block, ...]:
    """The whole report."""
    comparison = compare(on.arms, on.scale, pooled=on.pooled)
    found = answer(comparison)
    return (
        *_summary(on, comparison, found),
        *_question(on),
        *_courses(comparison),
        *_effects(comparison, found),
        *_residuals(on, comparison),
        *_harm(comparison),
        *_noise(on, comparison),
        *_mixed(comparison),
        *talk(_shown(comparison, found)),
        *measuring(on),
        *missing(on, comparison),
        *methods(on, comparison),
        *provenance(on),
        *limits(comparison),
        *_cases(on, _shown(comparison, found)),
        *guide_llm(on),
    )


# The first page


def _summary(on: ReportOn, comparison: Comparison, found: Answer) -> Iterator[Block]:
    yield Heading(on.title, 1)
    yield Paragraph(NOTICE, grave=True)
    warned = dict.fromkeys(one for arm in on.arms for one in arm.plan.scenario.content_warning)
    if warned:
        yield Paragraph(f"Content warning: {', '.join(warned)}", grave=True)
    yield Paragraph(_written(on))
    yield Heading("In short")
    if on.interim:
        yield Paragraph(on.interim, grave=True)
    if on.question:
        yield Paragraph(f"Question: {on.question}")
    if read := direction(comparison.arms[0].sessions[0].asked, comparison.scale):
        yield Paragraph(f"Scores: {heading(comparison)}, {read}.")
    if found.lines:
        yield Bullets(found.lines)
        if said := enough(found):
            yield Paragraph(said)
    else:
        yield Paragraph("No arm could be set against another: there is no answer.")
        yield Bullets(reasons(comparison))
    grave = [remark.sentence for remark in comparison.remarks if remark.severity == "grave"]
    others = [remark.sentence for remark in comparison.remarks if remark.severity != "grave"]
    if grave:
        yield Paragraph("What stands in the way of believing it:")
        yield from (Paragraph(sentence, grave=True) for sentence in grave)
    if others:
        yield Paragraph("Read it with this in mind:")
        yield Bullets(tuple(others))
    yield Paragraph(_next(on, found))


def _written(on: ReportOn) -> str:
    """When it was run and by which version. The day of writing is left out: a report is the same any day."""
    days = sorted({f"{at:%Y-%m-%d}" for one in on.drawn for at in (one.first, one.last) if at is not None})
    run = f"Run {' to '.join(dict.fromkeys((days[0], days[-1])))}. " if days else ""
    return f"{run}Written by therapy-sandbox {sandbox.__version__}. Author: {AUTHOR}"


def _next(on: ReportOn, found: Answer) -> str:
    """What to run next, by rule: first what was begun, and nothing is generalised before it is known in one
    place."""
    if begun := list(dict.fromkeys(arm.trunk for arm in on.arms if arm.state in _LEFT)):
        others = f" ({len(begun)} runs are not finished)" if len(begun) > 1 else ""
        how = "sandbox study resume, with its name" if on.plans else f"sandbox resume {begun[0]}"
        return f"Next: finish what was begun: {how}{others}."
    if found.beyond and all(one.empty for one in found.beyond):
        return (
            "Next: another scenario, or another client, with which the score moves before the technique"
            " begins. More runs of this one show no relief of what was not raised."
        )
    if blank := [one.title for one in found.beyond if not one.values]:
        return f"Next: find out why there is no score to compare of {'; '.join(blank)}, before more is run."
    if not found.beyond or any(len(one.values) < 2 for one in found.beyond):
        return "Next: repeat it with other seeds, ten or so, to have an interval at all."
    open_ones = ("not told apart", "too few runs")
    unsure = [one for one in found.beyond if one.verdict in open_ones and not one.close]
    if unsure:
        as_many = ", about as many as “Have I run enough?” says" if any(one.needed for one in unsure) else ""
        return (
            f"Next: more runs{as_many}, six or more in all. Fix their"
            " number before they run: to add runs until an answer pleases makes chance findings. Or stop"
            " here and say that it is not known."
        )
    return (
        "Next: the same on another scenario, another client and another model. What holds for one case on one"
        " model may not hold for the next."
    )


def _question(on: ReportOn) -> Iterator[Block]:
    yield Heading("Question and design")
    plans = [arm.plan for arm in on.arms]
    seeds = sorted({plan.seed for plan in plans})
    rows = [
        ("scenario", _titles([plan.scenario for plan in plans])),
        ("techniques", _titles([p.technique for p in plans if p.technique and not p.technique.is_control])),
        ("controls", _titles([p.technique for p in plans if p.technique and p.technique.is_control])),
        ("client", _titles([plan.client for plan in plans])),
        ("model", ", ".join(dict.fromkeys(arm.model.title for arm in on.arms))),
        ("shared starts", str(len({arm.trunk for arm in on.arms}))),
        ("seeds" if len(seeds) > 1 else "seed", spans(seeds)),
        ("measures", ", ".join(_measures(on.arms))),
        ("questionnaires are given", "aside, leaving no trace in the conversation"
         if plans[0].administration == "aside" else "in the conversation"),
    ]  # fmt: skip
    yield Table("The design", ("", ""), tuple(row for row in rows if row[1]), numbers_from=2)
    if all(plan.stretches == USUAL for plan in plans):
        yield Paragraph(
            "Each technique continues from the same state after the scenario (a shared start), and so does"
            " the control. The technique effect is the change under the technique minus the control's."
        )
    else:
        yield Paragraph(
            "All arms branch from shared starts; an arm's title says where it has no scenario, or the"
            " technique before it. Each is compared with the control in its own place."
        )


def _titles(documents: Sequence[Document]) -> str:
    return ", ".join(dict.fromkeys(document.title for document in documents))


def _measures(arms: Sequence[Arm]) -> list[str]:
    given = (measure for arm in arms for measure in arm.plan.measures)
    return list(dict.fromkeys(f"{one.questionnaire.title} (read by {one.way})" for one in given))


# Scores


def _courses(comparison: Comparison) -> Iterator[Block]:
    yield Heading("How the scores went")
    head, rows, numbers_from = page_cells(comparison)
    table = Table(f"Simulated {heading(comparison)}", head, tuple(rows), numbers_from)
    plotted = list(_plotted(comparison))
    if not plotted:
        yield table
        return
    titles = [arm.title for arm in comparison.arms]
    several = "mean scores with the 95 % interval of the mean" if comparison.pooled else "scores"
    hidden = any(wide for _, wide in plotted)
    yield Chart(
        f"Simulated {heading(comparison)} over the session"
        + ("; an interval of more than half the scale is not drawn" if hidden else ""),
        f"Line chart: {several} at each measurement point, a line for each of {', '.join(titles)}.",
        trajectories(
            [one for one, _ in plotted],
            {arm.title: _technique(arm) for arm in comparison.arms},
            comparison.scale[2],
            _range(comparison),
        ),
        table,
    )
    yield Paragraph(explanation(comparison))
    yield from (Paragraph(reason) for reason in reasons(comparison))


def _technique(arm: ComparedArm) -> str:
    technique = arm.sessions[0].plan.technique
    return technique.title if technique is not None else arm.title


def _plotted(comparison: Comparison) -> Iterator[tuple[PlottedScore, bool]]:
    """The mean scores, each with whether its interval is left out: so wide a one says nothing but hides the
    lines."""
    lowest, highest = _range(comparison)
    for row in comparison.rows:
        for arm in comparison.arms:
            values = [
                point.value
                for session in arm.sessions
                if (point := session.at(comparison.scale, row.label)) is not None and point.value is not None
            ]
            if (mean := mean_estimate(values, _range(comparison))) is not None:
                low = mean.value if mean.low is None else mean.low
                high = mean.value if mean.high is None else mean.high
                if wide := high - low > (highest - lowest) / 2:
                    low = high = mean.value
                yield PlottedScore(arm.title, point_in_short(row.label), mean.value, low, high), wide


def _range(comparison: Comparison) -> tuple[float, float]:
    scale = scale_of(comparison.arms[0].sessions[0].asked, comparison.scale)
    return scale.range if scale else (0.0, 100.0)


def _effects(comparison: Comparison, found: Answer) -> Iterator[Block]:
    known = [one for one in (*found.beyond, *found.between) if one.paired.mean is not None]
    if not known:
        return
    yield Heading("Technique effects")
    said = answer_result(found)
    rows = [effect_columns(one) for one in (*said.beyond, *said.between) if one.mean is not None]
    several = sum(arm.reference for arm in comparison.arms) > 1
    beside = "; a control is always that of the arm's own starts" if several else ""
    table = Table(
        f"Differences at the point named beforehand, in the scale's units{beside}",
        tuple(rows[0]),
        tuple(tuple(row.values()) for row in rows),
        numbers_from=3,
    )
    yield Chart(
        "Technique effects with their 95 % intervals; left of the dashed line the score ended lower",
        "Forest plot of the differences in the table below.",
        forest([_plotted_effect(one, found) for one in known], f"difference in {comparison.scale[2]}"),
        table,
    )
    if said.clusters:
        yield Bullets(said.clusters)
    yield Paragraph(
        "The 95 % interval (Student's t) counts, and the verdict goes by it. BCa, a bootstrap, is a"
        " check: where one of the two leaves out 0 and the other does not, the runs are too few to lean on"
        " either. g_z is in units of the differences' own spread. p is by sign flips, against the control"
        " alone, adjusted over the techniques by Holm's method. With fewer than six runs there is neither"
        " p nor verdict. The e-value may be looked at after every run and decides from 20 on. “Equivalent”"
        " is said only when two one-sided tests put the effect within a tenth of the scale's range."
    )


def _plotted_effect(one: Difference, found: Answer) -> PlottedEffect:
    """Of an arm against what stands beside it the arm's name alone, as long as that is the same for all."""
    mean = one.paired.mean or 0.0
    hidden = one.paired.too_wide
    low = mean if hidden or one.paired.low is None else one.paired.low
    high = mean if hidden or one.paired.high is None else one.paired.high
    alone = one in found.beyond and len({other.against for other in found.beyond}) == 1
    return PlottedEffect(one.title if alone else f"{one.title} against {one.against}", mean, low, high)


def _residuals(on: ReportOn, comparison: Comparison) -> Iterator[Block]:
    """Whether each affect returned to where it was before the scenario."""
    names = [name for name in scales(on.arms) if name != REPLIES and name[:2] == on.scale[:2]]
    found = tuple(residuals(comparison.arms, names))
    if not found:
        return
    yield Heading("What was left at the end")
    shown = [one for one in found if not one.why or one.scale == on.scale]
    unsaid: dict[str, dict[str, None]] = {}
    for one in found:
        if one.why:
            unsaid.setdefault(one.why, {})[one.scale[2]] = None
    if shown:
        yield Table(
            "Residual: last score − baseline, mean over runs",
            ("scale", "arm", "residual", "95 % interval", "back at baseline?"),
            tuple(
                (
                    told_apart(comparison.arms[0].sessions[0].asked, one.scale),
                    one.title,
                    numeral(one.left.mean, signed=True),
                    interval(one.left.low, one.left.high, too_wide=one.left.too_wide),
                    f"{one.returned}{one.why and ': ' + one.why}",
                )
                for one in shown
            ),
            numbers_from=2,
        )
    if unsaid:
        yield Paragraph(
            "It cannot be said whether these are back, in one arm at least: "
            + "; ".join(f"{', '.join(names)} ({why})" for why, names in unsaid.items())
            + "."
        )
        yield Paragraph(
            "Where the baseline lies at the calm end of its scale a score can only have moved away from it,"
            " and of fewer than three runs an interval says little: whether it is back cannot be said."
        )


def _harm(comparison: Comparison) -> Iterator[Block]:
    """What became of each arm's runs; the worst ones are named, to be read first."""
    found = harm(comparison)
    if found is None:
        return
    yield Heading("For whom it got worse")
    if found.short:
        yield Paragraph(found.short, grave=True)
    surely = "reliably " if found.reliable else ""
    yield Table(
        "Runs by their change from where the technique began to the end",
        ("arm", "runs", f"{surely}better", "unchanged", f"{surely}worse", "share worse [95 %]", "worst run"),
        tuple(_harm_row(arm) for arm in found.arms),
    )
    yield Bullets(found.notes)
    if any(arm.worst for arm in found.arms):
        yield Paragraph("Read the worst run's transcript before anything else: sandbox show, with its id.")


def _harm_row(arm: ArmHarm) -> tuple[str, ...]:
    share = rate_estimate(arm.worse, arm.runs)
    low, high = (share.low or 0.0, share.high or 0.0) if share else (0.0, 0.0)
    worse = f"{percent(share.value)} [{100 * low:.0f}, {100 * high:.0f}]" if share else MISSING
    worst = f"{arm.worst} ({numeral(arm.worst_change, signed=True)})" if arm.worst else MISSING
    counts = (arm.runs, arm.better, arm.unchanged, arm.worse)
    return arm.title, *map(str, counts), worse, worst


def _noise(on: ReportOn, comparison: Comparison) -> Iterator[Block]:
    """Where the spread comes from, and what more of which would buy."""
    found = noise(comparison)
    if found is None:
        return
    yield Heading("Where the noise comes from, and what to run next")
    yield Bullets(found.lines)
    if found.reason:
        return
    how = "analysis of variance, balanced; Brennan 2001" if found.purchases else "REML, incomplete runs too"
    yield Table(
        f"Variance components of the changes ({how})",
        ("source", "variance", "share"),
        tuple((one.what, numeral(one.variance), percent(one.share)) for one in found.sources),
    )
    if not found.purchases:
        return
    calls = on.spent.calls / max(1, len({id for arm in on.arms for id in (arm.id, arm.trunk)}))
    dollars = on.spent.cost / on.spent.calls if on.spent.cost and on.spent.calls else None
    scale = scale_of(comparison.arms[0].sessions[0].asked, comparison.scale)
    room = scale.range[1] - scale.range[0] if scale else math.inf

    def known(within: float | None) -> str:
        return "wider than the scale" if within is not None and within > room else f"± {numeral(within)}"

    yield Table(
        f"What more would buy; the interval of a technique effect now: {known(found.within)}",
        ("more", "sessions", "calls, about", "at list prices", "interval then"),
        tuple(
            (
                one.what,
                f"{one.sessions:,}",
                f"{one.sessions * calls:,.0f}",
                MISSING if dollars is None else f"${one.sessions * calls * dollars:,.2f}",
                known(one.within),
            )
            for one in found.purchases
        ),
    )


def _mixed(comparison: Comparison) -> Iterator[Block]:
    """All runs in one model, where it can be fitted."""
    found = mixed(comparison)
    if found.reason:
        return
    yield Heading("All runs in one model")
    yield Bullets(found.lines)
    yield Table(
        f"Mixed model of the changes, beyond {found.against}",
        ("", "estimate", "95 % interval"),
        tuple(
            (one.title, numeral(one.estimate, signed=True, decimals=2), interval(one.low, one.high))
            for one in (*found.terms, *filter(None, [found.induced]))
        ),
    )


def _cases(on: ReportOn, arms: Sequence[Arm]) -> Iterator[Block]:
    """The run that is shown in full, arm by arm, as clinicians draw a single case."""
    name, treated = on.scale, [arm for arm in arms if arm.plan.technique is not None]
    found = [case(arm, name) for arm in treated]
    if not found:
        return
    yield Heading("Appendix: single-case view")
    yield Paragraph(f"The run shown above, arm by arm. {DEPENDENCE}")
    for one in found:
        points = [point for phase in one.phases for point in zip(phase.labels, phase.scores, strict=True)]
        yield Table(
            f"{one.title} ({one.session})",
            ("", *(label for label, _ in points)),
            (
                ("phase", *(phase.name for phase in one.phases for _ in phase.labels)),
                (name[2], *(numeral(score) for _, score in points)),
            ),
        )
        yield Bullets(one.lines[:-1])
    runs = len({arm.trunk for arm in on.arms})
    yield from scribe(scribe_items(treated, name, question=on.question, runs=runs, plans=on.plans))


def _shown(comparison: Comparison, found: Answer) -> tuple[Arm, ...]:
    """The arms of the shared start whose first technique did as the middle one of all runs."""
    first = next((arm for arm in comparison.arms if arm.primary), comparison.arms[0])
    effects = {
        session.trunk: value
        for session in first.sessions
        if (value := change(session.course(comparison.scale)).value) is not None
    }
    trunks = sorted(effects, key=lambda trunk: effects[trunk])
    middle = trunks[len(trunks) // 2] if trunks else first.sessions[0].trunk
    return tuple(session for arm in comparison.arms for session in arm.sessions if session.trunk == middle)
