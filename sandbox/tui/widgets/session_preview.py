"""What a proposed session will say, measure and cost, as it reads before it is run."""

from textual.content import Content
from textual.widgets import Static

from sandbox.engine.preview import Passage
from sandbox.errors import SandboxError
from sandbox.text import printable
from sandbox.tui.outline import Outline

_HEAD, _MUTED, _WARNING = "bold $text-accent", "$text-muted", "$text-warning"


class SessionPreview(Static):
    """Shows an outline, or why there is none."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__("", id=id, markup=False)

    def show(self, outline: Outline) -> None:
        lines = [Content.styled(printable(warning), _WARNING) for warning in outline.warnings]
        lines += _section("cost", outline.cost or ("counting …",))
        lines += _section("measured", outline.measures)
        for title, said in outline.said:
            lines += [Content.styled(printable(title), _HEAD), *_passages(said), Content("")]
        self.update(Content("\n").join(lines))

    def show_problem(self, error: SandboxError) -> None:
        """Say why the choice cannot be run, and what to change."""
        lines = [Content.styled("This cannot be run as it stands", f"bold {_WARNING}")]
        lines += [Content(printable(line)) for line in (error.what, error.where, error.todo) if line]
        self.update(Content("\n").join(lines))


def _section(title: str, lines: tuple[str, ...]) -> list[Content]:
    return [Content.styled(title, _HEAD), *(Content(printable(line)) for line in lines), Content("")]


def _passages(said: tuple[Passage, ...]) -> list[Content]:
    lines = []
    for passage in said:
        notes = "".join(f" ({printable(note)})" for note in passage.notes)
        lines.append(
            Content.assemble((f"{printable(passage.label)}{notes}  ", _MUTED), printable(passage.text))
        )
    return lines
