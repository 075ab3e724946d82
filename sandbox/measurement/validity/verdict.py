"""What the battery's trials say: every index, and one plain verdict. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sandbox.library.questionnaire import Questionnaire
from sandbox.measurement.administration import Form, Way
from sandbox.measurement.validity import answering, shifts
from sandbox.measurement.validity.battery import Trial, Trials, main_scale
from sandbox.measurement.validity.index import WORST_FIRST, Index, value_text

Usable = Literal["usable", "usable with care", "undecided", "not usable with this model"]


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
    {
        "induction", "rise", "evening", "retest", "options reversed", "hint more", "hint less", "missing",
        "coverage", "straight-lining",
    }
)  # fmt: skip
"""Indices without which a score means nothing; the others, when bad, call for care."""
_DECISIVE = frozenset({"induction", "rise", "evening", "hint more", "hint less"})
"""Those of them that say whether it measures at all. Where one is not known, no verdict can be given."""


def judge(questionnaire: Questionnaire, way: Way, trials: Sequence[Trial], form: Form = "batch") -> Validity:
    """Every index from the trials of one battery, and the verdict."""
    scale = main_scale(questionnaire)
    view = Trials(questionnaire, way, scale, tuple(trials), form)
    indices = (
        *shifts.moved_by_scenario(view),
        shifts.stays(view),
        shifts.retest(view),
        *(shifts.form(view, condition, title) for condition, title in shifts.FORMS),
        shifts.demand(view, "hint more"),
        shifts.demand(view, "hint less"),
        shifts.echo(view),
        *shifts.own_scenarios(view),
        answering.acquiescence(view),
        answering.straight_lining(view),
        *answering.ends(view),
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


def _is_undecided(index: Index) -> bool:
    """True where a few repeats do not tell whether it measures at all."""
    return index.id in _DECISIVE and index.judgement == "unknown" and index.imprecise


def _usable(indices: Sequence[Index]) -> Usable:
    if any(_rules_out(index) for index in indices):
        return "not usable with this model"
    if any(_is_undecided(index) for index in indices):
        return "undecided"
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
        blamed = _without_the_declined(blamed, indices)
    elif usable == "undecided":
        subjects = _subjects([index for index in indices if _is_undecided(index)])
        return f"Undecided: too few repeats to tell about {', '.join(subjects)}. Check it with more repeats."
    else:
        blamed = [index for index in indices if index.judgement in ("bad", "with care", "unknown")]
    blamed.sort(key=lambda index: WORST_FIRST.index(index.judgement))
    reasons = _reasons([index for index in blamed if index.judgement != "unknown"])
    unclear = _subjects([index for index in blamed if index.imprecise])
    unfound = _subjects([i for i in blamed if i.judgement == "unknown" and not i.imprecise])
    if unclear:
        reasons.append(f"too few repeats to tell about {', '.join(unclear)}")
    if unfound:
        reasons.append(f"nothing could be found out about {', '.join(unfound)}")
    return f"{usable.capitalize()}: {'; '.join(reasons)}."


def _without_the_declined(blamed: list[Index], indices: Sequence[Index]) -> list[Index]:
    """Where items are missing because the model declines, that is the reason, and is said in their place."""
    declined = [index for index in indices if index.id == "refusals" and index.judgement == "bad"]
    if not declined or not any(index.id == "missing" for index in blamed):
        return blamed
    return [*declined, *(index for index in blamed if index.id != "missing")]


def _reasons(blamed: Sequence[Index]) -> list[str]:
    """What is said of each: both hints in one, all affects that do not show as themselves in one."""
    hints = [index for index in blamed if index.id in _HINTS]
    own = [index.id.removeprefix(shifts.OWN) for index in blamed if index.id.startswith(shifts.OWN)]
    said: list[str] = []
    for index in blamed:
        if index.id in _HINTS:
            said.append(_moved_by_hints(hints))
        elif index.id.startswith(shifts.OWN):
            said.append(f"its scales hardly tell their own scenarios from others ({', '.join(own)})")
        else:
            said.append(_REASONS[index.id])
    return list(dict.fromkeys(said))


def _moved_by_hints(hints: Sequence[Index]) -> str:
    """How far a hint moves it; of two the one that moves it further."""
    most = max((index.estimate for index in hints if index.estimate), key=lambda one: abs(one.value))
    size = value_text(replace(most, value=abs(most.value)), "% of the range")
    hoped = {"hint more": "that more distress is hoped for", "hint less": "that less distress is hoped for"}
    told = hoped[hints[0].id] if len(hints) == 1 else "what result is hoped for"
    return f"told {told}, it moves by {size} of its range"


def _subjects(blamed: Sequence[Index]) -> list[str]:
    return [
        f"{i.id.removeprefix(shifts.OWN)} after its own scenarios"
        if i.id.startswith(shifts.OWN)
        else _SUBJECTS[i.id]
        for i in blamed
    ]


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
    "evening": "it asks about more than one evening and yet moves with what happened on one",
    "echo": "it mostly repeats the client's own last sentence",
    "floor": "before any scenario every answer lies at its calm end",
    "ceiling": "many answers lie at their distressed end before anything has happened",
    "acquiescence": "it agrees, or disagrees, with opposite statements alike",
    "straight-lining": "it gives all items the same answer",
    "missing": "many items get no answer that can be read",
    "refusals": "the model declines to answer",
    "coverage": "what the model would really say is mostly not among the answers that count",
    "consistency": "the items of the scale do not go together",
}

_SUBJECTS = {
    "induction": "a rise beyond that of a neutral scenario",
    "rise": "a rise after a strong scenario",
    "stays": "a neutral scenario",
    "evening": "one evening",
    "follows": "whether it follows the time it asks about",
    "echo": "the client's own last sentence",
    "floor": "answers at their calm end",
    "ceiling": "answers at their distressed end",
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
