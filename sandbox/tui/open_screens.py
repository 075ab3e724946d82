"""The screens that are open, one over the other: each is open once, and Escape closes the topmost.

Opening one that is open already brings it to the top, as it was left.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from textual.app import App
from textual.events import ScreenResume, ScreenSuspend
from textual.screen import Screen

_Kind = TypeVar("_Kind", bound=Screen[Any])


def bring_up(
    app: App[None], kind: type[_Kind], fits: Callable[[_Kind], bool] = lambda _: True
) -> _Kind | None:
    """The open screen of that kind that fits, on top from now on; None if none is open."""
    stack = app._screen_stack  # Textual can only take away what is on top
    found = next((screen for screen in reversed(stack) if isinstance(screen, kind) and fits(screen)), None)
    if found is not None and found is not stack[-1]:
        stack.remove(found)
        stack[-1].post_message(ScreenSuspend())
        stack.append(found)
        found.post_message(ScreenResume())
        app.screen_change_signal.publish(found)
    return found


async def close_below(app: App[None], fits: Callable[[Screen[Any]], bool]) -> None:
    """Close the open screens that fit, but not the one on top."""
    for screen in [screen for screen in app.screen_stack[:-1] if fits(screen)]:
        app._screen_stack.remove(screen)
        await screen.remove()
