"""Folding events into what the screens show, and the scores read from it. No app, no model."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from sandbox.analysis.trajectory import Trajectory, TrajectoryPoint
from sandbox.engine.controls import Controls
from sandbox.engine.events import Event, SessionFinished, TextDelta, TextReset, TurnStarted
from sandbox.engine.history import Measured, Turn
from sandbox.engine.phase import Phase, Point
from sandbox.engine.run import run
from sandbox.engine.run_state import RunState, fold
from sandbox.library.catalogue import Library
from sandbox.measurement.administration import Administration, Answer, Way
from sandbox.study.proposal import Proposal, proposed
from sandbox.tui.scores import TitledTrajectory, number, sparkline, titled_trajectories
from sandbox.tui.widgets.measured_line import Detail, details, in_detail
from sandbox.tui.widgets.scale_rows import rows
from sandbox.tui.widgets.trajectory_chart import Line, _legend, axis, draw, point_labels
from tests.tui.rehearsal import client_model, make_workspace


async def events_of_a_run(root: Path, controls: Controls | None = None) -> list[Event]:
    model = client_model()
    heads = proposed(Proposal(model="scripted"), Library(make_workspace(root)), model.capabilities)
    return [event async for event in run(heads, model, controls=controls)]


async def test_a_branch_shows_what_it_inherits_and_then_its_own(tmp_path: Path) -> None:
    state = fold(await events_of_a_run(tmp_path))
    trunk, branch, _ = state.ids
    lineage = state.lineage(branch)
    assert lineage[: len(state.sessions[trunk].entries)] == state.sessions[trunk].entries
    assert [e.index for e in lineage if isinstance(e, Turn)] == [1, 2, 3, 4, 5]
    assert state.sessions[branch].steps == (3, 3)


async def test_the_running_session_is_known_and_then_none(tmp_path: Path) -> None:
    events = await events_of_a_run(tmp_path)
    at_first_turn = next(i for i, e in enumerate(events) if isinstance(e, TurnStarted))
    state = fold(events[: at_first_turn + 1])
    assert state.running == state.ids[0]
    assert fold(events).running is None


async def test_a_reset_voids_the_words_so_far(tmp_path: Path) -> None:
    events = await events_of_a_run(tmp_path)
    first = next(i for i, e in enumerate(events) if isinstance(e, TextDelta))
    delta = events[first]
    assert isinstance(delta, TextDelta)
    reset = TextReset(delta.session, delta.index, "broke off")
    turn = fold([*events[: first + 1], reset]).sessions[delta.session].open_turn
    assert turn is not None and turn.reply == ""
    turn = fold([*events[: first + 1], reset, replace(delta, text="again")]).sessions[delta.session].open_turn
    assert turn is not None and turn.reply == "again"


async def test_an_ending_leaves_nothing_in_progress(tmp_path: Path) -> None:
    events = await events_of_a_run(tmp_path)
    first = next(i for i, e in enumerate(events) if isinstance(e, TextDelta))
    trunk = fold(events).ids[0]
    state = fold([*events[: first + 1], SessionFinished(trunk, "failed", "gone")]).sessions[trunk]
    assert (state.state, state.reason, state.open_turn) == ("failed", "gone", None)


def test_events_of_an_unknown_session_change_nothing() -> None:
    assert fold([SessionFinished("nobody", "finished")]) == RunState()


async def test_trajectories_hold_every_score_with_distress_first(tmp_path: Path) -> None:
    state = fold(await events_of_a_run(tmp_path))
    branch = state.ids[1]
    first = titled_trajectories(state.lineage(branch), state.sessions[branch].head.plan)[0]
    assert first.key == ("word-probe", "word", "distress")
    scores = {point.label: point.value for point in first.trajectory.points}
    assert list(scores) == ["base", "ind", "t1", "t2", "t3", "end"]
    assert [scores["base"], scores["ind"], scores["end"]] == pytest.approx([8, 79, 12])


@pytest.mark.parametrize(
    ("now", "then", "shown"), [(66.4, 92.4, "−26"), (92, 66, "+26"), (5.4, 4.6, "+1"), (0.6, 0.4, "±0")]
)
def test_changes_are_of_the_scores_as_they_are_rounded_once(now: float, then: float, shown: str) -> None:
    points = (_point("induction", 0, then), _point("technique", 1, now))
    drawn = TitledTrajectory("Distress", (0, 100), Trajectory("q", "word", "distress", points))
    (_, row) = rows([drawn], None, 40, {})
    assert row.plain.split()[-1] == shown
    before = replace(drawn, trajectory=Trajectory("q", "word", "distress", (_point("baseline", 0, 1.0),)))
    (_, row) = rows([before], None, 40, {})
    assert row.plain.split() == ["distress", "1", "▁"], "no change beside the first score"


def test_a_questionnaire_read_in_two_ways_has_its_rows_under_each() -> None:
    points = (_point("baseline", 0, 11.0),)
    both = [
        TitledTrajectory("D", (0, 100), Trajectory("q", "word", "d", points)),
        TitledTrajectory("D", (0, 100), Trajectory("q", "report", "d", points)),
    ]
    _, by_word, first, by_report, second = (row.plain.strip() for row in rows(both, both[0].key, 40, {}))
    assert (by_word, by_report) == ("q by word", "q by report")
    assert first.startswith("▌d") and second.startswith("d"), "the one that is charted has the pointer"


def _point(phase: Phase, number: int, value: float | None) -> TrajectoryPoint:
    return TrajectoryPoint(Point(number, phase, number), value)


def test_missing_scores_are_shown_as_missing() -> None:
    assert number(None) == "–"
    assert sparkline([0, None, 100], (0, 100), 5) == "▁·█"
    assert sparkline([0, 50, 100], (0, 100), 2) == "▅█"


def chart(values: list[float | None], width: int = 30, height: int = 10) -> list[str]:
    labels = point_labels(len(values) - 3, [])
    phases = ["baseline", "induction", *["technique"] * (len(values) - 3), "follow-up"]
    points = [
        TrajectoryPoint(Point(n, phase, n - 1 if phase == "technique" else 0), value)  # type: ignore[arg-type]
        for n, (phase, value) in enumerate(zip(phases, values, strict=True))
    ]
    line = Line("A", Trajectory("q", "word", "distress", tuple(points)), (0, 100))
    return [row.plain for row in draw([line], labels, width, height)]


def test_the_chart_fits_its_area_names_its_points_and_marks_every_score() -> None:
    rows = chart([8, 79, 61, 40, 22, 14, 11, 10])
    assert len(rows) == 10 and all(len(row) <= 30 for row in rows)
    assert sum(row.count("●") for row in rows) == 8
    assert rows[-1].split() == ["base", "scen", "1", "2", "3", "4", "5", "end"]
    assert rows[0].startswith("100┤") and rows[-2].startswith("  0┤")


@pytest.mark.parametrize("steps", [1, 3, 5, 6, 8, 12])
def test_turns_are_equally_spaced_and_the_first_points_are_always_named(steps: int) -> None:
    columns, names = axis(point_labels(steps, []), 27)
    gaps = {after - before for before, after in pairwise(columns[2:-1])}
    assert len(gaps) <= 1 and columns == sorted(set(columns)) and len(names) <= 27
    base, told, first, *rest = names.split()
    assert (base, told) in {("base", "scen"), ("baseline", "scenario")}
    assert (first.removeprefix("t"), rest[-1] if rest else "end") == ("1", "end")
    numbers = [int(name.removeprefix("t")) for name in rest[:-1]]
    assert len({b - a for a, b in pairwise([1, *numbers])}) <= 1


def several(values: list[list[float]], width: int) -> list[str]:
    points: list[tuple[Phase, int]] = [("baseline", 0), ("induction", 0), ("technique", 1)]
    courses = [tuple(_point(*p, value) for p, value in zip(points, own, strict=True)) for own in values]
    lines = [
        Line(f"Arm {place}", Trajectory("q", "word", "d", course), (0, 100), place)
        for place, course in enumerate(courses)
    ]
    return [row.plain for row in draw(lines, point_labels(1, []), width, 10)]


def test_no_mark_hides_another() -> None:
    rows = several([[10, 84, 50], [10, 82, 90]], 31)
    assert sum(row.count("●") for row in rows) == sum(row.count("○") for row in rows) == 3
    assert any("●○" in row for row in rows) and not any("◎" in row for row in rows)


def test_where_there_is_no_room_beside_it_a_sign_stands_for_several() -> None:
    rows = several([[10, 84, 50], [10, 82, 90], [10, 83, 20], [10, 84, 70]], 31)
    assert any("◎" in row for row in rows)


def test_the_legend_names_every_arm_in_one_row_where_there_are_no_more() -> None:
    empty = Trajectory("q", "word", "d", ())
    titles = ("Mindful breathing", "Appliance manual", "Appliance manual 2", "Grounding")
    lines = [Line(title, empty, (0, 100), place) for place, title in enumerate(titles)]
    assert [row.plain for row in _legend(lines, 31, 2)] == ["● Mind… ○ Appl… ◆ Ap… 2 △ Grou…"]
    assert len(_legend(lines, 31, 4)) == 4


def test_a_missing_score_leaves_a_gap_in_the_chart() -> None:
    whole, gap = chart([8, 80, 80, 80, 8], 44), chart([8, 80, None, 80, 8], 44)
    marks = [sum(row.count("●") for row in rows) for rows in (whole, gap)]
    assert marks == [5, 4]
    high = next(row for row in gap if row.count("●") == 2)
    between = high[high.index("●") + 1 : high.rindex("●")]
    assert "⠉⠉" not in between and "⠒⠒" not in between and "⠤⠤" not in between


@pytest.mark.parametrize("size", [(12, 4), (20, 6), (60, 30), (200, 50)])
def test_the_chart_never_leaves_its_area(size: tuple[int, int]) -> None:
    rows = chart([0, 100, 50, 0, 100], *size)
    assert len(rows) == size[1] and all(len(row) <= size[0] for row in rows)


FEAR = Answer("fear", 62.5, "", "c1", distribution={"3": 0.4, "4": 0.2}, coverage=0.6, entropy=0.92)


def measured(way: Way, *answers: Answer, **fields: object) -> list[Detail]:
    items = tuple(answer.item for answer in answers)
    given = Administration("ratings", way, (), items, answers, (), 1, **fields)  # type: ignore[arg-type]
    return details(Measured(Point(3, "technique", 1), given))


def test_an_opened_measurement_shows_coverage_and_entropy_item_by_item() -> None:
    head, line = measured("likelihood", FEAR)
    assert "read by likelihood" in head.said
    assert line == Detail(" 62.5  3\u00a040.0% 4\u00a020.0%  (coverage 60%, entropy 0.9 bits)", "fear")


def test_what_is_said_of_an_item_hangs_under_its_beginning() -> None:
    _, line = measured("likelihood", FEAR)
    first, *rest = in_detail(line, 46).plain.splitlines()
    assert first.startswith("   fear          62.5  3 40.0%") and rest
    assert all(row.startswith(" " * 16) and row[16] != " " and len(row) <= 46 for row in (rest))


def test_words_and_items_of_which_nothing_was_found_take_no_room() -> None:
    words = {"afraid": 0.08, "scared": 0.0004, "tense": 0.0006}
    some = replace(FEAR, value=8.1, distribution=words)
    none = [replace(FEAR, item=item, value=0.01, distribution={item: 0.0001}) for item in ("sad", "angry")]
    lines = measured("word", some, *none)
    assert Detail("  8.1  afraid\u00a08.0% tense\u00a00.1%", "fear") in lines
    assert lines[-1] == Detail("2 more items at 0.0")


def test_an_opened_probe_says_what_it_may_have_missed() -> None:
    lines = measured("word", FEAR, unseen=("calm", "sad"), hidden=0.35)
    assert Detail("coverage 60%") in lines
    assert any("2 listed words unseen, at most 35 % hidden" in line.said for line in lines)
