"""Versions of a script: every text of a technique that ran, what changed, what each did, two in pairs."""

from collections.abc import Callable, Iterator, Sequence
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from sandbox.errors import SandboxError
from sandbox.text import excerpt, number_of, printable
from sandbox.tui.messages import ComparisonWanted, Trouble
from sandbox.tui.screen import Screen, read_for
from sandbox.tui.version_view import VersionLook, VersionReader
from sandbox.tui.widgets.key_line import KeyLine
from sandbox.tui.widgets.session_header import NOTE
from sandbox.workbench.versions import Change, ScriptVersion, shortened

_SECONDS = 2.0
_STYLES = {"same": "", "removed": "strike $text-error", "added": "bold underline $text-success"}
_MARKS = {"same": ("", ""), "removed": ("[-", "-]"), "added": ("{+", "+}")}


class VersionsScreen(Screen[None]):
    """The newest version on top. Reads on threads; looks again every two seconds whether more was run."""

    CSS_PATH = "versions.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", "compare to this", id="versions.mark",
                tooltip="Compare every other version to this one, not to the one it was made of"),
        Binding("p", "pairs", "run pairs", id="versions.pairs",
                tooltip="Run both versions from the same shared starts; says first what it takes"),
        Binding("c", "compare", "compare", id="versions.compare",
                tooltip="Compare both versions side by side, in pairs, with their control"),
        Binding("r", "restore", "restore", id="versions.restore",
                tooltip="Make this version the text of the file in your workspace"),
        Binding("escape", "leave", "back", id="versions.back", tooltip="Back to where you came from"),
    ]  # fmt: skip
    HELP = (
        "Up and down walk the versions. Below: what each did against its control, what changed since the "
        "version it is compared to, and the two in pairs, from the same shared starts and seeds. Space on a "
        "version compares the others to it; without that it is the one it was made of. p runs the pairs that "
        "are missing, as a study of its own; this page says how far it is, and the interval as pairs come in."
        " It pools all pairs there are, the study's own page only those that the study ran."
    )

    def __init__(
        self,
        reader: VersionReader,
        run_pairs: Callable[[ScriptVersion, ScriptVersion], None],
        restore: Callable[[ScriptVersion], None],
    ) -> None:
        super().__init__()
        self._run_pairs = run_pairs
        self._restore = restore
        self.reader = reader
        self._seen: object = None
        self._versions: tuple[ScriptVersion, ...] = ()
        self._against: str | None = None
        self._looked: VersionLook | None = None

    def compose(self) -> ComposeResult:
        yield Static("", id="title", markup=False)
        yield OptionList(id="versions", markup=False)
        with VerticalScroll(id="about-version"):
            yield Static("reading …", id="told", markup=False)
        yield Static(Content.styled(NOTE, "$text-warning italic"), id="note", markup=False)
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()
        self.set_interval(_SECONDS, self._look_again)
        self._look_again()

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    def _look_again(self) -> None:
        """Read the versions anew where the record has grown; not while that is being done."""
        if all(worker.group != "read" or worker.is_finished for worker in self.workers):
            self._read()

    @work(group="read")
    async def _read(self) -> None:
        seen = await read_for(self, self.reader.signature)
        if seen == self._seen and not (self._looked is not None and self._looked.running):
            return
        self._seen = seen
        try:
            self._versions = await read_for(self, self.reader.versions)
        except SandboxError as error:
            self.query_one("#told", Static).update(Content(printable(f"{error.what} {error.todo}")))
            return
        self._draw()

    # What is drawn

    def _draw(self) -> None:
        if not self._versions:
            return
        title = self._versions[-1].technique.title
        listed = self.query_one(OptionList)
        marked = self._marked
        room = max(30, self.size.width - 4)
        rows = [Option(self._row(n, one, room), id=one.hash) for n, one in self._newest_first()]
        self.query_one("#title", Static).update(
            Content(f"Versions of {excerpt(printable(title), max(20, room - 12))}")
        )
        if [listed.get_option_at_index(n).id for n in range(listed.option_count)] == [r.id for r in rows]:
            for place, option in enumerate(rows):
                listed.replace_option_prompt_at_index(place, option.prompt)
            self._look()
            return
        listed.clear_options()
        listed.add_options(rows)
        wanted = marked.hash if marked is not None else rows[0].id
        listed.highlighted = next((n for n, row in enumerate(rows) if row.id == wanted), 0)

    def _newest_first(self) -> list[tuple[int, ScriptVersion]]:
        return list(enumerate(self._versions, 1))[::-1]

    def _row(self, number: int, one: ScriptVersion, room: int) -> Content:
        """`2  27 Nov 09:30  3 starts  version 2 by anna  (the file now)`."""
        against = self._other
        sign = "◆" if against is not None and against.hash == one.hash and self._against else " "
        starts = number_of(len(one.trunks), "start")
        who = f" by {printable(one.technique.changed_by)}" if one.technique.changed_by else ""
        here = "  (the file now)" if one.hash in self.reader.current else ""
        when = one.first.astimezone().strftime("%d %b %H:%M")
        text = f"{sign}{number:>2}  {when}  {starts:<10} {printable(one.called)}{who}{here}"
        return Content(text if len(text) <= room else f"{text[: room - 1]}…")

    def on_option_list_option_highlighted(self) -> None:
        self._look()
        self.refresh_bindings()

    @work(exclusive=True, group="look")
    async def _look(self) -> None:
        one, other = self._marked, self._other
        if one is None:
            return
        try:
            self._looked = await read_for(self, self.reader.look, one, other)
        except SandboxError as error:
            self.post_message(Trouble(error))
            return
        lines = list(self._told(one, other, self._looked))
        self.query_one("#told", Static).update(Content("\n").join(lines))
        self.refresh_bindings()

    def _told(
        self, one: ScriptVersion, other: ScriptVersion | None, looked: VersionLook
    ) -> Iterator[Content]:
        if other is not None:
            yield _head(f"{self._number(one)} against {self._number(other)}, in pairs")
            if looked.running:
                yield Content.styled(f"▶ {looked.running}", "bold")
            none = "No shared start has both yet" + (": p runs pairs." if not looked.running else ".")
            yield from (Content(printable(line)) for line in looked.pairs.lines or (none,))
        yield _head(f"{self._number(one)} against its control")
        yield from (Content(line) for line in looked.effect or (one.alone,))
        if other is not None:
            yield _head(f"what is said otherwise than in {self._number(other)}")
            yield from map(_change, looked.changes)
            if not looked.changes:
                yield Content("Both say the same.")
        if one.technique.changed_on is not None:
            of = next((n for n, v in enumerate(self._versions, 1) if v.hash == one.technique.derived_from), 0)
            made = f"changed by {one.technique.changed_by or 'unknown'} on {one.technique.changed_on}"
            yield Content.styled(printable(made + (f", from {of}" if of else "")), "$text-muted")

    def _number(self, one: ScriptVersion) -> str:
        return str(next(n for n, v in enumerate(self._versions, 1) if v.hash == one.hash))

    # Which two

    @property
    def _marked(self) -> ScriptVersion | None:
        listed = self.query_one(OptionList)
        if listed.highlighted is None:
            return None
        id = listed.get_option_at_index(listed.highlighted).id
        return next((one for one in self._versions if one.hash == id), None)

    @property
    def _other(self) -> ScriptVersion | None:
        """What the marked one stands against: the one chosen, else the one it was made of, or before it."""
        one = self._marked
        if one is None:
            return None
        rest = [version for version in self._versions if version.hash != one.hash]
        wanted = (self._against, one.technique.derived_from)
        named = (version for hash in wanted for version in rest if version.hash == hash)
        earlier = [version for version in rest if version.first <= one.first]
        return next(named, None) or next(reversed(earlier or rest), None)

    # What the keys do

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action in {"mark", "pairs"}:
            return True if len(self._versions) > 1 else None
        if action == "compare":
            return True if self._looked is not None and self._looked.pairs.sessions else None
        if action == "restore":
            one = self._marked
            return True if one is not None and one.hash not in self.reader.current else None
        return True

    def action_mark(self) -> None:
        one = self._marked
        if one is not None:
            self._against = None if self._against == one.hash else one.hash
            self._draw()

    def action_pairs(self) -> None:
        one, other = self._marked, self._other
        if one is not None and other is not None:
            self._run_pairs(one, other)

    def action_compare(self) -> None:
        if self._looked is not None and self._looked.pairs.sessions:
            self.post_message(ComparisonWanted(self._looked.pairs.sessions))

    def action_restore(self) -> None:
        one = self._marked
        if one is not None:
            self._restore(one)

    def action_leave(self) -> None:
        self.dismiss()


def _head(text: str) -> Content:
    return Content.styled(text, "bold $text-accent")


def _change(change: Change) -> Content:
    """`step stay changed: In [-and-]{+or+} out`: marked by signs, so that no colour is needed."""
    if change.what == "moved":
        return Content(f"step {printable(change.step)} moved")
    return Content.assemble(f"step {printable(change.step)} {change.what}: ", *_marked(change))


def _marked(change: Change) -> Sequence[tuple[str, str]]:
    said = []
    for piece in shortened(change.pieces):
        left, right = _MARKS[piece.kind]
        words = " ".join(piece.words.split()) if left else " ".join(piece.words.split("\n"))
        space = " " if left and piece.words[-1:].isspace() else ""
        said.append((printable(f"{left}{words}{right}{space}"), _STYLES[piece.kind]))
    return said
