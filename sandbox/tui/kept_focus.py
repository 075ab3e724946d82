"""Keeps the focus on a widget that is there: keys that go to one that was taken away are lost, ^q too.

Textual moves the focus when its widget goes, but may choose one that is going as well, or none.
"""

from collections.abc import Sequence
from weakref import WeakSet

from textual.dom import DOMNode
from textual.screen import Screen
from textual.widget import Widget


class FocusKeeper:
    """Told to `look` at a screen, it moves the focus from what has gone to what was nearest."""

    def __init__(self) -> None:
        self._focused: Widget | None = None
        self._around: tuple[DOMNode, ...] = ()
        self._watched: WeakSet[Screen[object]] = WeakSet()

    def watch(self, screen: Screen[object]) -> None:
        """Look at this screen now, and whenever it is laid out anew while it is on top."""
        if screen not in self._watched:
            self._watched.add(screen)
            screen.screen_layout_refresh_signal.subscribe(screen.app, self._laid_out, immediate=True)
        self.look(screen)

    def _laid_out(self, screen: Screen[object]) -> None:
        if screen.is_current:
            self.look(screen)

    def look(self, screen: Screen[object]) -> None:
        focused = screen.focused
        if focused is not None and lasts(focused):
            self._focused, self._around = focused, tuple(focused.ancestors)
            return
        here = screen in self._around
        just_went = here and self._focused is not None and not lasts(self._focused)
        if focused is not None or just_went:
            nearest = _nearest(screen, self._around if here else (screen,))
            if nearest is None and focused is not None and focused.is_attached:
                return  # not laid out yet: a screen that has just come, its only field about to be shown
            screen.set_focus(nearest)
            self._focused, self._around = None, ()


def lasts(widget: Widget) -> bool:
    """Whether it can have the focus, and neither it nor what it is in is hidden or being taken away."""
    shown = all(node.display for node in widget.ancestors_with_self)
    return shown and widget.is_attached and widget.focusable


def _nearest(screen: Screen[object], around: Sequence[DOMNode]) -> Widget | None:
    """The innermost of `around` that can have it, else the first in one; no text field if possible."""
    from textual.widgets import Input, TextArea  # long to load, and not needed before the first paint

    chain = [widget for widget in screen.focus_chain if lasts(widget)]
    holder = next((place for place in around if place in chain), None)
    if isinstance(holder, Widget):
        return holder
    for place in around:
        inside = [widget for widget in chain if place in widget.ancestors_with_self]
        if inside:
            return min(inside, key=lambda widget: isinstance(widget, Input | TextArea))
    return None
