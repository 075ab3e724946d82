"""What is found on this machine, and what each absence says. Small servers stand in for the real ones."""

import base64
import json
import struct
import sys
import threading
import types
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner

from sandbox.cli.models import command as models_command
from sandbox.errors import SandboxError
from sandbox.models.discovery import SERVERS, Found, discover
from sandbox.models.hosted import SERVICES
from sandbox.models.key import keep_key
from sandbox.models.opening import open_model

OLLAMA = "OLLAMA_API_BASE"
SECRET = "sk-not-to-be-shown-0123456789"


@contextmanager
def answering(
    body: bytes, status: int = 200, location: str = "", authorization: str | None = None
) -> Iterator[str]:
    """A server on this machine that answers every GET alike, if it brings the authorization; its address."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            allowed = self.headers.get("Authorization") == authorization
            self.send_response(status if allowed else 401)
            if location:
                self.send_header("Location", location)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No keys, no servers, no models in the home folder, whatever the tests run on."""
    for service in SERVICES.values():
        if service.key_variable:
            monkeypatch.delenv(service.key_variable, raising=False)
    for server in SERVERS:
        monkeypatch.setenv(SERVICES[server.prefix].base_variable, "http://127.0.0.1:9/v1")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setitem(sys.modules, "keyring", None)


def named(name: str, found: tuple[Found, ...]) -> Found:
    return next(one for one in found if one.name == name)


def weights(path: Path) -> Path:
    key = b"general.name"
    field = struct.pack("<Q", len(key)) + key + struct.pack("<IQ", 8, 4) + b"Tiny"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + field)
    return path


def test_what_is_absent_comes_with_what_would_start_it() -> None:
    found = discover()
    for prefix, command in (
        ("ollama_chat", "ollama serve"),
        ("lm_studio", "lms server start"),
        ("llamafile", "llama-server"),
        ("hosted_vllm", "vllm serve"),
    ):
        absent = named(f"{prefix}/…", found)
        assert not absent.ready and command in absent.todo
    assert "OPENAI_API_KEY" in named("openai/gpt-4o", found).todo


def test_models_a_server_lists_are_found_and_cloud_models_are_not_local(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = ("llama3.2:latest", "gpt-oss:120b-cloud", "a b", "a\x1b[2J")
    listed = {"models": [{"name": name} for name in names]}
    with answering(json.dumps(listed).encode()) as address:
        monkeypatch.setenv(OLLAMA, address)
        found = discover()
    assert named("ollama_chat/llama3.2:latest", found).local
    assert not named("ollama_chat/gpt-oss:120b-cloud", found).local
    assert not any("a b" in one.name or "\x1b" in one.name for one in found)


def test_a_server_with_no_model_says_how_to_get_one(monkeypatch: pytest.MonkeyPatch) -> None:
    with answering(b'{"models": []}') as address:
        monkeypatch.setenv(OLLAMA, address)
        assert "ollama pull" in named("ollama_chat/…", discover()).todo


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"models": 3}', b'{"models": [{}]}', b"\xff"])
def test_something_else_at_the_address_is_told_and_raises_nothing(
    body: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    with answering(body) as address:
        monkeypatch.setenv(OLLAMA, address)
        absent = named("ollama_chat/…", discover())
    assert not absent.ready and "something else" in absent.text


def test_no_probe_leaves_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OLLAMA, "http://192.0.2.1:11434")  # conftest fails any attempt to reach it
    absent = named("ollama_chat/…", discover())
    assert not absent.local and "not asked" in absent.text
    with answering(b"", 302, "http://192.0.2.1/") as address:
        monkeypatch.setenv(OLLAMA, address)
        assert not named("ollama_chat/…", discover()).ready


def test_a_password_in_an_address_is_used_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = json.dumps({"models": [{"name": "llama3.2"}]}).encode()
    pair = base64.b64encode(b"anna:p@ssw0rd").decode()
    with answering(listed, authorization=f"Basic {pair}") as address:
        monkeypatch.setenv(OLLAMA, address.replace("//", "//anna:p%40ssw0rd@"))
        found = discover()
    assert named("ollama_chat/llama3.2", found).ready
    for host in ("127.0.0.1:9", "192.0.2.1:11434", "127.0.0.1:port"):
        monkeypatch.setenv(OLLAMA, f"http://anna:p@ssw0rd@{host}")
        text = named("ollama_chat/…", discover()).text
        assert host in text
        assert "anna" not in text and "ssw0rd" not in text


def test_what_other_programs_have_fetched_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ollama = tmp_path / "ollama"
    monkeypatch.setenv("OLLAMA_MODELS", str(ollama))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    monkeypatch.setenv("LLAMA_CACHE", str(tmp_path / "llama"))
    monkeypatch.delenv("HF_HUB_CACHE", raising=False)
    blob = weights(ollama / "blobs" / "sha256-abc")
    layers = [{"mediaType": "application/vnd.ollama.image.license", "digest": "sha256:def"},
              {"mediaType": "application/vnd.ollama.image.model", "digest": "sha256:abc"}]  # fmt: skip
    library = ollama / "manifests" / "registry.ollama.ai" / "library"
    for place, text in {
        library / "llama3.2" / "latest": json.dumps({"layers": layers}),
        library / "broken" / "latest": "{",
        library / "odd" / "latest": json.dumps({"layers": [{"mediaType": 1}]}),
        library / "away" / "latest": json.dumps({"layers": [layers[1] | {"digest": "sha256:../../x"}]}),
    }.items():
        place.parent.mkdir(parents=True)
        place.write_text(text)
    snapshot = weights(tmp_path / "hub" / "hub" / "models--a--b" / "snapshots" / "c0ffee" / "b.gguf")
    llama = weights(tmp_path / "llama" / "c.gguf")
    files = {one.name: one.text for one in discover() if one.sort == "gguf file"}
    assert set(files) == {f"gguf:{path}" for path in (blob, snapshot, llama)}
    assert files[f"gguf:{blob}"].startswith("llama3.2:latest of Ollama: Tiny")


def test_gguf_files_nearby_are_found_and_wrong_ones_say_so(tmp_path: Path) -> None:
    good = weights(tmp_path / "models" / "deep" / "tiny.gguf")
    weights(tmp_path / "models" / "big-00002-of-00003.gguf")
    (tmp_path / "models" / "bad.gguf").write_bytes(b"no")
    found = discover((tmp_path / "models",), named=(f"gguf:{tmp_path}/gone.gguf",))
    files = {one.name: one for one in found if one.sort == "gguf file"}
    assert "Tiny" in files[f"gguf:{good}"].text and files[f"gguf:{good}"].ready
    assert not files[f"gguf:{tmp_path}/models/bad.gguf"].ready
    assert not files[f"gguf:{tmp_path}/gone.gguf"].ready
    assert len(files) == 3


def test_the_name_of_a_file_does_nothing_to_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights(tmp_path / "models" / "tiny\x1b[2J.gguf")
    monkeypatch.chdir(tmp_path)
    listed = CliRunner().invoke(models_command)
    assert "tiny\ufffd[2J.gguf" in listed.output
    assert "\x1b" not in listed.output


def test_a_key_is_reported_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    found = discover(named=("openai/my-model",))
    assert named("openai/gpt-4o", found).ready and named("openai/my-model", found).ready
    assert SECRET not in repr(found)


def test_a_key_in_the_keyring_is_found_used_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: dict[tuple[str, str], str] = {}
    ring = types.ModuleType("keyring")
    ring.__spec__ = __import__("importlib.machinery").machinery.ModuleSpec("keyring", None)
    ring.get_password = lambda service, name: kept.get((service, name))  # type: ignore[attr-defined]
    ring.set_password = lambda service, name, key: kept.update({(service, name): key})  # type: ignore[attr-defined]
    ring.delete_password = lambda service, name: kept.pop((service, name))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "keyring", ring)
    keep_key("ANTHROPIC_API_KEY", SECRET)
    found = discover()
    assert named("anthropic/claude-sonnet-4-5", found).text.endswith("in the keyring")
    provider = open_model("anthropic/claude-sonnet-4-5")
    assert provider._fixed.key == SECRET  # type: ignore[attr-defined]
    assert SECRET not in repr(found) + repr(provider.description)
    keep_key("ANTHROPIC_API_KEY", "")
    assert not named("anthropic/claude-sonnet-4-5", discover()).ready


def test_without_a_keyring_a_key_is_refused_with_the_way_out() -> None:
    with pytest.raises(SandboxError) as caught:
        keep_key("OPENAI_API_KEY", SECRET)
    assert "export OPENAI_API_KEY" in caught.value.todo and SECRET not in str(caught.value)
