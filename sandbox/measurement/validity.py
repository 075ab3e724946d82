"""What the battery's trials say: every index, and one plain verdict. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sandbox.library.questionnaire import Questionnaire
from sandbox.measurement import answering, shifts
from sandbox.measurement.administration import Form, Way
from sandbox.measurement.battery import Trial
from sandbox.measurement.index import WORST_FIRST, Index
from sandbox.measurement.trials import Trials, main_scale

Usable = Literal["usable", "usable with care", "not usable with this model"]


@dataclass(frozen=True, slots=True)
class Validity:
    """One questionnaire read one way on one model: the indices, and the verdict with its reasons."""

    questionnaire: str
    way: Way
    scale: str
    indices: tuple[Index, ...]
    usable: Usable
    verdict: str

    def index(self, id: str) -> Index:
        """Raises KeyError for an index that does not exist."""
        for index in self.indices:
            if index.id == id:
                return index
        raise KeyError(id)


_CORE = frozenset(
    {"induction", "rise", "retest", "options reversed", "missing", "coverage", "straight-lining"}
)
"""Indices without which a score means nothing; the others, when bad, call for care."""


def judge(questionnaire: Questionnaire, way: Way, trials: Sequence[Trial], form: Form = "batch") -> Validity:
    """Every index from the trials of one battery, and the verdict."""
    scale = main_scale(questionnaire)
    view = Trials(questionnaire, way, scale, tuple(trials), form)
    indices = (
        shifts.induction(view),
        shifts.rise(view),
        shifts.stays(view),
        shifts.retest(view),
        *(shifts.form(view, condition, title) for condition, title in shifts.FORMS),
        shifts.demand(view, "hint more"),
        shifts.demand(view, "hint less"),
        answering.acquiescence(view),
        answering.straight_lining(view),
        answering.missing(view),
        answering.refusals(view),
        answering.coverage(view),
        answering.consistency(view),
    )
    usable = _usable(indices)
    return Validity(questionnaire.id, way, scale.id, indices, usable, _verdict(usable, indices))


def _rules_out(index: Index) -> bool:
    """True where a score means nothing: what matters is bad, or there was nothing to find it out from."""
    return index.id in _CORE and (
        index.judgement == "bad" or (index.judgement == "unknown" and not index.imprecise)
    )


def _usable(indices: Sequence[Index]) -> Usable:
    if any(_rules_out(index) for index in indices):
        return "not usable with this model"
    spotless = all(index.judgement in ("good", "does not apply") for index in indices)
    return "usable" if spotless else "usable with care"


def _verdict(usable: Usable, indices: Sequence[Index]) -> str:
    """The verdict and what it rests on, in a sentence a clinician understands."""
    if usable == "usable":
        return "Usable: it moves with the state, and not with the form of the question."
    if usable == "not usable with this model":
        blamed = [index for index in indices if _rules_out(index)]
        # What could not be found out follows from what is bad, so it is named only when nothing is.
        blamed = [index for index in blamed if index.judgement == "bad"] or blamed
    else:
        blamed = [index for index in indices if index.judgement in ("bad", "with care", "unknown")]
    blamed.sort(key=lambda index: WORST_FIRST.index(index.judgement))
    reasons = _reasons([index.id for index in blamed if index.judgement != "unknown"])
    unclear = [_SUBJECTS[index.id] for index in blamed if index.imprecise]
    unfound = [
        _SUBJECTS[index.id] for index in blamed if index.judgement == "unknown" and not index.imprecise
    ]
    if unclear:
        reasons.append(f"too few repeats to tell about {', '.join(unclear)}")
    if unfound:
        reasons.append(f"nothing could be found out about {', '.join(unfound)}")
    return f"{usable.capitalize()}: {'; '.join(reasons)}."


def _reasons(ids: Sequence[str]) -> list[str]:
    """What is said of each, both hints in one."""
    both = {"hint more", "hint less"} <= set(ids)
    said = (
        "it moves when told what result is hoped for" if both and id in _HINTS else _REASONS[id] for id in ids
    )
    return list(dict.fromkeys(said))


_HINTS = ("hint more", "hint less")
_REASONS = {
    "induction": "it does not clearly rise more after a strong scenario than after a neutral one",
    "rise": "it does not clearly rise after a strong scenario",
    "stays": "it moves after a neutral scenario",
    "retest": "asked again unchanged it gives another score",
    "options reversed": "it answers by the place of an option, not by its meaning",
    "items reordered": "the order of the items changes the score",
    "paraphrased": "the wording of the instruction changes the score",
    "curt": "the tone of the instruction changes the score",
    "relabelled": "what the options are called changes the score",
    "hint more": "it moves when told that more distress is hoped for",
    "hint less": "it moves when told that less distress is hoped for",
    "acquiescence": "it agrees, or disagrees, with opposite statements alike",
    "straight-lining": "it gives all items the same answer",
    "missing": "many items get no answer that can be read",
    "refusals": "it declines to answer",
    "coverage": "what the model would really say is mostly not among the answers that count",
    "consistency": "the items of the scale do not go together",
}

_SUBJECTS = {
    "induction": "a rise beyond that of a neutral scenario",
    "rise": "a rise after a strong scenario",
    "stays": "a neutral scenario",
    "retest": "asking again",
    "options reversed": "the order of the options",
    "items reordered": "the order of the items",
    "paraphrased": "another wording",
    "curt": "another tone",
    "relabelled": "other names of the options",
    "hint more": "a hint that more is hoped for",
    "hint less": "a hint that less is hoped for",
    "acquiescence": "agreeing with opposite items",
    "straight-lining": "answering all items alike",
    "missing": "missing answers",
    "refusals": "refusals",
    "coverage": "coverage",
    "consistency": "whether the items go together",
}
