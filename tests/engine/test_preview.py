"""What a writer is shown before a run."""

from pathlib import Path

import pytest

from sandbox.engine.preview import fitted_control, passages
from sandbox.library.catalogue import Library
from sandbox.library.technique import Repeat, Step
from sandbox.library.workspace import Workspace
from sandbox.models.provider import Capabilities
from sandbox.study.proposal import session_with
from tests.documents import client, probe, scenario, technique
from tests.engine import test_task

SUBTRACT = test_task.SUBTRACT.model_copy(update={"begin": "Take 13 from {number}."})
QUIZ = test_task.QUIZ


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(Workspace(tmp_path, tmp_path / "sessions"))


def test_conditions_and_quotations_are_put_into_words() -> None:
    quoting = Step(
        id="quote",
        say="You said “{{ last_reply | excerpt(80) }}”.",
        when="score('distress') > 30",
        repeat=Repeat(until="score('distress') < 20", at_most=3),
    )
    branching = Step(id="branch", say="{% if score('distress') > 5 %}Much.{% else %}Little.{% endif %}")
    first, second = passages(technique(quoting, branching))
    assert first.text == "You said “⟨the client's last reply⟩”."
    assert first.notes == (
        "only if score('distress') > 30",
        "again until score('distress') < 20, at most 3 times in all",
    )
    assert second.text == branching.say


@pytest.mark.parametrize(
    ("delivery", "notes"),
    [
        ("scripted", ()),
        ("guided", ("a therapist model finds the words for this",)),
        ("live", ("a cue: the clinician types what is said",)),
    ],
)
def test_who_finds_the_words_stands_at_each_step(delivery: str, notes: tuple[str, ...]) -> None:
    assert [p.notes for p in passages(technique("One.", "Two.", delivery=delivery))] == [notes, notes]


def test_a_task_is_shown_with_its_first_question_and_the_places_of_what_follows() -> None:
    stress = scenario("Stand there.", affect="stress").model_copy(update={"tasks": (SUBTRACT, QUIZ)})
    shown = {passage.label: passage for passage in passages(stress)[1:]}
    assert shown["task subtract"].text == "Take 13 from 1022."
    assert shown["task subtract"].notes == ("up to 4 questions, fewer after 3 right answers in a row",)
    assert shown["task subtract, wrong"].text == (
        "Wrong, it was ⟨the answer missed⟩. Start again: ⟨the number to subtract from⟩ minus 13?"
    )
    assert shown["task quiz"].text == "Capital of France?"
    assert shown["task quiz, right"].text == "Yes. ⟨the next question⟩"
    assert "task quiz, unreadable" not in shown


def test_every_kind_of_document_shows_all_it_says() -> None:
    assert [p.text for p in passages(scenario("One.", "Two."))] == ["One.", "Two."]
    assert [p.label for p in passages(probe())] == ["question", "fear", "calm"]
    assert [p.text for p in passages(client())] == ["You take part.", "How are you?", "I feel fine."]


def test_the_control_beside_a_technique_is_as_long_and_ends_as_it_was_written_to(library: Library) -> None:
    whole = library.default_control()
    control = fitted_control(technique("One.", "Two.", "Three."), whole)
    assert control is not None
    assert control.is_control
    assert control.steps == (*whole.steps[:2], whole.steps[-1])
    assert fitted_control(control, control) is None


def test_a_document_takes_its_place_in_the_usual_session(library: Library) -> None:
    own = technique("Only this.")
    proposed = session_with(own, "embedded", Capabilities(top_logprobs=20, small=True), library)
    assert proposed.technique == own
    assert proposed.scenario.id == "night-attack"
    assert session_with(probe(), "embedded", Capabilities(), library).measures[0].questionnaire == probe()
