"""The notice of the first start: what this is, and what it is not. Shown once."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.widgets import Static

from sandbox.tui.screen import ModalScreen
from sandbox.tui.widgets.key_line import KeyLine

TEXT = """\
A test bench for intervention scripts: a language model plays a client, a scenario is told to it, then a \
technique, with questionnaires in between.

What it is not
· Not a treatment, and not for a person in distress.
· Its scores are not a diagnosis and not a feeling. They measure text that a model produces: simulated affect.
· A technique that lowers a score here has not been shown to help a person. Under the control scores often \
fall too: read what goes beyond it.
· The embedded model is tiny: for learning and rehearsing, too small for conclusions.

What leaves this machine
Nothing, with the embedded model or another one on this machine. A hosted model is sent the texts and what \
you type: never a real patient's details. “Local only” in the settings bars hosted models.

Some scenarios describe violence, loss or illness; each says so before it runs."""


class NoticeScreen(ModalScreen[None]):
    """Enter or Escape goes on."""

    CSS_PATH = "notice.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,escape", "dismiss", "I have read this", key_display="Enter"),
    ]

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="page"):
            yield Static(TEXT, markup=False)
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one("#page").border_title = "Before the first session"
        self.query_one("#page").focus()
