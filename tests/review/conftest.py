"""An empty record on disk."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.store.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "sessions" / "sandbox.db") as opened:
        yield opened
