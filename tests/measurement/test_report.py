"""The written way: what is put, what is asked again, what stays missing."""

from typing import Any

import pytest

from sandbox.errors import UsageError
from sandbox.library.questionnaire import RatingQuestionnaire
from sandbox.measurement.administering import administer, check_way, default_way
from sandbox.measurement.administration import Administration
from sandbox.measurement.reading.presentation import Presentation
from sandbox.models.provider import Capabilities, Completion, Message, ModelError, Request
from tests.documents import probe
from tests.measurement.ratings import optioned, ranged
from tests.scripted import ScriptedProvider

TALK = (
    Message("system", "You take part."),
    Message("user", "It is dark."),
    Message("assistant", "I feel it."),
)


async def give(
    *answers: str, questionnaire: RatingQuestionnaire | None = None, seed: int = 1, **presentation: Any
) -> tuple[Administration, ScriptedProvider]:
    provider = ScriptedProvider(answers)
    shown = Presentation(**presentation)
    given = await administer(questionnaire or optioned(), "report", TALK, provider, seed, presentation=shown)
    return given, provider


ALL = "tense: 3\nlow: 1\ntired: 2\nrested: 1"


async def test_the_whole_questionnaire_is_one_call_when_the_answer_can_be_read():
    given, provider = await give(ALL)
    assert len(provider.requests) == 1
    assert given.score("distress") == 8
    text = provider.requests[0].messages[-1].content
    for part in (
        "the past week",
        "How often were you bothered",
        "2 = more than half the days",
        "low: Being low",
    ):
        assert part in text


async def test_the_conversation_is_put_first_and_left_alone():
    given, provider = await give(ALL)
    assert provider.requests[0].messages[:-1] == TALK
    assert given.asked == (provider.requests[0].messages[-1], Message("assistant", ALL))
    assert provider.requests[0].prefill == ""


async def test_only_the_missing_items_are_asked_again():
    given, provider = await give("tense: 3\nlow: 9\ntired: 2", "low: 1\nrested: 1")
    again = provider.requests[1].messages[-1].content
    assert "low: Being low" in again and "rested: Being rested" in again and "tense" not in again
    assert given.score("distress") == 8
    tries = [(a.item, a.attempt, a.value, a.missing) for a in given.answers if a.item in ("low", "rested")]
    assert sorted(tries, key=lambda t: (t[0], t[1])) == [
        ("low", 1, None, "out of range"),
        ("low", 2, 1.0, None),
        ("rested", 1, None, "not answered"),
        ("rested", 2, 1.0, None),
    ]
    assert provider.requests[1].messages[:4] == provider.requests[0].messages
    assert len(given.asked) == 4


async def test_asking_again_stops_and_leaves_the_item_missing():
    given, provider = await give("I feel the wind.")
    assert len(provider.requests) == 3
    assert given.score("distress") is None
    assert {a.missing for a in given.final_answers} == {"not answered"}
    assert given.refusals == 0


async def test_a_refusal_is_told_apart_and_counted():
    given, _ = await give("As an AI, I can't answer that, but 3 out of 4 people would say: 3")
    assert {a.missing for a in given.final_answers} == {"refused"}
    assert given.refusals == 3
    assert all(score.value is None and score.reason for score in given.scores)


async def test_a_range_is_put_with_its_anchors_and_any_number_in_it_counts():
    given, provider = await give("fear: 70\ncalm: 20.5", questionnaire=ranged())
    assert "a number from 0 to 100 (0 = none)" in provider.requests[0].messages[-1].content
    assert given.score("distress") == 74.75
    assert given.option_values == ()


async def test_the_order_of_items_is_shuffled_by_the_seed_and_stored():
    orders = {(await give(ALL, seed=seed))[0].item_order for seed in range(20)}
    assert len(orders) > 5
    given, provider = await give(ALL, seed=3)
    again, _ = await give(ALL, seed=3)
    assert given == again
    lines = provider.requests[0].messages[-1].content.splitlines()
    shown = [line.split(":")[0] for line in lines if line.split(":")[0] in set(given.item_order)]
    assert tuple(shown) == given.item_order


async def test_no_order_of_items_options_or_letters_changes_the_score():
    for seed in range(10):
        given, _ = await give(ALL, seed=seed, options="shuffled")
        assert given.score("distress") == 8
        plan, provider = await give("x", seed=seed, options="shuffled", labels="letters", letters="shuffled")
        letter = {value: name for value, name in zip(plan.option_values, plan.option_names, strict=True)}
        text = provider.requests[0].messages[-1].content
        assert f"{letter[3.0]} = nearly every day" in text
        written = f"tense: {letter[3]}\nlow: {letter[1]}\ntired: {letter[2]}\nrested: {letter[1]}"
        given, _ = await give(written, seed=seed, options="shuffled", labels="letters", letters="shuffled")
        assert given.score("distress") == 8


async def test_reversed_options_are_shown_from_the_other_end_and_stored_so():
    given, provider = await give(ALL, options="reversed")
    text = provider.requests[0].messages[-1].content
    assert text.index("3 = nearly") < text.index("0 = not at all")
    assert given.option_values == (3, 2, 1, 0)


async def test_item_by_item_no_item_sees_another_s_answer():
    given, provider = await give("2", form="per item")
    assert len(provider.requests) == 4
    assert all(len(request.messages) == len(TALK) + 1 for request in provider.requests)
    assert given.score("distress") == 2 + 2 + 2 + 1
    heads = {request.messages[-1].content.split("The item:")[0] for request in provider.requests}
    assert len(heads) == 1


async def test_item_by_item_only_the_unread_one_is_asked_again():
    given, provider = await give("2", "hm", "1", "0", "3", form="per item", items="as written")
    assert len(provider.requests) == 5
    assert [a.value for a in given.final_answers] == [2, 1, 0, 3]


async def test_as_json_where_that_is_the_form():
    given, provider = await give(
        '{"tense": 3, "low": 1, "tired": 2, "rested": "several days"}', form="structured"
    )
    assert given.score("distress") == 8
    assert "JSON" in provider.requests[0].messages[-1].content


async def test_a_failing_model_fails_the_administration():
    def fail(_):
        return ModelError("No answer.", kind="timeout")

    with pytest.raises(ModelError, match="No answer"):
        await administer(optioned(), "report", TALK, ScriptedProvider(fail), 1)


def test_the_default_way_is_one_that_works_and_samples_only_where_it_must():
    assert default_way(probe(), Capabilities(top_logprobs=20)) == "word"
    assert default_way(optioned(), Capabilities(top_logprobs=20)) == "likelihood"
    assert default_way(ranged(), Capabilities(top_logprobs=5)) == "report"
    assert default_way(optioned(), Capabilities()) == "report"
    with pytest.raises(UsageError, match="log-probabilities"):
        default_way(probe(), Capabilities())


@pytest.mark.parametrize(
    ("questionnaire", "way", "candidates", "says"),
    [
        (probe(), "report", 20, "“word”"),
        (optioned(), "word", 20, "“likelihood” or “report”"),
        (ranged(), "likelihood", 5, "11 candidates"),
        (probe(), "word", 0, "log-probabilities"),
    ],
)
def test_a_way_that_cannot_work_is_refused_before_any_call(questionnaire, way, candidates, says):
    with pytest.raises(UsageError) as refused:
        check_way(questionnaire, way, Capabilities(top_logprobs=candidates))
    assert says in str(refused.value)
    assert refused.value.todo


async def test_a_last_line_that_was_cut_off_is_no_answer():
    """`1` may have been going to be `10`."""

    def answer(request: Request) -> Completion:
        again = "These items still" in request.messages[-1].content
        text = "calm: 100" if again else "fear: 40\ncalm: 10"
        return Completion(text, "m", "stop" if again else "length")

    provider = ScriptedProvider(answer)
    given = await administer(ranged(), "report", TALK, provider, 1)
    last = {answer.item: answer.value for answer in given.final_answers}
    assert last == {"fear": 40, "calm": 100}
    (cut,) = [a for a in given.answers if a.item == "calm" and a.attempt == 1]
    assert cut.missing == "unreadable"


async def test_no_more_is_asked_for_than_full_answers_take():
    provider = ScriptedProvider([ALL])
    await administer(optioned(), "report", TALK, provider, 1)
    most = provider.requests[0].sampling.max_tokens
    longest = "\n".join(f'"{item.id}": "3 (more than half the days)",' for item in optioned().items)
    assert len(longest) / 3 < most < 150


async def test_a_hosted_model_is_asked_its_items_at_once_and_says_the_same():
    shown = Presentation(form="per item")
    local, hosted = ScriptedProvider(["2"]), ScriptedProvider(["2"], capabilities=Capabilities())
    first = await administer(optioned(), "report", TALK, local, 1, presentation=shown)
    assert await administer(optioned(), "report", TALK, hosted, 1, presentation=shown) == first


@pytest.mark.parametrize("form", ["batch", "per item", "structured"])
async def test_a_refusal_the_server_tells_as_one_is_missing_counted_and_not_asked_again(form):
    provider = ScriptedProvider(lambda request: Completion("distress: 3", "m", "stop", refused=True))
    given = await administer(optioned(), "report", TALK, provider, 1, presentation=Presentation(form=form))
    assert {answer.missing for answer in given.answers} == {"refused"}
    assert given.refusals == len(provider.requests) == (4 if form == "per item" else 1)
