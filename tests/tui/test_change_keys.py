"""Changing a step of a session by keys: the editor, both arms side by side, keeping, throwing away."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.widgets import Static, TextArea

from sandbox.engine.history import Turn
from sandbox.errors import SandboxError
from sandbox.library.document import document_hash
from sandbox.library.loading import load_file
from sandbox.library.technique import Technique
from sandbox.tui.screens.changed_step import ChangedStep
from sandbox.tui.screens.edit_step import StepEditor
from sandbox.tui.screens.session import SessionScreen
from tests.tui.stage import Stage, lend_terminal, stage
from tests.tui.test_session_keys import paused_stage


@asynccontextmanager
async def editing(root: Path, size: tuple[int, int] = (80, 24)) -> AsyncIterator[Stage]:
    """The last step of the finished session's own technique, opened with E."""
    async with stage(root, size=size, played=True) as at:
        await at.open_recorded()
        await at.press("left_square_bracket")
        await at.shows("Stay with the breath")
        await at.press("E")
        await opened(at)
        yield at


async def opened(at: Stage) -> None:
    await at.until(lambda: isinstance(at.app.screen, StepEditor), "the editor")
    await at.until(lambda: bool(checked(at)), "the check")


def checked(at: Stage) -> str:
    return str(at.app.screen.query_one("#checked", Static).content)


async def type_over(at: Stage, words: str) -> None:
    at.app.screen.query_one(TextArea).select_all()
    await at.press(*words)


async def test_a_step_is_changed_run_from_before_it_and_shown_beside_the_other(tmp_path: Path) -> None:
    path = tmp_path / "techniques" / "mindful-breathing.yaml"
    async with editing(tmp_path) as at:
        shipped, first = path.read_bytes(), load_file(path)
        await at.shows("step 3 of 3: stay")
        await at.press("pageup")
        await at.shows("step 2 of 3: breathe")
        await at.press(*" Softly.")
        await at.until(lambda: checked(at).startswith("✓"), "the check")
        await at.press("ctrl+r")
        await at.until(lambda: isinstance(at.app.screen, ChangedStep), "both side by side")
        await at.shows("t2≠")
        await at.shows("Softly.")
        await at.shows("k keep x throw away")
        assert path.read_bytes() == shipped, "nothing is written before it is kept"
        await at.press("k")
        await at.shows("Kept as version 2")
        kept = load_file(path)
        assert isinstance(kept, Technique) and kept.steps[1].say.endswith("mouth. Softly.")
        assert (kept.version, kept.derived_from) == ("2", document_hash(first)) and kept.changed_by
        await at.press("escape")
        live = at.session.live
        arm = live.state.sessions[live.state.ids[-1]]
        assert [one.step for one in arm.entries if isinstance(one, Turn)] == ["breathe", "stay"]
        assert live.state.title(arm.head.id) == "Mindful breathing (changed step “breathe”)"


async def test_a_change_is_thrown_away_with_one_key(tmp_path: Path) -> None:
    async with editing(tmp_path, (120, 36)) as at:
        before = (tmp_path / "techniques" / "mindful-breathing.yaml").read_bytes()
        below = at.app.screen_stack[-2]
        assert isinstance(below, SessionScreen)
        left = below.shown
        await at.press(*" Longer.", "ctrl+r")
        await at.until(lambda: isinstance(at.app.screen, ChangedStep), "both side by side")
        await at.press("x")
        await at.until(lambda: isinstance(at.app.screen, SessionScreen), "the session")
        await at.until(lambda: len(at.session.live.state.ids) == 3, "the end of the arm")
        await at.shows("▐ ● Mindful breathing ✓ ▌")
        assert at.session.shown == left, "the reader is where the change was made"
        assert (tmp_path / "techniques" / "mindful-breathing.yaml").read_bytes() == before


async def test_a_broken_change_is_refused_in_place(tmp_path: Path) -> None:
    async with editing(tmp_path) as at:
        for typed, said in (("  ", "step 3"), ("{{ last_reply", "step 3"), ("{{ score('x') }}", "“x”")):
            await type_over(at, typed)
            await at.until(lambda said=said: said in checked(at), "the reason")  # type: ignore[misc]
            await at.press("ctrl+r")
            assert isinstance(at.app.screen, StepEditor)
            assert at.app.screen.query_one(TextArea).text == typed


async def test_what_is_typed_outlives_the_app_and_is_taken_back_with_one_key(tmp_path: Path) -> None:
    async with editing(tmp_path) as at:
        await at.press(*" Draft.")
        drafts = tmp_path / "sessions" / "drafts"
        await at.until(lambda: any(drafts.glob("*.json")), "the draft")
        (draft,) = drafts.glob("*.json")
        await at.until(lambda: "Draft." in json.loads(draft.read_text()).get("stay", ""), "its words")
        kept = draft.read_bytes()
        await at.press("ctrl+l")
        await at.until(lambda: not draft.exists(), "its end")
        draft.write_bytes(kept)  # as a sudden end of the app leaves it
        await at.press("escape")
        await at.until(lambda: isinstance(at.app.screen, SessionScreen), "the session")
        await at.press("E")
        await opened(at)
        assert at.app.screen.query_one(TextArea).text.endswith("Draft.")


async def test_the_users_own_editor_gets_the_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lend_terminal(monkeypatch)
    script = tmp_path / "ed.sh"
    script.write_text('#!/bin/sh\nprintf "Said by hand.\\n" > "$1"\n')
    script.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(script))
    async with editing(tmp_path / "w") as at:
        await at.press("ctrl+o")
        await at.until(lambda: at.app.screen.query_one(TextArea).text == "Said by hand.", "the words")
        assert not list((tmp_path / "w" / "sessions" / "drafts").glob("*.txt"))


async def test_a_text_of_your_editor_that_is_no_utf8_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lend_terminal(monkeypatch)
    script = tmp_path / "ed.sh"
    script.write_text('#!/bin/sh\nprintf "Caf\\351.\\n" > "$1"\n')
    script.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(script))
    async with editing(tmp_path / "w") as at:
        before = at.app.screen.query_one(TextArea).text
        for lent in (1, 2):
            await at.press("ctrl+o")
            await at.shows("did not save the text as UTF-8")
            kept = list((tmp_path / "w" / "sessions" / "drafts").glob("*.txt"))
            assert [path.read_bytes() for path in kept] == [b"Caf\xe9.\n"] * lent, "none is written over"
            at.app.clear_notifications()
            await at.until(lambda: "UTF-8" not in at.text(), "the end of the message")
        assert at.app.screen.query_one(TextArea).text == before


async def test_keys_typed_back_to_back_are_done_in_their_order(tmp_path: Path) -> None:
    async with editing(tmp_path) as at:
        screen = at.app.screen
        assert isinstance(screen, StepEditor)
        at.burst("x", "y", "backspace", "pageup", "v", "w", "backspace", "pagedown", "z", "escape")
        await at.until(lambda: isinstance(at.app.screen, SessionScreen), "the session")
        (draft,) = (tmp_path / "sessions" / "drafts").glob("*.json")
        ends = {step: said[-2:] for step, said in json.loads(draft.read_text()).items()}
        assert ends == {"breathe": ".v", "stay": "xz"}


async def test_letters_typed_just_before_the_run_are_run(tmp_path: Path) -> None:
    async with editing(tmp_path) as at:
        at.burst(*" Now", "full_stop", "ctrl+r")
        await at.until(lambda: isinstance(at.app.screen, ChangedStep), "both side by side")
        await at.shows("k keep x throw away")
        live = at.app.screen_stack[-2]
        assert isinstance(live, SessionScreen)
        arm = live.live.state.sessions[live.live.state.ids[-1]].head.plan.technique
        assert arm is not None and arm.steps[-1].say.endswith(" Now.")
        assert not list((tmp_path / "sessions" / "drafts").glob("*.json")), "what is run is no draft"


@pytest.mark.parametrize(
    "where", ["sandbox.study.conductor.Conductor.check", "sandbox.tui.changing.cautions"]
)
async def test_a_change_that_cannot_begin_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    def gone(*_: object) -> None:
        raise SandboxError("The model's file is gone.")

    async with editing(tmp_path) as at:
        monkeypatch.setattr(where, gone)
        await at.press(*" Kept.", "ctrl+r")
        await at.shows("The model's file is gone.")
        if where.endswith("cautions"):
            await at.shows("Your text is kept as a draft")
            await at.press("E")
            await opened(at)
        assert isinstance(at.app.screen, StepEditor), "what is seen before it runs is refused in place"
        assert at.app.screen.query_one(TextArea).text.endswith(" Kept.")
        drafts = tmp_path / "sessions" / "drafts"
        await at.until(lambda: bool(list(drafts.glob("*.json"))), "the draft")
        (draft,) = drafts.glob("*.json")
        assert json.loads(draft.read_text())["stay"].endswith(" Kept.")


async def test_in_a_paused_run_the_changed_arm_waits_in_line(tmp_path: Path) -> None:
    async with paused_stage(tmp_path) as at:
        live = at.session.live
        await at.press("n")
        await at.until(lambda: live.state.sessions[at.session.shown].steps[0] == 1, "a step")
        await at.until(lambda: bool(live.held), "the pause")
        await at.press("E")
        await opened(at)
        await at.press(*" Softly.", "ctrl+r")
        await at.shows("In line")
        waiting = live.state.sessions[live.state.ids[-1]]
        assert (len(live.state.ids), waiting.state) == (4, "planned"), "it is seen to wait"
        await at.press("escape")
        await at.shows("‖ paused")
        await at.press("tab", "r")
        await at.until(lambda: isinstance(at.app.screen, ChangedStep), "both side by side")
        await at.shows("t1≠")
