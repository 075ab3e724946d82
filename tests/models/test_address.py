"""An address that is none is refused before a run, with one that would do; keys and addresses for a run."""

from pathlib import Path

import pytest

from sandbox.cli.run import command as run_command
from sandbox.errors import UsageError
from sandbox.models.address import address_of, checked_address, use_address
from sandbox.models.discovery import discover
from sandbox.models.hosted import SERVICES
from sandbox.models.key import find_key, key_place, use_key
from sandbox.models.opening import open_model, refuse_without_key
from sandbox.models.provider import Message, ModelError, Request, Sampling
from tests.models.misbehaving import ModelServer, fails, says

VLLM = "HOSTED_VLLM_API_BASE"
ASK = Request((Message("user", "Hello?"),), Sampling(temperature=0.5, max_tokens=5))

NO_ADDRESS = {
    "localhost:8000/v1": "http://localhost:8000/v1",
    "127.0.0.1:8000": "http://127.0.0.1:8000",
    "my-server/v1": "http://my-server/v1",
    "ftp://my-server/v1": "http://my-server/v1",
    "“http://localhost:8000/v1”": "http://localhost:8000/v1",
    "'http://localhost:8000/v1'": "http://localhost:8000/v1",
    "http://local host:8000/v1": "http://local host:8000/v1",
    " http://localhost:8000/v1": "http://localhost:8000/v1",
    "http://": "http://localhost:8000/v1",
    "http:///v1": "http://localhost:8000/v1",
    "http://localhost:eighty/v1": "http://localhost:8000/v1",
    "http://localhost:8000/v1/chat/completions": "http://localhost:8000/v1",
    "http://localhost:8000/v1/models/": "http://localhost:8000/v1",
    "http://localhost:11434/api/chat": "http://localhost:11434",
    "http://localhost:8000/v1/v1": "http://localhost:8000/v1",
    "http://localhost:8000/v1?key=1": "http://localhost:8000/v1",
}


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.models.key._in_keyring", lambda variable: None)
    monkeypatch.setattr("sandbox.models.key._FOR_THIS_RUN", {})
    monkeypatch.setattr("sandbox.models.address._FOR_THIS_RUN", {})
    for service in SERVICES.values():
        for name in (service.key_variable, *service.other_keys, service.base_variable, *service.other_bases):
            monkeypatch.delenv(name or "-", raising=False)


@pytest.mark.parametrize("text", NO_ADDRESS)
def test_what_is_no_address_is_refused_with_one_that_would_do(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VLLM, text)
    with pytest.raises(UsageError, match="not the address of a model server") as caught:
        open_model("hosted_vllm/x")
    assert caught.value.where == VLLM
    assert NO_ADDRESS[text] in caught.value.todo


@pytest.mark.parametrize(
    "text",
    [
        "http://localhost:8000",
        "https://a.example/v1/",
        "http://[::1]:80/v1",
        "http://me:pw@10.0.0.5/openai/v1",
    ],
)
def test_an_address_is_taken_as_it_is(text: str) -> None:
    assert checked_address(text) == text


def test_a_refused_address_shows_no_password() -> None:
    with pytest.raises(UsageError) as caught:
        checked_address("http://me:secret-word@host/v1/models")
    assert "secret-word" not in str(caught.value)


def test_a_run_to_no_address_ends_before_it_begins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_BASE", "localhost:8000/v1")
    with pytest.raises(UsageError, match="localhost:8000/v1"):
        run_command.main(["--model", "openai/x"], standalone_mode=False)
    assert not (tmp_path / "sessions").exists()


def test_the_list_of_models_says_so_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VLLM, "localhost:8000/v1")
    found = next(one for one in discover() if one.name == "hosted_vllm/…")
    assert not found.ready and "not the address" in found.text and VLLM in found.todo


@pytest.mark.parametrize("variable", ["OPENAI_BASE_URL", "OPENAI_API_BASE"])
async def test_both_variables_for_an_openai_address_lead_there(
    variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ModelServer(says("Here.")) as server:
        monkeypatch.setenv(variable, server.base)
        model = open_model("openai/m", local_only=True)
        assert (await model.complete(ASK)).text == "Here."


async def test_an_address_and_a_key_for_this_run_are_used_and_forgotten() -> None:
    service = SERVICES["hosted_vllm"]
    with ModelServer(says("Here.")) as server:
        use_address(service, server.base)
        use_key(service.key_variable, "word-for-today")
        assert key_place(service.key_variable) == "this run"
        await open_model("hosted_vllm/m", local_only=True).complete(ASK)
    assert server.headers[0]["authorization"] == "Bearer word-for-today"
    use_address(service, "")
    use_key(service.key_variable, "")
    assert address_of(service) == service.base and find_key(service.key_variable) is None
    with pytest.raises(UsageError):
        use_address(service, "localhost:1")


async def test_a_server_s_key_from_the_environment_reaches_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with ModelServer(says("Here.")) as server:
        monkeypatch.setenv(VLLM, server.base)
        monkeypatch.setenv("HOSTED_VLLM_API_KEY", "word-of-the-server")
        await open_model("hosted_vllm/m").complete(ASK)
    assert server.headers[0]["authorization"] == "Bearer word-of-the-server"


def test_a_server_elsewhere_may_need_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VLLM, "http://10.0.0.5:8000/v1")
    refuse_without_key("hosted_vllm/x")


async def test_a_404_names_the_address_that_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    with ModelServer(fails(404, "Not Found")) as server:
        base = server.base.replace("//", "//me:secret-word@") + "/wrong"
        monkeypatch.setenv(VLLM, base)
        with pytest.raises(ModelError) as caught:
            await open_model("hosted_vllm/m").complete(ASK)
    assert f"{server.base}/wrong" in str(caught.value)
    assert "secret-word" not in str(caught.value)


def test_every_variable_that_works_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "models.md").read_text(encoding="utf-8")
    named = {
        name
        for service in SERVICES.values()
        for name in (service.key_variable, *service.other_keys, service.base_variable, *service.other_bases)
        if name
    }
    assert [name for name in sorted(named) if f"`{name}`" not in page] == []
