"""Variances of random effects by restricted maximum likelihood (Patterson and Thompson 1971). Pure.

The search is our own: MixedLM of statsmodels, which takes crossed effects as components of a single group,
stops far from the maximum where a variance is 0, as it often is here. NumPy and SciPy are imported when a
model is fitted.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Matrix = NDArray[np.float64]

_EQUAL = 1e-9
"""Scores that the fixed effects leave no further apart than this do not vary."""
_MOST = 1e6
_SEARCHED_FROM = (1.0, 0.05)
"""Ratios of variances to the rest: where the search begins, each time for all effects, and their bound."""


@dataclass(frozen=True, slots=True)
class Fit:
    """`fixed` has each column's coefficient and its standard error; `variance` that of each random effect,
    `rest` of what is left. All in units of the scores, or their square."""

    fixed: tuple[tuple[float, float], ...]
    variance: Mapping[str, float]
    rest: float


def reml(
    scores: Sequence[float], columns: Sequence[Sequence[float]], effects: Mapping[str, Sequence[str]]
) -> Fit | None:
    """scores = columns × fixed + random `effects` + rest; None where nothing varies, or a column is others'.

    `columns` are the fixed effects, one value a score; `effects` say by name which level each score is of.
    They may be crossed or nested, and the design incomplete.
    """
    import numpy as np
    from scipy.optimize import minimize

    x = np.column_stack([np.asarray(column, dtype=float) for column in columns])
    y = np.asarray(scores, dtype=float)
    n, p = x.shape
    if n <= p + 1 or np.linalg.matrix_rank(x) < p:
        return None
    if float(np.ptp(y - x @ np.linalg.lstsq(x, y)[0])) < _EQUAL:
        return None
    likelihood = _likelihood(x, y, effects)
    bounds = [(0.0, _MOST)] * len(effects)
    tried = [
        minimize(likelihood.profile, np.full(len(effects), at), jac=True, bounds=bounds, method="L-BFGS-B")
        for at in _SEARCHED_FROM
    ]
    ratios = min(tried, key=lambda one: float(one.fun)).x
    _, _, bvb = likelihood.within(ratios)
    fixed = np.linalg.solve(bvb[:p, :p], bvb[:p, p])
    rest = float(bvb[p, p] - bvb[p, :p] @ fixed) / (n - p)
    errors = np.sqrt(rest * np.diag(np.linalg.inv(bvb[:p, :p])))
    return Fit(
        tuple((float(b), float(error)) for b, error in zip(fixed, errors, strict=True)),
        {name: rest * float(ratio) for name, ratio in zip(effects, ratios, strict=True)},
        rest,
    )


@dataclass(frozen=True, slots=True)
class _Likelihood:
    """The restricted likelihood, profiled over the fixed effects and the rest (Harville 1977).

    Z has a column a level of each effect, B the fixed effects and the scores. Only their products are kept,
    so that many scores take no longer than few. `of` says for each effect which columns of Z are its own.
    """

    zz: "Matrix"
    zb: "Matrix"
    bb: "Matrix"
    of: tuple["NDArray[np.bool_]", ...]
    left: int

    def within(self, ratios: "Matrix") -> tuple[float, "Matrix", "Matrix"]:
        """For V = 1 + Σ ratio · ZZ' its log determinant, Z'V⁻¹[Z B], and B'V⁻¹B."""
        import numpy as np

        root = np.zeros(len(self.zz))
        for ratio, own in zip(ratios, self.of, strict=True):
            root[own] = np.sqrt(ratio)
        inner = np.eye(len(root)) + root[:, None] * self.zz * root
        products = np.column_stack([self.zz, self.zb])
        solved = np.linalg.solve(inner, root[:, None] * products)
        zv = products - (self.zz * root) @ solved
        bvb = self.bb - (self.zb.T * root) @ solved[:, len(root) :]
        return float(np.linalg.slogdet(inner)[1]), zv, bvb

    def profile(self, ratios: "Matrix") -> tuple[float, "Matrix"]:
        """−2 × its logarithm, but for a constant, and the slope."""
        import numpy as np

        size, zv, bvb = self.within(ratios)
        levels, p = len(self.zz), len(bvb) - 1
        zvz, zvx, zvy = zv[:, :levels], zv[:, levels : levels + p], zv[:, -1]
        solved = np.linalg.solve(bvb[:p, :p], np.column_stack([zvx.T, bvb[:p, p]]))
        spread = bvb[p, p] - bvb[p, :p] @ solved[:, -1]
        traces = np.diag(zvz) - np.einsum("ij,ji->i", zvx, solved[:, :-1])
        pulls = (zvy - zvx @ solved[:, -1]) ** 2
        slope = [traces[own].sum() - self.left * pulls[own].sum() / spread for own in self.of]
        value = size + np.linalg.slogdet(bvb[:p, :p])[1] + self.left * np.log(spread)
        return float(value), np.array(slope)


def _likelihood(x: "Matrix", y: "Matrix", effects: Mapping[str, Sequence[str]]) -> _Likelihood:
    import numpy as np

    levels = [(name, level) for name, own in effects.items() for level in dict.fromkeys(own)]
    z = np.column_stack([[float(own == level) for own in effects[name]] for name, level in levels])
    b = np.column_stack([x, y])
    of = tuple(np.array([other == name for other, _ in levels]) for name in effects)
    return _Likelihood(z.T @ z, z.T @ b, b.T @ b, of, len(y) - x.shape[1])
