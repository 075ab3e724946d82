"""Which measures a proposal comes to: what the model can do decides the way, the kind decides the points."""

import pytest

from sandbox.engine.composition import of_equal_length
from sandbox.engine.measure import written
from sandbox.errors import UsageError
from sandbox.library.catalogue import Library
from sandbox.library.workspace import Workspace
from sandbox.models.provider import Capabilities
from sandbox.study.proposal import Proposal, proposed
from tests.documents import technique

HOSTED = Capabilities(top_logprobs=20)


@pytest.fixture
def library(tmp_path) -> Library:
    return Library(Workspace(tmp_path, tmp_path / "sessions"))


def measures(library: Library, capabilities: Capabilities, *names: str) -> list[tuple[str, str, int]]:
    heads = proposed(Proposal(measures=names), library, capabilities)
    return [(m.questionnaire.id, m.way, len(m.phases)) for m in heads[0].plan.measures]


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        (Capabilities(top_logprobs=2000, small=True), [("word-probe", "word", 4)]),
        (HOSTED, [("word-probe", "word", 4), ("affect-ratings", "likelihood", 3)]),
        (Capabilities(), [("affect-ratings", "report", 4)]),
    ],
)
def test_without_a_choice_the_model_decides(library, capabilities, expected):
    assert measures(library, capabilities) == expected


def test_a_chosen_questionnaire_is_read_by_the_same_rule_as_a_proposed_one(library):
    assert measures(library, HOSTED, "affect-ratings") == [("affect-ratings", "likelihood", 4)]
    assert measures(library, Capabilities(top_logprobs=5), "affect-ratings") == [
        ("affect-ratings", "report", 4)
    ]


def test_sentences_are_completed_at_the_start_after_the_scenario_and_at_the_end(library):
    assert measures(library, Capabilities(), "sentence-completion") == [
        ("sentence-completion", "completion", 3)
    ]


def test_a_probe_without_log_probabilities_is_refused_before_the_first_call(library):
    with pytest.raises(UsageError, match="log-probabilities"):
        proposed(Proposal(measures=("word-probe",)), library, Capabilities())


@pytest.mark.parametrize("name", ["phq-9", "pswq", "phq-9:report:per-item"])
def test_what_asks_about_weeks_or_in_general_is_given_before_and_after_unless_asked_for_at_every_point(
    library, name
):
    assert library.questionnaire(name.partition(":")[0]).timeframe != "right now"
    ((_, _, usual),) = measures(library, HOSTED, name)
    ((_, _, every),) = measures(library, HOSTED, f"{name}@every")
    assert (usual, every) == (3, 4)


def test_any_questionnaire_can_be_given_at_three_points(library):
    assert measures(library, HOSTED, "affect-ratings@three") == [("affect-ratings", "likelihood", 3)]


@pytest.mark.parametrize("name", ["phq-9@always", "phq-9@", "phq-9@every@three"])
def test_a_point_that_there_is_not_says_what_there_is(library, name):
    with pytest.raises(UsageError) as caught:
        composed(library, HOSTED, name)
    assert "phq-9@every" in caught.value.todo and "phq-9@three" in caught.value.todo


@pytest.mark.parametrize(
    "name",
    [
        "word-probe:word",
        "phq-9:report",
        "phq-9:report:per-item@every",
        "affect-ratings:likelihood@three",
        "sentence-completion:completion",
        "sentence-completion:completion@every",
    ],
)
def test_a_measure_is_written_as_it_is_read(library, name):
    (measure,) = composed(library, HOSTED, name)
    assert written(measure) == name
    (again,) = composed(library, HOSTED, written(measure))
    assert again == measure


def arms(library: Library, *techniques: str, **more) -> dict[str, int]:
    heads = proposed(Proposal(techniques=techniques, **more), library, HOSTED)
    return {head.plan.technique.id: len(head.plan.technique.steps) for head in heads if head.plan.technique}


@pytest.mark.parametrize("control", [True, False])
def test_a_control_that_is_named_is_as_long_as_the_longest_technique(library, control):
    steps = {
        name: len(library.technique(name).steps)
        for name in ("self-compassion", "mindful-breathing", "waiting")
    }
    assert steps["mindful-breathing"] < steps["self-compassion"] < steps["waiting"]
    found = arms(library, "mindful-breathing", "waiting", "self-compassion", control=control)
    assert found == {**steps, "waiting": steps["self-compassion"]}


def test_controls_alone_keep_their_length_and_a_short_one_is_not_refused(library):
    whole = len(library.technique("waiting").steps)
    assert arms(library, "waiting") == {"waiting": whole}
    longest = technique(*("Go on." for _ in range(whole + 1)))
    kept = of_equal_length((longest, library.technique("waiting")))
    assert [len(one.steps) for one in kept] == [whole + 1, whole]


def composed(library: Library, capabilities: Capabilities, *names: str, **more):
    return proposed(Proposal(measures=names, **more), library, capabilities)[0].plan.measures


def test_the_way_and_the_form_can_be_chosen(library):
    assert measures(library, HOSTED, "affect-ratings:report") == [("affect-ratings", "report", 4)]
    (measure,) = composed(library, HOSTED, "affect-ratings:report:per-item")
    assert measure.presentation.form == "per item"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("affect-ratings:word", "likelihood or report"),
        ("word-probe:report", "by word"),
        ("affect-ratings:report:aloud", "batch, per-item, structured"),
        ("affect-ratings:likelihood:per-item", "batch, per-item, structured"),
    ],
)
def test_a_way_or_form_that_there_is_not_says_what_there_is(library, name, words):
    with pytest.raises(UsageError) as caught:
        composed(library, HOSTED, name)
    assert words in caught.value.todo


def test_one_questionnaire_in_two_ways_is_refused(library):
    with pytest.raises(UsageError, match="two ways"):
        composed(library, HOSTED, "affect-ratings:report", "affect-ratings:likelihood")


def test_options_and_labels_are_shuffled_if_asked_for(library):
    (plain,) = composed(library, HOSTED, "phq-9")
    (both,) = composed(library, HOSTED, "phq-9", shuffled=("options", "labels"))
    assert (plain.presentation.options, plain.presentation.labels) == ("as written", None)
    assert (both.presentation.options, both.presentation.labels, both.presentation.letters) == (
        "shuffled",
        "letters",
        "shuffled",
    )
