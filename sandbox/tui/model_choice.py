"""What the app does about models: what is at hand, which is proposed, what can be measured with it."""

import asyncio
from collections.abc import Callable
from pathlib import Path

from textual.app import App

from sandbox.engine.validity_check import DEFAULT_QUESTIONNAIRES, plan_check
from sandbox.errors import SandboxError
from sandbox.models.pool import OpenModel
from sandbox.study.conductor import Conductor
from sandbox.tui.messages import Trouble
from sandbox.tui.preferences import Preferences
from sandbox.tui.runs import Runs
from sandbox.tui.screen import bring_up, close_below


class ModelChoice:
    """Opens Models and Check model. `open_model` opens one anew, or refuses it while local only is on."""

    def __init__(
        self,
        app: App[None],
        preferences: Preferences,
        conductor: Conductor,
        runs: Runs,
        open_model: OpenModel,
    ) -> None:
        self._app = app
        self._preferences = preferences
        self._conductor = conductor
        self._runs = runs
        self._open_model = open_model

    async def open_models(self) -> None:
        from sandbox.models.download import models_folder
        from sandbox.tui.screens.models import ModelsScreen

        if not bring_up(self._app, ModelsScreen):
            own = self._conductor.workspace.root / "models"
            folders = (models_folder(), own, await asyncio.to_thread(Path.cwd))
            self._app.push_screen(ModelsScreen(lambda: self._preferences.settings, self._open_model, folders))

    async def prefer(self, name: str, keep: Callable[[], None]) -> None:
        """Keep a model as the one to propose, if its name leads to one."""
        try:
            await asyncio.to_thread(self._conductor.models.model, name)
        except SandboxError as error:
            self._app.post_message(Trouble(error))
        else:
            keep()

    async def forget_served(self) -> None:
        """Models that are open keep the key and the address they were opened with."""
        if self._runs.free():
            await self._conductor.models.forget_served()

    async def bar_hosted(self) -> None:
        """Local only is on: nothing goes on elsewhere, and no model there stays open."""
        self._runs.bar_hosted()
        await self._conductor.models.forget_hosted()

    async def check(self, model: str) -> None:
        """Open the screen that finds out what can be measured with the model."""
        from sandbox.tui.screens.check_model import CheckModelScreen

        if not self._runs.free() or isinstance(self._app.screen, CheckModelScreen):
            return

        def screen() -> CheckModelScreen:
            provider, library = self._conductor.models.model(model), self._conductor.library
            valid = (entry.id for entry in library.entries("questionnaire") if entry.document is not None)
            # The usual ones first, whatever else there is after them.
            names = dict.fromkeys((*DEFAULT_QUESTIONNAIRES, *sorted(valid)))
            _ = provider.description  # here, on a thread: the screen asks for it again at once
            plan = plan_check(model, library, provider.capabilities, questionnaires=tuple(names))
            return CheckModelScreen(provider, plan, self._conductor.store)

        try:
            opened = await asyncio.to_thread(screen)
        except SandboxError as error:
            self._app.post_message(Trouble(error))
        else:
            self._app.push_screen(opened)
            await close_below(self._app, lambda below: isinstance(below, CheckModelScreen))
