"""A session of 500 turns, measured after each, in every format it leaves the app in. Budget: 5 s each.

Each is timed as a command does it, reading the record and loading libraries included, in seconds of the
processor, and told as so many times the JSON, which only writes down what was read. With --smoke a short one.
"""

import argparse
import asyncio
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

from benchmarks.recording import demo, instant, played
from sandbox.analysis.family import gather
from sandbox.engine.plan import SessionHead, new_session_id
from sandbox.engine.run import run
from sandbox.export.file import FORMATS, Choice, Format, TableName, ending, export_family, write_file
from sandbox.export.packet.file import packet_zip
from sandbox.library.catalogue import Library
from sandbox.library.technique import Repeat, Step, Technique
from sandbox.library.workspace import Workspace, shipped_content
from sandbox.review.packet import Packing, arms_for_review, pack
from sandbox.store.recorder import recorded
from sandbox.store.store import Store

MOST_SECONDS = 5.0
_SCENARIO = 2
"""Turns of the demo's scenario."""

_TIMES, _LONGEST = 10, 400
"""How often a step is said at most, and what a script of 40 steps comes to."""


def long_session(folder: Path, turns: int) -> tuple[SessionHead, ...]:
    """The demo's shared start, and arms that go on from one another until so many turns were said."""
    trunk, arm = demo(folder)
    heads, left = [trunk], turns - _SCENARIO
    while left > 0:
        plan = arm.plan.model_copy(update={"technique": _script(arm.plan.technique, min(left, _LONGEST))})
        heads.append(SessionHead(id=new_session_id(), plan=plan, parent=heads[-1].id))
        left -= _LONGEST
    return tuple(heads)


def _script(technique: Technique | None, turns: int) -> Technique:
    """The technique with its steps said again and again."""
    assert technique is not None
    steps = []
    for n, first in enumerate(range(0, turns, _TIMES), 1):
        say = technique.steps[n % len(technique.steps)].say
        again = Repeat(until="score('distress') < 0", at_most=min(_TIMES, turns - first))
        steps.append(Step(id=f"step-{n}", say=say, repeat=again))
    return technique.model_copy(update={"steps": tuple(steps)})


def exports(store: Store, session: str, folder: Path) -> dict[str, Callable[[], object]]:
    """By name, what writes the session; the reference first."""

    def transcript(form: Format, table: TableName = "scores") -> Callable[[], object]:
        path, choice = folder / f"{table}{ending(form)}", Choice(table=table)
        return lambda: export_family(gather(store, session), path, choice=choice)

    def packet() -> None:
        arms = arms_for_review(store, [session])
        form = Library(Workspace(shipped_content(), folder)).form("session-rating")
        write_file(folder / "p.zip", packet_zip(pack(arms, (form,), None, Packing(), Random(1)), arms))

    found: dict[str, Callable[[], object]] = {}
    for form in sorted(FORMATS, key=lambda form: form != "json"):
        found[form] = transcript(form)
    return {
        **found,
        "csv of turns": transcript("csv", "turns"),
        "csv of answers": transcript("csv", "answers"),
        "packet": packet,
    }


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="a short session, to see that it runs")
    parser.add_argument("--turns", type=int, default=500)
    arguments = parser.parse_args()
    turns = 20 if arguments.smoke else arguments.turns
    with tempfile.TemporaryDirectory() as name, Store.open(Path(name) / "sandbox.db") as store:
        heads = long_session(Path(name), turns)
        asyncio.run(played(recorded(run(heads, instant()), store)))
        took = {what: _seconds(work) for what, work in exports(store, heads[-1].id, Path(name)).items()}
        sizes = sum(path.stat().st_size for path in Path(name).glob("scores.*"))
    print(f"a session of {turns} turns; budget {MOST_SECONDS:g} s each; all files {sizes / 1e6:.1f} MB")
    for what, seconds in took.items():
        verdict = "within" if seconds <= MOST_SECONDS else "OVER"
        print(f"{what}: {seconds:.2f} s, {verdict}; {seconds / took['json']:.1f} times the JSON")


if __name__ == "__main__":
    main()
