"""A comparison in words and numbers: the cells of its table, and what they mean, for every face."""

from collections.abc import Iterable

from sandbox.analysis.answer import unanswered
from sandbox.analysis.comparison import (
    ComparedArm,
    ComparedPoint,
    Comparison,
)
from sandbox.analysis.effect import PairedDifference
from sandbox.analysis.harm import harm
from sandbox.analysis.noise import noise
from sandbox.analysis.numeral import MISSING, interval, numeral
from sandbox.analysis.trajectory import scale_in_words
from sandbox.engine.phase import begins_at, point_name
from sandbox.engine.plan import SessionPlan
from sandbox.export.result import DifferenceResult

_WIDEST = 7
"""Columns that fit side by side on a page of A4 with their heads unbroken."""


def heading(comparison: Comparison) -> str:
    """`distress (word-probe, read by word)`."""
    return scale_in_words(comparison.scale)


def cells(comparison: Comparison) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """A header and a row a point: score, change and difference of each arm, for a table.

    `n=2` stands where a number rests on fewer runs than its column has.
    """
    against = "vs control" if comparison.has_control else "vs first"
    head = ["point"]
    for arm in comparison.arms:
        head += [arm.title, "change", *([] if arm.reference else [against])]
    rows = []
    for row in comparison.rows:
        line = [point_name(row.label)]
        for arm, cell in zip(comparison.arms, row.cells, strict=True):
            line += [score_text(cell, arm), change_text(cell, arm)]
            if not arm.reference:
                line.append(difference_text(cell.difference, arm))
        rows.append(tuple(line))
    return tuple(head), rows


def page_cells(comparison: Comparison) -> tuple[tuple[str, ...], list[tuple[str, ...]], int]:
    """The same for a page, and from which column on there are numbers: where the arms are too many to stand
    side by side, a row an arm under each point, so that the table never grows wider than its page."""
    head, rows = cells(comparison)
    if len(head) <= _WIDEST:
        return head, rows, 1
    long: list[tuple[str, ...]] = [
        (
            point_name(row.label),
            arm.title,
            score,
            change_text(cell, arm),
            difference_text(cell.difference, arm),
        )
        for row in comparison.rows
        for arm, cell in zip(comparison.arms, row.cells, strict=True)
        if (score := score_text(cell, arm))
    ]
    return ("point", "arm", "score", "change", next(one for one in head if one.startswith("vs "))), long, 2


def score_text(cell: ComparedPoint, arm: ComparedArm, decimals: int = 1) -> str:
    """The score, `?` after it when coverage was too low, – when it is missing, nothing when not measured."""
    if cell.score is None:
        return MISSING if cell.reason else ""
    return numeral(cell.score, decimals=decimals, reliable=cell.reliable) + _fewer(cell.sessions, arm)


def change_text(cell: ComparedPoint, arm: ComparedArm, decimals: int = 1) -> str:
    """The change, nothing where there is none."""
    if cell.change is None:
        return ""
    return numeral(cell.change, signed=True, decimals=decimals) + _fewer(cell.changes, arm)


def difference_text(difference: PairedDifference | None, arm: ComparedArm, decimals: int = 1) -> str:
    """`−20.0 [−31.0, −9.0]`, without the interval where there is none; – when undefined.

    `?` after it when the coverage of a score that went into it was too low.
    """
    if difference is None:
        return ""
    mean, low, high = (
        numeral(value, signed=True, decimals=decimals)
        for value in (difference.mean, difference.low, difference.high)
    )
    if difference.mean is None:
        return mean
    around = "" if difference.low is None or difference.too_wide else f" [{low}, {high}]"
    return f"{mean}{around}{'' if difference.reliable else ' ?'}{_fewer(difference.pairs, arm)}"


def _fewer(n: int, arm: ComparedArm) -> str:
    return f" n={n}" if n < len(arm.sessions) else ""


def effect_columns(one: DifferenceResult) -> dict[str, str]:
    """A row of a table of effects, by its columns' heads in order."""
    return {
        "arm": one.title,
        "against": one.against,
        "at": one.at,
        "runs": str(one.runs),
        "mean": numeral(one.mean, signed=True, reliable=one.reliable),
        "95 % interval": interval(one.low, one.high, too_wide=one.too_wide),
        "BCa": interval(*(one.bca or (None, None))),
        "g_z": numeral(one.hedges_gz, signed=True, decimals=2),
        "p (Holm)": numeral(one.p_holm, decimals=3),
        "e-value": numeral(None if one.e_value is None else min(one.e_value, 1e6)),
        "verdict": one.said,
    }


def explanation(comparison: Comparison) -> str:
    """What the columns mean, and what the numbers cannot say, in one paragraph."""
    reference = comparison.reference
    title = reference.title if reference and not reference.control else "the control"
    said = (
        f"change = score − score after the scenario; vs control = change − the change under {title} from the"
        f" same start: the technique effect.{counted_from(arm.sessions[0].plan for arm in comparison.arms)}"
        " Below zero the score fell, or fell further."
    )
    return f"{said} {how_many(comparison)}{_primary(comparison)}"


def counted_from(plans: Iterable[SessionPlan]) -> str:
    """What else a change is counted from, where some arm does not begin with the scenario; else empty."""
    otherwise = any(begins_at(plan.stretches) == "baseline" for plan in plans)
    return " Without the scenario, or before it, change = score − baseline." if otherwise else ""


def how_many(comparison: Comparison) -> str:
    """What the comparison rests on: one pair, runs by themselves, or means with their intervals."""
    if comparison.trunks == 1:
        return "One shared start is one pair: no interval."
    if not comparison.pooled:
        return f"Each of the {len(comparison.arms)} arms is one run: no interval."
    return (
        f"Each number is a mean over the runs of its arm, {runs_each(comparison)}; n= stands beside one that"
        " rests on fewer. Changes and differences are over complete pairs, those with a score under both. In"
        " brackets the 95 % interval of the mean difference, by Student's t (the shared start is the unit)."
        " With few pairs it is wide: with two it reaches 12.7 standard errors to either side, with five 2.8,"
        " with ten 2.3."
    )


def runs_each(comparison: Comparison) -> str:
    """`4 runs each`, `2 to 4 runs each`."""
    runs = sorted({len(arm.sessions) for arm in comparison.arms})
    many = str(runs[0]) if len(runs) == 1 else f"{runs[0]} to {runs[-1]}"
    return f"{many} {'run' if runs[-1] == 1 else 'runs'} each"


def _primary(comparison: Comparison) -> str:
    """Which difference counts, named beforehand, and what the others are."""
    rows = {row.label: row for row in comparison.rows}
    ends = {}
    for place, arm in enumerate(comparison.arms):
        if arm.primary:
            as_at = rows[arm.primary].cells[place].as_at
            if " to " in as_at:
                as_at = f"the last turn of each run, {as_at}"
            ends[arm.title] = f"{arm.primary}, as at {as_at}" if as_at else arm.primary
    if not ends:
        return ""
    labels = dict.fromkeys(ends.values())
    where = (
        next(iter(labels))
        if len(labels) == 1
        else "; ".join(f"{title}: {label}" for title, label in ends.items())
    )
    many = (
        f" There are {comparison.intervals} intervals here: about one in 20 excludes 0 by chance alone, so"
        " read the others as a description."
        if comparison.intervals > 1
        else ""
    )
    return f" The end was named beforehand as the point that counts ({where}).{many}"


_OWN_CHANGE = "Each arm's own change since its technique began, not against the control:"


def harm_lines(comparison: Comparison) -> tuple[str, ...]:
    """What became of each arm's runs; empty where neither end of the scale is worse."""
    found = harm(comparison)
    return (_OWN_CHANGE, *found.lines) if found is not None and found.lines else ()


def noise_lines(comparison: Comparison) -> tuple[str, ...]:
    """Where the spread comes from and what to run next; empty with one scenario, client and model."""
    found = noise(comparison)
    return found.lines if found is not None else ()


def reasons(comparison: Comparison) -> tuple[str, ...]:
    """Why an interval, or the difference of an arm that stands beside nothing, is undefined: a sentence an
    arm and reason. Of the others the answer says it.

    Where every difference is one pair, `explanation` says so for the whole comparison.
    """
    answered = {arm.title for arm in comparison.arms if arm.primary} | set(unanswered(comparison))
    undefined: dict[str, None] = {}
    without_interval: dict[tuple[str, str], list[str]] = {}
    for row in comparison.rows:
        for arm, cell in zip(comparison.arms, row.cells, strict=True):
            difference = cell.difference
            if difference is None or not (difference.reason or difference.too_wide):
                continue
            why = difference.reason or "the runs are too few: it would be wider than the scale"
            if difference.mean is None:
                if arm.title not in answered:
                    undefined.setdefault(f"{arm.title}: no difference, because {why}.")
            elif len(arm.sessions) > 1:
                without_interval.setdefault((arm.title, why), []).append(row.label)
    return *undefined, *(
        f"{title}: no interval at {', '.join(map(point_name, labels))}, because {reason}."
        for (title, reason), labels in without_interval.items()
    )
