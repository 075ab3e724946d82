"""The command palette, which may be left before it has looked anything up, and the commands in it."""

from collections.abc import Iterator
from typing import Any

from textual.app import App, SystemCommand
from textual.await_complete import AwaitComplete
from textual.command import CommandList, CommandPalette
from textual.screen import Screen

from sandbox.tui.keys_in_order import OPENING
from sandbox.tui.screen import is_there

_SCREENS = (
    ("Settings", "Theme, local only, keys", "settings"),
    ("Study progress", "Every run under way, here or elsewhere", "progress"),
    ("Studies", "Plan, run and follow studies", "studies"),
    ("Library", "Every document, its problems, your editor", "library"),
    ("Models", "What is at hand, checks, local only", "models"),
    ("Check what can be measured", "Which scores to trust", "check_model"),
)


def commands(app: App[Any], screen: Screen[Any]) -> Iterator[SystemCommand]:
    """Every screen that can be opened is a command everywhere, and so is each key of this one."""

    def act(action: str, node: Any) -> None:
        app.run_worker(app.run_action(action, default_namespace=node), group=OPENING)

    for title, told, action in _SCREENS:
        yield SystemCommand(title, told, lambda action=action: act(action, app))
    listed = {action for _, _, action in _SCREENS}
    for active in screen.active_bindings.values():
        binding, node = active.binding, active.node
        action = binding.action.removeprefix("app.")
        if active.enabled and not binding.system and binding.tooltip and action not in listed:
            listed.add(action)
            key = f"key: {app.get_key_display(binding)}"
            yield SystemCommand(
                binding.tooltip, key, lambda action=binding.action, node=node: act(action, node)
            )


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
