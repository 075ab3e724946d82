"""Rehearsal: a script said to a client for the ear, again from any step. Nothing is measured or recorded."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from sandbox.engine.controls import Controls
from sandbox.engine.events import Event, StepSkipped, TextDelta, TextReset, TurnFinished, TurnStarted
from sandbox.engine.history import Turn
from sandbox.errors import SandboxError
from sandbox.study.rehearsal import NOTHING_KEPT, Rehearsal
from sandbox.text import printable
from sandbox.tui.messages import Trouble
from sandbox.tui.screen import Screen, is_there
from sandbox.tui.widgets.key_line import KeyLine


class RehearsalScreen(Screen[None]):
    """Tells the scenario and says the script at once. The marked step (▸) is where `r` goes on again."""

    CSS_PATH = "rehearsal.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "again", "again from ▸", id="rehearsal.again",
                tooltip="Say the script again from the marked step, as its file has it now"),
        Binding("up", "mark(-1)", "step before", id="rehearsal.before", priority=True,
                tooltip="Mark the step before"),
        Binding("down", "mark(1)", "next step", id="rehearsal.next", priority=True,
                tooltip="Mark the next step"),
        Binding("escape", "leave", "close", id="rehearsal.leave", tooltip="End the rehearsal"),
    ]  # fmt: skip
    HELP = (
        "The script is said to a client as fast as the model answers: for the ear, before measuring. Nothing "
        "is measured and nothing is recorded. Up and down mark a step; r says the script again from it, with "
        "the text that its file has by then."
    )

    def __init__(self, rehearsal: Rehearsal) -> None:
        super().__init__()
        self._rehearsal = rehearsal
        self._controls = Controls()
        self._marked = 0
        self._playing = False
        self._open = ""
        self._said = VerticalScroll(id="said")
        self._blocks: dict[int, tuple[Static, Turn | TurnStarted]] = {}

    @property
    def technique(self) -> str:
        """The id of what is rehearsed."""
        return self._rehearsal.technique.id

    def compose(self) -> ComposeResult:
        yield Static(
            Content(f"Rehearsal   {printable(self._rehearsal.plan_title)}"), id="title", markup=False
        )
        notice = " ".join((NOTHING_KEPT, *self._rehearsal.cautions))
        yield Static(Content(printable(notice)), id="notice", markup=False)
        yield self._said
        yield KeyLine()

    def on_mount(self) -> None:
        self._said.focus()
        self._play(self._rehearsal.begin(self._controls))

    @work(exclusive=True, group="rehearsal")
    async def _play(self, told: AsyncGenerator[Event, None]) -> None:
        self._playing = True
        self.refresh_bindings()
        try:
            async with aclosing(told) as events:
                async for event in events:
                    if not is_there(self._said):  # the screen goes, or the app: what is said is broken off
                        return
                    await self._show(event)
        except SandboxError as error:
            self.post_message(Trouble(error))
        finally:
            self._playing = False
        if self._rehearsal.problem is not None:
            self.post_message(Trouble(self._rehearsal.problem))
        self.refresh_bindings()

    async def _show(self, event: Event) -> None:
        match event:
            case TurnStarted(index=index):
                self._open = ""
                await self._drop(index)
                if not is_there(self._said):
                    return
                block = Static("", classes="told", markup=False)
                self._blocks[index] = (block, event)
                await self._said.mount(block)
                self._draw(index)
            case TextDelta(index=index, text=text):
                self._open += text
                self._draw(index)
            case TextReset(index=index):
                self._open = ""
                self._draw(index)
            case TurnFinished(turn=turn):
                self._blocks[turn.index] = (self._blocks[turn.index][0], turn)
                self._draw(turn.index)
            case StepSkipped(skip=skip):
                said = f"step {skip.step} is left out: its condition does not hold"
                await self._said.mount(
                    Static(
                        Content.styled(printable(said), "$text-muted"), classes="told skipped", markup=False
                    )
                )
            case _:
                pass

    async def _drop(self, index: int) -> None:
        """What is said anew takes the place of what was said there, and of all after it."""
        for later in [n for n in self._blocks if n >= index]:
            await self._blocks.pop(later)[0].remove()

    def _draw(self, index: int) -> None:
        block, turn = self._blocks[index]
        steps = self._rehearsal.technique.steps
        here = turn.step is not None and turn.step == steps[min(self._marked, len(steps) - 1)].id
        name = self._rehearsal.name_of(turn)
        lines = [
            Content.styled(
                printable(f"{'▸ ' if here else '  '}{name}"), "bold $text-accent" if here else "bold"
            ),
            Content(printable(turn.said)),
        ]
        reply = turn.reply if isinstance(turn, Turn) else f"{self._open}▍" if turn.awaits_reply else None
        if reply is not None:
            refused = " (refused)" if isinstance(turn, Turn) and turn.refused else ""
            lines.append(Content.styled(f"client{refused}: ", "$text-muted") + Content(printable(reply)))
        block.update(Content("\n").join(lines))
        if not isinstance(turn, Turn):
            self._said.scroll_end(animate=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "again":
            return True if not self._playing and self._rehearsal.history.turns else None
        return True

    def action_mark(self, by: int) -> None:
        self._marked = max(0, min(len(self._rehearsal.technique.steps) - 1, self._marked + by))
        for index in self._blocks:
            self._draw(index)
        step = self._rehearsal.technique.steps[self._marked].id
        marked = [block for block, turn in self._blocks.values() if turn.step == step]
        if marked:
            self._said.scroll_to_widget(marked[0], animate=False)

    async def action_again(self) -> None:
        await self.query(".skipped").remove()
        self._play(self._rehearsal.again(self._marked, self._controls))

    def action_leave(self) -> None:
        self.end()
        self.dismiss()

    def end(self) -> None:
        """Break off what is being said, before the screen goes: nothing is drawn on it any more."""
        self._controls.stop()
        self.workers.cancel_group(self, "rehearsal")
