"""A comparison as the values of its JSON output (`compare --json`)."""

from sandbox.analysis.answer import Answer, answer
from sandbox.analysis.comparison import ComparedArm, Comparison, arms_compared_with, compared_with
from sandbox.analysis.difference import Difference
from sandbox.analysis.enough import enough
from sandbox.analysis.harm import harm
from sandbox.analysis.mixed import Mixed
from sandbox.analysis.noise import noise
from sandbox.analysis.paired import bca_interval, hedges_gz, holm, sign_flip_p
from sandbox.analysis.rank import cluster_lines
from sandbox.export.result import (
    AnswerResult,
    ArmColumn,
    ArmSession,
    ComparisonResult,
    DifferenceResult,
    PointRow,
)


def comparison_result(comparison: Comparison, mixed: Mixed | None = None) -> ComparisonResult:
    questionnaire, way, scale = comparison.scale
    return ComparisonResult(
        cautions=comparison.remarks,
        questionnaire=questionnaire,
        way=way,
        scale=scale,
        trunks=comparison.trunks,
        answer=answer_result(answer(comparison)),
        harm=harm(comparison),
        noise=noise(comparison),
        mixed=mixed,
        arms=tuple(_compared_arm(arm, comparison) for arm in comparison.arms),
        rows=tuple(
            PointRow(
                point=row.label,
                phase=row.phase,
                technique_turn=row.number or None,
                as_at=row.as_at,
                cells=row.cells,
            )
            for row in comparison.rows
        ),
    )


def answer_result(found: Answer) -> AnswerResult:
    """The values of an answer, as every table of effects and every JSON has them."""
    p_values = [sign_flip_p(one.values) for one in found.beyond]
    beyond = zip(found.beyond, p_values, holm(p_values), strict=True)
    return AnswerResult(
        lines=found.lines,
        inductions=found.inductions,
        enough=enough(found),
        clusters=cluster_lines(found),
        beyond=tuple(_difference_result(one, p, adjusted) for one, p, adjusted in beyond),
        between=tuple(_difference_result(one, sign_flip_p(one.values), None) for one in found.between),
    )


def _difference_result(one: Difference, p: float | None, p_holm: float | None) -> DifferenceResult:
    looked = one.evidence
    return DifferenceResult(
        title=one.title,
        against=one.against,
        at=one.at,
        runs=len(one.values),
        of=one.of,
        values=one.values,
        mean=one.paired.mean,
        low=one.paired.low,
        high=one.paired.high,
        too_wide=one.paired.too_wide,
        verdict=one.verdict,
        said=one.said,
        bound=one.bound,
        more_runs=one.more_runs,
        hedges_gz=hedges_gz(one.values),
        bca=bca_interval(one.values),
        p=p,
        p_holm=p_holm,
        e_value=looked.value if looked else None,
        any_time=(looked.low, looked.high) if looked else (None, None),
        reliable=one.paired.reliable,
    )


def _compared_arm(arm: ComparedArm, comparison: Comparison) -> ArmColumn:
    first = arm.sessions[0].plan
    beside = arms_compared_with(arm, comparison.arms)
    used = {one.id: compared_with(one, beside) for one in arm.sessions}
    return ArmColumn(
        title=arm.title,
        technique=first.technique.id if first.technique else None,
        control=arm.control,
        reference=arm.reference,
        primary=arm.primary or None,
        compared_with=tuple(other.title for other in beside),
        usable=arm.usable(comparison.scale) or None,
        model=first.model,
        scenario=first.scenario.id,
        sessions=tuple(
            ArmSession(
                id=one.id,
                trunk=one.trunk,
                seed=one.plan.seed,
                state=one.state,
                redone_turn=one.redone,
                replaces=one.replaces,
                replaced_by=one.replaced_by,
                compared_with=other.id if (other := used[one.id]) else None,
            )
            for one in arm.sessions
        ),
    )
