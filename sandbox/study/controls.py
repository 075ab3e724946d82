"""The hand on a running study: pause, go on, stop. Same event loop only; others ask through its log."""

import asyncio


class StudyControls:
    """What is asked of the study by whoever runs it."""

    def __init__(self) -> None:
        self.paused = False
        self.stopping = False
        self.changed = asyncio.Event()

    def pause(self) -> None:
        """Finish the turns under way, then wait."""
        self.paused = True
        self.changed.set()

    def resume(self) -> None:
        """The pause is over."""
        self.paused = False
        self.changed.set()

    def stop(self) -> None:
        """Finish the turns under way and end. What is left can be run later."""
        self.stopping = True
        self.changed.set()
