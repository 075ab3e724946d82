"""Scores against sums worked out by hand, and the invariants every key must keep."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.library.questionnaire import MissingRule, Questionnaire, RatingItem, RatingQuestionnaire, Scale
from sandbox.measurement.administration import Score
from sandbox.measurement.scoring import keyed_values, reversed_value, score_questionnaire
from tests.documents import probe
from tests.measurement.ratings import optioned, ranged


def scores(questionnaire: Questionnaire, **values: float | None) -> dict[str, Score]:
    return {score.scale: score for score in score_questionnaire(questionnaire, values)}


def test_sum_reverses_what_is_keyed_the_other_way_and_doubles_where_the_key_says_so():
    # tense 3 + low 1 + tired 2 + (0 + 3 − rested 1) = 8; mood: 2 × (1 + 3) = 8
    found = scores(optioned(), tense=3, low=1, tired=2, rested=1)
    assert found["distress"] == Score("distress", 8.0, 4, 4)
    assert found["mood"] == Score("mood", 8.0, 2, 2)


def test_mean_over_a_range_with_a_reversed_item():
    # (70 + (0 + 100 − 20)) / 2
    assert scores(ranged(), fear=70, calm=20)["distress"].value == 75.0


def test_ranges_that_do_not_start_at_nought_reverse_about_their_middle():
    assert reversed_value(1, (1, 7)) == 7
    assert reversed_value(-3, (-3, 3)) == 3


def test_prorating_puts_the_mean_of_the_present_items_in_place_of_the_missing_one():
    # (3 + 1 + 2) / 3 × 4
    assert scores(optioned(), tense=3, low=1, tired=2, rested=None)["distress"] == Score(
        "distress", 8.0, 3, 4
    )


def test_a_scale_that_allows_none_missing_is_absent_with_its_reason():
    found = scores(optioned(), tense=3, tired=2, rested=1)["mood"]
    assert found.value is None
    assert (found.answered, found.items) == (1, 2)
    assert found.reason == "1 of 2 items are missing and the scale allows none"


def test_more_missing_than_the_rule_allows_is_absent_and_not_prorated():
    found = scores(optioned(), tense=3, low=1)["distress"]
    assert found.value is None
    assert found.reason == "2 of 4 items are missing and the scale allows 1"


def test_nothing_answered_is_never_prorated_whatever_the_rule_allows():
    lax = Scale(
        id="s", items=("a", "b"), method="sum", range=(0, 6), missing=MissingRule(at_most=1, rule="prorate")
    )
    questionnaire = optioned(items=tuple(RatingItem(id=i, text=i) for i in "ab"), scales=(lax,))
    assert scores(questionnaire)["s"].reason == "no item was answered"


def test_at_most_without_prorating_still_allows_none():
    strict = Scale(id="s", items=("a", "b"), method="sum", range=(0, 6), missing=MissingRule(at_most=1))
    questionnaire = optioned(items=tuple(RatingItem(id=i, text=i) for i in "ab"), scales=(strict,))
    assert scores(questionnaire, a=1)["s"].value is None


def test_a_word_probe_s_items_are_shares_of_a_hundred():
    assert scores(probe(), fear=80.0, calm=20.0)["distress"].value == 80.0


@pytest.mark.parametrize(("item", "value"), [("tense", 4), ("tense", -1), ("tens", 1), ("tense", math.nan)])
def test_values_no_questionnaire_could_have_are_refused(item, value):
    with pytest.raises(ValueError, match=item):
        score_questionnaire(optioned(), {item: value})


values_of_four = st.fixed_dictionaries(
    {item: st.sampled_from([0.0, 1.0, 2.0, 3.0, None]) for item in ("tense", "low", "tired", "rested")}
)
fractions = st.floats(0, 100, allow_nan=False)


@given(values_of_four, st.randoms())
def test_the_order_of_items_never_changes_a_score(values, chance):
    questionnaire = optioned()
    items = list(questionnaire.items)
    chance.shuffle(items)
    scales = tuple(
        scale.model_copy(update={"items": tuple(chance.sample(scale.items, len(scale.items)))})
        for scale in questionnaire.scales
    )
    permuted = questionnaire.model_copy(update={"items": tuple(items), "scales": scales})
    answers = dict(chance.sample(list(values.items()), len(values)))
    assert score_questionnaire(permuted, answers) == score_questionnaire(questionnaire, values)


@given(st.lists(fractions, min_size=2, max_size=12), st.randoms())
def test_not_even_rounding_depends_on_the_order(values, chance):
    ids = [f"i{n}" for n in range(len(values))]
    shuffled = chance.sample(ids, len(ids))

    def total(order: list[str]) -> tuple[Score, ...]:
        scale = Scale(id="s", items=tuple(order), method="sum", range=(0, 100 * len(ids)))
        items = tuple(RatingItem(id=i, text=i) for i in ids)
        return score_questionnaire(ranged(items=items, scales=(scale,)), dict(zip(ids, values, strict=True)))

    assert total(ids) == total(shuffled)


@given(values_of_four)
def test_reversing_twice_is_the_identity(values):
    questionnaire = optioned()
    flipped = tuple(item.model_copy(update={"reverse": not item.reverse}) for item in questionnaire.items)
    other = questionnaire.model_copy(update={"items": flipped})
    once = keyed_values(questionnaire, values)
    back = {item: None if v is None else reversed_value(v, (0, 3)) for item, v in once.items()}
    assert back == keyed_values(other, values)
    assert {i: None if v is None else reversed_value(v, (0, 3)) for i, v in back.items()} == once


@given(values_of_four)
def test_scores_stay_within_their_range_or_are_absent_with_a_reason(values):
    questionnaire: RatingQuestionnaire = optioned()
    for scale, score in zip(questionnaire.scales, score_questionnaire(questionnaire, values), strict=True):
        if score.value is None:
            assert score.reason
        else:
            assert scale.range[0] <= score.value <= scale.range[1]
            assert not score.reason
