"""The key of a questionnaire's scales, worked out from the formulas of another format's calculated fields."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sandbox.library.interchange.instrument import Score
from sandbox.library.interchange.loss import Loss


@dataclass(frozen=True, slots=True)
class Key:
    """One scale: `items` are names in the file, those of `reverse` count backwards."""

    name: str
    title: str
    items: tuple[str, ...]
    reverse: frozenset[str]
    method: str
    multiply: float


def read_keys(
    scores: Sequence[Score], names: Sequence[str], turned: frozenset[str], bounds: tuple[float, float]
) -> tuple[tuple[Key, ...], tuple[Loss, ...]]:
    """The scales that the scores are, and those that are none, as losses.

    `names` are the items in order, `turned` those whose answers have their numbers mirrored in the file,
    `bounds` the lowest and highest answer.
    """
    keys: list[Key] = []
    losses: list[Loss] = []
    reverse: dict[str, bool] = {}
    for score in scores:
        key = _key(score, names, turned, bounds)
        if isinstance(key, str):
            losses.append(Loss(f"the score “{score.name}” is left out: {key}", score.where))
            continue
        clash = [
            name for name in key.items if reverse.get(name, name in key.reverse) != (name in key.reverse)
        ]
        if clash:
            what = f"the score “{score.name}” is left out: it turns {clash[0]}, which another score does not"
            losses.append(Loss(what, score.where))
            continue
        reverse.update({name: name in key.reverse for name in key.items})
        keys.append(key)
        if score.formula.rounded:
            losses.append(
                Loss(f"the score “{score.name}” is rounded in the file; here it is not", score.where)
            )
    return tuple(keys), tuple(losses)


def _key(
    score: Score, names: Sequence[str], turned: frozenset[str], bounds: tuple[float, float]
) -> Key | str:
    """The scale, or why the score is none. A number is turned by low + high − number."""
    weights = score.formula.weights
    strange = [name for name in weights if name not in names]
    if strange:
        return f"it uses {strange[0]}, which is no rating question here"
    whole = sum(bounds)
    constant = score.formula.constant + sum(whole * weights[name] for name in weights if name in turned)
    signed = {name: -weight if name in turned else weight for name, weight in weights.items()}
    size = max(map(abs, signed.values()))
    if size == 0 or not all(_near(abs(weight), size, size) for weight in signed.values()):
        return "it weighs its questions differently"
    backwards = frozenset(name for name, weight in signed.items() if weight < 0)
    if not _near(constant, size * whole * len(backwards), size * max(1.0, *map(abs, bounds))):
        return "it adds or subtracts a constant, or takes questions off, in a way a scale here cannot"
    items = tuple(name for name in names if name in weights)
    mean = len(items) > 1 and _near(size * len(items), 1.0, 1.0)
    return Key(
        score.name, score.title, items, backwards, "mean" if mean else "sum", 1.0 if mean else _tidy(size)
    )


def scale_range(method: str, multiply: float, many: int, bounds: tuple[float, float]) -> list[float]:
    """Lowest and highest score of a scale over `many` items."""
    factor = multiply * (many if method == "sum" else 1)
    return [_tidy(bounds[0] * factor), _tidy(bounds[1] * factor)]


def turned_items(keys: Sequence[Key], turned: frozenset[str]) -> Mapping[str, bool]:
    """Which items count backwards: as the keys say; where none does, those with mirrored answers."""
    found = dict.fromkeys(turned, True)
    for key in keys:
        found.update({name: name in key.reverse for name in key.items})
    return found


def _near(one: float, other: float, size: float) -> bool:
    return math.isclose(one, other, rel_tol=1e-6, abs_tol=1e-6 * size)


def _tidy(value: float) -> float:
    """The number without the dust of its computing."""
    return float(f"{value:.10g}")
