"""Whether a model may stand in for a person who rates: the alternative annotator test. Pure.

Calderon, Reichart and Dror 2025 (arXiv 2501.10970; ACL 2025, 782). Each person is left out in turn; the
model and the person left out are compared by how near each comes to the others. The model wins over a person
when it is at least as near significantly more often than the person less ε, and passes when it wins over half
of them. On the authors' own data this gives their figures (six models, three sets of numbers).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

EPSILON = 0.2
"""What a model may be worse than an expert, as a difference of shares: the authors' 0.2 for experts (0.15 for
trained people, 0.1 for lay people)."""

ENOUGH = 30
"""Instances a person from which on the authors take Student's t; under it Wilcoxon's signed ranks."""

FALSE_DISCOVERIES = 0.05


@dataclass(frozen=True, slots=True)
class LeftOut:
    """One person against the model. `advantage`: the share of `instances` in which the model is at least as
    near to the others as the person is; `persons`: the same the other way round (ties count for both)."""

    person: str
    instances: int
    advantage: float
    persons: float
    p: float
    won: bool


@dataclass(frozen=True, slots=True)
class AlternativeAnnotator:
    """`winning_rate`: the share of people the model wins over. `advantage`: the mean share over them."""

    people: tuple[LeftOut, ...]
    winning_rate: float
    advantage: float

    @property
    def passes(self) -> bool:
        return self.winning_rate >= 0.5


def alternative_annotator(
    people: Mapping[str, Mapping[str, float]], model: Mapping[str, float]
) -> AlternativeAnnotator | None:
    """The test on the ratings of `people` (by person, then by instance) and of the `model` (by instance).

    Nearness is minus the root mean squared difference. An instance counts where the model and two people or
    more have rated it. False wins are bounded by Benjamini and Yekutieli's procedure over the people. None
    where fewer than two people share an instance with the model.
    """
    rated = {person: dict(ratings) for person, ratings in people.items()}
    found = []
    for person, own in rated.items():
        pairs = []
        for instance, rating in own.items():
            others = [one[instance] for name, one in rated.items() if name != person and instance in one]
            if others and instance in model:
                pairs.append((_near(model[instance], others), _near(rating, others)))
        if pairs:
            found.append((person, pairs))
    if len(found) < 2:
        return None
    ps = [_p([(b >= a) - (a >= b) for a, b in pairs]) for _, pairs in found]
    won = _discoveries(ps, FALSE_DISCOVERIES)
    each = tuple(
        LeftOut(
            person=person,
            instances=len(pairs),
            advantage=sum(a >= b for a, b in pairs) / len(pairs),
            persons=sum(b >= a for a, b in pairs) / len(pairs),
            p=p,
            won=place in won,
        )
        for place, ((person, pairs), p) in enumerate(zip(found, ps, strict=True))
    )
    return AlternativeAnnotator(
        each, len(won) / len(each), math.fsum(one.advantage for one in each) / len(each)
    )


def _near(rating: float, others: Sequence[float]) -> float:
    return -math.sqrt(math.fsum((rating - other) ** 2 for other in others) / len(others))


def _p(differences: Sequence[int]) -> float:
    """One-sided: that the person's share less the model's is ε or more on average."""
    from scipy import stats  # takes a while to import

    shifted = [one - EPSILON for one in differences]
    if len(set(differences)) == 1:  # no spread: neither test has a value
        return 0.5 ** len(differences) if shifted[0] < 0 else 1.0
    if len(differences) < ENOUGH:
        return float(stats.wilcoxon(shifted, alternative="less").pvalue)
    return float(stats.ttest_1samp(shifted, 0.0, alternative="less").pvalue)


def _discoveries(ps: Sequence[float], rate: float) -> set[int]:
    """The places of the p-values that Benjamini and Yekutieli 2001 reject at `rate`."""
    harmonic = math.fsum(1 / one for one in range(1, len(ps) + 1))
    order = sorted(range(len(ps)), key=lambda place: ps[place])
    last = max(
        (rank for rank, place in enumerate(order, 1) if ps[place] <= rank * rate / len(ps) / harmonic),
        default=0,
    )
    return set(order[:last])
