import asyncio
from pathlib import Path

import pytest

from sandbox.library.workspace import create_workspace
from sandbox.store.store import DATABASE, Store
from tests.store.runs import breathing_and_control, record_run


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return create_workspace(tmp_path / "workspace").root


@pytest.fixture
def record(workspace: Path) -> Path:
    """The workspace's record with one scripted run in it."""
    path = workspace / "sessions" / DATABASE
    with Store.open(path) as store:
        asyncio.run(record_run(store, breathing_and_control()))
    return path
