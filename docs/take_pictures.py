"""Takes the pictures of the docs: the real app with the real embedded model, walked by keys, written as SVG.

`uv run python docs/take_pictures.py [NAME …]` takes all, or those named. A picture more is an entry in SHOTS.
"""

import asyncio
import os
import re
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from textual.pilot import Pilot
from textual.widgets import OptionList

from sandbox.library.workspace import Workspace
from sandbox.remembered import Remembered, save_remembered
from sandbox.settings import FOLDER_VARIABLE
from sandbox.tui.app import SandboxApp

PICTURES = Path(__file__).resolve().parent / "pictures"
SMALL, LARGE = (80, 24), (120, 36)
LARGEST = 300_000
"""Bytes of a picture."""
_PATIENCE = 600.0
_FONT = "'Fira Code', 'DejaVu Sans Mono', Menlo, Consolas, monospace"
_CELL = 12.2
"""Width of a character, as the pictures are written."""
_TEXT = re.compile(
    r'(?P<before><text class="[^"]*" )x="(?P<x>[\d.]+)" y="(?P<y>[\d.]+)" textLength="(?P<length>[\d.]+)"'
    r"(?P<after>[^>]*)>(?P<said>[^<]*)</text>"
)
_RECORD, _SETTINGS = Path("workspace"), Path("therapy-sandbox")


class Tour:
    """The open app and a hand on its keys."""

    def __init__(self, app: SandboxApp, pilot: Pilot[None]) -> None:
        self.app = app
        self._pilot = pilot

    async def press(self, *keys: str) -> None:
        await self._pilot.press(*keys)
        await self._pilot.pause()

    async def shows(self, pattern: str) -> None:
        """Wait until the screen's text has the regular expression."""
        try:
            async with asyncio.timeout(_PATIENCE):
                while not re.search(pattern, self._text()):
                    await self._pilot.pause(0.05)
        except TimeoutError:
            sys.exit(f"“{pattern}” did not come about; on screen:\n{self._text()}")

    def _text(self) -> str:
        return "\n".join(strip.text for strip in self.app.screen._compositor.render_strips())

    async def picture(self) -> str:
        """The screen as SVG, without the messages that pass."""
        self.app.clear_notifications()
        await self._pilot.pause()
        return portable(self.app.export_screenshot(simplify=True))


# What is walked to


async def home(tour: Tour) -> None:
    await tour.shows("Attacked at night")
    await tour.shows("✓ ")


async def notice(tour: Tour) -> None:
    await tour.shows("Before the first session")
    await tour.shows("I have read this")


async def new_session(tour: Tour) -> None:
    await home(tour)
    await tour.press("n")
    await tour.shows(r"1 +It is past midnight|turn 1|calls")


async def running(tour: Tour) -> None:
    """Fresh start, the proposed session, at its third step."""
    await notice(tour)
    await tour.press("enter")
    await tour.shows("Attacked at night")
    await tour.press("enter")
    await tour.shows(r"t3 of \d")


async def paused(tour: Tour) -> None:
    await running(tour)
    await tour.press("space")
    await tour.shows("‖ paused: space")


async def progress(tour: Tour) -> None:
    await running(tour)
    await tour.press("escape", "p")
    await tour.shows(r"Mindful breathing")
    await tour.shows(r"\d/\d")


async def session(tour: Tour) -> None:
    """The newest session of the record."""
    await home(tour)
    await tour.press("tab", "enter")
    await tour.shows("✓ finished")


async def measurement(tour: Tour) -> None:
    """The measurement after the scenario, opened."""
    await session(tour)
    await tour.press("home", "tab", "tab", "enter")
    await tour.shows("coverage")


async def branch_picker(tour: Tour) -> None:
    await session(tour)
    await tour.press("b")
    await tour.shows("Add an arm with")


async def branch_tree(tour: Tour) -> None:
    await session(tour)
    await tour.press("t")
    await tour.shows("─ Branches")


async def compare(tour: Tour) -> None:
    await session(tour)
    await tour.press("c")
    await tour.shows("vs control")
    await tour.press("down", "down", "down", "enter")


async def library(tour: Tour) -> None:
    await home(tour)
    await tour.press("l")
    await tour.shows("techniques")
    await tour.press("left", "left", "down", "right", *["down"] * 4)
    await tour.shows(r"grade \d")


async def editor(tour: Tour) -> None:
    """The app's own, whatever editor the one who takes the picture has."""
    for name in ("EDITOR", "VISUAL"):
        os.environ.pop(name, None)
    await library(tour)
    await tour.press("e")
    await tour.shows("As the client hears it")


async def sessions(tour: Tour) -> None:
    await home(tour)
    await tour.press("s")
    await tour.shows("words that were said")
    await tour.press("slash", *"footsteps")
    await tour.shows("«footsteps»")


async def models(tour: Tour) -> None:
    await home(tour)
    await tour.press("m")
    await tour.shows(r"\d ready")
    await tour.press("c")
    await tour.shows("prefill: works")


async def check_model(tour: Tour) -> None:
    await home(tour)
    await tour.press("m")
    await tour.shows(r"\d ready")
    await tour.press("v")
    await tour.shows("word-probe")
    await tour.press("enter")
    await tour.shows("[✓~✗] word-probe")


async def settings(tour: Tour) -> None:
    await home(tour)
    await tour.press("comma")
    await tour.shows("local only")


async def help_page(tour: Tour) -> None:
    await session(tour)
    await tour.press("question_mark")
    await tour.shows("─ Help")


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture: where to walk, in what size. `fresh`: on a first start, with an empty record."""

    name: str
    walk: Callable[[Tour], Awaitable[None]]
    size: tuple[int, int] = LARGE
    theme: str = "textual-dark"
    fresh: bool = False


SHOTS = (
    Shot("first-start", notice, SMALL, fresh=True),
    Shot("home", home),
    Shot("home-small", home, SMALL),
    Shot("new-session", new_session),
    Shot("session", paused, fresh=True),
    Shot("session-small", session, SMALL),
    Shot("session-light", session, theme="textual-light"),
    Shot("measurement", measurement),
    Shot("branch-picker", branch_picker),
    Shot("branch-tree", branch_tree),
    Shot("compare", compare),
    Shot("compare-small", compare, SMALL, theme="high-contrast"),
    Shot("study-progress", progress, fresh=True),
    Shot("library", library),
    Shot("editor", editor),
    Shot("sessions", sessions),
    Shot("models", models),
    Shot("settings", settings),
    Shot("help", help_page),
    Shot("check-model", check_model),
)


# Taking them


async def fill_record(tour: Tour) -> None:
    """The proposed session, and a branch of it with another technique."""
    await tour.shows("Attacked at night")
    await tour.press("enter")
    await tour.shows(r"Mindful\S* .*✓ .*Appliance.* ✓")
    await tour.press("b")
    await tour.shows("Add an arm with")
    techniques = tour.app.screen.query_one(OptionList)
    techniques.highlighted = techniques.get_option_index("cognitive-reappraisal")
    await tour.press("enter")
    await tour.shows(r"Cogn\S* .*✓")


@asynccontextmanager
async def opened(record: Path, shot: Shot) -> AsyncIterator[Tour]:
    """The app on that record, as `shot` wants it; whatever it changes in the settings is forgotten."""
    shutil.rmtree(_SETTINGS, ignore_errors=True)
    save_remembered(Remembered(notice_read=not shot.fresh))
    app = SandboxApp(Workspace(record, record / "sessions"))
    app.theme = shot.theme
    async with app.run_test(size=shot.size) as pilot:
        yield Tour(app, pilot)


async def take(shots: Sequence[Shot]) -> None:
    if not all(shot.fresh for shot in shots):
        async with opened(_RECORD, Shot("", home)) as tour:
            await fill_record(tour)
    for shot in shots:
        sys.stderr.write(f"{shot.name}\n")
        async with opened(Path(shot.name) if shot.fresh else _RECORD, shot) as tour:
            await shot.walk(tour)
            write(shot.name, await tour.picture())


def portable(svg: str) -> str:
    """A picture that fetches nothing and looks the same in every viewer: fonts of the reader's own, no
    address, and blanks as places rather than characters, since some viewers drop them."""
    svg = re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL)
    svg = re.sub(r"\s*<!--.*?-->", "", svg, flags=re.DOTALL)
    svg = _TEXT.sub(_without_blanks, svg)
    return svg.replace("font-family: Fira Code, monospace", f"font-family: {_FONT}")


def _without_blanks(text: re.Match[str]) -> str:
    said = text["said"].replace("&#160;", " ")
    if not said.strip():
        return ""
    x = float(text["x"]) + _CELL * (len(said) - len(said.lstrip(" ")))
    length = float(text["length"]) - _CELL * (len(said) - len(said.strip(" ")))
    shown = said.strip(" ").replace(" ", "&#160;")
    return (
        f'{text["before"]}x="{x:.1f}" y="{text["y"]}" textLength="{length:.1f}"{text["after"]}>{shown}</text>'
    )


def write(name: str, svg: str) -> None:
    """Keep a picture, unless it is too large or shows something of the machine it was taken on."""
    told = svg.replace("http://www.w3.org/2000/svg", "")
    private = [str(Path.home()), str(PICTURES.parents[1]), tempfile.gettempdir(), "://"]
    found = [text for text in private if text in told]
    if found or len(svg.encode()) > LARGEST:
        sys.exit(f"{name}: " + (f"shows {', '.join(found)}" if found else "too large"))
    PICTURES.mkdir(exist_ok=True)
    (PICTURES / f"{name}.svg").write_text(svg, encoding="utf-8")


def main() -> None:
    names = sys.argv[1:]
    shots = [shot for shot in SHOTS if shot.name in names or not names]
    with tempfile.TemporaryDirectory() as folder:
        for key in [key for key in os.environ if key.endswith(("_API_KEY", "_API_BASE", "_BASE_URL"))]:
            del os.environ[key]
        # The folders named on screen are then those of any machine.
        os.chdir(folder)
        os.environ[FOLDER_VARIABLE] = str(_SETTINGS)
        asyncio.run(take(shots))


if __name__ == "__main__":
    main()
