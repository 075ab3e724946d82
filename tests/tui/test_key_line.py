"""The bottom line says what works now, and a click on a key does what the key does."""

from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Button

from sandbox.tui.widgets.key_line import KeyLine
from tests.tui.test_long_conversation import until


class Marked(Button):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("m", "app.mark", "mark", tooltip="Mark it"),
        Binding("u", "unmark", "unmark"),
    ]

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return None if action == "unmark" else True


class Two(App[None]):
    BINDINGS: ClassVar[list[BindingType]] = [Binding("x", "stop", "stop")]
    marked = 0

    def action_mark(self) -> None:
        self.marked += 1

    def compose(self) -> ComposeResult:
        yield Button("plain")
        yield Marked("marked")
        yield KeyLine()


def said(app: App[None]) -> list[str]:
    return [active.binding.description for active in app.query_one(KeyLine).shown]


async def test_the_keys_change_with_the_focus_and_can_be_clicked() -> None:
    app = Two()
    async with app.run_test(size=(80, 10)) as pilot:
        await until(pilot, lambda: "stop" in said(app))
        before = said(app)
        app.query_one(Marked).focus()
        await until(pilot, lambda: "mark" in said(app))
        assert "unmark" not in said(app), "it would do nothing"
        line = app.query_one(KeyLine)
        columns = {active.binding.description: columns for active, columns in line.places()}
        assert str(line.render())[columns["mark"].start : columns["mark"].stop] == "m mark"
        await pilot.hover(KeyLine, (columns["mark"].start, 0))
        await until(pilot, lambda: line.tooltip == "Mark it")
        await pilot.mouse_down(KeyLine, (columns["mark"].start, 0))
        await until(pilot, lambda: app.marked == 1)
        app.query(Button).first().focus()
        await until(pilot, lambda: said(app) == before)
