"""Runs on a scripted model for tests of the record: real engine, real store."""

import hashlib
from collections.abc import Iterable
from contextlib import aclosing

from sandbox.engine.controls import Controls
from sandbox.engine.events import Event
from sandbox.engine.plan import SessionHead, trunk_and_branches
from sandbox.engine.run import run
from sandbox.models.provider import Capabilities, Request
from sandbox.store.recorder import recorded
from sandbox.store.store import Store
from tests.documents import plan, technique
from tests.scripted import ScriptedProvider

SMALL = Capabilities(top_logprobs=2000, prefill=True, small=True, local=True)


def scripted(answers=("afraid of the dark.", "calmer now.")) -> ScriptedProvider:
    return ScriptedProvider(answers, top={" scared": 0.3, " calm": 0.1}, capabilities=SMALL)


def number(request: Request) -> int:
    """A number that follows from what is asked and the seed, and from nothing else."""
    said = "|".join(message.content for message in request.messages)
    return int(hashlib.sha256(f"{said}{request.sampling.seed}".encode()).hexdigest()[:6], 16)


def telling() -> ScriptedProvider:
    """Its answers follow from what it is asked alone, as the embedded model's do."""
    return ScriptedProvider(
        lambda request: f"I feel {number(request)}.",
        top=lambda request: {" scared": 0.01 + number(request) % 60 / 100, " calm": 0.2},
        capabilities=SMALL,
    )


def put_in_study(store: Store, root: str, sessions: Iterable[str]) -> None:
    """Let sessions that ran belong to a study, as if it had claimed them before they did."""
    with store.writing() as (db, _):
        for session in sessions:
            db.execute(
                "INSERT INTO study_sessions (root, session) SELECT :root, :session WHERE NOT EXISTS"
                " (SELECT 1 FROM study_sessions WHERE root = :root AND session = :session)",
                {"root": root, "session": session},
            )


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
