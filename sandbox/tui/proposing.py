"""What Home proposes: what was run last, else the usual; shown, chosen anew in New session, and started."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from pydantic import TypeAdapter, ValidationError
from textual.app import App

from sandbox.errors import NotFoundError, SandboxError
from sandbox.library.document import Kind
from sandbox.models.download import fetched_in, models_folder
from sandbox.models.name import full_name
from sandbox.models.provider import Provider
from sandbox.study.conductor import Conductor
from sandbox.study.proposal import Proposal
from sandbox.study.small_study import Choices
from sandbox.tui.keys_in_order import OPENING
from sandbox.tui.messages import Trouble
from sandbox.tui.outline import Outlines, proposal_text
from sandbox.tui.preferences import Preferences
from sandbox.tui.runs import Runs
from sandbox.tui.screen import bring_up, read_for
from sandbox.tui.screens.home import HomeScreen
from sandbox.tui.studies import Studies

if TYPE_CHECKING:
    from sandbox.tui.screens.library import LibraryScreen

_PROPOSAL = TypeAdapter(Proposal)
_SEEDS = range(2**31)


class Proposing:
    """The proposal of the start, and Home, which shows it beside the recent runs."""

    def __init__(
        self,
        app: App[None],
        home: HomeScreen,
        preferences: Preferences,
        conductor: Conductor,
        runs: Runs,
        studies: Studies,
    ) -> None:
        self._app = app
        self._home = home
        self._preferences = preferences
        self._conductor = conductor
        self._runs = runs
        self._studies = studies
        self._proposal = last_choice(preferences.remembered.proposal, preferences.settings.model)

    @property
    def model(self) -> str:
        """The name of the model that is proposed."""
        return self._proposal.model

    def provider(self) -> Provider:
        return self._conductor.models.model(self.model)

    # What Home shows

    async def begin(self) -> None:
        """Show what was run last, if it can be run again, else the usual. Raises SandboxError."""
        usual = usual_choice(self._preferences.settings.model)
        try:
            await self._show()
        except SandboxError as error:
            if self._proposal == usual:
                raise
            title = "The last choice cannot be run again"
            self._app.notify(error.what, title=title, markup=False, timeout=10)
            self._proposal = usual
            await self._show()

    async def show_again(self) -> None:
        """Home is seen again: a document may be mended by now or deleted, or a model fetched."""
        with suppress(SandboxError):
            try:
                await self._show()
            except NotFoundError:
                self._proposal = usual_choice(self._preferences.settings.model)
                await self._show()

    async def _show(self) -> None:
        self._home.show_proposal(await read_for(self._home, proposal_text, self._conductor, self._proposal))

    # What is proposed

    def propose_document(self, message: "LibraryScreen.Chosen") -> None:
        self._app.run_worker(self._propose(with_document(self._proposal, message.kind, message.id)))

    def propose_model(self, model: str) -> None:
        if model != self._proposal.model:
            self._app.run_worker(self._propose(with_model(self._proposal, model)))

    async def _propose(self, proposal: Proposal) -> None:
        if await self._take(proposal):
            self._app.notify("Home proposes it now.", timeout=3)

    async def _take(self, proposal: Proposal) -> bool:
        """Propose something else, unless it cannot be run: then it is said why."""
        before, self._proposal = self._proposal, proposal
        try:
            await self._show()
        except SandboxError as error:
            self._proposal = before
            self._app.post_message(Trouble(error))
            return False
        return True

    async def choose(self) -> None:
        """Open New session; what is chosen there is started at once."""
        from sandbox.tui.screens.new_session import NewSessionScreen

        def take(chosen: Choices | None) -> None:
            if chosen is not None:
                self._app.run_worker(self._start_chosen(chosen), group=OPENING)

        async def check(chosen: Choices) -> None:
            if chosen.starts > 1:
                await asyncio.to_thread(self._studies.check, chosen)
                return
            if self._runs.playing:
                raise SandboxError("A session is running: it comes first.", todo="Enter on Home opens it.")
            await asyncio.to_thread(self._conductor.runnable, chosen.proposal)

        outlines = Outlines(self._conductor)
        documents = await asyncio.to_thread(outlines.documents)
        models = await asyncio.to_thread(self._known_models)
        if not bring_up(self._app, NewSessionScreen):
            screen = NewSessionScreen(documents, self._proposal, outlines, check, models)
            self._app.push_screen(screen, take)

    def _known_models(self) -> tuple[str, ...]:
        """Those of the settings, those fetched, and those of the record."""
        fetched = (f"gguf:{one.path}" for one in fetched_in(models_folder()))
        used = self._conductor.store.choices().models
        return tuple(dict.fromkeys((self._preferences.settings.model, "embedded", *fetched, *used)))

    async def _start_chosen(self, chosen: Choices) -> None:
        if chosen.starts > 1:
            await self._studies.start_chosen(chosen)
        elif await self._take(chosen.proposal):
            await self.start()

    async def start(self) -> None:
        """Run what is proposed, once the model said whether it can be measured as proposed."""
        if not self._runs.free():
            return
        try:
            if model := await asyncio.to_thread(self._conductor.unsure, self._proposal):
                self._app.notify("Asking the model first whether it gives log-probabilities.")
                await model.find_out()
                if not self._runs.free():
                    return
            live = await asyncio.to_thread(self._runs.new, self._proposal)
        except SandboxError as error:
            self._app.post_message(Trouble(error))
            return
        if not self._runs.free():  # a second Enter came while the first one was composed
            return
        self._preferences.remember_proposal(as_values(self._proposal))
        self._runs.play(live)
        self._runs.show(live)


def usual_choice(model: str) -> Proposal:
    """What is proposed before anything was run: the defaults, on the model of the settings."""
    return Proposal(model=model)


def last_choice(values: Mapping[str, object], model: str) -> Proposal:
    """The proposal in `values` (as `as_values` made them), or the usual one when there is none to be read."""
    try:
        found = _PROPOSAL.validate_python(dict(values)) if values else usual_choice(model)
    except ValidationError:
        return usual_choice(model)
    return found if found.seed in _SEEDS and found.techniques else usual_choice(model)


def as_values(proposal: Proposal) -> dict[str, object]:
    """The proposal's fields as JSON values, its models named so that they are found from any folder."""
    therapist = proposal.therapist and full_name(proposal.therapist)
    return asdict(replace(proposal, model=full_name(proposal.model), therapist=therapist))


def with_document(proposal: Proposal, kind: Kind, id: str) -> Proposal:
    """The proposal with a document of the library in its place; a technique replaces the others."""
    match kind:
        case "scenario":
            return replace(proposal, scenario=id)
        case "technique":
            return replace(proposal, techniques=(id,))
        case "client":
            return replace(proposal, client=id)
        case "questionnaire":
            return replace(proposal, measures=(id,))
        case _:  # a study is run from its own screen; forms and codebooks are reviewers'
            return proposal


def with_model(proposal: Proposal, model: str) -> Proposal:
    """The proposal on another model; measures are chosen anew by what it can do."""
    return replace(proposal, model=model, measures=())
