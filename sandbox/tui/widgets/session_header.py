"""The top line of the Session screen: what runs, on which model, how far it is and for how long."""

from textual.content import Content
from textual.widget import Widget

from sandbox.text import printable


class SessionHeader(Widget):
    """`Sandbox  Attacked at night (fear) · Mindful breathing · model      ▶ t3 of 5  00:14`."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._what: tuple[str, ...] = ()
        self._status = ""
        self._seconds = 0.0

    def show(self, *what: str, status: str, seconds: float) -> None:
        self._what, self._status, self._seconds = what, status, seconds
        self.refresh()

    def render(self) -> Content:
        minutes, seconds = divmod(int(self._seconds), 60)
        right = f"{self._status}  {minutes:02d}:{seconds:02d}"
        room = self.size.width - Content(right).cell_length - 2
        name = "Sandbox  "
        what = _clipped(" · ".join(printable(part) for part in self._what), room - len(name))
        gap = max(1, room - len(name) - Content(what).cell_length + 1)
        return Content.assemble((name, "bold $accent"), (what, "bold"), " " * gap, (right, "bold"))


def _clipped(text: str, room: int) -> str:
    content = Content(" ".join(text.split()))
    return content.plain if content.cell_length <= room else content.truncate(room, ellipsis=True).plain
