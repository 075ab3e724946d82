"""A row a scale: name, newest score, sparkline, changes from baseline and from after the induction."""

from collections.abc import Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from sandbox.text import printable
from sandbox.tui.scores import ScaleKey, Series, change, number, sparkline


class ScaleRows(VerticalScroll, can_focus=False):
    """The rows of the shown session; the charted scale is marked with a pointer."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._series: tuple[Series, ...] = ()
        self._charted: ScaleKey | None = None
        self._text = Static("", markup=False)

    def compose(self) -> ComposeResult:
        yield self._text

    def show(self, series: Sequence[Series], charted: ScaleKey | None) -> None:
        self._series, self._charted = tuple(series), charted
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        width = self.scrollable_content_region.width
        if width:
            self._text.update(Content("\n").join(rows(self._series, self._charted, width)))


def rows(series: Sequence[Series], charted: ScaleKey | None, width: int) -> list[Content]:
    """A heading and a line a scale, at most `width` cells wide; questionnaires are told apart by headings."""
    name_width = min(11, max(6, width - 20))
    spark = max(0, min(10, width - name_width - 15))
    head = f" {'':{name_width}}{'now':>3} {'':{spark}} {'base':>4} {'ind':>4}"
    result = [Content.styled(head[:width], "$text-muted")]
    several = len({s.key.questionnaire for s in series}) > 1
    last = ""
    for one in series:
        if several and one.key.questionnaire != last:
            last = one.key.questionnaire
            result.append(Content.styled(f" {last}"[:width], "$text-muted italic"))
        pointer = "▸" if one.key == charted else " "
        name = _name(one, name_width)
        if one.unusable:
            said = f"{pointer}{name:{name_width}} not usable: {one.unusable}"
            result.append(
                Content.styled(said if len(said) <= width else said[: width - 1] + "…", "$text-warning")
            )
            continue
        bars = sparkline([value for _, value in one.scores], one.bounds, spark)
        result.append(
            Content.assemble(
                (pointer, "$accent"),
                (f"{name:{name_width}}", "bold" if one.key == charted else ""),
                (f"{number(one.latest):>3}", "bold"),
                (f" {bars:{spark}}", "$primary"),
                f" {change(one.latest, one.baseline):>4} {change(one.latest, one.induced):>4}",
            )
        )
    return result


def _name(series: Series, width: int) -> str:
    name = " ".join(printable(series.key.scale).split())
    return name if len(name) < width else name[: width - 2] + "… "
