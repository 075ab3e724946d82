"""How a client behaves on a model: where its scores start and end, how it answers, what a control does to it.

Pure. A *run* is a shared start with the control arms that left it. All scores in the scale's units.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import median

from sandbox.analysis.arm import Arm
from sandbox.analysis.client_resistance import Resistance, resistance
from sandbox.analysis.effect import SMALL, change, induction_effect, scale_of
from sandbox.analysis.induction import inductions
from sandbox.analysis.numeral import numeral, percent
from sandbox.analysis.trajectory import ScaleName, TrajectoryPoint
from sandbox.library.client import Client
from sandbox.library.document import is_english
from sandbox.library.questionnaire import Scale
from sandbox.measurement.validity.verdict import Usable
from sandbox.text import number_of

# The project's own conventions, as shares of the scale's range or of what was counted.
FLOOR, CEILING = 0.05, 0.95
"""A score in the outer twentieth of its range has nowhere to go."""
HIGHEST_BASELINE = 0.4
AT_CEILING = 0.1
"""How many of the scores after a scenario may lie at the ceiling."""
RISE = 0.2
UNMOVED = 0.15
"""How far a neutral scenario may move the score."""
UNDONE = 0.5
"""How much of the rise a control may undo: more, and hardly anything is left for a technique."""
LONGEST_REPLY = 30
"""Words; the middle of all replies."""
VARIED, FIRST_PERSON = 2 / 3, 0.9
ENOUGH = 3
"""Runs with an affect whose rise is known; fewer decide nothing."""

_BEGINNING = 4
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_FIRST_PERSON = frozenset(
    ("i", "me", "my", "mine", "myself", "i'm", "i've", "i'd", "i'll", "we", "our", "us")
)


@dataclass(frozen=True, slots=True)
class RunFigures:
    """One run: scores at baseline and after the scenario, by control the score at its end. None: missing."""

    trunk: str
    scenario: str
    neutral: bool
    seed: int
    baseline: float | None
    induced: float | None
    ends: dict[str, float | None]


@dataclass(frozen=True, slots=True)
class ControlFigures:
    """A control beside no technique. `change`: the middle change of the score under it, with its sign.

    `undone`: the middle share of the rise that it undid; below 0 it added to it. `worse` of `runs` got worse
    under it by a tenth of the range or more.
    """

    control: str
    title: str
    runs: int
    change: float | None
    undone: float | None
    worse: int

    @property
    def adds(self) -> bool:
        """Whether the control itself makes the score worse in most runs."""
        return self.worse * 2 > self.runs

    @property
    def finding(self) -> str:
        """What is wrong with it as a control for this client and model; empty when nothing is."""
        if self.change is None:
            return ""
        if self.adds:
            return (
                f"{self.title} itself makes the score worse ({numeral(self.change, signed=True)}; in"
                f" {self.worse} of {self.runs} runs): an effect against it contains that, so take another"
                " control"
            )
        if self.undone is not None and self.undone > UNDONE:
            return (
                f"{self.title} alone undoes {percent(self.undone)} of the rise: little is left for a"
                " technique to show"
            )
        return ""


@dataclass(frozen=True, slots=True)
class ClientCheck:
    """Middle values over the runs of one client (`runs` with an affect, `neutral_runs` without).

    `baseline`, `induced`, `rise` are of the runs with an affect, `neutral` is the middle distance that a
    neutral scenario moved the score, up or down. `floor`, `ceiling`: the share of baselines at the calm end,
    of induced scores at the distressed end. `words`: of the middle reply. `varied`: the share of replies that
    begin otherwise, in their first four words, than the example turns and the session's earlier replies.
    `first_person`: the share with “I” or the like; None for a client that does not speak English. All of
    these are None where there was nothing to count: no score, no reply.
    """

    client: Client
    scale: ScaleName
    runs: int
    neutral_runs: int
    baseline: float | None
    induced: float | None
    rise: float | None
    neutral: float | None
    floor: float | None
    ceiling: float | None
    words: float | None
    varied: float | None
    first_person: float | None
    controls: tuple[ControlFigures, ...]
    resistance: Resistance
    usable: Usable
    findings: tuple[str, ...]
    each: tuple[RunFigures, ...]

    @property
    def verdict(self) -> str:
        """`usable with care: …; ….`"""
        return f"{self.usable}{': ' if self.findings else ''}{'; '.join(self.findings)}."


def check_client(runs: Sequence[Sequence[Arm]], scale: ScaleName, *, shown_examples: bool) -> ClientCheck:
    """What the runs of one client come to. Each begins with its trunk; at least one is not empty.

    `shown_examples`: the model is a small one and was shown the client's example turns.
    """
    client = runs[0][0].plan.client
    told, neutral = [own for own in runs if not _neutral(own)], [own for own in runs if _neutral(own)]
    definition = next((found for own in runs if (found := scale_of(own[0].plan, scale))), None)
    baselines = _values(own[0].course(scale).baseline for own in told or neutral)
    induced = _values(own[0].course(scale).induced for own in told)
    rises = [value for own in told if (value := induction_effect(own[0].course(scale)).value) is not None]
    unmoved = [
        value for own in neutral if (value := induction_effect(own[0].course(scale)).value) is not None
    ]
    examples = [one.reply for one in client.small_model.examples] if shown_examples else []
    replies = [reply for own in runs for arm in own for reply in _own_replies(arm)]
    figures = ClientCheck(
        client=client,
        scale=scale,
        runs=len(told),
        neutral_runs=len(neutral),
        baseline=_middle(baselines),
        induced=_middle(induced),
        rise=_middle(rises),
        neutral=_middle([abs(value) for value in unmoved]),
        floor=_share(_place(value, definition) < FLOOR for value in baselines),
        ceiling=_share(_place(value, definition) > CEILING for value in induced),
        words=_middle([len(_WORD.findall(reply)) for reply in replies]),
        varied=_share(new for own in runs for new in _begin_anew(own, examples)),
        first_person=_share(map(_in_first_person, replies)) if is_english(client.language) else None,
        controls=tuple(_controls(told, scale, definition)),
        resistance=resistance([arm for own in told for arm in own if arm.is_control], client),
        usable="undecided",
        findings=(),
        each=tuple(_run_figures(own, scale) for own in runs),
    )
    return _judged(figures, definition, scored=len(rises), flat=list(_flat(told, scale)))


def _judged(figures: ClientCheck, scale: Scale | None, *, scored: int, flat: Sequence[str]) -> ClientCheck:
    """`scored`: the runs with an affect that have a score at baseline and after the scenario. `flat`: the
    scenarios that raised nothing."""
    bad, care = list(_bad(figures, scale)), [*_with_care(figures, scale), *flat]
    if scored < ENOUGH:
        return replace(figures, usable="undecided", findings=(_too_few(figures.runs, scored), *bad, *care))
    usable: Usable = "not usable with this model" if bad else "usable with care" if care else "usable"
    return replace(figures, usable=usable, findings=(*bad, *care))


def _too_few(runs: int, scored: int) -> str:
    if scored < runs:
        count = f"only {scored}" if scored else "none"
        return f"{count} of {runs} runs {'have' if scored > 1 else 'has'} both scores, {ENOUGH} are needed"
    which = "1 run with an affect is" if runs == 1 else f"{runs} runs with an affect are"
    return f"{which} too few to tell, {ENOUGH} are needed"


def _bad(figures: ClientCheck, scale: Scale | None) -> Iterator[str]:
    """What leaves nothing to be seen."""
    width = _width(scale)
    if figures.rise is not None and _toward(figures.rise, scale) < RISE * width:
        yield f"a scenario hardly moves it ({numeral(figures.rise, signed=True)}): there is little to undo"
    if figures.ceiling is not None and figures.ceiling > AT_CEILING:
        yield f"{percent(figures.ceiling)} of the scores after a scenario lie at the ceiling"


def _flat(told: Sequence[Sequence[Arm]], scale: ScaleName) -> Iterator[str]:
    """Of several scenarios those that raised nothing, which the middle over all of them hides."""
    for one in inductions([own[0] for own in told], scale):
        if one.case and one.nothing:
            yield (
                f"in {one.case} nothing was {one.raised} ({numeral(one.before)} → {numeral(one.after)},"
                f" {number_of(one.rise.pairs, 'run')})"
            )


def _with_care(figures: ClientCheck, scale: Scale | None) -> Iterator[str]:
    if figures.baseline is not None:
        place = _place(figures.baseline, scale)
        if place < FLOOR:
            yield (
                f"the baseline lies at the floor ({numeral(figures.baseline)}): “back to baseline” is judged"
                " against an end of the scale"
            )
        elif place > HIGHEST_BASELINE:
            yield f"the baseline is high already ({numeral(figures.baseline)})"
    if figures.neutral is not None and figures.neutral > UNMOVED * _width(scale):
        yield f"a neutral scenario moves it too, by {numeral(figures.neutral)}"
    if figures.words is not None and figures.words > LONGEST_REPLY:
        yield f"replies are long ({figures.words:.0f} words)"
    if figures.varied is not None and figures.varied < VARIED:
        yield f"{percent(1 - figures.varied)} of the replies begin as an earlier one or as an example"
    if figures.first_person is not None and figures.first_person < FIRST_PERSON:
        yield f"only {percent(figures.first_person)} of the replies are in the first person"
    yield from (one.finding for one in figures.controls if one.finding)
    yield from figures.resistance.findings()


# What is counted


def _controls(
    runs: Sequence[Sequence[Arm]], scale: ScaleName, definition: Scale | None
) -> Iterator[ControlFigures]:
    by_id: dict[str, list[Arm]] = {}
    for own in runs:
        for arm in own:
            if arm.is_control and arm.plan.technique is not None:
                by_id.setdefault(arm.plan.technique.id, []).append(arm)
    for id, arms in by_id.items():
        changes, undone = [], []
        for arm in arms:
            moved, rise = change(arm.course(scale)).value, induction_effect(arm.course(scale)).value
            if moved is None or rise is None:
                continue
            changes.append(moved)
            if abs(rise) >= SMALL * _width(definition):
                undone.append(-moved / rise)
        worse = sum(_toward(value, definition) >= SMALL * _width(definition) for value in changes)
        title = arms[0].plan.technique.title if arms[0].plan.technique else id
        yield ControlFigures(id, title, len(changes), _middle(changes), _middle(undone), worse)


def _run_figures(own: Sequence[Arm], scale: ScaleName) -> RunFigures:
    plan, course = own[0].plan, own[0].course(scale)
    ends = {}
    for arm in own:
        if arm.is_control and arm.plan.technique is not None:
            last = arm.course(scale).last("technique")
            ends[arm.plan.technique.id] = last.value if last else None
    return RunFigures(
        own[0].trunk,
        plan.scenario.id,
        _neutral(own),
        plan.seed,
        course.baseline.value if course.baseline else None,
        course.induced.value if course.induced else None,
        ends,
    )


def _neutral(own: Sequence[Arm]) -> bool:
    return own[0].plan.scenario.affect == "none"


def _own_replies(arm: Arm) -> list[str]:
    """What the client said in it, without what it inherited from its shared start."""
    own = arm.turns[arm.began.after_turn :] if arm.plan.technique is not None else arm.turns
    return [turn.reply for turn in own if turn.reply and turn.reply.strip() and not turn.refused]


def _begin_anew(own: Sequence[Arm], examples: Sequence[str]) -> Iterator[bool]:
    """For each reply of a run, whether it begins otherwise than the examples and what came before it."""
    start = _own_replies(own[0])
    for arm in own:
        before = [] if arm is own[0] else start
        seen = {_begins(text) for text in (*examples, *before)}
        for reply in _own_replies(arm):
            yield _begins(reply) not in seen
            seen.add(_begins(reply))


def _begins(reply: str) -> tuple[str, ...]:
    return tuple(word.casefold() for word in _WORD.findall(reply)[:_BEGINNING])


def _in_first_person(reply: str) -> bool:
    return any(word.casefold().replace("’", "'") in _FIRST_PERSON for word in _WORD.findall(reply))


# Where a score lies on its scale


def _place(value: float, scale: Scale | None) -> float:
    """0 at the calm end, 1 at the distressed one."""
    low, high = scale.range if scale else (0.0, 100.0)
    share = (value - low) / (high - low)
    return 1 - share if scale and scale.higher_is == "less distress" else share


def _toward(difference: float, scale: Scale | None) -> float:
    """The difference, above 0 towards more distress."""
    return -difference if scale and scale.higher_is == "less distress" else difference


def _width(scale: Scale | None) -> float:
    low, high = scale.range if scale else (0.0, 100.0)
    return high - low


def _values(points: Iterable[TrajectoryPoint | None]) -> list[float]:
    return [point.value for point in points if point is not None and point.value is not None]


def _middle(values: Sequence[float]) -> float | None:
    return float(median(values)) if values else None


def _share(found: Iterable[bool]) -> float | None:
    """Of the cases; None without one."""
    cases = list(found)
    return sum(cases) / len(cases) if cases else None
