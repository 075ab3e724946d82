"""First paint of the app against an empty Textual app's, each from process start. Budget: 1.5 times.

Both run headless in a new process; a process says when its first screen was painted, and ends.
"""

import subprocess
import sys
import tempfile
import time

from benchmarks.ratio import measure, pairs_asked_for

_CHILD = """
import time
{import_line}
class Timed({app}):
    def on_ready(self) -> None:
        self.call_after_refresh(self.first_paint)
    def first_paint(self) -> None:
        self.painted = time.time()
        self.exit()
app = Timed({arguments})
app.run(headless=True, size=(120, 36))
print(app.painted)
"""

EMPTY = _CHILD.format(import_line="from textual.app import App", app="App", arguments="")
OURS = _CHILD.format(import_line="from sandbox.tui.app import SandboxApp", app="SandboxApp", arguments="")


def seconds_to_paint(program: str) -> float:
    with tempfile.TemporaryDirectory() as folder:
        start = time.time()
        done = subprocess.run(
            [sys.executable, "-c", program], check=True, capture_output=True, text=True, cwd=folder
        )
        return float(done.stdout.strip().splitlines()[-1]) - start


if __name__ == "__main__":
    ratio = measure(
        "first paint / empty Textual app",
        lambda: seconds_to_paint(OURS),
        lambda: seconds_to_paint(EMPTY),
        pairs=pairs_asked_for(9),
        budget=1.5,
    )
    print(ratio.line())
