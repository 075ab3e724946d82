"""What leaves the app says when a measure is known not to work on the model, and never keeps it back."""

import csv
import io
import json
import re
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path

from sandbox.analysis.comparison import compare
from sandbox.analysis.family import chosen_scale, gather, gather_compared
from sandbox.analysis.suitability import SHIPPED_PAGE, SHIPPED_REASON, SHIPPED_USABLE
from sandbox.engine.validity_check import InstrumentChecked, check_validity
from sandbox.export.archive import archive
from sandbox.export.comparison import comparison_csv, comparison_markdown
from sandbox.export.comparison_result import comparison_result
from sandbox.export.transcript.contents import transcript_markdown
from sandbox.measurement.administration import Administration, unseen_note, unseen_remark
from sandbox.models.provider import ModelDescription
from sandbox.store.store import Store
from tests.engine.test_validity_check import CAPABLE, a_plan
from tests.export.specimen import recorded_family, score_table
from tests.scripted import ScriptedProvider

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
        page, kept = transcript_markdown(family), json.loads(archive(family).text())
    assert "“Probe” read by word is not usable with this model" in page
    assert "does not clearly rise after a strong scenario" in page
    assert "| after scenario | 80.0 |" in page, "the scores are still there"
    probe, ratings = kept["validity"]
    assert probe["usable"] == "not usable with this model"
    assert {index["id"]: index["judgement"] for index in probe["indices"]}["induction"] == "bad"
    assert ratings["usable"] is None and "never checked" in ratings["remark"]


async def test_the_scores_table_has_the_verdict_beside_every_score(tmp_path):
    with recorded_family(tmp_path) as store:
        await keep_check_of_a_blind_model(store)
        rows = score_table(gather(store, "trunk111"))
    verdicts = {(row["questionnaire"], row["usable"]) for row in rows}
    assert verdicts == {
        ("probe", "not usable with this model"),
        ("ratings", "never checked"),
        ("replies", ""),
    }


async def test_every_form_of_a_comparison_warns_of_what_it_compares(tmp_path):
    with recorded_family(tmp_path) as store:
        await keep_check_of_a_blind_model(store)
        sessions = gather_compared(store, ["trunk111"])
    comparison = compare(sessions, chosen_scale(sessions, "distress", "probe"))
    (warning,) = [said for said in comparison.cautions if "not usable" in said]
    assert warning.startswith("“Probe” read by word is not usable with this model")
    assert "Ratings" not in " ".join(comparison.cautions), "it is not what is compared"
    assert f"**Caution:** {warning}" in comparison_markdown(comparison)
    said = comparison_result(comparison).cautions
    assert [one.severity for one in said if one.sentence == warning] == ["grave"]
    rows = list(csv.DictReader(io.StringIO(comparison_csv(comparison))))
    assert {row["usable"] for row in rows} == {"not usable with this model"}


def test_the_page_that_the_shipped_default_cites_says_what_is_said_of_it():
    page = (Path(__file__).parents[2] / SHIPPED_PAGE).read_text(encoding="utf-8")
    verdict = " ".join(page.partition("Word probe, read by word")[2].partition("✓")[0].split())
    assert f"{SHIPPED_USABLE.capitalize()}: " in verdict
    assert SHIPPED_REASON.partition(",")[0] in verdict
    hints, rises = (
        [float(found) for found in re.findall(pattern, page.partition("Affect ratings 0–100, read by")[0])]
        for pattern in (r"✗ Moved when told[^%]*?([0-9.]+) %", r"✓ Rises[^%]*?([0-9.]+) %")
    )
    assert max(hints) > max(rises), "by more of its range than a strong scenario moves it"


def test_a_probe_that_saw_only_the_likeliest_words_says_how_much_was_hidden():
    seen = Administration("probe", "word", (), ("fear",), (), (), 1, unseen=("scared", "calm"), hidden=0.35)
    assert unseen_note(seen) == "2 listed words unseen, at most 35 % hidden"
    whole = replace(seen, hidden=0.02)
    assert unseen_note(whole) == ""
    assert "in 1 of 2 measurements" in unseen_remark([seen, whole], "Probe")
    assert unseen_remark([whole], "Probe") == ""


async def test_a_branch_alone_says_it_too(tmp_path):
    with recorded_family(tmp_path) as store:
        await keep_check_of_a_blind_model(store)
        assert "not usable with this model" in transcript_markdown(gather(store, "breath11"))
