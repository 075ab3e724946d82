"""What a writer is shown before a run, and that the estimate of a session is an upper bound that adds up."""

from pathlib import Path

import pytest

from sandbox.engine.preview import beside, load, passages, session_with, texts_of
from sandbox.library.catalogue import Library
from sandbox.library.technique import Repeat, Step
from sandbox.library.workspace import Workspace
from sandbox.models.provider import Capabilities, Sampling
from tests.documents import client, plan, probe, scenario, technique

SAMPLING = Sampling(temperature=0.5, max_tokens=10)


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


def test_the_load_of_a_session_adds_up() -> None:
    whole = plan(technique=technique("Breathe.", "Rest."))
    tokens = dict.fromkeys(texts_of(whole), 100)
    found = load(whole, tokens, small=False, sampling=SAMPLING)
    # 2 scenario turns and 2 steps are answered; the probe is given at base, ind, t1, t2 and the end.
    assert (found.turns, found.calls) == (4, 4 + 5)
    assert found.reply_tokens == 4 * 10 + 5 * 1
    # system 100; told 100 and answered 10 each time: prompts 200, 310, 420, 530; the probes 100 more than
    # what was said by then: 200, 420, 530, 640, 640
    assert found.prompt_tokens == (200 + 310 + 420 + 530) + (200 + 420 + 530 + 640 + 640)
    assert found.longest_prompt == 641


def test_example_turns_count_for_small_models_only() -> None:
    whole = plan()
    tokens = dict.fromkeys(texts_of(whole), 100)
    small = load(whole, tokens, small=True, sampling=SAMPLING)
    large = load(whole, tokens, small=False, sampling=SAMPLING)
    assert small.calls == large.calls
    assert small.prompt_tokens == large.prompt_tokens + 200 * large.calls


def test_a_document_takes_its_place_in_the_usual_session(library: Library) -> None:
    own = technique("Only this.")
    proposed = session_with(own, "embedded", Capabilities(top_logprobs=20, small=True), library)
    assert proposed.technique == own
    assert proposed.scenario.id == "night-attack"
    assert session_with(probe(), "embedded", Capabilities(), library).measures[0].questionnaire == probe()
