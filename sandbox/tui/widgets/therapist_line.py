"""The line at the bottom where the clinician says something in the therapist's place; it grows as needed."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Key
from textual.message import Message
from textual.widgets import TextArea

from sandbox.engine.privacy import warning
from sandbox.library.emergency import emergency
from sandbox.library.suspect_words import personal
from sandbox.text import printable
from sandbox.tui.live_run import LiveRun

PLACEHOLDER = "say something yourself (s), or n for the next step"
AWAITED = "this step is yours to say (s), or k leaves it out"
ENDED = "nothing runs: b adds an arm"
COMPARABLE = f"{ENDED}, c compares"
LEFT = "nothing runs: space goes on with what is left, b adds an arm"
KEPT = "Your words are said at the next technique turn"
HELP_IS_ELSEWHERE = (
    "If you or somebody near you is in danger: this app is not the place, and nobody reads along. Call your"
    " local emergency number or a crisis line, or go to the nearest emergency department. If these words"
    " belong to the exercise, go on. This notice is not recorded; your words are, as part of the session."
)
"""Shown when typed words may be about a real emergency. It blocks nothing and leaves no trace of itself."""
LONGEST = 4_000
"""Characters. More than this is no turn of a conversation."""


def over(run: LiveRun) -> str:
    """What there is to do where nobody can speak; empty where one can."""
    if run.playing or run.in_line:
        return ""
    if run.elsewhere is not None:
        return run.elsewhere.said
    return LEFT if run.left else COMPARABLE if run.comparable else ENDED


class TherapistLine(TextArea):
    """Enter sends (nothing typed: the next step), Escape gives the keys back and keeps what was typed.

    Shift+Enter or ^j begins a new line. ↑ on the first line recalls what was said before, ↓ comes back.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "say it"),
        Binding("shift+enter,ctrl+j", "new_line", "new line", key_display="^j"),
        Binding("escape", "leave", "back"),
        Binding("up", "recall(-1)", "said before", show=False),
        Binding("down", "recall(1)", "said after", show=False),
    ]

    class Said(Message):
        """The clinician's words; empty: the next step is wanted."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Left(Message):
        """The clinician is done here for now, without saying anything."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(
            id=id, compact=True, placeholder=PLACEHOLDER, show_line_numbers=False,
            highlight_cursor_line=False, soft_wrap=True, tab_behavior="focus",
        )  # fmt: skip
        self.leaves_machine = False
        """Whether what is said goes to a model elsewhere: then a real person's details are asked about."""
        self.script_language = "en"
        self._asked_about = ""
        self._earlier: list[str] = []
        self._draft = ""
        self._at = 0

    def on_key(self, event: Key) -> None:
        """Take these keys up in line with the letters: as priority bindings they would overtake them."""
        act = {
            "enter": self.action_submit,
            "shift+enter": self.action_new_line,
            "ctrl+j": self.action_new_line,
            "escape": self.action_leave,
        }.get(event.key)
        if act is not None:
            event.stop()
            event.prevent_default()
            act()

    def belongs_to(self, run: LiveRun) -> None:
        """Say what is typed in that run: to its models, in its language."""
        self.leaves_machine, self.script_language = run.leaves_machine, run.language

    def invite(self, run: LiveRun) -> None:
        """Say what the line is for: words are waiting to be said, or are waited for, or may be typed; or what
        there is to do where nobody can speak."""
        kept = run.playing and run.controls.keeps_words
        said = KEPT if kept else AWAITED if run.awaited else PLACEHOLDER
        self.placeholder = over(run) or said

    def action_submit(self) -> None:
        text = self.text.strip()
        if len(text) > LONGEST:
            self.notify(f"At most {LONGEST} characters can be said at once.", severity="warning")
            return
        detail = personal(text) if self.leaves_machine else None
        if detail and text != self._asked_about:
            self._asked_about = text
            asked = f"{warning(detail)} Change it, or Enter says it all the same."
            self.notify(printable(asked), severity="warning", timeout=10, markup=False)
            return
        if text:
            self._earlier.append(text)
            if emergency(text, self.script_language):
                self.notify(HELP_IS_ELSEWHERE, severity="warning", timeout=30, markup=False)
        self._show("")
        self._draft = ""
        self._at = len(self._earlier)
        self.post_message(self.Said(text))

    def action_new_line(self) -> None:
        self.insert("\n")

    def action_leave(self) -> None:
        self.post_message(self.Left())

    def action_recall(self, by: int) -> None:
        """Move the cursor by a line; past the first or last one, go through what was said before.

        What is being typed is kept meanwhile, and stands after all that.
        """
        row = self.cursor_location[0]
        if 0 <= row + by < self.document.line_count:
            if by < 0:
                self.action_cursor_up()
            else:
                self.action_cursor_down()
            return
        place = self._at + by
        if 0 <= place <= len(self._earlier):
            if self._at == len(self._earlier):
                self._draft = self.text
            self._at = place
            self._show(self._earlier[place] if place < len(self._earlier) else self._draft)

    def _show(self, text: str) -> None:
        self.text = text
        self.move_cursor(self.document.end)
