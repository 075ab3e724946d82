"""What leaves the app says when a measure is known not to work on the model, and never keeps it back."""

import json
from contextlib import aclosing

from sandbox.engine.validity_check import InstrumentChecked, check_validity
from sandbox.export.archive import archive_json
from sandbox.export.family import gather
from sandbox.export.markdown import transcript
from sandbox.models.provider import ModelDescription
from sandbox.models.scripted import ScriptedProvider
from sandbox.store.store import Store
from tests.engine.test_validity_check import CAPABLE, a_plan
from tests.export.specimen import recorded_family

MODEL = ModelDescription("scripted", "Scripted model")


async def keep_check_of_a_blind_model(store: Store) -> None:
    """The probe by word on a model whose next word never changes."""
    blind = ScriptedProvider(["I wait."], top={" afraid": 0.2, " calm": 0.6}, capabilities=CAPABLE)
    async with aclosing(check_validity(a_plan(), blind)) as events:
        async for event in events:
            if isinstance(event, InstrumentChecked):
                store.add_check(a_plan(), event, MODEL)


async def test_an_unusable_measure_is_named_with_its_reason_in_every_export(tmp_path):
    with recorded_family(tmp_path) as store:
        await keep_check_of_a_blind_model(store)
        family = gather(store, "trunk111")
        page, kept = transcript(family), json.loads(archive_json(family))
    assert "“Probe” read by word is not usable with this model" in page
    assert "does not clearly rise after a strong scenario" in page
    assert "| `ind` | 80.0 |" in page, "the scores are still there"
    probe, ratings = kept["validity"]
    assert probe["usable"] == "not usable with this model"
    assert {index["id"]: index["judgement"] for index in probe["indices"]}["induction"] == "bad"
    assert ratings["usable"] is None and "never checked" in ratings["remark"]


async def test_a_branch_alone_says_it_too(tmp_path):
    with recorded_family(tmp_path) as store:
        await keep_check_of_a_blind_model(store)
        assert "not usable with this model" in transcript(gather(store, "breath11"))
