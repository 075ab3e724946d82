"""What has happened in a session so far, its parent's part included. Plain data; the store rebuilds it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from sandbox.engine.phase import Phase, Point, turn_label
from sandbox.errors import UsageError
from sandbox.measurement.administration import Administration, Form, Way

Origin = Literal["scenario", "scripted", "guided", "live"]
"""Who chose the words that were said: the scenario, the script, a therapist model, or the clinician."""


@dataclass(frozen=True, slots=True)
class Turn:
    """Something said to the client and its reply (None: told without waiting for an answer).

    `index` counts from 1 over the whole history. `step` is the technique step's id; `repeat` counts
    its sayings from 1. `call_id` names the call that gave the reply, `seed` what it was drawn with.
    `refused`: the model declined, and the reply is what it said of that, possibly nothing.
    """

    index: int
    phase: Phase
    origin: Origin
    said: str
    reply: str | None
    step: str | None = None
    repeat: int = 1
    seed: int | None = None
    call_id: str = ""
    refused: bool = False


def turn_labels(turns: Iterable[Turn]) -> dict[int, str]:
    """By index, what each turn of a whole history is called: `s1`, `s2`, `t1`, …"""
    counted: Counter[Phase] = Counter()
    labels = {}
    for turn in turns:
        counted[turn.phase] += 1
        labels[turn.index] = turn_label(turn.phase, counted[turn.phase])
    return labels


@dataclass(frozen=True, slots=True)
class Measured:
    """An administration and the point it was given at."""

    point: Point
    administration: Administration


@dataclass(frozen=True, slots=True)
class Skip:
    """A technique step that was not said, and why."""

    step: str
    after_turn: int
    reason: Literal["condition", "clinician"]


@dataclass(frozen=True, slots=True)
class History:
    """Turns, measurements and skips in order. `inherited` turns belong to the parent."""

    turns: tuple[Turn, ...] = ()
    measured: tuple[Measured, ...] = ()
    skips: tuple[Skip, ...] = ()
    inherited: int = 0

    @property
    def own_turns(self) -> tuple[Turn, ...]:
        """The turns without those inherited from the parent."""
        return self.turns[self.inherited :]

    def with_turn(self, turn: Turn) -> "History":
        return replace(self, turns=(*self.turns, turn))

    def with_measured(self, measured: Measured) -> "History":
        return replace(self, measured=(*self.measured, measured))

    def with_skip(self, skip: Skip) -> "History":
        return replace(self, skips=(*self.skips, skip))

    def branch(self, after_turn: int | None) -> "History":
        """What a branch leaving after that turn inherits: nothing later, no skips, no closing measurement.

        None means: from the end, before any follow-up. Raises UsageError for a turn that does not exist or
        belongs to the follow-up.
        """
        before_follow_up = sum(turn.phase != "follow-up" for turn in self.turns)
        last = before_follow_up if after_turn is None else after_turn
        if not 0 <= last <= before_follow_up:
            raise UsageError(
                "there is no such turn to branch from",
                todo="Choose a turn of the scenario or the technique.",
            )
        return History(
            turns=self.turns[:last],
            measured=tuple(
                m for m in self.measured if m.point.after_turn <= last and m.point.phase != "follow-up"
            ),
            inherited=last,
        )

    def was_measured(self, point: Point, questionnaire: str) -> bool:
        return any(
            m.point == point and m.administration.questionnaire == questionnaire for m in self.measured
        )

    def given_here(self, questionnaire: str, way: Way, form: Form) -> Measured | None:
        """That questionnaire, read and put so, as it was given after the last turn; None if it was not.

        The form matters to reports alone: other ways have one of their own.
        """
        for measured in reversed(self.measured):
            given = measured.administration
            here = measured.point.after_turn == len(self.turns)
            put = way != "report" or given.form == form
            if here and put and (given.questionnaire, given.way) == (questionnaire, way):
                return measured
        return None

    def latest_score(self, scale: str) -> float | None:
        """The newest score of a scale of that id, None when it was never measured or is missing."""
        for measured in reversed(self.measured):
            for score in measured.administration.scores:
                if score.scale == scale:
                    return score.value
        return None
