"""What the JSON outputs hold, each by its schema: run, compare, import data with `--json`, export's `.json`.

They are built of the same parts: cautions, arms, trajectories with their effects. The schemas stand in
docs/schemas; a change of a key is a new FORMAT_VERSION.
"""

import json
from datetime import datetime
from functools import partial
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from sandbox.analysis.arm import Arm
from sandbox.analysis.comparison import (
    ComparedPoint,
)
from sandbox.analysis.effect import Direction, Effect
from sandbox.analysis.family import Family
from sandbox.analysis.harm import Harm
from sandbox.analysis.induction import Induction
from sandbox.analysis.mixed import Mixed
from sandbox.analysis.noise import Noise
from sandbox.analysis.paired import Verdict
from sandbox.analysis.remarks import Remark
from sandbox.analysis.reply_valence import ReplyPoint
from sandbox.analysis.trajectory import Reading, ScaleName
from sandbox.engine.history import Skip, Turn
from sandbox.engine.phase import Phase, Point
from sandbox.export import NOTICE
from sandbox.library.document import Kind
from sandbox.library.schema import DIALECT, file_name
from sandbox.measurement.administration import Administration, Way
from sandbox.measurement.validity.index import Index
from sandbox.measurement.validity.verdict import Usable
from sandbox.models.provider import ModelDescription
from sandbox.store.call import StoredAttempt
from sandbox.store.state import State

FORMAT_VERSION: Literal[4] = 4


class Part(BaseModel):
    """A part of an output: the keys that are declared and no others."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Output(Part):
    """What every output begins with."""

    format: str
    format_version: Literal[4] = FORMAT_VERSION
    notice: str = NOTICE
    cautions: tuple[Remark, ...]

    def text(self) -> str:
        """As JSON in ASCII, so that no character of a model's can act on a terminal; ends in a newline."""
        return json.dumps(self.model_dump(mode="json"), indent=2, allow_nan=False) + "\n"


class ScoreAt(Part):
    """A score in the scale's units; null, with a reason, when it is missing. `as_at`: given there already."""

    label: str
    value: float | None
    reliable: bool
    reason: str
    as_at: str


class ScaleCourse(Part):
    """A scale's trajectory in one arm, and what came of it. `technique`: null where no control stands beside.

    `own_change` and `control_change` are the two whose difference the technique effect is, at its point.
    """

    questionnaire: str
    way: Reading
    scale: str
    higher_is: Direction
    points: tuple[ScoreAt, ...]
    induction: Effect
    change: Effect
    residual: Effect
    technique: Effect | None
    own_change: Effect | None
    control_change: Effect | None
    little_induced: str


class ArmResult(Part):
    """A session with a technique, or the shared start when nothing branched from it."""

    session: str
    title: str
    technique: str | None
    control: bool
    state: State
    redone_turn: str | None
    replaces: tuple[str, ...]
    replies: tuple[ReplyPoint, ...]
    trajectories: tuple[ScaleCourse, ...]


class RunResult(Output):
    """What `run --json`, `demo --json` and `resume --json` print."""

    format: Literal["therapy-sandbox run"] = "therapy-sandbox run"
    trunk: str
    model: str
    scenario: str
    client: str
    seed: int
    transcript: str
    arms: tuple[ArmResult, ...]


class ArmSession(Part):
    """A session of a compared arm, and the id of the one that stands beside it."""

    id: str
    trunk: str
    seed: int
    state: State
    redone_turn: str | None
    replaces: tuple[str, ...]
    replaced_by: str | None
    compared_with: str | None


class ArmColumn(Part):
    """A column: one session, or several that are averaged. `primary` is the point named beforehand."""

    title: str
    technique: str | None
    control: bool
    reference: bool
    primary: str | None
    compared_with: tuple[str, ...]
    usable: str | None
    model: str
    scenario: str
    sessions: tuple[ArmSession, ...]


class PointRow(Part):
    """A measurement point with a cell an arm, in the arms' order."""

    point: str
    phase: Phase
    technique_turn: int | None
    as_at: str
    cells: tuple[ComparedPoint, ...]


class DifferenceResult(Part):
    """One arm against another at the point that counts, over the runs that have both; below 0 it was lower.

    `low` and `high`: Student's 95 % interval; `too_wide`: it is wider than the scale. `bound`: the smallest
    difference of interest, a tenth of the scale's range. `hedges_gz` is in units of the differences' SD.
    `bca`, `p` (sign flips) and `p_holm` (adjusted over `beyond`) are null with fewer than six runs.
    `e_value` stays valid however often it is looked at (with `bound` as its size); it decides from 20 on,
    and `any_time` holds the effect at all looks.
    `of`: the runs of the arm, those without a difference among them.
    `said`: the verdict with what has to be added where nothing was raised; `no interval` where there is none.
    """

    title: str
    against: str
    at: str
    runs: int
    of: int
    values: tuple[float, ...]
    mean: float | None
    low: float | None
    high: float | None
    too_wide: bool
    verdict: Verdict
    said: str
    bound: float | None
    more_runs: int | None
    hedges_gz: float | None
    bca: tuple[float, float] | None
    p: float | None
    p_holm: float | None
    e_value: float | None
    any_time: tuple[float | None, float | None]
    reliable: bool


class AnswerResult(Part):
    """What the comparison says, in sentences; `beyond` has the arms against what stands beside them.

    `clusters`: which arms are not told apart from one another, a sentence for each set of one start.
    `inductions`: what each scenario did to the score, which the sentences begin with where it did nothing.
    """

    lines: tuple[str, ...]
    inductions: tuple[Induction, ...]
    enough: str
    clusters: tuple[str, ...]
    beyond: tuple[DifferenceResult, ...]
    between: tuple[DifferenceResult, ...]


class ComparisonResult(Output):
    """What `compare --json` prints. `trunks` counts the independent observations; `mixed` is there with
    `--mixed`."""

    format: Literal["therapy-sandbox comparison"] = "therapy-sandbox comparison"
    questionnaire: str
    way: Reading
    scale: str
    trunks: int
    answer: AnswerResult
    harm: Harm | None
    noise: Noise | None
    mixed: Mixed | None
    arms: tuple[ArmColumn, ...]
    rows: tuple[PointRow, ...]


class ArmChange(Part):
    """An arm's own change over its runs (its score at the end, where no start was named), and Student's 95 %
    interval."""

    title: str
    runs: int
    mean: float | None
    low: float | None
    high: float | None


class ExternalResult(Output):
    """What `import data --json` prints. `disagreements`: the totals that are not what their items give."""

    format: Literal["therapy-sandbox data"] = "therapy-sandbox data"
    by: Literal["human", "model"]
    file: str
    row_count: int
    answer: AnswerResult
    changes: tuple[ArmChange, ...]
    disagreements: tuple[str, ...]
    notes: tuple[str, ...]


class ArchivedDocument(Part):
    """A document as it was, under the SHA-256 of its text."""

    kind: Kind
    document: dict[str, Any]


class Measurement(Part):
    """One questionnaire given once; `measured_in` is the session that gave it: this one or an ancestor."""

    measured_in: str
    label: str
    point: Point
    administration: Administration


class LaterMeasurement(Measurement):
    """One given when the session was over: `asked` is the name of the model that was asked."""

    asked: str
    model: ModelDescription
    at: datetime
    measure: dict[str, Any]


class StateChange(Part):
    """A line of a session's log."""

    at: datetime
    state: State
    reason: str
    author: str


class ArchivedSession(Part):
    """All that the record holds of a session; in `plan` a document is {"$document": its hash}.

    `turn_ids` are those of `turns`, in their order: the same in every format.
    """

    id: str
    parent: str | None
    replaced_by: str | None
    inherited_turns: int
    includes_inherited: bool
    created: datetime
    app_version: str
    model: ModelDescription
    plan: dict[str, Any]
    states: tuple[StateChange, ...]
    state_now: State
    turns: tuple[Turn, ...]
    turn_ids: tuple[str, ...]
    replies: tuple[ReplyPoint, ...]
    skips: tuple[Skip, ...]
    measurements: tuple[Measurement, ...]
    asked_afterwards: tuple[LaterMeasurement, ...]
    calls: tuple[StoredAttempt, ...]


class MeasureValidity(Part):
    """What the newest check of a measure on the model said; `usable` null: never checked."""

    questionnaire: str
    way: Way
    usable: Usable | None
    verdict: str | None
    checked: datetime | None
    indices: tuple[Index, ...]
    remark: str


class Archive(Output):
    """The export `.json` and `show --json`: everything that is stored."""

    format: Literal["therapy-sandbox record"] = "therapy-sandbox record"
    written_by: str
    documents: dict[str, ArchivedDocument]
    validity: tuple[MeasureValidity, ...]
    sessions: tuple[ArchivedSession, ...]
    arms: tuple[ArmResult, ...]


OUTPUTS: dict[str, type[Output]] = {
    "run": RunResult, "compare": ComparisonResult, "export": Archive, "data": ExternalResult
}  # fmt: skip
"""Each output by the command that writes it."""


def output_schema_text(name: str) -> str:
    """The JSON Schema (draft 2020-12) of an output as the text of its file."""
    schema = OUTPUTS[name].model_json_schema(mode="serialization")
    described = {"$schema": DIALECT, "$id": file_name(name), **schema}
    return json.dumps(described, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


# Families


def run_result(family: Family, transcript: str) -> RunResult:
    """What came out of a run; `transcript` is the path of the file that was written beside it."""
    plan = family.first.head.plan
    return RunResult(
        cautions=family.remarks,
        trunk=family.first.head.id,
        model=family.first.model.name,
        scenario=plan.scenario.id,
        client=plan.client.id,
        seed=plan.seed,
        transcript=transcript,
        arms=arm_results(family),
    )


def arm_results(family: Family) -> tuple[ArmResult, ...]:
    """Every arm of a family with all its scales."""
    return tuple(map(partial(_arm_result, family), family.arms))


def _arm_result(family: Family, arm: Arm) -> ArmResult:
    technique = arm.plan.technique
    return ArmResult(
        session=arm.id,
        title=arm.title,
        technique=technique.id if technique else None,
        control=arm.is_control,
        state=arm.state,
        redone_turn=arm.redone,
        replaces=arm.replaces,
        replies=arm.replies.points,
        trajectories=tuple(_scale_course(family, arm, name) for name in family.scales),
    )


def _scale_course(family: Family, arm: Arm, name: ScaleName) -> ScaleCourse:
    found = family.effects(arm, name)
    return ScaleCourse(
        questionnaire=name[0],
        way=name[1],
        scale=name[2],
        higher_is=found.higher_is,
        points=tuple(
            ScoreAt(label=p.label, value=p.value, reliable=p.reliable, reason=p.reason, as_at=p.as_at)
            for p in arm.course(name).points
        ),
        induction=found.induction,
        change=found.change,
        residual=found.residual,
        technique=found.technique,
        own_change=found.own_change,
        control_change=found.control_change,
        little_induced=found.little_induced,
    )
