"""A session on a machine without a network: the real command in a namespace that has loopback and no more."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.errors import ExitCode
from tests.cli.command import environment, shorten_breathing

pytestmark = pytest.mark.embedded

BEGIN = """
import fcntl, os, socket, struct, sys
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sH22x", b"lo", 1))  # SIOCSIFFLAGS, IFF_UP
interfaces = [name for _, name in socket.if_nameindex()]
try:
    socket.create_connection(("192.0.2.1", 80), timeout=5)
except OSError:
    os.execv(sys.executable, [sys.executable, "-m", "sandbox", *sys.argv[1:]])
sys.exit(f"a network can be reached: {interfaces}")
"""
"""Bring loopback up, make sure that nothing else can be reached, and become the command."""


@pytest.fixture
def alone() -> list[str]:
    """The words that run a command in a network namespace of its own."""
    if not sys.platform.startswith("linux") or shutil.which("unshare") is None:
        pytest.skip("network namespaces need Linux and unshare")
    for words in (["unshare", "-rn"], ["unshare", "-n"]):
        if subprocess.run([*words, "true"], capture_output=True, check=False).returncode == 0:
            return words
    pytest.skip("unshare may not make a network namespace here")


def test_a_session_needs_no_network(workspace: Path, alone: list[str]) -> None:
    shorten_breathing(workspace)
    done = subprocess.run(
        [*alone, sys.executable, "-c", BEGIN, "run", "--no-control", "--json"],
        capture_output=True,
        text=True,
        env=environment(workspace),
        stdin=subprocess.DEVNULL,
        timeout=300,
        check=False,
    )
    assert done.returncode == ExitCode.OK, done.stderr
    result = json.loads(done.stdout)
    (arm,) = result["arms"]
    assert (arm["technique"], arm["state"]) == ("mindful-breathing", "finished")
    assert Path(result["transcript"]).is_file()
