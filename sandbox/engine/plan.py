"""What is going to be run: a trunk (baseline and induction, once) and the branches that leave from it."""

import secrets
from collections.abc import Iterable
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.engine.guidance import Guidance
from sandbox.engine.history import Origin, Turn
from sandbox.engine.phase import Phase, turn_label
from sandbox.library.client import Client
from sandbox.library.questionnaire import Questionnaire
from sandbox.library.scenario import Scenario
from sandbox.library.technique import Technique
from sandbox.measurement.administration import Form, Way
from sandbox.measurement.reading.presentation import Presentation

_ID_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


Shuffled = Literal["options", "labels"]
"""What the session's seed may shuffle beside the items, which it always does: at each point anew."""


class Measure(BaseModel):
    """A questionnaire, how it is read and put, and in which phases it is given.

    `instead_of` says what it stands in for, as the model cannot be asked that: a way of reading, or another
    questionnaire with its way.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    questionnaire: Annotated[Questionnaire, Field(discriminator="kind")]
    way: Way
    phases: tuple[Phase, ...] = ("baseline", "induction", "technique", "follow-up")
    form: Form = "batch"
    shuffled: tuple[Shuffled, ...] = ()
    instead_of: str = ""

    @property
    def presentation(self) -> Presentation:
        """How it is put; shuffled labels are letters dealt out in another order."""
        return Presentation(
            form=self.form,
            options="shuffled" if "options" in self.shuffled else "as written",
            labels="letters" if "labels" in self.shuffled else None,
            letters="shuffled" if "labels" in self.shuffled else "as written",
        )


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


class SessionPlan(BaseModel):
    """One session. Without a technique it is a trunk: it ends after the induction.

    `seed` fixes every random choice; branches of one trunk share it, so that they are paired. With `redo` it
    goes on with its parent's script from that turn, instead of beginning it.
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
    guidance: Guidance | None = None


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
    """What a session is called: `Filler (control)`, `Breathing (t4 redone)`, `Shared start`.

    `redone` is the turn whose reply was asked for again; `earlier`: a redo has taken the arm's place.
    """
    technique = plan.technique
    if technique is None:
        return told_apart(None, redone=redone, earlier=earlier)
    return told_apart(technique.title, control=technique.is_control, redone=redone, earlier=earlier)


def told_apart(
    technique: str | None, *, control: bool = False, redone: str | None = None, earlier: bool = False
) -> str:
    """The same where the plan is not at hand, of the technique's title (None: it has none)."""
    notes = [
        *(["control"] if control else []),
        *([f"{redone} redone"] if redone is not None else []),
        *(["before the redo"] if earlier else []),
    ]
    title = technique if technique is not None else "Shared start"
    return f"{title} ({', '.join(notes)})" if notes else title


def new_session_id() -> str:
    """Eight letters and digits that cannot be misread for one another."""
    return "".join(secrets.choice(_ID_LETTERS) for _ in range(8))


def trunk_and_branches(trunk: SessionPlan, techniques: tuple[Technique, ...]) -> tuple[SessionHead, ...]:
    """The trunk's head followed by one head a technique, each leaving from the trunk's end."""
    root = SessionHead(id=new_session_id(), plan=trunk.model_copy(update={"technique": None}))
    branches = (
        SessionHead(id=new_session_id(), plan=trunk.model_copy(update={"technique": t}), parent=root.id)
        for t in techniques
    )
    return (root, *branches)
