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
from sandbox.tui.draft import Draft, DraftKeeper
from sandbox.tui.keys_in_order import OPENING
from sandbox.tui.messages import Trouble
from sandbox.tui.screen import Screen, is_there, read_for
from sandbox.tui.terminal import edit_file
from sandbox.tui.widgets.key_line import KeyLine
from sandbox.whole_file import free_path, write_whole

_PAUSE = 0.2
"""Seconds after the last key until what is typed is checked."""

Check = Callable[[Mapping[str, str]], Technique]
"""The technique with these steps said otherwise. Raises SandboxError for what cannot be run."""


class _Words(TextArea):
    """Does every key as it comes, those of its screen too: what is typed before a key is there when it acts.

    Textual would let a priority key overtake letters that were typed before it, and have any other bound key
    done after letters that were typed later.
    """

    async def _on_key(self, event: Key) -> None:
        bound = self.screen.active_bindings.get(event.key)
        if bound is not None and not event.is_printable:
            event.stop()
            event.prevent_default()
            await self.app.run_action(bound.binding.action, bound.node)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Its page keys are the screen's, from step to step."""
        return action not in {"cursor_page_up", "cursor_page_down"}


class StepEditor(Screen[Technique | None]):
    """Gives back the changed technique. What is typed stays in its draft: whoever runs it drops the draft."""

    CSS_PATH = "edit_step.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "run", "run it", key_display="^r", id="step.run",
                tooltip="Go on from the state before this step with the changed script"),
        Binding("pagedown", "step(1)", "next step", key_display="pgdn", id="step.next",
                tooltip="Change the next step too"),
        Binding("pageup", "step(-1)", "step before", key_display="pgup", id="step.before",
                tooltip="Change the step before too"),
        Binding("ctrl+l", "take_back", "as it was", key_display="^l", id="step.back",
                tooltip="Throw away what is typed for this step"),
        Binding("ctrl+o", "own_editor", "your editor", key_display="^o", id="step.editor",
                tooltip="Edit this step in the program that EDITOR names"),
        Binding("escape", "leave", "back", id="step.leave",
                tooltip="Back; what is typed is kept as a draft"),
    ]  # fmt: skip
    HELP = (
        "The upper part is what the therapist will say, the lower part what was said until now. ^r goes on "
        "from the state before the first changed step, with everything else as it was, and shows both arms "
        "side by side. Nothing is written to a file of the library before you keep it."
    )

    def __init__(self, technique: Technique, step: str, draft: Draft, check: Check) -> None:
        super().__init__()
        self._technique = technique
        self._place = [one.id for one in technique.steps].index(step)
        self._drafts = DraftKeeper(self, draft, lambda: self._said)
        self._check = check
        self._said: dict[str, str] = {}
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
        found = await self._drafts.read()
        self._said = {id: text for id, text in found.items() if id in known}
        self._read = True
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
        self._take_over()
        self._weigh()

    def _take_over(self) -> None:
        """What the text area says now is what is said."""
        if not self._read:
            return
        text = self.query_one("#words", TextArea).text
        if text == self._technique.steps[self._place].say:
            self._said.pop(self._step, None)
        else:
            self._said[self._step] = text
        self._drafts.touched()

    @work(exclusive=True, group="weigh")
    async def _weigh(self) -> None:
        """Say what is wrong with what is typed, once nothing was typed for a moment."""
        await asyncio.sleep(_PAUSE)
        if not is_there(self):
            return
        error = await read_for(self, self._problem, dict(self._said))
        if error is None:
            self.query_one("#checked", Static).update("✓ ^r runs it from the state before this step.")
        else:
            self._tell_error(error)

    def _tell_error(self, error: SandboxError) -> None:
        """Below the text: what is wrong, where, and what to do."""
        todo = f" {error.todo[:1].upper()}{error.todo[1:]}" if error.todo else ""
        stop = "" if error.what.endswith((".", "?")) else "."
        where = f"{error.where}: " if error.where else ""
        text = Content.styled(printable(f"· {where}{error.what}{stop}{todo}"), "$text-warning")
        self.query_one("#checked", Static).update(text)

    def _problem(self, said: Mapping[str, str]) -> SandboxError | None:
        try:
            self._check(said)
        except SandboxError as error:
            return error
        return None

    # What the keys do

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "step":
            by = parameters[0] if isinstance(parameters[0], int) else 0
            return True if 0 <= self._place + by < len(self._technique.steps) else None
        return True

    def action_step(self, by: int) -> None:
        if self._read:
            self._go(self._place + by)

    def _go(self, place: int) -> None:
        self._take_over()
        self._place = place
        self._show()
        self.refresh_bindings()

    def action_take_back(self) -> None:
        self.query_one("#words", TextArea).load_text(self._technique.steps[self._place].say)

    @work(exclusive=True, group=OPENING)
    async def action_run(self) -> None:
        """Give the changed technique back, or say why not: nothing typed is lost."""
        self._take_over()
        said = dict(self._said)
        await self._drafts.keep()
        try:
            changed = await asyncio.to_thread(self._check, said)
        except SandboxError as error:
            if is_there(self):
                self._tell_error(error)
            return
        if is_there(self):
            self.dismiss(changed)

    @work(exclusive=True, group=OPENING)
    async def action_own_editor(self) -> None:
        """The step's text in the user's own editor, by way of a file beside the draft."""
        if not self._read:
            return
        place, lent = self._place, self._drafts.draft.path.with_suffix(".txt")
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
                self._go(place)
                self.query_one("#words", TextArea).text = text

    @work(exclusive=True, group=OPENING)
    async def action_leave(self) -> None:
        self._take_over()
        await self._drafts.keep()
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
