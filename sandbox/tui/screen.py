"""The screens that are open, one over the other: each is open once, is closed once, and may go at any time.

Opening one that is open already brings it to the top, as it was left. Textual can only take away what is on
top, and has no public way to change the order of its stack: this is the one module that does.
"""

import asyncio
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

from textual import screen
from textual.app import App
from textual.await_complete import AwaitComplete
from textual.events import ScreenResume, ScreenSuspend
from textual.widget import Widget

Result = TypeVar("Result")
_Given = ParamSpec("_Given")
_Found = TypeVar("_Found")
_Kind = TypeVar("_Kind", bound=screen.Screen[Any])


class Screen(screen.Screen[Result]):
    """What every screen of the app is: a second Escape in a burst does not close the screen below."""

    def asks_before_quitting(self) -> bool:
        """Whether the app shall not close yet: something here is not saved, and the screen now says so."""
        return False

    def why_not(self, key: str) -> str:
        """Why the key whose binding has that id does nothing now; empty where `silent_keys` has the word."""
        return ""

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


def bring_up(
    app: App[None], kind: type[_Kind], fits: Callable[[_Kind], bool] = lambda _: True
) -> _Kind | None:
    """The open screen of that kind that fits, on top from now on; None if none is open."""
    stack = app._screen_stack
    found = next((one for one in reversed(stack) if isinstance(one, kind) and fits(one)), None)
    if found is not None and found is not stack[-1]:
        stack.remove(found)
        stack[-1].post_message(ScreenSuspend())
        stack.append(found)
        found.post_message(ScreenResume())
        app.screen_change_signal.publish(found)
    return found


async def close_below(app: App[None], fits: Callable[[screen.Screen[Any]], bool]) -> None:
    """Close the open screens that fit, but not the one on top."""
    for one in [one for one in app.screen_stack[:-1] if fits(one)]:
        app._screen_stack.remove(one)
        await one.remove()


def is_there(widget: Widget) -> bool:
    """Whether it is part of the app, and not being taken away.

    While a screen is taken away its widgets go before its workers are stopped; what draws then finds nothing.
    """
    return widget.is_attached and widget.display


async def read_for(
    widget: Widget, read: Callable[_Given, _Found], *args: _Given.args, **kwargs: _Given.kwargs
) -> _Found:
    """What `read` returns, called on a thread; where the widget is there no longer the worker ends here."""
    found = await asyncio.to_thread(read, *args, **kwargs)
    if not is_there(widget):
        raise asyncio.CancelledError
    return found
