"""A client tells what it is asked about: until then its model knows nothing of it."""

from itertools import pairwise

import pytest

from sandbox.engine.conversation import conversation
from sandbox.engine.disclosure import asks_about
from sandbox.engine.history import History
from sandbox.engine.plan import SessionHead, SessionPlan
from sandbox.engine.run import run
from sandbox.library.client import Client, Disclosure, Relapse
from tests.documents import client, scenario, technique
from tests.scripted import ScriptedProvider

BROTHER = Disclosure(fact="Your brother died.", asked=("family", "brother"), told=("died",))
CAR = Disclosure(fact="You sit in the car.", asked=("home",), question="open", told=("car",))
RESISTING = {"forthcoming": "closed", "agreeable": "contrary", "discloses": (BROTHER, CAR)}


def resisting(**more: object) -> Client:
    return Client.model_validate({**client().model_dump(), **RESISTING, **more})


@pytest.mark.parametrize(
    ("said", "opened"),
    [
        ("Do you have family?", {BROTHER}),
        ("Your family matters. How are you?", set()),
        ("Are you at home?", set()),
        ("What is it like at home?", {CAR}),
        ("Tell me about your home.", {CAR}),
        ("Think of your brotherhood?", set()),
        ("Let your hands lie where they like at home.", set()),
        ("Notice what is there at home, and describe nothing.", set()),
    ],
)
def test_only_a_question_of_its_kind_opens_a_fact(said: str, opened: set[Disclosure]) -> None:
    assert {one for one in (BROTHER, CAR) if asks_about(said, one)} == opened


async def test_a_fact_is_not_in_the_prompt_until_it_is_asked_about_and_stays_there(
    plain: SessionPlan,
) -> None:
    told = plain.model_copy(update={"client": resisting(relapses=(Relapse(at=3, fact="It comes back."),))})
    script = technique("Breathe.", "Do you have family?", "And your brother?", "Go on.")
    trunk = SessionHead(id="trunk", plan=told)
    arm = SessionHead(
        id="arm", plan=told.model_copy(update={"technique": script}), parent="trunk", parent_turn=None
    )
    model = ScriptedProvider(["I am here."])
    async for _ in run((trunk, arm), model):
        pass
    sent = [[message.content for message in request.messages] for request in model.requests]
    assert sent[0][0].startswith("You take part.\n\nOf your own accord")
    assert sent[0][-1] == "What of your brother?", "the scenario opens nothing"
    assert not any("died" in text for request in sent[:2] for text in request)
    opened = "Do you have family?\n\n(You may tell this now, in your own words: Your brother died.)"
    assert sent[2][-1] == opened
    assert sent[3][-1] == "And your brother?\n\n(It comes back.)", "what is open is not said twice"
    for before, after in pairwise(sent):
        assert after[: len(before)] == before, "the beginning of the conversation never changes"


@pytest.fixture
def plain() -> SessionPlan:
    return SessionPlan(
        model="scripted", client=client(), scenario=scenario("What of your brother?"), measures=(), seed=1
    )


def test_a_client_that_resists_nothing_is_told_what_it_always_was(plain: SessionPlan) -> None:
    first = conversation(plain, History(), ScriptedProvider().capabilities)[0]
    assert first.content == client().system
