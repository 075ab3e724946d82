"""The session Home proposes: what would be told, what would be tried, on which model. Enter runs it."""

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from sandbox.text import printable


@dataclass(frozen=True, slots=True)
class ProposalText:
    """A proposal in words; ids until the library is read, titles then."""

    scenario: str = "night-attack"
    techniques: tuple[str, ...] = ("mindful-breathing", "filler-manual")
    model: str = "embedded"
    model_note: str = ""
    client: str = "study-participant"
    measures: str = ""
    seed: int = 1
    content_warning: str = ""


class ProposedSession(Static, can_focus=True):
    """A box with the proposal; Enter or a click on it asks for the run."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "run", "run", tooltip="Run this session")]

    class RunWanted(Message):
        """The proposed session shall run."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__("", id=id, markup=False)
        self.border_title = "Ready to run"
        self.border_subtitle = "Enter runs it · n changes it"

    def on_mount(self) -> None:
        self.show(ProposalText())

    def show(self, proposal: ProposalText) -> None:
        rows = [
            ("scenario", proposal.scenario),
            ("arms", " | ".join(proposal.techniques)),
            ("", "each from the same start" if len(proposal.techniques) > 1 else ""),
            ("client", proposal.client),
            ("model", proposal.model),
            ("", proposal.model_note),
            ("measures", proposal.measures),
            ("seed", str(proposal.seed)),
            ("warning", proposal.content_warning),
        ]
        lines = [
            Content.assemble((f"{name:<12}", "$text-muted"), Content(printable(value)))
            for name, value in rows
            if value
        ]
        self.update(Content("\n").join(lines))

    def action_run(self) -> None:
        self.post_message(self.RunWanted())

    def on_click(self) -> None:
        self.post_message(self.RunWanted())
