"""Whether a score is back at its baseline: one rule says where that cannot be said."""

import pytest

from sandbox.analysis.comparison import compare
from sandbox.analysis.residuals import residuals
from tests.analysis.compared import DISTRESS, session


def found(base: float, ends: list[float]) -> tuple[str, str]:
    arms = [
        session(f"a{n}", scores=[base, 80.0, 50.0], end=end, trunk=f"t{n}", seed=n)
        for n, end in enumerate(ends)
    ]
    (one,) = residuals(compare(arms, DISTRESS, pooled=True).arms, [DISTRESS])
    return one.returned, one.why


@pytest.mark.parametrize(
    ("base", "ends", "said"),
    [
        (20.0, [41.0, 40.0, 43.0] * 2, ("above it", "")),
        (20.0, [11.0, 10.0, 13.0] * 2, ("below it", "")),
        (20.0, [11.0, 20.0, 33.0] * 2, ("not told apart from it", "")),
        (20.0, [41.0, 40.0, 43.0, 41.0, 40.0], ("cannot be said", "too few runs")),
        (20.0, [40.0, 40.0, 40.0] * 2, ("cannot be said", "the 6 differences are equal")),
        (4.0, [41.0, 40.0, 43.0] * 2, ("cannot be said", "baseline at the floor")),
    ],
)
def test_above_or_back_is_said_only_where_it_can_be_known(base, ends, said):
    assert found(base, ends) == said
