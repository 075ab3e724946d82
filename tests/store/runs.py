"""Runs on a scripted model for tests of the record: real engine, real store."""

from contextlib import aclosing

from sandbox.engine.controls import Controls
from sandbox.engine.events import Event
from sandbox.engine.plan import SessionHead, trunk_and_branches
from sandbox.engine.run import run
from sandbox.models.provider import Capabilities
from sandbox.models.scripted import ScriptedProvider
from sandbox.store.recorder import recorded
from sandbox.store.store import Store
from tests.documents import plan, technique

SMALL = Capabilities(top_logprobs=2000, prefill=True, small=True, local=True)


def scripted(answers=("afraid of the dark.", "calmer now.")) -> ScriptedProvider:
    return ScriptedProvider(answers, top={" scared": 0.3, " calm": 0.1}, capabilities=SMALL)


def breathing_and_control(**fields) -> tuple[SessionHead, ...]:
    control = technique("Page one.", "Page two.", "Page three.", id="filler", family="control")
    return trunk_and_branches(plan(**fields), (technique(), control))


async def record_run(
    store: Store,
    heads: tuple[SessionHead, ...],
    provider: ScriptedProvider | None = None,
    controls: Controls | None = None,
) -> list[Event]:
    """Run the heads to their end; the events seen."""
    async with aclosing(recorded(run(heads, provider or scripted(), controls=controls), store)) as events:
        return [event async for event in events]
