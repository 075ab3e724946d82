"""How cost grows with the record: 100, 1,000 and 10,000 sessions that were run, 100,000 in a made record.

Told for each: wall time and processor time of one more session, memory, and how long the lists, a search, a
filter, a refresh of progress and a comparison of 1,000 sessions take; for the made record also how much later
the app opens on it than on an empty one. Sessions answer at once (no model), so that what is timed is ours.
A made record is a small one that was run, its rows copied under other ids (sessions, their states, turns and
the index of their words; no calls, no measurements).
"""

import argparse
import asyncio
import gc
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.comparing import compare_all, timed
from benchmarks.ratio import measure
from benchmarks.recording import demo, instant, played
from sandbox.engine.run import run
from sandbox.store.listing import SessionFilter
from sandbox.store.recorder import recorded
from sandbox.store.store import Store

MOST_MILLISECONDS = 200.0
MOST_GROWTH = 50.0
COMPARED = 500
"""Trunks, with an arm and its control each: 1,000 sessions."""
_SIZES = (100, 1_000, 10_000)
_MADE = 100_000
_FAMILY = 3
_LAST = 30
"""So many families at the end of each size say what one more session takes."""

_COLUMNS = (
    "sessions", "wall a session, ms", "processor a session, ms", "memory grown, MB", "list, ms", "search, ms",
    "filter, ms", "progress, ms", "comparing 1,000, ms",
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
    """What one size of the record took; times in milliseconds, memory in MB."""

    sessions: int
    wall: float | None
    processor: float | None
    memory: float | None
    listed: float
    searched: float
    filtered: float
    progress: float
    compared: float | None

    def line(self) -> str:
        told = [
            f"{self.sessions:,}",
            *("" if value is None else f"{value:.1f}" for value in (self.wall, self.processor, self.memory)),
            *(f"{value:.1f}" for value in (self.listed, self.searched, self.filtered, self.progress)),
            "" if self.compared is None else f"{self.compared:.0f}",
        ]
        return f"| {' | '.join(told)} |"


def grown(folder: Path, sizes: tuple[int, ...]) -> Iterator[Row]:
    """Sessions run one family after the other into one record; a row at each size."""
    done = 0
    before = 0.0
    with Store.open(folder / "grown.db") as store:
        for size in sizes:
            trunks: list[str] = []
            wall = processor = 0.0
            families = -(-size // _FAMILY)
            for number in range(done, families):
                heads = demo(folder, number + 1, control=True)
                began, worked = time.perf_counter(), time.process_time()
                asyncio.run(played(recorded(run(heads, instant()), store)))
                if number >= families - _LAST:
                    wall += time.perf_counter() - began
                    processor += time.process_time() - worked
                trunks.append(heads[0].id)
            counted = _FAMILY * min(_LAST, families - done)
            done = families
            gc.collect()
            memory = psutil.Process().memory_info().rss / 1e6
            before = before or memory
            yield _read(
                folder / "grown.db", size, 1000 * wall / counted, 1000 * processor / counted, memory - before
            )


def _read(path: Path, size: int, wall: float | None, processor: float | None, memory: float | None) -> Row:
    """What reading the record takes, opened anew."""

    def milliseconds(work: Callable[[], object]) -> float:
        work()
        return 1000 * timed(work, 3)

    with Store.open(path) as store:
        first = store.find(SessionFilter(), 50)
        technique = next(one.summary.technique for one in first if one.summary.technique)
        compared = None
        trunks = tuple(dict.fromkeys(one.summary.parent for one in store.find(SessionFilter(), 4 * COMPARED)))
        known = tuple(trunk for trunk in trunks if trunk)[:COMPARED]
        if wall is not None and len(known) > 1:
            compared = 1000 * timed(lambda: compare_all(store, known), 2) * COMPARED / len(known)
        return Row(
            size,
            wall,
            processor,
            memory,
            listed=milliseconds(lambda: store.find(SessionFilter(), 50)),
            searched=milliseconds(lambda: store.find(SessionFilter(said="afraid"), 50)),
            filtered=milliseconds(
                lambda: store.find(SessionFilter(technique=technique, model="scripted"), 50)
            ),
            progress=milliseconds(store.runs),
            compared=compared,
        )


def made(folder: Path, size: int) -> Path:
    """A record of that many sessions: twenty families that were run, copied under other ids."""
    path = folder / "sandbox.db"
    with Store.open(path) as store:
        for seed in range(1, 21):
            asyncio.run(played(recorded(run(demo(folder, seed, control=True), instant()), store)))
    with Store.open(path) as store:
        copies = max(0, -(-size // (20 * _FAMILY)) - 1)
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
    return path


_IDS = {"sessions": ("id", "parent"), "states": ("session",), "turns": ("session",)}


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
    parser.add_argument("--most", type=int, default=_SIZES[-1], help="how many sessions to run at most")
    asked = parser.parse_args()
    sizes = (6, 12) if asked.smoke else tuple(size for size in _SIZES if size <= asked.most)
    print(f"| {' | '.join(_COLUMNS)} |\n|{'---:|' * len(_COLUMNS)}")
    with tempfile.TemporaryDirectory() as name:
        for row in grown(Path(name), sizes):
            print(row.line(), flush=True)
    with tempfile.TemporaryDirectory() as name:
        full, empty = workspace(Path(name) / "full"), workspace(Path(name) / "empty")
        size = 120 if asked.smoke else _MADE
        path = made(full / "sessions", size)
        print(_read(path, size, None, None, None).line(), flush=True)
        ratio = measure(
            f"first paint on {size:,} sessions / on an empty record",
            lambda: painted(full),
            lambda: painted(empty),
            pairs=1 if asked.smoke else 5,
            budget=1.5,
        )
        print(ratio.line())


if __name__ == "__main__":
    main()
