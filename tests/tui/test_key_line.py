"""The bottom line says what works now, with the widgets that are there."""

from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Button
from textual.widgets._footer import FooterKey

from sandbox.tui.widgets.key_line import KeyLine
from tests.tui.test_long_conversation import until


class Marked(Button):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("m", "mark", "mark"), Binding("u", "unmark", "unmark")]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return None if action == "unmark" else True


class Two(App[None]):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("x", "stop", "stop")]

    def compose(self) -> ComposeResult:
        yield Button("plain")
        yield Marked("marked")
        yield KeyLine()


def said(app: App[None]) -> list[tuple[str, bool]]:
    return [(key.description, key.has_class("-disabled")) for key in app.query(FooterKey)]


async def test_the_keys_change_with_the_focus_and_their_widgets_stay() -> None:
    app = Two()
    async with app.run_test(size=(80, 10)) as pilot:
        await until(pilot, lambda: ("stop", False) in said(app))
        before, first = said(app), app.query(FooterKey).first()
        app.query_one(Marked).focus()
        await until(pilot, lambda: ("mark", False) in said(app))
        assert ("unmark", True) in said(app)
        app.query(Button).first().focus()
        await until(pilot, lambda: said(app) == before)
        assert app.query(FooterKey).first() is first
