"""A run told on stderr, line by line, as its events arrive. Data goes to stdout, elsewhere."""

from collections.abc import Mapping

import click

from sandbox.analysis.numeral import numeral
from sandbox.cli.streams import MovingLine
from sandbox.engine.events import (
    AdministrationFinished,
    CallFinished,
    Event,
    RunPlanned,
    SessionFinished,
    SessionStarted,
    StepSkipped,
    TextDelta,
    TextReset,
    TurnFinished,
    TurnStarted,
)
from sandbox.engine.history import History
from sandbox.engine.phase import point_in_short
from sandbox.engine.plan import SessionHead
from sandbox.engine.run_state import RunState, SessionState, after
from sandbox.text import excerpt, printable


class Progress:
    """Prints a run's events: on a terminal a moving last line, else one line a turn; `plain` says it all."""

    def __init__(
        self,
        heads: tuple[SessionHead, ...],
        known: Mapping[str, History] | None = None,
        *,
        quiet: bool = False,
        plain: bool = False,
    ) -> None:
        told = known or {}
        said = {id: history.turns[history.inherited :] for id, history in told.items()}
        self._run = RunState({head.id: SessionState(head, said.get(head.id, ())) for head in heads})
        self._quiet = quiet
        self._plain = plain
        self._last = MovingLine(quiet=plain or quiet)
        self._pending = ""
        self._starting = False

    def starting(self) -> None:
        """Say on a terminal that the model is being started, until it has answered once."""
        self._starting = self._last.moves
        self._say_starting()

    def end(self) -> None:
        """Leave the moving line empty, however the run ended."""
        self._starting = False
        self._last.clear()

    def show(self, event: Event) -> None:
        if self._quiet and not isinstance(event, SessionFinished):
            return
        self._starting = self._starting and not isinstance(event, TextDelta | CallFinished)
        before, self._run = self._run, after(self._run, event)
        match event:
            case RunPlanned(heads=heads):
                branches = sum(head.parent is not None for head in heads)
                self._line(_planned(branches))
            case SessionStarted(session=session, resumed=resumed):
                self._line(f"{'Going on with' if resumed else 'Running'} {self._name(session)} [{session}]")
            case TurnStarted(session=session, phase=phase, said=said):
                self._begin(self._run.next_label(session, phase), said)
            case TextDelta(text=text):
                self._move(text)
            case TextReset(reason=reason):
                self._reset(reason)
            case CallFinished(call=call) if call.completion and len(call.completion.attempts) > 1:
                self._line(f"  … answered after {len(call.completion.attempts)} attempts")
            case TurnFinished(session=session, turn=turn):
                self._last.clear()
                self._reply(before.next_label(session, turn.phase), turn.reply, refused=turn.refused)
            case StepSkipped(skip=skip):
                self._line(f"  step {skip.step} left out ({skip.reason})")
            case AdministrationFinished(measured=measured):
                scores = measured.administration.scores
                shown = scores if self._plain else [s for s in scores if s.scale == "distress"] or scores[:1]
                text = ", ".join(
                    f"{s.scale} {'missing' if s.value is None else numeral(s.value, decimals=0)}"
                    for s in shown
                )
                self._line(f"  {point_in_short(measured.point.label):>8}  {text}")
            case SessionFinished(ending=ending, reason=reason, error=error) if ending != "finished":
                told = "" if error is not None else reason  # an error is told where the command ends
                self._line(f"{ending.capitalize()}: {printable(told)}" if told else f"{ending.capitalize()}.")
            case _:
                pass

    def _name(self, session: str) -> str:
        plan = self._run.sessions[session].head.plan
        if plan.is_trunk:
            return f"{plan.scenario.title_with_affect}, baseline and scenario"
        return self._run.title(session)

    def _begin(self, turn: str, said: str) -> None:
        self._pending = ""
        if self._plain:
            self._line(f"\n{turn}: {printable(said)}")
        else:
            self._move("")

    def _reply(self, turn: str, reply: str | None, *, refused: bool) -> None:
        note = "(the model refused) " if refused else ""
        if self._plain:
            text = "   (no reply awaited)" if reply is None else f"   client: {note}{printable(reply)}"
            self._line(text)
        else:
            text = "(told, no reply awaited)" if reply is None else excerpt(reply, 90)
            self._line(f"  {turn:>4}: {note}{text}")

    def _reset(self, reason: str) -> None:
        self._pending = ""
        self._line(f"  … the reply broke off ({excerpt(reason, 60)}); asking again" if reason else "")

    def _move(self, text: str) -> None:
        self._pending += text
        if self._last.moves:
            self._last.show(f"  … {excerpt(self._pending, 2000)[-70:]}")

    def _say_starting(self) -> None:
        if self._starting:
            self._last.show("  Starting the model …")

    def _line(self, text: str) -> None:
        self._last.clear()
        if text:
            click.echo(text, err=True)
        self._say_starting()


def _planned(arms: int) -> str:
    """`5 arms planned, from one shared start.`; nothing for a shared start alone."""
    return f"{arms} {'arms' if arms > 1 else 'arm'} planned, from one shared start." if arms else ""
