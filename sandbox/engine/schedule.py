"""What comes next in a session: a pure function of plan and history, so resuming is simply asking again."""

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.engine.history import History, Origin
from sandbox.engine.measure import Measure
from sandbox.engine.phase import Phase, Point, technique_first
from sandbox.engine.plan import SessionPlan
from sandbox.library.task import next_question
from sandbox.library.technique import Step, Technique
from sandbox.library.template import StepContext, holds, render


@dataclass(frozen=True, slots=True)
class Say:
    """Say `text` to the client and, if `awaits_reply`, let it answer.

    With the origin `guided`, `text` is what the protocol asks for, and a therapist model finds the words.
    `again`: a turn is redone, word for word, and nothing else may come in its place.
    """

    phase: Phase
    origin: Origin
    text: str
    awaits_reply: bool = True
    step: str | None = None
    repeat: int = 1
    again: bool = False

    @property
    def asks_task(self) -> bool:
        """Whether it is a question of a scenario's task; `step` is the task's id then."""
        return self.phase == "induction" and self.step is not None


@dataclass(frozen=True, slots=True)
class Give:
    """Give one questionnaire at a measurement point."""

    point: Point
    measure: Measure


@dataclass(frozen=True, slots=True)
class LeaveOut:
    """Pass over a step whose condition does not hold."""

    step: str


@dataclass(frozen=True, slots=True)
class AskClinician:
    """Wait for the clinician's own words; `cue` is what the step suggests."""

    step: str
    cue: str
    repeat: int = 1


@dataclass(frozen=True, slots=True)
class Done:
    """Nothing is left to do."""


Action = Say | Give | LeaveOut | AskClinician | Done


def next_action(plan: SessionPlan, history: History) -> Action:
    """The next thing to do. Raises InvalidDocument if a step's template cannot be rendered."""
    if due := _due(plan, history):
        return due
    if plan.redo is not None and not history.own_turns:
        turn = plan.redo
        return Say(turn.phase, turn.origin, turn.said, step=turn.step, repeat=turn.repeat, again=True)
    for place, stretch in enumerate(plan.stretches):
        if stretch == "technique" and plan.technique is None:  # a trunk: its branches go on
            return Done()
        if not _left(plan, history, place) and (action := _in_stretch(plan, history, stretch)) is not None:
            return action
    return Done()


def _in_stretch(plan: SessionPlan, history: History, stretch: Phase) -> Action | None:
    """What is left to do in one stretch of the plan; None: nothing."""
    if stretch == "induction":
        return _scenario_turn(plan, history) if _tells(plan) else None
    if stretch == "technique" and plan.technique is not None:
        return _next_step(plan.technique, history, plan.passed)
    return _follow_up_turn(plan, history) or _closing(plan, history)


def _left(plan: SessionPlan, history: History, place: int) -> bool:
    """Whether a later stretch has begun: then nothing more is said in this one, whatever the score."""
    later = plan.stretches[place + 1 :]
    return any(turn.phase in later for turn in history.own_turns) or (
        "follow-up" in later and _follow_up_given(history)
    )


def _tells(plan: SessionPlan) -> bool:
    """Whether the session tells the scenario itself. A technique that follows one begins where its branch
    left, which may be in the middle of it."""
    return plan.technique is None or technique_first(plan.stretches)


def reached(plan: SessionPlan, history: History) -> Point | None:
    """The measurement point the history stands at, None in the middle of a scenario or follow-up stretch."""
    count = len(history.turns)
    if not count:
        return Point(0, "baseline")
    phase = history.turns[-1].phase
    if phase == "technique":
        return Point(count, "technique", sum(t.phase == "technique" for t in history.turns))
    if phase == "induction":
        told = not _tells(plan) or _scenario_turn(plan, history) is None
        return Point(count, "induction") if told else None
    stretch = len(plan.follow_up.turns) if plan.follow_up else 0
    told = sum(t.phase == "follow-up" for t in history.own_turns) >= stretch
    return Point(count, "follow-up") if told else None


def current_phase(action: Action) -> Phase | None:
    """The phase an action belongs to, None for Done."""
    match action:
        case Say(phase=phase):
            return phase
        case Give(point=point):
            return point.phase
        case LeaveOut() | AskClinician():
            return "technique"
        case Done():
            return None


def is_open(action: Say | AskClinician) -> bool:
    """Whether the clinician may say something first, or skip what comes: in the technique, unless redone."""
    return isinstance(action, AskClinician) or (action.phase == "technique" and not action.again)


def _due(plan: SessionPlan, history: History) -> Give | None:
    point = reached(plan, history)
    return _first_not_given(plan, history, point) if point else None


def _first_not_given(plan: SessionPlan, history: History, point: Point) -> Give | None:
    for measure in plan.measures:
        wanted = point.phase in measure.phases
        if wanted and not history.was_measured(point, measure.questionnaire.id):
            return Give(point, measure)
    return None


def _scenario_turn(plan: SessionPlan, history: History) -> Say | None:
    told = sum(turn.phase == "induction" for turn in history.turns)
    if told < len(plan.scenario.turns):
        turn = plan.scenario.turns[told]
        return Say("induction", "scenario", turn.say, awaits_reply=turn.reply)
    for task in plan.scenario.tasks:
        answers = tuple(t.reply or "" for t in history.turns if t.phase == "induction" and t.step == task.id)
        question = next_question(task, answers)
        if question is not None:
            return Say("induction", "scenario", question, step=task.id, repeat=len(answers) + 1)
    return None


def _follow_up_given(history: History) -> bool:
    last = len(history.turns)
    return any(m.point.phase == "follow-up" and m.point.after_turn == last for m in history.measured)


def _follow_up_turn(plan: SessionPlan, history: History) -> Say | None:
    told = sum(t.phase == "follow-up" for t in history.own_turns)
    if plan.follow_up is None or told >= len(plan.follow_up.turns):
        return None
    turn = plan.follow_up.turns[told]
    return Say("follow-up", "scenario", turn.say, awaits_reply=turn.reply)


def _closing(plan: SessionPlan, history: History) -> Give | None:
    return _first_not_given(plan, history, Point(len(history.turns), "follow-up"))


def _next_step(technique: Technique, history: History, passed: Mapping[str, int]) -> Action | None:
    context = _context(history)
    position, said = _progress(technique, history, passed)
    if said and (again := technique.steps[position].repeat):
        if said < again.at_most and not holds(again.until, context):
            return _step_action(technique, technique.steps[position], context, said + 1)
        position += 1
    elif said:
        position += 1
    if position >= len(technique.steps):
        return None
    step = technique.steps[position]
    if step.when is not None and not holds(step.when, context):
        return LeaveOut(step.id)
    return _step_action(technique, step, context, 1)


def _progress(technique: Technique, history: History, passed: Mapping[str, int]) -> tuple[int, int]:
    """Index of the step reached, and how often it was said (0: it comes next)."""
    order = {step.id: index for index, step in enumerate(technique.steps)}
    skipped = [order[s.step] + 1 for s in history.skips if s.step in order]
    skipped += [order[step] + 1 for step, times in passed.items() if step in order and not times]
    said_here = (t for t in history.own_turns if t.phase == "technique")
    spoken = [(order[t.step], t.repeat) for t in said_here if t.step in order]
    spoken += [(order[step], times) for step, times in passed.items() if step in order and times]
    position, said = max(spoken, default=(0, 0))
    after_skips = max(skipped, default=0)
    return (after_skips, 0) if after_skips > position else (position, said)


def _step_action(technique: Technique, step: Step, context: StepContext, repeat: int) -> Action:
    text = render(step.say, context)
    if not text.strip():  # all of it stood behind conditions that do not hold
        return LeaveOut(step.id)
    if technique.delivery == "live":
        return AskClinician(step.id, text, repeat)
    origin: Origin = "guided" if technique.delivery == "guided" else "scripted"
    return Say("technique", origin, text, step=step.id, repeat=repeat)


def _context(history: History) -> StepContext:
    replies = [turn.reply for turn in history.turns if turn.reply is not None]
    spoken = sum(turn.phase == "technique" for turn in history.own_turns)
    return StepContext(last_reply=replies[-1] if replies else "", turn=spoken + 1, score=history.latest_score)
