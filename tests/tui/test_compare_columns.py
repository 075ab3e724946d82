"""Compare with more arms than fit: whole columns, a line that says so, names that can be told apart."""

from dataclasses import replace

import pytest
from textual.app import App
from textual.pilot import Pilot

from sandbox.analysis.arm import Arm
from sandbox.analysis.comparison import compare
from sandbox.analysis.numeral import numeral
from sandbox.tui.arm_columns import POINT, ArmColumns
from sandbox.tui.labels import distinct, in_rows
from sandbox.tui.screens.compare import CompareScreen
from sandbox.tui.widgets.comparison_table import ComparisonTable
from tests.analysis.compared import DISTRESS, FILLER, session
from tests.documents import technique

TITLES = ("Leaves on a stream", "Leaves on a stream with sound", "Mindful breathing", "Opposite action")


def arms(trunk: str = "t1", seed: int = 1) -> tuple[Arm, ...]:
    """Four techniques and a control."""
    made = []
    for n, title in enumerate((*TITLES, "")):
        chosen = technique(id=f"technique-{n}").model_copy(update={"title": title}) if title else FILLER
        scores = [8.0, 80.0 - seed, 50.0 + n * seed, 20.0 + 3 * n + seed * seed]
        made.append(replace(session(f"{trunk}-{n}", chosen, scores=scores, trunk=trunk, seed=seed), place=n))
    return tuple(made)


MANY = tuple(one for seed in range(1, 9) for one in arms(f"t{seed}", seed))
"""Forty sessions of eight trunks."""


class Easel(App[None]):
    def __init__(self, sessions: tuple[Arm, ...]) -> None:
        super().__init__()
        self._sessions = sessions

    def on_mount(self) -> None:
        self.push_screen(CompareScreen(lambda: self._sessions))


def text(app: App[None]) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())


async def until(pilot: Pilot[None], shown: str, *, gone: str = "") -> None:
    """Wait till the text is on screen, and the other one no longer."""
    for _ in range(1000):
        if shown in text(pilot.app) and not (gone and gone in text(pilot.app)):
            return
        await pilot.pause(0.02)
    raise AssertionError(f"“{shown}” did not come; on screen:\n{text(pilot.app)}")


@pytest.mark.parametrize("sessions", [arms(), MANY], ids=["one start", "eight starts"])
@pytest.mark.parametrize("pooled", [True, False])
@pytest.mark.parametrize("width", [64, 91, 160])
def test_only_whole_columns_stand_side_by_side_and_all_can_be_reached(sessions, pooled, width):
    comparison = compare(sessions, DISTRESS, pooled=pooled)
    columns = ArmColumns(comparison)
    assert columns.least <= width
    seen, first = set(), 0
    while True:
        view = columns.view(width, first)
        cells = POINT + 2 + sum(max(map(len, (title, c.head, *c.lines))) + 2 for c, title in view.columns)
        assert cells <= width
        seen |= set(view.places)
        left, right = "←" in view.told(), "→" in view.told()
        assert (left, right) == (view.first > 0, view.first + view.shown < view.others)
        assert len({title for _, title in view.columns}) == len(view.columns)
        if not right:
            break
        first = view.first + 1
    assert seen == set(range(len(comparison.arms)))


def test_each_control_stands_before_the_arms_of_its_own_start():
    comparison = compare(MANY[:10], DISTRESS)
    places = ArmColumns(comparison).view(10_000, 0).places
    order = [(one.trunk, one.is_control) for n in places for one in comparison.arms[n].sessions]
    assert order == [(t, first) for t in ("t1", "t2") for first in (True, *[False] * 4)]


async def test_a_line_says_how_many_arms_are_in_view_and_the_arrows_bring_the_others() -> None:
    app = Easel(arms())
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, "3 of 5 arms, → for more")
        await until(pilot, "5◇ Filler", gone="4★ Opposite")
        await pilot.press("right", "right")
        await until(pilot, "3 of 5 arms, ← for more")
        await until(pilot, "4△ Opposite action")
        await until(pilot, "5◇ Filler")  # what the others are compared with stays in view
        await pilot.resize_terminal(200, 30)
        await until(pilot, "1● Leaves", gone="for more")
        assert len(app.screen.query_one(ComparisonTable).columns) == 6


async def test_an_arm_that_was_redone_is_a_key_away() -> None:
    old, *others = arms()
    redo = replace(old, id="redo", redone="t4", replaces=(old.id,), place=9)
    app = Easel((replace(old, replaced_by="redo"), redo, *others[-1:]))
    async with app.run_test(size=(200, 30)) as pilot:
        await until(pilot, "Leaves on a stream (t4 redone)", gone="2★")
        await pilot.press("o")
        await until(pilot, "Leaves on a stream (before the redo)")
        await until(pilot, "2★ Leaves")
        await pilot.press("o")
        await until(pilot, "1★ Leaves on a stream (t4 redone)")


@pytest.mark.parametrize(
    ("names", "room", "short"),
    [
        (["Breathing", "Talking"], 12, ["Breathing", "Talking"]),
        (
            ["Leaves on a stream, calm street", "Leaves on a stream, loud street"],
            16,
            ["Lea… calm street", "Lea… loud street"],
        ),
        (["Mindful breathing", "Mindful breathing (t4 redone)"], 10, ["Mindful b…", "t4 redone"]),
        (["Mindful breathing", "Mindful breathing (t4 redone)"], 6, ["Mindf…", "t4 re…"]),
        (["A manual (control)", "A manual (control, t3 redone)"], 12, ["A manual (c…", "A…t3 redone"]),
        (["Sitting: without settle", "Sitting: without body"], 14, ["without settle", "S…without body"]),
        (["Sitting: without a, body", "Sitting: without a, sound"], 12, ["wit… a, body", "wit…a, sound"]),
    ],
)
def test_names_that_would_read_alike_keep_what_differs(names, room, short):
    found = distinct(names, room)
    assert len(set(found)) == len(names) and all(len(name) <= room for name in found)
    assert found == short


@pytest.mark.parametrize("pooled", [True, False])
def test_each_arm_stands_beside_its_control_at_80_cells(pooled):
    """From 64 cells on, whichever arm is asked for; intervals take the room of the changes."""
    comparison = compare(MANY, DISTRESS, pooled=pooled)
    columns = ArmColumns(comparison)
    for first in range(columns.view(64, 0).others):
        arms = [comparison.arms[place] for place in columns.view(64, first).places]
        trunks = [[one.sessions[0].trunk for one in arms if one.control is told] for told in (True, False)]
        assert set(trunks[0]) == set(trunks[1]), "every technique's own control is in view"


def test_a_text_is_never_cut_inside_an_interval():
    said = "Beyond the control at t5, 5 runs: Opposite action 25.0 lower [171.8 higher to 221.8 lower]. More."
    for width in range(26, 44):
        cut = " ".join(in_rows(said, width, 2, "w: all"))
        assert cut.count("[") == cut.count("]") and cut.endswith("… (w: all)"), cut


def test_compare_and_its_files_round_once():
    comparison = compare(arms(), DISTRESS)
    cell = comparison.rows[-1].cells[0]
    shown = ArmColumns(comparison).view(200, 0).columns[1][0].lines[-1].split()
    assert shown == [
        numeral(cell.score, decimals=0),
        numeral(cell.change, signed=True, decimals=0),
        numeral(cell.difference.mean if cell.difference else None, signed=True, decimals=0),
    ]
