"""An arm as every face tells of it: what it is called, and which redo took whose place. Pure."""

from collections import Counter
from collections.abc import Container, Iterable, Sequence

from sandbox.engine.plan import SessionHead, SessionPlan
from sandbox.store.session import StoredSession

SHARED_START = "Shared start"


def arm_title(plan: SessionPlan, redone: str | None = None, *, earlier: bool = False) -> str:
    """The technique's title with what sets the arm apart: `Filler (control)`, `Breathing (t4 redone)`.

    `redone` is the turn whose reply was asked for again; `earlier`: a redo has taken the arm's place.
    """
    technique = plan.technique
    notes = [
        *(["control"] if technique is not None and technique.is_control else []),
        *([f"{redone} redone"] if redone is not None else []),
        *(["before the redo"] if earlier else []),
    ]
    title = technique.title if technique is not None else SHARED_START
    return f"{title} ({', '.join(notes)})" if notes else title


def redone_turn(session: StoredSession) -> str | None:
    """The turn whose reply the session asks for again, as `s2` or `t3`; None when it is no redo."""
    redo, history = session.head.plan.redo, session.history
    return None if redo is None else redo.place(history.turns[: history.inherited])


def in_place_of(sessions: Iterable[StoredSession]) -> dict[str, str]:
    """The arms whose place a redo took, each with the id of the session that stands there now.

    An arm and all its redos are versions of one arm. The newest stands for it, but one that has not begun or
    was cut short does so only where no other was finished.
    """
    known = {session.head.id: session for session in sessions}
    versions: dict[str, list[StoredSession]] = {}
    for session in known.values():
        if session.head.plan.technique is not None:
            versions.setdefault(_first_version(session, known), []).append(session)
    found: dict[str, str] = {}
    for group in versions.values():
        now = _standing(group)
        found.update({one.head.id: now.head.id for one in group if one is not now})
    return found


def _first_version(session: StoredSession, known: dict[str, StoredSession]) -> str:
    while session.head.plan.redo is not None and session.head.parent in known:
        parent = known[session.head.parent or ""]
        if parent.head.plan.technique is None:
            break
        session = parent
    return session.head.id


def _standing(versions: Sequence[StoredSession]) -> StoredSession:
    """The one of an arm's versions, in the order planned, that stands for it."""

    def worth(session: StoredSession) -> int:
        state = session.state.now
        if state in ("finished", "running"):
            return 2
        return int(state != "planned" and bool(session.own_turns))

    return max(reversed(versions), key=worth)


def numbers(heads: Iterable[SessionHead], replaced: Container[str]) -> dict[str, int]:
    """By id, the how manieth of its title each session of a family is, in the order planned.

    `replaced` are the ids of those whose place a redo took.
    """
    given: Counter[tuple[str, int | None]] = Counter()
    found = {}
    for head in heads:
        redone = head.parent_turn if head.plan.redo is not None else None
        title = arm_title(head.plan, earlier=head.id in replaced), redone
        given[title] += 1
        found[head.id] = given[title]
    return found
