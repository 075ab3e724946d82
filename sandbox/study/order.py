"""In which order a study is run: seeded, and balanced over techniques and over time. Pure."""

from collections.abc import Sequence
from random import Random
from typing import NamedTuple, TypeVar

T = TypeVar("T")


class Place(NamedTuple):
    """Where a trunk stands in the matrix: the positions of its model, client and scenario, and its repeat.

    All count from 0.
    """

    model: int
    client: int
    scenario: int
    repeat: int


def balanced_square(size: int) -> tuple[tuple[int, ...], ...]:
    """Rows of the numbers below `size`; in all of them together each stands at every place equally often, and
    follows each other number equally often.

    Williams 1949, Aust. J. Sci. Res. A 2:149: `size` rows where it is even, twice as many where it is odd.
    """
    first = [0]
    for step in range(1, size):
        first.append(step // 2 + 1 if step % 2 else size - step // 2)
    first = [number % size for number in first] if size else []
    rows = [tuple((number + shift) % size for number in first) for shift in range(size)]
    if size % 2 and size > 1:
        rows += [tuple(reversed(row)) for row in rows]
    return tuple(rows)


def places_in_order(root: str, models: int, clients: int, scenarios: int, repeats: int) -> list[Place]:
    """Every place once. A repeat is a block: what is run early and what late has the same share of each
    model, client and scenario. In a block a model's trunks stand together, in an order of chance."""
    ordered: list[Place] = []
    for repeat in range(repeats):
        chance = _chance(root, repeat)
        for model in chance.sample(range(models), models):
            block = [Place(model, c, s, repeat) for c in range(clients) for s in range(scenarios)]
            chance.shuffle(block)
            ordered += block
    return ordered


def arms_in_order(root: str, places: Sequence[Place], arms: Sequence[T]) -> list[tuple[T, ...]]:
    """The order of the arms at each of the places.

    The repeats of one model, client and scenario go through the rows of a balanced square one after another,
    from a row of chance on; which arm is which number of the square is of chance too.
    """
    dealt = _chance(root, "arms").sample(list(arms), len(arms))
    square = balanced_square(len(dealt)) or ((),)
    ordered = []
    for place in places:
        begin = _chance(root, *place[:3]).randrange(len(square))
        row = square[(begin + place.repeat) % len(square)]
        ordered.append(tuple(dealt[number] for number in row))
    return ordered


def wordings_in_order(root: str, places: Sequence[Place], count: int) -> list[int]:
    """The wording at each of the places, from 0. Of each model, client and scenario, every `count` repeats in
    a row have each wording once, in an order of chance."""
    found = []
    for place in places:
        block, turn = divmod(place.repeat, count)
        dealt = _chance(root, "wording", *place[:3], block).sample(range(count), count)
        found.append(dealt[turn])
    return found


def _chance(root: str, *purpose: str | int) -> Random:
    """The same in every process."""
    return Random("/".join(map(str, (root, *purpose))))  # noqa: S311
