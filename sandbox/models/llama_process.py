"""The child process that serves a GGUF file: started on first use and when it has died, ended with the app.

Works from any event loop and thread. What the child does is in `llama_server.py`.
"""

import asyncio
import contextlib
import http.client
import json
import os
import re
import secrets
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from sandbox.models.failure import SECRET_NAME, Failure
from sandbox.models.way import Endpoint

_SCRIPT = Path(__file__).with_name("llama_server.py")
_NEEDED = re.compile(
    r"PATH|HOME|USER|LOGNAME|LANG|LANGUAGE|TZ|TMPDIR|TEMP|TMP|VIRTUAL_ENV|SYSTEMROOT|SYSTEMDRIVE|WINDIR|COMSPEC"
    r"|PATHEXT|(?:LOCAL)?APPDATA|USERPROFILE|PROGRAM(?:DATA|FILES.*)|NUMBER_OF_PROCESSORS"
    r"|PYTHON.*|(?:LC|XDG|LD|DYLD|OMP|GOMP|KMP|MKL|OPENBLAS|GGML|LLAMA|CUDA|NVIDIA|HIP|HSA|ROCR?|ROCM|VK|METAL"
    r"|ONEAPI|SYCL|ZE|COVERAGE|COV)_.*",
    re.IGNORECASE,
)
_START_SECONDS = 180.0
_CACHE_MIB = 64


@dataclass(slots=True)
class _Child:
    """One run of the server. The keeper thread that starts it outlives it.

    (The kernel's death signal to the child goes by the thread that started it, not by the process.)
    """

    key: str = field(default_factory=lambda: secrets.token_urlsafe(32), repr=False)
    process: subprocess.Popen[str] | None = None
    port: int | None = None
    error: str = ""
    said: deque[str] = field(default_factory=lambda: deque(maxlen=20))
    settled: threading.Event = field(default_factory=threading.Event)
    given_up: threading.Event = field(default_factory=threading.Event)

    @property
    def alive(self) -> bool:
        return self.port is not None and self.process is not None and self.process.poll() is None

    def give_up(self) -> None:
        """Kill it, or have it killed as soon as there is a process: nobody wants it any more."""
        self.given_up.set()
        if self.process is not None:
            self.process.kill()


class LlamaProcess:
    """Serves `weights` with a context of so many tokens. `gpu_layers` −1: as many as fit.

    Without a GPU the same request gives the same result to the last bit, whatever was asked before, but for
    K-packed weights (docs/models.md). With `hidden_states` it writes nothing, and says instead what stands in
    its last layer at each token.
    """

    def __init__(
        self, weights: Path, *, context: int, gpu_layers: int = 0, hidden_states: bool = False
    ) -> None:
        self._weights = weights
        self._context = context
        self._gpu_layers = gpu_layers
        self._hidden_states = hidden_states
        self._child: _Child | None = None
        self._starting: _Child | None = None
        self._lock = threading.Lock()

    @property
    def pid(self) -> int | None:
        """The child's process id, None when none runs."""
        child = self._child
        return child.process.pid if child is not None and child.alive and child.process is not None else None

    async def endpoint(self, after: Failure | None = None) -> Endpoint:
        """Where the model is served, starting or restarting the child if need be. Raises Failure.

        After a timeout the child is asked whether it is well, and replaced if it does not say so.
        """
        child = self._child
        if child is not None and child.alive and (after is None or after.kind != "timeout"):
            return _endpoint_of(child)
        return await asyncio.to_thread(self._ensure, after)

    def start(self) -> None:
        """Begin to start the child, on a thread of its own. What is wrong shows at the first call."""

        def begin() -> None:
            with contextlib.suppress(Failure):
                self._ensure(None)

        threading.Thread(target=begin, name="llama start", daemon=True).start()

    def stop(self) -> None:
        """End the child, if one runs or starts. The next call would start another."""
        if (starting := self._starting) is not None:  # the lock is held until it has loaded
            starting.give_up()
        with self._lock:
            child, self._child = self._child, None
            if child is not None:
                _end(child)

    def _ensure(self, after: Failure | None) -> Endpoint:
        with self._lock:
            child = self._child
            if child is not None and (not child.alive or not (after is None or _is_well(child))):
                _end(child)
                child = self._child = None
            if child is None:
                child = self._child = self._start()
            return _endpoint_of(child)

    def _start(self) -> _Child:
        child = self._starting = _Child()
        config = {
            "weights": str(self._weights),
            "key": child.key,
            "context": self._context,
            "gpu_layers": self._gpu_layers,
            "hidden_states": self._hidden_states,
            "cache_mib": _CACHE_MIB,
            "threads": psutil.cpu_count(logical=False) or os.cpu_count() or 1,
            "parent": os.getpid(),
        }
        threading.Thread(target=_keep, args=(child, config), name="llama keeper", daemon=True).start()
        if not child.settled.wait(_START_SECONDS):
            child.error = f"it was not ready after {_START_SECONDS:.0f} s"
        self._starting = None
        if child.port is None:
            _end(child)
            reason = (child.error or "it ended at once").rstrip(".")
            tail = " ".join(child.said)
            raise Failure(
                "unavailable",
                f"The model's process did not start: {reason}. {tail}".strip(),
                retryable=False,
            )
        return child


def child_environment(variables: Mapping[str, str]) -> dict[str, str]:
    """What the child needs of the environment: how to run, its libraries, graphics cards. No keys."""
    return {
        name: value
        for name, value in variables.items()
        if _NEEDED.fullmatch(name) and not SECRET_NAME.search(name)
    }


def _keep(child: _Child, config: dict[str, str | int]) -> None:
    """Start the child, hand it its configuration, then keep the end of what it says until it ends."""
    try:
        # By path and with -P: nothing in the working folder may stand in for a module.
        child.process = process = subprocess.Popen(  # noqa: S603  a fixed command of our own
            [sys.executable, "-P", str(_SCRIPT)],
            env=child_environment(os.environ),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
            errors="replace",
        )
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise OSError("no pipes")
        if child.given_up.is_set():
            process.kill()
        process.stdin.write(json.dumps(config) + "\n")
        process.stdin.flush()
        drain = threading.Thread(target=_drain, args=(child, process), daemon=True)
        drain.start()
        answer = json.loads(process.stdout.readline() or "{}")
        child.error = str(answer.get("error", ""))
        child.port = answer.get("port")
    except (OSError, ValueError) as error:
        child.error = str(error)
    finally:
        child.settled.set()
    if child.process is not None:
        child.process.wait()


def _drain(child: _Child, process: subprocess.Popen[str]) -> None:
    with contextlib.suppress(ValueError):  # closed meanwhile
        for line in process.stderr or ():
            child.said.append(line.strip()[:200])


def _end(child: _Child) -> None:
    process = child.process
    if process is None:
        return
    with contextlib.suppress(OSError):
        if process.stdin is not None:
            process.stdin.close()
    try:
        process.wait(1.0)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def _is_well(child: _Child) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", child.port, timeout=2.0)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _endpoint_of(child: _Child) -> Endpoint:
    return Endpoint(f"http://127.0.0.1:{child.port}/v1", child.key)
