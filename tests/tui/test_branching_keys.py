"""Redoing a reply, walking the tree, branching live and with another seed, and reading the chart, by keys."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from textual.widgets import OptionList

from sandbox.engine.history import Turn
from sandbox.engine.run_state import RunState, SessionState
from sandbox.store.store import Store
from sandbox.tui.screens.branch_picker import BranchPicker
from sandbox.tui.screens.branch_tree import BranchTree
from sandbox.tui.screens.compare import CompareScreen
from sandbox.tui.widgets.session_header import BranchLine
from sandbox.tui.widgets.therapist_line import TherapistLine
from tests.tui.rehearsal import client_model
from tests.tui.stage import Stage, stage
from tests.tui.test_session_keys import paused_stage, running, waits

_LIVE = """id: live-session
title: Live session
description: For tests.
source: {author: The tests, drafted_by: person}
licence: CC0-1.0
version: "1"
family: supportive
rationale: For tests.
delivery: live
steps:
  - {id: arrive, say: Make contact.}
  - {id: close, say: Sum up.}
"""


async def finished(at: Stage) -> list[SessionState]:
    """The sessions of the run in the record, opened."""
    await at.open_recorded()
    return list(at.session.live.state.sessions.values())


def turns(session: SessionState) -> list[Turn]:
    return [entry for entry in session.entries if isinstance(entry, Turn)]


async def test_a_second_control_is_as_long_as_the_first_and_told_from_it_by_a_number(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 36), played=True) as at:
        path = tmp_path / "techniques" / "filler-manual.yaml"
        path.write_text(f"{path.read_text()}  - {{id: wait, say: Wait until the programme ends.}}\n")
        first = (await finished(at))[-1]
        await at.press("b")
        await at.until(lambda: isinstance(at.app.screen, BranchPicker), "the picker")
        listed = at.app.screen.query_one(OptionList)
        listed.highlighted = listed.get_option_index("filler-manual")
        await at.press("enter")
        await at.until(lambda: len(at.session.live.state.ids) == 4, "the branch")
        await at.ended()
        second = list(at.session.live.state.sessions.values())[-1]
        assert second.steps == first.steps == (3, 3)
        await at.shows("◆ Appliance manual (control) 2")
        await at.press("t")
        await at.shows("Appliance manual (control) 2")
        rows = [line.partition("│")[2].strip("│ ") for line in at.text().splitlines() if "✓" in line]
        assert any(row.startswith("▼ ✓ Shared start  distress 79") and "(" not in row for row in rows), rows
        assert not any(row.startswith("└── ▼") for row in rows), rows
        await at.shows("⏎ show")


async def test_r_asks_for_the_newest_reply_again_and_keeps_the_old_one(tmp_path: Path) -> None:
    async with stage(tmp_path, played=True) as at:
        states = await finished(at)
        old = states[-1]
        await at.redo()
        await at.until(lambda: len(at.session.live.state.ids) == 4, "the redo")
        await at.ended()
        redone = list(at.session.live.state.sessions.values())[-1]
        assert (redone.head.parent, redone.head.parent_turn) == (old.head.id, 4)
        assert [t.step for t in turns(redone)] == ["dial"] and redone.state == "finished"
        assert redone.head.plan.seed != old.head.plan.seed and redone.steps == (3, 3)
        await at.shows("◆ t3 redone")
        await at.press("left_square_bracket")
        assert at.session.shown == old.head.id and at.session.live.state.sessions[old.head.id] == old
        with Store.open(tmp_path / "sessions" / "sandbox.db") as store:
            assert store.history(old.head.id).turns[:4] == store.history(redone.head.id).turns[:4]


async def test_r_on_a_marked_measurement_redoes_the_reply_before_it(tmp_path: Path) -> None:
    async with stage(tmp_path, played=True) as at:
        await finished(at)
        await at.press("tab", "shift+tab", "shift+tab", "shift+tab")  # end, t3, t2, t1
        await at.redo()
        await at.until(lambda: len(at.session.live.state.ids) == 4, "the redo")
        await at.ended()
        redone = list(at.session.live.state.sessions.values())[-1]
        assert [t.step for t in turns(redone)] == ["place", "hose", "dial"]


async def test_r_in_a_paused_session_goes_on_from_the_new_reply_and_then_with_the_rest(
    tmp_path: Path,
) -> None:
    async with paused_stage(tmp_path) as at:
        first = running(at)
        await at.press("n")
        await at.until(lambda: waits(at) and at.session.live.state.sessions[first].steps[0] == 1, "a step")
        await at.press("r")
        await at.until(lambda: at.session.live.state.running not in (None, first), "the redo")
        await at.until(lambda: waits(at), "the pause")
        await at.press("space")
        await at.ended()
        states = at.session.live.state.sessions
        assert states[first].state == "stopped" and len(turns(states[first])) == 1
        redone = next(s for s in states.values() if s.head.plan.redo is not None)
        assert redone.state == "finished" and [t.step for t in turns(redone)] == ["settle", "breathe", "stay"]
        control = next(s for s in states.values() if s.is_control)
        assert control.state == "finished"


async def test_r_while_paused_brings_the_reply_and_pauses_again(tmp_path: Path) -> None:
    async with paused_stage(tmp_path) as at:
        first = running(at)
        await at.press("n")
        await at.until(lambda: waits(at) and at.session.live.state.sessions[first].steps[0] == 1, "a step")
        await at.press("r")
        await at.until(lambda: at.session.live.state.running not in (None, first), "the redo")
        await at.until(lambda: waits(at), "the pause")
        redone = turns(at.session.live.state.sessions[running(at)])
        assert [(turn.step, bool(turn.reply)) for turn in redone] == [("settle", True)]
        await at.shows("‖ paused")
        await at.press("x")
        await at.ended()


async def test_a_redone_turn_cannot_be_skipped_and_the_key_says_so(tmp_path: Path) -> None:
    async with paused_stage(tmp_path) as at:
        first, live = running(at), at.session.live
        await at.press("n")
        await at.until(lambda: waits(at) and live.state.sessions[first].steps[0] == 1, "a step")
        assert at.session.check_action("skip", ()) is True
        await at.press("r")
        await at.until(lambda: live.state.running not in (None, first), "the redo")
        await at.until(lambda: waits(at), "the pause")
        again, said = running(at), live.state
        unsaid = replace(said.sessions[again], entries=())
        live.state = replace(said, sessions={**said.sessions, again: unsaid})
        assert at.session.check_action("skip", ()) is None
        live.state = said
        assert at.session.check_action("skip", ()) is True
        await at.press("k")
        await at.until(lambda: live.state.sessions[again].steps[0] == 2, "the skip")
        await at.press("space")
        await at.ended()
        assert [t.step for t in turns(live.state.sessions[again])] == ["settle", "stay"]


async def test_r_on_the_running_trunk_takes_its_branches_along(tmp_path: Path) -> None:
    gate = asyncio.Event()
    async with stage(tmp_path, client_model(gate=gate)) as at:
        await at.started()
        await at.press("enter")
        await at.opened()
        await at.until(lambda: at.session.live.state.running is not None, "a session")
        trunk = running(at)
        await at.press("space")
        gate.set()
        await at.until(lambda: waits(at), "the pause")
        if not turns(at.session.live.state.sessions[trunk]):
            await at.press("n")
            await at.until(lambda: bool(turns(at.session.live.state.sessions[trunk])), "a turn")
            await at.until(lambda: waits(at), "the pause")
        await at.press("r")
        await at.until(lambda: at.session.live.state.running not in (None, trunk), "the redo")
        await at.until(lambda: waits(at), "the pause")
        await at.press("space")
        await at.ended()
        states = at.session.live.state.sessions
        again = next(s for s in states.values() if s.head.plan.redo is not None)
        arms = [s for s in states.values() if s.head.parent == again.head.id]
        assert [s.state for s in arms] == ["finished", "finished"]
        assert {s.head.plan.seed for s in arms} == {again.head.plan.seed}
        assert {s.state for s in states.values() if s.head.parent == trunk and s is not again} == {"stopped"}


async def test_t_shows_the_tree_and_enter_walks_to_a_branch(tmp_path: Path) -> None:
    async with stage(tmp_path, played=True) as at:
        await finished(at)
        await at.redo()
        await at.until(lambda: len(at.session.live.state.ids) == 4, "the redo")
        await at.ended()
        redone = list(at.session.live.state.sessions.values())[-1]
        await at.press("t")
        await at.until(lambda: isinstance(at.app.screen, BranchTree), "the tree")
        await at.shows(f"…, seed {redone.head.plan.seed}  distress 32")
        await at.shows("✓ Mindful breathing")
        assert "(control)" in at.text()
        await at.press("up", "up", "enter")
        await at.until(lambda: not isinstance(at.app.screen, BranchTree), "the session")
        assert at.session.live.state.title(at.session.shown) == "Mindful breathing"
        await at.press("t", "escape")
        assert at.session.live.state.title(at.session.shown) == "Mindful breathing"


async def test_the_tree_follows_what_runs_while_it_is_open(tmp_path: Path) -> None:
    async with paused_stage(tmp_path) as at:
        live = at.session.live
        await at.press("t")
        await at.shows("▶ Mindful breathing  distress 79")
        assert "(control)" in at.text() and "(control)  distress" not in at.text(), "it has not begun"
        live.controls.resume()
        await at.shows("✓ Mindful breathing  distress 12")
        await at.shows("✓ Appliance manual (control)  distress 32")


async def test_of_many_arms_those_around_the_shown_one_are_in_view(tmp_path: Path) -> None:
    async with stage(tmp_path, played=True) as at:
        await finished(at)
        run, line = at.session.live.state, at.session.query_one(BranchLine)
        arm = run.sessions[run.ids[1]]
        heads = [arm.head.model_copy(update={"id": f"more{n}"}) for n in range(9)]
        more = {head.id: replace(arm, head=head) for head in heads}
        many = RunState({**run.sessions, **more})

        def tabs() -> str:
            return line.render().plain

        line.show(many, "more4", at.session.live.stands)
        assert tabs().startswith("‹ ") and " ›" in tabs() and " ✓  ▐ ▲ Mindful b… 6 ✓ ▌" in tabs()
        line.show(many, many.ids[0], at.session.live.stands)
        assert tabs().startswith("  ▐ Shared start ✓ ▌") and " ›" in tabs()
        line.show(many, many.ids[-1], at.session.live.stands)
        assert tabs().startswith("‹ ") and tabs().partition("[ ]")[0].rstrip().endswith("10 ✓ ▌")


async def test_the_tree_names_a_redo_with_its_seed_in_full_where_there_is_room(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 36), played=True) as at:
        await finished(at)
        await at.redo()
        await at.until(lambda: len(at.session.live.state.ids) == 4, "the redo")
        await at.ended()
        redone = list(at.session.live.state.sessions.values())[-1]
        await at.press("t")
        await at.shows(f"✓ Appliance manual (control, t3 redone), seed {redone.head.plan.seed}  distress")


async def test_ctrl_s_in_the_picker_branches_with_another_seed(tmp_path: Path) -> None:
    async with stage(tmp_path, played=True) as at:
        trunk = (await finished(at))[0]
        await at.press("b")
        await at.until(lambda: isinstance(at.app.screen, BranchPicker), "the picker")
        await at.shows("as the other arms")
        await at.press("ctrl+s")
        await at.shows("another one")
        await at.press("enter")
        await at.until(lambda: len(at.session.live.state.ids) == 4, "the branch")
        await at.ended()
        branch = list(at.session.live.state.sessions.values())[-1]
        assert branch.head.plan.seed != trunk.head.plan.seed and branch.state == "finished"


@asynccontextmanager
async def live_stage(root: Path) -> AsyncIterator[Stage]:
    """A live branch that waits for the clinician's words at its first step."""
    (root / "techniques").mkdir()
    (root / "techniques" / "live-session.yaml").write_text(_LIVE, encoding="utf-8")
    async with stage(root, size=(100, 30), played=True) as at:
        await finished(at)
        await at.press("b")
        await at.until(lambda: isinstance(at.app.screen, BranchPicker), "the picker")
        await at.shows("you type")
        options = at.app.screen.query_one(OptionList)
        options.highlighted = options.get_option_index("live-session")
        await at.press("enter")
        await at.until(lambda: len(at.session.live.state.ids) == 4, "the branch")
        await at.shows("Make contact.")
        yield at


async def test_n_at_a_live_step_says_whose_it_is_and_is_not_offered(tmp_path: Path) -> None:
    async with live_stage(tmp_path) as at:
        branch = at.session.live.state.ids[-1]
        await at.shows("this step is yours to say (s)")
        await at.until(lambda: "n next" not in at.text(), "no next in the key line")
        await at.press("n")
        await at.shows("This step is yours to say")
        assert not at.session.live.controls.paused
        await at.press("s", *"Hello", "enter")
        await at.until(lambda: len(turns(at.session.live.state.sessions[branch])) == 1, "the first turn")
        await at.shows("› your words")
        assert "‖ paused" not in at.text()
        await at.press("k")
        await at.ended()


async def test_a_live_branch_waits_for_the_clinicians_words_at_every_step(tmp_path: Path) -> None:
    async with live_stage(tmp_path) as at:
        branch = at.session.live.state.ids[-1]
        await at.press("s", "enter")
        await at.shows("This step is yours to say")
        await at.press("s", *"Hello", "ctrl+j", *"there", "enter")
        await at.until(lambda: len(turns(at.session.live.state.sessions[branch])) == 1, "the first turn")
        assert turns(at.session.live.state.sessions[branch])[0].said == "Hello\nthere"
        await at.shows("Sum up.")
        await at.press("k")
        await at.ended()
        assert at.session.live.state.sessions[branch].state == "finished"


async def test_arrows_bring_back_what_was_said(tmp_path: Path) -> None:
    async with paused_stage(tmp_path) as at:
        line = at.session.query_one(TherapistLine)
        for words in ("one", "two"):
            await at.press("s", *words, "enter")
            await at.until(lambda: waits(at), "the pause")
        await at.press("s", *"thr", "up", "up")
        assert line.text == "one"
        await at.press("down")
        assert line.text == "two"
        await at.press("down")
        assert line.text == "thr"
        await at.press("a", "ctrl+j", "b")
        await at.until(lambda: line.size.height == 2, "a second line")
        await at.press("escape", "x")
        await at.ended()


async def test_left_and_right_read_a_point_out(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 36), played=True) as at:
        await finished(at)
        await at.press("left_square_bracket")
        await at.shows("Breathe in slowly")
        await at.press("right")
        await at.until(lambda: "baseline  ● 8 " in at.text(), "the baseline, with no change of its own")
        await at.press("right", "right", "right")
        await at.shows("t2  ● 24(−55)  ○ 44(−35)")
        await at.shows("Distress  word-probe")
        await at.press("left")
        await at.shows("t1  ● 55(−24)")
        await at.press("v")
        await at.shows("fear  word-probe")
        await at.shows("t1  ● 38(−17)")
        for _ in range(3):
            await at.press("left")
        await at.until(lambda: "scenario  ●" not in at.text() and "baseline  ●" not in at.text(), "no point")


async def test_at_80_columns_each_scale_drawn_can_be_told_by_its_name_and_its_mark(tmp_path: Path) -> None:
    async with stage(tmp_path, played=True) as at:
        await finished(at)
        await at.press("a")
        await at.shows("5 of 6 scales")
        for drawn in ("● Distress", "○ fear", "◆ sadness", "△ anger", "◇ calm"):
            await at.shows(drawn)
        assert any("│ ○ fear" in line and "+" in line for line in at.text().splitlines()), at.text()


async def test_a_charts_several_scales_of_the_session(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 36), played=True) as at:
        await finished(at)
        await at.press("a")
        await at.shows("5 of 6 scales")
        await at.shows("○ fear")
        await at.press("a")
        await at.until(lambda: "6 scales" not in at.text(), "one scale")


async def test_c_compares_and_is_greyed_out_while_there_is_one_arm(tmp_path: Path) -> None:
    async with paused_stage(tmp_path) as at:
        assert at.session.check_action("compare", ()) is None
        await at.press("space")
        await at.ended()
        assert at.session.check_action("compare", ()) is True
        await at.press("c")
        await at.until(lambda: isinstance(at.app.screen, CompareScreen), "Compare")
