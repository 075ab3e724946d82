"""The sign of each state a session can be in. One sign means one thing on every screen that shows sessions.

The marks of arms in charts (trajectory_chart.MARKS) and the signs that fold lines are others.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # Home is painted before the engine is loaded
    from sandbox.engine.run_state import SessionState

SIGNS = {
    "planned": "▷",
    "running": "▶",
    "paused": "‖",
    "your words": "›",
    "finished": "✓",
    "stopped": "■",
    "failed": "✗",
    "interrupted": "!",
}


def state_of(session: "SessionState") -> str:
    """The state in words; a running session that waits for the clinician is `paused` or at `your words`."""
    if session.waiting is not None:
        return "paused" if session.waiting.reason == "paused" else "your words"
    return session.state
