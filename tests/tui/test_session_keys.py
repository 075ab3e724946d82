"""What each key of the Session screen does to a run, seen in its events and its record."""

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.events import Key

from sandbox.engine.events import Event, RunPlanned
from sandbox.engine.history import History, Skip, Turn
from sandbox.library.catalogue import Library
from sandbox.models.provider import ModelError
from sandbox.tui.branching import choices
from sandbox.tui.live_run import LiveRun
from sandbox.tui.screens.branch_picker import BranchPicker, Choice
from sandbox.tui.screens.compare import CompareScreen
from sandbox.tui.screens.home import HomeScreen
from sandbox.tui.screens.page import HelpScreen
from sandbox.tui.screens.session import SessionScreen
from sandbox.tui.widgets.comparison_table import ComparisonTable
from sandbox.tui.widgets.measured_line import MeasuredLine
from sandbox.tui.widgets.session_header import SessionHeader
from sandbox.tui.widgets.therapist_line import TherapistLine
from tests.scripted import ScriptedProvider
from tests.tui.rehearsal import client_model
from tests.tui.stage import Stage, stage
from tests.tui.test_session_state import events_of_a_run
from tests.tui.test_snapshots import Easel


@asynccontextmanager
async def paused_stage(root: Path, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Stage]:
    """A run paused during the scenario and stepped until it waits before its first technique turn."""
    gate = asyncio.Event()
    async with stage(root, client_model(gate=gate), size) as at:
        await _pause_in_the_scenario(at, gate)
        live = at.session.live
        while live.state.running == live.state.ids[0]:
            turns = len(live.state.sessions[live.state.ids[0]].entries)
            await at.press("n")
            await at.until(
                lambda before=turns: waits(at) and (  # type: ignore[misc]
                    live.state.running != live.state.ids[0]
                    or len(live.state.sessions[live.state.ids[0]].entries) > before
                ),
                "the next pause",
            )  # fmt: skip
        yield at


async def _pause_in_the_scenario(at: Stage, gate: asyncio.Event) -> None:
    await at.started()
    await at.press("enter")
    await at.opened()
    await at.until(lambda: at.session.live.state.running is not None, "a session")
    await at.press("space")
    gate.set()
    await at.until(lambda: waits(at), "the pause")


def waits(at: Stage) -> bool:
    state = at.session.live.state
    return state.running is not None and state.sessions[state.running].waiting is not None


def running(at: Stage) -> str:
    assert at.session.live.state.running is not None
    return at.session.live.state.running


async def test_space_pauses_and_goes_on(tmp_path: Path) -> None:
    async with paused_stage(tmp_path) as at:
        await at.shows("‖ paused")
        await at.shows("space go on")
        live = at.session.live
        worked, live._clock = live.seconds, lambda: 1e9  # a pause of years
        assert live.seconds == worked, "the clock stands"
        await at.press("space")
        await at.ended()
        assert {s.state for s in at.session.live.state.sessions.values()} == {"finished"}


async def test_n_takes_exactly_one_turn(tmp_path: Path) -> None:
    async with paused_stage(tmp_path) as at:
        session = running(at)
        before = at.session.live.state.sessions[session].steps[0]
        await at.press("n")
        await at.until(lambda: at.session.live.state.sessions[session].steps[0] == before + 1, "a step")
        await at.shows("‖ paused")
        assert at.session.live.state.sessions[session].steps[0] == before + 1
        await at.press("x")
        await at.ended()


async def test_own_words_are_said_as_the_therapist(tmp_path: Path) -> None:
    async with paused_stage(tmp_path) as at:
        session = running(at)
        await at.press("s", *"You are safe here.", "enter")

        def turns() -> list[Turn]:
            return [e for e in at.session.live.state.sessions[session].entries if isinstance(e, Turn)]

        await at.until(lambda: any(t.origin == "live" for t in turns()), "the clinician's turn")
        assert turns()[-1].said == "You are safe here."
        await at.shows("own words")
        await at.press("x")
        await at.ended()


async def test_enter_waits_for_the_letters_before_it(tmp_path: Path) -> None:
    async with paused_stage(tmp_path) as at:
        session = running(at)
        await at.press("s")
        for letter in "You are safe":
            at.app.post_message(Key("space" if letter == " " else letter, letter))
        at.app.post_message(Key("ctrl+j", None))
        at.app.post_message(Key("h", "h"))
        at.app.post_message(Key("enter", "\r"))

        def said() -> list[str]:
            return [e.said for e in at.session.live.state.sessions[session].entries if isinstance(e, Turn)]

        await at.until(lambda: bool(said()), "the clinician's turn")
        assert said()[0] == "You are safe\nh"
        await at.press("x")
        await at.ended()


async def test_letters_that_follow_s_in_one_burst_are_typed(tmp_path: Path) -> None:
    async with paused_stage(tmp_path) as at:
        for letter in "sxylophones":
            at.app.post_message(Key(letter, letter))
        line = at.session.query_one(TherapistLine)
        await at.until(lambda: line.text == "xylophones", "the word")
        await at.pilot.pause()
        assert not at.session.live.controls.stopping.is_set() and at.app.clipboard == ""
        assert not (tmp_path / "sessions" / "exports").exists()
        await at.press("escape", "x")
        await at.ended()


async def test_words_said_during_the_scenario_are_kept_for_the_technique(tmp_path: Path) -> None:
    gate = asyncio.Event()
    async with stage(tmp_path, client_model(gate=gate)) as at:
        await _pause_in_the_scenario(at, gate)
        trunk, branch, _ = at.session.live.state.ids
        told = len(at.session.live.state.sessions[trunk].entries)
        await at.press("s", *"I am here.", "enter")
        await at.shows("Your words are said at the next technique turn")
        await at.press("n")
        await at.until(lambda: waits(at), "the pause")
        after = [e for e in at.session.live.state.sessions[trunk].entries[told:] if isinstance(e, Turn)]
        assert len(after) <= 1
        await at.press("space")
        await at.ended()
        turns = [e for e in at.session.live.state.sessions[branch].entries if isinstance(e, Turn)]
        assert (turns[0].origin, turns[0].said) == ("live", "I am here.")


async def test_a_persons_details_are_asked_about_before_they_leave_the_machine(tmp_path: Path) -> None:
    async with paused_stage(tmp_path) as at:
        session = running(at)
        at.session.query_one(TherapistLine).leaves_machine = True

        def said() -> list[str]:
            entries = at.session.live.state.sessions[session].entries
            return [e.said for e in entries if isinstance(e, Turn)]

        await at.press("s", *"Born 12.03.1984.", "enter")
        await at.shows("looks like a real")
        assert said() == [] and at.session.query_one(TherapistLine).text == "Born 12.03.1984."
        await at.press("enter")
        await at.until(lambda: said() == ["Born 12.03.1984."], "the words")
        await at.press("x")
        await at.ended()


async def test_escape_keeps_the_words_unsaid_and_gives_the_keys_back(tmp_path: Path) -> None:
    async with paused_stage(tmp_path) as at:
        session = running(at)
        await at.press("s", *"never mind", "escape", "n")
        await at.until(lambda: at.session.live.state.sessions[session].steps[0] == 1, "the script's step")
        entries = at.session.live.state.sessions[session].entries
        assert not any(isinstance(e, Turn) and e.origin == "live" for e in entries)
        await at.press("s", *", dear", "enter")
        await at.until(lambda: waits(at) and at.session.query_one(TherapistLine).text == "", "the pause")
        await at.shows("never mind, dear")
        await at.press("x")
        await at.ended()


async def test_k_leaves_a_step_out(tmp_path: Path) -> None:
    async with paused_stage(tmp_path) as at:
        session = running(at)
        await at.press("k")
        await at.until(
            lambda: any(isinstance(e, Skip) for e in at.session.live.state.sessions[session].entries),
            "the skip",
        )
        await at.shows("step settle skipped")
        assert "step is left out" not in at.text()
        await at.press("x")
        await at.ended()


async def test_k_before_the_technique_says_what_it_will_do(tmp_path: Path) -> None:
    gate = asyncio.Event()
    async with stage(tmp_path, client_model(gate=gate)) as at:
        await _pause_in_the_scenario(at, gate)
        await at.press("k")
        await at.shows("The next technique step is left out.")
        await at.press("x")
        await at.ended()


async def test_stop_keeps_what_was_said_and_begins_nothing_more(tmp_path: Path) -> None:
    async with paused_stage(tmp_path) as at:
        await at.press("x")
        await at.ended()
        states = list(at.session.live.state.sessions.values())
        assert [s.state for s in states] == ["finished", "stopped", "stopped"]
        assert states[2].reason == "The run was stopped before it began."
        await at.shows("Stopped.")
        assert len([e for e in states[0].entries if isinstance(e, Turn)]) == 2


async def test_stopping_is_said_until_it_has_stopped(tmp_path: Path) -> None:
    events, ended = await events_of_a_run(tmp_path), asyncio.Event()

    async def play(*_: object) -> AsyncGenerator[Event, None]:
        for event in events[:6]:
            yield event
        await ended.wait()

    live = LiveRun(play, lambda _: History())
    live.add(*next(event.heads for event in events if isinstance(event, RunPlanned)))
    async with Easel().run_test(size=(80, 24)) as pilot:
        running = asyncio.create_task(live.run())
        await pilot.app.push_screen(SessionScreen(live))
        await pilot.press("x")
        await pilot.pause()
        header = pilot.app.screen.query_one(SessionHeader)
        assert "■ stopping" in header.render().plain
        ended.set()
        await running
        await pilot.pause()
        assert "stopping" not in header.render().plain


async def test_keys_do_nothing_while_the_techniques_are_read_for_a_branch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = threading.Event()

    def slowly(library: Library) -> tuple[Choice, ...]:
        assert read.wait(20)
        return choices(library)

    monkeypatch.setattr("sandbox.tui.branching.choices", slowly)
    async with paused_stage(tmp_path) as at:
        try:
            before = at.session.live.state
            await at.press("b", "down", "n", "x")
            live = at.services.runs.live
            assert live is not None and live.state == before and not live.controls.stopping.is_set()
        finally:
            read.set()
        await at.until(lambda: isinstance(at.app.screen, BranchPicker), "the picker")
        await at.press("escape", "x")
        await at.ended()


async def test_branch_runs_another_technique_from_the_same_induced_state(tmp_path: Path) -> None:
    async with stage(tmp_path, played=True) as at:
        await at.open_recorded()
        await at.press("b")
        await at.until(lambda: isinstance(at.app.screen, BranchPicker), "the picker")
        assert "Appliance manual" not in at.text(), "there is a control: the techniques come first"
        await at.press(*"mind BREATH", "enter")
        await at.until(lambda: len(at.session.live.state.ids) == 4, "the branch")
        await at.ended()
        trunk, *_, branch = at.session.live.state.sessions.values()
        assert branch.head.parent == trunk.head.id and branch.state == "finished"
        assert branch.head.plan.technique is not None


async def test_right_lets_a_branch_leave_from_here(tmp_path: Path) -> None:
    async with stage(tmp_path, played=True) as at:
        await at.open_recorded()
        here = at.session.shown
        await at.press("b")
        await at.until(lambda: isinstance(at.app.screen, BranchPicker), "the picker")
        await at.press("right")
        await at.shows("here: after t3 of")
        await at.press("enter")
        await at.until(lambda: len(at.session.live.state.ids) == 4, "the branch")
        await at.ended()
        branch = list(at.session.live.state.sessions.values())[-1]
        assert (branch.head.parent, branch.head.parent_turn, branch.state) == (here, 5, "finished")


async def test_a_branch_asked_for_during_a_run_waits_for_its_end(tmp_path: Path) -> None:
    async with paused_stage(tmp_path) as at:
        await at.press("b")
        await at.until(lambda: isinstance(at.app.screen, BranchPicker), "the picker")
        await at.press("enter")
        await at.until(lambda: len(at.session.live.state.ids) == 4, "the arm in line")
        assert list(at.session.live.state.sessions.values())[-1].state == "planned"
        await at.press("space")
        await at.ended()
        assert [s.state for s in at.session.live.state.sessions.values()] == ["finished"] * 4


async def test_escape_in_the_picker_changes_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path, played=True) as at:
        await at.open_recorded()
        await at.press("b")
        await at.until(lambda: isinstance(at.app.screen, BranchPicker), "the picker")
        await at.press("escape")
        assert len(at.session.live.state.ids) == 3 and not at.session.live.playing


async def test_brackets_walk_the_branches_and_v_the_scales(tmp_path: Path) -> None:
    async with stage(tmp_path, played=True) as at:
        await at.open_recorded()
        await at.press("left_square_bracket")
        await at.shows("Breathe in slowly")
        await at.press("right_square_bracket")
        await at.shows("Connect the hose")
        assert "▌distress" in at.text()
        await at.press("v")
        await at.shows("▌fear")
        await at.press("V")
        await at.shows("▌distress")


async def test_the_control_is_laid_over_the_technique(tmp_path: Path) -> None:
    async with stage(tmp_path, played=True) as at:
        await at.open_recorded()
        await at.press("left_square_bracket")
        await at.shows("○ Appliance manual (control)")
        await at.shows("● Mindful breathing")


async def test_e_writes_the_transcript(tmp_path: Path) -> None:
    async with stage(tmp_path, played=True) as at:
        await at.open_recorded()
        folder, trunk = tmp_path / "sessions" / "exports", at.session.live.state.ids[0]
        for number, key in enumerate(("m", "j", "m"), 1):
            await at.press("e")
            await at.shows("Write the transcript as")
            await at.press(key)
            await at.until(lambda: len(list(folder.glob("*"))) == number, "the transcript")  # noqa: B023
        named = "night-attack-mindful-breathing-filler-manual"
        names = {f"{named}-{trunk}.md", f"{named}-{trunk}.json", f"{named}-{trunk}-2.md"}
        assert {path.name for path in folder.iterdir()} == names, "nothing is replaced"


async def test_y_copies_the_conversation_with_its_measurements(tmp_path: Path) -> None:
    async with stage(tmp_path, played=True) as at:
        await at.open_recorded()
        await at.press("y")
        copied = at.app.clipboard
        assert "not a feeling" in copied.splitlines()[0]
        assert "Scenario: You are walking home alone" in copied and "Therapist: Connect the hose" in copied
        assert "Client: I feel trapped" in copied and "[at t1: distress 79 → 55 (−24)]" in copied


async def test_the_tone_of_the_replies_is_a_trajectory_of_its_own(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 40), played=True) as at:
        await at.open_recorded()
        await at.shows("negativity")
        await at.press("V")
        await at.shows("Negativity of the replies")


async def test_a_measurement_opens_to_its_answers(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 36), played=True) as at:
        await at.open_recorded()
        await at.press("tab")
        assert isinstance(at.app.screen.focused, MeasuredLine)
        await at.shows("⏎ items")
        await at.press("enter")
        await at.shows("read by word")
        await at.shows("coverage 100%")


async def test_escape_closes_an_opened_measurement_before_it_leaves(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 36), played=True) as at:
        await at.open_recorded()
        await at.press("tab", "enter")
        await at.shows("coverage 100%")
        await at.shows("esc close")
        await at.press("escape")
        await at.until(lambda: "coverage 100%" not in at.text(), "the closed measurement")
        assert at.session.is_current
        await at.press("escape")
        assert isinstance(at.app.screen, HomeScreen)


async def test_an_opened_measurement_is_brought_into_sight(tmp_path: Path) -> None:
    async with stage(tmp_path, played=True) as at:
        await at.open_recorded()
        await at.press("tab", *["shift+tab"] * 4, "enter")
        await at.shows("afraid 39.5%")
        await at.shows("scared 15.8%")


async def test_escape_goes_home_and_the_run_goes_on(tmp_path: Path) -> None:
    async with paused_stage(tmp_path) as at:
        live = at.session.live
        await at.press("escape")
        assert isinstance(at.app.screen, HomeScreen) and live.playing
        await at.press("tab", "enter")
        await at.opened()
        assert at.session.live is live
        await at.press("space")
        await at.ended()


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_what_is_said_in_passing_leaves_the_line_one_types_on_in_sight(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with paused_stage(tmp_path, size) as at:
        at.app.notify("Said in passing.", timeout=30)
        await at.press("s")
        await at.shows("Said in passing.")
        line = at.session.query_one(TherapistLine).region
        assert not any(toast.region.overlaps(line) for toast in at.session.query("Toast"))
        await at.press("escape", "x")
        await at.ended()


async def test_w_shows_every_remark_in_full(tmp_path: Path) -> None:
    async with stage(tmp_path, played=True) as at:
        await at.open_recorded()
        said = ("The first thing to mind, " + "at length " * 20 + "to its end.", "The second thing.")
        at.session.live.remarks = said
        at.session._draw()
        await at.shows("…  w all 2")
        assert "The second thing." not in at.text()
        await at.press("w")
        await at.shows("The second thing.")
        await at.shows("to its end.")


async def test_escape_says_where_it_leads(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 36), played=True) as at:
        await at.open_recorded()
        await at.shows("esc home")
        await at.press("c")
        await at.until(lambda: isinstance(at.app.screen, CompareScreen), "the comparison")
        await at.shows("Appliance manual")
        await at.press("1")
        await at.opened()
        await at.shows("esc back")
        await at.press("escape")
        assert isinstance(at.app.screen, CompareScreen)


async def test_question_mark_explains_the_session_keys(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(100, 40)) as at:
        await at.started()
        await at.press("enter")
        await at.ended()
        await at.press("question_mark")
        assert isinstance(at.app.screen, HelpScreen)
        for words in (
            "Pause or go on",
            "One step",
            "own words",
            "Leave out",
            "Add an arm",
            "Stop",
            "Chart the next",
        ):
            assert words in at.text()


async def test_a_model_that_fails_is_reported_with_what_to_do(tmp_path: Path) -> None:
    broken = ScriptedProvider(
        lambda request: ModelError("The model went away.", kind="unavailable", todo="Start it again.")
    )
    async with stage(tmp_path, broken) as at:
        await at.started()
        await at.press("enter")
        await at.ended()
        await at.shows("The model went away")
        await at.shows("Start it again. Space goes on")
        assert next(iter(at.session.live.state.sessions.values())).state == "failed"


HOSTILE = (
    "I feel \x1b[31mred\x1b[0m \x1b]0;title\x07 [bold]not bold[/bold] [@click=app.quit]x[/] "
    + "w" * 10_000 + " \u202eright to left\u202c שלום 👩‍👩‍👧 \x00 {{ 7*7 }} end"
)  # fmt: skip


async def test_hostile_model_text_is_shown_as_text(tmp_path: Path) -> None:
    async with stage(tmp_path, client_model(HOSTILE), size=(80, 24)) as at:
        await at.started()
        await at.press("enter")
        await at.ended()
        assert "\x1b" not in at.text() and "\u202e" not in at.text()
        await at.shows("{{ 7*7 }} end")
        await at.press("home")
        await at.shows("[bold]not")
        assert all(len(line) <= 81 for line in at.text().splitlines())


@pytest.mark.parametrize("size", [(50, 20), (60, 24), (80, 24), (100, 30), (160, 50)])
async def test_scores_never_stand_without_the_line_on_what_they_are(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    async with stage(tmp_path, size=size) as at:
        await at.started()
        await at.press("enter")
        await at.ended()
        await at.shows("simulated affect, not a feeling")


async def test_what_is_opened_twice_is_open_once(tmp_path: Path) -> None:
    """Compare opens the session it came from: its screen comes to the top, as it was left."""
    async with stage(tmp_path) as at:
        await at.started()
        await at.press("enter", "enter")
        await at.ended()
        screen = at.session
        await at.press("c")
        await at.until(lambda: isinstance(at.app.screen, CompareScreen), "Compare")
        await at.until(lambda: at.app.screen.query_one(ComparisonTable).row_count > 0, "the rows")
        await at.press("2")
        await at.opened()
        assert at.session is screen
        await at.press("escape")
        await at.until(lambda: isinstance(at.app.screen, CompareScreen), "Compare again")
        await at.press("escape")
        await at.until(lambda: isinstance(at.app.screen, HomeScreen), "Home")


async def test_a_screen_that_is_closed_is_closed_once(tmp_path: Path) -> None:
    """The second Escape of a burst took away the screen below, Home too, and left nothing to see."""
    async with stage(tmp_path, played=True) as at:
        await at.open_recorded()
        screen = at.session
        for _ in range(3):
            screen.dismiss()
        await at.until(lambda: isinstance(at.app.screen, HomeScreen), "Home")


async def test_every_screen_of_a_run_shows_its_one_state(tmp_path: Path) -> None:
    """Opened again from the record while it is shown, a run is the same run: both see what goes on."""
    async with stage(tmp_path, played=True) as at:
        await at.open_recorded()
        runs, live = at.services.runs, at.session.live
        assert runs.recorded(live.state.ids[1]) is live
        await at.app.push_screen(SessionScreen(runs.recorded(live.state.ids[0])))
        above, below = at.app.screen_stack[-1], at.app.screen_stack[-2]
        assert isinstance(below, SessionScreen) and isinstance(above, SessionScreen)
        await at.press("b")
        await at.shows("Add an arm with")
        await at.press("enter")
        await at.until(lambda: len(live.state.ids) == 4 and not live.playing, "the new branch")
        for screen in (below, above):
            assert screen.live.state.sessions[live.state.ids[3]].state == "finished"


async def test_keys_that_cannot_act_say_why_and_what_to_do(tmp_path: Path) -> None:
    gate = asyncio.Event()
    async with stage(tmp_path, client_model(gate=gate)) as at:
        await at.started()
        await at.press("enter")
        await at.opened()
        await at.press("c")
        await at.shows("Comparing takes two arms that have begun")
        await at.press("x")
        gate.set()
        await at.ended()
        assert "c compares" not in at.text() and "b adds an arm" in at.text()
        await at.press("r")
        await at.shows("There is no reply before this")
