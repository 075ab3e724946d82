"""Trial data from elsewhere, looked at by the same functions as sessions: pure, and nothing is stored.

A row is one run (or person) under one arm at one time, with a score or with the items of a questionnaire.
"""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.analysis.answer import Answer
from sandbox.analysis.difference import Difference
from sandbox.analysis.effect import SMALL, Direction, PairedDifference, paired_difference
from sandbox.errors import UsageError
from sandbox.library.questionnaire import Questionnaire
from sandbox.measurement.scoring import score_questionnaire
from sandbox.text import number_of

_NAMED = 5
"""Of more runs left out not each is named."""
_MISSING = ("", "na", "n/a", "nan", "null", ".")
_ROUNDING = 0.005
"""A total in the file and one of its items that lie closer together agree."""

Row = Mapping[str, str]


class DataMap(BaseModel):
    """Which column of the file holds what. `start` and `end` are values of the column `time`.

    Either `score` names a column, with the scale's `range`, or `questionnaire`, `scale` and `items` (from
    item to column); then `total` may name the column of the file's own totals.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    by: Literal["human", "model"]
    run: str
    arm: str
    time: str
    end: str
    start: str | None = None
    control: str | None = None
    score: str | None = None
    range: tuple[float, float] | None = None
    higher_is: Direction = "more distress"
    questionnaire: str | None = None
    scale: str | None = None
    items: dict[str, str] = Field(default_factory=dict)
    total: str | None = None


@dataclass(frozen=True, slots=True)
class External:
    """`moved` has each arm's own change (its score at the end, without a start), over the runs that a
    difference rests on, where there is any. `answer` holds what stands beside the control;
    `disagreements` the totals that are not what their items give."""

    by: Literal["human", "model"]
    rows: int
    moved: tuple[tuple[str, PairedDifference], ...]
    answer: Answer
    disagreements: tuple[str, ...]
    notes: tuple[str, ...]


def external(rows: Sequence[Row], told: DataMap, questionnaire: Questionnaire | None = None) -> External:
    """What the rows say. Raises UsageError, naming the row, for what cannot be read."""
    _refuse_columns(rows, told, questionnaire)
    low_high, higher_is = _scale(told, questionnaire)
    scores: dict[tuple[str, str, str], float | None] = {}
    disagreements: list[str] = []
    for number, row in enumerate(rows, 2):  # the head is line 1
        place = row[told.run].strip(), row[told.arm].strip(), row[told.time].strip()
        if place in scores:
            raise UsageError(
                f"Line {number} has the same run, arm and time as another: {', '.join(place)}.",
                todo="Give each run a name of its own, or name the columns otherwise in the map.",
            )
        score = scores[place] = _score(row, number, told, questionnaire)
        if score is not None and not low_high[0] <= score <= low_high[1]:
            low, high = low_high
            raise UsageError(
                f"Line {number}: the score {score:g} is outside the scale's range, {low:g} to {high:g}.",
                todo="Mend the file, or the range in the map; leave a missing score empty.",
            )
        if told.total is not None:
            total = _number(row, told.total, number)
            if total is not None and (score is None or abs(total - score) > _ROUNDING):
                own = "give no score" if score is None else f"give {score:g}"
                disagreements.append(
                    f"line {number} ({', '.join(place)}): the file says {total:g}, its items {own}"
                )
    changes = _changes(scores, told)
    arms = tuple(dict.fromkeys(arm for _, arm, _ in scores))
    runs = tuple(dict.fromkeys(run for run, _, _ in scores))
    bound = SMALL * (low_high[1] - low_high[0])
    others = [arm for arm in arms if arm != told.control]
    beyond = tuple(_difference(arm, told.control, runs, changes, told.end, bound)
                   for arm in others if told.control in arms)  # fmt: skip
    between = tuple(
        _difference(one, other, runs, changes, told.end, bound) for one, other in combinations(others, 2)
    )
    used = _used(runs, others, changes, told.control) if any(one.values for one in beyond) else set(runs)
    moved = tuple(
        (arm, paired_difference([changes[run, arm] for run in runs if run in used and (run, arm) in changes]))
        for arm in arms
    )
    found = Answer(beyond, tuple(one for one in between if one.values), higher_is)
    notes = (*_notes(told, found), *_dropped(runs, used, arms, changes, scores, told))
    return External(told.by, len(rows), moved, found, tuple(disagreements), notes)


def _used(
    runs: Sequence[str],
    others: Sequence[str],
    changes: Mapping[tuple[str, str], float],
    control: str | None,
) -> set[str]:
    """The runs that some difference from the control rests on: the changes are told of the same."""
    return {
        run for run in runs if (run, control) in changes and any((run, other) in changes for other in others)
    }


def _dropped(
    runs: Sequence[str],
    used: Collection[str],
    arms: Sequence[str],
    changes: Mapping[tuple[str, str], float],
    scores: Mapping[tuple[str, str, str], float | None],
    told: DataMap,
) -> Iterator[str]:
    """Which runs lack a score under which arm, and at what time; and that those are left out."""
    times = [time for time in (told.start, told.end) if time is not None]
    for arm in arms:
        lacking = [run for run in runs if (run, arm) not in changes]
        named = []
        for run in lacking[:_NAMED]:
            at = " and ".join(time for time in times if scores.get((run, arm, time)) is None)
            named.append(f"{run} (no score at {at})")
        if named:
            more = f", and {len(lacking) - _NAMED:,} more" if len(lacking) > _NAMED else ""
            yield f"Left out under {arm}, {number_of(len(lacking), 'run')}: {', '.join(named)}{more}."
    if apart := len(runs) - len(used):
        yield (
            f"{number_of(apart, 'run')} without a pair {'is' if apart == 1 else 'are'} in neither table:"
            " changes and differences are of the same runs."
        )


def _changes(
    scores: Mapping[tuple[str, str, str], float | None], told: DataMap
) -> dict[tuple[str, str], float]:
    """By run and arm, the score at the end − at the start; without a start the score at the end."""
    found = {}
    for run, arm in dict.fromkeys((run, arm) for run, arm, _ in scores):
        end = scores.get((run, arm, told.end))
        start = scores.get((run, arm, told.start)) if told.start is not None else 0.0
        if end is not None and start is not None:
            found[run, arm] = end - start
    return found


def _difference(
    arm: str,
    other: str | None,
    runs: Sequence[str],
    changes: Mapping[tuple[str, str], float],
    at: str,
    bound: float,
) -> Difference:
    """Paired by run: those that have both."""
    both = [
        changes[run, arm] - changes[run, other or ""]
        if (run, arm) in changes and (run, other) in changes
        else None
        for run in runs
    ]
    values = tuple(value for value in both if value is not None)
    paired = paired_difference(both, bound / SMALL)
    return Difference(arm, other or "", at, values, paired, bound, of=len(runs))


def _notes(told: DataMap, found: Answer) -> tuple[str, ...]:
    notes = []
    if told.control is None:
        notes.append("The map names no control: what moved by itself is not known.")
    elif not any(one.values for one in found.beyond):
        notes.append(
            "No run has a score under a technique and under the control: the rows are not paired, and"
            " different groups are not compared here."
        )
    return tuple(notes)


# Reading a row


def _refuse_columns(rows: Sequence[Row], told: DataMap, questionnaire: Questionnaire | None) -> None:
    if not rows:
        raise UsageError("The file has no row below its head.", todo="Name another file.")
    if (told.score is None) == (not told.items):
        raise UsageError(
            "The map has to name the column of the score, or those of the items.",
            todo="Write score: COLUMN, or questionnaire, scale and items: {ITEM: COLUMN}.",
        )
    if told.items and questionnaire is None:
        raise UsageError("Items need their questionnaire.", todo="Write questionnaire: ID into the map.")
    named = [told.run, told.arm, told.time, told.score, told.total, *told.items.values()]
    missing = [name for name in named if name is not None and name not in rows[0]]
    if missing and len(rows[0]) == 1 and ";" in next(iter(rows[0])):
        raise UsageError(
            "The cells of the file are separated by “;”.",
            todo="Save it with commas between them, and decimals with a point.",
        )
    if missing:
        raise UsageError(
            f"The file has no column {', '.join(missing)}.", todo=f"It has: {', '.join(rows[0])}."
        )
    times = dict.fromkeys(row[told.time].strip() for row in rows)
    for wanted in (told.start, told.end):
        if wanted is not None and wanted not in times:
            raise UsageError(f"No row is of the time “{wanted}”.", todo=f"There are: {', '.join(times)}.")
    arms = dict.fromkeys(row[told.arm].strip() for row in rows)
    if told.control is not None and told.control not in arms:
        raise UsageError(
            f"No row is of the control “{told.control}”.",
            todo=f"There are: {', '.join(arms)}. Leave control out of the map if there is none.",
        )


def _scale(told: DataMap, questionnaire: Questionnaire | None) -> tuple[tuple[float, float], Direction]:
    if questionnaire is None:
        if told.range is None:
            raise UsageError("The map has to say the scale's range.", todo="Write range: [0, 100].")
        low, high = told.range
        if low >= high:
            raise UsageError(
                f"The range of the scale is reversed: {low:g} to {high:g}."
                if low > high
                else f"The range of the scale has no width: {low:g} to {high:g}.",
                todo="Write the lowest score first, as in range: [0, 100].",
            )
        return told.range, told.higher_is
    for scale in questionnaire.scales:
        if scale.id == (told.scale or questionnaire.scales[0].id):
            return scale.range, scale.higher_is
    known = ", ".join(scale.id for scale in questionnaire.scales)
    raise UsageError(f"{questionnaire.id} has no scale “{told.scale}”.", todo=f"It has: {known}.")


def _score(row: Row, number: int, told: DataMap, questionnaire: Questionnaire | None) -> float | None:
    if told.score is not None or questionnaire is None:
        return _number(row, told.score or "", number)
    values = {item: _number(row, column, number) for item, column in told.items.items()}
    try:
        scores = score_questionnaire(questionnaire, values)
    except ValueError as error:
        raise UsageError(f"Line {number}: {error}.", todo="Mend the file, or the map.") from error
    wanted = told.scale or questionnaire.scales[0].id
    return next(score.value for score in scores if score.scale == wanted)


def _number(row: Row, column: str, number: int) -> float | None:
    text = (row[column] or "").strip()
    if text.casefold() in _MISSING:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UsageError(
            f"Line {number}, column {column}: “{text[:40]}” is no number.",
            todo="Leave a missing one empty, and write decimals with a point.",
        )
    return value
