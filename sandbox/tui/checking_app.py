"""What the app does to find out what can be measured with a model: it opens the screen that checks it."""

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.app import SystemCommand
from textual.screen import Screen

from sandbox.errors import SandboxError
from sandbox.tui.open_screens import close_below
from sandbox.tui.reading_app import ReadingApp

if TYPE_CHECKING:
    from sandbox.tui.bench import Bench
    from sandbox.tui.screens.check_model import CheckModelScreen
    from sandbox.tui.screens.models import ModelsScreen


class CheckingApp(ReadingApp):
    """The command of the palette, the wish of the Models screen, and the screen they open."""

    def free(self) -> bool:
        """Whether no session is running; says so if one is."""
        raise NotImplementedError

    @property
    def proposed_model(self) -> str | None:
        """The name of the model that is proposed; None before the bench is open."""
        raise NotImplementedError

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:
        yield from super().get_system_commands(screen)
        yield SystemCommand(
            "Check what can be measured",
            "Which questionnaires can be trusted on the proposed model",
            self.action_check_model,
        )

    def action_check_model(self) -> None:
        if self.proposed_model is not None:
            self.run_worker(self._open_check(self.proposed_model), group="open", exclusive=True)

    def on_models_screen_validity_wanted(self, message: "ModelsScreen.ValidityWanted") -> None:
        self.run_worker(self._open_check(message.model), group="open", exclusive=True)

    async def on_models_screen_service_changed(self) -> None:
        """Models that are open keep the key and the address they were opened with."""
        bench = await self.opened()
        if bench is not None and self.free():
            await bench.models.forget_served()

    def on_check_model_screen_trouble(self, message: "CheckModelScreen.Trouble") -> None:
        self.report(message.error)

    async def _open_check(self, model: str) -> None:
        bench = await self.opened()
        if bench is None or not self.free():
            return
        from sandbox.tui.screens.check_model import CheckModelScreen

        if isinstance(self.screen, CheckModelScreen):
            return
        try:
            screen = await asyncio.to_thread(_screen, bench, model)
        except SandboxError as error:
            self.report(error)
        else:
            self.push_screen(screen)
            await close_below(self, lambda below: isinstance(below, CheckModelScreen))


def _screen(bench: "Bench", model: str) -> "CheckModelScreen":
    from sandbox.engine.validity_check import DEFAULT_QUESTIONNAIRES, plan_check
    from sandbox.tui.screens.check_model import CheckModelScreen

    provider = bench.models.model(model)
    valid = (entry.id for entry in bench.library.entries("questionnaire") if entry.document is not None)
    # The usual ones first, whatever else there is after them.
    names = dict.fromkeys((*DEFAULT_QUESTIONNAIRES, *sorted(valid)))
    _ = provider.description  # here, on a thread: the screen asks for it again at once
    plan = plan_check(model, bench.library, provider.capabilities, questionnaires=tuple(names))
    return CheckModelScreen(provider, plan, bench.store)
