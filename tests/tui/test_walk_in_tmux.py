"""A clinician's first hour in the real app: a real terminal, the real embedded model, keys only.

Every key is pressed only once the screen names it; what a screen says or looks like is tested elsewhere.
"""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
import yaml

from sandbox.library.workspace import WORKSPACE_VARIABLE, create_workspace
from tests.cli import command
from tests.tui.terminal import Terminal, terminal, tmux_installed

pytestmark = [
    pytest.mark.embedded,
    pytest.mark.skipif(not tmux_installed(), reason="tmux is not installed"),
]

OWN_WORDS = "Could a lighthouse keeper see us here?"
WALKED = {"mindful-breathing": "Mindful breathing", "cognitive-reappraisal": "Cognitive reappraisal"}
_SIGNS = {"⏎": "Enter", "esc": "Escape", "space": "Space"}


class Walk:
    """The terminal, and a hand that presses nothing the bottom line does not name."""

    def __init__(self, opened: Terminal) -> None:
        self.terminal = opened

    def press(self, named: str) -> None:
        """Press the key of an entry of the bottom line, as in `b branch`, once it stands there."""
        self.names(named)
        sign = named.partition(" ")[0]
        self.terminal.press(_SIGNS.get(sign, sign))

    def names(self, entry: str) -> None:
        """Wait until the bottom line names that key."""
        there = re.compile(rf"(^|\s){re.escape(entry)}(\s|$)")
        self.terminal.until(lambda: bool(there.search(self.terminal.footer())), f"the key “{entry}”")

    def no_longer_names(self, entry: str) -> None:
        self.terminal.until(lambda: entry not in self.terminal.footer(), f"the end of the key “{entry}”")

    def shows(self, text: str) -> None:
        self.terminal.shows(text)

    def matches(self, pattern: str) -> None:
        self.terminal.until(lambda: bool(re.search(pattern, self.terminal.text())), f"/{pattern}/")

    def at_both_sizes(self, pattern: str) -> None:
        for size in ((120, 36), (80, 24)):
            self.terminal.resize(size)
            self.matches(pattern)

    def say(self, words: str) -> None:
        self.press("s say")
        self.names("⏎ say it")
        self.terminal.type(words)
        self.shows(f"›  {words}")
        self.press("⏎ say it")

    def choose(self, title: str) -> None:
        """Look for that technique by its title, and take it."""
        self.terminal.type(title)
        self.matches(rf"│ {title} +│(?s:.*)│ {title} .*\d+ steps")
        self.terminal.press("Enter")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A new one, whose scenario takes one turn, and whose techniques three steps at most."""
    root = create_workspace(tmp_path / "workspace").root
    command.shorten(root / "scenarios" / "night-attack.yaml", "turns", slice(-1, None))
    for technique, title in WALKED.items():
        shorten(root / "techniques" / f"{technique}.yaml", title, 3)
    return root


@contextmanager
def app_in(workspace: Path, home: Path, size: tuple[int, int]) -> Iterator[Walk]:
    """The app just started for the first time by someone who has nothing but a workspace."""
    home.mkdir()
    environment = {"HOME": str(home), WORKSPACE_VARIABLE: str(workspace)}
    for kind in ("CONFIG", "STATE", "DATA", "CACHE"):
        environment[f"XDG_{kind}_HOME"] = str(home / kind.casefold())
    with terminal(environment) as opened:
        opened.start([sys.executable, "-m", "sandbox"], workspace, size)
        yield Walk(opened)


@pytest.fixture
def walk(tmp_path: Path, workspace: Path) -> Iterator[Walk]:
    with app_in(workspace, tmp_path / "home", (80, 24)) as walk:
        yield walk


def test_from_a_fresh_start_to_a_comparison_on_disk_and_back(walk: Walk, workspace: Path) -> None:
    run_the_proposed_session(walk)
    take_over_for_one_turn(walk)
    branch_with_another_technique(walk)
    compare_and_export(walk, workspace / "sessions" / "exports")
    find_it_by_what_was_said(walk)
    quit_and_leave_nothing_behind(walk)


def run_the_proposed_session(walk: Walk) -> None:
    walk.shows("Before the first session")
    walk.shows("simulated affect")
    walk.press("Enter I have read this")
    walk.shows("Enter runs it")
    walk.shows("Attacked at night")
    walk.press("⏎ run")


def take_over_for_one_turn(walk: Walk) -> None:
    """Pause in the technique, say something, hand back to the script, and see the run to its end."""
    walk.matches(r"t1 of \d")
    walk.press("space pause")
    walk.shows("‖ paused: space goes on")
    walk.say(OWN_WORDS)
    walk.shows("therapist · own words")
    walk.shows(OWN_WORDS)
    walk.shows("‖ paused: space goes on")
    walk.press("space go on")
    walk.matches(r"Mindful[^✓▶·]* ✓.*Appliance[^✓▶·]* ✓")
    walk.names("c compare")


def branch_with_another_technique(walk: Walk) -> None:
    walk.press("b branch")
    walk.shows("Add an arm with")
    walk.shows("after the scenario")
    walk.choose("Cognitive reappraisal")
    walk.matches(r"Cogn\S* ▶")
    walk.matches(r"Cogn\S* ✓")


def compare_and_export(walk: Walk, exports: Path) -> None:
    walk.press("c compare")
    walk.shows("vs control")
    walk.matches(r"\d● Mindful")
    walk.matches(r"\d○ Appliance")
    walk.shows("2 of 3 arms, → for more")
    walk.terminal.press("Right")
    walk.matches(r"\d◆ Cogn")
    walk.matches(r"\d○ Appliance")
    walk.press("e export")
    walk.shows("Comparison written")
    page, table = sorted(exports.glob("compare-*"), key=lambda path: path.suffix != ".md")
    told = page.read_text(encoding="utf-8")
    assert "not a feeling" in told
    for title in ("Mindful breathing", "Cognitive reappraisal", "Appliance manual read aloud"):
        assert title in told
        assert title in table.read_text(encoding="utf-8")
    walk.press("esc back")
    walk.press("esc home")


def find_it_by_what_was_said(walk: Walk) -> None:
    walk.press("s sessions")
    walk.matches(r"✓ Cognitive reapp")
    walk.press("/ words")
    walk.no_longer_names("space mark")
    walk.terminal.type("lighthouse keeper")
    walk.shows("«lighthouse» «keeper»")
    walk.terminal.press("Enter")
    walk.press("⏎ open")
    walk.matches(r"▐ ● Mindf\S* ✓ ▌")
    walk.shows("therapist · own words")
    walk.shows(OWN_WORDS)
    walk.press("esc back")
    walk.shows("«lighthouse» «keeper»")
    walk.press("esc home")
    walk.names("⏎ run")


def quit_and_leave_nothing_behind(walk: Walk) -> None:
    """`q` is named by the help, since the bottom line of Home has no room for it."""
    walk.press("? help")
    walk.matches(r"\bq +Close the app")
    walk.press("esc close")
    walk.names("⏎ run")
    models = walk.terminal.process.children(recursive=True)
    assert any("llama_server" in word for model in models for word in model.cmdline())
    walk.terminal.press("q")
    assert walk.terminal.exit_code() == 0
    assert not psutil.wait_procs(models, timeout=30)[1]


def shorten(technique: Path, title: str, steps: int) -> None:
    whole = yaml.safe_load(technique.read_text(encoding="utf-8"))
    short = whole | {"title": title, "steps": whole["steps"][:steps]}
    technique.write_text(yaml.safe_dump(short), encoding="utf-8")


def test_a_sentence_is_changed_kept_and_run_over_seeds(workspace: Path, tmp_path: Path) -> None:
    """The workbench's loop from a finished session on, each of its pages at both sizes."""
    for technique, title in WALKED.items():
        shorten(workspace / "techniques" / f"{technique}.yaml", title, 2)
    with app_in(workspace, tmp_path / "home", (80, 24)) as walk:
        walk.press("Enter I have read this")
        walk.press("⏎ run")
        walk.matches(r"Mindful[^✓▶·]* ✓.*Appliance[^✓▶·]* ✓")
        walk.terminal.press("[")
        walk.at_both_sizes(r"▐ ● Mind\S*")
        walk.press("E change")
        walk.shows("step 2 of 2")
        walk.terminal.type(" And softly.")
        walk.shows("✓ ^r runs it")
        walk.at_both_sizes(r"And softly\.")
        walk.terminal.press("C-r")
        walk.at_both_sizes(r"(?s)changed.*t2≠.*And softly\.")
        walk.press("k keep")
        walk.shows("Kept as version 2")
        walk.press("p over seeds")
        walk.at_both_sizes(r"(?s)2 .* version 2 by .*1 pair at end.*\{\+And softly\.\+\}")
        walk.press("p run pairs")
        walk.shows("pairs in all")
        walk.terminal.press("BSpace")
        walk.shows("Type a whole number")
        walk.terminal.type("2")
        walk.shows("seeds 2")
        walk.shows("4 sessions")
        walk.terminal.press("Enter")
        walk.at_both_sizes(r"2 pairs at end: [^\[]*\[[^\]]* to ")
        walk.terminal.until(lambda: "▶ running" not in walk.terminal.text(), "the end of the study")
