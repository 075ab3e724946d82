"""Checking a model: scenarios are told, every instrument is judged, progress adds up, faults end it."""

from contextlib import aclosing

import pytest

from sandbox.engine.validity_check import (
    CheckPlan,
    CheckProgress,
    Instrument,
    InstrumentChecked,
    check_validity,
    plan_check,
)
from sandbox.errors import UsageError
from sandbox.library.catalogue import Library
from sandbox.library.workspace import Workspace
from sandbox.measurement.validity.battery import battery_size
from sandbox.models.provider import Capabilities, ModelError, Request
from tests.documents import client, probe, scenario
from tests.measurement.ratings import ranged
from tests.scripted import ScriptedProvider

CAPABLE = Capabilities(top_logprobs=2000, prefill=True, small=True, local=True)


def moved(request: Request) -> dict[str, float]:
    afraid = 0.7 if any("Somebody" in message.content for message in request.messages) else 0.1
    return {" afraid": afraid, " calm": 0.9 - afraid, " the": 0.1}


def a_plan(*instruments: Instrument) -> CheckPlan:
    return CheckPlan(
        model="scripted",
        client=client(),
        strong=scenario("It is dark.", "Somebody is behind you."),
        neutral=scenario("The shelf is white.", affect="none"),
        instruments=instruments or (Instrument(probe(), "word", 3),),
    )


async def events_of(plan: CheckPlan, provider: ScriptedProvider) -> list[CheckProgress | InstrumentChecked]:
    async with aclosing(check_validity(plan, provider)) as events:
        return [event async for event in events]


async def test_a_probe_that_follows_the_scenario_is_usable_and_the_calls_are_those_announced():
    provider = ScriptedProvider(["I wait."], top=moved, capabilities=CAPABLE)
    plan = a_plan()
    events = await events_of(plan, provider)
    (checked,) = [event for event in events if isinstance(event, InstrumentChecked)]
    assert checked.validity.usable == "usable"
    assert len(provider.requests) == plan.calls == 3 * 3 + battery_size(probe(), "word", 3)
    last = [event for event in events if isinstance(event, CheckProgress)][-1]
    assert (last.calls, last.expected) == (plan.calls, plan.calls)


async def test_states_are_what_was_told_and_replied_with_the_examples_of_a_small_model():
    provider = ScriptedProvider(["I wait."], top=moved, capabilities=CAPABLE)
    events = await events_of(a_plan(), provider)
    states = next(event for event in events if isinstance(event, InstrumentChecked)).states
    assert len(states) == 3
    said = [message.content for message in states[0].induced]
    assert said[-4:] == ["It is dark.", "I feel I wait.", "Somebody is behind you.", "I feel I wait."]
    assert said[: len(states[0].baseline)] == [message.content for message in states[0].baseline]
    assert len(states[0].baseline) == 3  # system text and one example turn


async def test_progress_comes_down_when_the_rest_is_not_asked():
    provider = ScriptedProvider(["As an AI language model, I do not have feelings."], capabilities=CAPABLE)
    plan = a_plan(Instrument(ranged(), "report", 4))
    events = await events_of(plan, provider)
    progress = [event for event in events if isinstance(event, CheckProgress)]
    checked = next(event for event in events if isinstance(event, InstrumentChecked))
    assert checked.validity.usable == "not usable with this model"
    assert len(checked.trials) == 4 < battery_size(ranged(), "report", 4)
    assert checked.calls == 4 * 3
    assert all(event.calls <= event.expected for event in progress)


async def test_the_same_seed_repeats_the_check_and_another_does_not():
    async def seeds(seed: int) -> list[int | None]:
        provider = ScriptedProvider(["I wait."], top=moved, capabilities=CAPABLE)
        plan = a_plan()
        await events_of(
            CheckPlan(**{**{f: getattr(plan, f) for f in plan.__slots__}, "seed": seed}), provider
        )
        return [request.sampling.seed for request in provider.requests]

    assert await seeds(1) == await seeds(1) != await seeds(2)


async def test_a_model_that_fails_while_the_scenario_is_told_ends_the_check_with_its_error():
    def fail(request: Request) -> ModelError:
        return ModelError("No answer.", kind="timeout")

    with pytest.raises(ModelError, match="No answer"):
        await events_of(a_plan(), ScriptedProvider(fail, capabilities=CAPABLE))


class TestPlans:
    @pytest.fixture
    def library(self, tmp_path) -> Library:
        return Library(Workspace(tmp_path, tmp_path / "sessions"))

    def pairs(self, library: Library, capabilities: Capabilities, **chosen) -> list[tuple[str, str]]:
        plan = plan_check("scripted", library, capabilities, **chosen)
        return [(i.questionnaire.id, i.way) for i in plan.instruments]

    def test_without_a_choice_every_way_that_can_read_the_default_questionnaires(self, library):
        assert self.pairs(library, CAPABLE) == [
            ("word-probe", "word"),
            ("affect-ratings", "likelihood"),
            ("affect-ratings", "report"),
        ]

    def test_a_model_without_log_probabilities_is_checked_by_report(self, library):
        assert self.pairs(library, Capabilities()) == [("affect-ratings", "report")]

    def test_each_affect_s_own_scenarios_are_told_whole_or_not_at_all(self, library):
        usual = plan_check("scripted", library, CAPABLE, questionnaires=("word-probe",))
        few = plan_check("scripted", library, CAPABLE, questionnaires=("word-probe",), repeats=2)
        assert len(usual.own) == 7
        assert all(len(scenarios) == 3 for scenarios in usual.own.values())
        assert (usual.own_repeats, few.own_repeats) == (3, 0)
        assert plan_check("scripted", library, CAPABLE, questionnaires=("gad-7",)).own == {}

    def test_ways_and_questionnaires_narrow_it_down(self, library):
        assert self.pairs(library, CAPABLE, questionnaires=("gad-7",), ways=("report",)) == [
            ("gad-7", "report")
        ]

    def test_a_way_and_a_form_are_written_as_for_a_run(self, library):
        written = ("affect-ratings:report:per-item", "gad-7:likelihood", "affect-ratings:report:structured")
        plan = plan_check("scripted", library, CAPABLE, questionnaires=written)
        assert [i.title for i in plan.instruments] == [
            "affect-ratings by report, per item",
            "gad-7 by likelihood",
            "affect-ratings by report, structured",
        ]
        assert plan.instruments[0].calls_each == 8
        assert plan.instruments[2].calls_each == 1
        with pytest.raises(UsageError, match="gad-7:likelihood:structured"):
            plan_check("scripted", library, CAPABLE, questionnaires=("gad-7:likelihood:structured",))

    def test_nothing_left_says_what_to_do(self, library):
        with pytest.raises(UsageError, match="log-probabilities") as error:
            plan_check("scripted", library, Capabilities(), questionnaires=("word-probe",))
        assert error.value.todo
        with pytest.raises(UsageError, match="word"):
            plan_check("scripted", library, CAPABLE, questionnaires=("gad-7",), ways=("word",))
