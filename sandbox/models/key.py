"""Keys of model services: from the environment, else from the system's keyring. Never shown, never stored.

The keyring library is optional; without it the environment is the only place.
"""

import importlib
import importlib.util
import os
from typing import Any, Literal

from sandbox.errors import SandboxError

SERVICE = "therapy-sandbox"
"""The name under which the system's keyring files our keys."""

Place = Literal["environment", "keyring"]


def find_key(variable: str) -> str | None:
    """The key in the environment variable of that name, else in the keyring under it, else None."""
    return os.environ.get(variable) or _in_keyring(variable)


def key_place(variable: str) -> Place | None:
    """Where the key is, without the key."""
    if os.environ.get(variable):
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
        raise SandboxError(
            "The keyring library is not installed.", todo=f"pip install keyring, or: export {variable}=…"
        )
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
