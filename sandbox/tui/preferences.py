"""Settings, keys and what is remembered, while the app is open: a change holds at once and is written."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches

from textual.app import App
from textual.binding import Binding
from textual.dom import DOMNode

from sandbox.errors import Problem
from sandbox.remembered import Remembered, load_remembered, save_remembered
from sandbox.settings import Settings, load_settings, save_setting
from sandbox.tui import screens


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
        """Set one setting, or the name. It holds even if SandboxError is raised as it cannot be written."""
        if key == "reviewer":
            self.remember_reviewer(str(value))
            return
        if getattr(self.settings, key) == value:
            return
        self.settings = replace(self.settings, **{key: value})  # type: ignore[arg-type]
        save_setting(key, value)

    def keys_shown(self, app: App[None]) -> dict[str, tuple[str, str]]:
        """By the name of each key that can be changed: how it is shown, and what it does.

        Imports every screen: belongs on a thread.
        """
        return {
            name: (self.settings.keys.get(name) or app.get_key_display(one), one.tooltip or one.description)
            for name, one in changeable_bindings(type(app)).items()
        }

    def notice_was_read(self) -> None:
        self.remembered = replace(self.remembered, notice_read=True)
        save_remembered(self.remembered)

    def remember_reviewer(self, name: str) -> None:
        """Keep the name that stands beside marks and changes."""
        self.remembered = replace(self.remembered, reviewer=name)
        save_remembered(self.remembered)

    def remember_proposal(self, proposal: Mapping[str, object]) -> None:
        """Keep the fields of the proposal that was run last."""
        self.remembered = replace(self.remembered, proposal=dict(proposal))
        save_remembered(self.remembered)


def changeable_bindings(app: type[DOMNode]) -> dict[str, Binding]:
    """The app's and its screens' bindings by id. Imports every screen: not for before the first paint."""
    return {binding.id: binding for binding in _bindings(app) if binding.id}


def keymap_problems(keys: Mapping[str, str], known: Mapping[str, Binding]) -> tuple[str, ...]:
    """What is wrong with a keymap: names nobody has, and keys that would mean two things on one screen."""
    problems = []
    for name in keys:
        if name not in known:
            meant = get_close_matches(name, known, n=1)
            hint = f": did you mean “{meant[0]}”?" if meant else ""
            problems.append(f"no key is called “{name}”{hint}")
    taken: dict[tuple[str, str], str] = {}
    for name, binding in known.items():
        screen = name.partition(".")[0]
        written = [key.strip() for key in keys.get(name, binding.key).split(",") if key.strip()]
        # `?` is `question_mark`: Textual takes both, and makes one of them.
        bindings = Binding.make_bindings([replace(binding, key=key) for key in written])
        for key, one in zip(written, bindings, strict=True):
            other = taken.setdefault((screen, one.key), name)
            if other != name and (name in keys or other in keys):
                problems.append(f"“{key}” is the key of both {other} and {name}")
    return tuple(problems)


def _bindings(app: type[DOMNode]) -> Iterator[Binding]:
    yield from _of(app)
    for module in pkgutil.iter_modules(screens.__path__):
        loaded = importlib.import_module(f"{screens.__name__}.{module.name}")
        for _, member in inspect.getmembers(loaded, inspect.isclass):
            if member.__module__ == loaded.__name__ and issubclass(member, DOMNode):
                yield from _of(member)


def _of(node: type[DOMNode]) -> Iterator[Binding]:
    yield from (binding for binding in node.__dict__.get("BINDINGS", ()) if isinstance(binding, Binding))
