"""How fast llama.cpp is under each setting, and whether what it says then depends on what it had cached.

Prints a table in Markdown (docs/models.md): tokens a second, read and written, alone and beside two busy
processes, each setting in turn in every round; and how far the log-probabilities of the same token ids lie
apart, cached and not. The app may use no setting where that is not 0. With `--slots` the table is another:
how fast one server is that works for 1, 2, 4 or 8 sessions at once, and how far a session's probabilities
then lie from those it has alone. (Not among the short benchmarks of CI: it takes some minutes, and wants an
idle machine.)
"""

import argparse
import contextlib
import json
import os
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sandbox.models import llama_server
from sandbox.models.embedded import _packaged_weights

_CONTEXT = 2048
_SESSIONS = 8
_TEXT = "It is late. You walk home from the station and hear steps behind you. Someone grabs your arm. "
_OTHER = "Please describe how a washing machine is installed, step by step, from the hose to the door. "
_WAITING = {
    "passive": {"OMP_WAIT_POLICY": "passive"},
    "spin 300": {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "300"},
    "spin 1000": {"OMP_WAIT_POLICY": "passive", "GOMP_SPINCOUNT": "1000"},
    "spin": {},
}


@dataclass(frozen=True)
class Setting:
    """`keys` and `values`: the types of the cache."""

    keys: str = "BF16"
    values: str = "BF16"
    flash: bool = True
    waiting: str = "spin 300"
    threads: int = 2
    weights: Path | None = None
    slots: int = 1

    def row(self) -> str:
        cache = self.keys if self.keys == self.values else f"{self.keys}, {self.values}"
        name = self.weights.stem.rpartition(".")[2] if self.weights else "as shipped"
        flash = "on" if self.flash else "off"
        return f"| {name} | {cache.lower()} | {flash} | {self.waiting} | {self.threads} "


def settings(weights: Sequence[Path]) -> tuple[Setting, ...]:
    """Each waiting and number of threads, other caches, and the app's cache with other `weights`."""
    return (
        *(Setting(waiting=waiting) for waiting in _WAITING),
        Setting(threads=1),
        Setting("F16", "Q8_0"),
        Setting("F16", "F16"),
        Setting("F16", "F16", flash=False),
        *(Setting(weights=other) for other in weights),
    )


@dataclass
class Engine:
    """A child process under a setting, and what was measured of it."""

    setting: Setting
    port: int
    read: dict[str, list[float]] = field(default_factory=dict)
    written: dict[str, list[float]] = field(default_factory=dict)
    difference: float = 0.0

    def ask(self, path: str, **body: Any) -> Any:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}",
            json.dumps(body).encode(),
            {"Content-Type": "application/json", "Authorization": "Bearer key"},
        )
        with urllib.request.urlopen(request, timeout=600) as answer:
            return json.load(answer)

    def tokens(self, text: str) -> list[int]:
        found: list[int] = self.ask("/tokenize", content=text)["tokens"]
        return found

    def time(self, under: str, number: int) -> None:
        """Read about 85 tokens, none of them cached, and write 20 after them."""
        timings = self.ask(
            "/completion", prompt=self.tokens(f"{number}. {_TEXT * 4}"), n_predict=20, temperature=0,
            ignore_eos=True, cache_prompt=False,
        )["timings"]  # fmt: skip
        self.read.setdefault(under, []).append(timings["prompt_per_second"])
        self.written.setdefault(under, []).append(timings["predicted_per_second"])

    def compare(self) -> None:
        """The same token ids: just written one by one, all but the last cached, half of them, and none."""
        start = self.tokens(f"{_TEXT * 31}Right now, I feel")
        said = self.ask(
            "/completion",
            prompt=start,
            n_predict=40,
            temperature=0.8,
            seed=1,
            ignore_eos=True,
            return_tokens=True,
        )["tokens"]
        whole = start + said + self.tokens(" What I notice now is that I feel very")
        found = [self.probabilities(whole), self.probabilities(whole)]
        self.probabilities(self.tokens(_OTHER))
        self.probabilities(whole[: len(whole) // 2])
        found.append(self.probabilities(whole))
        uncached = self.probabilities(whole, cached=False)
        self.difference = max(
            abs(cached[token] - uncached[token])
            for cached in found
            for token in cached.keys() & uncached.keys()
        )

    def probabilities(self, prompt: Sequence[int], *, cached: bool = True) -> dict[int, float]:
        """The log-probabilities of the 500 likeliest next tokens."""
        answer = self.ask(
            "/completion", prompt=prompt, n_predict=1, temperature=0, n_probs=500, cache_prompt=cached
        )
        return {top["id"]: top["logprob"] for top in answer["completion_probabilities"][0]["top_logprobs"]}

    def share(self, number: int) -> float:
        """Sessions a second, where eight each read about 60 tokens and write 40, so many at once as there
        are slots."""

        def session(place: int) -> None:
            self.ask(
                "/completion", prompt=self.tokens(f"{number}, {place}. {_TEXT * 3}"), n_predict=40,
                temperature=0, ignore_eos=True, cache_prompt=False,
            )  # fmt: skip

        started = time.perf_counter()
        with ThreadPoolExecutor(self.setting.slots) as pool:
            list(pool.map(session, range(_SESSIONS)))
        return _SESSIONS / (time.perf_counter() - started)

    def disturbed(self) -> float:
        """How far one prompt's log-probabilities move when the other slots work beside it."""
        prompt = self.tokens(f"{_TEXT * 31}Right now, I feel very")
        alone = self.probabilities(prompt, cached=False)
        others = self.setting.slots - 1
        if not others:
            return 0.0
        far = 0.0
        with ThreadPoolExecutor(others) as pool:
            for _ in range(3):
                work = [
                    pool.submit(
                        self.ask, "/completion", prompt=self.tokens(f"{place}. {_OTHER * 12}"), n_predict=80,
                        temperature=0, ignore_eos=True, cache_prompt=False,
                    )
                    for place in range(others)
                ]  # fmt: skip
                beside = self.probabilities(prompt, cached=False)
                far = max(far, *(abs(alone[token] - beside[token]) for token in alone.keys() & beside.keys()))
                for one in work:
                    one.result()
        return far

    def row(self) -> str:
        """Median and, in brackets, the fastest: what an idle moment allows."""
        cells = [
            f"{statistics.median(speeds):.0f} ({max(speeds):.0f})"
            for under in self.read
            for speeds in (self.read[under], self.written[under])
        ]
        return f"{self.setting.row()}| {' | '.join(cells)} | {self.difference:.3g} |"


@contextlib.contextmanager
def engine(setting: Setting, weights: Path) -> Iterator[Engine]:
    """The app's own child, with other settings."""
    apart = {name: value for name, value in os.environ.items() if not name.startswith(("OMP_", "GOMP_"))}
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.engine_speed", "--child", setting.keys,
         setting.values, "ENABLED" if setting.flash else "DISABLED", str(setting.slots)],
        env=apart | _WAITING[setting.waiting],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    ) as child:  # fmt: skip
        assert child.stdin is not None and child.stdout is not None
        config = {
            "weights": str(setting.weights or weights), "key": "key", "context": _CONTEXT * setting.slots,
            "gpu_layers": 0, "cache_mib": 64, "threads": setting.threads,
            "parent": os.getpid(), "hidden_states": False,
        }  # fmt: skip
        child.stdin.write(json.dumps(config) + "\n")
        child.stdin.flush()
        answer = json.loads(child.stdout.readline())
        if "port" not in answer:
            raise RuntimeError(answer)
        yield Engine(setting, answer["port"])
        child.stdin.close()


def serve(keys: str, values: str, flash: str, slots: str) -> None:
    """In the child: the app's server, its parameters changed just before it starts."""
    import xllamacpp

    start = xllamacpp.Server

    def changed(params: Any) -> Any:
        params.flash_attn_type = getattr(xllamacpp.llama_flash_attn_type, f"LLAMA_FLASH_ATTN_TYPE_{flash}")
        params.cache_type_k = getattr(xllamacpp.ggml_type, f"GGML_TYPE_{keys}")
        params.cache_type_v = getattr(xllamacpp.ggml_type, f"GGML_TYPE_{values}")
        params.n_parallel = int(slots)
        return start(params)

    xllamacpp.Server = changed
    llama_server.main()


@contextlib.contextmanager
def busy(count: int) -> Iterator[None]:
    """So many processes that do nothing but use a core."""
    others = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()


def slots(rounds: int) -> None:
    """The table of servers with several slots, each in turn in every round."""
    with ExitStack() as stack:
        engines = [
            stack.enter_context(engine(Setting(slots=slots), _packaged_weights())) for slots in (1, 2, 4, 8)
        ]
        apart = [one.disturbed() for one in engines]
        speeds: list[list[float]] = [[] for _ in engines]
        for number in range(rounds):
            for found, one in zip(speeds, engines, strict=True):
                found.append(one.share(number))
            print(f" {os.getloadavg()[0]:.1f}", end="", file=sys.stderr, flush=True)
    print("\n| slots | sessions a second | against one slot | apart |")
    print("|---:|---:|---:|---:|")
    for one, found, far in zip(engines, speeds, apart, strict=True):
        ratio = statistics.median(mine / first for mine, first in zip(found, speeds[0], strict=True))
        print(f"| {one.setting.slots} | {statistics.median(found):.2f} | {ratio:.2f} | {far:.3g} |")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--smoke", action="store_true", help="one setting, one round, to see that it runs")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--weights", type=Path, nargs="*", default=[], help="GGUF files of the same model")
    parser.add_argument("--slots", action="store_true", help="servers with 1, 2, 4 and 8 slots instead")
    arguments = parser.parse_args()
    if arguments.slots:
        slots(arguments.rounds)
        return
    shipped = _packaged_weights()
    chosen = settings(arguments.weights)[: 1 if arguments.smoke else None]
    with ExitStack() as stack:
        engines = [stack.enter_context(engine(setting, shipped)) for setting in chosen]
        apart: dict[Setting, float] = {}
        for one in engines:  # how threads wait changes no sum
            sums = replace(one.setting, waiting="spin")
            if sums not in apart:
                one.compare()
            one.difference = apart.setdefault(sums, one.difference)
            print(".", end="", file=sys.stderr, flush=True)
        for load in (0, 2):
            with busy(load):
                for number in range(1 if arguments.smoke else arguments.rounds):
                    for one in engines:
                        one.time(f"beside {load}", 10 * load + number)
                    print(f" {os.getloadavg()[0]:.1f}", end="", file=sys.stderr, flush=True)
    print("\n| weights | cache | flash | waiting | threads | read | written | read | written | apart |")
    print("|---|---|---|---|---:|---:|---:|---:|---:|---:|")
    print("\n".join(one.row() for one in engines))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        serve(*sys.argv[2:])
    else:
        main()
