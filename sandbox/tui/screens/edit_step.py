"""Changing what a step of a script says, as it was said in a session. Checks, keeps drafts; runs nothing."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.events import Key
from textual.widgets import Static, TextArea

from sandbox.editor import editor_words
from sandbox.errors import SandboxError
from sandbox.library.loading import MAX_BYTES, read_at_most
from sandbox.library.technique import Technique
from sandbox.text import excerpt, printable
from sandbox.tui.messages import Trouble
from sandbox.tui.screen import Screen, is_there, read_for
from sandbox.tui.step_draft import StepDraft
from sandbox.tui.terminal import edit_file
from sandbox.tui.widgets.key_line import KeyLine
from sandbox.whole_file import free_path, write_whole

_PAUSE = 0.2
"""Seconds after a key until what is typed is kept and checked."""

Check = Callable[[Mapping[str, str]], Technique]
"""The technique with these steps said otherwise. Raises SandboxError for what cannot be run."""


class _Words(TextArea):
    """Does its own keys as they come. Textual has them done last, after letters that were typed later."""

    async def _on_key(self, event: Key) -> None:
        bound = self.screen.active_bindings.get(event.key)
        if bound is not None and bound.node is self:
            event.stop()
            event.prevent_default()
            await self.run_action(bound.binding.action)


class StepEditor(Screen[Technique | None]):
    """Gives back the changed technique. What is typed stays in its draft: whoever runs it drops the draft."""

    CSS_PATH = "edit_step.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "run", "run it", key_display="^r", id="step.run", priority=True,
                tooltip="Go on from the state before this step with the changed script"),
        Binding("pagedown", "step(1)", "next step", key_display="pgdn", id="step.next", priority=True,
                tooltip="Change the next step too"),
        Binding("pageup", "step(-1)", "step before", key_display="pgup", id="step.before", priority=True,
                tooltip="Change the step before too"),
        Binding("ctrl+l", "take_back", "as it was", key_display="^l", id="step.back", priority=True,
                tooltip="Throw away what is typed for this step"),
        Binding("ctrl+o", "own_editor", "your editor", key_display="^o", id="step.editor", priority=True,
                tooltip="Edit this step in the program that EDITOR names"),
        Binding("escape", "leave", "back", id="step.leave", priority=True,
                tooltip="Back; what is typed is kept as a draft"),
    ]  # fmt: skip
    HELP = (
        "The upper part is what the therapist will say, the lower part what was said until now. ^r goes on "
        "from the state before the first changed step, with everything else as it was, and shows both arms "
        "side by side. Nothing is written to a file of the library before you keep it."
    )

    def __init__(self, technique: Technique, step: str, draft: StepDraft, check: Check) -> None:
        super().__init__()
        self._technique = technique
        self._place = [one.id for one in technique.steps].index(step)
        self._heading = self._place  # where the keys pressed so far lead to
        self._draft = draft
        self._check = check
        self._said: dict[str, str] = {}
        self._kept: dict[str, str] = {}
        self._writing = asyncio.Lock()
        self._read = False

    def compose(self) -> ComposeResult:
        yield Static("", id="title", markup=False)
        yield _Words("", id="words", compact=True, soft_wrap=True, tab_behavior="focus",
                     highlight_cursor_line=False)  # fmt: skip
        yield Static("", id="checked", markup=False)
        with VerticalScroll(id="before"):
            yield Static("", id="was", markup=False)
        yield KeyLine()

    async def on_mount(self) -> None:
        self.query_one("#before").border_title = "until now"
        known = {step.id for step in self._technique.steps}
        found = await read_for(self, self._draft.read)
        self._said = {id: text for id, text in found.items() if id in known}
        self._kept, self._read = dict(self._said), True
        if self._said:
            self.notify("Your draft is here again. ^l takes a step back to what it was.", timeout=6)
        self._show()

    # What is drawn

    @property
    def _step(self) -> str:
        return self._technique.steps[self._place].id

    def _show(self) -> None:
        """Show the step at that place, as it is typed now."""
        step = self._technique.steps[self._place]
        words = self.query_one("#words", TextArea)
        words.load_text(self._said.get(step.id, step.say))
        words.move_cursor(words.document.end)
        words.focus()
        self.query_one("#was", Static).update(Content(printable(step.say)))
        self._tell()
        self._weigh()

    def _tell(self) -> None:
        steps = len(self._technique.steps)
        others = [one.id for one in self._technique.steps if one.id in self._said and one.id != self._step]
        also = f"   changed too: {', '.join(others)}" if others else ""
        title = excerpt(printable(self._technique.title), max(12, self.size.width - 40 - len(also)))
        where = f"{title}, step {self._place + 1} of {steps}: {self._step}{also}"
        self.query_one("#title", Static).update(Content(where))

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        event.stop()
        if self._read:
            self._take_over()
            self._weigh()

    def _take_over(self) -> None:
        """What the text area says now is what is said."""
        text = self.query_one("#words", TextArea).text
        if text == self._technique.steps[self._place].say:
            self._said.pop(self._step, None)
        else:
            self._said[self._step] = text

    @work(exclusive=True, group="weigh")
    async def _weigh(self) -> None:
        """Keep the draft and say what is wrong with it, once nothing was typed for a moment."""
        await asyncio.sleep(_PAUSE)
        if not is_there(self):
            return
        said = dict(self._said)
        await self._keep(said)
        error = await read_for(self, self._problem, said)
        if error is None:
            text = Content("✓ ^r runs it from the state before this step.")
        else:
            todo = f" {error.todo[:1].upper()}{error.todo[1:]}" if error.todo else ""
            stop = "" if error.what.endswith((".", "?")) else "."
            text = Content.styled(printable(f"· {error.what}{stop}{todo}"), "$text-warning")
        self.query_one("#checked", Static).update(text)

    def _problem(self, said: Mapping[str, str]) -> SandboxError | None:
        try:
            self._check(said)
        except SandboxError as error:
            return error
        return None

    async def _keep(self, said: dict[str, str]) -> None:
        """Write the draft; one at a time, so that an earlier one never comes last."""
        async with self._writing:
            if said == self._kept:
                return
            try:
                await asyncio.to_thread(self._draft.write, said)
                self._kept = said
            except OSError as error:
                what = f"The draft cannot be kept: {error.strerror or error}"
                self.post_message(Trouble(SandboxError(what, where=str(self._draft.path))))

    # What the keys do

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "step":
            by = parameters[0] if isinstance(parameters[0], int) else 0
            return True if 0 <= self._heading + by < len(self._technique.steps) else None
        return True

    def _after_typing(self, do: Callable[[], object]) -> None:
        """Do it once what was typed before it stands in the text: this screen's keys overtake letters."""

        def now() -> None:
            if self._read:
                self._take_over()
            do()

        self.query_one("#words", TextArea).call_later(now)

    def action_step(self, by: int) -> None:
        if self._read:
            self._heading = place = self._heading + by
            self._after_typing(lambda: self._go(place))

    def _go(self, place: int) -> None:
        self._place = place
        self._show()
        self.refresh_bindings()

    def action_take_back(self) -> None:
        words = self.query_one("#words", TextArea)
        self._after_typing(lambda: words.load_text(self._technique.steps[self._place].say))

    def action_run(self) -> None:
        self._after_typing(self._run)

    @work(exclusive=True, group="run")
    async def _run(self) -> None:
        """Give the changed technique back, or say why not: nothing typed is lost."""
        said = dict(self._said)
        await self._keep(said)
        try:
            changed = await asyncio.to_thread(self._check, said)
        except SandboxError as error:
            self.post_message(Trouble(error))
            return
        if is_there(self):
            self.dismiss(changed)

    def action_own_editor(self) -> None:
        if self._read:
            self._after_typing(self._own_editor)

    @work(exclusive=True, group="run")
    async def _own_editor(self) -> None:
        """The step's text in the user's own editor, by way of a file beside the draft."""
        place, lent = self._place, self._draft.path.with_suffix(".txt")
        try:
            if not editor_words():
                raise SandboxError("No editor is set.", todo="Set EDITOR before you start the app.")
            lent = await asyncio.to_thread(_lend, lent, self.query_one("#words", TextArea).text)
            await edit_file(self.app, lent)
            text = await asyncio.to_thread(_take_back, lent)
        except OSError as error:
            what = f"The text cannot be lent to your editor: {error.strerror or error}"
            self.post_message(Trouble(SandboxError(what, where=str(lent))))
        except SandboxError as error:
            self.post_message(Trouble(error))
        else:
            if is_there(self):
                self._heading = place
                self._go(place)
                self.query_one("#words", TextArea).text = text

    def action_leave(self) -> None:
        self._after_typing(self._leave)

    @work(exclusive=True, group="run")
    async def _leave(self) -> None:
        await self._keep(dict(self._said))
        self.dismiss(None)


def _lend(path: Path, text: str) -> Path:
    """Put the text into a file of that name. A file that is there already is text that could not be taken
    back: it stays, and the new one gets a number."""
    free = free_path(path)
    write_whole(free, text + "\n", overwrite=False, mode=0o600)
    return free


def _take_back(path: Path) -> str:
    """What the file says now; the file goes. One that is too long or no UTF-8 stays: raises SandboxError."""
    content = read_at_most(path, MAX_BYTES, todo="")
    todo = "Your text is in that file"
    if len(content) > MAX_BYTES:
        raise SandboxError("Your editor's text is larger than 1 MiB.", where=str(path), todo=f"{todo}.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        what = "Your editor did not save the text as UTF-8."
        todo = f"{todo}: save it as UTF-8, or copy it from there."
        raise SandboxError(what, where=str(path), todo=todo) from None
    path.unlink(missing_ok=True)
    return text.replace("\r\n", "\n").strip()
