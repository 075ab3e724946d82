"""A technique is heard from the Library, and again from the marked step."""

from pathlib import Path

from sandbox.tui.messages import TechniqueWanted
from sandbox.tui.screens.library import LibraryScreen
from sandbox.tui.screens.rehearsal import RehearsalScreen
from tests.tui.test_library_keys import go_to, library


async def test_r_says_the_script_and_r_again_says_it_from_the_marked_step(tmp_path: Path) -> None:
    async with library(tmp_path, size=(100, 60)) as at:
        await go_to(at, "mindful-breathing")
        await at.press("r")
        await at.until(lambda: isinstance(at.app.screen, RehearsalScreen), "the rehearsal")
        await at.shows("nothing is measured, nothing is recorded")
        await at.until(lambda: at.text().count("client: ") == 5, "all turns")
        file = tmp_path / "techniques" / "mindful-breathing.yaml"
        file.write_text(file.read_text().replace("Breathe in slowly", "Breathe as you like"))
        await at.press("down")
        await at.shows("▸ 2 breathe")
        await at.until(lambda: at.app.screen.check_action("again", ()) is True, "its end")
        await at.press("r")
        await at.shows("Breathe as you like")
        await at.until(lambda: at.text().count("client: ") == 5, "all turns again")
        assert "Breathe in slowly" not in at.text()
        await at.press("escape")
        await at.until(lambda: isinstance(at.app.screen, LibraryScreen), "the Library")
        assert at.services.conductor.store.sessions() == ()


async def test_another_technique_takes_the_place_of_the_one_rehearsed(tmp_path: Path) -> None:
    async with library(tmp_path, size=(100, 60)) as at:
        for technique, title in (("mindful-breathing", "Mindful breathing"), ("body-scan", "Body scan")):
            at.app.post_message(TechniqueWanted(technique, "rehearse"))
            await at.until(lambda: isinstance(at.app.screen, RehearsalScreen), "the rehearsal")
            await at.shows(f"Rehearsal   {title}")
        await at.until(lambda: [type(one) for one in at.app.screen_stack].count(RehearsalScreen) == 1, "one")
