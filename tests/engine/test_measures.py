"""Which measures a proposal comes to: what the model can do decides the way, the kind decides the points."""

import pytest

from sandbox.engine.proposal import Proposal, compose
from sandbox.errors import UsageError
from sandbox.library.catalogue import Library
from sandbox.library.workspace import Workspace
from sandbox.models.provider import Capabilities

HOSTED = Capabilities(top_logprobs=20)


@pytest.fixture
def library(tmp_path) -> Library:
    return Library(Workspace(tmp_path, tmp_path / "sessions"))


def measures(library: Library, capabilities: Capabilities, *names: str) -> list[tuple[str, str, int]]:
    heads = compose(Proposal(measures=names), library, capabilities)
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
        compose(Proposal(measures=("word-probe",)), library, Capabilities())


def composed(library: Library, capabilities: Capabilities, *names: str, **more):
    return compose(Proposal(measures=names, **more), library, capabilities)[0].plan.measures


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
