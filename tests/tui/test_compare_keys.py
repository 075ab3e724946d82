"""What each key of Compare does, on a record of a finished run."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from textual.widgets import OptionList

from sandbox.analysis.arm import Arm, Beginning
from sandbox.analysis.comparison import ComparedArm
from sandbox.models.provider import ModelDescription
from sandbox.tui.labels import MARKS, SIGNS
from sandbox.tui.screens.branch_picker import BranchPicker
from sandbox.tui.screens.compare import CompareScreen
from sandbox.tui.screens.page import HelpScreen, PageScreen
from sandbox.tui.screens.session import SessionScreen
from sandbox.tui.side_by_side import mark_places
from sandbox.tui.widgets.comparison_table import ComparisonTable
from sandbox.tui.widgets.parallel_conversations import ParallelConversations
from tests.documents import plan
from tests.tui.stage import Stage, stage


@asynccontextmanager
async def comparing(root: Path, size: tuple[int, int] = (100, 30)) -> AsyncIterator[Stage]:
    """The run's two branches side by side, opened with `c` from the Session screen."""
    async with stage(root, size=size, played=True) as at:
        await at.open_recorded()
        await at.press("c")
        await at.until(lambda: isinstance(at.app.screen, CompareScreen), "Compare")
        await at.until(lambda: any(one.row_count for one in at.app.screen.query(ComparisonTable)), "the rows")
        yield at


def table(at: Stage) -> ComparisonTable:
    return at.app.screen.query_one(ComparisonTable)


async def test_each_arm_has_score_change_and_difference_from_the_control(tmp_path: Path) -> None:
    async with comparing(tmp_path) as at:
        await at.shows("1● Mindful breathing")
        await at.shows("vs control")
        rows = {line.split()[0]: line for line in at.text().splitlines() if line.strip()}
        # 24 under the technique, 24 + 20 under the control, which has said “hose” by then; 79 induced.
        # The control comes first and stays in view.
        assert rows["t2"].split()[1:6] == ["44", "−35", "24", "−55", "−20"]
        await at.shows("Beyond Appliance manual (control) at end, 1 run: Mindful breathing 20.0 lower.")
        assert "one pair: no interval" in at.text() and "simulated affect, not a feeling" in at.text()


async def test_the_texts_stand_in_the_order_of_the_table(tmp_path: Path) -> None:
    async with comparing(tmp_path) as at:
        await at.shows("1● Mindful breathing")
        titled = [line for line in at.text().splitlines() if "1● Mindful" in line and "2○ Appliance" in line]
        assert len(titled) == 2 and all(one.index("2○") < one.index("1●") for one in titled), at.text()


async def test_enter_on_a_row_shows_its_turn_in_all_arms(tmp_path: Path) -> None:
    async with comparing(tmp_path, (100, 24)) as at:
        texts = at.app.screen.query_one(ParallelConversations)
        await at.press("down", "down", "down", "down", "enter")
        await at.until(lambda: texts.scroll_y > 0, "the jump")
        await at.shows("Stay with the breath")
        await at.shows("Set the dial")
        here = [row for row in texts.query(".turn-row") if row.has_class("-here")]
        assert len(here) == 1


async def test_what_all_arms_share_stands_once(tmp_path: Path) -> None:
    async with comparing(tmp_path) as at:
        await at.shows("the same in both")
        assert at.text().count("Someone is behind you") == 1


async def test_v_goes_through_the_scales_and_back(tmp_path: Path) -> None:
    async with comparing(tmp_path) as at:
        await at.shows("· distress")
        await at.press("v")
        await at.shows("· fear")
        await at.press("V")
        await at.shows("· distress")


async def test_another_scale_leaves_the_texts_where_they_were_read(tmp_path: Path) -> None:
    async with comparing(tmp_path, (100, 24)) as at:
        texts = at.app.screen.query_one(ParallelConversations)
        await at.press("down", "down", "down", "enter")
        await at.until(lambda: texts.scroll_y > 0, "the jump")
        read, there = texts.scroll_y, set(texts.query(".turn-row"))
        await at.press("v")
        await at.shows("· fear")
        await at.pilot.pause(0.1)
        assert texts.scroll_y == read and set(texts.query(".turn-row")) == there


async def test_what_is_said_meanwhile_leaves_the_texts_where_they_were_read(tmp_path: Path) -> None:
    async with comparing(tmp_path, (100, 24)) as at:
        screen, texts = at.app.screen, at.app.screen.query_one(ParallelConversations)
        assert isinstance(screen, CompareScreen)
        await at.press("down", "down", "enter")
        await at.until(lambda: texts.scroll_y > 0, "the jump")
        read, rows = texts.scroll_y, screen._rows
        for said in (rows[:-1], rows):
            await texts.show(["one", "other"], said)
            await at.pilot.pause(0.1)
            here = [row.has_class("-here") for row in texts.query(".turn-row")]
            assert [rows[place].label for place, marked in enumerate(here) if marked] == ["t1"]
        assert texts.scroll_y == read


async def test_e_writes_markdown_and_csv(tmp_path: Path) -> None:
    async with comparing(tmp_path) as at:
        await at.press("e")
        exports = tmp_path / "sessions" / "exports"
        await at.until(lambda: len(list(exports.glob("compare-*"))) == 2, "the files")
        (page,) = exports.glob("compare-*.md")
        assert "Mindful breathing" in page.read_text(encoding="utf-8")
        await at.shows("Comparison written")
        lines = [line.strip(" ▌│") for line in at.text().splitlines()]
        at_line = next(n for n, line in enumerate(lines) if "in sessions/exports:" in line)
        assert f"{page.name} and .csv" in lines[at_line + 1]
        at.app.notify("To be minded.", severity="warning", timeout=30)
        await at.press("question_mark")
        await at.until(lambda: isinstance(at.app.screen, HelpScreen), "Help")
        await at.shows("To be minded.")
        assert "Comparison written" not in at.text()


async def test_r_asks_which_file_and_escape_writes_none(tmp_path: Path) -> None:
    async with comparing(tmp_path) as at:
        await at.press("r")
        await at.shows("w  Word: for colleagues who comment")
        await at.press("escape")
        await at.until(lambda: isinstance(at.app.screen, CompareScreen), "Compare")
        exports = tmp_path / "sessions" / "exports"
        assert not list(exports.glob("report-*"))
        await at.press("r", "enter")
        await at.until(lambda: bool(list(exports.glob("report-*.html"))), "the report")


async def test_y_copies_the_table(tmp_path: Path) -> None:
    async with comparing(tmp_path) as at:
        await at.press("y")
        assert "| Mindful breathing" in at.app.clipboard or "Mindful breathing |" in at.app.clipboard


async def test_a_number_opens_that_arm_at_the_rows_turn(tmp_path: Path) -> None:
    async with comparing(tmp_path) as at:
        await at.press("down", "down", "down", "2")
        await at.until(lambda: isinstance(at.app.screen, SessionScreen), "the session")
        assert at.session.live.state.title(at.session.shown) == "Appliance manual (control)"
        await at.shows("Connect the hose")
        await at.press("escape")
        await at.until(lambda: isinstance(at.app.screen, CompareScreen), "Compare")


async def test_w_says_what_the_columns_mean(tmp_path: Path) -> None:
    async with comparing(tmp_path) as at:
        await at.press("w")
        await at.shows("One shared start is one")


async def test_m_says_why_there_are_no_means(tmp_path: Path) -> None:
    async with comparing(tmp_path) as at:
        await at.shows("one pair: no interval")
        await at.press("m")
        await at.shows("no means: all arms share one start")


async def test_two_runs_are_pooled_and_m_shows_each(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 36)) as at:
        await at.started()
        for _ in range(2):
            await at.press("enter")
            await at.ended()
            await at.press("escape")
            await at.shows("✓ finished")
        await at.press("s")
        await at.shows("Mindful breathing")
        await at.until(lambda: at.text().count("Mindful breathing") == 2, "both runs")
        await at.press("space", "space", "space", "space", "c")
        await at.until(lambda: isinstance(at.app.screen, CompareScreen), "Compare")
        await at.shows("means, 2 runs each")
        await at.shows("n=2")
        await at.shows("±0")
        await at.press("w")
        await at.shows("Not independent")  # the same seed twice
        await at.shows("no interval at t1, t2, t3, end")
        await at.press("escape", "m")
        await at.shows("each run by itself: no interval")


async def test_f_draws_the_effects_and_a_shows_every_reply_of_a_turn(tmp_path: Path) -> None:
    async with comparing(tmp_path, (80, 24)) as at:
        await at.press("f")
        await at.shows("Mindful breathing: one run, no interval (1 run")
        await at.shows("left of │: lower than under the control")
        await at.press("escape", "a")
        await at.shows("Nothing was said before the baseline")
        await at.press("down", "a")
        await at.shows("Mindful breathing · after scenario · 1 run")
        await at.press("escape", "down", "a")
        await at.shows("Mindful breathing · t1 · 1 run")
        await at.press("escape", "down", "down", "down", "a")
        await at.shows("Mindful breathing · end · 1 run")
        await at.shows("seed ")


async def test_five_arms_a_redo_and_two_ways_to_one_session(tmp_path: Path) -> None:
    """An arm has the mark it has in its session, the control stays in view, no way round is a dead end."""
    async with stage(tmp_path, size=(120, 36), played=True) as at:
        await at.open_recorded()
        for arms in (4, 5, 6):
            await at.press("b")
            await at.until(lambda: isinstance(at.app.screen, BranchPicker), "the picker")
            options = at.app.screen.query_one(OptionList)
            options.highlighted = options.get_option_index("mindful-breathing")
            await at.press("enter")
            await at.until(lambda arms=arms: len(at.session.live.state.ids) == arms, "the branch")  # type: ignore[misc]
            await at.ended()
            if arms == 4:
                for arm in ("● Mindful breathing ✓", "○ Appliance", "◆ Mindful breathing 2 ✓"):
                    await at.shows(arm)
        await at.press("c")
        await at.shows("3 of 5 arms, → for more")
        for number, sign in enumerate("●◆△◇", 1):
            if number > 2:
                await at.press("right")
            await at.shows(f"{number}{sign} Mindful")
            await at.shows("5○ Appl")

        await at.press("2")
        await at.shows("▐ ◆ Mindfu… 2 ✓ ▌")
        await at.redo()
        await at.until(lambda: len(at.session.live.state.ids) == 7, "the redo")
        await at.press("c")
        await at.shows("of 5 arms")
        await at.press("5")
        await at.shows("▐ ○ Appl")
        await at.ended()
        await at.press("c", "e")
        await at.shows("Comparison written")
        await at.press("escape")
        await at.shows("▐ ○ Appl")


def test_arms_that_share_a_mark_get_others_and_no_mark_is_a_sign_of_state() -> None:
    def arm(place: int) -> ComparedArm:
        return ComparedArm("", (replace(one, place=place),), control=False)

    one = Arm("s", "s", Beginning(None, 0), plan(), "finished", (), ModelDescription("", ""))
    assert mark_places([arm(2), arm(0)], 6) == (2, 0)
    assert mark_places([arm(0), arm(0), arm(1), arm(1)], 6) == (0, 2, 1, 3)
    assert mark_places([arm(-1), arm(7), arm(0)], 6) == (1, 2, 0)
    assert not set(MARKS) & set(SIGNS.values())


async def test_escape_goes_back_and_question_mark_explains(tmp_path: Path) -> None:
    async with comparing(tmp_path, (100, 40)) as at:
        await at.press("question_mark")
        assert isinstance(at.app.screen, HelpScreen)
        for words in ("Compare the next scale", "Write the comparison", "Every caution", "arm 1"):
            assert words in at.text()
        rows = [line.partition("│")[2].split() for line in at.text().splitlines()]
        keys = [row[0] for row in rows if row]
        assert [keys.count(key) for key in ("1…9", "2", "^p", "^q")] == [1, 0, 1, 1]
        await at.press("escape", "escape")
        assert isinstance(at.app.screen, SessionScreen)


async def test_w_tells_all_there_is_to_mind_on_a_page_that_a_key_closes(tmp_path: Path) -> None:
    async with comparing(tmp_path, (80, 24)) as at:
        assert any(line.split()[:1] == ["end"] for line in at.text().splitlines()), at.text()
        await at.press("w")
        await at.until(lambda: isinstance(at.app.screen, PageScreen), "the page")
        await at.shows("change = score − score after the scenario")
        await at.press("escape")
        assert isinstance(at.app.screen, CompareScreen)
