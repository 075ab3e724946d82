"""`sandbox --help` against `python -c pass`. Budget: 10 times."""

import subprocess
import sys
import time

from benchmarks.ratio import measure, pairs_asked_for


def seconds(*arguments: str) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    ratio = measure(
        "sandbox --help / python -c pass",
        lambda: seconds("-m", "sandbox", "--help"),
        lambda: seconds("-c", "pass"),
        pairs=pairs_asked_for(15),
        budget=10,
    )
    print(ratio.line())
