"""Things to tick with `[x]` and `[ ]`: Textual's own tick boxes tell on from off by colour alone."""

import textwrap
from collections.abc import Collection
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from sandbox.text import printable


def _sign(on: bool) -> str:
    return "[x]" if on else "[ ]"


class Tick(Static, can_focus=True):
    """One thing to tick; Space, Enter or a click turns it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space,enter", "turn", "tick", show=False)]

    class Turned(Message):
        """It was turned on or off."""

    def __init__(self, text: str, on: bool, *, id: str | None = None) -> None:
        super().__init__("", id=id, markup=False)
        self._text = text
        self.on = on

    def on_mount(self) -> None:
        self._draw()

    def _draw(self) -> None:
        self.update(Content(f"{_sign(self.on)} {self._text}"))

    def on_click(self) -> None:
        self.action_turn()

    def action_turn(self) -> None:
        self.on = not self.on
        self._draw()
        self.post_message(self.Turned())


class TickList(OptionList):
    """Several things to tick; Space or Enter turns the marked one. `picked` keeps the list's order."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "select", "tick", show=False)]

    class Turned(Message):
        """One of them was turned on or off."""

    def __init__(self, titles: dict[str, str], on: tuple[str, ...], *, id: str | None = None) -> None:
        super().__init__(id=id, markup=False)
        self._titles = titles
        self._on = {name for name in on if name in titles}
        self.add_options([Option(self._row(name), id=name) for name in titles])

    @property
    def picked(self) -> tuple[str, ...]:
        return tuple(name for name in self._titles if name in self._on)

    def _row(self, name: str) -> Content:
        on = name in self._on
        room = max(20, (self.scrollable_content_region.width or 40) - 4)
        lines = textwrap.wrap(printable(self._titles[name]), room) or [""]
        return Content.styled(f"{_sign(on)} " + "\n    ".join(lines), "bold" if on else "")

    def on_resize(self) -> None:
        for name in self._titles:
            self.replace_option_prompt(name, self._row(name))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if event.option_id is not None:
            self.turn({event.option_id})

    def turn(self, names: Collection[str]) -> None:
        """Turn those on that are off, and off that are on."""
        self._on ^= set(names)
        for name in names:
            self.replace_option_prompt(name, self._row(name))
        self.post_message(self.Turned())


class PickList(TickList):
    """One thing, or several: Enter or a click picks the marked one alone, Space adds it or takes it away.

    Something always stays picked.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space", "add", "add", show=False)]

    def on_mount(self) -> None:
        self.highlighted = 0  # what is picked comes first

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        event.prevent_default()
        if event.option_id is not None and self._on != {event.option_id}:
            self.turn(self._on ^ {event.option_id})

    def action_add(self) -> None:
        if self.highlighted is None:
            return
        name = self.get_option_at_index(self.highlighted).id
        if name is not None and self._on != {name}:
            self.turn({name})
