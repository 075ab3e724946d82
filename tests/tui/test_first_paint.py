"""What must not be loaded before Home is painted, and what must not keep it from being painted."""

import subprocess
import sys

HEAVY = ("litellm", "sqlite_utils", "pydantic", "yaml", "xllamacpp", "sandbox.engine", "sandbox.store")

_PROBE = """
import asyncio, sys
from sandbox.tui.app import SandboxApp

class Painted(SandboxApp):
    def on_mount(self):
        self.call_after_refresh(self.look)

    def look(self):
        print(*(name for name in {heavy!r} if name in sys.modules))
        self.exit()

    async def _open_workspace(self):
        pass

async def main():
    async with Painted().run_test() as pilot:
        await pilot.pause()

asyncio.run(main())
"""


def test_home_is_painted_before_anything_heavy_is_loaded() -> None:
    result = subprocess.run(
        [sys.executable, "-c", _PROBE.format(heavy=HEAVY)],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert result.stdout.split() == []
