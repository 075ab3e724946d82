"""A question with one line to answer it: a tag, a reason, an address, a key."""

import asyncio
from collections.abc import Callable, Sequence
from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static

from sandbox.errors import SandboxError
from sandbox.models.key import keep_key, keyring_installed, use_key
from sandbox.text import printable
from sandbox.tui.messages import ReportWanted, Trouble
from sandbox.tui.screen import ModalScreen, Result, Screen
from sandbox.tui.widgets.key_line import KeyLine

_KEY_NOTE = (
    "Paste the key and press Enter. It holds until you close the app and is not stored. Empty forgets it."
)
_KEEP = "^k puts it into this system's keyring instead (empty: takes it out)."


class Question(ModalScreen[Result | None]):
    """A box with a title and a note; the keys below, or a line, answer. Escape gives None."""

    CSS_PATH = "prompt.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "cancel", priority=True)]

    def __init__(self, title: str, note: str) -> None:
        super().__init__()
        self._title = title
        self._note = note

    def compose(self) -> ComposeResult:
        with Vertical(id="prompt-box"):
            note = "\n".join(printable(line) for line in self._note.split("\n"))
            yield Static(Content(note), id="prompt-note", markup=False)
            yield from self.line()
        yield KeyLine()

    def line(self) -> ComposeResult:
        """The line to type in, where the answer is typed."""
        yield from ()

    def on_mount(self) -> None:
        self.query_one("#prompt-box").border_title = Content(self._title).markup
        self.query(Input).focus()

    def action_answer(self, answer: Result) -> None:
        self.dismiss(answer)

    def action_cancel(self) -> None:
        self.dismiss(None)


class _Line(Input):
    """The line; says in the footer what Enter does."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "submit", "done")]


class LinePrompt(Question[str]):
    """Enter gives the line back when something was typed that nothing is `wrong` with; what is stays."""

    def __init__(
        self, title: str, note: str, example: str, wrong: Callable[[str], str] = lambda _: ""
    ) -> None:
        super().__init__(title, note)
        self._example = example
        self._wrong = wrong

    def line(self) -> ComposeResult:
        example = f"for example: {self._example}"
        yield _Line(placeholder=example, id="prompt-line", compact=True, max_length=300)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        typed = event.value.strip()
        wrong = self._wrong(typed) if typed else "Type something, or Escape to leave it."
        if not wrong:
            self.dismiss(typed)
            return
        said = Content.styled(f"\n✗ {printable(wrong)}", "$text-warning")
        self.query_one("#prompt-note", Static).update(Content.assemble(Content(printable(self._note)), said))


class ReportQuestion(Question[str]):
    """Which file a report shall be: Enter or `h` gives `.html`, `w`, `p` and `m` the other endings."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,h", "answer('.html')", "HTML", key_display="⏎"),
        Binding("w", "answer('.docx')", "Word"),
        Binding("p", "answer('.pdf')", "PDF"),
        Binding("m", "answer('.md')", "Markdown"),
    ]

    def __init__(self) -> None:
        note = (
            "⏎  HTML: one page for any browser, also on a telephone; it prints on A4\n"
            "w  Word: for colleagues who comment\n"
            "p  PDF: for paper and mail\n"
            "m  Markdown: plain text"
        )
        super().__init__("Write a report as", note)


class TranscriptQuestion(Question[str]):
    """Which file a transcript shall be; the answer is one of export's formats."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,h", "answer('html')", "HTML", key_display="⏎"),
        Binding("w", "answer('docx')", "Word"),
        Binding("p", "answer('pdf')", "PDF"),
        Binding("m", "answer('md')", "Markdown"),
        Binding("c", "answer('csv')", "CSV"),
        Binding("j", "answer('json')", "JSON"),
        Binding("l", "answer('jsonl')", "chat lines"),
        Binding("f", "answer('fhir')", "FHIR"),
    ]

    def __init__(self) -> None:
        note = (
            "⏎  HTML: one page for any browser, also on a telephone; it prints on A4\n"
            "w  Word: for colleagues who comment     p  PDF: for paper and mail\n"
            "m  Markdown: plain text                 c  CSV: its scores, for Excel\n"
            "j  JSON: everything that is stored      l  JSON Lines: chat messages\n"
            "f  FHIR: its answers, HL7 FHIR R4"
        )
        super().__init__("Write the transcript as", note)


def ask_for_report(
    screen: Screen[None], named: tuple[str, ...], scale: str | None = None, questionnaire: str | None = None
) -> None:
    """Ask which file it shall be, then for the report on these (see ReportWanted)."""

    def answered(ending: str | None) -> None:
        if ending is not None:
            screen.post_message(ReportWanted(named, ending, scale, questionnaire))

    screen.app.push_screen(ReportQuestion(), answered)


Leaving = Literal["go on", "stop"]
"""What becomes of the studies this app has started when it is closed."""


class LeavingQuestion(Question[Leaving]):
    """The app shall be closed while studies run: `g` lets them go on, `s` stops them, Escape stays."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("g", "answer('go on')", "let it go on"),
        Binding("s", "answer('stop')", "stop it"),
        Binding("escape", "cancel", "stay", priority=True),
    ]

    def __init__(self, studies: Sequence[str]) -> None:
        note = (
            "g closes the app and lets it go on by itself: any app or terminal in this workspace shows it.\n"
            "s closes the app and stops it. What is said by then is kept, and it can go on later."
        )
        named = f"The study {studies[0]} is" if len(studies) == 1 else f"{len(studies)} studies are"
        super().__init__(f"{named} still running", note)


class Confirmation(Question[bool]):
    """A question that only `y` says yes to."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "yes"),
        Binding("escape,n", "cancel", "no", priority=True),
    ]


class Agreement(Question[bool]):
    """A question that Enter says yes to: nothing is lost by it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,y", "answer(True)", "yes", key_display="⏎"),
        Binding("escape,n", "cancel", "no", priority=True),
    ]


class _Key(Input):
    """The line; says in the footer what Enter does."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "submit", "for this run")]


class KeyPrompt(Question[str]):
    """Takes a key, shown as dots, for this run or for the keyring. Gives what was done in words."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+k", "keep", "keep in the keyring", key_display="^k", priority=True),
    ]

    def __init__(self, variable: str) -> None:
        super().__init__(variable, f"{_KEY_NOTE} {_KEEP}" if keyring_installed() else _KEY_NOTE)
        self._variable = variable

    def line(self) -> ComposeResult:
        yield _Key(password=True, id="prompt-line", compact=True, max_length=500)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "keep" or keyring_installed()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        key = event.value.strip()
        use_key(self._variable, key)
        self.dismiss("The key is used until the app is closed." if key else "The key is taken back.")

    async def action_keep(self) -> None:
        key = self.query_one(Input).value.strip()
        try:
            await asyncio.to_thread(keep_key, self._variable, key)
        except SandboxError as error:
            self.post_message(Trouble(error))
        else:
            self.dismiss("The key is kept in the keyring." if key else "The keyring no longer has the key.")
