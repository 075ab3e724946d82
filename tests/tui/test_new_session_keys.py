"""New session: what is picked is what runs, and the preview says beforehand what it will say and cost."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Input, Select
from textual.widgets.select import InvalidSelectValueError

from sandbox.engine.plan import STRETCHES
from sandbox.store.store import Store
from sandbox.study.small_study import small_study
from sandbox.tui.screens.new_session import NewSessionScreen
from sandbox.tui.screens.session import SessionScreen
from sandbox.tui.widgets.session_form import SessionForm
from sandbox.tui.widgets.ticks import PickList, Tick, TickList
from tests.tui.rehearsal import client_model
from tests.tui.stage import Stage, stage

_RATINGS = """id: calm-ratings
title: Calm ratings
description: For tests.
source: {author: The tests, drafted_by: person}
licence: CC0-1.0
version: "1"
kind: rating
timeframe: past week
options: [{value: 0, label: none}, {value: 1, label: some}, {value: 2, label: much}]
items: [{id: calm, text: I am calm.}]
scales: [{id: serenity, items: [calm], method: mean, range: [0, 2]}]
"""

_GUIDED = """id: guided-pause
title: Guided pause
description: For tests.
source: {author: The tests, drafted_by: person}
licence: CC0-1.0
version: "1"
family: supportive
delivery: guided
rationale: For tests.
steps: [{id: wait, say: Invite a pause.}]
"""

_SUMS = """id: neutral-sums
title: Neutral sums
description: For tests.
source: {author: The tests, drafted_by: person}
licence: CC0-1.0
version: "1"
affect: none
turns: [{say: A few sums now.}]
tasks:
  - id: sums
    begin: "What is {question}?"
    right: "And {question}?"
    wrong: "No. {question}?"
    check: {kind: quiz, questions: [{ask: one and one, answers: [two]}]}
    stop: {questions: 1}
"""


@asynccontextmanager
async def form(root: Path, size: tuple[int, int] = (120, 50)) -> AsyncIterator[Stage]:
    for folder, text in (("questionnaires/calm-ratings", _RATINGS), ("techniques/guided-pause", _GUIDED)):
        (root / folder).parent.mkdir(parents=True, exist_ok=True)
        (root / f"{folder}.yaml").write_text(text, encoding="utf-8")
    async with stage(root, size=size) as at:
        await at.started()
        await at.press("n")
        await at.until(lambda: isinstance(at.app.screen, NewSessionScreen), "the form")
        await at.shows("if every answer")
        yield at


async def pick(at: Stage, listed: str, id: str) -> None:
    """Go to that list with the keyboard's focus and tick a line of it."""
    ticks = at.app.screen.query_one(f"#{listed}", TickList)
    ticks.focus()
    ticks.highlighted = ticks.get_option_index(id)
    await at.press("space")


async def test_at_80_columns_no_line_of_a_measure_is_cut(tmp_path: Path) -> None:
    async with form(tmp_path, (80, 24)) as at:
        at.app.screen.query_one("#measures").focus()
        whole = re.compile(r"Affect ratings 0–100, by +[^\n]*\n +likelihood ")
        await at.until(lambda: bool(whole.search(at.text())), "both lines of the measure")


async def test_a_picked_measure_is_read_as_picked_and_named_beforehand(tmp_path: Path) -> None:
    async with form(tmp_path) as at:
        await at.shows("the model's abilities decide")
        await pick(at, "measures", "calm-ratings:report")
        await at.shows("Calm ratings, as the model writes it, at the start")
        at.app.screen.query_one("#when", Select).value = "every"
        await at.shows("Calm ratings, as the model writes it, at every point")
        await at.shows("asks about “past week”")
        at.app.screen.query_one("#report-form", Select).value = "per-item"
        at.app.screen.query_one("#shuffle-labels", Tick).focus()
        await at.press("space")
        await at.shows("per item, labels shuffled, at every")
        await at.press("ctrl+r")
        await at.ended()
        plan = next(iter(at.session.live.state.sessions.values())).head.plan
        (measure,) = plan.measures
        assert (measure.questionnaire.id, measure.way, measure.form, measure.shuffled) == (
            "calm-ratings", "report", "per item", ("labels",)
        )  # fmt: skip
        await at.press("escape", "n")
        await at.shows("[x] Calm ratings, by report")
        await at.shows("per item, labels shuffled")


async def test_a_technique_that_goes_by_a_score_nothing_measures_is_warned_of_here_and_in_the_session(
    tmp_path: Path,
) -> None:
    async with form(tmp_path) as at:
        await at.press("ctrl+t")
        await pick(at, "techniques", "decatastrophising")
        await at.shows("technique: Decatastrophising")
        assert "goes by the score" not in at.text()
        await pick(at, "measures", "calm-ratings:report")
        await at.shows("goes by the score of “distress”")
        await at.press("ctrl+r")
        await at.ended()
        assert any("“distress”, and nothing in this session" in line for line in at.session.live.remarks)


async def test_more_branches_cost_more_calls_and_the_control_is_missed(tmp_path: Path) -> None:
    async with form(tmp_path) as at:
        before = calls(at)
        await at.press("ctrl+t")
        await at.shows("No control: scores may fall by the mere passage of time")
        await at.until(lambda: 0 < calls(at) < before, "fewer calls")
        await pick(at, "techniques", "body-scan")
        await at.shows("technique: Body scan")


def calls(at: Stage) -> int:
    found = re.search(r"about (\d+) calls, ", at.text())
    return int(found.group(1)) if found else 0


async def test_the_therapist_model_is_asked_for_only_where_one_speaks(tmp_path: Path) -> None:
    async with form(tmp_path) as at:
        field = at.app.screen.query_one("#therapist-model", Input)
        assert not field.display
        await pick(at, "techniques", "guided-pause")
        await at.until(lambda: field.display, "the field")
        await at.shows("a therapist model finds the words")


async def test_what_cannot_be_run_says_why_and_what_to_do(tmp_path: Path) -> None:
    async with form(tmp_path) as at:
        await pick(at, "techniques", "mindful-breathing")
        await at.shows("Pick at least one technique")
        await at.press("ctrl+r")
        assert isinstance(at.app.screen, NewSessionScreen)


async def test_a_neutral_stretch_and_asking_inside_reach_the_plan(tmp_path: Path) -> None:
    async with form(tmp_path) as at:
        at.app.screen.query_one("#follow-up", Select).value = "doing-laundry"
        at.app.screen.query_one("#inside", Tick).focus()
        await at.press("space")
        await at.shows("before the last measurement:")
        await at.press("ctrl+r")
        await at.ended()
        plan = next(iter(at.session.live.state.sessions.values())).head.plan
        assert plan.follow_up is not None and plan.follow_up.id == "doing-laundry"
        assert plan.administration == "in_conversation"


async def test_only_a_neutral_scenario_without_tasks_is_offered_before_the_last_measurement(
    tmp_path: Path,
) -> None:
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "neutral-sums.yaml").write_text(_SUMS, encoding="utf-8")
    async with form(tmp_path) as at:
        scenarios = at.app.screen.query_one("#scenario", PickList)
        assert scenarios.get_option_index("neutral-sums") >= 0  # it can be told as the scenario
        follow_up = at.app.screen.query_one("#follow-up", Select)
        follow_up.value = "doing-laundry"
        for refused in ("neutral-sums", "trier-stress-test", "night-attack"):
            with pytest.raises(InvalidSelectValueError):
                follow_up.value = refused


async def test_a_model_without_a_key_is_refused_before_anything_is_planned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    async with form(tmp_path) as at:
        at.app.screen.query_one("#model", Input).value = "anthropic/claude-sonnet-4-5"
        await at.shows("There is no key for this model.")
        await at.press("ctrl+r")
        await at.until(lambda: bool(at.app._notifications), "why")
        assert isinstance(at.app.screen, NewSessionScreen)
        assert at.app.screen.query_one("#model", Input).value == "anthropic/claude-sonnet-4-5"
        await at.press("escape")
        assert at.services.proposing.model == "embedded"
    with Store.open(tmp_path / "sessions" / "sandbox.db") as store:
        assert store.sessions() == ()


async def test_what_the_preview_has_not_seen_yet_is_refused_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    async with form(tmp_path) as at:
        at.app.screen.query_one("#model", Input).value = "openai/gpt-99"
        await at.press("ctrl+r")
        await at.shows("There is no key for this model.")
        assert isinstance(at.app.screen, NewSessionScreen)
        at.app.screen.query_one("#model", Input).value = "embedded"
        await at.press("ctrl+r")
        await at.ended()


async def test_while_a_session_runs_the_form_stays_with_all_that_was_chosen(tmp_path: Path) -> None:
    gate = asyncio.Event()
    async with stage(tmp_path, client_model(gate=gate), size=(120, 50)) as at:
        await at.started()
        await at.press("enter")
        await at.opened()
        live = at.session.live
        await at.press("escape", "n")
        await at.until(lambda: isinstance(at.app.screen, NewSessionScreen), "the form")
        at.app.screen.query_one("#seed", Input).value = "7"
        await at.press("ctrl+r")
        await at.shows("A session is running")
        assert isinstance(at.app.screen, NewSessionScreen)
        gate.set()
        await at.until(lambda: not live.playing, "the end")
        await at.press("ctrl+r")
        await at.until(lambda: isinstance(at.app.screen, SessionScreen), "the session")
        await at.ended()
        assert {one.head.plan.seed for one in at.session.live.state.sessions.values()} == {7}


async def test_arms_before_and_without_the_scenario_are_picked_and_run(tmp_path: Path) -> None:
    async with form(tmp_path) as at:
        await pick(at, "designs", "after scenario")
        await at.shows("Pick at least one kind of arm")
        await pick(at, "designs", "before scenario")
        await pick(at, "designs", "measured again")
        await at.until(lambda: "Pick at least" not in at.text(), "a preview")
        await at.press("ctrl+r")
        await at.ended()
        arms = [one.head.plan for one in at.session.live.state.sessions.values()][1:]
        breathing, filler, again = arms
        assert breathing.stretches == filler.stretches == STRETCHES["before scenario"]
        assert again.technique is None and again.stretches == STRETCHES["measured again"]
        await at.press("escape", "n")
        await at.until(lambda: isinstance(at.app.screen, NewSessionScreen), "the form")
        picked = at.app.screen.query_one("#designs", TickList).picked
        assert picked == ("before scenario", "measured again")


async def test_the_repeats_take_turns_with_other_wordings_where_there_are_any(tmp_path: Path) -> None:
    async with form(tmp_path) as at:
        chosen = at.app.screen.query_one(SessionForm)
        tick, repeats = chosen.query_one("#wordings", Tick), chosen.query_one("#repeats", Input)
        repeats.value = "4"
        await at.until(lambda: chosen.choices.repeats == 4 and not tick.display, "one wording only")
        await pick(at, "techniques", "safe-place-imagery")
        await at.until(lambda: tick.display, "the question")
        tick.focus()
        await at.press("space")
        study = small_study(replace(chosen.choices, name="four"), at.services.conductor.library)
        assert study.wordings == "spread"
        repeats.value = "1"
        await at.until(lambda: not tick.display, "nothing to take turns")
        assert chosen.choices.wordings == "base"
