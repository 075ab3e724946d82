"""A small study to be agreed to: a few choices, and what it will take. Starts nothing itself."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Input, Select, Static

from sandbox.errors import SandboxError
from sandbox.text import printable
from sandbox.tui.screen import ModalScreen, is_there
from sandbox.tui.widgets.key_line import KeyLine

_PAUSE = 0.3


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing to choose: of `options` (what is said, what it stands for), or without any a whole number."""

    key: str
    label: str
    value: str
    options: Sequence[tuple[str, str]] = ()


Chosen = Mapping[str, str]
Weigh = Callable[[Chosen], Awaitable[Sequence[str]]]
"""What these choices come to, in lines. Raises SandboxError for what cannot be run."""


class SmallStudyForm(ModalScreen[Chosen | None]):
    """^r, or Enter on a number, gives the choices back once it is said what they take; Escape gives None."""

    CSS_PATH = "small_study.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "run", "run", key_display="^r", id="small-study.run", priority=True,
                tooltip="Run it as a study of its own"),
        Binding("escape", "cancel", "cancel", tooltip="Back, nothing is run"),
    ]  # fmt: skip

    def __init__(self, title: str, note: str, choices: Sequence[Choice], weigh: Weigh) -> None:
        super().__init__()
        self._title = title
        self._note = note
        self._choices = tuple(choices)
        self._weigh_it = weigh
        self._weighed: Chosen | None = None

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="small-study", can_focus=False):
            yield Static(Content(printable(self._note)), id="note", markup=False)
            for one in self._choices:
                yield Static(one.label, classes="label", markup=False)
                if one.options:
                    options = [(Content(printable(said)), value) for said, value in one.options]
                    yield Select[str](options, id=one.key, value=one.value, allow_blank=False, compact=True)
                else:
                    yield Input(one.value, id=one.key, type="integer", compact=True, max_length=4)
            yield Static("", id="takes", markup=False)
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one("#small-study").border_title = Content(printable(self._title)).markup
        self._weigh(0)

    @on(Input.Changed)
    @on(Select.Changed)
    def _changed(self) -> None:
        self._weigh(_PAUSE)

    @property
    def _chosen(self) -> Chosen:
        inputs = {str(one.id): one.value.strip() for one in self.query(Input)}
        return inputs | {str(one.id): str(one.value) for one in self.query(Select)}

    @work(exclusive=True, group="weigh")
    async def _weigh(self, pause: float) -> None:
        await asyncio.sleep(pause)
        if not is_there(self):
            return
        chosen, self._weighed = self._chosen, None
        takes = self.query_one("#takes", Static)
        takes.update("counting …")
        try:
            wrong = next((one for one in self.query(Input) if not _count(one.value)), None)
            if wrong is not None:
                raise SandboxError("Type a whole number from 1 to 1000.")
            lines = await self._weigh_it(chosen)
        except SandboxError as error:
            lines = [line for line in (error.what, error.todo) if line]
        else:
            self._weighed = chosen
        if is_there(self):
            takes.update(Content("\n".join(map(printable, lines))))
            self.refresh_bindings()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return (True if self._weighed is not None else None) if action == "run" else True

    @on(Input.Submitted)
    def action_run(self) -> None:
        if self._weighed is not None and self._weighed == self._chosen:
            self.dismiss(self._weighed)

    def action_cancel(self) -> None:
        self.dismiss(None)


def _count(text: str) -> int:
    """The number typed, 0 for none and for one that is too large."""
    number = int(text) if text.strip().isdigit() else 0
    return number if number <= 1000 else 0
