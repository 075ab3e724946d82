"""A study that the app starts, run on the test's own loop in place of a process of its own."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing

from sandbox.library.workspace import Workspace
from sandbox.models.provider import Provider
from sandbox.study.conductor import Conductor
from sandbox.study.events import StudyEnded
from sandbox.study.frozen import outline_of
from sandbox.study.runner import run_study


class RehearsedStudy:
    """Runs with a conductor of its own, as a process would: both meet in the record alone."""

    def __init__(
        self,
        workspace: Workspace,
        root: str,
        open_model: Callable[[str], Provider],
        loop: asyncio.AbstractEventLoop,
    ) -> None:
        self._conductor = Conductor.open(workspace, open_model)
        self._left = False
        self._work = asyncio.run_coroutine_threadsafe(self._run(root), loop)

    @property
    def ended(self) -> bool:
        return self._work.done()

    @property
    def failed(self) -> bool:
        return self._work.done() and not self._work.cancelled() and bool(self.error or self._left)

    @property
    def error(self) -> str:
        error = None if self._work.cancelled() or not self._work.done() else self._work.exception()
        return str(error) if error is not None else ""

    def break_off(self) -> None:
        self._work.cancel()

    async def _run(self, root: str) -> None:
        outline = outline_of(self._conductor.studies.named(root))
        try:
            async with aclosing(run_study(self._conductor, outline)) as events:
                async for event in events:
                    if isinstance(event, StudyEnded):
                        self._left = event.ending == "unfinished"
        finally:
            await self._conductor.close()
