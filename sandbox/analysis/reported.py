"""What a report is made from, gathered from the record for every face that writes one. Renders nothing."""

from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.analysis.arm import Arm
from sandbox.analysis.comparison import worth_pooling
from sandbox.analysis.family import chosen_scale, gather_compared
from sandbox.analysis.trajectory import ScaleName
from sandbox.store.call import Drawn, drawn_by
from sandbox.store.progress import Spent, spent_by
from sandbox.store.store import Store
from sandbox.store.study import FrozenStudy, StudyRecord
from sandbox.study.frozen import outline_of, plan_of
from sandbox.study.progress import finished_trunks, study_or_session


@dataclass(frozen=True, slots=True)
class ReportOn:
    """What a report is made from: arms, the scale that counts, what the calls took, the question.

    `drawn`: how the models' answers were drawn. `plans` has a sentence for each study that the arms are of:
    its plan, and its looks. `interim` says how much of them is finished, where that is not all.
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
    studies = [found for one in named if (found := record.newest(one)) is not None]
    plans = [plan_of(one).study for one in studies]
    asked = " ".join(one.question or "" for one in plans)
    titles = " and ".join(dict.fromkeys(one.title for one in plans))
    with store.reading() as db:
        sessions = {one for arm in arms for one in (arm.id, arm.trunk)}
        spent, drawn = spent_by(db, sessions), drawn_by(db, sessions)
    told = " and ".join(dict.fromkeys(arm.plan.scenario.title for arm in arms))
    return ReportOn(
        arms=arms,
        scale=chosen_scale(arms, scale or own_scale(store, named), questionnaire),
        spent=spent,
        drawn=drawn,
        title=title or (titles if len(studies) == len(named) else "") or f"Report: {told}",
        question=question or asked.strip(),
        pooled=worth_pooling(arms),
        plans=tuple(_plan(record, found) for found in studies),
        interim=" ".join(filter(None, (_interim(record, found) for found in studies))),
    )


def own_scale(store: Store, named: Sequence[str]) -> str | None:
    """The scale that the stop rule of a study among these is about; None where none has such a rule."""
    found = (StudyRecord(store).newest(one) for one in named)
    stops = (plan_of(one).study.stop for one in found if one is not None)
    return next((stop.scale for stop in stops if stop is not None), None)


def _interim(studies: StudyRecord, study: FrozenStudy) -> str:
    """How much of the study is finished, where that is not all of it; empty where it is."""
    outline = outline_of(study)
    finished, cells = len(finished_trunks(studies, outline)), len(outline.cells)
    if finished == cells:
        return ""
    return f"Interim: {finished:,} of {cells:,} runs of the study “{study.name}” are finished."


def _plan(studies: StudyRecord, study: FrozenStudy) -> str:
    """When its plan was frozen, whether it was changed since, and the looks of its stop rule."""
    first, *later = studies.plans(study.root)
    frozen = f"plan {first.hash[:16]}, frozen {first.at:%Y-%m-%d %H:%M}, before its first call"
    said = f"Study “{study.name}”: {frozen}."
    if later:
        times = "once" if len(later) == 1 else f"{len(later)} times"
        said += (
            f" It was changed {times}: what was added by plan {study.hash[:16]}, frozen"
            f" {study.at:%Y-%m-%d %H:%M}, was added with the earlier results at hand."
        )
    if looks := studies.logged(study.root, kinds=("look",)):
        repeats = ", ".join(str(entry.detail["repeats"]) for entry in looks)
        said += (
            f" Its stop rule was looked at after {repeats} repeats, as planned; the intervals here do not"
            " allow for that."
        )
    return said
