"""When memory is searched for garbage while a screen streams: all of it takes longer than a frame may."""

import gc

from textual.screen import Screen

_SETTLED = 1.0
"""Seconds. What is in memory by then is not searched again while the screen is open."""
_WORTH_IT = 50
"""Collections of the middle generation before one of all memory while the screen is quiet."""
_AT_LATEST = 1000
"""The same while it never is."""


class MemorySearch:
    """Leaves memory alone while something is heard, and searches it once nothing is from second to second."""

    def __init__(self) -> None:
        self._quiet = False
        self._before: tuple[int, int, int] | None = None

    def begin(self, screen: Screen[None]) -> None:
        """Take over from Python until `end`."""
        self._before = gc.get_threshold()
        gc.set_threshold(*self._before[:2], _AT_LATEST)
        screen.set_timer(_SETTLED, gc.freeze)
        screen.set_interval(1.0, self._each_second)

    def end(self) -> None:
        gc.unfreeze()
        if self._before is not None:
            gc.set_threshold(*self._before)

    def heard(self) -> None:
        """Say that something is being drawn: a frame is waited for."""
        self._quiet = False

    def _each_second(self) -> None:
        if self._quiet and gc.get_count()[2] >= _WORTH_IT:
            gc.collect()
        self._quiet = True
