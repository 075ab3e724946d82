"""What is going to be run: a trunk (baseline and induction, once) and the branches that leave from it."""

import secrets
from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from sandbox.engine.guidance import Guidance
from sandbox.engine.history import Origin, Turn
from sandbox.engine.measure import Measure
from sandbox.engine.phase import PHASES, USUAL, Phase, Stretches, technique_first, turn_label
from sandbox.library.client import Client
from sandbox.library.scenario import Scenario
from sandbox.library.study import Design, StudySampling
from sandbox.library.technique import Technique

_ID_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


class Redo(BaseModel):
    """A turn of the parent that a branch says again before it goes on from there, for another reply.

    `passed` are the technique's steps behind that turn: how often each was said, 0 for one left out.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    phase: Phase
    origin: Origin
    said: str
    step: str | None = None
    repeat: int = 1
    passed: dict[str, int] = {}

    def place(self, inherited: Iterable[Turn]) -> str:
        """What the turn is called: `s2`, `t3`. `inherited` are the turns of the history before it."""
        return turn_label(self.phase, 1 + sum(turn.phase == self.phase for turn in inherited))


class Edited(BaseModel):
    """The step of its parent's script that a branch says otherwise, the first if there are several.

    `passed` are the steps behind it, as of a Redo: the branch goes on from there.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    step: str
    passed: dict[str, int] = {}


STRETCHES: Mapping[Design, Stretches] = {
    "after scenario": USUAL,
    "without scenario": ("technique", "follow-up"),
    "before scenario": ("technique", "induction", "follow-up"),
    "measured again": ("induction", "follow-up"),
}
"""What a branch of each design goes through. One that is measured again has no technique."""


class SessionPlan(BaseModel):
    """One session: what it goes through after the baseline (`stretches`), and with what.

    Where its stretches have a technique and the plan has none, it ends there: it is a trunk, and its branches
    go on. `seed` fixes every random choice; branches of one trunk share it, so that they are paired. With
    `redo` it goes on with its parent's script from that turn, instead of beginning it; with `edited` it goes
    on with a changed script where its parent came to the step that is said otherwise. `sampling` is in place
    of what the client's model proposes: its temperature for replies and written answers alike, its max_tokens
    for replies alone. A therapist model draws as it proposes.

    A branch of another design is the trunk's plan with `technique` and `stretches` changed, and leaves where
    `leaves_at(stretches)` says: without the scenario, or before it, from the trunk's baseline.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str
    client: Client
    scenario: Scenario
    technique: Technique | None = None
    measures: tuple[Measure, ...]
    seed: Annotated[int, Field(ge=0, lt=2**31)]
    administration: Literal["aside", "in_conversation"] = "aside"
    follow_up: Scenario | None = None
    redo: Redo | None = None
    edited: Edited | None = None
    guidance: Guidance | None = None
    stretches: Stretches = USUAL
    sampling: StudySampling = StudySampling()

    @model_validator(mode="after")
    def _in_an_order(self) -> "SessionPlan":
        told = self.stretches
        if not told or len(set(told)) < len(told) or "baseline" in told:
            raise ValueError("a session goes through induction, technique, follow-up, each at most once")
        if "follow-up" in told[:-1]:
            raise ValueError("the follow-up comes last")
        if self.technique is not None and "technique" not in told:
            raise ValueError("a technique needs its stretch")
        return self

    @property
    def is_trunk(self) -> bool:
        """Whether it ends where a technique would begin."""
        return self.technique is None and "technique" in self.stretches

    @property
    def goes_on(self) -> bool:
        """Whether its technique began in its parent: it goes on there."""
        return self.redo is not None or self.edited is not None

    @property
    def guided_by(self) -> Guidance | None:
        """The therapist model that speaks its technique; None where none does."""
        guided = self.technique is not None and self.technique.delivery == "guided"
        return self.guidance if guided else None

    @property
    def passed(self) -> Mapping[str, int]:
        """The steps behind it when it began, how often each was said; 0 for one left out."""
        begins = self.redo or self.edited
        return begins.passed if begins is not None else {}

    @property
    def measured_again(self) -> bool:
        """Whether it is an arm without a technique: only asked once more."""
        return self.technique is None and not self.is_trunk


def leaves_at(stretches: Stretches) -> int | None:
    """The turn of the trunk that a branch with those stretches leaves from: None its end, 0 its baseline."""
    return None if stretches[0] == "induction" else 0


def in_order(plans: Iterable[SessionPlan]) -> tuple[Phase, ...]:
    """The phases in the order in which points and turns of these sessions stand below one another.

    The usual one, unless every arm has its technique before the scenario.
    """
    arms = [plan.stretches for plan in plans if not plan.is_trunk]
    first = bool(arms) and all(map(technique_first, arms))
    return ("baseline", *STRETCHES["before scenario"]) if first else PHASES


class SessionHead(BaseModel):
    """A session's place in the tree: its id, and the parent and turn it left from (None: a trunk).

    `parent_turn` None with a parent means: from the parent's end.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    plan: SessionPlan
    parent: str | None = None
    parent_turn: int | None = None


def arm_title(plan: SessionPlan, redone: str | None = None, *, earlier: bool = False) -> str:
    """What a session is called: `Filler (control)`, `Breathing (before the scenario)`, `Shared start`.

    `redone` is the turn whose reply was asked for again; `earlier`: a redo has taken the arm's place.
    """
    technique = plan.technique
    return told_apart(
        technique.title if technique is not None else None,
        control=technique is not None and technique.is_control,
        stretches=plan.stretches,
        redone=redone,
        edited=plan.edited.step if plan.edited is not None else None,
        earlier=earlier,
    )


def told_apart(
    technique: str | None,
    *,
    control: bool = False,
    stretches: Stretches = USUAL,
    redone: str | None = None,
    edited: str | None = None,
    earlier: bool = False,
) -> str:
    """The same where the plan is not at hand, of the technique's title (None: it has none).

    `edited` is the step that is said otherwise than in the arm it left.
    """
    said = {
        "control": control,
        "without the scenario": "induction" not in stretches,
        "before the scenario": technique_first(stretches),
        f"changed step “{edited}”": edited is not None,
        f"{redone} redone": redone is not None,
        "before the redo": earlier,
    }
    notes = [note for note, holds in said.items() if holds]
    untold = "Shared start" if "technique" in stretches else "Measured again"
    title = technique if technique is not None else untold
    return f"{title} ({', '.join(notes)})" if notes else title


def new_session_id() -> str:
    """Eight letters and digits that cannot be misread for one another."""
    return "".join(secrets.choice(_ID_LETTERS) for _ in range(8))


def trunk_and_branches(
    trunk: SessionPlan, techniques: tuple[Technique, ...], designs: Iterable[Design] = ("after scenario",)
) -> tuple[SessionHead, ...]:
    """The trunk's head followed by its branches: one a design and technique, one that is measured again.

    A technique is said in its own wording: no variant of a step is (`Technique.worded`).
    """
    spoken = tuple(technique.worded() for technique in techniques)
    root = SessionHead(
        id=new_session_id(), plan=trunk.model_copy(update={"technique": None, "stretches": USUAL})
    )
    branches = (
        SessionHead(
            id=new_session_id(),
            plan=trunk.model_copy(update={"technique": technique, "stretches": STRETCHES[design]}),
            parent=root.id,
            parent_turn=leaves_at(STRETCHES[design]),
        )
        for design in designs
        for technique in ((None,) if design == "measured again" else spoken)
    )
    return (root, *branches)


def with_seed(heads: tuple[SessionHead, ...], seed: int) -> tuple[SessionHead, ...]:
    """The same sessions once more under another seed, with ids of their own."""
    new = {head.id: new_session_id() for head in heads}
    return tuple(
        SessionHead(
            id=new[head.id],
            plan=head.plan.model_copy(update={"seed": seed}),
            parent=new[head.parent] if head.parent is not None else None,
            parent_turn=head.parent_turn,
        )
        for head in heads
    )
