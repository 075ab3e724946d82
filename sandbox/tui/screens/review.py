"""Review: read a transcript, blind if wished, and fill in a form, a fidelity list and notes beside it.

Every mark is stored as it is given, so that nothing is lost by leaving; a note in progress waits as a draft.
"""

import asyncio
from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from sandbox.engine.history import turn_labels
from sandbox.engine.plan import arm_title
from sandbox.errors import SandboxError
from sandbox.library.catalogue import Library
from sandbox.library.codebook import Codebook
from sandbox.library.form import Form
from sandbox.review.blind import blind_to
from sandbox.review.giving import arms_of, reviewer_name
from sandbox.store.mark import By, Marked, MarkRecord, Note
from sandbox.store.session import StoredSession
from sandbox.store.store import Store
from sandbox.text import excerpt, printable
from sandbox.tui.keys_in_order import OPENING
from sandbox.tui.labels import titles_in
from sandbox.tui.marking import MarkWriter
from sandbox.tui.messages import Trouble
from sandbox.tui.review_pages import Page, Row, mine_of, pages_of
from sandbox.tui.screen import Screen, is_there, read_for
from sandbox.tui.screens.agreement import AgreementScreen
from sandbox.tui.screens.note import Draft, NotePrompt
from sandbox.tui.screens.preference import PreferenceScreen
from sandbox.tui.screens.prompt import LinePrompt
from sandbox.tui.widgets.key_line import KeyLine
from sandbox.tui.widgets.reviewed_transcript import ReviewedTranscript

_NAMED = (
    "You have seen this arm's name: marks on it are kept as not blind. To judge blind, mark several in "
    "Sessions and press j, or use a packet (sandbox review packet)."
)
Drafts = MutableMapping[tuple[str, int], Draft]


@dataclass(frozen=True, slots=True)
class ReviewerName:
    """The name that marks are given under: “” while none is known, and how to remember another."""

    get: Callable[[], str]
    set: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Read:
    """All that a session's pages are made of. `arms` are those that p sets side by side: the finished ones,
    or those of the listed sessions."""

    session: StoredSession
    forms: tuple[Form, ...]
    codebook: Codebook | None
    marked: Marked
    arms: tuple[str, ...]


class ReviewScreen(Screen[None]):
    """One of the sessions at a time."""

    CSS_PATH = "review.tcss"
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (70, "-normal"), (110, "-wide")]  # noqa: RUF012 - as declared
    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(str(n), f"answer({n})", "answer", show=n == 1, key_display="0…9",
                  tooltip="Answer the marked question with that number") for n in (*range(1, 10), 0)),
        Binding("minus", "answer(-1)", "not shown", key_display="-", id="review.unseen",
                tooltip="Say that the transcript does not show it"),
        Binding("n", "note", "note", id="review.note", tooltip="Leave a note on this turn, with tags"),
        Binding("f", "page", "form", id="review.form",
                tooltip="The next form, the fidelity list, or your notes"),
        Binding("b", "blind", "blind", id="review.blind",
                tooltip="Hide or show technique, arm and model; hidden, the order is shuffled"),
        Binding("p", "prefer", "prefer", id="review.prefer",
                tooltip="Two arms of this start side by side, without their names: which is better?"),
        Binding("a", "agreement", "agreement", id="review.agreement",
                tooltip="How far reviewers agree, and where they part"),
        Binding("backspace", "take_back", "take back", show=False, key_display="Backspace", id="review.undo",
                tooltip="Take back the marked answer or note; both stay in the record"),
        Binding("right_square_bracket", "go(1)", "next", show=False, id="review.next",
                tooltip="The next transcript"),
        Binding("left_square_bracket", "go(-1)", "previous", show=False, id="review.previous",
                tooltip="The transcript before"),
        Binding("r", "name", "reviewer", show=False, id="review.reviewer",
                tooltip="Give your marks another name"),
        Binding("escape", "leave", "back", id="review.leave", tooltip="Back; every mark is stored already"),
    ]  # fmt: skip
    HELP = (
        "The transcript is on the left, what you fill in on the right; Tab goes between them. Numbers answer "
        "the question marked on the right, wherever you are. f goes through the forms, the technique's "
        "fidelity list (not while blind: it would tell the technique) and your notes. Every mark is stored "
        "at once under your name; a changed one is a new entry. Several transcripts open blind. Notes of "
        "others are not shown here: they would guide you. sandbox review show lists all. p needs two "
        "finished arms of this start, or those that were marked, and a form that asks about two (preference)."
    )

    def __init__(
        self, store: Store, library: Library, name: ReviewerName, drafts: Drafts, seen: set[str],
        sessions: Sequence[str], turn: int | None = None,
    ) -> None:  # fmt: skip
        """`seen`: the sessions whose arm was named here; who marks them again is no longer blind."""
        super().__init__()
        self._store = store
        self._library = library
        self._called = name
        self._drafts = drafts
        self._wanted = turn
        self._seen = seen
        self._listed = tuple(sessions)
        self._arrange(blind=len(sessions) > 1)
        self._page = 0
        self._found: _Read | None = None
        self._writer = MarkWriter(self, store)
        self._pages: tuple[Page, ...] = ()

    def compose(self) -> ComposeResult:
        yield Static("", id="title", markup=False)
        with Horizontal(id="body"):
            yield ReviewedTranscript(id="transcript")
            with Vertical(id="marks"):
                yield Static("", id="page", markup=False)
                yield OptionList(id="rows", markup=False)
                with VerticalScroll(id="asked", can_focus=False):
                    yield Static("", id="question", markup=False)
        yield KeyLine()

    def on_mount(self) -> None:
        self._transcript.focus()
        self._look()

    def show(self, sessions: Sequence[str], turn: int | None) -> None:
        """Show these sessions instead, the first of them at that turn."""
        self._listed, self._wanted = tuple(sessions), turn
        self._arrange(blind=len(sessions) > 1)
        self._open()

    @property
    def shown(self) -> str:
        """The id of the session on screen."""
        return self._order[self._place]

    @property
    def _reviewer(self) -> str:
        return self._called.get()

    # Reading

    def _open(self) -> None:
        """Read the session it is at now. Until that stands there no key marks: nobody has seen it."""
        self._found = None
        self.refresh_bindings()
        self._look()

    @work(exclusive=True, group="look")
    async def _look(self) -> None:
        try:
            self._found = await read_for(self, self._read, self.shown)
        except SandboxError as error:
            self.post_message(Trouble(error))
            self.dismiss()
            return
        if not self._blind:
            self._seen.add(self.shown)
        self._draw()

    def _read(self, id: str) -> _Read:
        session = self._store.session(id)
        documents = (entry.document for entry in self._library.entries("form"))
        forms = tuple(one for one in documents if isinstance(one, Form))
        arms = [head.id for head in arms_of(self._store.family(id))]
        if len(self._listed) > 1:
            arms = [arm for arm in arms if arm in self._listed]
        else:
            states = self._store.states_now(arms)
            arms = [arm for arm in arms if states[arm] == "finished"]
        codebook, marked = self._library.default_codebook(), MarkRecord(self._store).marked([id])
        return _Read(session, forms, codebook, marked, tuple(arms))

    def _draw(self) -> None:
        if self._found is None:
            return
        head, turns = self._found.session.head, self._found.session.history.turns
        labels = turn_labels(turns)
        mine = mine_of(self._found.marked, self._reviewer)
        technique = None if self._blind else head.plan.technique
        self._pages = pages_of(self.shown, self._found.forms, technique, mine, labels)
        self._page = min(self._page, len(self._pages) - 1)
        self._draw_title()
        turn, self._wanted = self._wanted, None
        self._transcript.draw(self._found.session, mine, blind=self._blind, turn=turn)
        self._draw_page()
        self.refresh_bindings()

    def _draw_title(self) -> None:
        assert self._found is not None  # noqa: S101 - drawn once it is read
        plan = self._found.session.head.plan
        place = (
            f"transcript {self._place + 1} of {len(self._order)}" if len(self._order) > 1 else "transcript"
        )
        who = f"Review   reviewer {self._reviewer}   " if self._reviewer else "Review   no reviewer yet   "
        room = max(16, self.size.width - 2 - len(who))
        what = f"{place}, blind" + (" (name seen)" if self.shown in self._seen else "")
        if not self._blind:
            what = titles_in([(plan.scenario.title, ""), (arm_title(plan), "")], room)
        self.query_one("#title", Static).update(Content(printable(who + what)))

    def on_resize(self) -> None:
        if self._found is not None:
            self._draw_title()

    def _draw_page(self) -> None:
        page, rows = self._pages[self._page], self.query_one("#rows", OptionList)
        at = rows.highlighted or 0
        heading = f"{page.title}  ({self._page + 1} of {len(self._pages)}, f)"
        self.query_one("#page", Static).update(Content.assemble((heading, "bold"), f"\n{page.note}"))
        with rows.prevent(OptionList.OptionHighlighted):
            rows.clear_options()
            rows.add_options(_option(row) for row in page.rows)
            if page.rows:
                rows.highlighted = min(at, len(page.rows) - 1)
        self._draw_question()

    def _draw_question(self) -> None:
        row = self._row
        content = Content("No notes yet." if not self._pages[self._page].rows else "")
        if row is not None and row.answers:
            lines = [Content.styled(row.text, "bold")]
            for value, words in row.answers:
                chosen = row.value == value and row.held is not None
                lines.append(Content(f"{'●' if chosen else ' '} {value}  {words}"))
            if row.may_be_unseen:
                lines.append(Content(f"{'●' if row.held and row.value is None else ' '} -  not shown"))
            content = Content("\n").join(lines)
        self.query_one("#question", Static).update(content)

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        if event.option_list.id == "rows" and self._found is not None:
            self._draw_question()

    @property
    def _row(self) -> Row | None:
        if self._found is None:
            return None
        rows, at = self._pages[self._page].rows, self.query_one("#rows", OptionList).highlighted
        return rows[at] if at is not None and at < len(rows) else None

    @property
    def _transcript(self) -> ReviewedTranscript:
        return self.query_one(ReviewedTranscript)

    @property
    def turn(self) -> int:
        """The session's turn under the cursor of the transcript; 1 before there is one."""
        return self._transcript.turn

    # Marks

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        row = self._row if self.is_mounted else None
        needs = {
            "answer": row is not None and bool(row.answers),
            "take_back": row is not None and row.held is not None,
            "note": self._found is not None and not self._transcript.is_empty,
            "page": self._found is not None,
            "prefer": self._found is not None and len(self._found.arms) > 1 and bool(self._asking),
            "go": len(self._order) > 1,
        }
        return True if needs.get(action, True) else None

    def action_answer(self, value: int) -> None:
        row = self._row
        if row is None or row.make is None:
            return
        if value < 0 and not row.may_be_unseen:
            value = 0  # of a list to tick, not seen
        known = {number for number, _ in row.answers}
        if value >= 0 and value not in known:
            self.notify(f"There is no answer {value} here.", severity="warning", timeout=4)
            return
        mark = row.make(None if value < 0 else value, self.turn)
        form = self._pages[self._page].form

        def give(by: By) -> None:
            self._writer.add(mark, by, (form,) if form else (), self._look)
            if is_there(self):
                rows = self.query_one("#rows", OptionList)
                if rows.highlighted is not None and rows.highlighted + 1 < rows.option_count:
                    rows.highlighted += 1

        self._named(give)

    def action_take_back(self) -> None:
        row = self._row
        if row is None or row.held is None:
            return

        def then() -> None:
            self.app.notify("Taken back; the record keeps both.", timeout=3)
            self._look()

        self._writer.take_back((row.held,), self._by, then)

    def action_note(self) -> None:
        assert self._found is not None  # noqa: S101 - the key is greyed out before
        turn = self._found.session.history.turns[self.turn - 1]
        key = (self.shown, turn.index)
        label = turn_labels(self._found.session.history.turns)[turn.index]
        text = f"{turn.said}\n{turn.reply or ''}"
        if self._blind:
            text = blind_to(self._found.session).shown(text)

        def stored() -> None:
            self._drafts.pop(key, None)
            self._look()

        def take(draft: Draft | None) -> None:
            if draft is not None:
                note = Note(key[0], key[1], "", draft.words, draft.text, draft.tags, draft.codebook)
                self._named(lambda by: self._writer.add(note, by, draft.documents, stored))

        self.app.push_screen(NotePrompt(label, text, self._found.codebook, self._drafts, key), take)

    @property
    def _by(self) -> By:
        return By(self._reviewer, self._blind and self.shown not in self._seen)

    def _named(self, do: Callable[[By], object]) -> None:
        """Do it with the reviewer's name, which is asked for once."""
        by = self._by
        if by.reviewer:
            do(by)
        else:
            self._ask_name(lambda: do(replace(by, reviewer=self._reviewer)))

    def _ask_name(self, then: Callable[[], object]) -> None:
        async def keep(answer: str) -> None:
            try:
                await asyncio.to_thread(lambda: self._called.set(reviewer_name(answer)))
            except SandboxError as error:
                self.app.post_message(Trouble(error))
                return
            then()

        def take(answer: str | None) -> None:
            if answer is not None:
                self.app.run_worker(keep(answer), group=OPENING)  # not the screen's: the mark comes after it

        note = "It stands beside each of your marks, and is remembered. r changes it."
        self.app.push_screen(LinePrompt("Your name, as a reviewer", note, "Ada"), take)

    # Other keys

    def action_page(self) -> None:
        self._page = (self._page + 1) % len(self._pages)
        self.query_one("#rows", OptionList).highlighted = 0 if self._pages[self._page].rows else None
        self._draw_page()
        self.refresh_bindings()

    def action_blind(self) -> None:
        here = self.shown
        self._arrange(blind=not self._blind)
        if not self._blind:
            self._place = self._order.index(here)
        elif here in self._seen:
            self.notify(_NAMED, severity="warning", timeout=12)
        self._open()

    def _arrange(self, *, blind: bool) -> None:
        """Hidden, the transcripts come in another order, the same each time."""
        self._blind, self._order, self._place = blind, self._listed, 0
        if blind and len(self._listed) > 1:
            self._order = tuple(Random("/".join(self._listed)).sample(self._listed, len(self._listed)))  # noqa: S311

    def action_go(self, by: int) -> None:
        self._place = (self._place + by) % len(self._order)
        self._wanted = 1
        self._open()

    @property
    def _asking(self) -> tuple[Form, ...]:
        """The forms with a question for two transcripts side by side."""
        return tuple(form for form in self._found.forms if form.preference) if self._found else ()

    def action_prefer(self) -> None:
        assert self._found is not None  # noqa: S101 - the key is greyed out before
        arms, called = self._found.arms, self._called.get
        screen = PreferenceScreen(self._store, self._asking, arms, called, self._seen)
        self._named(lambda _: self.app.push_screen(screen) if is_there(self) else None)

    def action_agreement(self) -> None:
        if self._blind:
            self.notify("Agreement names the arms, and what others said. Press b first.", timeout=6)
            return
        self.app.push_screen(AgreementScreen(self._store))

    def action_name(self) -> None:
        self._ask_name(self._look)

    def on_screen_resume(self) -> None:
        if self._found is not None:
            self._look()

    def action_leave(self) -> None:
        self.dismiss()


def _option(row: Row) -> Option:
    said = f"{row.said}" if row.answers else ""
    text = row.label if row.answers else row.text
    return Option(Content.assemble((f"{said or '·'}  ", "bold"), excerpt(text, 300)))
