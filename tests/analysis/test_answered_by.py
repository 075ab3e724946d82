"""Sessions that another model or server went on with say so, wherever they are read."""

import pytest

from sandbox.analysis.answered_by import other_model_remark
from sandbox.engine.events import SessionFinished, SessionStarted
from sandbox.export.family import gather
from sandbox.models.opening import open_model
from sandbox.models.provider import ModelDescription
from sandbox.store.store import Store
from tests.store.runs import breathing_and_control, record_run

HERE = ModelDescription("openai/x", "x", {"server": "http://localhost:8000/v1", "context": "8192"})
THERE = ModelDescription("openai/x", "x", {"server": "http://localhost:9000/v1", "context": "8192"})
LONGER = ModelDescription("openai/x", "x", {"server": "http://localhost:8000/v1", "context": "16384"})
BEFORE = ModelDescription("openai/x", "x", {"context": "8192"})


@pytest.mark.parametrize(
    ("first", "then", "told"),
    [(HERE, THERE, True), (HERE, HERE, False), (HERE, LONGER, False), (BEFORE, HERE, False)],
)
async def test_going_on_with_another_server_is_told(tmp_path, first, then, told):
    heads = breathing_and_control()
    with Store.open(tmp_path / "sandbox.db") as store:
        await record_run(store, heads)
        for model in (first, then):
            store.record(SessionStarted(heads[1].id, model, resumed=True))
            store.record(SessionFinished(heads[1].id, "finished"))
        remark = other_model_remark([store.session(heads[1].id)])
        family = gather(store, heads[0].id)
    assert ("localhost:9000" in remark) is told
    assert any("another" in one or "same model" in one for one in family.remarks), "the scripted one began it"


def test_the_server_is_recorded_without_what_is_secret(monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://me:secret@localhost:9/v1")
    facts = open_model("openai/x").description.facts
    assert facts["server"] == "http://localhost:9/v1"
