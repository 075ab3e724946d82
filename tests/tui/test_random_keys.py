"""Random keys on every screen: the keyboard never dies, nothing raises, and Escape leads Home.

`RANDOM_KEYS` (how many keys a screen) and `RANDOM_SEED` (any text) ask for more, and for others.
"""

import os
import random
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from sandbox.study.conductor import Conductor
from sandbox.study.proposal import Proposal
from sandbox.tui.live_run import LiveRun
from sandbox.tui.widgets.conversation import Conversation
from tests.tui.rehearsal import client_model, make_workspace
from tests.tui.screens import WAYS, Way, escape_leads_home, session
from tests.tui.stage import Stage, stage

pytestmark = pytest.mark.drawn

KEYS = int(os.environ.get("RANDOM_KEYS", "60"))
SEED = os.environ.get("RANDOM_SEED", "0")
BURST = 10
WALKED = ("tab", "shift+tab", "pageup", "pagedown", "up", "down", "left", "right", "home", "end", "enter",
          "escape", "space", "backspace", "delete")  # fmt: skip
TYPED = (*"abdefnrt[]/?,1 9é", "ctrl+q", "ctrl+p")


@pytest.fixture(scope="module")
async def recorded(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Path]:
    """A workspace with one finished run of four arms."""
    root = tmp_path_factory.mktemp("recorded")
    workspace = make_workspace(root)
    for technique in (root / "techniques").iterdir():
        _lengthen(technique)
    conductor = Conductor.open(workspace, lambda name: client_model())
    live = LiveRun(conductor.play, conductor.store.history)
    live.add(*conductor.runnable(Proposal(model="embedded")))
    await live.run()
    for arm in ("mindful-breathing", "filler-manual"):
        trunk = live.state.sessions[live.state.ids[0]].head
        live.add(conductor.branch(trunk, None, conductor.library.technique(arm), another_seed=True))
        await live.run()
    await conductor.close()
    yield root


def _lengthen(technique: Path) -> None:
    """Let its conversation take several pages."""
    steps = "".join(f"  - {{id: more-{n}, say: And once more.}}\n" for n in range(12))
    technique.write_text(technique.read_text(encoding="utf-8") + steps, encoding="utf-8")


@pytest.mark.parametrize("go", WAYS, ids=lambda go: go.__name__)
async def test_no_keys_leave_the_keyboard_dead(
    recorded: Path, tmp_path: Path, go: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("EDITOR", "VISUAL"):
        monkeypatch.delenv(variable, raising=False)
    root = tmp_path / "copy"
    shutil.copytree(recorded, root)
    pressed: list[str] = []
    try:
        async with stage(root, anew=False) as at:
            quits = _intercept(at, monkeypatch)
            await at.started()
            await go(at)
            chance = random.Random(f"{SEED} {go.__name__}")
            while len(pressed) < KEYS:
                keys = [_any_key(at, chance) for _ in range(BURST)]
                pressed += keys
                at.burst(*keys)
                await at.pilot.pause()
                await _still_heard(at, quits)
            await escape_leads_home(at)
    except BaseException:
        print(f"RANDOM_SEED={SEED} RANDOM_KEYS={KEYS}, {go.__name__}:", *pressed)
        raise


def _intercept(at: Stage, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Let quitting only be noted, and no picture of the screen be written."""
    quits: list[str] = []

    async def quit() -> None:
        quits.append("quit")

    monkeypatch.setattr(at.app, "action_quit", quit)
    monkeypatch.setattr(at.app, "deliver_screenshot", lambda *_, **__: None)
    monkeypatch.setattr(at.app, "animation_level", "none")
    return quits


def _any_key(at: Stage, chance: random.Random) -> str:
    bound = sorted(at.app.screen.active_bindings)
    return chance.choice((chance.choice(bound or WALKED), chance.choice(WALKED), chance.choice(TYPED)))


async def _still_heard(at: Stage, quits: list[str]) -> None:
    before = len(quits)
    await at.press("ctrl+q")
    await at.until(lambda: len(quits) > before, "^q")


async def test_the_focus_never_stays_on_a_line_taken_away(
    recorded: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The keys that killed it: Textual moved the focus to a line of a page that was going, too."""
    shutil.copytree(recorded, root := tmp_path / "copy")
    async with stage(root, anew=False) as at:
        quits = _intercept(at, monkeypatch)
        await at.started()
        await session(at)
        await at.press("left_square_bracket", "tab", "pageup", "shift+tab", "pageup", "left_square_bracket")
        assert at.app.screen.focused is at.session.query_one(Conversation)
        await _still_heard(at, quits)
