"""The clinician's hand on a running session: pause, one step, own words, skip, stop. Same event loop only."""

import asyncio
from collections import deque


class Controls:
    """Commands to a run, taken up between its actions; stopping also cuts a reply in progress short."""

    def __init__(self, *, paused: bool = False) -> None:
        self._paused = paused
        self._single_steps = 0
        self._utterances: deque[str] = deque()
        self._skips = 0
        self._changed = asyncio.Event()
        self.stopping = asyncio.Event()

    @property
    def paused(self) -> bool:
        return self._paused

    def pause(self) -> None:
        """Wait before the next turn; the one in progress and its measurement are finished first."""
        self._paused = True

    def resume(self) -> None:
        self._paused = False
        self._changed.set()

    def step(self) -> None:
        """Let exactly one more turn (with its measurement) happen while paused."""
        self._single_steps += 1
        self._changed.set()

    def say(self, text: str) -> None:
        """Say these words as the therapist at the next technique turn; the script goes on after them."""
        self._utterances.append(text)
        self._changed.set()

    def skip(self) -> None:
        """Leave out the technique step that would come next."""
        self._skips += 1
        self._changed.set()

    def stop(self) -> None:
        """End the run now. Everything finished so far is kept; sessions not begun are not begun."""
        self.stopping.set()
        self._changed.set()

    def take_utterance(self) -> str | None:
        return self._utterances.popleft() if self._utterances else None

    def take_skip(self) -> bool:
        if not self._skips:
            return False
        self._skips -= 1
        return True

    def take_back(self) -> tuple[tuple[str, ...], int]:
        """The words and the number of skips that no turn has taken up; they are no longer waited for."""
        left = tuple(self._utterances), self._skips
        self._utterances.clear()
        self._skips = 0
        return left

    def holds(self, *, speakable: bool = True, skippable: bool = True) -> bool:
        """True while the next turn must wait.

        Words to say or a skip end the wait only before a turn that can take them up; else they are kept.
        """
        wanted = (speakable and self._utterances) or (skippable and self._skips)
        return self._paused and not (self._single_steps or wanted or self.stopping.is_set())

    @property
    def keeps_words(self) -> bool:
        """True while words wait for a turn at which they can be said."""
        return bool(self._utterances)

    @property
    def has_command(self) -> bool:
        """True when words to say or a skip are waiting to be taken up."""
        return bool(self._utterances or self._skips)

    def turn_begins(self) -> None:
        """A turn uses up one single step, if any were asked for."""
        self._single_steps = max(0, self._single_steps - 1)

    async def changed(self) -> None:
        """Wait for the next command."""
        self._changed.clear()
        await self._changed.wait()
