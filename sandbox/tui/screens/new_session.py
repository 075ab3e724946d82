"""New session: choosing what to run, with a live preview of what will be said, measured and paid."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Button, Static

from sandbox.engine.preview import Passage
from sandbox.errors import SandboxError
from sandbox.library.catalogue import Entry
from sandbox.study.proposal import Proposal
from sandbox.study.small_study import Choices
from sandbox.text import printable
from sandbox.tui.keys_in_order import OPENING
from sandbox.tui.messages import Trouble
from sandbox.tui.outline import Outline, Outlines
from sandbox.tui.screen import Screen, is_there
from sandbox.tui.widgets.key_line import KeyLine
from sandbox.tui.widgets.session_form import SessionForm

_TYPING_PAUSE = 0.3
_HEAD, _MUTED, _WARNING = "bold $text-accent", "$text-muted", "$text-warning"

Check = Callable[[Choices], Awaitable[None]]


class NewSessionScreen(Screen[Choices | None]):
    """A form over a proposal; ^r or the button gives what was chosen back, Escape gives None.

    `check` raises SandboxError for choices that cannot be run, also for those that cannot be run now.
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
        "Tab goes through the choices; in the lists the arrows move and Space picks. Every technique you "
        "pick becomes an arm; all arms begin from the same start. Several repeats, scenarios, clients or "
        "models make a study of it: it runs by itself, and Compare pools it. The right side shows what it "
        "will cost, what is measured, and what will be said; Tab reaches it too, and the arrows scroll it."
    )

    def __init__(
        self,
        documents: Sequence[Entry],
        proposal: Proposal,
        outlines: Outlines,
        check: Check,
        models: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self._models = models
        self._documents = documents
        self._proposal = proposal
        self._outlines = outlines
        self._check = check
        self._refused: tuple[Choices, SandboxError] | None = None

    def compose(self) -> ComposeResult:
        yield Static("New session", id="title", markup=False)
        with Horizontal(id="choices"):
            yield SessionForm(self._documents, self._proposal, self._models, id="form")
            with VerticalScroll(id="preview-box"):
                yield SessionPreview(id="preview")
        yield KeyLine()

    def on_mount(self) -> None:
        self.call_after_refresh(self.query_one(SessionForm).scroll_home, animate=False)
        self._preview(0)

    @on(SessionForm.Changed)
    def _changed(self) -> None:
        self._preview(_TYPING_PAUSE)

    @work(exclusive=True, group="preview")
    async def _preview(self, pause: float) -> None:
        """Show what is chosen now; what was chosen before is forgotten, wherever its counting was."""
        await asyncio.sleep(pause)
        if not is_there(self):
            return
        form, preview = self.query_one(SessionForm), self.query_one(SessionPreview)
        if form.problem:
            preview.show_problem(SandboxError(form.problem))
            return
        choices = form.choices  # as they are now: what is typed while it is weighed starts another worker
        try:
            for outline_of in (self._outlines.outline, self._outlines.weighed):
                outline = await outline_of(choices)
                if not is_there(self):
                    return
                preview.show(outline)
            self._refused = None
        except SandboxError as error:
            self._refused = choices, error
            preview.show_problem(error)

    @on(Button.Pressed, "#run")
    @on(SessionForm.Submitted)
    def action_run(self) -> None:
        form = self.query_one(SessionForm)
        if form.problem:
            self.notify(form.problem, severity="warning", markup=False)
        else:
            self._run(form.choices)

    @work(exclusive=True, group=OPENING)
    async def _run(self, choices: Choices) -> None:
        """Give it back if it can be run, else say why: nothing chosen is lost."""
        try:
            if self._refused is not None and self._refused[0] == choices:
                self._preview(0)  # what stood in the way may be gone: then the next ^r runs it
                raise self._refused[1]
            await self._check(choices)
        except SandboxError as error:
            self.post_message(Trouble(error))
        else:
            self.dismiss(choices)

    def action_control(self) -> None:
        self.query_one(SessionForm).turn_control()

    def action_cancel(self) -> None:
        self.dismiss(None)


class SessionPreview(Static):
    """Shows an outline, or why there is none."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__("", id=id, markup=False)

    def show(self, outline: Outline) -> None:
        lines = [Content.styled(printable(warning), _WARNING) for warning in outline.warnings]
        lines += _section("cost", outline.cost or ("counting …",))
        lines += _section("measured", outline.measures)
        for title, said in outline.said:
            lines += [Content.styled(printable(title), _HEAD), *_passages(said), Content("")]
        self.update(Content("\n").join(lines))

    def show_problem(self, error: SandboxError) -> None:
        """Say why the choice cannot be run, and what to change."""
        lines = [Content.styled("This cannot be run as it stands", f"bold {_WARNING}")]
        lines += [Content(printable(line)) for line in (error.what, error.where, error.todo) if line]
        self.update(Content("\n").join(lines))


def _section(title: str, lines: tuple[str, ...]) -> list[Content]:
    return [Content.styled(title, _HEAD), *(Content(printable(line)) for line in lines), Content("")]


def _passages(said: tuple[Passage, ...]) -> list[Content]:
    lines = []
    for passage in said:
        notes = "".join(f" ({printable(note)})" for note in passage.notes)
        lines.append(
            Content.assemble((f"{printable(passage.label)}{notes}  ", _MUTED), printable(passage.text))
        )
    return lines
