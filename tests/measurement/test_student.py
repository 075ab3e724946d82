"""Student's t against published tables, against closed forms, and for every number of degrees of freedom."""

import math
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.measurement.estimate import t_quantile, t_tail

# NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2, upper critical values at 0.95, 0.975, 0.995.
TABLE = {
    1: (6.314, 12.706, 63.657), 2: (2.920, 4.303, 9.925), 3: (2.353, 3.182, 5.841), 4: (2.132, 2.776, 4.604),
    5: (2.015, 2.571, 4.032), 10: (1.812, 2.228, 3.169), 20: (1.725, 2.086, 2.845),
    30: (1.697, 2.042, 2.750), 31: (1.696, 2.040, 2.744), 40: (1.684, 2.021, 2.704),
    60: (1.671, 2.000, 2.660), 99: (1.660, 1.984, 2.626), 100: (1.660, 1.984, 2.626),
}  # fmt: skip


@pytest.mark.parametrize("freedom", TABLE)
def test_the_published_table_ends_nowhere_for_us(freedom):
    found = [t_quantile(freedom, level) for level in (0.90, 0.95, 0.99)]
    assert found == pytest.approx(TABLE[freedom], abs=5.1e-4)


@given(st.floats(0.01, 200), st.floats(0.5, 0.999))
def test_one_and_two_degrees_have_closed_forms(t, level):
    # Cauchy: P(|T| > t) = 1 − 2 arctan(t)/π; two degrees: 1 − t/√(2 + t²)
    assert t_tail(t, 1) == pytest.approx(1 - 2 * math.atan(t) / math.pi, abs=1e-13)
    assert t_tail(t, 2) == pytest.approx(1 - t / math.sqrt(2 + t * t), abs=1e-13)
    assert t_quantile(1, level) == pytest.approx(math.tan(math.pi * level / 2), rel=1e-9)


@given(st.integers(1, 20_000), st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_it_is_wider_than_the_normal_and_narrows_with_every_pair(freedom, level):
    normal = NormalDist().inv_cdf(0.5 + level / 2)
    found, further = t_quantile(freedom, level), t_quantile(freedom + 1, level)
    assert normal < found and further < found
    assert t_tail(found, freedom) == pytest.approx(1 - level, abs=1e-11)
    # Hill's and Fisher's first terms: z + (z³ + z)/4ν, so that no step can hide anywhere.
    if freedom > 30:
        assert found == pytest.approx(normal + (normal**3 + normal) / (4 * freedom), abs=12 / freedom**2)


@pytest.mark.parametrize(("freedom", "level"), [(0, 0.95), (-1, 0.95), (5, 0.0), (5, 1.0), (math.nan, 0.95)])
def test_what_is_no_distribution_is_refused(freedom, level):
    with pytest.raises(ValueError, match="degrees of freedom"):
        t_quantile(freedom, level)
