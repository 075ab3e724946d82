"""Formulas read as weighted sums: the same numbers as arithmetic gives, and nothing else is ever accepted."""

import math
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.library.interchange.score_formula import NotLinear, read_formula

FIELDS = {"a": 2.0, "b": -3.5, "c": 7.0}


class Sum(NamedTuple):
    text: str
    value: float


def pairs(inner: st.SearchStrategy[Sum]) -> st.SearchStrategy[Sum]:
    numbers = st.integers(1, 9)
    return st.one_of(
        st.builds(lambda x, y: Sum(f"({x.text} + {y.text})", x.value + y.value), inner, inner),
        st.builds(lambda x, y: Sum(f"({x.text}-{y.text})", x.value - y.value), inner, inner),
        st.builds(lambda x: Sum(f"-{x.text}", -x.value), inner),
        st.builds(lambda x, n: Sum(f"{n}*{x.text}", n * x.value), inner, numbers),
        st.builds(lambda x, n: Sum(f"{x.text} / {n}", x.value / n), inner, numbers),
        st.builds(lambda x, y: Sum(f"sum({x.text}, {y.text})", x.value + y.value), inner, inner),
        st.builds(lambda x, y: Sum(f"mean({x.text},{y.text})", (x.value + y.value) / 2), inner, inner),
    )


SUMS = st.recursive(
    st.sampled_from([Sum(f"[{name}]", value) for name, value in FIELDS.items()])
    | st.integers(0, 9).map(lambda n: Sum(str(n), float(n))),
    pairs,
    max_leaves=8,
)


@given(SUMS)
def test_a_formula_means_what_arithmetic_says(made: Sum) -> None:
    read = read_formula(f"{made.text} + [a]", "redcap")
    value = read.constant + sum(weight * FIELDS[name] for name, weight in read.weights.items())
    assert math.isclose(value, made.value + FIELDS["a"], rel_tol=1e-9, abs_tol=1e-9)


@given(
    st.text(alphabet="[]abc()+-*/,.0123456789 ${}sumeanroud", max_size=60),
    st.sampled_from(["redcap", "xlsform"]),
)
def test_any_text_is_a_sum_or_refused(text: str, syntax: str) -> None:
    try:
        found = read_formula(text, "redcap" if syntax == "redcap" else "xlsform")
    except NotLinear as reason:
        assert str(reason)
    else:
        assert found.weights and all(map(math.isfinite, found.weights.values()))


@pytest.mark.parametrize(
    "text", ["${a}", "[a", "[a]]", "[a] [b]", "round([a],[b])", "int([a]+[b])", "mean()", "-", "[a]*1e999"]
)
def test_what_is_no_sum_in_redcap_is_refused(text: str) -> None:
    with pytest.raises(NotLinear):
        read_formula(text, "redcap")
