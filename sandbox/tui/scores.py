"""The scores of a conversation as the screen needs them: a series a scale, its changes, its sparkline."""

from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.analysis.numeral import numeral
from sandbox.analysis.reply_valence import reply_trajectory
from sandbox.engine.history import History, Measured, Turn
from sandbox.engine.phase import Point
from sandbox.engine.plan import SessionPlan
from sandbox.engine.run_state import Entry
from sandbox.measurement.administration import Score

_BARS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True, slots=True, order=True)
class ScaleKey:
    """A scale of a questionnaire; two questionnaires may both have a `distress`."""

    questionnaire: str
    scale: str


@dataclass(frozen=True, slots=True)
class Series:
    """A scale's scores in the order measured, None where missing; `bounds` are the possible extremes.

    `unusable` says why nothing can be read from it: all scores missing, or coverage too low at every point.
    """

    key: ScaleKey
    title: str
    bounds: tuple[float, float]
    scores: tuple[tuple[Point, float | None], ...]
    unusable: str = ""

    def at(self, label: str) -> float | None:
        """The newest score at the point of that label; None when it is missing or was not measured."""
        return next((value for point, value in reversed(self.scores) if point.label == label), None)

    @property
    def latest(self) -> float | None:
        return self.scores[-1][1] if self.scores else None

    @property
    def baseline(self) -> float | None:
        return next((value for point, value in self.scores if point.phase == "baseline"), None)

    @property
    def induced(self) -> float | None:
        """The score right after the scenario: the last one of the induction."""
        return next((value for point, value in reversed(self.scores) if point.phase == "induction"), None)


def scales_of(plan: SessionPlan) -> tuple[tuple[ScaleKey, str, tuple[float, float]], ...]:
    """Every scale the plan measures, `distress` first within its questionnaire, with title and bounds."""
    found = []
    for measure in plan.measures:
        ordered = sorted(measure.questionnaire.scales, key=lambda scale: scale.id != "distress")
        found += [(ScaleKey(measure.questionnaire.id, s.id), s.title or s.id, s.range) for s in ordered]
    return tuple(found)


def series(entries: Iterable[Entry], plan: SessionPlan) -> tuple[Series, ...]:
    """One series a scale of the plan, empty where nothing was measured yet, and that of the replies' tone."""
    entries = tuple(entries)
    given: dict[ScaleKey, list[tuple[Measured, Score]]] = {}
    for entry in entries:
        if isinstance(entry, Measured):
            for score in entry.administration.scores:
                key = ScaleKey(entry.administration.questionnaire, score.scale)
                given.setdefault(key, []).append((entry, score))
    measured = (_series(key, title, bounds, given.get(key, [])) for key, title, bounds in scales_of(plan))
    return (*measured, *_replies(entries, plan))


def _replies(entries: tuple[Entry, ...], plan: SessionPlan) -> tuple[Series, ...]:
    """The negativity of the client's own words at the points that follow them; none for other languages."""
    turns = tuple(entry for entry in entries if isinstance(entry, Turn))
    found = reply_trajectory(History(turns=turns), plan.scenario.language)
    scores = tuple((point.point, point.value) for point in found.points)
    key = ScaleKey(found.questionnaire, found.scale)
    return (Series(key, "Negativity of the replies", (0.0, 100.0), scores),) if scores else ()


def _series(
    key: ScaleKey, title: str, bounds: tuple[float, float], scores: list[tuple[Measured, Score]]
) -> Series:
    unusable = ""
    if scores and all(score.value is None for _, score in scores):
        unusable = scores[-1][1].reason or "every score is missing"
    elif scores and not any(m.administration.reliable for m, _ in scores):
        unusable = "coverage too low at every point"
    return Series(key, title, bounds, tuple((m.point, score.value) for m, score in scores), unusable)


def main_scale(measured: Measured) -> str | None:
    """The scale a measurement is summed up by: `distress` where there is one, else the first."""
    ids = [score.scale for score in measured.administration.scores]
    return "distress" if "distress" in ids else (ids[0] if ids else None)


def number(value: float | None) -> str:
    """A score as shown: no decimals, an en dash when missing."""
    return numeral(value, decimals=0)


def change(now: float | None, then: float | None) -> str:
    """The difference of the scores as they are, rounded once: the number that Compare shows as well."""
    return numeral(None if now is None or then is None else now - then, signed=True, decimals=0)


def sparkline(values: Iterable[float | None], bounds: tuple[float, float], width: int) -> str:
    """The last `width` values as bars, a middle dot where one is missing."""
    low, high = bounds
    kept = list(values)[-width:] if width > 0 else []
    return "".join(
        "·" if v is None else _BARS[min(7, max(0, int((v - low) / (high - low) * 8)))] for v in kept
    )
