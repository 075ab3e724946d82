"""Every screen at three sizes, in light, dark and without colour: nothing is wider than its place."""

from pathlib import Path

import pytest
from textual.widget import Widget

from sandbox.settings import save_setting
from sandbox.tui.silent_keys import REASONS
from sandbox.tui.widgets.key_line import KeyLine
from sandbox.tui.widgets.proposed_session import ProposedSession
from tests.tui.screens import WAYS, escape_leads_home, library, models, session, settings
from tests.tui.stage import Stage, stage

pytestmark = pytest.mark.drawn

SIZES = [(160, 50), (100, 30), (80, 24)]
LOOKS = ["textual-dark", "textual-light", "high-contrast", "high-contrast-light"]


def too_wide(at: Stage) -> list[str]:
    """Widgets that reach out of the screen, scroll sideways, or footers with more keys than room."""
    width = at.app.size.width
    found = []
    for widget in at.app.screen.walk_children(Widget):
        if not widget.display or not widget.region:
            continue
        name = f"{type(widget).__name__}#{widget.id or ''}"
        if isinstance(widget, KeyLine):
            if any(columns.stop > width for _, columns in widget.places()):
                found.append(f"{name} has no room for {widget.shown[-1].binding.description}")
        elif widget.region.right > width:
            found.append(f"{name} ends at {widget.region.right}")
        if widget.show_horizontal_scrollbar:
            found.append(f"{name} scrolls sideways")
    return found


def silent(at: Stage) -> list[str]:
    """Keys that are shown in grey here, and of which nothing is said when they are pressed."""
    grey = [active.binding for active in at.app.screen.active_bindings.values() if not active.enabled]
    return [binding.id or binding.action for binding in grey if binding.id not in REASONS]


async def fits_at_every_size(at: Stage, name: str) -> None:
    assert (name, too_wide(at)) == (name, [])
    for size in SIZES:
        await at.pilot.resize_terminal(*size)
        await at.pilot.pause()
        assert (name, size, too_wide(at)) == (name, size, [])


async def test_nothing_is_wider_than_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opened at the smallest size, and laid out anew at the others and back."""
    for variable in ("EDITOR", "VISUAL"):  # documents open in the app's own editor
        monkeypatch.delenv(variable, raising=False)
    async with stage(tmp_path, size=SIZES[-1], played=True) as at:
        await at.started()
        await at.shows("✓ finished")
        for go in WAYS:
            await go(at)
            await at.pilot.pause()
            await fits_at_every_size(at, go.__name__)
            assert (go.__name__, silent(at)) == (go.__name__, [])
            await escape_leads_home(at)
            at.app.screen.query_one(ProposedSession).focus()


async def test_every_look_draws_every_screen(tmp_path: Path) -> None:
    save_setting("theme", LOOKS[0])
    async with stage(tmp_path, size=(100, 30), played=True) as at:
        await at.started()
        assert at.app.theme == LOOKS[0]
        for go in (library, models, settings, session):
            await go(at)
            plain = at.text()
            for look in (*LOOKS[1:], LOOKS[0]):
                at.app.theme = look
                await at.pilot.pause()
                assert at.text() == plain, "the characters are the same in every look"
            await at.press("escape")


async def test_without_colour_every_screen_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with stage(tmp_path, size=(100, 30), played=True) as at:
        await at.started()
        assert at.app.no_color
        for go in (library, models, settings, session):
            await go(at)
            assert "▏" not in at.text().splitlines()[0]
            await at.press("escape")
