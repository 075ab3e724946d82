"""What the shipped documents promise as a whole: counts, variety, warnings, and the controls' own rules."""

import re
from collections import Counter
from pathlib import Path

import pytest

from sandbox.library.client import Client
from sandbox.library.inspection import inspect
from sandbox.library.loading import load_file
from sandbox.library.questionnaire import WordQuestionnaire
from sandbox.library.scenario import Scenario
from sandbox.library.suspect_words import naming
from sandbox.library.technique import Technique

ROOT = Path(__file__).parents[2]
AFFECTS = {"fear", "anxiety", "worry", "sadness", "anger", "disgust", "stress"}


def every(folder: str) -> list[Path]:
    return sorted((ROOT / folder).glob("*.yaml"))


def scenarios() -> list[Scenario]:
    return [document for path in every("scenarios") if isinstance(document := load_file(path), Scenario)]


def techniques() -> list[Technique]:
    return [document for path in every("techniques") if isinstance(document := load_file(path), Technique)]


def test_nothing_shipped_draws_a_warning():
    assert [str(warning) for warning in inspect([ROOT]).warnings] == []


def test_every_affect_has_three_scenarios_by_three_methods_mild_and_strong():
    for affect in AFFECTS:
        mine = [scenario for scenario in scenarios() if scenario.affect == affect]
        assert len(mine) >= 3, affect
        assert len({scenario.source.method for scenario in mine}) >= 3, affect
        assert {"mild", "strong"} <= {scenario.intensity for scenario in mine}, affect
        assert len({scenario.domain for scenario in mine}) >= 3, affect
    assert len([scenario for scenario in scenarios() if scenario.affect == "none"]) >= 3


@pytest.mark.parametrize("scenario", scenarios(), ids=lambda scenario: scenario.id)
def test_a_scenario_never_names_the_affect_it_is_to_induce(scenario):
    assert len(scenario.turns) in (2, 3, 4)
    assert all(len(turn.say.split()) <= 80 for turn in scenario.turns)
    assert not any(naming(scenario.affect, turn.say) for turn in scenario.turns)


def test_the_starter_techniques_are_always_five_turns():
    starters = ("mindful-breathing", "cognitive-reappraisal", "grounding-54321", "supportive-listening")
    found = {technique.id: technique for technique in techniques()}
    for name in starters:
        steps = found[name].steps
        assert len(steps) == 5, name
        assert not any(step.when or step.repeat for step in steps), name


def test_every_control_is_long_enough_for_every_technique():
    controls = [technique for technique in techniques() if technique.is_control]
    assert {len(control.steps) for control in controls} == {8}
    for technique in techniques():
        assert len(technique.steps) <= 8, technique.id


def test_controls_end_as_techniques_do():
    """With a question about now: else the last turns differ in that too, and the score with them."""
    for technique in techniques():
        last = technique.steps[-1].say
        assert technique.delivery != "scripted" or last.endswith("?") or "tell me what you" in last, (
            technique.id
        )
    assert {
        technique.steps[-1].say.endswith("That is the end of this part. How is it for you now?")
        for technique in techniques()
        if technique.is_control
    } == {True}


def test_every_way_of_delivery_has_an_example():
    assert {technique.delivery for technique in techniques()} == {"scripted", "guided", "live"}


def test_a_guided_technique_goes_step_for_step_with_its_scripted_twin():
    found = {technique.id: technique for technique in techniques()}
    guided, scripted = found["guided-reappraisal"], found["cognitive-reappraisal"]
    assert [step.id for step in guided.steps] == [step.id for step in scripted.steps]


def test_some_scenarios_come_to_a_head_by_degrees():
    longer = [scenario.id for scenario in scenarios() if len(scenario.turns) >= 3 and not scenario.tasks]
    assert len(longer) >= 6, longer


@pytest.mark.parametrize("technique", techniques(), ids=lambda technique: technique.id)
def test_a_technique_says_why_how_it_is_recognised_and_when_not(technique):
    assert 5 <= len(technique.steps) <= 8
    assert all(len(step.say.split()) <= 80 for step in technique.steps)
    assert len(technique.fidelity) >= 3
    assert technique.cautions
    assert technique.is_control or technique.references


def test_sixteen_techniques_of_the_major_schools_and_three_controls():
    families = Counter(technique.family for technique in techniques())
    assert families["control"] >= 3
    assert families.total() - families["control"] >= 16
    assert set(families) >= {"mindfulness", "cbt", "act", "dbt", "relaxation", "compassion", "supportive"}


def technique(id: str) -> Technique:
    return next(found for found in techniques() if found.id == id)


def test_grounding_is_credited_to_where_it_comes_from():
    grounding = technique("grounding-54321")
    assert grounding.references[0].title.startswith("Najavits")
    assert "used alongside DBT" in grounding.rationale


def test_opposite_action_is_kept_from_what_its_rationale_does_not_name():
    """An emotion that fits the facts is acted against where acting on it does not help."""
    opposite = technique("opposite-action")
    assert "acting on it does not help" in opposite.rationale
    assert "fits the facts and acting on it would help" in (opposite.cautions or "")


def test_the_laundry_puts_away_only_what_it_took_out():
    (laundry,) = (found for found in scenarios() if found.id == "doing-laundry")
    told = " ".join(turn.say for turn in laundry.turns)
    assert "a basket" in told and "the empty basket" in told and "bag" not in told


def test_a_client_never_states_a_score_to_give():
    for path in every("clients"):
        client = load_file(path)
        assert isinstance(client, Client)
        assert not re.search(r"\bscore|\brate\b|out of (10|100)|\bscale\b", client.system, re.IGNORECASE), (
            path
        )
        assert len(client.small_model.examples) == 2, path
        assert client.small_model.opening == "I feel", path


def test_the_word_probe_keeps_to_its_rule():
    """What tells by itself that things are well or ill is in; what fits both, or is knowledge, is out."""
    probe = load_file(ROOT / "questionnaires" / "word-probe.yaml")
    assert isinstance(probe, WordQuestionnaire)
    lists = {word: item.id for item in probe.items for word in item.words}
    within = {"unsafe": "fear", "contaminated": "disgust", "lucky": "happiness", "alone": "sadness"}
    within |= dict.fromkeys(("lost", "desperate", "fragile"), "unpleasant")
    assert within.items() <= lists.items()
    without = ("strange", "different", "strong", "uncertain", "confused", "sure")
    assert not lists.keys() & set(without)
    assert all(word in (probe.source.drawn_from or "") for word in (*within, "strange", "sure"))
