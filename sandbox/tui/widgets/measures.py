"""The scores of the shown session: the chart of one scale or several, a readout at a point, a row a scale."""

from collections.abc import Mapping

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from sandbox.analysis.trajectory import ScaleName
from sandbox.engine.phase import point_in_short
from sandbox.engine.plan import in_order
from sandbox.engine.run_state import Entry, RunState, SessionState
from sandbox.tui.labels import MARKS
from sandbox.tui.scores import TitledTrajectory, moved, number, titled_trajectories
from sandbox.tui.widgets.scale_rows import ScaleRows
from sandbox.tui.widgets.trajectory_chart import Line, TrajectoryChart, point_labels

_MOST_LINES = len(MARKS)


class Measures(Vertical):
    """What is charted, and where the cursor stands on it, belongs to the reader and is kept here."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._run = RunState()
        self._session: SessionState | None = None
        self._found: dict[str, tuple[TitledTrajectory, ...]] = {}
        self._charted: ScaleName | None = None
        self._several = False
        self._cursor = ""

    def compose(self) -> ComposeResult:
        yield Static("", id="chart-title", markup=False)
        yield TrajectoryChart(id="chart")
        yield ScaleRows(id="scales")

    def show(self, run: RunState, session: SessionState) -> None:
        """Draw the scores of the run if they are others than those drawn, or another session's."""
        shown = self._session.head.id if self._session is not None else ""
        same = shown == session.head.id and _happened(self._run) == _happened(run)
        self._run, self._session = run, session
        if same:
            return
        self._found = {
            one.head.id: titled_trajectories(run.lineage(one.head.id), one.head.plan)
            for one in run.sessions.values()
        }
        self._draw()

    # What the reader chooses

    def chart_next(self, by: int) -> None:
        """Chart the next scale, or with −1 the one before."""
        if self._session is None:
            return
        keys = [one.key for one in self._found[self._session.head.id]]
        if keys:
            at = keys.index(self._charted) if self._charted in keys else -1
            self._charted = keys[(at + by) % len(keys)]
            self._draw()

    def chart_several(self) -> bool:
        """Chart the scales of the questionnaire for this session alone, or one scale again; which of both."""
        self._several = not self._several
        self._draw()
        return self._several

    def move_cursor(self, by: int) -> None:
        """Read out the next point that was measured, or the one before; past either end nothing is."""
        labels = [label for label in self._labels() if self._measured_at(label)]
        if not labels:
            return
        places = ["", *labels]
        at = places.index(self._cursor) if self._cursor in places else 0
        self._cursor = places[(at + by) % len(places)]
        self._draw()

    # Drawing

    def _draw(self) -> None:
        session = self._session
        if session is None or not self.is_mounted:
            return
        measured = self._found[session.head.id]
        charted = next((s for s in measured if s.key == self._charted), None) or next(iter(measured), None)
        if charted is None:
            return
        self._charted = charted.key
        lines = self._scale_lines(measured, charted) if self._several else self._arm_lines(session, charted)
        self.query_one("#chart-title", Static).update(self._title(charted, lines, len(measured)))
        self.query_one(TrajectoryChart).show(lines, self._labels(), self._cursor)
        marks = {line.trajectory.name: (line.mark, line.style) for line in lines} if self._several else {}
        self.query_one(ScaleRows).show(measured, charted.key, marks)

    def _arm_lines(self, session: SessionState, charted: TitledTrajectory) -> list[Line]:
        """The shown session and, over it, the other branches."""
        titles = self._run.titles()
        lines = [self._line(titles, session, charted)]
        for other in self._compared(session):
            match = next((s for s in self._found[other.head.id] if s.key == charted.key), None)
            if match is not None and _went_on(other, match):
                lines.append(self._line(titles, other, match))
        return lines

    def _line(self, titles: Mapping[str, str], session: SessionState, drawn: TitledTrajectory) -> Line:
        place = max(0, self._run.ids.index(session.head.id) - 1)
        return Line(titles[session.head.id], drawn.trajectory, drawn.bounds, place)

    def _scale_lines(self, measured: tuple[TitledTrajectory, ...], charted: TitledTrajectory) -> list[Line]:
        """The charted scale first, then the others of its questionnaire, read alike, with the same range."""
        kin = [s for s in measured if s.key[:2] == charted.key[:2]]
        ordered = sorted((s for s in kin if s.bounds == charted.bounds), key=lambda s: s.key != charted.key)
        return [Line(s.title, s.trajectory, s.bounds, place) for place, s in enumerate(ordered[:_MOST_LINES])]

    def _compared(self, session: SessionState) -> list[SessionState]:
        """The other branches to lay over the shown one: the control first; none over a trunk."""
        if session.head.plan.is_trunk:
            return []
        others = [
            s for s in self._run.sessions.values()
            if not s.head.plan.is_trunk and s.head.id != session.head.id
        ]  # fmt: skip
        return sorted(others, key=lambda s: not s.is_control)[:3]

    def _labels(self) -> tuple[str, ...]:
        seen = [
            point.point
            for measured in self._found.values()
            for first in measured[:1]
            for point in first.trajectory.points
        ]
        steps = max((s.steps[1] for s in self._run.sessions.values()), default=0)
        order = in_order(s.head.plan for s in self._run.sessions.values())
        return point_labels(steps, seen, order)

    def _measured_at(self, label: str) -> bool:
        measured = self._found.get(self._session.head.id, ()) if self._session is not None else ()
        return any(one.trajectory.at(label) is not None for one in measured)

    def _title(self, charted: TitledTrajectory, lines: list[Line], measured: int) -> Content:
        """What is charted, and under it, while a point is read out, each line's score there."""
        if charted.unusable:
            return Content.assemble(
                (charted.title, "bold"), (f"  not usable: {charted.unusable}", "bold $text-warning")
            )
        what = charted.title
        if self._several:
            what = "all scales" if len(lines) == measured else f"{len(lines)} of {measured} scales"
        title = Content.assemble((what, "bold"), (f"  {charted.trajectory.questionnaire}", "$text-muted"))
        if not self._cursor:
            return title
        parts: list[tuple[str, str]] = [(f"{point_in_short(self._cursor)}  ", "bold")]
        for line in lines:
            point = line.trajectory.at(self._cursor)
            value = point.value if point is not None else None
            since = moved(line.trajectory, self._cursor)
            shown = f"({since})" if since and value is not None else ""
            parts.append((f"{line.mark} {number(value)}{shown}  ", line.style))
        return Content("\n").join([title, Content.assemble(*parts)])


def _went_on(session: SessionState, scored: TitledTrajectory) -> bool:
    """Whether an arm was measured after what it shares with the others."""
    if session.head.plan.measured_again:
        return bool(scored.trajectory.after_start)
    return scored.trajectory.last("technique") is not None


def _happened(run: RunState) -> dict[str, tuple[Entry, ...]]:
    """All that scores are read from; while a reply arrives these are the same objects, equal at a glance."""
    return {id: session.entries for id, session in run.sessions.items()}
