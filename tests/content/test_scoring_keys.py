"""Every shipped questionnaire against a worked example computed by hand from its published key."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from sandbox.library.loading import load_file
from sandbox.library.questionnaire import Questionnaire, RatingQuestionnaire, WordQuestionnaire
from sandbox.measurement.scoring import item_bounds, score_questionnaire

FOLDER = Path(__file__).parents[2] / "questionnaires"
SHIPPED = sorted(path.stem for path in FOLDER.glob("*.yaml"))


def shipped(name: str) -> Questionnaire:
    document = load_file(FOLDER / f"{name}.yaml")
    assert isinstance(document, Questionnaire)
    return document


def numbered(*values: float) -> dict[str, float]:
    """Answers to items q1, q2, … in order."""
    return {f"q{number}": value for number, value in enumerate(values, 1)}


DEQ_ALL_ONE = dict.fromkeys((item.id for item in shipped("discrete-emotions-questionnaire").items), 1.0)
RATED = {"fear": 10.0, "anxiety": 20, "worry": 30, "sadness": 40, "anger": 50, "disgust": 60, "stress": 70}
STEMS = [item.id for item in shipped("sentence-completion").items]
NO_WORDS = dict.fromkeys((item.id for item in shipped("word-probe").items), 0.0)

WORKED: list[tuple[str, Mapping[str, float], dict[str, float]]] = [
    # 0+1+2+3+0+1+2+3+0
    ("phq-9", numbered(0, 1, 2, 3, 0, 1, 2, 3, 0), {"phq-9": 12}),
    # 3+2+1+0+3+2+1
    ("gad-7", numbered(3, 2, 1, 0, 3, 2, 1), {"gad-7": 12}),
    # depression 3+1+2+1+0+1+1 = 9, anxiety 2+0+3+1+3+3+0 = 12, stress 1+2+0+3+0+2+2 = 10; all doubled
    (
        "dass-21",
        numbered(1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1),
        {"dass-depression": 18, "dass-anxiety": 24, "dass-stress": 20},
    ),
    # 30 as answered; items 4, 8, 12 and 16 were answered 0 and count 3
    ("ces-d", numbered(*[1, 2, 3, 0] * 5), {"ces-d": 42}),
    # 47 as answered; reversed: item 1 2→4, item 3 4→2, item 8 4→2, item 10 1→5, item 11 2→4
    ("pswq", numbered(2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2, 3, 4, 5, 1, 2), {"pswq": 51}),
    # 4+3+2+1+0+4
    ("k6", numbered(4, 3, 2, 1, 0, 4), {"k6": 14}),
    # anger (7+6+5+4)/4, disgust (1+3+1+1)/4, calm's scale (1+1+5+1)/4, sadness (2+4+5+7)/4,
    # desire (7+1+1+4)/4, happiness (4+1+1+6)/4
    (
        "discrete-emotions-questionnaire",
        {
            **DEQ_ALL_ONE,
            **{"anger": 7, "rage": 6, "mad": 5, "pissed-off": 4, "nausea": 3, "calm": 5},
            **{"sad": 2, "grief": 4, "lonely": 5, "empty": 7, "wanting": 7, "longing": 4},
            **{"happy": 4, "liking": 6},
        },
        {
            **{"deq-anger": 5.5, "deq-disgust": 1.5, "deq-fear": 1, "deq-anxiety": 1, "deq-relaxation": 2},
            **{"deq-sadness": 4.5, "deq-desire": 3.25, "deq-happiness": 3},
        },
    ),
    # (10+20+30+40+50+60+70)/7; calm stands apart
    ("affect-ratings", {**RATED, "calm": 80}, {"distress": 40, "stress": 70, "calm": 80}),
    ("distress-rating", {"distress": 65}, {"distress-rating": 65}),
    ("affective-slider", {"pleasure": 20, "arousal": 90}, {"pleasure": 20, "arousal": 90}),
    # 30+5+10+15; tiredness, calm and happiness are not distress
    (
        "word-probe",
        {**NO_WORDS, "fear": 30, "worry": 5, "shame": 10, "unpleasant": 15, "tiredness": 20, "calm": 20},
        {"distress": 60, "fear": 30, "calm": 20, "happiness": 0},
    ),
    (
        "sentence-completion",
        {**dict.fromkeys(STEMS, 50.0), "phone": 90, "door": 64},
        {"negativity": (24 * 50 + 90 + 64) / 26},
    ),
]


@pytest.mark.parametrize(("name", "answers", "expected"), WORKED, ids=[case[0] for case in WORKED])
def test_scores_are_those_worked_out_by_hand(name, answers, expected):
    scores = {score.scale: score.value for score in score_questionnaire(shipped(name), answers)}
    assert {scale: scores[scale] for scale in expected} == pytest.approx(expected)


def test_every_shipped_questionnaire_has_a_worked_example():
    assert {case[0] for case in WORKED} == set(SHIPPED)


# Words' items are shares of one whole and have no ends of their own: the worked example covers them.
@pytest.mark.parametrize(
    "name", [name for name in SHIPPED if not isinstance(shipped(name), WordQuestionnaire)]
)
def test_stated_ranges_are_reached_and_not_passed(name):
    """The lowest and highest possible keyed answers give exactly the range each scale states."""
    questionnaire = shipped(name)
    assert not isinstance(questionnaire, WordQuestionnaire)
    low, high = item_bounds(questionnaire)
    rated = questionnaire.items if isinstance(questionnaire, RatingQuestionnaire) else ()
    reverse = {item.id for item in rated if item.reverse}
    ids = [item.id for item in questionnaire.items]
    for end, (kept, flipped) in enumerate(((low, high), (high, low))):
        answers = {item: flipped if item in reverse else kept for item in ids}
        scores = {score.scale: score.value for score in score_questionnaire(questionnaire, answers)}
        assert scores == pytest.approx({scale.id: scale.range[end] for scale in questionnaire.scales})


PUBLISHED: list[tuple[str, str, list[str]]] = [
    # Lovibond and Lovibond (1995), the template of the DASS-21
    ("dass-21", "dass-depression", [f"q{n}" for n in (3, 5, 10, 13, 16, 17, 21)]),
    ("dass-21", "dass-anxiety", [f"q{n}" for n in (2, 4, 7, 9, 15, 19, 20)]),
    ("dass-21", "dass-stress", [f"q{n}" for n in (1, 6, 8, 11, 12, 14, 18)]),
    # Harmon-Jones, Bastian and Harmon-Jones (2016)
    ("discrete-emotions-questionnaire", "deq-anger", ["anger", "rage", "mad", "pissed-off"]),
    ("discrete-emotions-questionnaire", "deq-disgust", ["grossed-out", "nausea", "sickened", "revulsion"]),
    ("discrete-emotions-questionnaire", "deq-fear", ["terror", "scared", "panic", "fear"]),
    ("discrete-emotions-questionnaire", "deq-anxiety", ["dread", "anxiety", "nervous", "worry"]),
    ("discrete-emotions-questionnaire", "deq-sadness", ["sad", "grief", "lonely", "empty"]),
    ("discrete-emotions-questionnaire", "deq-desire", ["wanting", "desire", "craving", "longing"]),
    ("discrete-emotions-questionnaire", "deq-relaxation", ["easygoing", "chilled-out", "calm", "relaxation"]),
    ("discrete-emotions-questionnaire", "deq-happiness", ["happy", "satisfaction", "enjoyment", "liking"]),
]


@pytest.mark.parametrize(("name", "scale", "items"), PUBLISHED, ids=[case[1] for case in PUBLISHED])
def test_a_scale_has_the_items_of_the_published_key(name, scale, items):
    """A sum cannot tell two items with equal answers apart."""
    (found,) = (one for one in shipped(name).scales if one.id == scale)
    assert sorted(found.items) == sorted(items)


def test_every_scale_has_a_worked_value_or_the_items_of_its_key():
    keyed = {scale for _, scale, _ in PUBLISHED} | {scale for *_, found in WORKED for scale in found}
    rated = [one for name in SHIPPED if isinstance(one := shipped(name), RatingQuestionnaire)]
    lacking = {scale.id for one in rated for scale in one.scales} - keyed
    # Single ratings, each a scale of its own item.
    assert lacking <= {item.id for item in shipped("affect-ratings").items}


def test_reversed_items_are_those_of_the_published_keys():
    found = {
        name: [item.id for item in questionnaire.items if item.reverse]
        for name in SHIPPED
        if isinstance(questionnaire := shipped(name), RatingQuestionnaire)
    }
    assert {name: items for name, items in found.items() if items} == {
        "ces-d": ["q4", "q8", "q12", "q16"],
        "pswq": ["q1", "q3", "q8", "q10", "q11"],
    }


def test_one_missing_rating_is_prorated_two_are_not():
    ratings = shipped("affect-ratings")
    one: dict[str, float | None] = {**RATED, "calm": 80, "fear": None}
    two: dict[str, float | None] = {**one, "stress": None}
    # (20+30+40+50+60+70)/6
    assert {s.scale: s.value for s in score_questionnaire(ratings, one)}["distress"] == pytest.approx(45)
    assert {s.scale: s.value for s in score_questionnaire(ratings, two)}["distress"] is None
