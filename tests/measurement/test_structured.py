"""Answers as JSON: the server is asked to hold the model to them, and what it sends is checked anyway."""

import json
from dataclasses import replace

import pytest

from sandbox.library.questionnaire import Option, Range
from sandbox.measurement.administering import administer
from sandbox.measurement.administration import Administration
from sandbox.measurement.reading.presentation import Presentation
from sandbox.measurement.reading.report import answer_schema
from sandbox.models.chat import ChatProvider
from sandbox.models.hosted import capabilities_of
from sandbox.models.litellm_way import LiteLLM
from sandbox.models.provider import Capabilities, Message, Sampling
from sandbox.models.retry import RetryPolicy
from tests.measurement.ratings import optioned, ranged
from tests.models.misbehaving import ModelServer, says
from tests.scripted import ABLE, ScriptedProvider

TALK = (Message("user", "It is dark."),)
STRUCTURED = Presentation(form="structured", items="as written")
RIGHT = '{"fear": 40, "calm": 10}'


async def served(*replies: str, capable: bool = True) -> tuple[Administration, ModelServer]:
    with ModelServer(*(says(reply) for reply in replies)) as server:
        provider = ChatProvider(
            LiteLLM(),
            "openai/m",
            api_base=server.base,
            api_key="sk-none",
            capabilities=Capabilities(structured=capable),
            sampling=Sampling(temperature=0.5, max_tokens=20),
            policy=RetryPolicy(attempts=1, timeout=20, idle_timeout=10),
        )
        given = await administer(ranged(), "report", TALK, provider, 1, presentation=STRUCTURED)
    return given, server


async def test_the_server_is_sent_the_schema_of_the_answers():
    given, server = await served(RIGHT)
    assert given.score("distress") == (40 + 90) / 2
    shape = server.asked[0]["response_format"]
    assert shape["type"] == "json_schema"
    assert shape["json_schema"]["schema"] == answer_schema(ranged(), ("fear", "calm"), "numbers", ())


async def test_without_the_capability_nothing_is_sent_and_the_prompt_asks_for_json():
    given, server = await served(RIGHT, capable=False)
    assert given.score("distress") == 65
    assert "response_format" not in server.asked[0]
    assert "JSON" in server.asked[0]["messages"][-1]["content"]


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ('{"fear": 140, "calm": 10}', "out of range"),
        ('{"fear": "about 40", "calm": 10}', "unreadable"),
        ('{"fear": 40, "fear": 50, "calm": 10}', "unreadable"),
        ('{"calm": 10}', "not answered"),
    ],
)
async def test_a_wrong_reply_is_refused_although_the_server_was_asked_to_prevent_it(reply, reason):
    given, server = await served(reply)
    fear = [answer for answer in given.answers if answer.item == "fear"]
    assert [answer.missing for answer in fear] == [reason] * 3, "asked again twice, then missing"
    assert given.score("distress") is None
    again = server.asked[1]["response_format"]["json_schema"]["schema"]
    assert again["required"] == ["fear"], "the schema of what is still missing"


async def test_a_model_that_is_off_the_list_is_not_sent_a_schema():
    assert capabilities_of("openai/gpt-4o", local=False).structured
    assert not capabilities_of("mistral/mistral-large-latest", local=False).structured
    provider = ScriptedProvider([RIGHT], capabilities=replace(ABLE, structured=False))
    await administer(ranged(), "report", TALK, provider, 1, presentation=STRUCTURED)
    assert provider.requests[0].schema is None


async def test_only_the_structured_form_has_a_schema():
    provider = ScriptedProvider(["fear: 40\ncalm: 10"], capabilities=replace(ABLE, structured=True))
    await administer(ranged(), "report", TALK, provider, 1)
    assert provider.requests[0].schema is None


def test_the_schema_allows_the_answers_that_were_offered_and_no_others():
    options = optioned()
    numbers = answer_schema(options, ("tense",), "numbers", ("0", "1", "2", "3"))
    assert numbers["properties"]["tense"] == {"type": "integer", "enum": [0, 1, 2, 3]}
    letters = answer_schema(options, ("tense",), "letters", ("B", "C"))
    assert letters["properties"]["tense"] == {"type": "string", "enum": ["B", "C"]}
    halves = optioned().model_copy(
        update={"options": (Option(value=0.5, label="a"), Option(value=1, label="b"))}
    )
    assert answer_schema(halves, ("tense",), "numbers", ("0.5", "1"))["properties"]["tense"] == {
        "type": "number",
        "enum": [0.5, 1],
    }
    broken = ranged().model_copy(update={"range": Range(min=0.5, max=100)})
    assert answer_schema(broken, ("fear",), "numbers", ())["properties"]["fear"]["type"] == "number"
    assert json.loads(json.dumps(numbers)) == numbers
