"""Two arms of one shared start side by side, without their names: which one, or is there no difference?"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import combinations
from random import Random
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from sandbox.engine.history import Turn
from sandbox.errors import SandboxError
from sandbox.library.document import document_hash
from sandbox.library.form import Form
from sandbox.review.blind import Blinding, blind_to
from sandbox.store.mark import By, Choice, Marked, MarkRecord, Preference
from sandbox.store.session import StoredSession
from sandbox.store.store import Store
from sandbox.text import number_of, printable
from sandbox.tui.marking import MarkWriter
from sandbox.tui.messages import Trouble
from sandbox.tui.screen import Screen, is_there, read_for
from sandbox.tui.widgets.key_line import KeyLine

_SAID: dict[Choice, str] = {
    "a": "You chose A.",
    "b": "You chose B.",
    "no difference": "You saw no difference.",
}


@dataclass(frozen=True, slots=True)
class _Read:
    """A pair as it is shown, and what was said of it."""

    one: StoredSession
    other: StoredSession
    marked: Marked


class PreferenceScreen(Screen[None]):
    """Every pair of the arms in turn; which stands left is drawn, and the same each time."""

    CSS_PATH = "preference.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "choose('a')", "A", id="prefer.a", tooltip="The left one"),
        Binding("b", "choose('b')", "B", id="prefer.b", tooltip="The right one"),
        Binding("equals_sign,0", "choose('no difference')", "no difference", key_display="=",
                id="prefer.neither", tooltip="Neither is better"),
        Binding("n", "next", "next pair", id="prefer.next", tooltip="The next two arms"),
        Binding("s", "start", "start", id="prefer.start",
                tooltip="Unfold what both began with, or fold it to a line"),
        Binding("f", "form", "question", show=False, id="prefer.form",
                tooltip="The question of the next form"),
        Binding("backspace", "take_back", "take back", key_display="Backspace", id="prefer.undo",
                tooltip="Take back your choice; the record keeps both"),
        Binding("escape", "leave", "back", id="prefer.leave", tooltip="Back; your choice is stored"),
    ]  # fmt: skip
    HELP = (
        "Both began from the same state after the scenario, which s shows; what differs stands side by side. "
        "Names of techniques and models are left out. Which one is left is drawn by chance. Your choice is "
        "stored at once, and a changed one is a new entry."
    )

    def __init__(
        self,
        store: Store,
        forms: Sequence[Form],
        arms: Sequence[str],
        reviewer: Callable[[], str],
        seen: Collection[str],
    ) -> None:
        """`forms`: those that ask a preference, at least one. `seen`: the arms that the reviewer has read by
        name."""
        super().__init__()
        self._seen = seen
        self._store = store
        self._forms = tuple(forms)
        self._reviewer = reviewer
        chance = Random("/".join(arms))  # noqa: S311 - an order, not a secret
        self._pairs = [(a, b) for a, b in (chance.sample(pair, 2) for pair in combinations(arms, 2))]
        chance.shuffle(self._pairs)
        self._place = self._form = 0
        self._unfolded = False
        self._found: _Read | None = None
        self._writer = MarkWriter(self, store)

    def compose(self) -> ComposeResult:
        yield Static("", id="title", markup=False)
        with VerticalScroll(id="texts"):
            yield Static("", id="pair", markup=False)
        yield Static("", id="question", markup=False)
        yield Static("", id="said", markup=False)
        yield KeyLine()

    def on_mount(self) -> None:
        texts = self.query_one("#texts")
        texts.focus()
        for moved in ("scroll_y", "virtual_size"):
            self.watch(texts, moved, self._moved, init=False)
        self._look()

    def on_resize(self) -> None:
        self._draw()

    def _moved(self) -> None:
        self.call_after_refresh(self._tell_more)

    def _tell_more(self) -> None:
        """In the line above the question, whether there is more to read below."""
        if not is_there(self) or not self.query("#texts"):  # the screen is being taken away
            return
        texts = self.query_one("#texts")
        more = texts.scroll_y < texts.max_scroll_y
        self.query_one("#question").border_title = "↓ more below" if more else ""

    @work(exclusive=True)
    async def _look(self) -> None:
        try:
            self._found = await read_for(self, self._read, self._pairs[self._place])
        except SandboxError as error:
            self.post_message(Trouble(error))
            self.dismiss()
            return
        self._draw()

    def _read(self, pair: tuple[str, str]) -> _Read:
        one, other = pair
        found = self._store.stored(pair)
        return _Read(found[one], found[other], MarkRecord(self._store).marked(pair))

    def _draw(self) -> None:
        if self._found is None:
            return
        place = f"pair {self._place + 1} of {len(self._pairs)}"
        self.query_one("#title", Static).update(
            Content(f"Which one?   {place}   reviewer {printable(self._reviewer())}")
        )
        width = max(20, (self.size.width - 6) // 2)
        pair = _side_by_side(self._found.one, self._found.other, width, unfolded=self._unfolded)
        self.query_one("#pair", Static).update(pair)
        form = self._forms[self._form]
        self.query_one("#question", Static).update(Content(printable(form.preference or "")))
        held = self._held(self._found.marked)
        said = _SAID[held.choice] if held else "a, b, or = for no difference"
        self.query_one("#said", Static).update(Content(said))
        self.refresh_bindings()

    def _held(self, marked: Marked) -> Preference | None:
        """What this reviewer chose of the pair, as A and B stand here."""
        pair, hash = self._pairs[self._place], document_hash(self._forms[self._form])
        for entry in marked.preferences:
            mine = entry.by.reviewer == self._reviewer() and entry.mark.form == hash
            if mine and {entry.mark.a, entry.mark.b} == set(pair):
                return entry.mark if (entry.mark.a, entry.mark.b) == pair else _turned(entry.mark)
        return None

    @property
    def _by(self) -> By:
        """Blind where the reviewer does not know both already by their names."""
        return By(self._reviewer(), blind=not set(self._pairs[self._place]) & set(self._seen))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        needs = {
            "choose": self._found is not None,
            "take_back": self._found is not None,
            "next": len(self._pairs) > 1,
            "form": len(self._forms) > 1,
        }
        return True if needs.get(action, True) else None

    def action_choose(self, choice: Choice) -> None:
        a, b = self._pairs[self._place]
        form = self._forms[self._form]
        mark = Preference(a, b, document_hash(form), choice)
        self._writer.add(mark, self._by, (form,), self._look)

    def action_take_back(self) -> None:
        """Whichever choice is held then: one given just before may still be on its way into the record."""
        pair, hash = self._pairs[self._place], document_hash(self._forms[self._form])
        choices = [Preference(a, b, hash, choice) for a, b in (pair, pair[::-1]) for choice in _SAID]
        self._writer.take_back(choices, self._by, self._look)

    def action_next(self) -> None:
        """Until the next pair stands there, no key chooses: it would be for a pair that nobody saw."""
        self._place = (self._place + 1) % len(self._pairs)
        self._unfolded, self._found = False, None
        self.query_one("#texts").scroll_home(animate=False)
        self.refresh_bindings()
        self._look()

    def action_start(self) -> None:
        self._unfolded = not self._unfolded
        self._draw()

    def action_form(self) -> None:
        self._form = (self._form + 1) % len(self._forms)
        self._draw()

    def action_leave(self) -> None:
        self.dismiss()


def _turned(mark: Preference) -> Preference:
    """The same choice with A and B the other way round."""
    other: dict[Choice, Choice] = {"a": "b", "b": "a", "no difference": "no difference"}
    return Preference(mark.b, mark.a, mark.form, other[mark.choice], mark.reason)


def _side_by_side(one: StoredSession, other: StoredSession, width: int, *, unfolded: bool) -> Content:
    """Theirs in two columns, a row a turn; before it what both share, `unfolded` or in a line."""
    shared = 0
    for mine, theirs in zip(one.history.turns, other.history.turns, strict=False):
        if mine != theirs:
            break
        shared += 1
    hidden = blind_to(one, other)
    told = f": {number_of(shared, 'turn')}. s {'folds' if unfolded else 'shows'} them."
    lines = (
        [Content.assemble(("What both began with", "bold $text-accent"), (told, "$text-muted"))]
        if shared
        else []
    )
    if unfolded:
        lines += [_text(turn, hidden) for turn in one.history.turns[:shared]]
    columns = [[_text(turn, hidden) for turn in session.history.turns[shared:]] for session in (one, other)]
    lines += [Content(""), _row(Content.styled("A", "bold"), Content.styled("B", "bold"), width)]
    for n in range(max(map(len, columns))):
        left, right = (column[n] if n < len(column) else Content("–") for column in columns)
        lines += [_row(left, right, width), Content("")]
    return Content("\n").join(lines)


def _text(turn: Turn, hidden: Blinding) -> Content:
    said = Content.styled(printable(hidden.shown(turn.said)), "$text-accent")
    if turn.reply is None:
        return said
    return Content("\n").join((said, Content(f"  client: {printable(hidden.shown(turn.reply))}")))


def _row(left: Content, right: Content, width: int) -> Content:
    """Two texts beside one another, each wrapped to its column."""
    columns = [text.wrap(width) for text in (left, right)]
    lines = []
    for n in range(max(map(len, columns))):
        one, two = (column[n] if n < len(column) else Content("") for column in columns)
        lines.append(Content.assemble(one.pad_right(max(0, width - one.cell_length)), " │ ", two))
    return Content("\n").join(lines)
