"""The libraries of the extra `data`, loaded when they are needed."""

import importlib
from types import ModuleType

from sandbox.errors import SandboxError


class MissingLibrary(SandboxError):
    """A format needs a library that is not installed. The other formats work."""


def needed(library: str, form: str) -> ModuleType:
    """The library, or MissingLibrary, which says how to get it. `form`: what needs it, for people."""
    try:
        return importlib.import_module(library)
    except ImportError as error:
        raise MissingLibrary(
            f"{form} needs {library.partition('.')[0]}, which is not installed.",
            todo='Install the extra: pip install "therapy-sandbox[data]" (in a copy of the repository: '
            "uv sync --extra data). CSV works without it.",
        ) from error
