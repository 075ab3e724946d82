"""The Versions page, and a change taken over seeds by keys alone: the loop of the workbench, end to end."""

import asyncio
from pathlib import Path

from textual.widgets import Input, OptionList, Static

from sandbox.library.loading import load_file
from sandbox.store.study import StudyRecord
from sandbox.study.frozen import outline_of
from sandbox.tui.screens.changed_step import ChangedStep
from sandbox.tui.screens.compare import CompareScreen
from sandbox.tui.screens.small_study import SmallStudyForm
from sandbox.tui.screens.versions import VersionsScreen
from sandbox.tui.study_view import StudyReader
from tests.tui.rehearsal import client_model
from tests.tui.stage import Stage, stage
from tests.tui.test_change_keys import checked, opened
from tests.tui.test_study_keys import comes_to


def told(at: Stage) -> str:
    return str(at.app.screen.query_one("#told", Static).content)


async def versions(at: Stage) -> VersionsScreen:
    await at.until(lambda: isinstance(at.app.screen, VersionsScreen), "the Versions page")
    screen = at.app.screen
    assert isinstance(screen, VersionsScreen)
    return screen


async def test_a_change_is_kept_run_in_pairs_over_five_seeds_and_its_interval_read(tmp_path: Path) -> None:
    path = tmp_path / "techniques" / "mindful-breathing.yaml"
    gate = asyncio.Event()
    gate.set()
    async with stage(tmp_path, client_model(gate=gate), played=True) as at:
        await at.open_recorded()
        await at.press("left_square_bracket", "E")
        await opened(at)
        await at.press(*" Softly.")
        await at.until(lambda: checked(at).startswith("✓"), "the check")
        await at.press("ctrl+r")
        await at.until(lambda: isinstance(at.app.screen, ChangedStep), "both side by side")
        await at.shows("t3≠")
        await at.press("k")
        await at.shows("Kept as version 2")
        await at.press("p")
        await versions(at)
        await at.until(lambda: "1 pair at end" in told(at), "the pair")
        await at.shows("{+Softly.+}")
        await at.press("p")
        await at.until(lambda: isinstance(at.app.screen, SmallStudyForm), "the form")
        await at.shows("seeds 2, 3, 4, 5")
        await at.shows("a study: 4 shared starts, 16 sessions")
        gate.clear()
        await at.press("enter")
        await versions(at)
        await at.until(lambda: "running: 0 of 16 sessions" in told(at), "how far it is")
        await at.app.run_action("progress")
        await at.shows("… v1 ·")
        await at.shows("… v2 ·")
        await at.press("escape")
        gate.set()
        await at.until(lambda: "5 pairs at end" in told(at), "the pairs")
        await at.until(lambda: "running:" not in told(at), "its end")
        store = at.services.conductor.store
        (study,) = StudyRecord(store).all()
        whole = {" ".join(one.titles[0]) for one in StudyReader(store, outline_of(study)).look().sessions}
        assert {"Mindful breathing v1", "Mindful breathing v2"} < whole
        assert "5 pairs at end: 0.0. No interval, because the 5 differences are equal." in told(at)
        await at.press("c")
        await at.until(lambda: isinstance(at.app.screen, CompareScreen), "Compare")
        await at.shows("means, 5 runs each")
        await at.press("escape", "down")
        screen = await versions(at)
        await at.until(lambda: screen.query_one(OptionList).highlighted == 1, "the first version")
        await at.press("r", "y")
        await at.shows("Restored")
        assert load_file(path).version == "1"


async def test_a_technique_is_taken_apart_from_the_library(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(120, 36)) as at:
        await at.started()
        await at.press("l")
        await at.shows("scenario night-attack")
        screen = at.app.screen
        screen._go_to(("technique", "mindful-breathing"))  # type: ignore[attr-defined]
        await at.shows("technique mindful-breathing")
        await at.press("z")
        await at.until(lambda: isinstance(at.app.screen, SmallStudyForm), "the form")
        await at.until(lambda: bool(at.app.screen.query("#repeats")), "its fields")
        at.app.screen.query_one("#repeats", Input).value = "1"
        await at.shows("a study: 1 shared start, 6 sessions")
        await at.press("ctrl+r")
        await at.shows("dismantle-mindful-breathing-left-out")
        await comes_to(at, "finished")
        await at.press("d")
        await at.shows("What each step does to the last score")
        await at.shows("without settle")
