"""What each key of Models does: what is proposed, what is barred, what a check says."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sandbox.models.address import address_of
from sandbox.models.hosted import SERVICES, service_of
from sandbox.models.key import find_key, key_place
from sandbox.models.provider import Provider
from sandbox.settings import load_settings, save_setting
from sandbox.tui.screens.home import HomeScreen
from sandbox.tui.screens.models import ModelsScreen
from sandbox.tui.screens.prompt import LinePrompt
from tests.models.hub import Hub, point_to
from tests.models.test_discovery import weights
from tests.tui.rehearsal import client_model
from tests.tui.stage import Stage, stage


@pytest.fixture(autouse=True)
def one_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No models and keys but OpenAI's, whatever the tests run on."""
    for service in SERVICES.values():
        if service.key_variable:
            monkeypatch.delenv(service.key_variable, raising=False)
        if service.base_variable:
            monkeypatch.setenv(service.base_variable, "http://127.0.0.1:9/v1")
    monkeypatch.delenv("OPENAI_BASE_URL")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-to-be-shown-0123456789")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


@asynccontextmanager
async def models(
    root: Path, model: Provider | None = None, size: tuple[int, int] = (110, 34)
) -> AsyncIterator[Stage]:
    async with stage(root, model, size=size) as at:
        await at.started()
        await at.press("m")
        await at.until(lambda: isinstance(at.app.screen, ModelsScreen), "Models")
        await at.shows("← proposed")
        yield at


async def go_to(at: Stage, name: str) -> None:
    listed = at.app.screen.query_one("#models")
    listed.highlighted = listed.get_option_index(name)  # type: ignore[attr-defined]
    await at.until(lambda: _about(at).startswith(name), name)


def _about(at: Stage) -> str:
    return str(at.app.screen.query_one("#about").content)  # type: ignore[attr-defined]


async def test_what_is_absent_says_how_to_have_it_and_no_key_is_shown(tmp_path: Path) -> None:
    async with models(tmp_path) as at:
        await go_to(at, "ollama_chat/…")
        assert "ollama serve" in _about(at)
        await go_to(at, "anthropic/claude-sonnet-4-5")
        assert "export ANTHROPIC_API_KEY" in _about(at)
        await go_to(at, "openai/gpt-4o")
        assert "never put real patients in" in _about(at)
        assert "sk-not" not in at.text() + _about(at)


async def test_enter_proposes_the_model_now_and_at_the_next_start(tmp_path: Path) -> None:
    async with models(tmp_path) as at:
        await go_to(at, "openai/gpt-4o")
        await at.press("enter")
        await at.shows("openai/gpt-4o  ← proposed")
        assert load_settings().settings.model == "openai/gpt-4o"
        await at.press("escape")
        await at.shows("(openai/gpt-4o)")
    async with stage(tmp_path) as at:
        await at.shows("(openai/gpt-4o)")


async def test_enter_on_what_is_not_ready_changes_nothing(tmp_path: Path) -> None:
    async with models(tmp_path) as at:
        await go_to(at, "ollama_chat/…")
        await at.press("enter")
        await at.shows("Not ready")
        assert load_settings().settings.model == "embedded"


async def test_c_checks_the_marked_model(tmp_path: Path) -> None:
    async with models(tmp_path) as at:
        await at.press("c")
        await at.until(lambda: "prefill: works" in _about(at), "the end of the check")
        assert "tokens/s" in _about(at)
        for subject in ("chat", "streaming", "log-probabilities"):
            assert f"✓ {subject}: works" in _about(at)


async def test_leaving_in_the_middle_of_a_check_is_harmless(tmp_path: Path) -> None:
    gate = asyncio.Event()
    async with models(tmp_path, client_model(gate=gate)) as at:
        await at.press("c", "escape")
        assert isinstance(at.app.screen, HomeScreen)
        gate.set()
        await at.press("m")
        await at.shows("← proposed")


async def test_l_bars_models_elsewhere_and_is_written(tmp_path: Path) -> None:
    async with models(tmp_path) as at:
        await at.press("l")
        await at.shows("local only on")
        assert load_settings().settings.local_only
        await at.shows("⊘ openai/gpt-4o")
        await go_to(at, "openai/gpt-4o")
        await at.press("enter")
        await at.shows("Local only is on: l turns it off.")
        await at.press("l")
        await at.shows("local only off")
        assert not load_settings().settings.local_only


async def test_a_names_a_file_and_d_drops_it(tmp_path: Path) -> None:
    path = weights(tmp_path / "elsewhere" / "deep" / "a" / "b" / "c" / "tiny.gguf")
    async with models(tmp_path) as at:
        await at.press("a")
        await at.until(lambda: isinstance(at.app.screen, LinePrompt), "the prompt")
        at.app.screen.query_one("Input").value = str(path)  # type: ignore[attr-defined]
        await at.press("enter")
        name = f"gguf:{path}"
        await at.until(lambda: load_settings().settings.models == (name,), "the setting")
        await at.until(
            lambda: (
                isinstance(at.app.screen, ModelsScreen)
                and any(found.name == name for found in at.app.screen._found)
            ),
            "the file in the list",
        )
        await go_to(at, name)
        assert "Tiny" in _about(at)
        await at.press("d")
        await at.until(lambda: load_settings().settings.models == (), "its absence")


async def test_k_takes_a_key_for_this_run_and_never_shows_it(tmp_path: Path) -> None:
    async with models(tmp_path) as at:
        await go_to(at, "anthropic/claude-sonnet-4-5")
        assert key_place("ANTHROPIC_API_KEY") is None
        await at.press("k")
        await at.shows("until you close the app")
        assert "pip" not in at.text()
        await at.press(*"sk-secret", "enter")
        await at.shows("✓ anthropic/claude-sonnet-4-5")
        assert find_key("ANTHROPIC_API_KEY") == "sk-secret" and "sk-secret" not in at.text()
        assert key_place("ANTHROPIC_API_KEY") == "this run"
        await at.press("k", "enter")
        await at.until(lambda: find_key("ANTHROPIC_API_KEY") is None, "the end of the key")


async def test_u_takes_an_address_for_this_run_or_says_what_is_wrong_with_it(tmp_path: Path) -> None:
    async with models(tmp_path) as at:
        await go_to(at, "openai/gpt-4o")
        usual = address_of(service_of("openai/gpt-4o"))
        await at.press("u")
        await at.shows("Address of the server")
        await at.press(*"localhost:1", "enter")
        await at.shows("does not begin with http://")
        await at.press("u", *"http://127.0.0.1:9/v1", "enter")
        await at.until(
            lambda: address_of(service_of("openai/gpt-4o")) == "http://127.0.0.1:9/v1", "the address"
        )
        await at.press("u", "minus", "enter")
        await at.until(lambda: address_of(service_of("openai/gpt-4o")) == usual, "the usual address")


async def test_r_looks_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with models(tmp_path) as at:
        monkeypatch.delenv("OPENAI_API_KEY")
        await at.press("r")
        await at.shows("· openai/gpt-4o")


async def test_question_mark_explains_the_keys(tmp_path: Path) -> None:
    async with models(tmp_path) as at:
        await at.press("question_mark")
        for words in ("Try it", "Bar models elsewhere", "Propose this model"):
            assert words in at.text()


async def test_local_only_in_the_settings_refuses_a_remembered_hosted_model(tmp_path: Path) -> None:
    save_setting("model", "anthropic/claude-sonnet-4-5")
    save_setting("local_only", True)
    from sandbox.tui.app import SandboxApp
    from tests.tui.rehearsal import make_workspace

    app = SandboxApp(make_workspace(tmp_path))
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        at = Stage(app, pilot)
        await at.shows("Local only is on")


async def test_a_model_is_fetched_and_is_the_next_to_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    content = weights(tmp_path / "elsewhere.bin").read_bytes()
    with Hub(content) as hub:
        point_to(hub, monkeypatch)
        async with models(tmp_path) as at:
            await at.press("g")
            await at.shows("Get a model")
            await at.shows("Apache-2.0")
            await at.press("tab", *"owner/repo", "enter")
            await at.shows("names no GGUF file of the hub")
            await at.press("/", *"tiny.gguf", "enter")
            await at.until(lambda: isinstance(at.app.screen, ModelsScreen), "Models again")
            await at.until(
                lambda: "data/therapy-sandbox/models/tiny.gguf" in _about(at).replace("\n", ""), "it"
            )
            await at.press("escape")
            await at.shows("a larger model is here")
            await at.press("m")
            await at.until(lambda: isinstance(at.app.screen, ModelsScreen), "Models")
            await at.shows("← proposed")
            await at.press("l")
            await at.shows("local only on")
            await at.press("g")
            await at.until(lambda: isinstance(at.app.screen, ModelsScreen), "Models still")
            await at.shows("nothing is fetched")
