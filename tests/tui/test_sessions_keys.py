"""What each key of Sessions does: finding again, marking, tagging, removing, opening, comparing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.widgets import Input, Select, Static

from sandbox.engine.events import Event, RunPlanned, SessionStarted
from sandbox.engine.plan import SessionHead
from sandbox.errors import SandboxError
from sandbox.store.afterwards import asked_afterwards
from sandbox.store.store import DATABASE, Store
from sandbox.tui.screens.branch_picker import BranchPicker
from sandbox.tui.screens.compare import CompareScreen
from sandbox.tui.screens.home import HomeScreen
from sandbox.tui.screens.page import HelpScreen
from sandbox.tui.screens.prompt import LinePrompt
from sandbox.tui.screens.sessions import SessionsScreen
from sandbox.tui.widgets.session_list import SessionList
from tests.documents import plan, technique
from tests.tui.rehearsal import client_model, make_workspace
from tests.tui.stage import Stage, stage


@asynccontextmanager
async def listing(root: Path, size: tuple[int, int] = (100, 30)) -> AsyncIterator[Stage]:
    """The list after one run."""
    async with stage(root, size=size, played=True) as at:
        await at.started()
        await open_list(at)
        await at.shows("[ ] 20")
        yield at


@asynccontextmanager
async def paused_in_a_branch(
    root: Path, gate: asyncio.Event, size: tuple[int, int] = (100, 30)
) -> AsyncIterator[Stage]:
    """Home, while the first branch of a run waits for the clinician to go on."""
    async with stage(root, client_model(gate=gate), size=size) as at:
        await at.started()
        await at.press("enter")
        await at.opened()
        live = at.session.live

        def hold(event: Event | None) -> None:
            if isinstance(event, SessionStarted) and event.session != live.state.ids[0]:
                live.controls.pause()

        live.listen(hold)
        gate.set()
        await at.until(lambda: any(one.waiting for one in live.state.sessions.values()), "the pause")
        await at.press("escape")
        yield at


async def open_list(at: Stage) -> None:
    await at.press("s")
    await at.until(lambda: isinstance(at.app.screen, SessionsScreen), "Sessions")


def listed(at: Stage) -> SessionList:
    return at.app.screen.query_one(SessionList)


def listed_below(at: Stage) -> SessionList:
    """The list on the screen under the one shown."""
    return at.app.screen_stack[-2].query_one(SessionList)


async def test_each_branch_has_a_line_and_enter_opens_it(tmp_path: Path) -> None:
    async with listing(tmp_path) as at:
        assert at.text().count("[ ]") == 2
        await at.press("down", "enter")
        await at.opened()
        assert at.session.live.state.title(at.session.shown) == "Mindful breathing"


async def test_words_that_were_said_are_found_and_opened_there(tmp_path: Path) -> None:
    async with listing(tmp_path, (80, 24)) as at:
        await at.press("slash", *"slowly through")
        await at.shows("t2: ")
        await at.shows("«slowly» «through»")
        await at.press("enter", "enter")
        await at.opened()
        await at.until(
            lambda: any(b.has_class("-found") for b in at.session.query("TurnBlock")), "the marked turn"
        )
        await at.shows("Breathe in slowly")


async def test_a_redo_is_told_from_what_it_redoes(tmp_path: Path) -> None:
    async with listing(tmp_path) as at:
        await at.press("down", "enter")
        await at.opened()
        await at.redo()
        await at.until(lambda: len(at.session.live.state.ids) == 4, "the redo")
        await at.ended()
        await at.press("escape")
        await at.shows("Mindful breathing (t3 redo")


async def test_words_nobody_said_find_nothing(tmp_path: Path) -> None:
    async with listing(tmp_path) as at:
        await at.press("slash", *"zebra")
        await at.shows("nothing fits")
        await at.press("escape")
        assert isinstance(at.app.screen, SessionsScreen)
        await at.press("ctrl+l")
        await at.until(lambda: at.text().count("[ ]") == 2, "the whole list")


async def test_a_filter_narrows_the_list(tmp_path: Path) -> None:
    async with listing(tmp_path) as at:
        select = at.app.screen.query_one("#technique", Select)
        await at.until(lambda: len(select._options) == 3, "the techniques to choose")
        select.value = "Mindful breathing"
        await at.until(lambda: at.text().count("[ ]") == 1, "one line")
        at.app.screen.query_one("#age", Select).value = "0"
        await at.until(lambda: at.text().count("[ ]") == 1, "one line of today")
        await at.press("ctrl+l")
        await at.until(lambda: at.text().count("[ ]") == 2, "the whole list")


async def test_space_marks_c_compares_and_u_takes_the_marks_off(tmp_path: Path) -> None:
    async with listing(tmp_path) as at:
        await at.press("space", "space")
        await at.shows("2 marked")
        assert at.text().count("[x]") == 2
        await at.press("c")
        await at.until(lambda: isinstance(at.app.screen, CompareScreen), "Compare")
        await at.press("escape", "u")
        await at.until(lambda: "[x]" not in at.text(), "no mark")


async def test_c_without_marks_compares_with_the_siblings(tmp_path: Path) -> None:
    async with listing(tmp_path) as at:
        await at.press("c")
        await at.until(lambda: isinstance(at.app.screen, CompareScreen), "Compare")
        await at.shows("1● Mindful breathing")


async def test_t_tags_and_a_minus_takes_the_tag_off(tmp_path: Path) -> None:
    async with listing(tmp_path) as at:
        await at.press("t")
        await at.until(lambda: isinstance(at.app.screen, LinePrompt), "the question")
        await at.press(*"Pilot", "enter")
        await at.shows("#pilot")
        await at.press("t", *"-pilot", "enter")
        await at.until(lambda: "#pilot" not in at.text(), "no tag")


async def test_a_asks_another_questionnaire_and_keeps_it_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    say_asked = SessionsScreen.say_asked

    def listen(screen: SessionsScreen, asked: str) -> None:
        say_asked(screen, asked)
        said.append(str(screen.query_one("#title", Static).render()))

    monkeypatch.setattr(SessionsScreen, "say_asked", listen)
    async with listing(tmp_path) as at:
        one = listed(at).at
        assert one is not None
        id = one.summary.id
        await at.press("a")
        await at.until(lambda: isinstance(at.app.screen, LinePrompt), "the question")
        await at.press(*"k7", "enter")
        await at.shows("✗")
        await at.shows("k6                   Kessler")
        await at.press(*["backspace"] * 2, *"k6:report", "enter")
        await at.shows("Asked afterwards: k6:report")
        await at.shows(f"{one.name} · Attacked at night")
        await at.shows("points answered")
        counted = [f"Sessions · asking k6:report: {n} of 3 points" for n in range(4)]
        assert said == [*counted, "Sessions"]
        with Store.open(tmp_path / "sessions" / DATABASE) as store:
            asked = asked_afterwards(store, [id])[id]
            assert [given.measured.point.label for given in asked] == ["base", "ind", "end"]
            assert not any(m.administration.questionnaire == "k6" for m in store.history(id).measured)


async def test_an_empty_answer_is_asked_for_again_and_escape_leaves(tmp_path: Path) -> None:
    async with listing(tmp_path) as at:
        await at.press("d", "enter")
        assert isinstance(at.app.screen, LinePrompt)
        await at.press("escape")
        assert isinstance(at.app.screen, SessionsScreen) and at.text().count("[ ]") == 2


async def test_d_removes_with_a_reason_that_the_record_keeps(tmp_path: Path) -> None:
    async with listing(tmp_path) as at:
        gone = listed(at).at
        assert gone is not None
        await at.press("d")
        when = gone.summary.created.astimezone().strftime("%Y-%m-%d %H:%M")
        await at.shows(f"{when}  {gone.name} · Attacked at")
        await at.press(*"a trial", "enter")
        await at.until(lambda: at.text().count("[ ]") == 1, "one line")
        await at.shows("z lists it again.")
        with Store.open(tmp_path / "sessions" / "sandbox.db") as store:
            last = store.states(gone.summary.id)[-1]
            assert (last.state, last.reason, last.author) == ("removed", "a trial", "clinician")
            assert store.history(gone.summary.id).turns
            await at.press("z")
            await at.until(lambda: at.text().count("[ ]") == 2, "both lines")
            assert store.state(gone.summary.id) == "finished"


async def test_no_reason_is_asked_for_what_runs_and_cannot_be_removed(tmp_path: Path) -> None:
    gate = asyncio.Event()
    async with paused_in_a_branch(tmp_path, gate) as at:
        await open_list(at)
        await at.until(lambda: listed(at).option_count == 2, "the branches")
        await at.press("down", "d")
        await at.shows("A running session cannot be removed")
        assert isinstance(at.app.screen, SessionsScreen)


async def test_a_paused_session_is_said_to_be_paused_here_and_on_home(tmp_path: Path) -> None:
    async with paused_in_a_branch(tmp_path, asyncio.Event(), (120, 30)) as at:
        await at.shows("‖ paused       Attacked")
        await open_list(at)
        await at.shows("‖ paused")


async def test_home_says_when_a_session_begins_to_wait_and_when_it_goes_on(tmp_path: Path) -> None:
    gate = asyncio.Event()
    async with stage(tmp_path, client_model(gate=gate), size=(120, 30)) as at:
        await at.started()
        await at.press("enter")
        await at.opened()
        live = at.session.live
        await at.until(lambda: bool(live.state.running), "a session")
        await at.press("space", "escape")
        await at.shows("▶ running")
        gate.set()
        await at.shows("‖ paused")
        gate.clear()
        live.controls.resume()
        await at.shows("▶ running")
        gate.set()
        await at.until(lambda: not live.playing, "the end")


async def test_the_question_gives_an_example_and_names_enter(tmp_path: Path) -> None:
    async with listing(tmp_path, (80, 24)) as at:
        await at.press("d")
        await at.shows("for example: a trial run")
        await at.shows("⏎ done")


async def test_e_writes_the_transcript(tmp_path: Path) -> None:
    async with listing(tmp_path) as at:
        await at.press("e")
        await at.press("m")
        await at.until(lambda: bool(list((tmp_path / "sessions" / "exports").glob("*.md"))), "the transcript")


async def test_e_of_marked_sessions_asks_once_and_writes_their_family_once(tmp_path: Path) -> None:
    async with listing(tmp_path) as at:
        await at.press("end", "space", "space", "space", "up", "space")
        await at.shows("2 marked")  # the last row stays, and the first is not marked in its place
        at.burst("e", "e")
        await at.shows("Write the transcript as")
        await at.press("m")
        await at.shows("Transcript written")
        assert isinstance(at.app.screen, SessionsScreen), "nothing more is asked"
        assert len(list((tmp_path / "sessions" / "exports").glob("*.md"))) == 1


async def test_e_says_why_a_session_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*_: object) -> None:
        raise SandboxError("The record is locked.")

    async with listing(tmp_path) as at:
        monkeypatch.setattr(Store, "families", locked)
        await at.press("e")
        await at.shows("The record is locked.")


async def test_b_opens_the_session_with_the_branch_picker(tmp_path: Path) -> None:
    async with listing(tmp_path) as at:
        await at.press("b")
        await at.until(lambda: isinstance(at.app.screen, BranchPicker), "the picker")
        await at.press("escape")
        await at.opened()


async def test_pages_are_loaded_as_the_reader_goes_down(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path)
    with Store.open(workspace.sessions / "sandbox.db") as store:
        heads = [SessionHead(id=f"s{n:07d}", plan=plan(technique=technique())) for n in range(250)]
        store.record(RunPlanned(tuple(heads)))
    async with stage(tmp_path) as at:
        await at.started()
        await open_list(at)
        await at.until(lambda: listed(at).option_count == 100, "the first page")
        for count in (200, 250):
            await at.press("end")
            await at.until(lambda count=count: listed(at).option_count == count, f"{count} lines")  # type: ignore[misc]
        await at.press("end", "up")
        assert listed(at).at is not None


async def test_coming_back_leaves_the_cursor_and_what_was_loaded(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path)
    with Store.open(workspace.sessions / "sandbox.db") as store:
        heads = [SessionHead(id=f"s{n:07d}", plan=plan(technique=technique())) for n in range(250)]
        store.record(RunPlanned(tuple(heads)))
    async with stage(tmp_path) as at:
        await at.started()
        await open_list(at)
        await at.until(lambda: listed(at).option_count == 100, "the first page")
        await at.press("end")
        await at.until(lambda: listed(at).option_count == 200, "the second page")
        await at.press(*["up"] * 50)
        chosen = listed(at).at
        await at.press("enter")
        await at.opened()
        before = listed_below(at)._found
        await at.press("escape")
        await at.until(lambda: listed(at)._found is not before, "the list read anew")
        assert listed(at).option_count == 200
        assert listed(at).at == chosen is not None


async def test_after_a_removal_the_cursor_is_on_the_next_one(tmp_path: Path) -> None:
    workspace = make_workspace(tmp_path)
    with Store.open(workspace.sessions / "sandbox.db") as store:
        heads = [SessionHead(id=f"s{n:07d}", plan=plan(technique=technique())) for n in range(5)]
        store.record(RunPlanned(tuple(heads)))
    async with stage(tmp_path) as at:
        await at.started()
        await open_list(at)
        await at.until(lambda: listed(at).option_count == 5, "the list")
        await at.press("down", "down")
        following = listed(at)._sessions[3].summary.id
        await at.press("d", *"a trial", "enter")
        await at.until(lambda: listed(at).option_count == 4, "one line less")
        now = listed(at).at
        assert now is not None and now.summary.id == following


async def test_escape_goes_home_and_question_mark_explains(tmp_path: Path) -> None:
    async with listing(tmp_path, (100, 44)) as at:
        await at.press("question_mark")
        assert isinstance(at.app.screen, HelpScreen)
        for words in (
            "Compare the marked",
            "Look for words",
            "Tag the",
            "with a reason",
            "Open the session and",
        ):
            assert words in at.text()
        await at.press("escape", "escape")
        assert isinstance(at.app.screen, HomeScreen)


@pytest.mark.parametrize("size", [(50, 20), (80, 24), (160, 50)])
async def test_nothing_leaves_the_screen(tmp_path: Path, size: tuple[int, int]) -> None:
    async with listing(tmp_path, size) as at:
        await at.press("slash", *"breath")
        await at.shows("s2: ")
        assert all(len(line) <= size[0] for line in at.text().splitlines())
        assert isinstance(at.app.screen.focused, Input)
