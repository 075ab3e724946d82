"""The models a workspace works with, each opened once: asked by name, closed together."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable

from sandbox.errors import SandboxError
from sandbox.models.name import full_name, is_own
from sandbox.models.opening import open_model
from sandbox.models.pace import Paced, Paces
from sandbox.models.provider import Provider, Startable

OpenModel = Callable[[str], Provider]
"""What opens a model by its full name. Raises SandboxError for a name that leads nowhere."""


class ModelPool:
    """Models by name. Those served here keep their process until the pool is closed.

    `paces` says how many calls each service is sent at once, whoever makes them.
    """

    def __init__(self, opener: OpenModel = open_model) -> None:
        self.paces = Paces()
        self._open = opener
        self._models: dict[str, Provider] = {}

    def model(self, name: str) -> Provider:
        """The model of that name, opened once. Raises SandboxError for a name that leads nowhere."""
        name = full_name(name)
        if name not in self._models:
            model = self._models[name] = self._open(name)
            if isinstance(model, Paced):
                model.keep_to(self.paces.of(model.service))
        return self._models[name]

    def held(self, name: str) -> float:
        """Seconds until the model may be sent a call at all, since its service asked to wait; mostly 0.

        Raises SandboxError for a name that leads nowhere.
        """
        model = self.model(name)
        pace = model.pace if isinstance(model, Paced) else None
        return pace.held if pace is not None else 0.0

    def start(self, name: str) -> None:
        """Begin to start what the model needs of this machine. What is wrong shows when it is asked for."""
        with contextlib.suppress(SandboxError):
            model = self.model(name)
            if isinstance(model, Startable):
                model.start()

    def are_local(self, names: Iterable[str]) -> bool:
        """Whether all of them are on this machine; one that cannot be opened is not."""
        return all(map(self._is_local, names))

    def _is_local(self, name: str) -> bool:
        try:
            return self.model(name).capabilities.local
        except SandboxError:
            return False

    async def forget_hosted(self) -> None:
        """Close every model that is not on this machine; it would have to be opened anew."""
        hosted = [name for name, model in self._models.items() if not model.capabilities.local]
        await asyncio.gather(*(self._models.pop(name).close() for name in hosted), return_exceptions=True)

    async def forget_served(self) -> None:
        """Close every model that a service serves, here or elsewhere: its key or address has changed."""
        self.paces.forget()
        served = [name for name in self._models if not is_own(name)]
        await asyncio.gather(*(self._models.pop(name).close() for name in served), return_exceptions=True)

    async def close(self) -> None:
        """End the models' processes. What one does wrong in it keeps no other from its end."""
        models, self._models = list(self._models.values()), {}
        await asyncio.gather(*(model.close() for model in models), return_exceptions=True)
