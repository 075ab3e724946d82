"""What the app remembers by itself between starts: the last choices, and that the notice was read.

Losing the file loses nothing else; a wrong one is put aside without a word. Settings are in `settings.py`.
"""

import contextlib
import getpass
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from sandbox.settings import FOLDER_VARIABLE
from sandbox.whole_file import write_whole

_MAX_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Remembered:
    """`proposal` has the fields of the last proposal that was run, as JSON values; empty at first. `reviewer`
    is the name that stands beside marks and changes made here."""

    notice_read: bool = False
    proposal: Mapping[str, object] = field(default_factory=dict)
    reviewer: str = ""


def remembered_file() -> Path:
    """Where it is kept; the file need not exist."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named).expanduser() / "remembered.json"
    import platformdirs

    return platformdirs.user_state_path("therapy-sandbox", appauthor=False) / "remembered.json"


def load_remembered() -> Remembered:
    """What was remembered; nothing when there is no file or it cannot be read. Never raises."""
    file = remembered_file()
    try:
        if file.stat().st_size > _MAX_BYTES:
            return Remembered()
        values = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return Remembered()
    if not isinstance(values, dict):
        return Remembered()
    proposal, reviewer = values.get("proposal"), values.get("reviewer")
    return Remembered(
        notice_read=values.get("notice_read") is True,
        proposal=proposal if isinstance(proposal, dict) else {},
        reviewer=reviewer if isinstance(reviewer, str) else "",
    )


def who() -> str:
    """Who sits here: the name they gave, else as the system knows them. Reads a file.

    `root` is everybody in a container, and nobody's name.
    """
    if reviewer := load_remembered().reviewer:
        return reviewer
    try:
        account = getpass.getuser()
    except (OSError, KeyError, ImportError):
        account = "root"
    import platform  # not before the first paint

    return account if account != "root" else f"somebody on {platform.node() or 'this machine'}"


def save_remembered(remembered: Remembered) -> None:
    """Keep it for the next start. Where that cannot be written, the app simply will not remember."""
    with contextlib.suppress(OSError):
        write_whole(remembered_file(), json.dumps(asdict(remembered), indent=2) + "\n", overwrite=True)
