"""Settings and what is remembered, while the app is open: a change holds at once and is written."""

from collections.abc import Mapping
from dataclasses import replace

from sandbox.errors import Problem
from sandbox.remembered import Remembered, load_remembered, save_remembered
from sandbox.settings import Settings, load_settings, save_setting


class Preferences:
    """`settings` and `remembered` hold now; `problems` is what was wrong with the file when read."""

    def __init__(self) -> None:
        self.remembered: Remembered = load_remembered()
        self.settings: Settings = Settings()
        self.problems: tuple[Problem, ...] = ()
        self.read()

    def read(self) -> None:
        """Read the settings' file anew."""
        loaded = load_settings()
        self.settings, self.problems = loaded.settings, loaded.problems

    def change(self, key: str, value: str | bool | int | tuple[str, ...]) -> None:
        """Set one setting. It holds even if SandboxError is raised because it cannot be written."""
        if getattr(self.settings, key) == value:
            return
        self.settings = replace(self.settings, **{key: value})  # type: ignore[arg-type]
        save_setting(key, value)

    def notice_was_read(self) -> None:
        self.remembered = replace(self.remembered, notice_read=True)
        save_remembered(self.remembered)

    def remember_proposal(self, proposal: Mapping[str, object]) -> None:
        """Keep the fields of the proposal that was run last."""
        self.remembered = replace(self.remembered, proposal=dict(proposal))
        save_remembered(self.remembered)
