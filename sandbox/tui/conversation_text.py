"""A conversation as plain text, for the clipboard."""

from sandbox.engine.history import Measured, Turn
from sandbox.engine.run_state import RunState
from sandbox.export import NOTICE
from sandbox.models.name import short_name
from sandbox.text import printable
from sandbox.tui.scores import main_scale
from sandbox.tui.widgets.measured_line import summary


def conversation_text(state: RunState, session: str) -> str:
    """The whole conversation of a session as plain text, with its measurements between the turns."""
    shown = state.sessions[session]
    model = shown.model or short_name(shown.head.plan.model)
    lines = [
        NOTICE,
        f"{state.family_title()} · {state.title(session)} · {model}",
        "",
    ]
    before: dict[str, float | None] = {}
    for entry in state.lineage(session):
        if isinstance(entry, Turn):
            lines.append(f"{'Scenario' if entry.origin == 'scenario' else 'Therapist'}: {entry.said}")
            who = "Client (refused)" if entry.refused else "Client"
            lines.append(f"{who}: {entry.reply}" if entry.reply is not None else "(no reply awaited)")
        elif isinstance(entry, Measured):
            name = entry.administration.questionnaire
            lines.append(f"[{summary(entry, before.get(name))}]")
            scale = main_scale(entry)
            before[name] = entry.administration.score(scale) if scale else None
        else:
            lines.append(f"[step {entry.step} left out]")
    return printable("\n".join(lines)) + "\n"
