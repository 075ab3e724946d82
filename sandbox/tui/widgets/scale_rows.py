"""A row a scale: name, newest score, sparkline, changes from baseline and from after the induction."""

from collections.abc import Mapping, Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from sandbox.text import printable
from sandbox.tui.scores import ScaleKey, Series, change, number, sparkline


class ScaleRows(VerticalScroll, can_focus=False):
    """The rows of the shown session; the charted scale has a pointer, or each that is charted its mark."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._series: tuple[Series, ...] = ()
        self._charted: ScaleKey | None = None
        self._marks: Mapping[ScaleKey, tuple[str, str]] = {}
        self._text = Static("", markup=False)

    def compose(self) -> ComposeResult:
        yield self._text

    def show(
        self, series: Sequence[Series], charted: ScaleKey | None, marks: Mapping[ScaleKey, tuple[str, str]]
    ) -> None:
        """`marks`: the mark and style of each charted scale where several are; else empty."""
        self._series, self._charted, self._marks = tuple(series), charted, marks
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        width = self.scrollable_content_region.width
        if width:
            lines = rows(self._series, self._charted, width, self._marks)
            self._text.update(Content("\n").join(lines))


def rows(
    series: Sequence[Series],
    charted: ScaleKey | None,
    width: int,
    marks: Mapping[ScaleKey, tuple[str, str]],
) -> list[Content]:
    """A heading and a line a scale, at most `width` cells wide; questionnaires are told apart by headings."""
    lead = 2 if marks else 1
    name_width = min(11, max(6, width - 19 - lead))
    spark = max(0, min(10, width - name_width - 14 - lead))
    head = f"{'':{lead + name_width}}{'now':>3} {'':{spark}} {'base':>4} {'ind':>4}"
    result = [Content.styled(head[:width], "$text-muted")]
    several = len({s.key.questionnaire for s in series}) > 1
    last = ""
    for one in series:
        if several and one.key.questionnaire != last:
            last = one.key.questionnaire
            result.append(Content.styled(f" {last}"[:width], "$text-muted italic"))
        pointer, style = ("▌" if one.key == charted else " "), "$accent"
        if marks:
            pointer, style = marks.get(one.key, (" ", ""))
            pointer += " "
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
                (pointer, style),
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
