"""What a change and a technique effect are where the technique came without the scenario, or before it."""

from pathlib import Path

from sandbox.analysis.arm import Arm
from sandbox.analysis.comparison import compare, compared_with
from sandbox.analysis.family import Family, chosen_scale, gather, gather_compared
from sandbox.analysis.trajectory import ScaleName
from sandbox.engine.plan import STRETCHES, trunk_and_branches
from sandbox.export.comparison import comparison_terminal
from sandbox.export.transcript.contents import transcript_markdown
from sandbox.library.study import Design
from sandbox.store.store import Store
from tests.documents import plan, technique
from tests.store.runs import record_run, telling

SCALE: ScaleName = ("probe", "word", "distress")
FILLER = technique("One.", "Two.", id="filler", family="control")


async def family_of(path: Path, *designs: Design) -> tuple[Family, tuple[Arm, ...]]:
    """Every design's arms of one trunk, on a model whose scores follow from the conversation alone."""
    heads = trunk_and_branches(plan(), (technique("In.", "Out."), FILLER), designs)
    with Store.open(path / "sandbox.db") as store:
        await record_run(store, heads, telling())
        return gather(store, heads[0].id), gather_compared(store, [heads[0].id])


def score(arm: Arm, label: str) -> float:
    point = arm.at(SCALE, label)
    assert point is not None and point.value is not None
    return point.value


async def test_each_design_is_held_against_its_own_control_from_its_own_beginning(tmp_path) -> None:
    family, _ = await family_of(tmp_path, *STRETCHES)
    arms = {arm.title: arm for arm in family.arms}
    assert [*arms] == [
        "Breathing",
        "Breathing (without the scenario)",
        "Breathing (before the scenario)",
        "Measured again",
        "Filler (control)",
        "Filler (control, without the scenario)",
        "Filler (control, before the scenario)",
    ]
    for place, start, now in (("", "ind", "end"), (", without", "base", "end"), (", before", "base", "ind")):
        note = f" ({place[2:]} the scenario)" if place else ""
        arm = arms[f"Breathing{note}"]
        control = arms[f"Filler (control{place}{' the scenario' if place else ''})"]
        assert family.control_for(arm) is control
        found = family.effects(arm, SCALE)
        assert (found.change.value, found.change.at) == (score(arm, now) - score(arm, start), now)
        assert found.technique is not None and found.technique.at == now
        changes = [score(one, now) - score(one, start) for one in (arm, control)]
        assert found.technique.value == changes[0] - changes[1] != 0
    without = family.effects(arms["Breathing (without the scenario)"], SCALE)
    assert (without.induction.value, without.induction.reason) == (None, "no scenario was told")
    assert arms["Breathing (without the scenario)"].replies.change is None
    assert arms["Breathing (before the scenario)"].replies.change is None
    again = family.effects(arms["Measured again"], SCALE)
    assert again.technique is None and again.change.at == "end"


async def test_a_comparison_never_counts_from_a_scenario_that_was_not_told_before(tmp_path) -> None:
    _, arms = await family_of(tmp_path, *STRETCHES)
    comparison = compare(arms, SCALE)
    by_title = {arm.title: place for place, arm in enumerate(comparison.arms)}
    rows = {row.label: row.cells for row in comparison.rows}
    assert [*rows] == ["base", "ind", "t1", "t2", "end"]

    def cell(title: str, label: str):
        return rows[label][by_title[title]]

    before, without = "Breathing (before the scenario)", "Breathing (without the scenario)"
    arm = {arm.title: arm for arm in arms}
    assert cell("Breathing", "ind").change is None
    assert cell(before, "ind").change == score(arm[before], "ind") - score(arm[before], "base")
    assert cell(before, "t1").change == score(arm[before], "t1") - score(arm[before], "base")
    assert cell(without, "ind").score is None and cell(without, "ind").change is None
    assert cell(without, "end").difference.mean is not None
    assert cell("Measured again", "end").difference.reason == "it has no technique"
    assert [one.primary for one in comparison.arms[:4]] == ["end", "end", "ind", ""]
    assert compared_with(arm[before], comparison.arms) is arm["Filler (control, before the scenario)"]
    said = "\n".join(comparison.cautions)
    assert f"In {before} the scenario came after the technique." in said
    assert "Measured again has no technique" in said
    assert "change = score − baseline" in comparison_terminal(comparison)


async def test_where_all_came_before_the_scenario_the_rows_stand_as_they_happened(tmp_path) -> None:
    family, arms = await family_of(tmp_path, "before scenario")
    assert [row.label for row in compare(arms, chosen_scale(arms)).rows] == ["base", "t1", "t2", "ind", "end"]
    assert [point.label for point in family.points] == ["base", "t1", "t2", "ind", "end"]
    text = transcript_markdown(family)
    assert "--design 'before scenario'" in text and "It does not give all of these sessions" not in text
    head = text.index("## Transcript: Breathing (before the scenario)")
    assert text.index("### Technique", head) < text.index("### Induction", head)
    assert "Under Filler (control, before the scenario) distress got worse" not in text
