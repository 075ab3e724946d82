"""A question put after words that waited for no answer is sent as one message with them: roles alternate."""

from itertools import pairwise

import pytest

from sandbox.library.questionnaire import CompletionItem, CompletionQuestionnaire, Questionnaire, Scale
from sandbox.measurement.administering import administer
from sandbox.measurement.administration import Form, Way
from sandbox.measurement.reading.presentation import Presentation
from sandbox.models.provider import Message
from tests.documents import HEAD, probe
from tests.measurement.ratings import optioned
from tests.scripted import ScriptedProvider

TOLD = "Somebody is behind you."
CONVERSATION = (
    Message("system", "You take part."),
    Message("user", "It is dark."),
    Message("assistant", "I am afraid."),
    Message("user", TOLD),
)
STEMS = CompletionQuestionnaire(
    id="stems",
    title="Stems",
    kind="completion",
    timeframe="right now",
    ask="Finish the sentence.",
    items=(CompletionItem(id="door", text="The door"),),
    scales=(Scale(id="negativity", items=("door",), method="mean", range=(0, 100)),),
    **HEAD,
)


@pytest.mark.parametrize(
    ("questionnaire", "way", "form"),
    [
        (probe(), "word", "batch"),
        (optioned(), "likelihood", "batch"),
        (optioned(), "report", "batch"),
        (optioned(), "report", "per item"),
        (STEMS, "completion", "batch"),
    ],
)
async def test_roles_alternate_and_what_was_asked_is_the_question_alone(
    questionnaire: Questionnaire, way: Way, form: Form
) -> None:
    provider = ScriptedProvider(["…"], top={" scared": 0.5, "1": 0.5})
    given = await administer(
        questionnaire, way, CONVERSATION, provider, 1, presentation=Presentation(form=form)
    )
    for request in provider.requests:
        roles = [message.role for message in request.messages]
        assert all(first != second for first, second in pairwise(roles)), roles
        assert request.messages[3].content.startswith(f"{TOLD}\n\n")
    asked = [message for message in given.asked if message.role == "user"]
    assert asked and not any(TOLD in message.content for message in asked)
