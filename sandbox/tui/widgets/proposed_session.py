"""The session Home proposes: what would be told, what would be tried, on which model. Enter runs it."""

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from sandbox.text import printable
from sandbox.tui.labels import hanging, shortened, titles_in

_LABEL, _NAMES = 12, 20
"""Cells of what stands before each line; of a line at least."""
_CONTROL = " (control)"


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
        self._proposal = ProposalText()

    def on_mount(self) -> None:
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def show(self, proposal: ProposalText) -> None:
        self._proposal = proposal
        self._draw()

    def _draw(self) -> None:
        """A line a name, cut where it is long; what has to be said is said in full."""
        one = self._proposal
        room = max(_NAMES, self.size.width - _LABEL)
        arms = [(title.removesuffix(_CONTROL), _CONTROL.strip() * title.endswith(_CONTROL))
                for title in one.techniques]  # fmt: skip
        rows = [
            ("scenario", shortened(one.scenario, room)),
            ("arms", titles_in(arms, room)),
            ("", "each from the same start" if len(one.techniques) > 1 else ""),
            ("client", shortened(one.client, room)),
            ("model", shortened(one.model, room)),
            ("", hanging(printable(one.model_note), room + _LABEL, _LABEL)),
            ("measures", shortened(one.measures, room)),
            ("seed", str(one.seed)),
            ("warning", hanging(printable(one.content_warning), room + _LABEL, _LABEL)),
        ]
        lines = [
            Content.assemble((f"{name:<{_LABEL}}", "$text-muted"), Content(value))
            for name, value in rows
            if value
        ]
        self.update(Content("\n").join(lines))

    def action_run(self) -> None:
        self.post_message(self.RunWanted())

    def on_click(self) -> None:
        self.post_message(self.RunWanted())
