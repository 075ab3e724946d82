"""A run told on stderr, line by line, as its events arrive. Data goes to stdout, elsewhere."""

import sys

import click

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
from sandbox.engine.plan import SessionHead
from sandbox.text import excerpt, printable


class Progress:
    """Prints a run's events: on a terminal a moving last line, else one line a turn; `plain` says it all."""

    def __init__(self, heads: tuple[SessionHead, ...], *, quiet: bool = False, plain: bool = False) -> None:
        self._heads = {head.id: head for head in heads}
        self._quiet = quiet
        self._plain = plain
        self._moving = sys.stderr.isatty() and not plain and not quiet
        self._pending = ""

    def show(self, event: Event) -> None:
        if self._quiet and not isinstance(event, SessionFinished):
            return
        match event:
            case RunPlanned(heads=heads):
                branches = sum(head.parent is not None for head in heads)
                self._line(_planned(branches))
            case SessionStarted(session=session, resumed=resumed):
                self._line(f"{'Going on with' if resumed else 'Running'} {self._name(session)} [{session}]")
            case TurnStarted(index=index, said=said):
                self._begin(index, said)
            case TextDelta(text=text):
                self._move(text)
            case TextReset(reason=reason):
                self._reset(reason)
            case CallFinished(call=call) if call.completion and len(call.completion.attempts) > 1:
                self._line(f"  … answered after {len(call.completion.attempts)} attempts")
            case TurnFinished(turn=turn):
                self._clear()
                self._reply(turn.index, turn.reply, refused=turn.refused)
            case StepSkipped(skip=skip):
                self._line(f"  step {skip.step} left out ({skip.reason})")
            case AdministrationFinished(measured=measured):
                scores = measured.administration.scores
                shown = scores if self._plain else [s for s in scores if s.scale == "distress"] or scores[:1]
                text = ", ".join(
                    f"{s.scale} {'missing' if s.value is None else f'{s.value:.0f}'}" for s in shown
                )
                self._line(f"  {measured.point.label:>4}  {text}")
            case SessionFinished(ending=ending, reason=reason, error=error) if ending != "finished":
                told = "" if error is not None else reason  # an error is told where the command ends
                self._line(f"{ending.capitalize()}: {printable(told)}" if told else f"{ending.capitalize()}.")
            case _:
                pass

    def _name(self, session: str) -> str:
        head = self._heads.get(session)
        if head is None:
            return session
        technique = head.plan.technique
        if technique is None:
            return f"{head.plan.scenario.title} ({head.plan.scenario.affect}), baseline and scenario"
        return f"{technique.title}{' (control)' if technique.is_control else ''}"

    def _begin(self, index: int, said: str) -> None:
        self._pending = ""
        if self._plain:
            self._line(f"\n{index}. {printable(said)}")
        else:
            self._move("")

    def _reply(self, index: int, reply: str | None, *, refused: bool) -> None:
        note = "(the model refused) " if refused else ""
        if self._plain:
            text = "   (no reply awaited)" if reply is None else f"   client: {note}{printable(reply)}"
            self._line(text)
        else:
            text = "(told, no reply awaited)" if reply is None else excerpt(reply, 90)
            self._line(f"  {index:>3}. {note}{text}")

    def _reset(self, reason: str) -> None:
        self._pending = ""
        self._line(f"  … the reply broke off ({excerpt(reason, 60)}); asking again" if reason else "")

    def _move(self, text: str) -> None:
        if self._moving:
            self._pending += text
            tail = excerpt(self._pending, 2000)[-70:]
            click.echo(f"\r\x1b[K  … {tail}", err=True, nl=False)

    def _clear(self) -> None:
        if self._moving:
            click.echo("\r\x1b[K", err=True, nl=False)

    def _line(self, text: str) -> None:
        self._clear()
        if text:
            click.echo(text, err=True)


def _planned(arms: int) -> str:
    """`5 arms planned, from one shared start.`; nothing for a shared start alone."""
    return f"{arms} {'arms' if arms > 1 else 'arm'} planned, from one shared start." if arms else ""
