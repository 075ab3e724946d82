"""Runs that differ in one thing only must read differently on Home and in Sessions."""

from pathlib import Path

import pytest
from textual.widgets import OptionList

from sandbox.engine.events import RunPlanned
from sandbox.engine.plan import SessionHead, SessionPlan
from sandbox.store.session import Script
from sandbox.store.store import Store
from sandbox.tui.labels import MARKS, SIGNS, models_apart, text_marks, titles_in
from sandbox.tui.screens.sessions import SessionsScreen
from sandbox.tui.widgets.recent_sessions import RecentSessions
from sandbox.tui.widgets.session_list import SessionList
from tests.documents import plan, technique
from tests.tui.rehearsal import make_workspace
from tests.tui.stage import stage


def _other_text(one: SessionPlan, **changed: str) -> SessionPlan:
    assert one.technique is not None
    return one.model_copy(update={"technique": one.technique.model_copy(update=changed)})


def _others(one: SessionPlan) -> list[SessionPlan]:
    """The plan, and others that differ from it in one thing each."""
    return [
        one,
        one.model_copy(update={"seed": 1087393121}),
        _other_text(one, version="2.0", description="Another text."),
        _other_text(one, description="The same version, another text."),
        one.model_copy(update={"scenario": one.scenario.model_copy(update={"description": "Another text."})}),
        one.model_copy(update={"model": "gguf:/models/qwen2.5-1.5b-instruct-q4_k_m.gguf"}),
        one.model_copy(update={"model": "gguf:/models/qwen2.5-1.5b-instruct-q8_0.gguf"}),
        one.model_copy(update={"model": "gguf:/other/qwen2.5-1.5b-instruct-q8_0.gguf"}),
    ]


def _shared_start(n: int, one: SessionPlan) -> SessionHead:
    return SessionHead(id=f"s000000{n}", plan=one.model_copy(update={"technique": None}))


def _arm(n: int, one: SessionPlan) -> SessionHead:
    return SessionHead(id=f"a000000{n}", plan=one, parent=f"s000000{n}")


def _lines(listed: OptionList, width: int) -> list[str]:
    """What is read of each row behind the time it was begun at."""
    found = [str(listed.get_option_at_index(n).prompt) for n in range(listed.option_count)]
    assert all(len(line) <= width for line in found), found
    return [line.split(":", 1)[1][2:] for line in found]


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_runs_that_differ_in_one_thing_read_differently(tmp_path: Path, size: tuple[int, int]) -> None:
    plans = _others(plan(technique=technique()))
    with Store.open(make_workspace(tmp_path).sessions / "sandbox.db") as store:
        for n, one in enumerate(plans):
            store.record(RunPlanned((_shared_start(n, one), _arm(n, one))))
    async with stage(tmp_path, anew=False, size=size) as at:
        await at.started()
        recent = at.app.screen.query_one(RecentSessions)
        await at.until(lambda: recent.option_count == len(plans), "the rows on Home")
        home = _lines(recent, size[0])
        assert len(set(home)) == len(plans), home
        assert all("seed " in line for line in home)
        await at.press("s")
        await at.until(lambda: isinstance(at.app.screen, SessionsScreen), "Sessions")
        found = at.app.screen.query_one(SessionList)
        await at.until(lambda: found.option_count == len(plans), "the rows in Sessions")
        lines = _lines(found, size[0])
        assert len(set(lines)) == len(plans), lines
        assert all("seed " in line for line in lines)


def test_a_text_is_marked_only_where_its_title_stands_for_several() -> None:
    def script(title: str, version: str, hash: str) -> Script:
        return Script(title, version, hash)

    alone = script("Filler", "1.0", "ffff")
    versions = [script("Stream", "1.0", "aaaa1"), script("Stream", "2.0", "bbbb1")]
    edited = [script("Breath", "1.0", "cccc11"), script("Breath", "1.0", "cccc12")]
    marks = text_marks([alone, *versions, *edited, *edited])
    assert marks == {"aaaa1": "v1.0", "bbbb1": "v2.0", "cccc11": "text cccc11", "cccc12": "text cccc12"}


def test_a_cut_title_keeps_its_mark() -> None:
    parts = [("Attacked at night (fear)", "v2.0"), ("Filler", ""), ("Leaves on a stream", "text 3fa2")]
    for room in range(40, 80):
        line = titles_in(parts, room)
        assert len(line) <= room and "v2.0 · " in line and line.endswith(" 3fa2")
    assert titles_in(parts, 80) == "Attacked at night (fear) v2.0 · Filler · Leaves on a stream text 3fa2"


def test_of_many_arms_the_first_can_be_read_and_the_others_are_counted():
    arms = ("Attacked at night (fear)", "Mindful breathing", "Reappraisal", "Self-compassion", "Grounding")
    assert titles_in([(title, "") for title in arms], 40) == "Attacked… · Mindful… · Reapprai… · +2"
    marked = titles_in([(title, "v2" if title == "Grounding" else "") for title in arms], 40)
    assert marked.endswith("v2") and "+" not in marked
    assert titles_in([("Attacked at night (fear)", "")], 12) == "Attacked at…"


def test_models_of_one_file_name_are_told_apart() -> None:
    names = models_apart(["gguf:/a/model-q8_0.gguf", "gguf:/b/model-q8_0.gguf", "embedded"], 14)
    assert len(set(names.values())) == 3 and names["embedded"] == "embedded"


def test_a_state_has_one_sign_and_no_other_meaning() -> None:
    of_sessions = {state: sign for state, sign in SIGNS.items() if state != "unfinished"}  # of studies alone
    assert len(set(of_sessions.values())) == len(of_sessions)
    assert SIGNS["unfinished"] == SIGNS["failed"], "a study is unfinished where sessions of it failed"
    assert not set(SIGNS.values()) & {*MARKS, "·", "▸", "▾", "▌", "→", "…"}
