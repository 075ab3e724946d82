"""What is being typed, in a file of its own: it outlives the app's sudden end. One for a script's steps, one
for a document: whoever saves, runs or throws away what was typed drops it.
"""

import asyncio
import hashlib
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from pydantic import TypeAdapter, ValidationError
from textual.screen import Screen
from textual.timer import Timer

from sandbox.errors import SandboxError
from sandbox.library.loading import MAX_BYTES, read_at_most
from sandbox.library.workspace import Workspace
from sandbox.tui.messages import Trouble
from sandbox.tui.screen import read_for
from sandbox.whole_file import write_whole

_FOLDER = "drafts"
_PAUSE = 0.2
"""Seconds after a key until what is typed by then is kept; more keys do not put that off."""
_SAID = TypeAdapter(dict[str, str])


class Draft:
    """Texts by name, such as the ids of steps. Reads and writes: for a thread."""

    def __init__(self, workspace: Workspace, name: str) -> None:
        """`name`: a hash, of which the beginning will do."""
        self.path = workspace.sessions / _FOLDER / f"{name[:16]}.json"

    def read(self) -> dict[str, str]:
        """What was typed; empty where nothing was, or it cannot be read any more."""
        try:
            return _SAID.validate_json(read_at_most(self.path, MAX_BYTES, todo=""))
        except (SandboxError, ValidationError):
            return {}

    def write(self, said: Mapping[str, str]) -> None:
        """Keep it, for the owner alone; nothing typed, no file. Raises OSError."""
        if said:
            write_whole(self.path, json.dumps(dict(said)), overwrite=True, mode=0o600)
        else:
            with suppress(FileNotFoundError):
                self.path.unlink()


class DraftKeeper:
    """Keeps what is typed on a screen, as `texts` gives it, in a draft while it is typed."""

    def __init__(self, screen: Screen[Any], draft: Draft, texts: Callable[[], Mapping[str, str]]) -> None:
        self.draft = draft
        self._screen = screen
        self._texts = texts
        self._kept: dict[str, str] = {}
        self._writing = asyncio.Lock()
        self._soon: Timer | None = None

    async def read(self) -> dict[str, str]:
        """What was typed and neither saved nor thrown away."""
        self._kept = await read_for(self._screen, self.draft.read)
        return dict(self._kept)

    def touched(self) -> None:
        """Something was typed: keep it in a moment."""
        if self._soon is None:
            self._soon = self._screen.set_timer(_PAUSE, self._keep_now)

    def _keep_now(self) -> None:
        self._soon = None
        self._screen.run_worker(self.keep(), group="draft")

    async def keep(self) -> None:
        """Write it; one at a time, so that an earlier one never comes last. What fails is said."""
        async with self._writing:
            said = dict(self._texts())
            if said == self._kept:
                return
            try:
                await asyncio.to_thread(self.draft.write, said)
                self._kept = said
            except OSError as error:
                what = f"The draft cannot be kept: {error.strerror or error}"
                self._screen.post_message(Trouble(SandboxError(what, where=str(self.draft.path))))

    async def drop(self) -> None:
        """What is typed is thrown away: nothing of it is kept from now on."""
        self._texts = lambda: {}
        await self.keep()


def digest(content: bytes | str) -> str:
    """What tells a file, or a path, from others."""
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()
