"""The command palette, which may be left before it has looked anything up."""

from typing import Any

from textual.await_complete import AwaitComplete
from textual.command import CommandList, CommandPalette

from sandbox.tui.screen import is_there


class Palette(CommandPalette):
    """Textual's looks for commands on a worker, and raises where the palette was closed meanwhile.

    What it does then has no public names.
    """

    def dismiss(self, result: Any = None) -> AwaitComplete:
        """Close it once: a second Enter in a burst would close the screen below."""
        if self not in self.app.screen_stack:
            return AwaitComplete()
        self.workers.cancel_node(self)
        return super().dismiss(result)

    def _action_command_list(self, action: str) -> None:
        """Pass an action on to the list once it is laid out."""
        if self.query_one(CommandList).scrollable_content_region:
            super()._action_command_list(action)

    def _gather_commands(self, search_value: str) -> Any:
        return super()._gather_commands(search_value) if is_there(self) else None
