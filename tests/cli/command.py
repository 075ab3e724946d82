"""Running the real command in a process of its own, as a user would, in a workspace of its own."""

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str


def environment(workspace: Path, **more: str) -> dict[str, str]:
    """This process's environment without keys and settings of the person who runs the tests."""
    kept = {k: v for k, v in os.environ.items() if not k.endswith(("_API_KEY", "_API_BASE", "_BASE_URL"))}
    return {**kept, "SANDBOX_WORKSPACE": str(workspace), "COLUMNS": "100", **more}


def sandbox(workspace: Path, *arguments: str, **variables: str) -> Ended:
    """Run `sandbox ARGUMENTS` to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "sandbox", *arguments],
        capture_output=True,
        text=True,
        env=environment(workspace, **variables),
        stdin=subprocess.DEVNULL,
        timeout=300,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def start(workspace: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start `sandbox ARGUMENTS` and return at once."""
    return subprocess.Popen(
        [sys.executable, "-m", "sandbox", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(workspace),
        stdin=subprocess.DEVNULL,
    )


def short_technique(workspace: Path) -> str:
    """The id of a technique of three steps, for tests that have to be quick."""
    whole = yaml.safe_load((workspace / "techniques" / "mindful-breathing.yaml").read_text(encoding="utf-8"))
    short = whole | {"id": "three-steps", "title": "Three steps", "steps": whole["steps"][:3]}
    (workspace / "techniques" / "three-steps.yaml").write_text(yaml.safe_dump(short), encoding="utf-8")
    return "three-steps"
