"""What the JSON outputs hold is what their schemas in docs/schemas say."""

import asyncio
import json
from pathlib import Path

import jsonschema
import pytest

from sandbox.cli.main import run_command_line
from sandbox.cli.outcome import report
from sandbox.export.result import OUTPUTS, output_schema_text
from sandbox.library.schema import file_name
from sandbox.library.workspace import create_workspace, find_workspace
from sandbox.store.store import DATABASE, Store
from tests.export.specimen import recorded_family
from tests.store.runs import breathing_and_control, record_run

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"


@pytest.mark.parametrize("name", OUTPUTS)
def test_the_shipped_schema_is_the_one_of_the_code(name: str) -> None:
    shipped = (SCHEMAS / file_name(name)).read_text(encoding="utf-8")
    assert shipped == output_schema_text(name), "write it anew: uv run poe schemas"


@pytest.fixture(params=["specimen", "run"])
def trunk(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The trunk of a family in the workspace: made of events, or run by the engine."""
    workspace = create_workspace(tmp_path / "workspace")
    monkeypatch.setenv("SANDBOX_WORKSPACE", str(workspace.root))
    if request.param == "specimen":
        recorded_family(workspace.sessions).close()
        return "trunk111"
    heads = breathing_and_control()
    with Store.open(workspace.sessions / DATABASE) as store:
        asyncio.run(record_run(store, heads))
    return heads[0].id


@pytest.mark.parametrize("name", [name for name in OUTPUTS if name != "data"])
def test_what_is_printed_fits_the_shipped_schema(
    name: str, trunk: str, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = find_workspace()
    if name == "run":
        with Store.open(workspace.sessions / DATABASE) as store:
            report(store, workspace, trunk, as_json=True)
    else:
        assert run_command_line(["show" if name == "export" else "compare", trunk, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    schema = json.loads((SCHEMAS / file_name(name)).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(found)
    again = OUTPUTS[name].model_json_schema(mode="serialization")["properties"]
    assert list(found) == list(again) and found["arms"] and found["cautions"]
