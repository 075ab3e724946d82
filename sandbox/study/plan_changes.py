"""How a study's plan was changed, and what was run of the study that a plan of it does not have.

A plan may be changed when results are known. So whatever is then left out has to be said with what is left.
"""

import itertools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel

from sandbox.engine.measure import Measure, written
from sandbox.errors import SandboxError
from sandbox.library.document import Document, document_hash
from sandbox.library.study import Study
from sandbox.library.technique import Technique
from sandbox.store.store import Store
from sandbox.store.study import FrozenStudy, SessionNow, StudyRecord
from sandbox.study.frozen import Outline, outline_of
from sandbox.study.plan import Arm, Cell, StudyPlan
from sandbox.study.progress import finished_arms
from sandbox.text import excerpt, number_of, spans

_OVER = ("finished", "removed")


@dataclass(frozen=True, slots=True)
class PlanChange:
    """A plan that took another's place. `said`: what is different, a line each. `runs`: of how many shared
    starts some arm was finished when it was frozen; it may have been changed with those results at hand."""

    hash: str
    at: datetime
    said: tuple[str, ...]
    runs: int


@dataclass(frozen=True, slots=True)
class PlanHistory:
    """The plans of a study, as one of them sees the others.

    `left_out` tells in words what was run under the others and is not in this one: runs, arms, measures.
    `last`: no plan took its place.
    """

    name: str
    hash: str
    first: FrozenStudy
    changes: tuple[PlanChange, ...]
    left_out: tuple[str, ...]
    last: bool

    @property
    def sentence(self) -> str:
        """What has to be said beside the results of this plan; empty where it has all that was run."""
        if not self.left_out:
            return ""
        plans = (self.first.hash, *(one.hash for one in self.changes))
        kept = ", ".join(f"sandbox compare {hash[:12]}" for hash in plans if hash != self.hash)
        seen = any(one.runs for one in self.changes)
        return (
            f"Not all that was run of the study “{excerpt(self.name, 60)}” is in here"
            + (", and its plan was changed when results were known" if seen else "")
            + f". Left out: {'; '.join(self.left_out)}."
            + (f" As it was planned otherwise: {kept}." if kept else "")
        )


def plan_history(studies: StudyRecord, seen: FrozenStudy) -> PlanHistory:
    """The plans of the study, as `seen` sees the others. A plan that this version cannot read is left out of
    what is told of changes; that it is there is said."""
    found = studies.plans(seen.root)
    outlines = {one.hash: outline for one in found if (outline := _readable(one)) is not None}
    states = studies.states(seen.root).sessions
    told = []
    for before, one in itertools.pairwise(found):
        old, new = outlines.get(before.hash), outlines.get(one.hash)
        said = changes(old.plan, new.plan) if old and new else ("this version of the app cannot read it",)
        known = {id for id, now in states.items() if now.state in _OVER and now.at < one.at}
        runs = {
            ids[0] for outline in outlines.values() for ids in outline.cells.values() if known & {*ids[1:]}
        }
        told.append(PlanChange(one.hash, one.at, said, len(runs)))
    here = outlines.get(seen.hash)
    others = [one for hash, one in outlines.items() if hash != seen.hash]
    left_out = (
        () if here is None else (*_sessions(here, others, states), *_measures(here, found, outlines, states))
    )
    return PlanHistory(
        seen.name, seen.hash, found[0], tuple(told), left_out, last=seen.hash == found[-1].hash
    )


def left_out_beside(store: Store, sessions: Collection[str]) -> tuple[str, ...]:
    """What has to be said where these sessions are all that is finished under a plan of a study: what else
    was run of it. Nothing is said of a study of which these are some sessions only."""
    studies = StudyRecord(store)
    said = []
    for root in studies.changed(sessions):
        for plan in reversed(studies.plans(root)):
            outline = _readable(plan)
            arms = finished_arms(studies, outline) if outline is not None else ()
            if arms and set(arms) <= set(sessions):
                said.append(plan_history(studies, plan).sentence)
                break
    return tuple(filter(None, said))


def _readable(found: FrozenStudy) -> Outline | None:
    try:
        return outline_of(found)
    except SandboxError:
        return None


# What is not in a plan


Seen = dict[str, tuple[int, bool]]
"""By session, its seed and whether all of it was finished."""


def _sessions(here: Outline, others: Sequence[Outline], states: Mapping[str, SessionNow]) -> Iterator[str]:
    """Whole runs, then arms of runs that are here, each kind with its seeds; then what was removed."""
    ours = {id for ids in here.cells.values() for id in ids}
    begun = {id for id, one in states.items() if one.state != "planned"}
    over = {id for id in begun if states[id].state in _OVER}
    runs: dict[str, Seen] = {}
    arms: dict[str, Seen] = {}
    for other in others:
        for cell in other.plan.cells:
            trunk, *branches = other.cells[cell.number]
            if trunk not in ours and trunk in begun:
                own = runs.setdefault(_of_run(cell, other.plan, here.plan), {})
                whole = own.get(trunk, (0, False))[1] or over.issuperset(branches or [trunk])
                own[trunk] = cell.seed, whole
            elif trunk in ours:
                for id, arm in zip(branches, cell.arms, strict=True):
                    if id in begun and id not in ours:
                        of = _of_arm(arm, other.plan, here.plan)
                        arms.setdefault(of, {})[id] = cell.seed, id in over
    yield from _counted("run", runs)
    yield from _counted("arm", arms)
    if removed := sum(states[id].state == "removed" for id in ours & begun):
        yield f"{number_of(removed, 'session')} removed by hand"


def _counted(noun: str, found: Mapping[str, Seen]) -> Iterator[str]:
    for of, sessions in found.items():
        for state in ("finished", "unfinished"):
            seeds = [seed for seed, whole in sessions.values() if whole == (state == "finished")]
            if seeds:
                several = "s" if len(set(seeds)) > 1 else ""
                listed = spans(sorted(set(seeds)))
                yield f"{number_of(len(seeds), f'{state} {noun}')}{of} (seed{several} {listed})"


def _of_run(cell: Cell, other: StudyPlan, here: StudyPlan) -> str:
    """What its start has that this plan does not; empty where that is the seed alone."""
    for kind, hash in (("scenario", cell.scenario), ("client", cell.client)):
        if hash not in here.documents:
            return f" with the {kind} “{other.documents[hash].id}”{_rewritten(other.documents[hash], here)}"
    if cell.model not in here.measures:
        return f" on {cell.model}"
    return " run in another way" if cell.seed in {one.seed for one in here.cells} else ""


def _of_arm(arm: Arm, other: StudyPlan, here: StudyPlan) -> str:
    if arm.technique is None:
        return " without a technique"
    technique = other.documents[arm.technique]
    again = " run in another way" if arm.technique in here.documents else _rewritten(technique, here)
    return f" of “{excerpt(technique.title, 60)}”{again}"


def _rewritten(document: Document, here: StudyPlan) -> str:
    same = (type(one) is type(document) and one.id == document.id for one in here.documents.values())
    return " in another text" if any(same) else ""


def _measures(
    here: Outline,
    found: Sequence[FrozenStudy],
    outlines: Mapping[str, Outline],
    states: Mapping[str, SessionNow],
) -> Iterator[str]:
    """Measures of other plans that this one does not have, where something was run under those."""
    ours = {key for measures in here.plan.measures.values() for key in _named(measures)}
    gone: dict[str, set[str]] = {}
    for place, one in enumerate(found):
        until = found[place + 1].at if place + 1 < len(found) else None
        outline = outlines.get(one.hash)
        if outline is None or one.hash == here.hash:
            continue
        trunks = {
            ids[0]
            for ids in outline.cells.values()
            if any(
                id in states and states[id].state in _OVER and one.at <= states[id].at
                and (until is None or states[id].at < until)
                for id in ids
            )
        }  # fmt: skip
        for measures in outline.plan.measures.values():
            for key, name in _named(measures).items():
                if key not in ours:
                    gone.setdefault(name, set()).update(trunks)
    for name, trunks in gone.items():
        if trunks:
            yield f"the measure {name}, asked in {number_of(len(trunks), 'run')}"


def _named(measures: Sequence[Measure]) -> dict[tuple[str, str], str]:
    """By how it is asked and the text of its questionnaire, what a measure is called."""
    return {(written(one), document_hash(one.questionnaire)): written(one) for one in measures}


# What is different in words


def changes(before: StudyPlan, now: StudyPlan) -> tuple[str, ...]:
    """What is different in the new plan, a line each, in words."""
    lines = []
    for field in Study.model_fields:
        old, new = getattr(before.study, field), getattr(now.study, field)
        if old == new or field in _NOT_TOLD:
            continue
        if isinstance(old, tuple) and isinstance(new, tuple):
            words = [f"{name} {', '.join(map(str, ids))}" for name, ids in (
                ("new:", [one for one in new if one not in old]),
                ("left out:", [one for one in old if one not in new]),
            ) if ids]  # fmt: skip
            told = f" ({_ASKED[now.study.administration]})" if field == "measures" else ""
            lines.append(f"{_name(field)}: {'; '.join(words) or 'in another order'}{told}")
        else:
            lines.append(f"{_name(field)}: {_said(old)} → {_said(new)}")
    texts = {(type(one), one.id): hash for hash, one in before.documents.items() if not _wording(one)}
    for hash, one in now.documents.items():
        if not _wording(one) and texts.get((type(one), one.id), hash) != hash:
            lines.append(f"the text of “{one.id}”: what was run with the earlier one is kept, and run anew")
    worded = {one.id for hash, one in now.documents.items() if _wording(one) and hash not in before.documents}
    if before.study.wordings == now.study.wordings:
        lines += [f"wordings of “{id}”: those that are new are run, the others kept" for id in sorted(worded)]
    return tuple(lines)


_ASKED = {
    "aside": "finished runs are not asked anew, and stand beside the new ones on what both were asked",
    "in_conversation": "asked inside the conversation: all is run anew, and the earlier runs stand apart",
}


def _wording(document: Document) -> bool:
    return isinstance(document, Technique) and document.wording is not None


_NOT_TOLD = ("title", "description", "source", "licence", "version", "language", "references")


def _name(field: str) -> str:
    return field.replace("_", " ")


def _said(value: object) -> str:
    if isinstance(value, BaseModel):
        told = {key: one for key, one in value.model_dump().items() if one is not None}
        return ", ".join(f"{_name(key)} {one}" for key, one in told.items()) or "none"
    return "none" if value is None else str(value)
