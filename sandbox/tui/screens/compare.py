"""Compare: sessions side by side, their trajectories over each other. Runs and reads nothing."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from sandbox.analysis.answer import answer
from sandbox.analysis.arm import Arm, scales
from sandbox.analysis.comparison import Comparison, compare, why_not_pooled, worth_pooling
from sandbox.analysis.enough import enough
from sandbox.analysis.family import chosen_scale
from sandbox.analysis.harm import harm
from sandbox.analysis.trajectory import ScaleName
from sandbox.errors import SandboxError
from sandbox.export.comparison import comparison_markdown
from sandbox.export.comparison_text import explanation, harm_lines, noise_lines, reasons, runs_each
from sandbox.text import printable
from sandbox.tui.all_replies import all_replies
from sandbox.tui.arm_columns import ArmColumns
from sandbox.tui.forest import forest_lines
from sandbox.tui.labels import MARKS, in_rows
from sandbox.tui.messages import SessionWanted
from sandbox.tui.screen import Screen, is_there, read_for
from sandbox.tui.screens.page import PageScreen
from sandbox.tui.screens.prompt import ask_for_report
from sandbox.tui.side_by_side import AlignedTurn, aligned, bounds, courses, mark_places, turn_at
from sandbox.tui.widgets.comparison_table import ComparisonTable
from sandbox.tui.widgets.key_line import KeyLine
from sandbox.tui.widgets.parallel_conversations import ParallelConversations
from sandbox.tui.widgets.session_header import NOTE
from sandbox.tui.widgets.trajectory_chart import Line, TrajectoryChart, point_labels

_SECONDS = 2.0
_WIDE = 110
"""Cells from which on the title has room for a study and its scenario."""
_UNFINISHED = ("planned", "running")


_TABLE_HEAD = 3
"""Rows of the table's head and of the line below it that counts arms."""
_TEXTS_LEAST = 10
"""Rows of the lines around the table and of the texts below it, without the answer's."""
_ANSWER_ROWS = ((40, 5), (30, 3), (0, 2))
"""Rows the answer takes at most from so many rows of the screen on."""
_OF_ANY_RUN = ("model", "measure", "plan", "content", "privacy")
"""Kinds of cautions that are the same in every comparison on one model."""
_PLOT_LEAST = 24
_PLOT_MOST = ((150, 64), (110, 48), (0, 32))
"""Cells of the chart, at least and at most from so many columns on."""


class CompareScreen(Screen[None]):
    """`gather` reads the arms from the record, their controls among them; again while one still runs.

    Those whose place a redo took may be among them (`replaced_by`): a key shows them.
    """

    CSS_PATH = "compare.tcss"
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares it so
        (0, "-narrow"), (80, "-normal"), (110, "-wide"), (150, "-very-wide"),
    ]  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("v", "scale", "scale", id="compare.scale", tooltip="Compare the next scale"),
        Binding("V", "scale_back", "previous scale", show=False, id="compare.scale-back",
                tooltip="Compare the scale before"),
        Binding("m", "pool", "means", id="compare.pool",
                tooltip="Show averages over runs, or each run"),
        Binding("o", "earlier", "before redo", id="compare.earlier",
                tooltip="Show the arms that were redone beside their redos, or hide them"),
        Binding("w", "why", "cautions", id="compare.why",
                tooltip="Every caution, the whole answer, and what the columns mean"),
        Binding("e", "export", "export", id="compare.export",
                tooltip="Write the comparison: Markdown and CSV"),
        Binding("f", "forest", "effects", id="compare.forest",
                tooltip="Every technique effect with its interval, one below the other"),
        Binding("a", "replies", "replies", id="compare.replies", show=False,
                tooltip="Every run's reply at this row's turn, arm after arm"),
        Binding("r", "report", "report", id="compare.report",
                tooltip="Write a report on these sessions: HTML, Word, PDF or Markdown"),
        Binding("y", "copy", "copy", id="compare.copy", show=False,
                tooltip="Copy the comparison as a Markdown table"),
        *(Binding(str(n), f"open({n})", "open", show=n == 1, key_display="1…9",
                  id="compare.open" if n == 1 else None,
                  tooltip=f"Open the session of arm {n if n > 1 else '1 (2: arm 2 …)'} at this row's turn")
          for n in range(1, 10)),
        Binding("escape", "leave", "back", id="compare.back", tooltip="Back to where you came from"),
    ]  # fmt: skip
    HELP = (
        "A row a measurement point: each arm's score, its change since the scenario, and the difference "
        "from the control that began from the same state (below zero: it fell further). Up and down walk the "
        "rows, left and right bring other arms into view. Enter shows the row's turn below, where the arms "
        "scroll together. m shows averages over runs; they need several runs of one technique, with other "
        "seeds. Tab goes between table and texts. Under a narrow chart base is the baseline, scen after the "
        "scenario."
    )

    class ExportWanted(Message):
        """The comparison shall be written to files."""

        def __init__(self, comparison: Comparison, study: str | None) -> None:
            super().__init__()
            self.comparison = comparison
            self.study = study

    def __init__(
        self,
        gather: Callable[[], tuple[Arm, ...]],
        wanted: tuple[str, ...] = (),
        study: str | None = None,
        scale: str | None = None,
        of_study: str = "",
    ) -> None:
        """`wanted`: the sessions that were asked for, `study` the root of the study they are of. `scale` is
        shown first; None: the usual one. `of_study`: the study's name, and if it is not over how much of it
        this is."""
        super().__init__()
        self.wanted = wanted
        self.study = study
        self._first = scale
        self._of_study = of_study
        self._gather = gather
        self._sessions = sessions = gather()
        self._scales: tuple[ScaleName, ...] = scales(sessions)
        self._at = self._first_scale()
        self._earlier = False
        self._pooled = bool(self._scales) and worth_pooling(self._shown, self._scales[self._at])
        self._comparison: Comparison | None = None
        self._page: tuple[PageScreen, Callable[[Comparison], Sequence[Content]]] | None = None
        self._rows: tuple[AlignedTurn, ...] = ()

    def _first_scale(self) -> int:
        """The place of the scale that is shown first: as `sandbox compare` chooses it."""
        if not self._scales:
            return 0
        known = self._first if any(name[2] == self._first for name in self._scales) else None
        return self._scales.index(chosen_scale(self._sessions, known))

    @property
    def _shown(self) -> tuple[Arm, ...]:
        return tuple(one for one in self._sessions if self._earlier or one.replaced_by is None)

    def compose(self) -> ComposeResult:
        yield Static("", id="compare-title", markup=False)
        with Horizontal(id="compare-notes"):
            yield Static("", id="compare-pairs", markup=False)
            yield Static(Content.styled(NOTE, "$text-warning italic"), id="compare-note", markup=False)
        yield Static("", id="compare-answer", markup=False)
        yield Static("", id="compare-cautions", markup=False)
        with Horizontal(id="compare-scores"):
            with Vertical(id="compare-numbers"):
                yield ComparisonTable(id="compare-table")
                yield Static("", id="compare-view", markup=False)
            with Vertical(id="compare-plot"):
                yield TrajectoryChart(id="compare-chart")
        yield ParallelConversations(id="compare-texts")
        yield KeyLine()

    async def on_mount(self) -> None:
        self.query_one(ComparisonTable).focus()
        self.set_interval(_SECONDS, self._look_again)
        await self._draw()

    @work(exclusive=True)
    async def _look_again(self) -> None:
        """What still runs is read anew; what has ended stays as it is."""
        if all(session.state not in _UNFINISHED for session in self._sessions):
            return
        try:
            found = await read_for(self, self._gather)
        except SandboxError:  # something was removed meanwhile: what is shown stays as it was
            return
        if found != self._sessions:
            had_none = not self._scales
            self._sessions, self._scales = found, scales(found)
            if had_none:
                self._at = self._first_scale()
            await self._draw()

    async def _draw(self) -> None:
        if not is_there(self):
            return
        if not self._scales:
            runs = any(session.state in _UNFINISHED for session in self._sessions)
            said = "This waits for the first measurement." if runs else "Nothing was measured here."
            self.query_one("#compare-title", Static).update(Content(said))
            return
        found = compare(self._shown, self._scales[self._at], pooled=self._pooled)
        self._comparison = found
        if self._page is not None:
            page, lines = self._page
            page.show(lines(found))
        self.query_one("#compare-title", Static).update(self._title(found))
        self._draw_cautions(found)
        self._share_room()
        self.query_one(ComparisonTable).show(found)
        # A pooled arm is read by its first session; the others are opened from Sessions.
        self._rows = aligned([arm.sessions[0] for arm in found.arms])
        await self._draw_view()
        self.refresh_bindings()

    async def _draw_view(self) -> None:
        """What is drawn of the arms that are in view: their lines, their texts."""
        found, table = self._comparison, self.query_one(ComparisonTable)
        if found is None or (view := table.view) is None:
            return
        said = self.query_one("#compare-view", Static)
        said.update(Content.styled(view.told(), "$text-muted"))
        said.display = bool(view.told())
        self._draw_chart(table.point)
        places = self._read(view.places)
        marks = mark_places(found.arms, len(MARKS))
        titles = [f"{n + 1}{MARKS[marks[n]]} {found.arms[n].title}" for n in places]
        rows = [replace(row, turns=tuple(row.turns[n] for n in places)) for row in self._rows]
        await self.query_one(ParallelConversations).show(titles, rows)

    def _read(self, in_view: tuple[int, ...]) -> tuple[int, ...]:
        """The arms whose texts are shown: those in view in the table."""
        return in_view

    async def on_comparison_table_viewed(self) -> None:
        await self._draw_view()

    def on_resize(self) -> None:
        self._share_room()
        if self._comparison is not None:
            self.query_one("#compare-title", Static).update(self._title(self._comparison))

    def _share_room(self) -> None:
        """The table has what its columns take, the chart the rest; the chart goes where there is none.

        All rows of the table are in view where the texts keep enough, `end` first of all.
        """
        if self._comparison is None:
            return
        rows, height = len(self._comparison.rows) + _TABLE_HEAD, self.size.height
        needed = min(rows, height - _TEXTS_LEAST - self._draw_answer(self._comparison))
        self.query_one("#compare-scores").styles.height = max(needed, height * 45 // 100)
        columns, width = ArmColumns(self._comparison), self.size.width - 2
        most = next(cells for least, cells in _PLOT_MOST if self.size.width >= least)
        plot = self.query_one("#compare-plot", Vertical)
        plot.styles.width = min(most, max(_PLOT_LEAST, width - columns.comfortable))
        plot.display = width - _PLOT_LEAST >= columns.least

    def _draw_answer(self, found: Comparison) -> int:
        """The answer as far as there is room for it; how many rows it takes."""
        most = next(rows for least, rows in _ANSWER_ROWS if self.size.height >= least)
        became = harm(found)
        said_first = [*answer(found).lines, *([became.short] if became and became.short else [])]
        lines = in_rows(" ".join(said_first), max(20, self.size.width - 2), most, "w: all")
        said = self.query_one("#compare-answer", Static)
        said.update(Content("\n".join(lines)))
        said.display = bool(lines)
        return len(lines)

    def _title(self, found: Comparison) -> Content:
        questionnaire, _, scale = found.scale
        scenario = self._sessions[0].plan.scenario
        several = {session.plan.scenario.id for session in self._sessions}
        told = "several scenarios" if len(several) > 1 else scenario.title_with_affect
        if self._of_study:  # where there is no room for both, the scale has to stay
            told = f"{self._of_study} · {told}" if self.size.width >= _WIDE else self._of_study
        return Content.assemble(
            ("Compare  ", "bold $accent"),
            (printable(told), "bold"),
            f" · {printable(scale)}",
            (f" {printable(questionnaire)}", "$text-muted"),
            (f"  ({self._at + 1} of {len(self._scales)} scales: v)", "$text-muted"),
        )

    def _draw_cautions(self, found: Comparison) -> None:
        rests = f"means, {runs_each(found)}" if found.pooled else "each run by itself: no interval"
        if found.trunks == 1:
            rests = "one pair: no interval"
        room = self.size.width - len(NOTE) - 3  # what stands beside it, and a cell on either side of both
        hint = next((one for one in (" (w: what it means)", " (w: why)") if len(rests + one) <= room), "")
        self.query_one("#compare-pairs", Static).update(Content(rests + hint))
        remarks = sorted(found.remarks, key=lambda one: (one.severity != "grave", one.kind in _OF_ANY_RUN))
        count = f"! (1 of {len(remarks)}, w: all) " if len(remarks) > 1 else "! "
        first = self.query_one("#compare-cautions", Static)
        said = f"{count}{printable(remarks[0].sentence)}" if remarks else ""
        first.update(Content.styled(said, "bold $text-warning"))
        first.display = bool(remarks)

    def _draw_chart(self, cursor: str) -> None:
        view = self.query_one(ComparisonTable).view
        if self._comparison is None or view is None:
            return
        arms, found, extremes = self._comparison.arms, courses(self._comparison), bounds(self._comparison)
        marks = mark_places(arms, len(MARKS))
        lines = [Line(arms[n].title, found[n], extremes, marks[n]) for n in view.places]
        points = [point.point for one in found for point in one.points]
        steps = max((point.number for point in points), default=0)
        self.query_one(TrajectoryChart).show(lines, point_labels(steps, points), cursor)

    # What the keys do

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "earlier":
            return any(session.replaced_by is not None for session in self._sessions)
        if action == "scale":
            return True if len(self._scales) > 1 else None
        if action == "open":
            arms = self._comparison.arms if self._comparison is not None else ()
            return isinstance(parameters[0], int) and parameters[0] <= len(arms)
        return True

    def on_comparison_table_point_marked(self, message: ComparisonTable.PointMarked) -> None:
        self._draw_chart(message.label)

    def on_comparison_table_turn_wanted(self, message: ComparisonTable.TurnWanted) -> None:
        place = turn_at(self._rows, message.label)
        if place is not None:
            self.query_one(ParallelConversations).jump(place)

    async def action_scale(self, by: int = 1) -> None:
        self._at = (self._at + by) % max(1, len(self._scales))
        await self._draw()

    async def action_scale_back(self) -> None:
        await self.action_scale(-1)

    async def action_pool(self) -> None:
        if not self._scales:
            return
        if not self._pooled and (why := why_not_pooled(self._shown, self._scales[self._at])):
            self.query_one("#compare-pairs", Static).update(Content(f"no means: {why}"))
            return
        self._pooled = not self._pooled
        await self._draw()

    async def action_earlier(self) -> None:
        self._earlier = not self._earlier
        await self._draw()

    def action_why(self) -> None:
        self._open_page("The answer, and cautions", _all_said)

    def action_forest(self) -> None:
        if self._comparison is not None:
            width = min(70, self.size.width - 6)
            self._open_page(
                f"Technique effects: {self._comparison.scale[2]}",
                lambda found: [Content(line) for line in forest_lines(answer(found), width)],
            )

    def _open_page(self, title: str, lines: Callable[[Comparison], Sequence[Content]]) -> None:
        """A page on what is compared; an arm that still runs changes it while it is read."""
        if self._comparison is not None:
            page = PageScreen(title, lines(self._comparison))
            self._page = page, lines
            self.app.push_screen(page)

    def action_replies(self) -> None:
        found, table = self._comparison, self.query_one(ComparisonTable)
        if found is None or table.view is None:
            return
        arms = [found.arms[place] for place in table.view.places]
        if lines := all_replies(arms, found.scale, table.point):
            self.app.push_screen(PageScreen("Every run's reply", lines))
        else:
            before = table.point == "base"
            why = "Nothing was said before the baseline" if before else "No reply belongs to this row"
            self.notify(f"{why}: choose a later row.", timeout=3)

    def action_export(self) -> None:
        if self._comparison is not None:
            self.post_message(self.ExportWanted(self._comparison, self.study))

    def action_report(self) -> None:
        """On the whole study where it is one: its plan and its question belong in the report."""
        if self._comparison is not None:
            questionnaire, _, scale = self._comparison.scale
            named = (self.study,) if self.study is not None else self.wanted
            ask_for_report(self, named, scale, questionnaire)

    def action_copy(self) -> None:
        if self._comparison is not None:
            self.app.copy_to_clipboard(comparison_markdown(self._comparison))
            self.notify("Copied.", timeout=2)

    def action_open(self, place: int) -> None:
        if self._comparison is None or place > len(self._comparison.arms):
            return
        label = self.query_one(ComparisonTable).point
        at = turn_at(self._rows, label)
        turn = self._rows[at].turns[place - 1] if at is not None else None
        session = self._comparison.arms[place - 1].sessions[0]
        self.post_message(SessionWanted(session.id, turn.index if turn else None))

    def action_leave(self) -> None:
        self.dismiss()


def _all_said(found: Comparison) -> Sequence[Content]:
    said = answer(found)
    lines = [*said.lines, *found.cautions, *reasons(found), explanation(found)]
    lines += [*filter(None, [enough(said)]), *harm_lines(found), *noise_lines(found)]
    return [part for line in lines for part in (Content(printable(line)), Content(""))][:-1]
