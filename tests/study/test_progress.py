"""How far a study is: read in sets, the same from any process, and right about what fails and is left."""

from functools import partial
from pathlib import Path

import pytest

from benchmarks.recording import statements
from sandbox.analysis.family import gather_compared
from sandbox.errors import UsageError
from sandbox.library.document import document_hash
from sandbox.models.provider import ModelError, Request
from sandbox.store.store import DATABASE, Store
from sandbox.store.study import StudyRecord
from sandbox.store.study_listing import StudyListing
from sandbox.study.events import StudyStarted
from sandbox.study.frozen import freeze, members, outline_of
from sandbox.study.plan import Arm, plan_hash
from sandbox.study.progress import progress_of, study_or_session
from tests.documents import technique
from tests.study.plans import study_plan
from tests.study.test_runner import conducted, hosted, run, says


async def test_more_runs_take_no_more_statements_and_news_are_all_that_is_read_again(tmp_path: Path) -> None:
    async with conducted(tmp_path, hosted()) as conductor:
        outline = freeze(conductor.studies, study_plan(20))
        await run(conductor, outline)
        fresh = StudyRecord(conductor.store)
        with statements(conductor.store) as many:
            whole = progress_of(fresh, outline)
        with statements(conductor.store) as again:
            assert progress_of(fresh, outline) == whole
        assert len(again) <= len(many) <= 10
        assert (whole.sessions, whole.sessions_finished, whole.cells["finished"]) == (60, 60, 20)
        assert whole.condition == "finished" and whole.spent.calls > 60


async def test_another_process_sees_what_failed_and_what_is_left(tmp_path: Path) -> None:
    def answer(request: Request) -> str | ModelError:
        if "Page two." in request.messages[-1].content:
            return ModelError("Too long.", kind="context exceeded", todo="Use fewer steps.")
        return says(request)

    async with conducted(tmp_path, hosted(answer)) as conductor:
        await run(conductor, freeze(conductor.studies, study_plan(3)))
    with Store.open(tmp_path / "workspace" / "sessions" / DATABASE) as store:
        record = StudyRecord(store)
        outline = outline_of(record.named("worry"))
        seen = progress_of(record, outline)
        assert (seen.condition, dict(seen.cells)["failed"], seen.failed) == ("unfinished", 3, 3)
        assert (seen.troubles[0].what, seen.troubles[0].todo) == ("Too long.", "Use fewer steps.")
        assert seen.sessions_finished == 6 and seen.processes == () and seen.seconds_left is None
        session = seen.troubles[0].session
        assert study_or_session(store, session[:6]) == (session,)


async def test_a_plan_that_a_newer_version_made_is_refused_with_what_to_do(tmp_path: Path) -> None:
    async with conducted(tmp_path, hosted()) as conductor:
        plan = study_plan(1, format=2)
        conductor.studies.freeze(plan, hash=plan_hash(plan), root=plan.root, name="worry")
        with pytest.raises(UsageError, match="newer version") as refused:
            outline_of(conductor.studies.named("worry"))
        assert "--upgrade" in refused.value.todo


async def test_a_study_that_was_added_to_is_not_finished_any_more(tmp_path: Path) -> None:
    async with conducted(tmp_path, hosted()) as conductor:
        first = freeze(conductor.studies, study_plan(1))
        await run(conductor, first)
        assert progress_of(conductor.studies, first).condition == "finished"
        conductor.store.remove(first.cells[1][0], "a slip")
        with pytest.raises(UsageError, match="No run of this study is finished"):
            study_or_session(conductor.store, "worry")
        assert (await run(conductor, first))[0] == StudyStarted(1, 1), (
            "what a person removed is not run again"
        )
        added = progress_of(conductor.studies, freeze(conductor.studies, study_plan(2)))
    assert (added.condition, added.cells["finished"], added.cells["to do"]) == ("unfinished", 1, 1)


async def test_only_arms_of_the_newest_plan_are_compared_and_looked_at(tmp_path: Path) -> None:
    """Ids of shared starts are the same in every plan: what left from them before stays in the record."""
    first = study_plan(2)
    new = technique("Breathe slowly in.", "Breathe slowly out.", "Rest.")
    arms = (Arm(technique=document_hash(new)), first.cells[0].arms[1])
    edited = study_plan(
        2,
        of={"stop": {"scale": "distress", "within": 200, "looks": (2,)}},
        before=plan_hash(first),
        documents={**first.documents, document_hash(new): new},
        cells=tuple(cell.model_copy(update={"arms": arms}) for cell in first.cells),
    )
    looked: list[tuple[str, ...]] = []

    def look(sessions: tuple[str, ...]) -> dict[str, float | None]:
        looked.append(sessions)
        return {"Breathing": 1.0}

    async with conducted(tmp_path, hosted()) as conductor:
        old = freeze(conductor.studies, first)
        await run(conductor, old)
        now = freeze(conductor.studies, edited)
        assert [ids[0] for ids in now.cells.values()] == [ids[0] for ids in old.cells.values()]
        await run(conductor, now, look=look)
        own = tuple(id for ids in now.cells.values() for id in ids[1:])
        assert looked == [own] and study_or_session(conductor.store, "worry") == own
        assert {arm.id for arm in gather_compared(conductor.store, own)} == set(own)


async def test_a_plan_that_was_never_begun_is_told_so(tmp_path: Path) -> None:
    async with conducted(tmp_path, hosted()) as conductor:
        outline = freeze(conductor.studies, study_plan(4))
        seen = progress_of(conductor.studies, outline)
    assert seen.condition == "not begun" and seen.cells["to do"] == seen.cells_in_all == 4


async def test_a_list_counts_the_sessions_of_the_newest_plan(tmp_path: Path) -> None:
    """What an earlier plan left is in the record, and no part of the study any more."""
    async with conducted(tmp_path, hosted()) as conductor:
        plan = study_plan(2)
        await run(conductor, freeze(conductor.studies, plan))
        listing = StudyListing(conductor.store, partial(members, conductor.studies))
        (study,) = listing.newest()
        assert (study.sessions, study.finished, study.stands) == (6, 6, "finished")
        grown = study_plan(3, before=plan_hash(plan))
        cells = tuple(cell.model_copy(update={"arms": cell.arms[1:]}) for cell in grown.cells)
        freeze(conductor.studies, grown.model_copy(update={"cells": cells}))
        (study,) = listing.newest()
        assert (study.sessions, study.finished, study.stands) == (6, 4, "unfinished")
