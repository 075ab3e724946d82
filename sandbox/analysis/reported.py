"""What a report is made from, gathered from the record for every face that writes one. Renders nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sandbox.analysis.arm import Arm
from sandbox.analysis.comparison import worth_pooling
from sandbox.analysis.family import chosen_scale, gather_compared
from sandbox.analysis.trajectory import ScaleName
from sandbox.store.call import Drawn, drawn_by
from sandbox.store.measurement import asked_again
from sandbox.store.progress import Spent, spent_by
from sandbox.store.store import Store
from sandbox.store.study import FrozenStudy, StudyRecord
from sandbox.study.frozen import outline_of, plan_of
from sandbox.study.plan_changes import PlanHistory, plan_history
from sandbox.study.progress import finished_trunks, study_meant, study_or_session
from sandbox.text import number_of


@dataclass(frozen=True, slots=True)
class ReportOn:
    """What a report is made from: arms, the scale that counts, what the calls took, the question.

    `drawn`: how the models' answers were drawn, and `asked_again` how many calls asked once more for one that
    could not be read. `plans` has sentences on the studies that the arms are of: when the plan was frozen,
    each change of it, its looks. `interim` says how much of them is finished, where that is not all.
    """

    arms: tuple[Arm, ...]
    scale: ScaleName
    spent: Spent
    drawn: tuple[Drawn, ...]
    title: str
    question: str = ""
    pooled: bool = True
    plans: tuple[str, ...] = ()
    interim: str = ""
    asked_again: int = 0


def gather_report(
    store: Store,
    named: Sequence[str],
    *,
    scale: str | None = None,
    questionnaire: str | None = None,
    title: str | None = None,
    question: str = "",
) -> ReportOn:
    """What these sessions and studies come to; a study goes by its name or root, a session by its id.

    Studies alone give the report their titles. The scale that counts is, unless one is named, that of a
    study's stop rule, else the usual one. Raises NotFoundError, UsageError.
    """
    arms = gather_compared(store, dict.fromkeys(id for one in named for id in study_or_session(store, one)))
    record = StudyRecord(store)
    studies = [found for one in named if (found := study_meant(store, one)) is not None]
    plans = [plan_of(one).study for one in studies]
    asked = " ".join(one.question or "" for one in plans)
    titles = " and ".join(dict.fromkeys(one.title for one in plans))
    with store.reading() as db:
        sessions = {one for arm in arms for one in (arm.id, arm.trunk)}
        spent, drawn = spent_by(db, sessions), drawn_by(db, sessions)
        again = asked_again(db, sessions)
    told = " and ".join(dict.fromkeys(arm.plan.scenario.title for arm in arms))
    name = chosen_scale(arms, scale or own_scale(store, named), questionnaire)
    return ReportOn(
        arms=arms,
        scale=name,
        spent=spent,
        drawn=drawn,
        title=title or f"Report: {titles if len(studies) == len(named) else told}",
        question=question or asked.strip(),
        pooled=worth_pooling(arms, name),
        plans=tuple(
            line for found in studies for line in plan_sentences(record, found, plan_history(record, found))
        ),
        interim=" ".join(filter(None, (interim(record, found) for found in studies))),
        asked_again=again,
    )


def own_scale(store: Store, named: Sequence[str]) -> str | None:
    """The scale that the stop rule of a study among these is about; None where none has such a rule."""
    found = (study_meant(store, one) for one in named)
    stops = (plan_of(one).study.stop for one in found if one is not None)
    return next((stop.scale for stop in stops if stop is not None), None)


def interim(studies: StudyRecord, study: FrozenStudy) -> str:
    """How much of the study is finished, where that is not all of it; empty where it is."""
    outline = outline_of(study)
    finished, cells = len(finished_trunks(studies, outline)), len(outline.cells)
    if finished == cells:
        return ""
    running = " It is running now." if studies.at_work(study.root) else ""
    return f"Interim: {finished:,} of {cells:,} runs of the study “{study.name}” are finished.{running}"


def plan_sentences(studies: StudyRecord, study: FrozenStudy, history: PlanHistory) -> Iterator[str]:
    """When its plan was frozen, how it was changed since, and the looks of its stop rule."""
    first = history.first
    frozen = f"plan {first.hash[:12]}, frozen {first.at:%Y-%m-%d %H:%M}, before its first call"
    yield f"Study “{study.name}”: {frozen}."
    for one in history.changes:
        results = f"with results of {number_of(one.runs, 'run')} at hand" if one.runs else "before any result"
        said = f"Plan {one.hash[:12]}, frozen {one.at:%Y-%m-%d %H:%M}, changed it {results}"
        yield f"{said}: {'; '.join(one.said)}." if one.said else f"{said}, in words that change no run."
    if history.changes and not history.last:
        yield f"What is reported here is plan {study.hash[:12]}."
    if looks := studies.logged(study.root, kinds=("look",)):
        repeats = ", ".join(str(entry.detail["repeats"]) for entry in looks)
        yield (
            f"Its stop rule was looked at after {repeats} repeats, as planned; the intervals here do not"
            " allow for that."
        )
