"""Asked afterwards is asked as in the run: the same words, seeds and answers, never mixed with the run's."""

import sqlite3
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing, asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.analysis.comparison import compare
from sandbox.analysis.family import chosen_scale, gather, gather_compared
from sandbox.engine.afterwards import GivenAfterwards
from sandbox.engine.branch import redo
from sandbox.engine.history import Measured
from sandbox.engine.measure import Measure
from sandbox.engine.plan import STRETCHES, SessionHead, trunk_and_branches
from sandbox.errors import UsageError
from sandbox.export.archive import archive
from sandbox.export.file import session_table
from sandbox.export.transcript.contents import transcript_markdown
from sandbox.library.catalogue import Library
from sandbox.library.scenario import Scenario
from sandbox.library.workspace import Workspace
from sandbox.measurement.administration import Administration
from sandbox.models.embedded import EmbeddedProvider
from sandbox.models.pool import ModelPool
from sandbox.models.provider import ModelError, Provider, Request
from sandbox.store.afterwards import asked_afterwards
from sandbox.study.afterwards import Asking, ToAsk, ask, to_ask
from sandbox.study.conductor import Conductor
from tests.documents import plan, probe, scenario, technique
from tests.scripted import ScriptedProvider
from tests.store.runs import SMALL, number

FILLER = technique("One.", "Two.", "Three.", id="filler", family="control")


def answers(request: Request) -> str:
    """What follows from the request alone: a reply, or the six answers of the K6."""
    if request.purpose == "measurement":
        return "\n".join(f"q{item}: {number(request) // item % 5}" for item in range(1, 7))
    return f"I feel {number(request)}."


def client_model(answer: Callable[[Request], str | ModelError] = answers) -> ScriptedProvider:
    return ScriptedProvider(
        answer, top=lambda request: {" scared": 0.01 + number(request) % 60 / 100}, capabilities=SMALL
    )


@asynccontextmanager
async def conducted(place: Path, *models: Provider) -> AsyncGenerator[Conductor, None]:
    """A workspace whose models are those, by the names `scripted`, `other`."""
    workspace = Workspace(place, place / "sessions")
    pool = ModelPool(lambda name: models[0 if name.endswith("scripted") else -1])
    conductor = Conductor(workspace, Library(workspace), pool)
    try:
        yield conductor
    finally:
        conductor.store.close()


async def play(conductor: Conductor, heads: Iterable[SessionHead], known: Iterable[str] = ()) -> None:
    histories = {id: conductor.store.history(id) for id in known}
    async with aclosing(conductor.play(tuple(heads), histories)) as events:
        async for _ in events:
            pass


async def afterwards(
    conductor: Conductor, ids: Iterable[str], written: str, by: str | None = None
) -> tuple[Asking, list[str]]:
    """Ask it; what was planned, and where it was answered."""
    told: list[str] = []
    asking = await to_ask(conductor, tuple(ids), written, by)

    def tell(one: ToAsk, given: GivenAfterwards) -> None:
        told.append(given.measured.point.label if given.measured else "!")

    failed = await ask(conductor, asking, tell)
    assert bool(failed) == ("!" in told)
    return asking, told


def bare(given: Administration) -> Administration:
    """Without the names of the calls, which are drawn anew."""
    return replace(given, answers=tuple(replace(answer, call_id="") for answer in given.answers))


def in_run(measured: Iterable[Measured], questionnaire: str) -> dict[str, Administration]:
    return {
        one.point.label: bare(one.administration)
        for one in measured
        if one.administration.questionnaire == questionnaire
    }


@pytest.mark.parametrize("follow_up", [None, scenario("The rain stops.", affect="none")])
async def test_asked_afterwards_is_what_it_would_have_been_in_the_run(
    tmp_path: Path, follow_up: Scenario | None
) -> None:
    alone = plan(measures=(Measure(questionnaire=probe(), way="word"),), follow_up=follow_up)
    heads = trunk_and_branches(alone, (technique(), FILLER), STRETCHES)
    async with conducted(tmp_path, client_model()) as conductor:
        k6 = Measure(questionnaire=conductor.library.questionnaire("k6"), way="report")
        renamed = {h.id: f"{h.id}x" for h in heads}
        both = [
            SessionHead(
                id=renamed[h.id],
                plan=h.plan.model_copy(update={"measures": (*h.plan.measures, k6)}),
                parent=renamed.get(h.parent or ""),
                parent_turn=h.parent_turn,
            )
            for h in heads
        ]
        await play(conductor, both)
        await play(conductor, heads)
        store, arm = conductor.store, heads[1]
        again = redo(arm, store.history(arm.id), 4, seed=99)
        await play(conductor, (again,), (arm.id,))
        before = {h.id: store.history(h.id) for h in heads}

        asking, told = await afterwards(conductor, (heads[0].id,), "k6:report@every")
        assert asking.points == len(told) and asking.left_out == []
        later = asked_afterwards(store, [*before, again.id])
        for head in heads:
            found = in_run((one.measured for one in later[head.id]), "k6")
            assert found == in_run(store.history(renamed[head.id]).measured, "k6")
        assert {h.id: store.history(h.id) for h in heads} == before
        labels = [one.measured.point.label for one in later[again.id]]
        assert labels == ["base", "ind", "t1", "t2", "t3", "end"]
        assert [one.session for one in later[again.id]] == [heads[0].id] * 2 + [arm.id] + [again.id] * 3

        asking, told = await afterwards(conductor, (heads[0].id,), "k6:report@every")
        assert (asking.points, told) == (0, [])
        nothing, _ = await afterwards(conductor, (renamed[heads[0].id],), "k6:report@every")
        assert nothing.points == 0, "what was asked in the run is not asked again"


async def test_what_was_cut_short_goes_on_and_each_point_is_asked_once(tmp_path: Path) -> None:
    left = 1000

    def failing(request: Request) -> str | ModelError:
        nonlocal left
        left -= request.purpose == "measurement"
        return answers(request) if left > 0 else ModelError("gone", kind="unavailable")

    heads = trunk_and_branches(plan(), (technique(), FILLER))
    async with conducted(tmp_path, client_model(failing)) as conductor:
        await play(conductor, heads)
        left = 4
        asking, told = await afterwards(conductor, (heads[0].id,), "k6:report@every")
        assert asking.points == 10 and told == ["base", "ind", "t1", "!"]
        left = 1000
        other = await to_ask(conductor, (heads[0].id,), "gad-7:report@every")
        assert (other.there, other.points) == (0, 10)
        asking, told = await afterwards(conductor, (heads[0].id,), "k6:report@every")
        assert (asking.there, asking.points) == (3, 7) and len(told) == 7
    with sqlite3.connect(tmp_path / "sessions" / "sandbox.db") as db:
        points = "count(DISTINCT session || phase || after_turn)"
        assert db.execute(f"SELECT count(*), {points} FROM later_measurements").fetchone() == (10, 10)
        assert db.execute("SELECT count(*) FROM later_calls WHERE failure IS NOT NULL").fetchone() == (1,)
        assert db.execute("SELECT count(*) FROM calls JOIN later_calls USING (id)").fetchone() == (0,)
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            db.execute("DELETE FROM later_measurements")


async def test_another_model_is_named_and_stands_beside_the_run_under_its_own_name(tmp_path: Path) -> None:
    heads = trunk_and_branches(plan(), (technique(), FILLER))
    async with conducted(tmp_path, client_model(), ScriptedProvider(answers, name="other")) as conductor:
        await play(conductor, heads)
        store = conductor.store
        rows = session_table(gather(store, heads[0].id), "scores", ",")
        await afterwards(conductor, (heads[1].id,), "k6:report@three", by="ollama_chat/other")
        await afterwards(conductor, (heads[0].id,), "k6:report")
        family = gather(store, heads[0].id)
        own, other = "k6, asked afterwards", "k6, asked afterwards by ollama_chat/other"
        assert {name[:2] for name in family.scales} == {
            ("probe", "word"), (own, "report"), (other, "report"),
        }  # fmt: skip
        arm = next(one for one in family.arms if one.id == heads[1].id)
        assert [p.label for p in arm.course((other, "report", "k6")).points] == ["base", "ind", "end"]
        effects = family.effects(arm, (own, "report", "k6"))
        assert effects.technique is not None and effects.technique.value is not None
        assert effects.higher_is == "more distress"
        said = "\n".join(family.cautions)
        assert "was asked afterwards" in said and "It was no part of the run." in said
        assert "ollama_chat/other answered, not the client's model." in said
        unchecked = "was never checked with this model: sandbox check-model {} --questionnaire k6:report"
        assert unchecked.format("scripted") in said and unchecked.format("ollama_chat/other") in said
        assert "is given between turns" not in said
        arms = gather_compared(store, [heads[0].id])
        assert chosen_scale(arms, questionnaire="k6")[0] in (own, other)
        comparison = compare(arms, (own, "report", "k6"))
        assert any("asked afterwards" in caution for caution in comparison.cautions)
        assert not any("other answered" in caution for caution in comparison.cautions)
        told = session_table(family, "scores", ",")
        assert {*rows.splitlines()} < {*told.splitlines()} and f'"{own}"' in told
        assert f"({own}, read by report)" in transcript_markdown(family)
        kept = {one.id: one for one in archive(family).sessions}
        assert [m.label for m in kept[heads[1].id].asked_afterwards] == ["end", "end"]
        assert {m.asked for m in kept[heads[0].id].asked_afterwards} == {"ollama_chat/other", "scripted"}
        assert all(m.administration.questionnaire == "probe" for m in kept[heads[0].id].measurements)
        with pytest.raises(UsageError, match="another form"):
            await to_ask(conductor, (heads[0].id,), "k6:report:per-item")


async def test_what_was_removed_is_refused_and_what_has_not_begun_left_out(tmp_path: Path) -> None:
    heads = trunk_and_branches(plan(), (technique(), FILLER))
    async with conducted(tmp_path, client_model()) as conductor:
        await play(conductor, heads[:2])
        conductor.store.set_state(heads[1].id, "interrupted", "by a test")
        asking = await to_ask(conductor, (heads[0].id,), "k6:report@every")
        unfinished = "is not finished (interrupted): it is asked as far as it went."
        assert asking.left_out == [(heads[1].id, unfinished)]
        assert [p.label for one in asking.to_ask for p in one.points] == ["base", "ind", "t1", "t2", "t3"]
        conductor.store.remove(heads[0].id, "by a test")
        with pytest.raises(UsageError, match="was removed"):
            await to_ask(conductor, (heads[0].id,), "k6:report@every")


@pytest.mark.embedded
async def test_the_embedded_model_answers_to_the_last_bit_as_in_the_run(
    tmp_path: Path, embedded_model: EmbeddedProvider
) -> None:
    async with conducted(tmp_path, embedded_model) as conductor:
        library = conductor.library
        told = plan(
            scenario=scenario("It is dark, and somebody is behind you."),
            measures=(Measure(questionnaire=library.questionnaire("word-probe"), way="word"),),
        )
        (asked,) = trunk_and_branches(told, ())
        (unasked,) = trunk_and_branches(told.model_copy(update={"measures": ()}), ())
        await play(conductor, (asked,))
        await play(conductor, (unasked,))
        await afterwards(conductor, (unasked.id,), "word-probe")
        later = asked_afterwards(conductor.store, [unasked.id])[unasked.id]
        run, replies = (conductor.store.history(one.id) for one in (asked, unasked))
        assert [turn.reply for turn in run.turns] == [turn.reply for turn in replies.turns]
        found = in_run((one.measured for one in later), "word-probe")
        assert found == in_run(run.measured, "word-probe") and {*found} == {"base", "ind"}
