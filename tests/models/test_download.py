"""Fetching a model: nothing half-written or changed is ever loaded, and what arrived is never lost."""

import hashlib
import json
import random
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.errors import NotFoundError, SandboxError, UsageError
from sandbox.models import download
from sandbox.models.discovery import discover
from sandbox.models.download import (
    HubFile,
    Progress,
    broken_off_in,
    fetch,
    fetched_in,
    hub_file,
    remove_fetched,
)
from sandbox.models.provider import ModelError
from tests.models.hub import COMMIT, Hub, point_to

CONTENT = random.Random(1).randbytes(3_000_000)
HASH = hashlib.sha256(CONTENT).hexdigest()
WANTED = HubFile("someone/some-model-GGUF", "some-model-q8_0.gguf")


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    with Hub(CONTENT) as hub:
        point_to(hub, monkeypatch)
        monkeypatch.setattr(download, "_PAUSE", 0.0)
        yield hub


def test_a_model_is_fetched_although_the_library_is_kept_offline_for_counting_tokens(
    hub, tmp_path, monkeypatch
):
    """As it is in the app, once LiteLLM is loaded."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    assert fetch(WANTED, tmp_path).path.read_bytes() == CONTENT


def test_a_file_arrives_whole_and_with_its_hash(hub: Hub, tmp_path: Path) -> None:
    seen: list[Progress] = []
    fetched = fetch(WANTED, tmp_path, on_progress=seen.append)
    assert fetched.path.read_bytes() == CONTENT
    assert (fetched.sha256, fetched.commit, fetched.repo) == (HASH, COMMIT, WANTED.repo)
    assert seen[-1].done == seen[-1].total == len(CONTENT)
    assert fetched_in(tmp_path) == (fetched,)
    asked = len(hub.tokens)
    assert fetch(WANTED, tmp_path) == fetched
    assert len(hub.tokens) == asked, "what is here is not asked for again"


@pytest.mark.parametrize("wrong", ["nothing", "whole_again", "no_rest"])
def test_a_broken_line_is_gone_on_with_where_it_broke(hub: Hub, tmp_path: Path, wrong: str) -> None:
    hub.breaks = [1_800_000]
    if wrong != "nothing":
        setattr(hub, wrong, True)
    assert fetch(WANTED, tmp_path).path.read_bytes() == CONTENT
    assert hub.ranges[:2] == ["", "bytes=1800000-"]


def test_a_line_that_stays_broken_keeps_what_arrived_for_the_next_time(hub: Hub, tmp_path: Path) -> None:
    hub.breaks = [1_800_000] + [0] * 5
    with pytest.raises(ModelError, match="broke at 60%"):
        fetch(WANTED, tmp_path)
    assert broken_off_in(tmp_path) == ((WANTED.name, 1_800_000),)
    assert not list(tmp_path.glob("*.gguf"))
    assert not [found for found in discover((tmp_path,)) if str(tmp_path) in found.name]
    hub.breaks = []
    hub.ranges.clear()
    seen: list[Progress] = []
    assert fetch(WANTED, tmp_path, on_progress=seen.append).path.read_bytes() == CONTENT
    assert hub.ranges == ["bytes=1800000-"]
    assert seen[0].resumed_at == 1_800_000


def test_a_lie_about_the_hash_is_found_and_the_right_file_taken_then(hub: Hub, tmp_path: Path) -> None:
    hub.states = "0" * 64
    with pytest.raises(ModelError, match="not the file that the hub states"):
        fetch(WANTED, tmp_path)
    assert not list(tmp_path.glob("some-model*"))
    hub.states = HASH
    assert fetch(WANTED, tmp_path).path.read_bytes() == CONTENT


def test_another_file_than_the_known_or_the_last_one_is_refused_unless_accepted(
    hub: Hub, tmp_path: Path
) -> None:
    pinned = replace(WANTED, sha256="a" * 64)
    with pytest.raises(ModelError, match="in the list of this app"):
        fetch(pinned, tmp_path)
    fetch(WANTED, tmp_path)
    assert remove_fetched(WANTED.name, tmp_path) == len(CONTENT)
    hub.content = CONTENT[::-1]
    hub.states = hashlib.sha256(hub.content).hexdigest()
    with pytest.raises(ModelError, match="fetched last time"):
        fetch(WANTED, tmp_path)
    assert fetch(WANTED, tmp_path, accept_changed=True).path.read_bytes() == hub.content


def test_what_broke_off_of_another_version_is_not_gone_on_with(hub: Hub, tmp_path: Path) -> None:
    hub.breaks = [1_800_000] + [0] * 5
    with pytest.raises(ModelError):
        fetch(WANTED, tmp_path)
    hub.breaks = []
    hub.content = CONTENT[::-1]
    hub.states = hashlib.sha256(hub.content).hexdigest()
    assert fetch(WANTED, tmp_path).path.read_bytes() == hub.content


def test_stopping_keeps_what_arrived(hub: Hub, tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="Stopped"):
        fetch(WANTED, tmp_path, stopped=lambda: True)
    ((name, here),) = broken_off_in(tmp_path)
    assert name == WANTED.name
    assert 0 < here < len(CONTENT)
    assert remove_fetched(WANTED.name, tmp_path) == here


def test_a_file_of_ones_own_is_not_written_over(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / WANTED.name).write_bytes(b"mine")
    with pytest.raises(SandboxError, match="not fetched by this app"):
        fetch(WANTED, tmp_path)
    with pytest.raises(NotFoundError):
        remove_fetched(WANTED.name, tmp_path)
    assert (tmp_path / WANTED.name).read_bytes() == b"mine"


def test_two_repositories_may_have_a_file_of_one_name(hub: Hub, tmp_path: Path) -> None:
    first = fetch(WANTED, tmp_path)
    for other in (
        replace(WANTED, repo="another/some-model-GGUF"),
        replace(WANTED, path=f"sub/{WANTED.path}"),
    ):
        with pytest.raises(SandboxError, match="fetched from someone/some-model-GGUF"):
            fetch(other, tmp_path)
    assert fetch(WANTED, tmp_path) == first


def test_what_is_here_is_not_taken_for_a_file_of_another_hash_or_revision(hub: Hub, tmp_path: Path) -> None:
    fetch(WANTED, tmp_path)
    with pytest.raises(ModelError, match="in the list of this app"):
        fetch(replace(WANTED, sha256="a" * 64), tmp_path)
    asked = len(hub.tokens)
    fetch(replace(WANTED, revision="other"), tmp_path)
    assert len(hub.tokens) > asked


def test_a_file_put_where_a_removed_one_was_is_not_written_over(hub: Hub, tmp_path: Path) -> None:
    fetch(WANTED, tmp_path)
    remove_fetched(WANTED.name, tmp_path)
    (tmp_path / WANTED.name).write_bytes(b"mine")
    with pytest.raises(SandboxError, match="not fetched by this app"):
        fetch(WANTED, tmp_path)
    assert (tmp_path / WANTED.name).read_bytes() == b"mine"


def test_too_little_room_is_said_before_anything_is_fetched(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(download, "_ROOM", 1 << 62)
    with pytest.raises(SandboxError, match="no room"):
        fetch(WANTED, tmp_path)
    assert hub.ranges == []


@pytest.mark.parametrize(
    ("status", "said"), [(404, "no such file"), (403, "accepted its terms"), (503, "reached")]
)
def test_a_hub_that_refuses_says_why(hub: Hub, tmp_path: Path, status: int, said: str) -> None:
    hub.status = status
    with pytest.raises(ModelError, match=said) as caught:
        fetch(WANTED, tmp_path)
    assert caught.value.todo


def test_a_token_goes_to_the_hub_alone(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    fetch(WANTED, tmp_path)
    assert hub.tokens == [("HEAD", "Bearer hf_secret"), ("GET", "")]


@pytest.mark.parametrize(
    "text",
    ["", "one", "owner/repo", "owner/repo/model.bin", "owner/repo/../model.gguf", "owner/../x/m.gguf",
     "owner/repo/a\\b.gguf", "owner/repo/\x1b[31m.gguf", "http://elsewhere.example/owner/repo/m.gguf"],
)  # fmt: skip
def test_what_names_no_file_of_the_hub_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        hub_file(text)


def test_a_file_is_named_as_on_its_page() -> None:
    wanted = HubFile("owner/repo", "sub/m.gguf")
    assert hub_file("owner/repo/sub/m.gguf") == wanted
    assert hub_file("https://huggingface.co/owner/repo/blob/main/sub/m.gguf") == wanted
    assert hub_file("owner/repo/m.gguf@abc").revision == "abc"


def test_the_command_fetches_lists_and_removes(tmp_path: Path) -> None:
    with Hub(CONTENT) as hub:
        environment = {
            "HF_ENDPOINT": hub.address,
            "HOME": str(tmp_path),
            "XDG_DATA_HOME": str(tmp_path / "data"),
            "XDG_CONFIG_HOME": str(tmp_path / "config"),
            "PATH": "/usr/bin:/bin",
        }

        def models(*words: str) -> subprocess.CompletedProcess[str]:
            command = [sys.executable, "-m", "sandbox", "models", *words]
            return subprocess.run(
                command, check=False, env=environment, capture_output=True, text=True, timeout=120
            )

        named = f"{WANTED.repo}/{WANTED.path}"
        done = models("get", named, "--json")
        assert done.returncode == 0, done.stderr
        assert json.loads(done.stdout)["sha256"] == HASH
        assert WANTED.name in models("get").stdout
        settings = tmp_path / "config" / "therapy-sandbox" / "settings.toml"
        settings.parent.mkdir(parents=True, exist_ok=True)
        settings.write_text("local_only = true\n")
        refused = models("get", "smollm2-360m")
        assert (refused.returncode, "Local only is on" in refused.stderr) == (4, True)
        settings.unlink()
        assert models("remove", WANTED.name).returncode == 0
        assert models("remove", WANTED.name).returncode == 3
