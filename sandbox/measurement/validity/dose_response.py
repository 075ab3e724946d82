"""What a scale does when a model's inner state is moved by a known dose, and whether it follows. Pure.

The criterion was stated before the first run (docs/calibrate.md). A text is the unit: each is one neutral
conversation, measured at every dose.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import fmean
from typing import Literal

from sandbox.library.questionnaire import Questionnaire, Scale
from sandbox.measurement.administration import Administration
from sandbox.measurement.estimate import Estimate, kendall_tau, mean_estimate, mean_over, slope
from sandbox.measurement.validity.battery import affect_scale, main_scale, percent_of_range

DOSES = (-3, -2, -1, 1, 2, 3)
STRONGEST = (-3, 3)

LEAST_TAU = 0.5
"""The least Kendall's τ of doses and scores: of any two doses the larger has the higher score three times in
four."""

LEAST_GAIN = 10.0 / (STRONGEST[1] - STRONGEST[0])
"""In percent of the range per dose: 10 from the lowest dose to the highest, as much as check-model asks of a
strong scenario."""

MOST_PLACEBO = 0.5
"""The most that a placebo may move a score, as a share of what the affect itself does."""

Follows = Literal["yes", "no", "undecided"]


@dataclass(frozen=True, slots=True)
class DoseTrial:
    """One administration at a dose (0: the direction is "") after the neutral text of that number."""

    direction: str
    dose: int
    text: int
    administration: Administration


@dataclass(frozen=True, slots=True)
class DoseResponse:
    """How one scale responds to the dose of one affect. Scores are in percent of the range, more is worse.

    `points`: the mean at each dose. `tau`: Kendall's τ-b. `gain`: a dose's worth. `noise`: the standard
    deviation of a score around the mean of its dose, each text's own level taken out. `told_apart`: the
    difference in dose that two single administrations show with 95 % confidence. `floor`, `ceiling`: the
    share of scores within 1 % of the calm end at dose −3, of the distressed end at 3. `shift`: the larger of
    the shifts from dose 0 at −3 and 3; `placebo`: the placebo with the largest one. `others`: the gain under
    the dose of each other affect, and `beyond` the own gain minus the largest of them.
    """

    affect: str
    scale: str
    title: str
    own: bool
    points: Mapping[int, Estimate]
    tau: Estimate | None
    gain: Estimate | None
    noise: float | None
    told_apart: float | None
    floor: float
    ceiling: float
    shift: float | None
    placebos: Mapping[str, float]
    others: Mapping[str, Estimate]
    beyond: Estimate | None
    follows: Follows
    reason: str

    @property
    def placebo(self) -> tuple[str, float] | None:
        """The placebo that moves the score most, and by how much."""
        return max(self.placebos.items(), key=lambda one: abs(one[1]), default=None)


def judged_scales(questionnaire: Questionnaire, affects: Sequence[str]) -> tuple[Scale, ...]:
    """The scales that are judged: each affect's own; the main one if that is of distress or there is none."""
    own = [scale for affect in affects if (scale := affect_scale(questionnaire, affect)) is not None]
    main = main_scale(questionnaire)
    return (*own, main) if not own or (main.id == "distress" and main not in own) else tuple(own)


def dose_responses(
    questionnaire: Questionnaire, trials: Sequence[DoseTrial], affects: Sequence[str]
) -> tuple[DoseResponse, ...]:
    """For each affect that was given: its own scale, and the questionnaire's main scale where that is of
    distress or it has no own one."""
    given = [affect for affect in affects if any(trial.direction == affect for trial in trials)]
    placebos = {trial.direction for trial in trials} - {"", *affects}
    found: list[DoseResponse] = []
    for affect in given:
        own, main = affect_scale(questionnaire, affect), main_scale(questionnaire)
        scales = [own] if own else []
        if own is None or main.id == "distress":
            scales.append(main)
        for scale in scales:
            table = _Table(scale, trials)
            others = [other for other in given if other != affect] if scale is own else []
            found.append(_response(table, affect, others, sorted(placebos), own=scale is own))
    return tuple(found)


class _Table:
    """The scores of one scale by direction, dose and text, in percent of the range."""

    def __init__(self, scale: Scale, trials: Sequence[DoseTrial]) -> None:
        self.scale = scale
        self._scores: dict[tuple[str, int, int], float] = {}
        for trial in trials:
            score = percent_of_range(scale, trial.administration)
            if score is not None:
                self._scores[trial.direction, trial.dose, trial.text] = score
        self.texts = tuple(sorted({text for *_, text in self._scores}))

    def score(self, direction: str, dose: int, text: int) -> float | None:
        return self._scores.get((direction if dose else "", dose, text))

    def at(self, direction: str, dose: int) -> list[float]:
        return [s for text in self.texts if (s := self.score(direction, dose, text)) is not None]

    def curve(self, direction: str, text: int) -> list[tuple[float, float]]:
        """Dose and score of one text, all doses."""
        doses = sorted({*DOSES, 0})
        return [(dose, s) for dose in doses if (s := self.score(direction, dose, text)) is not None]

    def gain(self, direction: str, text: int) -> float | None:
        return slope(self.curve(direction, text))

    def shift(self, direction: str) -> float | None:
        """The larger of the mean shifts from dose 0 at the strongest doses, signed."""
        shifts = []
        for dose in STRONGEST:
            pairs = ((self.score(direction, dose, text), self.score("", 0, text)) for text in self.texts)
            moved = [after - before for after, before in pairs if after is not None and before is not None]
            if moved:
                shifts.append(fmean(moved))
        return max(shifts, key=abs, default=None)


def _response(
    table: _Table, affect: str, others: Sequence[str], placebos: Sequence[str], *, own: bool
) -> DoseResponse:
    points = {
        dose: point
        for dose in sorted({*DOSES, 0})
        if (point := mean_estimate(table.at(affect, dose), (0.0, 100.0))) is not None
    }
    tau = mean_over(table.texts, lambda text: kendall_tau(table.curve(affect, text)), (-1.0, 1.0))
    gain = mean_over(table.texts, partial(table.gain, affect))
    noise = _noise(table, affect)
    told = None
    if noise is not None and gain is not None and gain.value > 0:
        told = 1.96 * math.sqrt(2) * noise / gain.value
    shift = table.shift(affect)
    moved = {name: by for name in placebos if (by := table.shift(name)) is not None}
    gains = {
        other: worth for other in others if (worth := mean_over(table.texts, partial(table.gain, other)))
    }
    follows, reason = _judged(tau, gain, shift, moved)
    return DoseResponse(
        affect=affect,
        scale=table.scale.id,
        title=table.scale.title or table.scale.id,
        own=own,
        points=points,
        tau=tau,
        gain=gain,
        noise=noise,
        told_apart=told,
        floor=_share(table.at(affect, STRONGEST[0]), lambda score: score <= 1),
        ceiling=_share(table.at(affect, STRONGEST[1]), lambda score: score >= 99),
        shift=shift,
        placebos=moved,
        others=gains,
        beyond=_beyond(table, affect, gains),
        follows=follows,
        reason=reason,
    )


def _noise(table: _Table, affect: str) -> float | None:
    """What is left when each dose's mean and each text's own level are taken out, as a standard deviation.

    Of the texts that have a score at every dose; None with fewer than two.
    """
    doses = sorted({*DOSES, 0})
    rows = [[score for _, score in table.curve(affect, text)] for text in table.texts]
    rows = [row for row in rows if len(row) == len(doses)]
    if len(rows) < 2:
        return None
    level, by_dose = fmean(map(fmean, rows)), [fmean(column) for column in zip(*rows, strict=True)]
    left = [
        (score - fmean(row) - mean + level) ** 2
        for row in rows
        for score, mean in zip(row, by_dose, strict=True)
    ]
    return math.sqrt(math.fsum(left) / ((len(rows) - 1) * (len(doses) - 1)))


def _beyond(table: _Table, affect: str, others: Mapping[str, Estimate]) -> Estimate | None:
    """The own gain minus that under the other affect which moves the scale most, paired by text."""
    if not others:
        return None
    strongest = max(others, key=lambda other: others[other].value)

    def between(text: int) -> float | None:
        own, other = table.gain(affect, text), table.gain(strongest, text)
        return None if own is None or other is None else own - other

    return mean_over(table.texts, between)


def _share(scores: Sequence[float], at_end: Callable[[float], bool]) -> float:
    return sum(map(at_end, scores)) / len(scores) if scores else 0.0


def _judged(
    tau: Estimate | None, gain: Estimate | None, shift: float | None, placebos: Mapping[str, float]
) -> tuple[Follows, str]:
    """The criterion of docs/calibrate.md, and what speaks against a yes."""
    against: list[str] = []
    if gain is None or shift is None:
        return "undecided", "there are no scores at most doses"
    if _below(gain, LEAST_GAIN):
        against.append("its gain is too small")
    if tau is None or _below(tau, LEAST_TAU):
        against.append("more of a dose is not more of a score")
    strongest = max((abs(moved) for moved in placebos.values()), default=0.0)
    if strongest > MOST_PLACEBO * abs(shift):
        against.append("a placebo moves it by more than half of what the affect does")
    if against:
        return "no", "; ".join(against)
    clear = gain.low is not None and gain.low > 0 and gain.value >= LEAST_GAIN
    monotone = tau is not None and tau.low is not None and tau.low >= LEAST_TAU
    if not placebos:
        return "undecided", "no placebo was given"
    if clear and monotone:
        return "yes", ""
    return "undecided", "too few texts to tell of its " + ("gain" if not clear else "order")


def _below(estimate: Estimate, limit: float) -> bool:
    """Whether the whole interval is below the limit."""
    return estimate.high is not None and estimate.high < limit


Overall = Literal["yes", "in part", "no", "undecided"]


def overall(responses: Sequence[DoseResponse]) -> tuple[Overall, str]:
    """Whether an instrument follows a known dose, and for which affects, in words."""
    if not responses:
        return "undecided", "nothing was measured"
    clear = [f"{one.affect} ({one.scale})" for one in responses if one.follows == "yes"]
    if len(clear) == len(responses):
        return "yes", ", ".join(clear)
    if clear:
        return "in part", f"{', '.join(clear)}; {len(responses) - len(clear)} of {len(responses)} not"
    if all(one.follows == "no" for one in responses):
        return "no", _reasons(responses)
    return "undecided", _reasons(responses)


def _reasons(responses: Sequence[DoseResponse]) -> str:
    """The reasons, the commonest first."""
    said = [reason for one in responses for reason in one.reason.split("; ") if reason]
    return "; ".join(sorted(dict.fromkeys(said), key=said.count, reverse=True))
