"""Whether a screen still stands when what was done for it on a thread, or by a model, comes back.

While a screen is taken away its widgets go before its workers are stopped; what draws then finds nothing.
"""

import asyncio
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from textual.widget import Widget

_Given = ParamSpec("_Given")
_Found = TypeVar("_Found")


def stands(widget: Widget) -> bool:
    """Whether it is part of the app, and not being taken away."""
    return widget.is_attached and widget.display


async def read_for(
    widget: Widget, read: Callable[_Given, _Found], *args: _Given.args, **kwargs: _Given.kwargs
) -> _Found:
    """What `read` returns, called on a thread; where the widget no longer stands the worker ends here."""
    found = await asyncio.to_thread(read, *args, **kwargs)
    if not stands(widget):
        raise asyncio.CancelledError
    return found
