"""What a model is sent: system text, examples, then the history, so that the prefix never changes.

A questionnaire is given at a point of it, in the run or afterwards (`give`).
"""

from collections.abc import Iterator
from dataclasses import replace

from sandbox.engine.disclosure import as_heard
from sandbox.engine.history import History, Measured
from sandbox.engine.measure import Measure
from sandbox.engine.phase import Point
from sandbox.engine.plan import SessionPlan
from sandbox.errors import UsageError
from sandbox.measurement.administering import administer
from sandbox.measurement.administration import Administration
from sandbox.models.provider import Capabilities, Message, Provider, Sampling, alternating
from sandbox.seed import derived_seed


def conversation(plan: SessionPlan, history: History, capabilities: Capabilities) -> tuple[Message, ...]:
    """Everything said so far, as the client model sees it. Roles alternate after the system message.

    With `in_conversation` administration the questions and answers stand where they were given.
    """
    messages = [Message("system", plan.client.told_first)]
    if capabilities.small:
        for example in plan.client.small_model.examples:
            messages += [Message("user", example.say), Message("assistant", example.reply)]
    messages += _asked(plan, history, 0)
    for n, turn in enumerate(history.turns):
        heard = as_heard(plan.client, history.turns[:n], turn.said, turn.phase)
        messages.append(Message("user", heard))
        if turn.reply:  # a refusal may be without a word
            messages.append(Message("assistant", turn.reply))
        messages += _asked(plan, history, turn.index)
    return alternating(messages)


def with_said(messages: tuple[Message, ...], text: str) -> tuple[Message, ...]:
    """The conversation with one more thing said to the client."""
    return alternating((*messages, Message("user", text)))


def reply_opening(plan: SessionPlan, capabilities: Capabilities) -> str:
    """What the client's replies start with; empty for all but small models that take a prefill."""
    opening = plan.client.small_model.opening if capabilities.small and capabilities.prefill else None
    return opening or ""


def drawn_as(plan: SessionPlan, model: Provider) -> Sampling:
    """How the client's answers are drawn: as the model proposes, but for what the plan says otherwise."""
    said = {name: value for name, value in plan.sampling if value is not None}
    return replace(model.sampling, **said)


def therapist_conversation(plan: SessionPlan, history: History, step: str) -> tuple[Message, ...]:
    """What a therapist model is sent before a guided step: its prompt, the technique's turns, the step.

    It sees what the client said from the end of the induction on, and not the scenario's own words.
    Raises UsageError when the plan has no technique or no guidance.
    """
    technique, guidance = plan.technique, plan.guidance
    if technique is None or guidance is None:
        raise UsageError("a guided technique needs a therapist model", todo="Name one: --therapist MODEL")
    messages = [Message("system", guidance.instructions(technique, step))]
    before = [turn.reply for turn in history.turns if turn.phase == "induction" and turn.reply]
    messages.append(Message("user", before[-1] if before else "…"))
    for turn in history.turns:
        if turn.phase == "technique":
            messages.append(Message("assistant", turn.said))
            messages.append(Message("user", turn.reply or "…"))
    note = guidance.step_note(step)
    return alternating((*messages, Message("user", note)) if note else messages)


def _asked(plan: SessionPlan, history: History, after_turn: int) -> Iterator[Message]:
    if plan.administration == "in_conversation":
        for measured in history.measured:
            if measured.point.after_turn == after_turn and not measured.administration.as_at:
                yield from measured.administration.asked


async def give(
    plan: SessionPlan, history: History, point: Point, measure: Measure, provider: Provider
) -> Administration:
    """Ask it after what has happened by then. Raises ModelError."""
    return await administer(
        measure.questionnaire,
        measure.way,
        conversation(plan, history, provider.capabilities),
        provider,
        derived_seed(plan.seed, "measure", point.label, measure.questionnaire.id),
        presentation=measure.presentation,
    )


def given_already(plan: SessionPlan, history: History, point: Point, measure: Measure) -> Measured | None:
    """What stands for the last measurement where no turn lies before it: the same conversation measured twice
    would show how answers are drawn, not what happened. To show just that is what an arm that is only
    measured again is for."""
    here = history.given_here(measure.questionnaire.id, measure.way, measure.form)
    if point.phase != "follow-up" or plan.measured_again or here is None:
        return None
    return Measured(point, replace(here.administration, as_at=here.point.label))
