"""Keys of model services: given for this run, from the environment, or from the system's keyring.

Never shown, never stored; a key for this run is in no environment that a child process would inherit.

The keyring library is optional; without it the environment is the only place.
"""

import importlib
import importlib.util
import os
from typing import Any, Literal

from sandbox.errors import SandboxError

SERVICE = "therapy-sandbox"
"""The name under which the system's keyring files our keys."""

Place = Literal["this run", "environment", "keyring"]

_FOR_THIS_RUN: dict[str, str] = {}


def use_key(variable: str, key: str) -> None:
    """Use the key instead of that variable's until the app ends; an empty one takes that back."""
    if key:
        _FOR_THIS_RUN[variable] = key
    else:
        _FOR_THIS_RUN.pop(variable, None)


def find_key(variable: str) -> str | None:
    """The key given for this run, else in the environment variable, else in the keyring, else None."""
    return _FOR_THIS_RUN.get(variable) or _in_environment(variable) or _in_keyring(variable)


def key_place(variable: str) -> Place | None:
    """Where the key is, without the key."""
    if variable in _FOR_THIS_RUN:
        return "this run"
    if _in_environment(variable):
        return "environment"
    return "keyring" if _in_keyring(variable) else None


def keyring_installed() -> bool:
    """Whether the optional library is there; nothing is loaded."""
    return importlib.util.find_spec("keyring") is not None


def keep_key(variable: str, key: str) -> None:
    """Put a key into the keyring under its variable's name, or take it out when it is empty.

    Raises SandboxError when there is no keyring to put it in.
    """
    todo = f"Set it in the environment instead: export {variable}=…"
    if not keyring_installed():
        raise SandboxError("The keyring library is not installed.", todo=todo)
    try:
        library: Any = importlib.import_module("keyring")
        if key:
            library.set_password(SERVICE, variable, key)
        elif library.get_password(SERVICE, variable):
            library.delete_password(SERVICE, variable)
    except Exception as error:  # a keyring's own errors are of many kinds; their words might hold the key
        raise SandboxError(f"The keyring refused: {type(error).__name__}.", todo=todo) from None


def _in_keyring(variable: str) -> str | None:
    if not variable or not keyring_installed():
        return None
    try:
        library: Any = importlib.import_module("keyring")
        key = library.get_password(SERVICE, variable)
    except Exception:  # no keyring daemon, a locked one, a broken back end: as good as no key
        return None
    return key if isinstance(key, str) and key else None


def _in_environment(variable: str) -> str | None:
    return os.environ.get(variable or "-") or None
