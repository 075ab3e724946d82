"""Every key that can be changed, by the id its binding has, and what is wrong with a user's keymap."""

import importlib
import inspect
import pkgutil
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from textual.binding import Binding
from textual.dom import DOMNode
from textual.keys import _character_to_key

from sandbox.tui import screens


def changeable_bindings() -> dict[str, Binding]:
    """The app's and its screens' bindings by id. Imports every screen: not for before the first paint."""
    return {binding.id: binding for binding in _bindings() if binding.id}


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
        for key in keys.get(name, binding.key).split(","):
            other = taken.setdefault((screen, _long(key.strip())), name)
            if other != name and (name in keys or other in keys):
                problems.append(f"“{key.strip()}” is the key of both {other} and {name}")
    return tuple(problems)


def _long(key: str) -> str:
    """`question_mark` for `?`: Textual takes both."""
    return _character_to_key(key) if len(key) == 1 else key


def _bindings() -> Iterator[Binding]:
    from sandbox.tui.app import SandboxApp

    yield from _of(SandboxApp)
    for module in pkgutil.iter_modules(screens.__path__):
        loaded = importlib.import_module(f"{screens.__name__}.{module.name}")
        for _, member in inspect.getmembers(loaded, inspect.isclass):
            if member.__module__ == loaded.__name__ and issubclass(member, DOMNode):
                yield from _of(member)


def _of(node: type[DOMNode]) -> Iterator[Binding]:
    yield from (binding for binding in node.__dict__.get("BINDINGS", ()) if isinstance(binding, Binding))
