"""How each screen is reached from Home, where one finished run is in the record."""

from collections.abc import Awaitable, Callable

from sandbox.study.frozen import freeze
from sandbox.study.planning import planned
from sandbox.study.proposal import Proposal
from sandbox.study.small_study import Choices, small_study
from sandbox.tui.messages import StudyWanted, TechniqueWanted
from sandbox.tui.screens.home import HomeScreen
from sandbox.tui.screens.library import LibraryScreen
from sandbox.tui.screens.session import SessionScreen
from tests.tui.stage import Stage

Way = Callable[[Stage], Awaitable[None]]


async def home(at: Stage) -> None:
    await at.press("tab")


async def new_session(at: Stage) -> None:
    await at.press("n")
    await at.shows("if every answer")


async def library(at: Stage) -> None:
    await at.press("l")
    await at.shows("scenario night-attack")


async def editor(at: Stage) -> None:
    await library(at)
    await at.press("e")
    await at.shows("turn 1")


async def rehearsal(at: Stage) -> None:
    await library(at)
    at.app.screen.post_message(TechniqueWanted("mindful-breathing", "rehearse"))
    await at.shows("3 stay")


async def importing(at: Stage) -> None:
    await library(at)
    await at.press("i")
    await at.shows("Enter brings it in")


async def models(at: Stage) -> None:
    await at.press("m")
    await at.shows("← proposed")


async def check(at: Stage) -> None:
    at.app.action_check_model()
    await at.until(lambda: not isinstance(at.app.screen, HomeScreen), "the check of a model")


async def settings(at: Stage) -> None:
    await at.press("comma")
    await at.shows("settings.toml")


async def sessions(at: Stage) -> None:
    await at.press("s")
    await at.shows("[ ]")


async def progress(at: Stage) -> None:
    await at.press("p")
    await at.until(lambda: not isinstance(at.app.screen, HomeScreen), "Progress")


async def studies(at: Stage) -> None:
    await at.press("t")
    await at.shows("quick-demo")


async def study(at: Stage) -> None:
    """One that is planned and not begun; Home has it above the session from then on."""
    conductor = at.services.conductor
    choices = Choices(
        Proposal(), ("night-attack",), ("study-participant",), ("embedded",), repeats=2, name="walked"
    )
    freeze(conductor.studies, planned(small_study(choices, conductor.library), conductor, "walked"))
    await at.services.studies.open(StudyWanted("walked"))
    await at.shows("▷ planned")


async def session(at: Stage) -> None:
    await at.press("tab", "enter")
    await at.opened()
    await at.shows(": distress ")


async def branch(at: Stage) -> None:
    await session(at)
    await at.press("b")
    await at.shows("Add an arm with")


async def change(at: Stage) -> None:
    await session(at)
    await at.press("E")
    await at.shows("Nothing is said otherwise yet")


async def versions(at: Stage) -> None:
    await library(at)
    assert isinstance(at.app.screen, LibraryScreen)
    at.app.screen._go_to(("technique", "mindful-breathing"))
    await at.shows("technique mindful-breathing")
    await at.press("v")
    await at.shows("against its control")


async def compare(at: Stage) -> None:
    await session(at)
    await at.press("c")
    await at.until(lambda: not isinstance(at.app.screen, SessionScreen), "Compare")


async def review(at: Stage) -> None:
    await session(at)
    await at.press("j")
    await at.shows("Session rating")


async def preference(at: Stage) -> None:
    at.app.preferences.remember_reviewer("Ada")
    await review(at)
    await at.press("p")
    await at.shows("What both began with")


async def agreement(at: Stage) -> None:
    await review(at)
    await at.press("a")
    await at.shows("No two reviewers differ")


async def help_page(at: Stage) -> None:
    await at.press("question_mark")
    await at.shows("Help")


WAYS: tuple[Way, ...] = (
    home, new_session, library, editor, rehearsal, importing, models, check, settings, sessions, progress,
    studies, session, branch, change, versions, compare, review, preference, agreement, study, help_page,
)  # fmt: skip


async def escape_leads_home(at: Stage) -> None:
    """Each Escape closes one thing: what is open on a screen, then the screen."""
    pressed = 0
    while not isinstance(at.app.screen, HomeScreen):
        assert pressed < 2 * len(at.app.screen_stack) + 20, at.text()
        await at.press("escape")
        pressed += 1
