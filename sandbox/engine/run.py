"""Running a trunk and its branches, one after another, as one stream of events. Nobody else runs sessions."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from sandbox.engine.controls import Controls
from sandbox.engine.events import Event, RunPlanned, SessionFinished, TooLate
from sandbox.engine.history import History
from sandbox.engine.plan import SessionHead
from sandbox.engine.session import RunningSession
from sandbox.errors import UsageError
from sandbox.models.provider import Provider


async def run(
    heads: tuple[SessionHead, ...],
    provider: Provider,
    *,
    known: Mapping[str, History] | None = None,
    controls: Controls | None = None,
    therapists: Mapping[str, Provider] | None = None,
) -> AsyncGenerator[Event, None]:
    """Run the sessions in order, parents before their branches; later ones wait for nothing but their parent.

    `known` has the histories of sessions that are in the record already: those to go on with, and parents
    of new branches. A branch whose parent did not finish is not begun. After a failure nothing more is begun,
    since the same model would fail again; `resume` takes it up from there. Words and skips given too late for
    a branch are told and dropped; those given during the trunk are for the first branch.
    `therapists` speak guided techniques, each under the name that a plan has of it; where a plan's is not
    among them the client's own model does.
    Raises UsageError when a branch's parent is neither among `heads` nor `known`.
    """
    histories = dict(known or {})
    controls = controls or Controls()
    new = tuple(head for head in heads if head.id not in histories)
    if new:
        yield RunPlanned(new)
    for head in heads:
        guidance = head.plan.guidance
        therapist = (therapists or {}).get(guidance.model) if guidance is not None else None
        session = RunningSession(head, _beginning(head, histories), provider, controls, therapist)
        ending = None
        async with aclosing(session.events(resumed=head.id in histories)) as events:
            async for event in events:
                yield event
                if isinstance(event, SessionFinished):
                    ending = event.ending
        histories[head.id] = session.history
        if not head.plan.is_trunk:  # what was asked of one arm is never done in another
            words, skips = controls.take_back()
            if words or skips:
                yield TooLate(head.id, words, skips)
        if ending != "finished":
            return


def _beginning(head: SessionHead, histories: Mapping[str, History]) -> History:
    known = histories.get(head.id)
    if known is not None and (len(known.turns) > known.inherited or known.skips):
        return known
    if head.parent is None:
        return known or History()
    if head.parent not in histories:
        raise UsageError(f"the session {head.parent}, which {head.id} branches from, is not at hand")
    inherited = histories[head.parent].branch(head.parent_turn)
    own = tuple(m for m in known.measured if m not in inherited.measured) if known else ()
    return History(inherited.turns, (*inherited.measured, *own), (), inherited.inherited)
