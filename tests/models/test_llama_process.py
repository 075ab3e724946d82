"""The child process while it loads its file: ended at once when nobody wants it any more."""

import asyncio
import time
from pathlib import Path

import psutil
import pytest

from sandbox.models import llama_process
from sandbox.models.failure import Failure
from sandbox.models.llama_process import LlamaProcess


@pytest.fixture
def loading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LlamaProcess:
    """A process that loads for as long as it lives."""
    script = tmp_path / "loads.py"
    script.write_text("import sys, time\nprint('loading', file=sys.stderr, flush=True)\ntime.sleep(60)\n")
    monkeypatch.setattr(llama_process, "_SCRIPT", script)
    return LlamaProcess(tmp_path / "big.gguf", context=512)


def children(script: str) -> list[psutil.Process]:
    return [child for child in psutil.Process().children() if script in " ".join(child.cmdline())]


def wait_until_it_starts(process: LlamaProcess, *, begun: bool) -> None:
    """Or, with `begun`, until the child has said something."""
    while process._starting is None or (begun and not process._starting.said):
        time.sleep(0.001)


@pytest.mark.parametrize("begun", [True, False])
async def test_stopping_does_not_wait_for_the_file_to_be_loaded(loading: LlamaProcess, begun: bool):
    script = str(llama_process._SCRIPT)
    starting = asyncio.ensure_future(loading.endpoint())
    await asyncio.to_thread(wait_until_it_starts, loading, begun=begun)
    since = time.monotonic()
    await asyncio.to_thread(loading.stop)
    with pytest.raises(Failure):
        await starting
    assert time.monotonic() - since < 10
    assert not children(script)
    assert loading.pid is None


async def test_the_child_inherits_no_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    script = tmp_path / "tells.py"
    script.write_text("import json, os\nprint(json.dumps({'error': ' '.join(sorted(os.environ))}))\n")
    monkeypatch.setattr(llama_process, "_SCRIPT", script)
    secrets = (
        "OPENAI_API_KEY",
        "HF_TOKEN",
        "MY_SECRET",
        "LLAMA_API_KEY",
        "OPENAI_BASE_URL",
        "HTTPS_PROXY",
        "MYVAR",
    )
    for name in secrets:
        monkeypatch.setenv(name, "sk-0123456789abcdef")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    with pytest.raises(Failure) as caught:
        await LlamaProcess(tmp_path / "big.gguf", context=512).endpoint()
    told = caught.value.message
    assert "PATH" in told and "CUDA_VISIBLE_DEVICES" in told
    assert not [name for name in secrets if name in told]
