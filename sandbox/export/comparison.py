"""A comparison for others: as Markdown or CSV, and gathered from the record."""

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache

from sandbox.analysis.arm import (
    Arm,
    arm_of,
    beginning,
    control_beside,
    in_place_of,
    numbers,
    scales,
    skips,
    started_with,
)
from sandbox.analysis.comparison import Cell, ComparedArm, Comparison, Row, arms_compared_with
from sandbox.analysis.trajectory import ScaleName
from sandbox.engine.plan import SessionHead
from sandbox.errors import NotFoundError, UsageError
from sandbox.export.comparison_text import cells, explanation, heading, reasons
from sandbox.export.family import NOTICE, is_control
from sandbox.export.markdown_text import inline, table
from sandbox.export.result import usable
from sandbox.export.table import guarded
from sandbox.store.session import StoredSession
from sandbox.store.state import StateEntry
from sandbox.store.store import Store

COLUMNS = (
    "point", "phase", "technique_turn", "arm", "sessions", "control", "compared_with", "questionnaire",
    "way", "scale", "score", "score_n", "change", "change_n", "difference", "low", "high", "pairs",
    "left_out", "primary", "reliable", "difference_reliable", "reason", "usable", "replaces", "note",
)  # fmt: skip
_NOTE = "simulated affect, not a feeling"


def gather_compared(
    store: Store, ids: Iterable[str], *, controls: bool = True, earlier: bool = False
) -> tuple[Arm, ...]:
    """The sessions from the record; a trunk stands for all its branches. Raises NotFoundError, UsageError.

    With `controls` the control that stands beside a session comes along, as every comparison needs it. Of a
    trunk's arms those are left out whose place a redo took; with `earlier` they come along, marked
    (`replaced_by`). A session named by itself always comes.
    """
    ids = tuple(ids)
    families_of = store.families(ids)
    known = store.scores({head.id for heads in families_of.values() for head in heads})

    def find(id: str) -> StoredSession:
        if id not in known:
            known.update(store.scores([id]))
        return known[id]

    wanted: dict[str, str] = {}
    families: dict[str, tuple[str, ...]] = {}
    places: dict[str, int] = {}
    replaced: dict[str, str] = {}
    heads: dict[str, SessionHead] = {}
    counted: dict[str, int] = {}
    for id in ids:
        members = families_of[id]
        trunk = members[0].id
        heads.update((head.id, head) for head in members)
        places.update((head.id, place) for place, head in enumerate(members, -1))
        if any(head.plan.redo is not None for head in members):
            replaced |= in_place_of(find(head.id) for head in members)
        counted |= numbers(members, replaced)
        arms = [head for head in members if head.plan.technique is not None]
        families[trunk] = tuple(
            h.id for h in arms if h.plan.technique and h.plan.technique.is_control and h.id not in replaced
        )
        standing = [head.id for head in arms if earlier or head.id not in replaced]
        for one in (standing or [id]) if id == trunk else [id]:
            wanted.setdefault(one, trunk)

    if controls:
        for trunk, found in families.items():
            chosen = [find(id) for id, its in wanted.items() if its == trunk]
            wanted.update((control, trunk) for control in _missing_controls(chosen, found, find))
    if len(wanted) < 2:
        raise UsageError(
            "There is nothing to compare this session with.",
            todo="Name two sessions, or a shared start with several arms; `b` in the app adds an arm.",
        )
    sessions = [(find(id), trunk) for id, trunk in wanted.items()]
    altered = store.altered_in([session.head.id for session, _ in sessions])
    checks = {name: store.checks(name) for name in {session.model.name for session, _ in sessions}}

    @cache
    def states(id: str) -> tuple[StateEntry, ...]:
        return known[id].states if id in known else store.states(id)

    return tuple(
        arm_of(
            session,
            trunk,
            beginning(session, find),
            checks=checks[session.model.name],
            answered_by=started_with(session.head, heads, states),
            altered=altered[session.head.id],
            skips=skips(session, find),
            number=counted[session.head.id],
            place=places[session.head.id],
            replaces=[old for old, now in replaced.items() if now == session.head.id],
            replaced_by=None if session.head.id in ids else replaced.get(session.head.id),
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
    sessions: tuple[Arm, ...], scale: str | None = None, questionnaire: str | None = None
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


def _nothing_measured(sessions: tuple[Arm, ...]) -> NotFoundError:
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


# Files


def comparison_markdown(comparison: Comparison) -> str:
    """The comparison as Markdown, ending in a newline."""
    head, rows = cells(comparison)
    blocks = [
        f"# Comparison: {inline(heading(comparison))}",
        f"> {NOTICE}",
        *(f"**Caution:** {inline(warning)}" for warning in comparison.cautions),
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


def _flat(comparison: Comparison, row: Row, arm: ComparedArm, cell: Cell) -> dict[str, object]:
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
        "score_n": cell.sessions,
        "change": cell.change,
        "change_n": cell.changes,
        "difference": difference.mean if difference else None,
        "low": difference.low if difference else None,
        "high": difference.high if difference else None,
        "pairs": difference.pairs if difference else None,
        "left_out": difference.left_out if difference else None,
        "primary": int(row.label == arm.primary) if difference else None,
        "reliable": int(cell.reliable),
        "difference_reliable": int(difference.reliable) if difference else None,
        "reason": cell.reason or (difference.reason if difference else ""),
        "usable": usable(arm, comparison.scale),
        "replaces": " ".join(old for session in arm.sessions for old in session.replaces),
        "note": _NOTE,
    }
