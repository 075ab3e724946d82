"""What each key of Home does, on the real app with a record on disk."""

import asyncio
from pathlib import Path

import pytest

from sandbox.engine.events import Event, RunPlanned, SessionStarted
from sandbox.engine.plan import SessionHead
from sandbox.store.store import Store
from sandbox.tui.screens.home import HomeScreen
from sandbox.tui.screens.new_session import NewSessionScreen
from sandbox.tui.screens.page import HelpScreen
from sandbox.tui.widgets.recent_sessions import RecentRun, RecentSessions
from tests.documents import plan
from tests.tui.rehearsal import client_model, make_workspace
from tests.tui.stage import stage


async def test_enter_runs_the_proposed_session_to_its_end(tmp_path: Path) -> None:
    async with stage(tmp_path, played=True) as at:
        await at.open_recorded()
        states = at.session.live.state.sessions.values()
        assert [state.state for state in states] == ["finished"] * 3
        await at.shows("distress")


async def test_what_was_run_is_listed_and_opens_again(tmp_path: Path) -> None:
    async with stage(tmp_path) as at:
        await at.started()
        await at.press("enter")
        await at.ended()
        ids = at.session.live.state.ids
        await at.press("escape")
        await at.shows("✓ finished")
        await at.press("tab", "enter")
        assert at.session.live.state.ids == ids
        await at.shows("at end, as at t3: distress")


async def test_enter_pressed_before_the_library_is_read_is_not_lost(tmp_path: Path) -> None:
    async with stage(tmp_path) as at:
        await at.press("enter")
        await at.until(lambda: not isinstance(at.app.screen, HomeScreen), "the Session screen")
        await at.ended()


async def test_resume_goes_on_with_what_was_stopped(tmp_path: Path) -> None:
    gate = asyncio.Event()
    async with stage(tmp_path, client_model(gate=gate)) as at:
        await at.started()
        await at.press("enter")
        await at.opened()
        await at.until(lambda: bool(at.session.live.state.running), "a session")
        await at.press("x")
        await at.ended()
        gate.set()
        assert any(s.state != "finished" for s in at.session.live.state.sessions.values())
        await at.press("escape")
        await at.press("tab", "r")
        await at.ended()
        assert {s.state for s in at.session.live.state.sessions.values()} == {"finished"}


async def test_resume_of_a_finished_session_says_so(tmp_path: Path) -> None:
    async with stage(tmp_path, played=True) as at:
        await at.started()
        await at.shows("✓ finished")
        await at.press("r")
        assert isinstance(at.app.screen, HomeScreen)
        await at.shows("Nothing is left to go on with here")


async def test_export_writes_the_transcript_of_the_marked_session(tmp_path: Path) -> None:
    async with stage(tmp_path, played=True) as at:
        await at.started()
        await at.shows("✓ finished")
        run = at.app.screen.query_one(RecentSessions).marked
        assert isinstance(run, RecentRun)
        await at.press("e")
        await at.press("m")
        folder = tmp_path / "sessions" / "exports"
        await at.until(lambda: bool(list(folder.glob(f"*-{run.session}.md"))), "the transcript")
        (path,) = folder.glob("*.md")
        assert "Mindful breathing" in path.read_text(encoding="utf-8")


async def test_new_session_changes_what_is_run(tmp_path: Path) -> None:
    async with stage(tmp_path) as at:
        await at.started()
        await at.press("n")
        await at.until(lambda: isinstance(at.app.screen, NewSessionScreen), "the form")
        await at.shows("if every answer")
        await at.press("ctrl+t")
        at.app.screen.query_one("#seed").focus()
        await at.press("backspace", "4", "2", "ctrl+r")
        await at.ended()
        heads = [state.head for state in at.session.live.state.sessions.values()]
        assert [head.plan.technique and head.plan.technique.id for head in heads] == [
            None,
            "mindful-breathing",
        ]
        assert {head.plan.seed for head in heads} == {42}


async def test_a_seed_out_of_range_is_refused_with_the_range(tmp_path: Path) -> None:
    async with stage(tmp_path) as at:
        await at.started()
        await at.press("n")
        await at.until(lambda: isinstance(at.app.screen, NewSessionScreen), "the form")
        at.app.screen.query_one("#seed").focus()
        await at.press(*"9999999999", "ctrl+r")
        await at.shows("whole number from 0")
        await at.press("escape")
        assert isinstance(at.app.screen, HomeScreen)


async def test_question_mark_explains_every_key_in_the_footer(tmp_path: Path) -> None:
    async with stage(tmp_path) as at:
        await at.started()
        await at.press("question_mark")
        assert isinstance(at.app.screen, HelpScreen)
        for words in ("Run this session", "Choose scenario", "Go on with", "transcript", "Close the app"):
            assert words in at.text()
        await at.press("escape")
        assert isinstance(at.app.screen, HomeScreen)


async def test_the_palette_offers_the_keys_by_name(tmp_path: Path) -> None:
    async with stage(tmp_path) as at:
        await at.started()
        await at.press("ctrl+p")
        await at.shows("Search for commands")
        await at.until(lambda: at.app.screen.focused is not None, "the palette's field to have the focus")
        commands = [one.title for one in at.app.get_system_commands(at.app.screen_stack[-2])]
        assert len({one for one in commands if one.startswith(("Library", "Models", "Quit", "Close"))}) == 3
        await at.press(*"choose sc")
        await at.shows("Choose scenario, techniques")
        assert "Every command by name" not in at.text()


async def test_q_closes_the_app_and_the_model(tmp_path: Path) -> None:
    model = client_model()
    async with stage(tmp_path, model) as at:
        await at.started()
        await at.press("q")
    assert model.closed


async def test_quitting_in_the_middle_of_a_reply_leaves_a_session_to_resume(tmp_path: Path) -> None:
    gate = asyncio.Event()
    async with stage(tmp_path, client_model(gate=gate)) as at:
        await at.started()
        await at.press("enter")
        await at.opened()
        await at.until(lambda: bool(at.session.live.state.running), "a session")
        await at.press("ctrl+q")
    with Store.open(tmp_path / "sessions" / "sandbox.db") as store:
        trunk = store.resolve("last")
        assert store.states(trunk)[-1].state == "interrupted"
    gate.set()
    async with stage(tmp_path, client_model()) as at:
        await at.shows("! interrupted")
        await at.press("r")
        await at.ended()
        assert {s.state for s in at.session.live.state.sessions.values()} == {"finished"}


async def test_a_broken_document_is_reported_and_the_app_lives(tmp_path: Path) -> None:
    (tmp_path / "scenarios").mkdir()
    async with stage(tmp_path) as at:
        await at.started()
        scenario = tmp_path / "scenarios" / "night-attack.yaml"
        scenario.write_text(
            scenario.read_text(encoding="utf-8").replace("affect:", "afect:"), encoding="utf-8"
        )
        await at.press("enter")
        await at.shows("afect")
        assert isinstance(at.app.screen, HomeScreen)


async def test_a_run_under_way_opens_at_the_session_that_runs(tmp_path: Path) -> None:
    gate = asyncio.Event()
    async with stage(tmp_path, client_model(gate=gate)) as at:
        await at.started()
        await at.press("enter")
        await at.opened()
        live = at.session.live

        def hold_in_a_branch(event: Event | None) -> None:
            if isinstance(event, SessionStarted) and event.session != live.state.ids[0]:
                live.controls.pause()

        live.listen(hold_in_a_branch)
        gate.set()
        await at.until(lambda: live.controls.paused, "a pause in the branch")
        await at.press("escape")
        await at.press("tab", "enter")
        await at.opened()
        assert at.session.shown == live.state.running == live.state.ids[1]


async def test_a_broken_document_hides_no_session_and_is_taken_once_it_is_mended(tmp_path: Path) -> None:
    async with stage(tmp_path, played=True) as at:
        await at.open_recorded()
    broken = tmp_path / "scenarios" / "night-attack.yaml"
    good = broken.read_text(encoding="utf-8")
    broken.write_text(good.replace("turns:", "turn:"), encoding="utf-8")
    async with stage(tmp_path, anew=False) as at:
        await at.shows("✓ finished")
        await at.shows("scenario    night-attack")
        broken.write_text(good, encoding="utf-8")
        await at.press("p")
        await at.until(lambda: not isinstance(at.app.screen, HomeScreen), "another screen")
        await at.press("escape")
        await at.shows("scenario    Attacked at night")


async def test_home_says_that_a_run_has_ended_without_a_key(tmp_path: Path) -> None:
    gate = asyncio.Event()
    async with stage(tmp_path, client_model(gate=gate)) as at:
        await at.started()
        await at.press("enter")
        await at.opened()
        await at.until(lambda: bool(at.session.live.state.running), "a session")
        await at.press("escape")
        await at.shows("▶ running")
        gate.set()
        await at.shows("✓ finished")


@pytest.mark.parametrize("key", ["l", "m", "comma", "p", "s"])
async def test_home_shows_what_was_recorded_while_another_screen_was_open(tmp_path: Path, key: str) -> None:
    async with stage(tmp_path) as at:
        await at.started()
        await at.press(key)
        await at.until(lambda: not isinstance(at.app.screen, HomeScreen), "another screen")
        with Store.open(tmp_path / "sessions" / "sandbox.db") as store:
            store.record(RunPlanned((SessionHead(id="s0000001", plan=plan()),)))
        await at.press("escape")
        await at.shows("▷ planned")


async def test_an_older_session_stays_marked_when_a_newer_one_is_listed(tmp_path: Path) -> None:
    heads = [SessionHead(id=f"s000000{n}", plan=plan()) for n in range(3)]
    with Store.open(make_workspace(tmp_path).sessions / "sandbox.db") as store:
        store.record(RunPlanned(tuple(heads)))
        async with stage(tmp_path, anew=False) as at:
            await at.started()
            listed = at.app.screen.query_one(RecentSessions)
            await at.until(lambda: listed.marked is not None, "the list")
            await at.press("tab", "down", "p")
            store.record(RunPlanned((SessionHead(id="s0000003", plan=plan()),)))
            await at.press("escape")
            await at.until(lambda: listed.option_count == 4, "the new one")
            assert isinstance(listed.marked, RecentRun) and listed.marked.session == "s0000001"


async def test_the_bottom_line_says_what_enter_does_where_the_reader_is(tmp_path: Path) -> None:
    with Store.open(make_workspace(tmp_path).sessions / "sandbox.db") as store:
        store.record(RunPlanned((SessionHead(id="s0000001", plan=plan()),)))
    async with stage(tmp_path, anew=False) as at:
        await at.shows("▷ planned")
        await at.shows("⏎ run")
        await at.press("tab")
        await at.shows("⏎ open")
        assert "⏎ run" not in at.text()


async def test_a_line_fits_after_the_terminal_was_made_narrower(tmp_path: Path) -> None:
    with Store.open(make_workspace(tmp_path).sessions / "sandbox.db") as store:
        store.record(RunPlanned((SessionHead(id="s0000001", plan=plan()),)))
    async with stage(tmp_path, size=(120, 30), anew=False) as at:
        await at.shows("0 turns · seed 7 · scripted")
        await at.pilot.resize_terminal(80, 24)
        await at.until(lambda: at.app.screen.size.width == 80, "the size")
        await at.until(lambda: "0 turns" not in at.text(), "the shorter line")
        assert at.app.screen.query_one(RecentSessions).virtual_size.height == 1
