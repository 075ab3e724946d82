"""One stored turn against one bare SQLite insert of the same text, both in WAL mode. Budget: 2 ms a turn."""

import sqlite3
import tempfile
import time
from pathlib import Path

from benchmarks.ratio import measure, pairs_asked_for
from sandbox.engine.events import RunPlanned, TurnFinished
from sandbox.engine.history import Turn
from sandbox.library.catalogue import Library
from sandbox.library.workspace import Workspace, shipped_content
from sandbox.models.provider import Capabilities
from sandbox.store.store import Store
from sandbox.study.proposal import Proposal, proposed

TURNS = 200
SAID, REPLY = "Breathe in slowly through your nose. " * 8, "I feel my shoulders drop a little. " * 4


def bare(path: Path) -> float:
    """Seconds to insert and commit TURNS rows, one transaction each."""
    db = sqlite3.connect(path)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=NORMAL")
    db.execute("CREATE TABLE turns (n INTEGER PRIMARY KEY, said TEXT, reply TEXT)")
    start = time.perf_counter()
    for _ in range(TURNS):
        with db:
            db.execute("INSERT INTO turns (said, reply) VALUES (?, ?)", [SAID, REPLY])
    seconds = time.perf_counter() - start
    db.close()
    return seconds


def ours(path: Path) -> float:
    """Seconds to record TURNS turns of a session as the app does."""
    content = shipped_content()
    library = Library(Workspace(content, path.parent))
    heads = proposed(Proposal(), library, Capabilities(top_logprobs=2000, small=True))
    with Store.open(path) as store:
        store.record(RunPlanned(heads))
        start = time.perf_counter()
        for index in range(1, TURNS + 1):
            turn = Turn(index, "induction", "scenario", SAID, REPLY, call_id="0")
            store.record(TurnFinished(heads[0].id, turn))
        return time.perf_counter() - start


def main() -> None:
    pairs = pairs_asked_for(9)
    with tempfile.TemporaryDirectory() as folder:
        names = iter(range(10_000))
        ratio = measure(
            f"{TURNS} stored turns / {TURNS} bare inserts",
            lambda: ours(Path(folder) / f"{next(names)}.db"),
            lambda: bare(Path(folder) / f"{next(names)}.db"),
            pairs=pairs,
            budget=20,
        )
    print(ratio.line())
    print(f"one stored turn: {1000 * min(ratio.ours) / TURNS:.2f} ms at best (budget 2 ms)")


if __name__ == "__main__":
    main()
