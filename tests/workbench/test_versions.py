"""Versions of a script: what ran, what changed, and that an earlier text comes back as it was."""

import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.cli.main import run_command_line
from sandbox.engine.branch import edited, redo
from sandbox.engine.composition import cut_to
from sandbox.engine.events import RunPlanned
from sandbox.engine.plan import trunk_and_branches
from sandbox.engine.run import run
from sandbox.errors import NotFoundError, UsageError
from sandbox.library.document import document_hash
from sandbox.library.loading import load_file
from sandbox.library.technique import Step
from sandbox.library.workspace import create_workspace
from sandbox.store.recorder import recorded as recorder
from sandbox.store.store import DATABASE, Store
from sandbox.workbench.versions import (
    changes,
    effect_of,
    pairs_of,
    restored,
    seeds_to_run,
    version_named,
    versions_of,
    word_diff,
)
from tests.documents import plan, technique
from tests.store.runs import record_run, telling

FIRST = technique("Breathe in.", "Breathe out slowly.")
SECOND = FIRST.model_copy(
    update={
        "version": "2",
        "steps": (
            FIRST.steps[0],
            FIRST.steps[1].model_copy(update={"say": "Breathe out very slowly."}),
            Step(id="notice", say="Notice the room.", when="score('distress') > 20"),
        ),
    }
)
CONTROL = technique("Page one.", "Page two.", id="filler", family="control")
WORDS = st.lists(st.text(string.ascii_lowercase + "“”.,", min_size=1, max_size=6), max_size=12).map(" ".join)


async def recorded(folder: Path) -> Store:
    store = Store.open(folder / DATABASE)
    for seed in (1, 2):
        await record_run(store, trunk_and_branches(plan(seed=seed), (FIRST, CONTROL)), telling())
    await record_run(store, trunk_and_branches(plan(seed=3), (SECOND,)), telling())
    return store


async def test_every_text_that_ran_is_a_version_with_its_starts_and_effect(tmp_path):
    store = await recorded(tmp_path)
    first, second = versions_of(store, FIRST.id)
    assert (first.technique, second.technique) == (FIRST, SECOND)
    assert (len(first.trunks), len(second.trunks)) == (2, 1)
    found = effect_of(store, first)
    assert "2 runs" in found[0] and len(found) > 1
    assert effect_of(store, second) == (), "no control stood beside it"
    assert version_named((first, second), "2") is second
    assert version_named((first, second), first.hash[:6]) is first
    with pytest.raises(UsageError, match="no version"):
        version_named((first, second), "3")
    with pytest.raises(NotFoundError, match="ran here"):
        versions_of(store, "never-run")


async def test_two_versions_stand_in_pairs_where_both_ran_and_each_start_once(tmp_path):
    store = await recorded(tmp_path)
    first, second = versions_of(store, FIRST.id)
    assert pairs_of(store, second, first).lines == (), "no start has both"
    for seed in (4, 5, 5):
        await record_run(store, trunk_and_branches(plan(seed=seed), (FIRST, SECOND, CONTROL)), telling())
    first, second = versions_of(store, FIRST.id)
    found = pairs_of(store, second, first)
    assert found.seeds == {4, 5} and len(found.sessions) == 6
    (line,) = found.lines
    assert "2 pairs at end: " in line
    assert seeds_to_run(found.seeds, 4) == (1, 2) and seeds_to_run(found.seeds, 2) == ()


async def test_a_control_has_versions_in_pairs_and_a_control_beside_it(tmp_path):
    """Whatever it was cut to, changed to or is called now: it is found by what it says."""
    chat = technique("Hello.", "And then?", "Well.", "Goodbye.", id="talk", family="control")
    ran = cut_to(chat, 2)
    other = (ran.steps[0], ran.steps[1].model_copy(update={"say": "Until “soon”, Jörg."}))
    store = Store.open(tmp_path / DATABASE)
    heads = trunk_and_branches(plan(seed=1), (FIRST, CONTROL, ran))
    await record_run(store, heads, telling())
    change = edited(heads[3], store.history(heads[3].id), ran.model_copy(update={"steps": other}))
    known = {heads[3].id: store.history(heads[3].id)}
    async for _event in recorder(run((change,), telling(), known=known), store):
        pass
    plain, changed = versions_of(store, "talk", chat)
    assert plain.is_text_of(chat) and not changed.is_text_of(chat)
    kept = chat.model_copy(update={"id": "talk-2", "steps": (*chat.steps[:-1], other[-1])})
    (copied,) = versions_of(store, "talk-2", kept)
    assert copied.hash == changed.hash and copied.is_text_of(kept)
    for version in (plain, changed):
        found = effect_of(store, version)
        assert "Beyond Filler (control) at " in found[1]
    (line,) = pairs_of(store, changed, plain).lines
    assert line.startswith("Hardly anything was raised in this run") and "1 pair at " in line
    (filler,) = versions_of(store, CONTROL.id)
    assert effect_of(store, filler) == () and "It is the control" in filler.alone


async def test_a_version_whose_sessions_were_removed_is_none(tmp_path):
    store = await recorded(tmp_path)
    (trunk,) = versions_of(store, FIRST.id)[1].trunks
    store.remove(store.family(trunk)[1].id, "thrown away")
    assert [version.technique for version in versions_of(store, FIRST.id)] == [FIRST]


async def test_a_redone_reply_makes_a_repeated_start_no_second_one(tmp_path):
    store = Store.open(tmp_path / DATABASE)
    for _ in range(2):
        heads = trunk_and_branches(plan(seed=1), (FIRST, CONTROL))
        await record_run(store, heads, telling())
    again = redo(store.head(heads[1].id), store.history(heads[1].id), 3, 99)
    known = {heads[1].id: store.history(heads[1].id)}
    async for _event in recorder(run((again,), telling(), known=known), store):
        pass
    (version,) = versions_of(store, FIRST.id)
    found = effect_of(store, version)
    assert "1 run:" in found[1]


async def test_a_start_run_twice_over_is_one_observation(tmp_path):
    store = Store.open(tmp_path / DATABASE)
    store.record(
        RunPlanned(trunk_and_branches(plan(seed=1), (FIRST, CONTROL)))
    )  # it never began, and stands for no run
    for seed in (1, 2, 1):
        await record_run(store, trunk_and_branches(plan(seed=seed), (FIRST, CONTROL)), telling())
    (first,) = versions_of(store, FIRST.id)
    assert len(first.trunks) == 4
    found = effect_of(store, first)
    assert "2 runs" in found[0] and any("Counted: 2 of 4 starts." in line for line in found)


def test_changes_are_told_step_by_step():
    found = {change.step: change for change in changes(FIRST, SECOND)}
    assert {step: change.what for step, change in found.items()} == {
        FIRST.steps[1].id: "changed", "notice": "added",
    }  # fmt: skip
    assert [p.words.strip() for p in found[FIRST.steps[1].id].pieces if p.kind == "added"] == ["very"]
    back = changes(SECOND, FIRST)
    assert back[-1].what == "removed" and back[-1].step == "notice"
    turned = FIRST.model_copy(update={"steps": FIRST.steps[::-1]})
    assert {change.what for change in changes(FIRST, turned)} == {"moved"}
    assert changes(FIRST, FIRST) == ()


@given(WORDS, WORDS)
def test_a_word_diff_holds_both_texts(before: str, after: str):
    pieces = tuple(word_diff(before, after))
    assert "".join(piece.words for piece in pieces if piece.kind != "removed") == after
    assert "".join(piece.words for piece in pieces if piece.kind != "added") == before


async def test_an_earlier_version_comes_back_as_it_was(tmp_path):
    first, second = versions_of(await recorded(tmp_path), FIRST.id)
    for version in (first, second):
        path = tmp_path / f"{FIRST.id}.yaml"
        path.write_text(restored(version, FIRST.id), encoding="utf-8")
        assert document_hash(load_file(path, "technique")) == version.hash
    renamed = tmp_path / "other-name.yaml"
    renamed.write_text(restored(second, "other-name"), encoding="utf-8")
    found = load_file(renamed, "technique")
    assert found.derived_from == second.hash and found.id == "other-name"


async def test_the_commands_show_and_restore(tmp_path, monkeypatch, capsys):
    create_workspace(tmp_path / "w")
    monkeypatch.chdir(tmp_path / "w")
    (await recorded(tmp_path / "w" / "sessions")).close()
    assert run_command_line(["script", "log", FIRST.id]) == 0
    out = capsys.readouterr().out
    assert "2 shared starts" in out and "{+very+}" in out
    assert all(len(line) <= 80 for line in out.splitlines() if line.startswith("   "))
    assert run_command_line(["script", "diff", FIRST.id, "2", "1"]) == 0
    assert "[-very-]" in capsys.readouterr().out
    assert run_command_line(["script", "restore", FIRST.id, "1", "--to", "techniques/mine.yaml"]) == 0
    assert run_command_line(["validate", "techniques/mine.yaml"]) == 0
    assert run_command_line(["script", "restore", FIRST.id, "1", "--to", "techniques/mine.yaml"]) == 2
    assert "--force" in capsys.readouterr().err
