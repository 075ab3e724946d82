"""Choosing a technique to branch with, and the turn to leave from. Starts nothing itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from sandbox.text import excerpt
from sandbox.tui.screen import ModalScreen
from sandbox.tui.widgets.key_line import KeyLine


@dataclass(frozen=True, slots=True)
class Choice:
    """A technique that can be branched with. `live`: the clinician types what is said."""

    id: str
    title: str
    family: str
    steps: int
    live: bool = False


@dataclass(frozen=True, slots=True)
class BranchPoint:
    """A place to leave from: a session's turn, or its end when `turn` is None."""

    session: str
    turn: int | None
    title: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """The clinician's choice."""

    technique: str
    begins: BranchPoint
    another_seed: bool = False


class BranchPicker(ModalScreen[Chosen | None]):
    """Letters look for a technique, up and down mark one, Enter branches; right goes through the places to
    leave from, ^s draws anew. Escape changes nothing.
    """

    CSS_PATH = "branch_picker.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "branch", "branch", tooltip="Add an arm with the marked technique", priority=True),
        Binding("right", "elsewhere", "begin elsewhere", tooltip="Another place to begin from",
                priority=True),
        Binding("ctrl+s", "seed", "another seed", priority=True,
                tooltip="With another seed, or the seed of the other arms"),
        *(Binding(key, f"walk('{walk}')", show=False) for key, walk in (
            ("up", "cursor_up"), ("down", "cursor_down"), ("pageup", "page_up"), ("pagedown", "page_down"))),
        Binding("escape", "cancel", "cancel", priority=True),
    ]  # fmt: skip

    def __init__(
        self, choices: Sequence[Choice], points: Sequence[BranchPoint], note: str, *, controlled: bool = False
    ) -> None:
        """`controlled`: the run has a control, so that the techniques come first; else the controls do."""
        super().__init__()
        self._choices = sorted(
            choices, key=lambda choice: ((choice.family == "control") == controlled, not choice.live)
        )
        self._another_seed = False
        self._points = tuple(points)
        self._at = 0
        self._note = note

    def compose(self) -> ComposeResult:
        with Vertical(id="picker"):
            yield Static("", id="begins", markup=False)
            yield Input(placeholder="type to find one", id="words", compact=True, max_length=60)
            yield OptionList(id="techniques", markup=False)
            yield Static(Content(self._note), id="note", markup=False)
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one("#picker").border_title = "Add an arm with"
        self.query_one(OptionList).can_focus = False
        self.query_one(Input).focus()
        self._list("")
        self._draw()

    def on_input_changed(self, event: Input.Changed) -> None:
        self._list(event.value)

    def _list(self, typed: str) -> None:
        """The techniques in which all the words typed are found."""
        words = typed.casefold().split()
        listed = self.query_one(OptionList)
        listed.clear_options()
        found = [choice for choice in self._choices if all(word in _named(choice) for word in words)]
        listed.add_options([Option(_row(choice), id=choice.id) for choice in found])
        scripted = (place for place, choice in enumerate(found) if not choice.live)
        listed.highlighted = next(scripted, 0) if found else None

    def _draw(self) -> None:
        text = Content.assemble(("begins  ", "$text-muted"), (self._points[self._at].title, "bold"))
        drawn = "another one (not paired turn by turn)" if self._another_seed else "as the other arms"
        text = Content.assemble(text, "\n", ("seed    ", "$text-muted"), drawn)
        self.query_one("#begins", Static).update(text)

    def action_elsewhere(self) -> None:
        if len(self._points) == 1:
            why = "There is no other place: no step of its own was said in the shown arm."
            self.query_one("#note", Static).update(
                Content.styled(f"{why} ] shows another arm.", "$text-warning")
            )
        self._at = (self._at + 1) % len(self._points)
        self._draw()

    def action_seed(self) -> None:
        self._another_seed = not self._another_seed
        self._draw()

    def action_cancel(self) -> None:
        self.dismiss(None)

    def action_walk(self, walk: str) -> None:
        getattr(self.query_one(OptionList), f"action_{walk}")()

    def action_branch(self) -> None:
        self.query_one(OptionList).action_select()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        if event.option_id is not None:
            self.dismiss(Chosen(event.option_id, self._points[self._at], self._another_seed))


def _named(choice: Choice) -> str:
    return f"{choice.title} {choice.family} {choice.id}".casefold()


def _row(choice: Choice) -> Content:
    kind = "you type" if choice.live else choice.family
    return Content.assemble(
        f"{excerpt(choice.title, 40):<41}", (f"{kind:<16}{choice.steps} steps", "$text-muted")
    )
