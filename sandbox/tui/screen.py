"""Screens that can be closed once: Textual's takes away whatever is on top when one is closed twice."""

from typing import TypeVar

from textual import screen
from textual.await_complete import AwaitComplete

Result = TypeVar("Result")


class Screen(screen.Screen[Result]):
    """What every screen of the app is: a second Escape in a burst does not close the screen below."""

    def asks_before_quitting(self) -> bool:
        """Whether the app shall not close yet: something here is not saved, and the screen now says so."""
        return False

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Close this screen, wherever it is among the open ones; one that is closed already stays so."""
        stack = self.app._screen_stack
        if self not in stack:
            return AwaitComplete()
        stack.remove(self)
        stack.append(self)
        return super().dismiss(result)


class ModalScreen(screen.ModalScreen[Result], Screen[Result]):
    """The same, over the screen it is about."""
