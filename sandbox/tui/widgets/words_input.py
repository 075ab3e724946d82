"""The line above a list where the words to look for are typed."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input


class WordsInput(Input):
    """Enter and Escape lead to what was found: the screen's `list`."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter,escape", "screen.list", "to the list", key_display="⏎", tooltip="Go to what was found"
        ),
    ]

    def __init__(self, placeholder: str) -> None:
        super().__init__(placeholder=placeholder, id="words", compact=True, max_length=200)
