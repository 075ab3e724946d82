"""How wide the intervals of a planned study will be, by the spread that the record already shows."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import stdev

from sandbox.analysis.answer import answer
from sandbox.analysis.comparison import compare
from sandbox.analysis.family import chosen_scale, gather_compared
from sandbox.analysis.paired import half_width, pairs_for_width
from sandbox.errors import SandboxError
from sandbox.library.document import document_hash
from sandbox.store.listing import SessionFilter
from sandbox.store.store import Store
from sandbox.study.plan import StudyPlan

_LEAST = 3
"""Differences; the SD of two says next to nothing."""
_MOST = 400


@dataclass(frozen=True, slots=True)
class Precision:
    """What the interval of one technique effect will look like, on one model and scenario.

    `spread` is the sample SD of `seen` differences between technique and control in the record, each of one
    shared start, in the scale's units. `within`: half of the 95 % interval that Student's t gives for `pairs`
    of that spread. None where the record has fewer than three, or one pair is planned. `needed`: pairs for
    the width that the study's stop rule asks for.
    """

    model: str
    scenario: str
    technique: str
    scale: str
    pairs: int
    seen: int
    spread: float | None
    within: float | None
    needed: int | None = None


def precisions(store: Store, plan: StudyPlan) -> tuple[Precision, ...]:
    """Of every technique on every model and scenario of the plan, in the plan's order.

    What is looked at in the record: finished sessions of that technique, scenario and client, word for word,
    on that model, drawn and asked alike.
    """
    study = plan.study
    pairs = study.runs
    seen = _seen(store, plan)
    wished = study.stop.scale if study.stop else None
    found = []
    for model in plan.measures:
        for scenario in study.scenarios:
            for technique in study.techniques:
                scale, values = seen.get((model, scenario, technique), (wished or "distress", ()))
                spread = stdev(values) if len(values) >= _LEAST else None
                found.append(
                    Precision(
                        model,
                        scenario,
                        technique,
                        scale,
                        pairs,
                        len(values),
                        spread,
                        half_width(spread, pairs) if spread is not None and pairs > 1 else None,
                        pairs_for_width(spread, study.stop.within) if spread and study.stop else None,
                    )
                )
    return tuple(found)


def _seen(store: Store, plan: StudyPlan) -> dict[tuple[str, str, str], tuple[str, tuple[float, ...]]]:
    """By model, scenario and technique: the scale, and one difference a shared start."""
    trunks = tuple(dict.fromkeys(trunk for model in plan.measures for trunk in _alike(store, plan, model)))
    if not trunks:
        return {}
    try:
        arms = gather_compared(store, trunks)
        stop = plan.study.stop
        compared = compare(arms, chosen_scale(arms, stop.scale if stop else None), pooled=True)
    except SandboxError:  # nothing stands beside anything, or nothing was measured
        return {}
    found: dict[tuple[str, str, str], tuple[str, tuple[float, ...]]] = {}
    own = set(plan.documents)
    for arm, difference in zip(
        (arm for arm in compared.arms if arm.primary), answer(compared).beyond, strict=True
    ):
        told = arm.sessions[0].plan
        if told.technique is None or document_hash(told.technique) not in own:
            continue
        key = (told.model, told.scenario.id, told.technique.id)
        if len(difference.values) > len(found.get(key, ("", ()))[1]):
            found[key] = (compared.scale[2], difference.values)
    return found


def _alike(store: Store, plan: StudyPlan, model: str) -> Iterator[str]:
    """The trunks of finished sessions that were run as the plan runs its own."""
    study, own = plan.study, set(plan.documents)
    stretches = {arm.stretches for cell in plan.cells[:1] for arm in cell.arms}
    sessions = [one.summary for one in store.find(SessionFilter(model=model), limit=_MOST)]
    finished = [one.id for one in sessions if one.state == "finished" and one.technique is not None]
    alike = []
    for head in store.heads(finished).values():
        told = head.plan
        same = (told.administration, told.sampling) == (study.administration, study.sampling)
        documents = {document_hash(told.client), document_hash(told.scenario)}
        if same and not told.goes_on and told.stretches in stretches and documents <= own:
            alike.append(head.id)
    for family in store.families(alike).values():
        yield family[0].id
