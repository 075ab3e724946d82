"""The estimate of what sessions ask of a model adds up, comes to what a session does, in honest words."""

import re
from dataclasses import replace
from typing import Literal

import pytest

from sandbox.engine.cost import Load, cost_text, dollars, embedded_seconds, load, plans_of, texts_of, too_long
from sandbox.engine.measure import THREE, Measure
from sandbox.engine.plan import SessionPlan, trunk_and_branches
from sandbox.engine.run import run
from sandbox.models.provider import REASONING_TOKENS, Capabilities, Request, Sampling
from sandbox.models.tokens import TokenCounts
from tests.documents import plan, probe, scenario, technique
from tests.measurement.ratings import optioned
from tests.scripted import ScriptedProvider

COUNTS = TokenCounts(
    model="openai/m",
    title="M",
    counts=(),
    basis="counted",
    capabilities=Capabilities(context=1000),
    sampling=Sampling(temperature=0.5, max_tokens=10),
    input_price=0.001,
    output_price=0.01,
)
SMALL = replace(COUNTS, capabilities=Capabilities(small=True))


def weighed(*plans: SessionPlan, counts: TokenCounts = COUNTS) -> Load:
    return load(plans, counts, dict.fromkeys(texts_of(plans), 100))


def test_the_load_of_a_session_adds_up() -> None:
    found = weighed(plan(technique=technique("Breathe.", "Rest.")))
    # 2 scenario turns and 2 steps are answered; the probe is given at base, ind, t1 and t2, which is the end.
    assert (found.turns, found.calls) == (4, 4 + 4)
    assert found.reply_tokens == 4 * 10 + 4 * 1
    # system 100; told 100 and answered 10 each time: prompts 200, 310, 420, 530; the probes 100 more than
    # what was said by then: 200, 420, 530, 640
    assert found.prompt_tokens == (200 + 310 + 420 + 530) + (200 + 420 + 530 + 640)
    assert found.longest_prompt == 641


def test_what_a_reasoning_model_may_think_is_counted() -> None:
    plain = weighed(plan(technique=technique("Breathe.", "Rest.")))
    thinking = replace(COUNTS, capabilities=Capabilities(context=1000, reasoning=True))
    found = weighed(plan(technique=technique("Breathe.", "Rest.")), counts=thinking)
    assert found == replace(plain, reply_tokens=plain.reply_tokens + plain.calls * REASONING_TOKENS)


def test_a_trunk_is_counted_once_however_many_branches_leave_from_it() -> None:
    breathe, read = (plan(technique=technique(*steps)) for steps in (("Breathe.", "Rest."), ("Read.",)))
    trunk = weighed(plan())
    both = weighed(breathe, read)
    assert both.calls == weighed(breathe).calls + weighed(read).calls - trunk.calls
    assert both.prompt_tokens == (
        weighed(breathe).prompt_tokens + weighed(read).prompt_tokens - trunk.prompt_tokens
    )


def test_the_plans_of_a_run_are_its_branches_or_the_lone_trunk() -> None:
    heads = trunk_and_branches(plan(), (technique("Breathe."),))
    assert plans_of(heads) == (heads[1].plan,)
    assert plans_of(heads[:1]) == (heads[0].plan,)


def test_a_branch_of_a_finished_trunk_takes_what_the_trunk_did_not() -> None:
    one = plan(technique=technique("Breathe.", "Rest."))
    texts = texts_of((one,))
    tokens = {text: 100 for text in texts}
    rest = load((one,), COUNTS, tokens, begun=True)
    whole, trunk = load((one,), COUNTS, tokens), load((plan(),), COUNTS, tokens)
    assert rest.calls == whole.calls - trunk.calls > 0
    assert rest.prompt_tokens == whole.prompt_tokens - trunk.prompt_tokens > 0
    longer = load((one,), COUNTS, {text: 1000 for text in texts})
    assert embedded_seconds(longer) > 20 * embedded_seconds(whole), "a long script takes long to read"


def test_the_neutral_stretch_before_the_end_is_counted() -> None:
    short = plan(technique=technique("Breathe."))
    longer = short.model_copy(update={"follow_up": scenario("A kettle.", "A cup.")})
    assert weighed(longer).turns == weighed(short).turns + 2


def test_example_turns_count_for_small_models_only() -> None:
    small, large = weighed(plan(), counts=SMALL), weighed(plan())
    assert small.calls == large.calls
    assert small.prompt_tokens == large.prompt_tokens + 200 * large.calls


def test_money_is_the_tokens_at_their_prices_or_unknown() -> None:
    found = weighed(plan())
    assert dollars(found, COUNTS) == pytest.approx(found.prompt_tokens / 1000 + found.reply_tokens / 100)
    unpriced = replace(COUNTS, input_price=None)
    assert dollars(found, unpriced) is None
    assert cost_text(found, unpriced) == "cost unknown"
    assert cost_text(found, COUNTS).startswith("about $")
    assert cost_text(found, replace(COUNTS, model="embedded")).startswith("no cost; about ")


def test_a_conversation_that_passes_the_context_is_said_to() -> None:
    found = weighed(plan(technique=technique(*["Breathe."] * 8)))
    assert (
        too_long(found, COUNTS)
        == f"too long: about {found.longest_prompt:,} tokens in one call, its context has 1,000"
    )
    assert not too_long(weighed(plan()), COUNTS)


PROBE = Measure(questionnaire=probe(), way="word")
SCORED = Measure(questionnaire=optioned(id="scored"), way="likelihood", phases=THREE)
SHEET = Measure(questionnaire=optioned(id="sheet"), way="report")
SINGLY = Measure(questionnaire=optioned(id="singly"), way="report", form="per item", phases=THREE)


@pytest.mark.parametrize(
    ("administration", "measures"),
    [("aside", (PROBE, SCORED, SHEET, SINGLY)), ("in_conversation", (PROBE, SCORED))],
)
async def test_the_estimate_is_what_a_session_asks_when_every_answer_can_be_read(
    administration: Literal["aside", "in_conversation"], measures: tuple[Measure, ...]
) -> None:
    heads = trunk_and_branches(
        plan(measures=measures, administration=administration), (technique("Breathe.", "Rest."),)
    )
    model = ScriptedProvider(readable, top={" scared": 0.6, "1": 0.4}, sampling=Sampling(0.5, 10))
    async for _ in run(heads, model):
        pass
    texts = texts_of(plans_of(heads))
    tokens = dict(zip(texts, await model.count_tokens(texts), strict=True))
    found = load(plans_of(heads), replace(COUNTS, sampling=model.sampling), tokens)
    assert found.calls == len(model.requests)
    assert found.reply_tokens == sum(request.sampling.max_tokens for request in model.requests)
    prompts = [" ".join(m.content for m in request.messages) for request in model.requests]
    assert found.prompt_tokens == pytest.approx(sum(len(text.split()) for text in prompts), rel=0.1)


def readable(request: Request) -> str:
    """A reply as long as it may be, or an answer to every item asked."""
    if request.purpose == "reply":
        return " ".join(["calm"] * request.sampling.max_tokens)
    items = re.findall(r"^([a-z]+): ", request.messages[-1].content, re.MULTILINE)
    return "\n".join(f"{item}: 1" for item in items) or "1"
