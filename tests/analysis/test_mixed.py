"""All runs in one model: the published variances, the paired interval where nothing is missing, reasons."""

import json

import pytest

from sandbox.analysis.answer import answer
from sandbox.analysis.arm import Arm
from sandbox.analysis.comparison import compare
from sandbox.analysis.mixed import START, mixed
from sandbox.analysis.numeral import numeral
from sandbox.analysis.reml import reml
from sandbox.export.comparison import comparison_terminal
from sandbox.export.comparison_result import comparison_result
from sandbox.export.report.blocks import Table
from sandbox.export.report.contents import _mixed
from tests.analysis.compared import DISTRESS, FILLER, session

STARTS = (0.0, 9.0, -8.0, 4.0, -12.0, 15.0, -5.0)
"""How far the scores of a start lie from those of others, whatever is said."""
BEYOND = (-30.0, -35.0, -28.0, -33.0, -31.0, -29.0, -26.0)

DYESTUFF = (
    (1545, 1440, 1440, 1520, 1580),
    (1540, 1555, 1490, 1560, 1495),
    (1595, 1550, 1605, 1510, 1560),
    (1445, 1440, 1595, 1465, 1545),
    (1595, 1630, 1515, 1635, 1625),
    (1520, 1455, 1450, 1480, 1445),
)


def arms(starts: int = len(STARTS), induced: float = 0.0) -> list[Arm]:
    """`induced` times how far a start lies off is what the scenario did there."""
    found = []
    for n in range(starts):
        begun, off = 70.0 + induced * STARTS[n], STARTS[n]
        where = {"trunk": f"t{n}", "seed": n}
        found.append(session(f"a{n}", scores=[8.0, begun, 50.0 + off + BEYOND[n]], **where))
        found.append(session(f"c{n}", FILLER, scores=[8.0, begun, 50.0 + off], **where))
    return found


def test_the_variances_of_dyestuff_are_those_that_are_published() -> None:
    yields = [(str(n), float(score)) for n, batch in enumerate(DYESTUFF) for score in batch]
    found = reml([score for _, score in yields], [[1.0] * 30], {"batch": [batch for batch, _ in yields]})
    assert found is not None
    assert (found.variance["batch"], found.rest) == pytest.approx((1764.05, 2451.25), abs=0.01)
    assert found.fixed[0] == pytest.approx((1527.5, 19.383), abs=0.01)


def test_where_nothing_is_missing_it_says_what_the_pairs_say() -> None:
    compared = compare(arms(), DISTRESS, pooled=True)
    (pairs,), found = answer(compared).beyond, mixed(compared)
    (term,) = found.terms
    assert (found.sessions, found.starts, found.induced, found.spread[0][0]) == (14, 7, None, START)
    assert (term.estimate, term.low, term.high) == pytest.approx(
        (pairs.paired.mean, pairs.paired.low, pairs.paired.high), abs=0.01
    )
    assert found.lines[0].startswith("Mixed model of 14 runs from 7 shared starts, at the end, beyond Filler")
    assert found.lines[0] in comparison_terminal(compared, None, found)
    said = json.loads(comparison_result(compared, found).text())["mixed"]["terms"]
    (table,) = (block for block in _mixed(compared) if isinstance(block, Table))
    assert said[0]["estimate"] == term.estimate and table.rows[0][1] == numeral(
        term.estimate, signed=True, decimals=2
    )


def test_a_run_without_its_control_counts_and_what_the_scenario_did_is_taken_out() -> None:
    found = mixed(compare(arms(induced=1.0)[:-1], DISTRESS, pooled=True))
    assert found.sessions == 13 and found.induced is not None and found.reason == ""
    assert found.terms[0].low < -30 < found.terms[0].high
    assert any("for each 10 points that it was higher" in line for line in found.lines)


def test_few_starts_and_no_control_are_sentences() -> None:
    few = mixed(compare(arms(5), DISTRESS, pooled=True))
    assert few.lines == ("No mixed model: it takes 6 shared starts or more, and there are 5.",)
    alone = [arm for arm in arms() if not arm.is_control]
    assert "a technique and its control" in mixed(compare(alone, DISTRESS, pooled=True)).reason
