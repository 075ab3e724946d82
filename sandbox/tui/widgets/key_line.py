"""The bottom line with the keys that work here. Where there is no room for all, help lists the rest."""

from collections.abc import Sequence

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import ActiveBinding
from textual.events import Resize
from textual.screen import Screen
from textual.widgets import Footer
from textual.widgets._footer import FooterKey  # Textual exports it nowhere else

_KEPT = ("help", "command_palette", "leave", "cancel", "dismiss")


class _Key(FooterKey):
    """A key that can come to stand for another."""

    def __init__(self, active: ActiveBinding) -> None:
        super().__init__("", "", "", "")
        self.show(active)

    def show(self, active: ActiveBinding) -> None:
        binding = active.binding
        said = binding.key, self.app.get_key_display(binding), binding.description, binding.action
        disabled = not active.enabled
        if (*said, disabled) != (self.key, self.key_display, self.description, self.action, self._disabled):
            self.key, self.key_display, self.description, self.action = said
            self._disabled = disabled
            self.set_class(disabled, "-disabled")
            self.refresh(layout=True)
        self.tooltip = active.tooltip or None


class KeyLine(Footer):
    """Keys that would do nothing now go first, then the last ones; help, menu and the way back stay."""

    def __init__(self) -> None:
        super().__init__(show_command_palette=False, compact=True)
        self._room = 0
        self._told = False
        self._keys: list[ActiveBinding] = []

    def compose(self) -> ComposeResult:
        if self._told:
            yield from map(_Key, self._fitting())

    async def recompose(self) -> None:
        """Let the keys that are there say what works now: to set them up anew takes as long as a frame."""
        if not self.is_attached or self._pruning:
            return
        shown, there = self._fitting(), list(self.query_children(_Key))
        for key, active in zip(there, shown, strict=False):
            key.show(active)
        async with self.batch():
            await self.remove_children(there[len(shown) :])
            await self.mount_all(map(_Key, shown[len(there) :]))

    def _fitting(self) -> list[ActiveBinding]:
        self._room = self.app.size.width
        self._keys = self._keys_now()
        by_action = list({active.binding.action: active for active in reversed(self._keys)}.values())[::-1]
        return fitting(by_action, [self._width(active) for active in by_action], self._room)

    def bindings_changed(self, screen: Screen[object]) -> None:
        """Compose the line anew if it would read otherwise; screens ask for it at every event."""
        if not self._told or self._keys_now() != self._keys:
            self._told = True
            super().bindings_changed(screen)

    def _keys_now(self) -> list[ActiveBinding]:
        return [active for active in self.screen.active_bindings.values() if active.binding.show]

    def _width(self, active: ActiveBinding) -> int:
        key = self.app.get_key_display(active.binding)
        return cell_len(key) + 1 + cell_len(active.binding.description)

    def on_resize(self, event: Resize) -> None:
        if self._room and self._room != event.size.width:
            self.call_after_refresh(self.recompose)


def fitting(keys: Sequence[ActiveBinding], widths: Sequence[int], room: int) -> list[ActiveBinding]:
    """The keys that fit into `room` cells with a cell between them, in their order."""
    places = list(range(len(keys)))

    def needed() -> int:
        return sum(widths[place] + 1 for place in places) - 1

    def dispensable(place: int) -> tuple[bool, bool, int]:
        action = keys[place].binding.action.rpartition(".")[2].partition("(")[0]
        return (action not in _KEPT, not keys[place].enabled, place)

    while len(places) > 1 and needed() > room:
        places.remove(max(places, key=dispensable))
    return [keys[place] for place in places]
