"""What sessions ask of a model, in calls, tokens, time and money, before anything is run: about."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sandbox.engine.guidance import Guidance
from sandbox.engine.measure import Measure
from sandbox.engine.phase import Phase
from sandbox.engine.plan import SessionHead, SessionPlan
from sandbox.library.scenario import Scenario
from sandbox.library.task import Task
from sandbox.library.technique import Step, Technique
from sandbox.measurement.administering import first_asking
from sandbox.measurement.reading.presentation import Asking
from sandbox.models.provider import REASONING_TOKENS
from sandbox.models.tokens import TokenCounts

# Measured in time of two cores: a reply, a call that finds its conversation in the cache, and a script of
# 1,150 tokens a step, which took 5, 11 and 22 s to read up to 1,500, 2,700 and 3,900 tokens.
_EMBEDDED_TOKENS_A_SECOND = 70
_EMBEDDED_SECONDS_A_CALL = 0.045
_EMBEDDED_SECONDS_A_READ = 2.5e-6


@dataclass(frozen=True, slots=True)
class Load:
    """About what sessions of one trunk ask of a model: every step said once, every answer read at once, every
    reply as long as it may be. Steps repeated, items asked again and words followed further come on top.

    Token numbers are sums over all calls but `longest_prompt`; a cache can spare most prompt tokens. Chat
    templates add a few tokens a message. `turns` counts those that are answered. `reply_tokens` has what a
    reasoning model may think. `read` is what reading grows with where a cache keeps what was read, since each
    token looks back at all before it: the square of the conversation's length, of each stretch what it adds.
    """

    turns: int
    calls: int
    prompt_tokens: int
    reply_tokens: int
    longest_prompt: int
    read: int = 0


def plans_of(heads: Sequence[SessionHead]) -> tuple[SessionPlan, ...]:
    """The plans whose `load` is that of a trunk with its branches: the branches', or the lone trunk's."""
    branches = tuple(head.plan for head in heads if head.parent is not None)
    return branches or tuple(head.plan for head in heads)


def texts_of(plans: Iterable[SessionPlan]) -> tuple[str, ...]:
    """Every text whose tokens `load` has to know, each once."""
    return tuple(dict.fromkeys(text for plan in plans for text in _texts(plan)))


def load(
    plans: Sequence[SessionPlan],
    counts: TokenCounts,
    tokens: Mapping[str, int],
    reply: float | None = None,
    *,
    begun: bool = False,
) -> Load:
    """What sessions of one trunk come to. `tokens` has all of texts_of; `reply` is how many tokens a reply
    has (None: as many as it may). `begun`: the trunk is finished, and its branches alone count."""
    trunk = plans[0]
    longest = trunk.sampling.max_tokens or counts.sampling.max_tokens
    count = _Count(trunk, tokens, longest if reply is None else min(reply, longest))
    count.prompt = tokens[trunk.client.told_first]
    if counts.capabilities.small:
        examples = trunk.client.small_model.examples
        count.prompt += sum(tokens[e.say] + tokens[e.reply] for e in examples)
    count.measure("baseline")
    baseline = count.prompt
    count.tell(trunk.scenario)
    count.measure("induction")
    induced = count.prompt
    read = 0.0 if begun else induced**2
    if begun:
        count.prompts = count.replies = 0.0
        count.turns = count.calls = 0
    for plan in plans:
        if not plan.is_trunk:
            count.prompt = left = induced if plan.stretches[0] == "induction" else baseline
            count.go_on(plan)
            read += count.prompt**2 - left**2
    thoughts = count.calls * REASONING_TOKENS if counts.capabilities.reasoning else 0
    replies = round(count.replies + thoughts)
    return Load(count.turns, count.calls, round(count.prompts), replies, round(count.longest), round(read))


def embedded_seconds(found: Load) -> float:
    """About how long the embedded model takes over it, in seconds on two idle cores."""
    return (
        found.reply_tokens / _EMBEDDED_TOKENS_A_SECOND
        + found.calls * _EMBEDDED_SECONDS_A_CALL
        + found.read * _EMBEDDED_SECONDS_A_READ
    )


def dollars(found: Load, counts: TokenCounts) -> float | None:
    """US dollars at list prices, without a cache's discount; None when a price is unknown."""
    if counts.input_price is None or counts.output_price is None:
        return None
    return found.prompt_tokens * counts.input_price + found.reply_tokens * counts.output_price


def cost_text(found: Load, counts: TokenCounts) -> str:
    """`no cost; about 18 s on two cores`, `about $0.0123 at list prices`, or `cost unknown`."""
    if counts.model == "embedded":
        return f"no cost; about {embedded_seconds(found):.0f} s on two idle cores"
    if counts.capabilities.local:
        return "no cost; how long it takes depends on this machine"
    cost = dollars(found, counts)
    return "cost unknown" if cost is None else f"about ${cost:.4f} at list prices"


def too_long(found: Load, counts: TokenCounts) -> str:
    """Says by how much a conversation would pass the model's context; empty when it would not."""
    context = counts.capabilities.context
    if not context or found.longest_prompt <= context:
        return ""
    return f"too long: about {found.longest_prompt:,} tokens in one call, its context has {context:,}"


class _Count:
    """The running sums while sessions are walked through; `prompt` is the conversation's length by now."""

    def __init__(self, plan: SessionPlan, tokens: Mapping[str, int], reply: float) -> None:
        self._plan = plan
        self._tokens = tokens
        self._reply = reply
        self.prompt = self.prompts = self.replies = self.longest = 0.0
        self.turns = self.calls = 0

    def tell(self, scenario: Scenario) -> None:
        for turn in scenario.turns:
            self._turn(turn.say, reply=turn.reply)
        for task in scenario.tasks:
            for _ in range(task.stop.questions):
                self._turn(_longest(task), reply=True)

    def go_on(self, plan: SessionPlan) -> None:
        """What a branch says and asks itself."""
        for stretch in plan.stretches:
            if stretch == "induction" and stretch != plan.stretches[0]:
                self.tell(plan.scenario)
                self.measure("induction")
            elif stretch == "technique" and plan.technique is not None:
                self.apply(plan.technique, plan.guided_by)
            elif stretch == "follow-up":
                if plan.follow_up is not None:
                    self.tell(plan.follow_up)
                self.close(plan)

    def apply(self, technique: Technique, guidance: Guidance | None) -> None:
        for step in technique.steps:
            if guidance is not None:
                told = _told(guidance, technique, step)
                self._call(self.prompt + self._tokens[told], self._reply)
            self._turn(step.say, reply=True)
            self.measure("technique")

    def close(self, plan: SessionPlan) -> None:
        """The last measurement: without turns before it, only of what was not measured there already."""
        before = plan.stretches[-2] if plan.follow_up is None and not plan.measured_again else None
        self.measure("follow-up", but_for=before)

    def measure(self, phase: Phase, but_for: Phase | None = None) -> None:
        for measure in self._plan.measures:
            if phase in measure.phases and but_for not in measure.phases:
                added = 0.0
                for asking in _asked(measure):
                    question, answer = self._tokens[asking.question], self._limit(measure, asking)
                    self._call(self.prompt + question, answer)
                    added += question + answer
                if self._plan.administration == "in_conversation":
                    self.prompt += added

    def _limit(self, measure: Measure, asking: Asking) -> float:
        """A completion is drawn as replies are, and no longer than they may be."""
        return min(asking.limit, self._reply) if measure.way == "completion" else asking.limit

    def _turn(self, said: str, *, reply: bool) -> None:
        self.prompt += self._tokens[said]
        if reply:
            self.turns += 1
            self._call(self.prompt, self._reply)
            self.prompt += self._reply

    def _call(self, prompt: float, reply: float) -> None:
        self.calls += 1
        self.prompts += prompt
        self.replies += reply
        self.longest = max(self.longest, prompt + reply)


def _texts(plan: SessionPlan) -> Iterator[str]:
    yield plan.client.told_first
    for example in plan.client.small_model.examples:
        yield from (example.say, example.reply)
    for scenario in (plan.scenario, plan.follow_up):
        if scenario is not None:
            yield from (turn.say for turn in scenario.turns)
            yield from (_longest(task) for task in scenario.tasks)
    if plan.technique is not None:
        yield from (step.say for step in plan.technique.steps)
        if plan.guided_by is not None:
            yield from (_told(plan.guided_by, plan.technique, step) for step in plan.technique.steps)
    for measure in plan.measures:
        yield from (asking.question for asking in _asked(measure))


def _told(guidance: Guidance, technique: Technique, step: Step) -> str:
    return f"{guidance.instructions(technique, step.say)}\n{guidance.step_note(step.say)}"


def _asked(measure: Measure) -> tuple[Asking, ...]:
    return first_asking(measure.questionnaire, measure.way, measure.presentation)


def _longest(task: Task) -> str:
    """The longest thing the task says."""
    return max(task.begin, task.right, task.wrong, task.unreadable or "", key=len)
