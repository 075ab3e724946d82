"""A row a scale: name, newest score, sparkline, changes from baseline and from after the induction."""

from collections.abc import Mapping, Sequence

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from sandbox.analysis.effect import residual
from sandbox.analysis.trajectory import ScaleName
from sandbox.engine.phase import begins_at
from sandbox.text import printable
from sandbox.tui.scores import TitledTrajectory, moved, number, sparkline


class ScaleRows(VerticalScroll, can_focus=False):
    """The rows of the shown session; the charted scale has a pointer, or each that is charted its mark."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._measured: tuple[TitledTrajectory, ...] = ()
        self._charted: ScaleName | None = None
        self._marks: Mapping[ScaleName, tuple[str, str]] = {}
        self._text = Static("", markup=False)

    def compose(self) -> ComposeResult:
        yield self._text

    def show(
        self,
        measured: Sequence[TitledTrajectory],
        charted: ScaleName | None,
        marks: Mapping[ScaleName, tuple[str, str]],
    ) -> None:
        """`marks`: the mark and style of each charted scale where several are; else empty."""
        self._measured, self._charted, self._marks = tuple(measured), charted, marks
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        width = self.scrollable_content_region.width
        if width:
            lines = rows(self._measured, self._charted, width, self._marks)
            self._text.update(Content("\n").join(lines))


def rows(
    measured: Sequence[TitledTrajectory],
    charted: ScaleName | None,
    width: int,
    marks: Mapping[ScaleName, tuple[str, str]],
) -> list[Content]:
    """A heading and a line a scale, at most `width` cells wide; headings name questionnaires and ways."""
    lead = 2 if marks else 1
    name_width = min(11, max(6, width - 19 - lead))
    spark = max(0, min(10, width - name_width - 14 - lead))
    base = "baseline" if spark > len("baseline") - 5 else "base"
    head = f"{'':{lead + name_width}}{'now':>3} {base:>{spark + 5}} {'scen':>4}"
    result = [Content.styled(head[:width], "$text-muted")]
    readings = {s.key[:2]: s.trajectory.questionnaire for s in measured}
    last: tuple[str, str] | None = None
    for one in measured:
        if len(readings) > 1 and one.key[:2] != last:
            last = one.key[:2]
            several_ways = list(readings.values()).count(last[0]) > 1
            said = f" {last[0]} by {last[1]}" if several_ways else f" {last[0]}"
            result.append(Content.styled(said[:width], "$text-muted italic"))
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
        bars = sparkline([point.value for point in one.trajectory.points], one.bounds, spark)
        now = one.latest
        since = ["", ""]  # a change from the baseline there, or from a scenario yet to be told, is none
        if now is not None and now.phase != "baseline":
            since[0] = number(residual(one.trajectory, now.label).value, signed=True)
            if begins_at(one.trajectory.stretches) == "induction":
                since[1] = moved(one.trajectory, now.label)
        result.append(
            Content.assemble(
                (pointer, style),
                (f"{name:{name_width}}", "bold" if one.key == charted else ""),
                (f"{number(now.value if now is not None else None):>3}", "bold"),
                (f" {bars:{spark}}", "$primary"),
                f" {since[0]:>4} {since[1]:>4}",
            )
        )
    return result


def _name(scale: TitledTrajectory, width: int) -> str:
    name = " ".join(printable(scale.trajectory.scale).split())
    return name if len(name) < width else name[: width - 2] + "… "
