"""New session: choosing scenario, techniques, client, model and seed, with a preview of what will be said."""

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Button, Input, Select, Static

from sandbox.engine.proposal import Proposal
from sandbox.library.catalogue import Entry
from sandbox.library.client import Client
from sandbox.library.scenario import Scenario
from sandbox.library.technique import Technique
from sandbox.text import printable
from sandbox.tui.widgets.key_line import KeyLine
from sandbox.tui.widgets.ticks import Tick, TickList

_MAX_SEED = 2**31 - 1


class NewSessionScreen(Screen[Proposal | None]):
    """A form over a proposal; ^r or the button gives the changed proposal back, Escape gives None.

    `documents` are the library's entries; those with a problem are left out of the choice and counted.
    """

    CSS_PATH = "new_session.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (70, "-normal")]  # noqa: RUF012 - Textual declares it so
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "run", "run", key_display="^r", tooltip="Run what is chosen", priority=True),
        Binding("ctrl+t", "control", "control on/off", key_display="^t", priority=True,
                tooltip="Add or leave out the control"),
        Binding("escape", "cancel", "back", tooltip="Back to Home, nothing changed"),
    ]  # fmt: skip
    HELP = (
        "Tab goes through the choices; in the list of techniques the arrows move and Space picks. Every "
        "picked technique becomes a branch that leaves from the same induced state. The right side shows "
        "what will be said."
    )

    def __init__(self, documents: tuple[Entry, ...], proposal: Proposal) -> None:
        super().__init__()
        found = [entry.document for entry in documents if entry.document is not None]
        self._scenarios = {d.id: d for d in found if isinstance(d, Scenario)}
        self._techniques = {d.id: d for d in found if isinstance(d, Technique)}
        self._clients = {d.id: d for d in found if isinstance(d, Client)}
        self._broken = len(documents) - len(found)
        self._proposal = proposal

    def compose(self) -> ComposeResult:
        yield Static("New session", id="title", markup=False)
        with Horizontal(id="choices"):
            with VerticalScroll(id="form", can_focus=False):
                yield Static("scenario", classes="label first", markup=False)
                yield Select[str](
                    [(Content(f"{s.title} ({s.affect})"), s.id) for s in self._scenarios.values()],
                    id="scenario", allow_blank=False, compact=True,
                    value=_known(self._proposal.scenario, self._scenarios),
                )  # fmt: skip
                yield Static("techniques (Space picks)", classes="label", markup=False)
                yield TickList(self._titles(), self._proposal.techniques, id="techniques")
                yield Tick("add the control (^t)", self._proposal.control, id="control")
                yield Static("client", classes="label", markup=False)
                yield Select[str](
                    [(Content(c.title), c.id) for c in self._clients.values()],
                    id="client", allow_blank=False, compact=True,
                    value=_known(self._proposal.client, self._clients),
                )  # fmt: skip
                yield Static("model: embedded, gguf:PATH or a LiteLLM name", classes="label", markup=False)
                yield Input(self._proposal.model, id="model", compact=True)
                yield Static("seed", classes="label", markup=False)
                yield Input(str(self._proposal.seed), id="seed", compact=True, type="integer", max_length=10)
                yield Button("Run (^r)", id="run", variant="primary", compact=True)
            with VerticalScroll(id="preview-box"):
                yield Static("", id="preview", markup=False)
        yield KeyLine()

    def on_mount(self) -> None:
        self._preview()

    def _titles(self) -> dict[str, str]:
        """What is picked comes first, controls last."""
        picked = self._proposal.techniques
        ordered = sorted(
            self._techniques.values(), key=lambda t: (t.id not in picked, t.is_control, t.title.casefold())
        )
        return {t.id: f"{t.title} (control)" if t.is_control else t.title for t in ordered}

    @on(Select.Changed)
    @on(TickList.Turned)
    def _changed(self) -> None:
        self._preview()

    def _preview(self) -> None:
        scenario = self._scenarios.get(str(self.query_one("#scenario", Select).value))
        parts: list[Content] = []
        if scenario is not None:
            parts += _texts(
                f"scenario: {scenario.title}",
                [*(turn.say for turn in scenario.turns), *(task.begin for task in scenario.tasks)],
            )
            if scenario.content_warning:
                warning = ", ".join(printable(line) for line in scenario.content_warning)
                parts.insert(0, Content.styled(f"Content warning: {warning}", "$text-warning"))
        for id in self._picked():
            technique = self._techniques[id]
            parts += _texts(f"technique: {technique.title}", [step.say for step in technique.steps])
        if self._broken:
            parts.append(Content(f"{self._broken} documents have problems: `sandbox validate` names them."))
        self.query_one("#preview", Static).update(Content("\n").join(parts))

    def _picked(self) -> tuple[str, ...]:
        chosen = set(self.query_one("#techniques", TickList).picked)
        kept = [id for id in self._proposal.techniques if id in chosen]
        return (*kept, *(id for id in self._techniques if id in chosen and id not in kept))

    @on(Button.Pressed, "#run")
    def action_run(self) -> None:
        techniques = self._picked()
        seed = self.query_one("#seed", Input).value.strip()
        if not techniques:
            self.notify("Pick at least one technique: Space in the list.", severity="warning")
        elif not seed.isdigit() or int(seed) > _MAX_SEED:
            self.notify(f"The seed is a whole number from 0 to {_MAX_SEED}.", severity="warning")
        else:
            self.dismiss(self._chosen(techniques, int(seed)))

    def _chosen(self, techniques: tuple[str, ...], seed: int) -> Proposal:
        old = self._proposal
        return Proposal(
            scenario=str(self.query_one("#scenario", Select).value),
            techniques=techniques,
            control=self.query_one("#control", Tick).on,
            client=str(self.query_one("#client", Select).value),
            measures=old.measures,
            model=self.query_one("#model", Input).value.strip() or old.model,
            seed=seed,
            administration=old.administration,
            follow_up=old.follow_up,
        )

    def action_control(self) -> None:
        self.query_one("#control", Tick).action_turn()

    def action_cancel(self) -> None:
        self.dismiss(None)


def _known(id: str, documents: "dict[str, Scenario] | dict[str, Client]") -> str:
    return id if id in documents else next(iter(documents))


def _texts(title: str, said: list[str]) -> list[Content]:
    lines = [Content.styled(printable(title), "bold $text-accent")]
    for number, text in enumerate(said, 1):
        lines.append(Content.assemble((f"{number}  ", "$text-muted"), printable(text)))
    return [*lines, Content("")]
