"""How cost grows with the record: 100 and 1,000 sessions that were run, 10,000 and 100,000 in made records.

Told for each: what one more session takes, memory, and how long the list, a search, a filter that fits
nothing and a refresh of progress take; for the largest also how much later the app opens on it than on an
empty one. Sessions answer at once (no model), so that what is timed is ours. Times are those of the
processor, which on an idle machine are those of the clock: on a busy one the clock tells what others do.
(Comparing is timed by `comparing`.) A made record is a small one that was run, its rows copied under other
ids: sessions, their states, turns and the index of their words; no calls and no measurements.
"""

import argparse
import asyncio
import gc
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.comparing import OPEN, leave_open
from benchmarks.ratio import measure
from benchmarks.recording import demo, instant, played
from sandbox.engine.run import run
from sandbox.store.listing import SessionFilter
from sandbox.store.recorder import recorded
from sandbox.store.store import Store

_RUN = (100, 1_000)
_MADE = (10_000, 100_000)
_FAMILY = 3
_COPIED = 20
"""Families of which a made record is made."""
_MORE = 30
"""So many families more say what one more session takes."""

_COLUMNS = (
    "sessions", "", "one more session, ms", "memory grown, MB", "list, ms", "search, ms", "filter, ms",
    "progress of 900 open, ms",
)  # fmt: skip

_PAINT = """
import time
began = time.time()
from sandbox.tui.app import SandboxApp
class Timed(SandboxApp):
    def on_ready(self):
        self.call_after_refresh(self.first_paint)
    def first_paint(self):
        self.painted = time.time()
        self.exit()
app = Timed()
app.run(headless=True, size=(120, 36))
print(app.painted - began)
"""


@dataclass(frozen=True)
class Row:
    """What one size of the record took, in milliseconds of the processor; memory in MB."""

    sessions: int
    how: str
    one_more: float
    memory: float | None
    listed: float
    searched: float
    filtered: float
    progress: float

    def line(self) -> str:
        told = (self.one_more, self.memory, self.listed, self.searched, self.filtered, self.progress)
        cells = ("" if value is None else f"{value:.1f}" for value in told)
        return f"| {self.sessions:,} | {self.how} | {' | '.join(cells)} |"


def add(store: Store, folder: Path, families: range) -> float:
    """Run them; milliseconds of the processor a session."""
    began = time.process_time()
    for number in families:
        heads = demo(folder, number + 1, control=True)
        asyncio.run(played(recorded(run(heads, instant()), store)))
    return 1000 * (time.process_time() - began) / max(1, len(families)) / _FAMILY


def was_run(folder: Path, size: int, more: int) -> Row:
    """That many sessions run into a new record, and `more` families after them."""
    families = -(-size // _FAMILY)
    path = folder / f"{size}.db"
    with Store.open(path) as store:
        add(store, folder, range(more))
        gc.collect()
        before = psutil.Process().memory_info().rss
        add(store, folder, range(more, families))
        gc.collect()
        grown = (psutil.Process().memory_info().rss - before) / 1e6
        one_more = add(store, folder, range(families, families + more))
    return _read(path, size, "run", one_more, grown)


def was_made(path: Path, size: int, more: int) -> Row:
    """A record of that many sessions, and `more` families run after them."""
    with Store.open(path) as store:
        add(store, path.parent, range(_COPIED))
    with Store.open(path) as store:
        copies = max(0, -(-size // (_COPIED * _FAMILY)) - 1)
        with store.writing() as (db, _):
            db.execute("CREATE TEMP TABLE copies (n TEXT)")
            db.conn.executemany("INSERT INTO copies VALUES (?)", [(f"-{n}",) for n in range(copies)])
            for table, ids in _IDS.items():
                columns = [row[1] for row in db.execute(f"PRAGMA table_info({table})") if row[1] != "number"]
                told = ", ".join(f"t.{name} || c.n" if name in ids else f"t.{name}" for name in columns)
                db.execute(
                    f"INSERT INTO {table} ({', '.join(columns)})"
                    f" SELECT {told} FROM copies c CROSS JOIN (SELECT * FROM {table} ORDER BY number) t"
                )
        one_more = add(store, path.parent, range(_COPIED, _COPIED + more))
    return _read(path, size, "made", one_more, None)


_IDS = {"sessions": ("id", "parent"), "states": ("session",), "turns": ("session",)}
"""What is copied, and its columns with a session's id."""


def _read(path: Path, size: int, how: str, one_more: float, memory: float | None) -> Row:
    """What reading the record takes, opened anew."""

    def milliseconds(work: Callable[[], object]) -> float:
        found = []
        for _ in range(4):
            began = time.process_time()
            work()
            found.append(1000 * (time.process_time() - began))
        return min(found[1:])

    with Store.open(path) as store:
        listed = milliseconds(lambda: store.find(SessionFilter(), 50))
        searched = milliseconds(lambda: store.find(SessionFilter(said="afraid"), 50))
        filtered = milliseconds(lambda: store.find(SessionFilter(model="openai/none"), 50))
        leave_open(store, path.parent, OPEN)
        return Row(size, how, one_more, memory, listed, searched, filtered, milliseconds(store.runs))


def workspace(folder: Path) -> Path:
    """A new workspace there, as `sandbox init` makes it."""
    subprocess.run([sys.executable, "-m", "sandbox", "init", str(folder)], check=True, capture_output=True)
    return folder


def painted(path: Path) -> float:
    """Seconds from the start of a new process's work to the app's first paint, on the workspace there."""
    program = [sys.executable, "-c", _PAINT]
    done = subprocess.run(program, cwd=path, check=True, capture_output=True, text=True)
    return float(done.stdout.split()[-1])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--smoke", action="store_true", help="small records, to see that it runs")
    asked = parser.parse_args()
    run_sizes, made_sizes, more = ((6,), (120,), 1) if asked.smoke else (_RUN, _MADE, _MORE)
    print(f"| {' | '.join(_COLUMNS)} |\n|{'---:|' * len(_COLUMNS)}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for size in run_sizes:
            print(was_run(folder, size, more).line(), flush=True)
        for size in made_sizes[:-1]:
            print(was_made(folder / "made.db", size, more).line(), flush=True)
        full, empty = workspace(folder / "full"), workspace(folder / "empty")
        print(was_made(full / "sessions" / "sandbox.db", made_sizes[-1], more).line(), flush=True)
        ratio = measure(
            f"first paint on {made_sizes[-1]:,} sessions / on an empty record",
            lambda: painted(full),
            lambda: painted(empty),
            pairs=1 if asked.smoke else 5,
            budget=1.5,
        )
        print(ratio.line())


if __name__ == "__main__":
    main()
