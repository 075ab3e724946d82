"""What a writer is shown before a run."""

from pathlib import Path

import pytest

from sandbox.engine.preview import beside, passages, session_with
from sandbox.library.catalogue import Library
from sandbox.library.technique import Repeat, Step
from sandbox.library.workspace import Workspace
from sandbox.models.provider import Capabilities
from tests.documents import client, probe, scenario, technique


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


def test_every_kind_of_document_shows_all_it_says() -> None:
    assert [p.text for p in passages(scenario("One.", "Two."))] == ["One.", "Two."]
    assert [p.label for p in passages(probe())] == ["question", "fear", "calm"]
    assert [p.text for p in passages(client())] == ["You take part.", "How are you?", "I feel fine."]


def test_the_control_beside_a_technique_is_as_long(library: Library) -> None:
    control = beside(technique("One.", "Two."), library)
    assert control is not None
    assert control.is_control
    assert len(control.steps) == 2
    assert beside(control, library) is None


def test_a_document_takes_its_place_in_the_usual_session(library: Library) -> None:
    own = technique("Only this.")
    proposed = session_with(own, "embedded", Capabilities(top_logprobs=20, small=True), library)
    assert proposed.technique == own
    assert proposed.scenario.id == "night-attack"
    assert session_with(probe(), "embedded", Capabilities(), library).measures[0].questionnaire == probe()
