"""What is being typed for the steps of a script, in a file of its own: it outlives the app's sudden end."""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from sandbox.errors import SandboxError
from sandbox.library.loading import MAX_BYTES, read_at_most
from sandbox.whole_file import write_whole

_SAID = TypeAdapter(dict[str, str])


class StepDraft:
    """The texts by the id of their step, of one version of a technique. Reads and writes: for a thread."""

    def __init__(self, folder: Path, technique: str) -> None:
        """`technique`: the hash of the version that is changed."""
        self.path = folder / f"{technique[:16]}.json"

    def read(self) -> dict[str, str]:
        """What was typed; empty where nothing was, or it cannot be read any more."""
        try:
            return _SAID.validate_json(read_at_most(self.path, MAX_BYTES, todo=""))
        except (SandboxError, ValidationError):
            return {}

    def write(self, said: Mapping[str, str]) -> None:
        """Keep it, for the owner alone; nothing typed, no file. Raises OSError."""
        if said:
            write_whole(self.path, json.dumps(dict(said)), overwrite=True, mode=0o600)
        else:
            with suppress(FileNotFoundError):
                self.path.unlink()
