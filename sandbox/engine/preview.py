"""What a document will say, turn by turn, and what a session with it asks of a model. Nothing is run."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sandbox.engine.phase import Phase
from sandbox.engine.plan import Measure, SessionPlan
from sandbox.engine.proposal import Proposal, compose, with_control
from sandbox.library.catalogue import Library
from sandbox.library.client import Client
from sandbox.library.document import Document
from sandbox.library.questionnaire import (
    CompletionQuestionnaire,
    Questionnaire,
    RatingQuestionnaire,
    WordQuestionnaire,
)
from sandbox.library.scenario import Scenario
from sandbox.library.task import Task
from sandbox.library.technique import Step, Technique
from sandbox.library.template import StepContext, render
from sandbox.measurement.administering import WAYS, default_way
from sandbox.measurement.completion import COMPLETION_TOKENS
from sandbox.models.provider import Capabilities, Sampling

_EXPRESSION = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_DEPENDS = re.compile(r"\b(?:score|turn)\b")
_QUOTED = "⟨the client's last reply⟩"
_ANSWER_TOKENS = 8  # an item's id and number, written out


@dataclass(frozen=True, slots=True)
class Passage:
    """One thing that is said or shown. `notes` are conditions, repetitions and the like, in words."""

    label: str
    text: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Load:
    """What one session asks of a model, if every reply takes all the tokens it may: an upper bound.

    Token numbers are sums over all calls but `longest_prompt`; a cache can spare most prompt tokens. Chat
    templates add a few tokens a message. `turns` counts those that are answered.
    """

    turns: int
    calls: int
    prompt_tokens: int
    reply_tokens: int
    longest_prompt: int


def passages(document: Document) -> tuple[Passage, ...]:
    """Everything a document says or shows, in order."""
    match document:
        case Scenario():
            return tuple(_told(document))
        case Technique():
            return tuple(_step(n, step) for n, step in enumerate(document.steps, 1))
        case RatingQuestionnaire() | WordQuestionnaire() | CompletionQuestionnaire():
            return tuple(_asked(document))
        case Client():
            return tuple(_played(document))
        case _:
            return ()


def beside(technique: Technique, library: Library) -> Technique | None:
    """The control as it would run beside `technique`, as many steps long; None for a control.

    Raises UsageError when the default control is too short, InvalidDocument when it cannot be used.
    """
    arms = with_control((technique,), library)
    return arms[1] if len(arms) > 1 else None


def session_with(document: Document, model: str, capabilities: Capabilities, library: Library) -> SessionPlan:
    """A session as the app would propose it, with `document` in its place."""
    usual = compose(Proposal(control=False, model=model), library, capabilities)[1].plan
    match document:
        case Scenario():
            return usual.model_copy(update={"scenario": document})
        case Technique():
            return usual.model_copy(update={"technique": document})
        case Client():
            return usual.model_copy(update={"client": document})
        case RatingQuestionnaire() | WordQuestionnaire() | CompletionQuestionnaire():
            only, *others = WAYS[document.kind]
            way = default_way(document, capabilities) if others else only
            measure = Measure(questionnaire=document, way=way)
            return usual.model_copy(update={"measures": (measure,)})
        case _:
            return usual


def texts_of(plan: SessionPlan) -> tuple[str, ...]:
    """Every text whose tokens `load` has to know, each once."""
    steps = plan.technique.steps if plan.technique else ()
    examples = plan.client.small_model.examples
    texts = (
        plan.client.system,
        *(text for example in examples for text in (example.say, example.reply)),
        *(turn.say for turn in plan.scenario.turns),
        *(_longest(task) for task in plan.scenario.tasks),
        *(step.say for step in steps),
        *(_whole(measure) for measure in plan.measures),
    )
    return tuple(dict.fromkeys(texts))


def load(plan: SessionPlan, tokens: Mapping[str, int], *, small: bool, sampling: Sampling) -> Load:
    """The upper bound for a session in which every step is said once. `tokens` has every text of texts_of."""
    count = _Count(plan, tokens, sampling.max_tokens)
    count.prompt = tokens[plan.client.system]
    if small:
        examples = plan.client.small_model.examples
        count.prompt += sum(tokens[e.say] + tokens[e.reply] for e in examples)
    count.measure("baseline")
    for turn in plan.scenario.turns:
        count.turn(turn.say, reply=turn.reply)
    for task in plan.scenario.tasks:
        for _ in range(task.stop.questions):
            count.turn(_longest(task), reply=True)
    count.measure("induction")
    for step in plan.technique.steps if plan.technique else ():
        count.turn(step.say, reply=True)
        count.measure("technique")
    count.measure("follow-up")
    return Load(count.turns, count.calls, count.prompts, count.replies, count.longest)


class _Count:
    """The running sums while a session is walked through."""

    def __init__(self, plan: SessionPlan, tokens: Mapping[str, int], reply: int) -> None:
        self._plan = plan
        self._tokens = tokens
        self._reply = reply
        self.prompt = self.turns = self.calls = self.prompts = self.replies = self.longest = 0

    def turn(self, said: str, *, reply: bool) -> None:
        self.prompt += self._tokens[said]
        if reply:
            self.turns += 1
            self._call(self.prompt, self._reply)
            self.prompt += self._reply

    def measure(self, phase: Phase) -> None:
        for measure in self._plan.measures:
            if phase in measure.phases:
                items = len(measure.questionnaire.items)
                prompt = self.prompt + self._tokens[_whole(measure)]
                calls, answer = {
                    "word": (1, 1),
                    "likelihood": (items, 1),
                    "completion": (items, COMPLETION_TOKENS),
                    "report": (1, _ANSWER_TOKENS * items),
                }[measure.way]
                for _ in range(calls):
                    self._call(prompt, answer)

    def _call(self, prompt: int, reply: int) -> None:
        self.calls += 1
        self.prompts += prompt
        self.replies += reply
        self.longest = max(self.longest, prompt + reply)


def _whole(measure: Measure) -> str:
    questionnaire = measure.questionnaire
    if isinstance(questionnaire, WordQuestionnaire):
        return f"{questionnaire.ask}\n{questionnaire.opening}"
    return "\n".join(passage.text for passage in passages(questionnaire))


def _told(scenario: Scenario) -> Iterator[Passage]:
    for n, turn in enumerate(scenario.turns, 1):
        notes = () if turn.reply else ("told without waiting for an answer",)
        yield Passage(f"turn {n}", turn.say, notes)
    for task in scenario.tasks:
        until = f"up to {task.stop.questions} questions"
        if task.stop.right_in_a_row:
            until += f", fewer after {task.stop.right_in_a_row} right answers in a row"
        yield Passage(f"task {task.id}", task.begin, (until,))
        yield Passage(f"task {task.id}, right", task.right)
        yield Passage(f"task {task.id}, wrong", task.wrong)
        if task.unreadable:
            yield Passage(f"task {task.id}, unreadable", task.unreadable)


def _longest(task: Task) -> str:
    """The longest thing the task says, for an upper bound."""
    return max(task.begin, task.right, task.wrong, task.unreadable or "", key=len)


def _step(number: int, step: Step) -> Passage:
    notes = []
    if step.when:
        notes.append(f"only if {step.when}")
    if step.repeat:
        notes.append(f"again until {step.repeat.until}, at most {step.repeat.at_most} times in all")
    return Passage(f"{number} {step.id}", _as_said(step.say), tuple(notes))


def _as_said(text: str) -> str:
    """A step's text with the place of a quotation named; texts that depend on more stay as written."""
    if "{%" in text or any(_DEPENDS.search(inside) for inside in _EXPRESSION.findall(text)):
        return text
    return render(text, StepContext(_QUOTED, 1, lambda _: None))


def _asked(questionnaire: Questionnaire) -> Iterator[Passage]:
    if questionnaire.preamble:
        yield Passage("preamble", questionnaire.preamble)
    if isinstance(questionnaire, WordQuestionnaire):
        yield Passage("question", questionnaire.ask, (f"the answer begins: {questionnaire.opening}",))
        for word_item in questionnaire.items:
            yield Passage(word_item.id, ", ".join(word_item.words))
        return
    if isinstance(questionnaire, CompletionQuestionnaire):
        yield Passage("question", questionnaire.ask)
        for stem in questionnaire.items:
            yield Passage(stem.id, stem.text, ("the answer goes on from here",))
        return
    for item in questionnaire.items:
        yield Passage(item.id, item.text, ("reversed in scales",) if item.reverse else ())
    if questionnaire.options:
        yield Passage("options", "; ".join(f"{o.value:g} {o.label}" for o in questionnaire.options))
    elif questionnaire.range:
        ends = "; ".join(f"{a.value:g} {a.label}" for a in questionnaire.range.anchors)
        yield Passage(
            "range", f"{questionnaire.range.min:g} to {questionnaire.range.max:g}; {ends}".rstrip("; ")
        )


def _played(client: Client) -> Iterator[Passage]:
    yield Passage("system text", client.system)
    for n, example in enumerate(client.small_model.examples, 1):
        notes = ("shown to very small models only",)
        yield Passage(f"example {n}", example.say, notes)
        yield Passage(f"example {n}, reply", example.reply, notes)
