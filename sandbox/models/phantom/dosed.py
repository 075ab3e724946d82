"""The phantom: a copy of a model's weights whose inner state is moved by a dose, served as the model is.

The copy lies in the user's cache folder for as long as it is used; the weights themselves are never touched.
"""

import asyncio
import os
import shutil
import tempfile
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import psutil

from sandbox.models.embedded import EmbeddedProvider
from sandbox.models.gguf import Layout, read_layout, set_numbers, write_copy
from sandbox.models.name import is_own
from sandbox.models.phantom.directions import Directions, bias_of, known_directions, make_directions
from sandbox.models.provider import ModelError
from sandbox.text import excerpt

_SPARE = 64 << 20


def refuse_undosable(name: str) -> None:
    """Raises ModelError for a model, by its name, whose weights are in no GGUF file that the app runs."""
    if not is_own(name):
        raise ModelError(
            "This model cannot be given a dose: its weights are in no GGUF file that the app itself runs.",
            kind="refused",
            where=excerpt(name),
            todo="Calibrate “embedded” or gguf:PATH; `sandbox models` lists the files at hand, Ollama's too.",
        )


def directions_folder() -> Path:
    """Where directions made on this machine are kept."""
    return _cache() / "directions"


async def directions_for(model: EmbeddedProvider, making: Callable[[], None]) -> Directions:
    """The directions for the model: shipped, kept, or made now and kept (after saying so by `making`).

    Raises ModelError, OSError.
    """
    sha256 = await asyncio.to_thread(model.weights.sha256)
    folder = directions_folder()
    found = await asyncio.to_thread(known_directions, sha256, folder)
    if found is None:
        making()
        with _workroom(model) as room:
            found = await make_directions(model.weights.path, sha256, model.title, room)
        folder.mkdir(parents=True, exist_ok=True)
        unfinished = folder / f"{sha256}.{os.getpid()}"
        unfinished.write_text(found.as_json(), "utf-8")
        unfinished.replace(folder / f"{sha256}.json")
    return found


class Phantom:
    """A model at one dose at a time. `open_phantom` makes one."""

    def __init__(self, model: EmbeddedProvider, directions: Directions, copy: Layout) -> None:
        self.directions = directions
        self._model = model
        self._copy = copy
        self._now: tuple[str, float] | None = None
        self._served: EmbeddedProvider | None = None

    async def at(self, direction: str, dose: float) -> EmbeddedProvider:
        """The model at that dose. What was given before ends to be served. Raises ModelError, OSError."""
        if self._served is None or self._now != (direction, dose):
            await self.close()
            numbers = self.directions.dose(direction, dose)
            await asyncio.to_thread(set_numbers, self._copy, {bias_of(self.directions.layer): numbers})
            self._served, self._now = self._model.serving(self._copy.path), (direction, dose)
            await self._warmed(self._served)
        return self._served

    async def _warmed(self, served: EmbeddedProvider) -> None:
        try:
            await served.count_tokens(["ready"])
        except ModelError as error:
            raise ModelError(
                f"The dosed model does not start. {error.what}",
                kind="unavailable",
                where=self._model.title,
                todo=f"Where the model itself works, its architecture (“{self._copy.architecture}”) does not"
                " take the added tensors, and it cannot be calibrated.",
            ) from None

    async def close(self) -> None:
        """End the process that serves it."""
        served, self._served = self._served, None
        if served is not None:
            await served.close()


@asynccontextmanager
async def open_phantom(model: EmbeddedProvider, directions: Directions) -> AsyncGenerator[Phantom, None]:
    """A phantom of the model, whose copy of the weights is removed at the end.

    Raises ModelError for a file that cannot be copied or when there is no room, OSError.
    """
    with _workroom(model) as room:
        try:
            layout = await asyncio.to_thread(read_layout, model.weights.path)
        except ValueError as error:
            raise ModelError(
                f"This GGUF file cannot be copied: {error}.", kind="bad request", where=model.title
            ) from None
        added = [bias_of(directions.layer)]
        if added[0] in {tensor.name for tensor in layout.tensors}:
            raise ModelError(
                "This model has a vector of its own where the dose would go.",
                kind="bad request",
                where=model.title,
                todo="It cannot be calibrated.",
            )
        copy = await asyncio.to_thread(write_copy, layout, room / "dosed.gguf", added=added)
        phantom = Phantom(model, directions, copy)
        try:
            yield phantom
        finally:
            await phantom.close()


def _cache() -> Path:
    import platformdirs

    return platformdirs.user_cache_path("therapy-sandbox", appauthor=False)


@contextmanager
def _workroom(model: EmbeddedProvider) -> Iterator[Path]:
    """A folder of this process's own for a copy of the model, removed at the end.

    What a process that was killed has left is removed first. Raises ModelError when there is no room.
    """
    rooms = _cache() / "phantoms"
    rooms.mkdir(parents=True, exist_ok=True)
    for left in rooms.iterdir():
        process = left.name.partition("-")[0]
        if process.isdigit() and not psutil.pid_exists(int(process)):
            shutil.rmtree(left, ignore_errors=True)
    needed = model.weights.size + _SPARE
    if (free := shutil.disk_usage(rooms).free) < needed:
        raise ModelError(
            f"There is no room for a copy of the model: it takes {needed >> 20:,} MB, and"
            f" {free >> 20:,} MB are free.",
            kind="unavailable",
            where=str(rooms),
            todo="Make room there, or set XDG_CACHE_HOME to a folder on another disk.",
        )
    room = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=rooms))
    try:
        yield room
    finally:
        shutil.rmtree(room, ignore_errors=True)
