"""What an instant session costs the record: SQL statements, and milliseconds a turn. Budgets: 60; 2 ms.

The session is the demo's: two turns of scenario, five of technique, eight measurements, on a model that
answers at once. Its statements do not depend on the machine; a test holds them as well.
"""

import asyncio
import statistics
import tempfile
import time
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from itertools import groupby
from pathlib import Path

from benchmarks.ratio import pairs_asked_for
from sandbox.engine.events import Event
from sandbox.engine.plan import SessionHead
from sandbox.engine.run import run
from sandbox.library.catalogue import Library
from sandbox.library.workspace import Workspace, shipped_content
from sandbox.models.provider import Capabilities
from sandbox.store.recorder import recorded
from sandbox.store.store import Store
from sandbox.study.proposal import Proposal, proposed
from tests.scripted import ScriptedProvider

MOST_STATEMENTS = 60
MOST_MILLISECONDS = 2.0
TURNS = 7
_BEFORE = 256
"""Statements of the same session when every answer, score and call was an insertion of its own."""
_SMALL = Capabilities(top_logprobs=2000, prefill=True, small=True, local=True)


def instant() -> ScriptedProvider:
    """A model that answers at once, and is not certain of its words."""
    replies = ("I feel afraid of the dark.", "I feel calmer now.")
    return ScriptedProvider(replies, top={" scared": 0.3, " calm": 0.2}, capabilities=_SMALL)


def demo(folder: Path, seed: int = 1, *, control: bool = False) -> tuple[SessionHead, ...]:
    """The demo's trunk and its arm, or both arms."""
    library = Library(Workspace(shipped_content(), folder))
    return proposed(Proposal(seed=seed, control=control), library, _SMALL)


@contextmanager
def statements(store: Store) -> Iterator[list[str]]:
    """The statements given to SQLite within, in order, but for BEGIN and COMMIT.

    What a trigger runs is no statement of ours: SQLite tells it as a comment, Python as the statement again.
    """
    told: list[str] = []
    found: list[str] = []
    store._db.conn.set_trace_callback(told.append)
    try:
        yield found
    finally:
        store._db.conn.set_trace_callback(None)
        ours = (text for text in told if not text.startswith(("--", "BEGIN", "COMMIT")))
        found += (text for text, _ in groupby(ours))


async def played(events: AsyncGenerator[Event, None]) -> None:
    async with aclosing(events) as all_of_them:
        async for _ in all_of_them:
            pass


def session_statements(path: Path) -> list[str]:
    """The statements that recording the session takes, its plan included."""
    heads = demo(path.parent)
    with Store.open(path) as store, statements(store) as found:
        asyncio.run(played(recorded(run(heads, instant()), store)))
    return found


def _seconds(path: Path) -> tuple[float, float]:
    """Seconds of the same session recorded, and not recorded."""
    heads = demo(path.parent)
    with Store.open(path) as store:
        start = time.perf_counter()
        asyncio.run(played(recorded(run(heads, instant()), store)))
        with_record = time.perf_counter() - start
    start = time.perf_counter()
    asyncio.run(played(run(heads, instant())))
    return with_record, time.perf_counter() - start


def main() -> None:
    pairs = pairs_asked_for(9)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        count = len(session_statements(folder / "counted.db"))
        times = [_seconds(folder / f"{number}.db") for number in range(pairs + 1)][1:]
    verdict = "within" if count <= MOST_STATEMENTS else "OVER"
    print(
        f"an instant session: {count} statements, {verdict} the budget of {MOST_STATEMENTS} (was {_BEFORE})"
    )
    turn = 1000 * statistics.median(ours - bare for ours, bare in times) / TURNS
    verdict = "within" if turn <= MOST_MILLISECONDS else "OVER"
    bare = 1000 * statistics.median(bare for _, bare in times)
    print(
        f"a turn with its calls and its measurement stored: {turn:.2f} ms, {verdict} the budget of"
        f" {MOST_MILLISECONDS:g} ms (the session without the record: {bare:.0f} ms)"
    )


if __name__ == "__main__":
    main()
