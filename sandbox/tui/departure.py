"""Where a new branch can leave from, and with what: data for the branch picker."""

from sandbox.engine.history import Turn
from sandbox.engine.run_state import RunState, SessionState
from sandbox.library.catalogue import Library
from sandbox.library.technique import Technique
from sandbox.tui.screens.branch_picker import Choice, Departure


def departures(run: RunState, session: SessionState, turn: int) -> tuple[Departure, ...]:
    """The induced state, which keeps branches paired, then here: after that turn of the technique."""
    trunk = _trunk(run, session)
    induced = Departure(
        trunk.head.id,
        None,
        "after the scenario, as the other arms"
        if not trunk.is_redo
        else f"after the scenario ({run.title(trunk.head.id)})",
    )
    told = sum(isinstance(e, Turn) and e.phase == "induction" for e in trunk.entries)
    if session.head.plan.technique is None or turn <= told:
        return (induced,)
    id = session.head.id
    return (
        induced,
        Departure(id, turn, f"here: after {run.turn_label(id, turn)} of {run.titles()[id]}"),
    )


def _trunk(run: RunState, session: SessionState) -> SessionState:
    """The session without a technique that this one goes back to: the trunk, or a trunk told again."""
    while session.head.plan.technique is not None and session.head.parent in run.sessions:
        session = run.sessions[session.head.parent]
    return session


def choices(library: Library) -> tuple[Choice, ...]:
    """Every technique that loads; broken documents are the library's business to report."""
    found = []
    for entry in library.entries("technique"):
        document = entry.document
        if isinstance(document, Technique):
            live = document.delivery == "live"
            found.append(Choice(document.id, document.title, document.family, len(document.steps), live))
    return tuple(found)
