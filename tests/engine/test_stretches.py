"""Stretches: a technique without the scenario, before it, or none at all, each paired through one trunk."""

import asyncio
import itertools
from contextlib import aclosing
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from sandbox.engine.branch import branch, redo, stretches_after
from sandbox.engine.cost import load, plans_of, texts_of
from sandbox.engine.events import Event, RunPlanned
from sandbox.engine.history import History
from sandbox.engine.measure import Measure
from sandbox.engine.plan import STRETCHES, SessionHead, arm_title, in_order, trunk_and_branches, with_seed
from sandbox.engine.run import run
from sandbox.engine.run_state import fold
from sandbox.library.study import StudySampling
from sandbox.library.technique import Repeat, Step
from sandbox.models.tokens import count_with
from sandbox.store.document import folded
from sandbox.store.listing import SessionFilter
from sandbox.store.recorder import recorded
from sandbox.store.store import Store
from tests.documents import plan, probe, scenario, technique
from tests.measurement.ratings import optioned
from tests.scripted import ScriptedProvider
from tests.store.runs import number, record_run, telling

DESIGNS = tuple(STRETCHES)
FILLER = technique("One.", "Two.", "Three.", id="filler", family="control")


def told(history: History) -> list[str]:
    """Turns and measurements as they followed one another: `t1`, `(t1)`."""
    counted: dict[str, int] = {}
    placed = []
    for turn in history.turns:
        counted[turn.phase] = counted.get(turn.phase, 0) + 1
        placed.append((turn.index, 0, f"{turn.phase[0]}{counted[turn.phase]}"))
    placed += [(m.point.after_turn, 1, f"({m.point.label})") for m in history.measured]
    return [text for _, _, text in sorted(placed, key=lambda one: one[:2])]


def essence(history: History) -> object:
    """All but the names of the calls, which are drawn anew."""
    return (
        [replace(turn, call_id="") for turn in history.turns],
        [(m.point, m.administration.scores, m.administration.as_at) for m in history.measured],
        history.skips,
        history.inherited,
    )


async def play(store: Store, heads: tuple[SessionHead, ...], known: tuple[str, ...] = ()) -> list[Event]:
    given = {id: store.history(id) for id in known}
    async with aclosing(recorded(run(heads, telling(), known=given), store)) as events:
        return [event async for event in events]


async def test_each_design_goes_through_its_stretches_from_one_trunk(tmp_path: Path) -> None:
    heads = trunk_and_branches(
        plan(follow_up=scenario("The rain stops.", affect="none")), (technique("In.", "Out."),), DESIGNS
    )
    with Store.open(tmp_path / "sandbox.db") as store:
        await record_run(store, heads, telling())
        found = {arm_title(head.plan): told(store.history(head.id)) for head in heads}
        assert found == {
            "Shared start": ["(base)", "i1", "i2", "(ind)"],
            "Breathing": ["(base)", "i1", "i2", "(ind)", "t1", "(t1)", "t2", "(t2)", "f1", "(end)"],
            "Breathing (without the scenario)": ["(base)", "t1", "(t1)", "t2", "(t2)", "f1", "(end)"],
            "Breathing (before the scenario)": [
                "(base)", "t1", "(t1)", "t2", "(t2)", "i1", "i2", "(ind)", "f1", "(end)",
            ],
            "Measured again": ["(base)", "i1", "i2", "(ind)", "f1", "(end)"],
        }  # fmt: skip
        shared = store.history(heads[0].id).measured[0]
        assert all(store.history(head.id).measured[0] == shared for head in heads)
        titles = set(fold([RunPlanned(heads)]).titles().values())
        assert titles == set(found) and store.to_finish(heads[0].id) == ()
        listed = store.find(SessionFilter())
        assert [one.name for one in reversed(listed)] == [*found][1:]
        assert [one.summary.stretches for one in reversed(listed)] == [h.plan.stretches for h in heads[1:]]


async def test_an_arm_without_a_technique_is_asked_anew_and_others_never_twice(tmp_path: Path) -> None:
    measures = (
        Measure(questionnaire=optioned(), way="report"),
        Measure(questionnaire=probe(), way="word", phases=("baseline", "follow-up")),
    )
    heads = trunk_and_branches(plan(measures=measures), (technique("In."),), DESIGNS)
    provider = ScriptedProvider(
        lambda request: f"tense: {number(request) % 3}\nlow: 1\ntired: 1\nrested: 1", top={" scared": 0.3}
    )
    with Store.open(tmp_path / "sandbox.db") as store:
        await record_run(store, heads, provider)
        ends = {}
        for head in heads[1:]:
            history = store.history(head.id)
            ends[arm_title(head.plan)] = [
                m.administration.as_at for m in history.measured if m.point.label == "end"
            ]
        assert ends == {
            "Breathing": ["t1", ""],
            "Breathing (without the scenario)": ["t1", ""],
            "Breathing (before the scenario)": ["ind", ""],
            "Measured again": ["", ""],
        }


often = Step(id="often", say="Again.", repeat=Repeat(until="score('distress') < 30", at_most=3))
seldom = Step(id="seldom", say="Now.", when="score('distress') > 20")
plans = st.tuples(
    st.lists(st.sampled_from(["In.", "Out.", often, seldom]), min_size=1, max_size=3, unique_by=str),
    st.booleans(),
    st.sets(st.sampled_from(("baseline", "induction", "technique", "follow-up"))),
    st.lists(st.sampled_from(DESIGNS), min_size=1, max_size=4, unique=True),
    st.sampled_from([("It is dark.",), ("It is dark.", "Somebody comes.")]),
)


def heads_of(chosen) -> tuple[SessionHead, ...]:
    steps, follow, phases, designs, said = chosen
    measures = (Measure(questionnaire=probe(), way="word", phases=tuple(phases)),) if phases else ()
    whole = plan(
        scenario=scenario(*said),
        measures=measures,
        follow_up=scenario("The rain stops.", affect="none") if follow else None,
    )
    return trunk_and_branches(whole, (technique(*steps), FILLER), designs)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(chosen=plans, cut=st.integers(0, 10_000))
def test_a_run_cut_anywhere_goes_on_to_the_same_and_no_branch_changes_its_trunk(chosen, cut) -> None:
    asyncio.run(cut_and_resumed(heads_of(chosen), cut))


async def cut_and_resumed(heads: tuple[SessionHead, ...], cut: int) -> None:
    with TemporaryDirectory() as folder, Store.open(Path(folder) / "sandbox.db") as store:
        events = await play(store, heads)
        whole = {head.id: essence(store.history(head.id)) for head in heads}
        for head in heads:
            labels = [m.point.label for m in store.history(head.id).measured]
            assert len(labels) == len(set(labels))
            if head.parent is not None:
                trunk, own = store.history(heads[0].id), store.history(head.id)
                inherited = trunk.branch(head.parent_turn)
                assert own.turns[: own.inherited] == inherited.turns
                assert own.measured[: len(inherited.measured)] == inherited.measured
        with Store.open(Path(folder) / "cut.db") as again:
            again.record(events[0])
            again.record(*events[1 : 1 + cut % len(events)])
            again.mark_interrupted()
            unfinished = again.to_finish(heads[0].id)
            if unfinished:
                await play(again, unfinished, tuple(head.id for head in heads))
            assert {head.id: essence(again.history(head.id)) for head in heads} == whole


async def test_a_branch_from_an_arm_that_was_past_its_technique_follows_the_scenario(tmp_path: Path) -> None:
    heads = trunk_and_branches(plan(), (technique("In.", "Out."),), ("before scenario",))
    with Store.open(tmp_path / "sandbox.db") as store:
        await record_run(store, heads, telling())
        before = heads[1]
        found = {}
        for turn in (1, 3, None):
            stretches = stretches_after(before.plan, store.history(before.id).branch(turn))
            head = branch(before, turn, technique("Talk.", id="talking"), stretches=stretches)
            await play(store, (head,), (before.id,))
            found[turn] = told(store.history(head.id))
        assert found == {
            1: ["(base)", "t1", "(t1)", "t2", "(t2)", "i1", "i2", "(ind)", "(end)"],
            3: ["(base)", "t1", "(t1)", "t2", "(t2)", "i1", "(ind)", "t3", "(t3)", "(end)"],
            None: ["(base)", "t1", "(t1)", "t2", "(t2)", "i1", "i2", "(ind)", "t3", "(t3)", "(end)"],
        }
        for turn, says in ((2, "Out."), (3, "It is dark.")):
            head = redo(before, store.history(before.id), turn, seed=99)
            await play(store, (head,), (before.id,))
            again = store.history(head.id)
            assert told(again) == told(store.history(before.id))
            assert (again.inherited, again.turns[turn - 1].said) == (turn - 1, says)
            assert again.turns[turn - 1].seed != store.history(before.id).turns[turn - 1].seed


async def test_the_estimate_counts_each_design(tmp_path: Path) -> None:
    for designs in itertools.chain([DESIGNS], ((one,) for one in DESIGNS)):
        heads = trunk_and_branches(plan(), (technique("In.", "Out."), FILLER), designs)
        provider = telling()
        with Store.open(tmp_path / f"{len(designs)}{designs[0]}.db") as store:
            await record_run(store, heads, provider)
        made = len(provider.requests)
        planned = plans_of(heads)
        counts = await count_with(provider, "scripted", texts_of(planned))
        found = load(planned, counts, dict(zip(texts_of(planned), counts.counts, strict=True)))
        assert found.calls == made, designs


async def test_the_plan_says_how_the_client_answers_and_the_record_keeps_it(tmp_path: Path) -> None:
    sampling = StudySampling(temperature=0.5, max_tokens=77)
    measures = (Measure(questionnaire=optioned(), way="report"),)
    heads = trunk_and_branches(plan(sampling=sampling, measures=measures), (technique("In."),))
    provider = ScriptedProvider(lambda request: "tense: 1\nlow: 1\ntired: 1\nrested: 1")
    with Store.open(tmp_path / "sandbox.db") as store:
        await record_run(store, heads, provider)
        assert store.head(heads[1].id).plan.sampling == sampling
        drawn = {(r.purpose, r.sampling.temperature) for r in provider.requests}
        assert drawn == {("reply", 0.5), ("measurement", 0.5)}
        assert {r.sampling.max_tokens for r in provider.requests if r.purpose == "reply"} == {77}
        assert {call.parameters["temperature"] for call in store.calls(heads[1].id)} == {0.5}


def test_a_usual_plan_is_written_as_it_always_was_and_others_read_back() -> None:
    usual = plan(technique=technique())
    text, _ = folded(usual)
    assert "stretches" not in text and "sampling" not in text
    other = plan(technique=technique(), stretches=STRETCHES["before scenario"])
    assert '"stretches":["technique","induction","follow-up"]' in folded(other)[0]
    with pytest.raises(ValidationError, match="comes last"):
        plan(stretches=("follow-up", "technique"))
    with pytest.raises(ValidationError, match="at most once"):
        plan(stretches=("technique", "technique"))
    with pytest.raises(ValidationError, match="needs its stretch"):
        plan(technique=technique(), stretches=("induction", "follow-up"))


def test_phases_stand_in_the_order_of_the_arms() -> None:
    usual, before = (plan(technique=technique(), stretches=STRETCHES[d]) for d in DESIGNS[::2][:2])
    assert in_order([plan(), before]) == ("baseline", "technique", "induction", "follow-up")
    assert in_order([plan(), before, usual])[1] == "induction"
    heads = trunk_and_branches(plan(), (technique(),), DESIGNS)
    again = with_seed(heads, 99)
    assert [h.parent for h in again] == [None, *[again[0].id] * 4]
    assert [h.parent_turn for h in again] == [None, None, 0, 0, None]
    assert {h.plan.seed for h in again} == {99} and not {h.id for h in again} & {h.id for h in heads}
