"""What reading sets costs: 1,000 sessions compared, and a refresh of progress with 900 open ones.

Budgets: 1 s and 20 ms (imports apart). The record is made once: trunks with an arm and its control, on a
model that answers at once. Statements do not depend on the machine; tests/store/test_sets.py holds them.
"""

import asyncio
import gc
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.ratio import pairs_asked_for
from benchmarks.recording import demo, instant, played, statements
from sandbox.analysis.comparison import compare
from sandbox.analysis.family import chosen_scale, gather_compared
from sandbox.engine.events import RunPlanned, SessionStarted
from sandbox.engine.run import run
from sandbox.store.recorder import recorded
from sandbox.store.store import Store

MOST_SECONDS = 1.0
MOST_MILLISECONDS = 20.0
TRUNKS = 500
"""With an arm and its control each: 1,000 sessions to compare."""
OPEN = 300
"""Runs under way, of three sessions each."""
_BEFORE = "7.8 s of CPU and 20,982 statements for 999 sessions"
_PROGRESS_BEFORE = "3,607 statements a refresh"


def fill(store: Store, folder: Path, trunks: int) -> tuple[str, ...]:
    """Play that many families; their trunks."""
    found = []
    for seed in range(1, trunks + 1):
        heads = demo(folder, seed, control=True)
        asyncio.run(played(recorded(run(heads, instant()), store)))
        found.append(heads[0].id)
    return tuple(found)


def leave_open(store: Store, folder: Path, runs: int) -> None:
    """Begin that many runs, and play nothing of them."""
    model = instant().description
    for seed in range(1, runs + 1):
        heads = demo(folder, seed, control=True)
        store.record(RunPlanned(heads))
        store.record(SessionStarted(heads[0].id, model))


def compare_all(store: Store, trunks: tuple[str, ...]) -> None:
    found = gather_compared(store, trunks)
    compare(found, chosen_scale(found, None, None), pooled=True)


def timed(work: Callable[[], object], times: int) -> float:
    """The seconds it takes, the best of so many times."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return min(found)


def main() -> None:
    times = pairs_asked_for(3)
    trunks, runs = (TRUNKS, OPEN) if times > 1 else (5, 3)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with Store.open(folder / "finished.db") as store:
            ids = fill(store, folder, trunks)
        gc.collect()
        gc.freeze()  # what making the record left behind is no part of reading it
        with Store.open(folder / "finished.db") as store:  # anew: nothing is cached
            first = timed(lambda: compare_all(store, ids), 1)
            again = timed(lambda: compare_all(store, ids), times)
            with statements(store) as found:
                compare_all(store, ids)
        verdict = "within" if first <= MOST_SECONDS else "OVER"
        print(
            f"{2 * trunks} sessions compared: {first:.2f} s, {verdict} the budget of {MOST_SECONDS:g} s;"
            f" again {again:.2f} s; {len(found)} statements (was {_BEFORE})"
        )
        with Store.open(folder / "open.db") as store:
            leave_open(store, folder, runs)
            store.runs()
            with statements(store) as found:
                store.runs()
            seconds = 1000 * timed(store.runs, times)
        verdict = "within" if seconds <= MOST_MILLISECONDS else "OVER"
        print(
            f"progress of {3 * runs} open sessions: {seconds:.1f} ms, {verdict} the budget of"
            f" {MOST_MILLISECONDS:g} ms; {len(found)} statements (was {_PROGRESS_BEFORE})"
        )


if __name__ == "__main__":
    main()
