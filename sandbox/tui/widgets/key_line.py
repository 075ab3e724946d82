"""The bottom line with the keys that work here. Where there is no room for all, help lists the rest."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.text import Text
from textual.app import RenderResult
from textual.binding import ActiveBinding
from textual.events import Leave, MouseDown, MouseMove, Resize
from textual.screen import Screen
from textual.widget import Widget

_KEPT = ("help", "command_palette", "leave", "cancel", "dismiss")


class KeyLine(Widget, can_focus=False):
    """Only keys that do something now; where there is no room the last ones go, but not help, menu and the
    way back.

    One widget, where Textual's footer has one a key: the keys change with the focus, and a widget set up anew
    takes its time at each of them.
    """

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {"key-line--key", "key-line--description", "key-line--hover"}
    DEFAULT_CSS = """
    KeyLine {
        dock: bottom; height: 1; text-wrap: nowrap; text-overflow: clip;
        color: $footer-foreground; background: $footer-background;
        & > .key-line--key {
            color: $footer-key-foreground; background: $footer-key-background; text-style: bold;
        }
        & > .key-line--description {
            color: $footer-description-foreground; background: $footer-description-background;
        }
        & > .key-line--hover { color: $footer-key-foreground; background: $block-hover-background; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[ActiveBinding] = []
        """What stands there, from the left."""
        self._keys: list[ActiveBinding] = []
        self._room = 0
        self._hovered: ActiveBinding | None = None

    def on_mount(self) -> None:
        self.screen.bindings_updated_signal.subscribe(self, self._bindings_changed)

    def _bindings_changed(self, screen: Screen[object]) -> None:
        """Screens tell it at every event."""
        if self.app.app_focus and self.is_attached and screen is self.screen:
            self._say()

    def on_resize(self, event: Resize) -> None:
        if self._room:
            self._say()

    def _say(self) -> None:
        """Draw the line anew if it would read otherwise."""
        active_now = self.screen.active_bindings.values()
        keys = [active for active in active_now if active.binding.show and active.enabled]
        room = self.app.size.width
        if (keys, room) != (self._keys, self._room):
            self._keys, self._room = keys, room
            by_action = list({active.binding.action: active for active in reversed(keys)}.values())[::-1]
            self.shown = fitting(by_action, [self._width(active) for active in by_action], room)
            self.refresh()

    def _width(self, active: ActiveBinding) -> int:
        key = self.app.get_key_display(active.binding)
        return cell_len(key) + 1 + cell_len(active.binding.description)

    def render(self) -> RenderResult:
        key, description, hover = (
            self.get_component_rich_style(f"key-line--{part}") for part in ("key", "description", "hover")
        )
        line = Text(no_wrap=True, end="")
        for active in self.shown:
            binding = active.binding
            said = Text.assemble(
                (self.app.get_key_display(binding), key), (f" {binding.description}", description)
            )
            if active is self._hovered:
                said.stylize(hover)
            line.append_text(said).append(" ")
        line.right_crop(1)
        return line

    def places(self) -> Iterator[tuple[ActiveBinding, range]]:
        """Each key with the columns it takes."""
        start = 0
        for active in self.shown:
            end = start + self._width(active)
            yield active, range(start, end)
            start = end + 1

    def _at(self, column: int) -> ActiveBinding | None:
        return next((active for active, columns in self.places() if column in columns), None)

    def on_mouse_down(self, event: MouseDown) -> None:
        if (active := self._at(event.x)) is not None:
            self.app.simulate_key(active.binding.key)

    def on_mouse_move(self, event: MouseMove) -> None:
        self._hover(self._at(event.x))

    def on_leave(self, event: Leave) -> None:
        self._hover(None)

    def _hover(self, active: ActiveBinding | None) -> None:
        if active is not self._hovered:
            self._hovered = active
            self.tooltip = (active.tooltip or None) if active is not None else None
            self.refresh()


def fitting(keys: Sequence[ActiveBinding], widths: Sequence[int], room: int) -> list[ActiveBinding]:
    """The keys that fit into `room` cells with a cell between them, in their order."""
    places = list(range(len(keys)))

    def needed() -> int:
        return sum(widths[place] + 1 for place in places) - 1

    def dispensable(place: int) -> tuple[bool, int]:
        action = keys[place].binding.action.rpartition(".")[2].partition("(")[0]
        return (action not in _KEPT, place)

    while len(places) > 1 and needed() > room:
        places.remove(max(places, key=dispensable))
    return [keys[place] for place in places]
