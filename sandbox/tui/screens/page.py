"""A page of text over the screen it is about: help, every caution, the notice of the first start."""

from collections.abc import Iterator, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Static

from sandbox.tui.labels import hanging
from sandbox.tui.screen import ModalScreen, is_there
from sandbox.tui.widgets.key_line import KeyLine

WIDTH, _AROUND = 71, 5
"""Cells a line may take, where the terminal has so many; and those of the border, its space and the bar."""
_KEY_WIDTH = 9

NOTICE = """\
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


class PageScreen(ModalScreen[None]):
    """Arrows scroll; Escape, ?, w and q close it."""

    CSS_PATH = "page.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,question_mark,q,w", "dismiss", "close")]

    def __init__(self, title: str, paragraphs: Sequence[Content]) -> None:
        super().__init__()
        self._title = title
        self._text = Content("\n").join(paragraphs)

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="page"):
            yield Static(self._text, id="text", markup=False)
        yield KeyLine()

    def show(self, paragraphs: Sequence[Content]) -> None:
        """The same page, of what is known now."""
        if is_there(self):
            self.query_one("#text", Static).update(Content("\n").join(paragraphs))

    def on_mount(self) -> None:
        self.query_one("#page").border_title = self._title


class HelpScreen(PageScreen):
    """A page on `about`: its own explanation and a line a key."""

    def __init__(self, about: Screen[object]) -> None:
        super().__init__("Help", tuple(help_lines(about, min(WIDTH, about.app.size.width - _AROUND))))


def help_lines(screen: Screen[object], width: int) -> Iterator[Content]:
    """The explanation, and the keys with what they do; only keys that say so, which leaves scrolling out.

    Keys that are shown as one, such as `1…9`, have one line.
    """
    yield Content(str(getattr(screen, "HELP", "")))
    yield Content("")
    own_first = sorted(screen.active_bindings.values(), key=lambda active: active.node is not screen)
    named: set[str] = set()
    for active in own_first:
        binding, key = active.binding, screen.app.get_key_display(active.binding)
        if not binding.system and binding.tooltip and key not in named:
            yield _line(key, binding.tooltip, width)
        named.add(key)


def _line(key: str, text: str, width: int) -> Content:
    return Content.assemble((f"{key:>7}  ", "bold"), hanging(text, width, _KEY_WIDTH))


class NoticeScreen(ModalScreen[None]):
    """What this is, and what it is not. Shown once; Enter or Escape goes on."""

    CSS_PATH = "page.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,escape", "dismiss", "I have read this", key_display="Enter"),
    ]

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="page"):
            yield Static(NOTICE, markup=False)
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one("#page").border_title = "Before the first session"
        self.query_one("#page").focus()
