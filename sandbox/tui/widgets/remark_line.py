"""One quiet line about the scores of a run; a key of the screen shows all that has to be said of them."""

from textual.content import Content
from textual.widget import Widget

from sandbox.text import printable


class RemarkLine(Widget):
    """Takes no room while there is nothing to say."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._remarks: tuple[str, ...] = ()
        self.display = False

    def show(self, remarks: tuple[str, ...]) -> None:
        if remarks != self._remarks:
            self._remarks = remarks
            self.display = bool(remarks)
            self.refresh()

    def render(self) -> Content:
        return Content(remark_line(self._remarks, self.size.width))


def remark_line(remarks: tuple[str, ...], width: int) -> str:
    """The first remark, shortened to the width; where there is more to read, with the key that shows it."""
    if not remarks:
        return ""
    first = " ".join(printable(remarks[0]).split())
    if len(remarks) == 1 and len(first) <= width:
        return first
    hint = f"  w all {len(remarks)}" if len(remarks) > 1 else "  w in full"
    room = max(1, width - len(hint))
    return (first if len(first) <= room else f"{first[: room - 1].rstrip()}…") + hint
