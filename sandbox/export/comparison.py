"""A comparison for others: as a terminal's text, Markdown, CSV or JSON, and gathered from the record."""

import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from sandbox.analysis.beginning import beginning, control_beside
from sandbox.analysis.compared_session import ComparedSession, compared_session, scales
from sandbox.analysis.comparison import Arm, Cell, Comparison, Row, arms_compared_with, compared_with
from sandbox.analysis.numeral import numeral
from sandbox.analysis.paired import PairedDifference
from sandbox.analysis.trajectory import ScaleName
from sandbox.errors import NotFoundError, UsageError
from sandbox.export.family import NOTICE, is_control
from sandbox.export.markdown_text import inline, table
from sandbox.export.table import guarded
from sandbox.store.session import StoredSession
from sandbox.store.store import Store

COLUMNS = (
    "point", "phase", "technique_turn", "arm", "sessions", "control", "compared_with", "questionnaire",
    "way", "scale", "score", "change", "difference", "low", "high", "pairs", "left_out", "reliable",
    "difference_reliable", "reason", "usable", "note",
)  # fmt: skip
_NOTE = "simulated affect, not a feeling"


def gather_compared(
    store: Store, ids: Iterable[str], *, controls: bool = True
) -> tuple[ComparedSession, ...]:
    """The sessions from the record; a trunk stands for all its branches. Raises NotFoundError, UsageError.

    With `controls` the control that stands beside a session comes along, as every comparison needs it.
    """
    wanted: dict[str, str] = {}
    families: dict[str, tuple[str, ...]] = {}
    places: dict[str, int] = {}
    for id in ids:
        heads = store.family(id)
        places.update((head.id, place) for place, head in enumerate(heads, -1))
        trunk = heads[0].id
        families[trunk] = tuple(
            h.id for h in heads if h.plan.technique is not None and h.plan.technique.is_control
        )
        arms = [head.id for head in heads if head.plan.technique is not None]
        for one in (arms or [id]) if id == trunk else [id]:
            wanted.setdefault(one, trunk)
    known: dict[str, StoredSession] = {}

    def find(id: str) -> StoredSession:
        if id not in known:
            known[id] = store.session(id)
        return known[id]

    if controls:
        for trunk, found in families.items():
            chosen = [find(id) for id, its in wanted.items() if its == trunk]
            wanted.update((control, trunk) for control in _missing_controls(chosen, found, find))
    if len(wanted) < 2:
        raise UsageError(
            "There is nothing to compare this session with.",
            todo="Name two sessions, or a trunk that has branches; `b` in the app opens a branch.",
        )
    sessions = [(find(id), trunk) for id, trunk in wanted.items()]
    checks = {name: store.checks(name) for name in {session.model.name for session, _ in sessions}}
    return tuple(
        compared_session(
            session, trunk, beginning(session, find), checks[session.model.name], places[session.head.id]
        )
        for session, trunk in sessions
    )


def _missing_controls(
    chosen: Sequence[StoredSession], controls: Sequence[str], find: Callable[[str], StoredSession]
) -> Iterator[str]:
    """The controls that stand beside the chosen sessions of a trunk, of those without one among the chosen.

    Where none does, and no control was chosen, one of the trunk's all the same, rather a finished one.
    """
    candidates = [(id, beginning(find(id), find), find(id).state.now) for id in controls]
    own = [candidate for candidate in candidates if any(s.head.id == candidate[0] for s in chosen)]
    found = False
    for session in chosen:
        began = beginning(session, find)
        if not is_control(session) and control_beside(began, own) is None:
            beside = control_beside(began, candidates)
            if beside is not None:
                found = True
                yield beside
    if candidates and not own and not found:
        yield max(candidates, key=lambda candidate: candidate[2] == "finished")[0]


def chosen_scale(
    sessions: tuple[ComparedSession, ...], scale: str | None = None, questionnaire: str | None = None
) -> ScaleName:
    """The scale of that id measured in most of the sessions; without one `distress`, else the first there is.

    Raises NotFoundError, naming what there is.
    """
    names = scales(sessions)
    if not names:
        raise _nothing_measured(sessions)
    if scale is None:
        offered = [name for name in names if questionnaire in (None, name[0])] or list(names)
        scale = next((name[2] for name in offered if name[2] == "distress"), offered[0][2])
    fitting = [name for name in names if name[2] == scale and questionnaire in (None, name[0])]
    if not fitting:
        there = ", ".join(dict.fromkeys(f"{name[2]} ({name[0]})" for name in names))
        raise NotFoundError(
            f"None of the sessions was measured with a scale “{scale}”.", todo=f"Measured were: {there}."
        )
    return max(fitting, key=lambda name: sum(bool(session.course(name).points) for session in sessions))


def _nothing_measured(sessions: tuple[ComparedSession, ...]) -> NotFoundError:
    states = sorted({session.state for session in sessions})
    unfinished = states != ["finished"]
    trunk = sessions[0].trunk
    were = "they have not begun" if states == ["planned"] else f"they are {' or '.join(states)}"
    return NotFoundError(
        f"Nothing was measured in these sessions: {were}.",
        where=trunk,
        todo=f"Go on with them: sandbox resume {trunk}, or name others: sandbox compare A B."
        if unfinished
        else "Name others: sandbox compare A B.",
    )


# Text shared by the terminal and Markdown


def heading(comparison: Comparison) -> str:
    """`distress (word-probe, read by word)`."""
    questionnaire, way, scale = comparison.scale
    return f"{scale} ({questionnaire}, read by {way})"


def cells(comparison: Comparison) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """A header and a row a point: score, change and difference of each arm, for a table."""
    against = "vs control" if _has_control(comparison) else "vs first"
    head = ["point"]
    for arm in comparison.arms:
        head += [arm.title, "change", *([] if arm.reference else [against])]
    rows = []
    for row in comparison.rows:
        line = [row.label]
        for arm, cell in zip(comparison.arms, row.cells, strict=True):
            line += [score_text(cell), numeral(cell.change, signed=True) if cell.change is not None else ""]
            if not arm.reference:
                line.append(difference_text(cell.difference))
        rows.append(tuple(line))
    return tuple(head), rows


def score_text(cell: Cell) -> str:
    """The score, `?` after it when coverage was too low, – when it is missing, nothing when not measured."""
    if cell.score is None:
        return "–" if cell.reason else ""
    return numeral(cell.score) + ("" if cell.reliable else " ?")


def difference_text(difference: PairedDifference | None) -> str:
    """`−20.0 [−31.0, −9.0]`, without the interval where there is none; – when undefined.

    `?` after it when the coverage of a score that went into it was too low.
    """
    if difference is None:
        return ""
    doubt = "" if difference.reliable else " ?"
    if difference.low is None or difference.high is None:
        return numeral(difference.mean, signed=True) + doubt
    low, high = numeral(difference.low, signed=True), numeral(difference.high, signed=True)
    return f"{numeral(difference.mean, signed=True)} [{low}, {high}]{doubt}"


def explanation(comparison: Comparison) -> str:
    """What the columns mean, and what the numbers cannot say, in one paragraph."""
    reference = comparison.reference
    title = reference.title if reference and not reference.control else "the control"
    said = (
        f"change = score − score after the scenario; difference = change − the change under {title} from the"
        " same start: the technique effect. Below zero the score fell, or fell further."
    )
    if comparison.trunks == 1:
        return f"{said} One trunk is one pair: no interval."
    if all(len(arm.sessions) == 1 for arm in comparison.arms):
        return f"{said} Each arm is one session: no interval."
    return (
        f"{said} Means over {comparison.trunks} trunks; in brackets the 95 % interval of the mean paired"
        " difference, by Student's t (the trunk is the unit). With few pairs it is wide: with two it reaches"
        " 12.7 standard errors to either side, with five 2.8, with ten 2.3."
    )


def reasons(comparison: Comparison) -> tuple[str, ...]:
    """Why a difference, or its interval, is undefined: a sentence an arm and reason.

    That one pair has no interval is said for the whole comparison, by `explanation`.
    """
    undefined: dict[str, None] = {}
    without_interval: dict[tuple[str, str], list[str]] = {}
    for row in comparison.rows:
        for arm, cell in zip(comparison.arms, row.cells, strict=True):
            difference = cell.difference
            if difference is None or not difference.reason:
                continue
            if difference.mean is None:
                undefined.setdefault(f"{arm.title}: no difference, because {difference.reason}.")
            elif difference.pairs > 1:
                without_interval.setdefault((arm.title, difference.reason), []).append(row.label)
    return *undefined, *(
        f"{title}: no interval at {', '.join(labels)}, because {reason}."
        for (title, reason), labels in without_interval.items()
    )


# Files


def comparison_markdown(comparison: Comparison) -> str:
    """The comparison as Markdown, ending in a newline."""
    head, rows = cells(comparison)
    blocks = [
        f"# Comparison: {inline(heading(comparison))}",
        f"> {NOTICE}",
        *(f"**Caution:** {inline(warning)}" for warning in comparison.warnings),
        table(
            ("arm", "sessions"),
            [(inline(arm.title), ", ".join(s.id for s in arm.sessions)) for arm in comparison.arms],
        ),
        table(tuple(map(inline, head)), [tuple(map(inline, row)) for row in rows], numbers_from=1),
        *(inline(reason) for reason in reasons(comparison)),
        inline(explanation(comparison)),
    ]
    return "\n\n".join(blocks) + "\n"


def comparison_csv(comparison: Comparison) -> str:
    """One row an arm and point, lines ended by CR LF (RFC 4180), UTF-8. Missing values are empty."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    for row in comparison.rows:
        for arm, cell in zip(comparison.arms, row.cells, strict=True):
            writer.writerow({k: guarded(v) for k, v in _flat(comparison, row, arm, cell).items()})
    return text.getvalue()


def comparison_json(comparison: Comparison) -> str:
    """The comparison as JSON in ASCII, ending in a newline."""
    questionnaire, way, scale = comparison.scale
    data: dict[str, Any] = {
        "notice": NOTICE,
        "questionnaire": questionnaire,
        "way": way,
        "scale": scale,
        "trunks": comparison.trunks,
        "cautions": comparison.warnings,
        "arms": [_arm(arm, comparison) for arm in comparison.arms],
        "rows": [
            {
                "point": row.label,
                "phase": row.phase,
                "technique_turn": row.number or None,
                "cells": [_cell(cell) for cell in row.cells],
            }
            for row in comparison.rows
        ],
    }
    return json.dumps(data, indent=2, allow_nan=False) + "\n"


def _usable(arm: Arm, scale: ScaleName) -> str:
    """The verdict on what the arm was measured with, `never checked` without one; each once."""
    found = (
        known.usable or "never checked"
        for session in arm.sessions
        for known in session.suitabilities
        if (known.measure.questionnaire.id, known.measure.way) == scale[:2]
    )
    return " | ".join(dict.fromkeys(found))


def _has_control(comparison: Comparison) -> bool:
    return comparison.reference is None or comparison.reference.control


def _flat(comparison: Comparison, row: Row, arm: Arm, cell: Cell) -> dict[str, object]:
    questionnaire, way, scale = comparison.scale
    difference = cell.difference
    return {
        "point": row.label,
        "phase": row.phase,
        "technique_turn": row.number or None,
        "arm": arm.title,
        "sessions": " ".join(session.id for session in arm.sessions),
        "control": int(arm.control),
        "compared_with": " | ".join(other.title for other in arms_compared_with(arm, comparison.arms)),
        "questionnaire": questionnaire,
        "way": way,
        "scale": scale,
        "score": cell.score,
        "change": cell.change,
        "difference": difference.mean if difference else None,
        "low": difference.low if difference else None,
        "high": difference.high if difference else None,
        "pairs": difference.pairs if difference else None,
        "left_out": difference.left_out if difference else None,
        "reliable": int(cell.reliable),
        "difference_reliable": int(difference.reliable) if difference else None,
        "reason": cell.reason or (difference.reason if difference else ""),
        "usable": _usable(arm, comparison.scale),
        "note": _NOTE,
    }


def _arm(arm: Arm, comparison: Comparison) -> dict[str, Any]:
    technique = arm.sessions[0].plan.technique
    beside = arms_compared_with(arm, comparison.arms)
    used = {s.id: compared_with(s, beside) for s in arm.sessions}
    return {
        "title": arm.title,
        "technique": technique.id if technique else None,
        "control": arm.control,
        "reference": arm.reference,
        "compared_with": [other.title for other in beside],
        "usable": _usable(arm, comparison.scale) or None,
        "model": arm.sessions[0].plan.model,
        "scenario": arm.sessions[0].plan.scenario.id,
        "sessions": [
            {
                "id": s.id,
                "trunk": s.trunk,
                "seed": s.plan.seed,
                "state": s.state,
                "compared_with": other.id if (other := used[s.id]) else None,
            }
            for s in arm.sessions
        ],
    }


def _cell(cell: Cell) -> dict[str, Any]:
    difference = cell.difference
    return {
        "score": cell.score,
        "change": cell.change,
        "sessions": cell.sessions,
        "reliable": cell.reliable,
        "reason": cell.reason,
        "difference": {
            "mean": difference.mean,
            "low": difference.low,
            "high": difference.high,
            "pairs": difference.pairs,
            "left_out": difference.left_out,
            "reliable": difference.reliable,
            "reason": difference.reason,
        }
        if difference
        else None,
    }
