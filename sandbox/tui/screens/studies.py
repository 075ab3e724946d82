"""Studies: documents to plan, and what was planned, runs or has ended. Reads; runs nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from sandbox.errors import SandboxError
from sandbox.library.catalogue import Entry
from sandbox.store.study_listing import StudySummary
from sandbox.text import excerpt, printable
from sandbox.tui.labels import SIGNS, shortened
from sandbox.tui.messages import StudyWanted, Trouble
from sandbox.tui.screen import Screen, read_for
from sandbox.tui.widgets.key_line import KeyLine

_SECONDS = 2.0
_NAME = 24
"""Cells for the id of a document."""
_NOTHING = "none yet: n makes one of what you choose, or write one (sandbox new study)"


@dataclass(frozen=True, slots=True)
class Shelf:
    """What there is: the studies of the record, the newest first, and the documents."""

    planned: tuple[StudySummary, ...]
    documents: tuple[Entry, ...]


class StudyList(OptionList):
    """The studies to walk with the arrow keys; Enter opens the marked one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "open", id="studies.open",
                tooltip="Show how far a study is, or what a document comes to"),
    ]  # fmt: skip


class StudiesScreen(Screen[None]):
    """`read` reads what there is. Looks again every two seconds while it is open."""

    CSS_PATH = "studies.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "app.new_session", "new", id="studies.new",
                tooltip="Choose one: repeats, scenarios, techniques"),
        Binding("l", "app.library", "library", id="studies.library", tooltip="Library: write, mend a study"),
        Binding("escape", "leave", "back", id="studies.back", tooltip="Back to where you came from"),
    ]  # fmt: skip
    HELP = (
        "Above, what was planned in this workspace, running ones among them: Enter shows one. Below, the "
        "study documents: Enter says what one comes to, and runs it once you agree. Its plan is frozen "
        "before the first call."
    )

    class DocumentWanted(Message):
        """It shall be said what this document comes to, and then run."""

        def __init__(self, id: str) -> None:
            super().__init__()
            self.id = id

    def __init__(self, read: Callable[[], Shelf]) -> None:
        super().__init__()
        self._read = read
        self._shelf: Shelf | None = None

    def compose(self) -> ComposeResult:
        yield Static("Studies", id="title", markup=False)
        yield StudyList(id="studies", markup=False)
        yield Static("", id="about", markup=False)
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()
        self.set_interval(_SECONDS, self._look)
        self._look()

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    def on_screen_resume(self) -> None:
        if self._shelf is not None:
            self._look()

    @work(exclusive=True)
    async def _look(self) -> None:
        try:
            self._shelf = await read_for(self, self._read)
        except SandboxError as error:
            self.post_message(Trouble(error))
        else:
            self._draw()

    # What is drawn

    def _draw(self) -> None:
        shelf = self._shelf
        if shelf is None:
            return
        listed = self.query_one(OptionList)
        width = listed.scrollable_content_region.width or 78
        options = [
            _heading("planned, running, ended"),
            *([Option(row(one, width), id=f"study:{one.root}") for one in shelf.planned] or [_nothing()]),
            _heading("documents"),
            *(Option(_document(one, width), id=f"document:{one.id}") for one in shelf.documents),
        ]
        if [listed.get_option_at_index(n).id for n in range(listed.option_count)] == [o.id for o in options]:
            for place, option in enumerate(options):
                listed.replace_option_prompt_at_index(place, option.prompt)
            return
        marked = listed.highlighted
        at = listed.get_option_at_index(marked).id if marked is not None else None
        listed.clear_options()
        listed.add_options(options)
        first = next((n for n, option in enumerate(options) if not option.disabled), None)
        listed.highlighted = next((n for n, option in enumerate(options) if at and option.id == at), first)
        self._tell()

    def on_option_list_option_highlighted(self) -> None:
        self._tell()
        self.refresh_bindings()

    def _tell(self) -> None:
        """What the marked one is about."""
        kind, _, name = self._at.partition(":")
        about = ""
        shelf = self._shelf or Shelf((), ())
        if kind == "study":
            one = next((one for one in shelf.planned if one.root == name), None)
            about = f"{one.title}: Enter shows how far it is, and its effects." if one else ""
        elif kind == "document":
            entry = next((entry for entry in shelf.documents if entry.id == name), None)
            if entry is not None and entry.document is not None:
                about = f"{entry.document.title}. {entry.document.description} Enter says what it takes."
            elif entry is not None:
                about = "It has a problem: Library (l) shows where."
        self.query_one("#about", Static).update(Content(excerpt(printable(about), 1000)))

    @property
    def _at(self) -> str:
        listed = self.query_one(OptionList)
        at = listed.highlighted
        return (listed.get_option_at_index(at).id or "") if at is not None else ""

    # What the keys do

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        kind, _, name = (event.option_id or "").partition(":")
        if kind == "study":
            self.post_message(StudyWanted(name))
        elif kind == "document":
            self.post_message(self.DocumentWanted(name))

    def action_leave(self) -> None:
        self.dismiss()


def _heading(text: str) -> Option:
    return Option(Content.styled(text, "bold $text-accent"), disabled=True)


def _nothing() -> Option:
    return Option(Content.styled(_NOTHING, "$text-muted"), disabled=True)


def row(one: StudySummary, width: int) -> Content:
    """`▶ running     27 Nov 02:31  quick-demo   3 of 24 sessions`, in `width` cells."""
    state = f"{SIGNS[one.stands]} {one.stands}"
    when = one.at.astimezone().strftime("%d %b %H:%M")
    numbers = f"{one.finished:,} of {one.sessions:,} sessions"
    room = max(12, width - 13 - len(when) - len(numbers) - 5)
    return Content.assemble(
        f"{state:<13} ",
        (f"{when}  ", "$text-muted"),
        f"{shortened(one.name, room):<{room}} ",
        (numbers, "$text-muted"),
    )


def _document(entry: Entry, width: int) -> Content:
    mark = "✗ " if entry.problem is not None else "  " if entry.shipped else "• "
    title = entry.document.title if entry.document is not None else "has a problem"
    name = f"{shortened(entry.id, _NAME):<{_NAME}}"
    return Content(f"{mark}{name} {excerpt(printable(title), max(12, width - _NAME - 4))}")
