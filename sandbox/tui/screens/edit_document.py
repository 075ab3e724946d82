"""The app's own editor: a document's texts in plain fields, the checks beside them, the YAML a key away.

The file's text is what is edited. A field changes its value in the text's place, so all else in it stays.
"""

import asyncio
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from sandbox.errors import Problem, Route, SandboxError
from sandbox.library.catalogue import Library
from sandbox.library.document import FILL_IN, Kind
from sandbox.library.script_reading import ScriptReading
from sandbox.library.text_name import text_name
from sandbox.library.yaml.edit import file_bytes, file_text, readable, with_part, without_part
from sandbox.text import excerpt, printable
from sandbox.tui.document_fields import PARTS, Field, field_at, fields_of, said_of, written
from sandbox.tui.draft import Draft, DraftKeeper, digest
from sandbox.tui.library_entries import typed
from sandbox.tui.messages import Trouble
from sandbox.tui.screen import Screen, is_there, read_for
from sandbox.tui.widgets.key_line import KeyLine
from sandbox.whole_file import write_whole

_CHECK_SECONDS = 0.3
_TEXT, _FILE = "text", "file"
_LEAVE = "Not saved. ^s saves; the same key again leaves without saving."
_BROKEN = "✗ Not saved: it cannot be used like this, see the checks. ^s again saves it all the same."
_AGAIN = "Your draft is here again. ^s saves it, Escape twice throws it away."


class ShortText(Input):
    """One line of the document."""

    def __init__(self, field: Field) -> None:
        super().__init__(field.value, compact=True, classes="text", select_on_focus=False)
        self.at = field.at

    def on_focus(self) -> None:
        """What is to be written takes the template's place."""
        if FILL_IN in self.value:
            self.select_all()


class LongText(TextArea):
    """A text of the document, as high as it is long."""

    def __init__(self, field: Field) -> None:
        super().__init__(field.value, compact=True, classes="text", highlight_cursor_line=False)
        self.at = field.at

    def on_focus(self) -> None:
        if self.text.startswith(FILL_IN):
            self.select_all()

    def render_line(self, y: int) -> Strip:
        """The screen may be painted once more after the form was made anew: this has no styles by then."""
        return super().render_line(y) if self.is_attached else Strip.blank(self.size.width)


class Form(VerticalScroll, can_focus=False):
    """The fields, one below the other."""


class DocumentEditor(Screen[None]):
    """Edits one file of the workspace; writes it when asked to, and never a part of it."""

    CSS_PATH = "edit_document.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (70, "-normal")]  # noqa: RUF012 - Textual declares it so
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "save", "save", key_display="^s", id="editor.save", priority=True,
                tooltip="Write the file; you stay here"),
        Binding("ctrl+t", "switch", "fields/YAML", key_display="^t", id="editor.switch", priority=True,
                tooltip="Go to the whole file as text and back; what you typed is kept"),
        Binding("ctrl+n", "add", "add", key_display="^n", id="editor.add", priority=True,
                tooltip="Add a step or a turn after the one you are in"),
        Binding("ctrl+r", "remove", "remove", key_display="^r", id="editor.remove", priority=True,
                tooltip="Remove the step or the turn you are in"),
        Binding("escape", "leave", "close", id="editor.leave", priority=True,
                tooltip="Back to the Library; asks once if something is not saved"),
    ]  # fmt: skip
    HELP = (
        "Type in the fields; Tab goes to the next one. The checks beside them follow what you type. "
        "What the fields do not show (comments, licence, affect, family, when) is in the YAML, and stays "
        "as it is. What you type is kept as a draft until you save it or leave without saving."
    )

    def __init__(self, path: Path, kind: Kind, library: Library, line: int | None = None) -> None:
        """`line`: where something is wrong; the field or the line is what is shown first."""
        super().__init__()
        self.path = path
        self._kind: Kind = kind
        self._library = library
        self._line = line
        self._text = self._saved = ""
        self._base = ""  # the digest of the file that what is typed was made of
        self._drafts = DraftKeeper(self, Draft(library.workspace, digest(str(path.resolve()))), self._draft)
        self._typed: dict[Route, str] = {}
        self._failed: tuple[Route, ...] = ()
        self._in_yaml = False
        self._asked = False
        self._broken = ""  # the text that cannot be used, and of which that was said

    def compose(self) -> ComposeResult:
        yield Static("", id="title", markup=False)
        with Horizontal(id="body"):
            yield Form(id="form")
            yield TextArea(id="yaml", compact=True, show_line_numbers=True, soft_wrap=True)
            with VerticalScroll(id="checks"):
                yield Static("", id="said", markup=False)
        yield KeyLine()

    async def on_mount(self) -> None:
        self.query_one("#checks").border_title = "Checks"
        self.query_one("#yaml").display = False
        self._tell()
        try:
            self._text, content = await asyncio.to_thread(file_text, self.path)
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            what = f"This file cannot be edited here: {reason}."
            self.app.post_message(Trouble(SandboxError(what, where=str(self.path))))
            self.dismiss()
            return
        self._saved, self._base = self._text, digest(content)
        draft = await self._drafts.read()
        if draft.keys() == {_TEXT, _FILE} and draft[_TEXT] != self._saved:
            self._text, self._base = draft[_TEXT], draft[_FILE]
            self.notify(_AGAIN, timeout=8)
        tree = readable(self._text)
        at = field_at(tree, self._kind, self._line) if tree is not None and self._line else None
        await self._show(in_yaml=tree is None or (self._line is not None and at is None), focus=at)
        self._check()

    # Fields and YAML

    async def _show(self, *, in_yaml: bool, focus: Route | None = None) -> None:
        """Show the text as fields or as it stands."""
        form, area = self.query_one(Form), self.query_one("#yaml", TextArea)
        tree = readable(self._text)
        line = self._line_of(focus) if focus else self._line
        await form.remove_children()
        if not in_yaml and tree is not None:
            await form.mount_all(self._widgets(fields_of(tree, self._kind)))
        self._in_yaml = in_yaml
        form.display, area.display = not in_yaml, in_yaml
        if in_yaml:
            if area.text != self._text:
                area.load_text(self._text)
            area.move_cursor((max(0, (line or 1) - 1), 0), center=True)
            area.focus()
        else:
            fields = list(self._fields())
            wanted = next((one for one in fields if one.at == focus), fields[0] if fields else None)
            if wanted is not None:
                wanted.focus()
        self.refresh_bindings()
        self._tell()

    def _widgets(self, fields: tuple[Field, ...]) -> Iterator[Widget]:
        for field in fields:
            yield Static(field.label, classes="label", markup=False)
            yield ShortText(field) if field.one_line else LongText(field)
        more = "The rest of the file is in the YAML (^t)."
        yield Static(more, classes="label", markup=False)

    def _fields(self) -> Iterator[ShortText | LongText]:
        for widget in self.query_one(Form).children:
            if isinstance(widget, ShortText | LongText):
                yield widget

    def _focused(self) -> Route | None:
        return self.focused.at if isinstance(self.focused, ShortText | LongText) else None

    def _line_of(self, at: Route) -> int | None:
        tree = readable(self._text)
        place = tree.values.get(at) if tree else None
        return place.line if place else None

    def on_input_changed(self, event: Input.Changed) -> None:
        if isinstance(event.input, ShortText):
            self._changed(event.input.at, event.value)

    def on_text_area_changed(self, event: TextArea.Changed) -> None:
        if isinstance(event.text_area, LongText):
            self._changed(event.text_area.at, event.text_area.text)
        elif self._in_yaml:
            self._text = event.text_area.text
            self._touched()

    def _changed(self, at: Route, value: str) -> None:
        if not self._in_yaml:
            self._typed[at] = value
            self._touched()

    def _touched(self) -> None:
        self._asked = False
        self._drafts.touched()
        self._check()

    def _draft(self) -> dict[str, str]:
        """What is typed and not saved, with what it was made of: the file may be another one by then."""
        self._settle()
        return {_TEXT: self._text, _FILE: self._base} if self._text != self._saved else {}

    def _settle(self) -> bool:
        """Put what was typed into the text; False where that was not possible without losing something."""
        if self._typed:
            self._text, self._failed = written(self._text, self._typed)
            self._typed = {at: value for at, value in self._typed.items() if at in self._failed}
        return not self._failed

    @property
    def _unsaved(self) -> bool:
        return self._text != self._saved or bool(self._typed)

    # What is said

    @work(exclusive=True, group="check")
    async def _check(self) -> None:
        """Once nothing was typed for a moment."""
        await asyncio.sleep(_CHECK_SECONDS)
        if not is_there(self):
            return
        self._settle()
        self._tell()
        self._say(*await read_for(self, typed, self._text, self.path, self._kind, self._library))

    def _say(self, found: tuple[Problem, ...], reading: ScriptReading | None, usable: bool) -> None:
        tree = readable(self._text)
        lines = [
            Content.styled(
                f"✗ {text_name(at)}: this cannot be put into the file's text in its place. "
                "Write it in the YAML (^t).", "$text-error"
            )
            for at in self._failed
        ]  # fmt: skip
        remarks = reading.remarks if reading else ()
        for problem in sorted((*found, *remarks), key=lambda one: FILL_IN not in one.hint):
            style = "$text-muted" if FILL_IN in problem.hint else "$text-warning"
            sign, style = ("·", style) if usable else ("✗", "$text-error")
            lines.append(Content.styled(f"{sign} {said_of(problem, tree, line=self._in_yaml)}", style))
        lines = lines or [Content("✓ Nothing to remark on.")]
        if reading and reading.steps:
            heard = [f"{n} {one.step}: {one.in_words}" for n, one in enumerate(reading.steps, 1)]
            told = printable("\n".join([f"As the client hears it: {reading.in_words}", *heard]))
            lines.append(Content.styled(told, "$text-muted"))
        text = Content("\n\n").join(lines)
        self.query_one("#said", Static).update(text)

    def _tell(self) -> None:
        where = excerpt(printable(str(self.path)), max(20, self.size.width - 50))
        saved = "not saved" if self._unsaved else "saved"
        if not self._unsaved and self._text == self._broken:
            saved = "saved, ✗ cannot be used"
        state = f"{self._kind} {self.path.stem}   {saved}   {where}"
        self.query_one("#title", Static).update(Content(_LEAVE if self._asked else state))
        self.query_one("#title").set_class(self._asked, "asked")

    # What the keys do

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in {"add", "remove"}:
            return not self._in_yaml and self._kind in PARTS
        return True

    async def action_switch(self) -> None:
        if not self._in_yaml:
            focused = self._focused()
            self._settle()
            await self._show(in_yaml=True, focus=focused)
        elif readable(self._text) is None:
            self.notify("The fields need YAML that can be read: see the checks.", severity="warning")
        else:
            self._typed, self._failed = {}, ()
            await self._show(in_yaml=False)
        self._check()

    async def action_add(self) -> None:
        key, place = self._part()
        if not self._settle():
            return
        said = f"{FILL_IN} what is said"
        part = {"id": self._new_id(), "say": said} if self._kind == "technique" else {"say": said}
        changed = with_part(self._text, key, place + 1, part)
        await self._take(changed, (key, place + 1, "say"))

    async def action_remove(self) -> None:
        key, place = self._part()
        if self._focused() is not None and place >= 0 and self._settle():
            await self._take(without_part(self._text, key, place), (key, max(0, place - 1), "say"))

    async def _take(self, changed: str | None, focus: Route) -> None:
        if changed is None:
            what = (
                "Not possible here: one must stay, and a list in [brackets] can only be changed in the YAML."
            )
            self.notify(what, severity="warning", markup=False)
            return
        self._text = changed
        await self._show(in_yaml=False, focus=focus)
        self._touched()

    def _part(self) -> tuple[str, int]:
        """The list and the place in it of the field that has the focus; the last one without it."""
        key = PARTS[self._kind]
        at = self._focused() or ()
        if at[:1] == (key,) and isinstance(at[1], int):
            return key, at[1]
        places = [one.at[1] for one in self._fields() if one.at[0] == key]
        return key, max((place for place in places if isinstance(place, int)), default=-1)

    def _new_id(self) -> str:
        taken = {one.value for one in self._fields() if isinstance(one, ShortText)}
        return next(id for n in range(1, 1000) if (id := f"step-{n}") not in taken)

    async def action_save(self) -> None:
        if not self._settle():
            self.notify("A text cannot be written back: see the checks.", severity="warning")
            return
        try:
            await self._write()
        except OSError as error:
            what = f"The file cannot be written: {error.strerror or error}"
            self.post_message(Trouble(SandboxError(what, where=str(self.path))))

    async def _write(self) -> None:
        path, text = self.path.resolve(), self._text
        said = await read_for(self, typed, text, self.path, self._kind, self._library)
        usable = said[-1]
        if not usable and self._broken != text:
            self._broken = text
            self._say(*said)
            self.notify(_BROKEN, severity="error", timeout=15)
            return
        there = await read_for(self, _content_of, path)
        if there is not None and digest(there) != self._base:
            self._base = digest(there)
            what = "The file was changed elsewhere. ^s again writes yours over it."
            self.notify(what, severity="warning", timeout=15)
            return
        content = file_bytes(text, there or b"")
        mode = stat.S_IMODE(path.stat().st_mode) if there is not None else 0o666
        await read_for(self, write_whole, path, content, overwrite=True, mode=mode)
        self._base, self._saved, self._asked = digest(content), text, False
        self._tell()
        await self._drafts.keep()

    def asks_before_quitting(self) -> bool:
        self._settle()
        asks = self._unsaved and not self._asked
        self._asked = self._asked or asks
        self._tell()
        return asks

    async def action_leave(self) -> None:
        if not self.asks_before_quitting():
            await self._drafts.drop()
            self.dismiss()


def _content_of(path: Path) -> bytes | None:
    return path.read_bytes() if path.exists() else None
