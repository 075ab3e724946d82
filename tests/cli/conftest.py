from pathlib import Path

import pytest

from sandbox.library.workspace import create_workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return create_workspace(tmp_path / "workspace").root
