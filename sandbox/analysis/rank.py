"""Which techniques stand together: clusters of those not told apart, never a bare order. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

from sandbox.analysis.answer import Answer
from sandbox.analysis.difference import Difference
from sandbox.analysis.paired import LEAST_FOR_P
from sandbox.engine.phase import at_point
from sandbox.text import number_of, printable

_MOST = 15
"""Of more arms the clusters could be very many."""
_NAMED = 3
"""Of more pairs not each is named."""

Cluster = tuple[str, ...]
"""Titles of arms of which no two are told apart, the one with the lowest score first."""


def cluster_lines(found: Answer) -> tuple[str, ...]:
    """A line for each set of arms that share their starts: the largest clusters there are, the lowest first.

    An arm may stand in several: it is told apart from neither neighbour, though these are from each other.
    Each pair is judged at 5 % by itself. Their control is among the arms. (Maximal cliques: Bron and Kerbosch
    1973.) A set with a pair that has no interval, too few runs or another point than the others gets none:
    whether those two stand together is not known.
    Empty where no arm has two runs.
    """
    return tuple(printable(_line(members, found)) for members in _sets(found))


def _line(members: Cluster, found: Answer) -> str:
    if all(one.verdict == "too few runs" for one in _pairs(members, found)):
        return f"No clusters: under {LEAST_FOR_P} runs no two arms can be told apart."
    if unknown := _unknown(members, found):
        more = f"; and {len(unknown) - _NAMED} pairs more" if len(unknown) > _NAMED else ""
        return f"No clusters: {'; '.join(unknown[:_NAMED])}{more}."
    empty = all(one.empty for one in found.beyond if one.title in members)
    proviso = " Nothing was raised that any of them could relieve." if empty else ""
    return _told(_clusters(members, found), found) + proviso


def _unknown(members: Cluster, found: Answer) -> list[str]:
    """`Breathing and Scan were not compared`: the pairs of which nothing is known, and why."""
    pairs = {frozenset((one.title, one.against)): one for one in _pairs(members, found)}
    said = []
    for one, other in combinations(members, 2):
        pair = pairs.get(frozenset((one, other)))
        if pair is None or not pair.values:
            said.append(f"{one} and {other} were not compared")
        elif pair.verdict == "too few runs":
            said.append(f"{one} and {other} have {number_of(len(pair.values), 'run')}, under {LEAST_FOR_P}")
        elif not pair.known:
            said.append(f"{one} and {other} have no interval")
    points: dict[str, str] = {}
    for pair in pairs.values():
        points.setdefault(pair.at, f"{pair.title} and {pair.against} {at_point(pair.at)}")
    return said or ([f"they are judged at unlike points, {', '.join(points.values())}"] * (len(points) > 1))


def _told(groups: Sequence[Cluster], found: Answer) -> str:
    best = "least distress first" if found.higher_is == "more distress" else "lowest first"
    if len(groups) == 1:
        return f"One cluster, none told apart from another: {' · '.join(groups[0])}."
    said = "; ".join(f"[{' · '.join(group)}]" for group in groups)
    return f"Clusters, {best} (arms in one are not told apart, each pair at 5 %): {said}."


def _sets(found: Answer) -> Iterator[Cluster]:
    return (members for members in _together(found) if 1 < len(members) <= _MOST)


def _together(found: Answer) -> Iterator[tuple[str, ...]]:
    """Titles of techniques that were run from the same starts, with the control beside them."""
    known = {one.title: one for one in found.beyond if len(one.values) > 1}
    left = dict.fromkeys(known)
    while left:
        group = [next(iter(left))]
        for title in group:
            left.pop(title, None)
            for pair in found.between:
                ends = {pair.title, pair.against}
                if title in ends:
                    group += [other for other in ends if other in left and other not in group]
        group.sort(key=lambda title: known[title].paired.mean or 0.0)
        control = known[group[0]].against
        below = [title for title in group if (known[title].paired.mean or 0.0) < 0]
        yield (*below, control, *group[len(below) :])


def _clusters(members: tuple[str, ...], found: Answer) -> tuple[Cluster, ...]:
    apart = {
        frozenset((one.title, one.against)) for one in _pairs(members, found) if one.told_apart
    }  # fmt: skip
    near = {
        one: {other for other in members if other != one and frozenset((one, other)) not in apart}
        for one in members
    }
    groups = [tuple(sorted(group, key=members.index)) for group in _cliques(set(), set(members), set(), near)]
    return tuple(sorted(groups, key=lambda group: [members.index(title) for title in group]))


def _pairs(members: Sequence[str], found: Answer) -> Iterator[Difference]:
    for one in (*found.beyond, *found.between):
        if one.title in members and one.against in members:
            yield one


def _cliques(
    group: set[str], may: set[str], done: set[str], near: Mapping[str, set[str]]
) -> Iterator[set[str]]:
    if not may and not done:
        yield group
    for one in sorted(may):
        yield from _cliques(group | {one}, may & near[one], done & near[one], near)
        may, done = may - {one}, done | {one}
