"""What is said of scores is the same on every face: transcript, Compare, command line and JSON."""

import ast
import asyncio
import json
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

import pytest

from sandbox.analysis.comparison import compare
from sandbox.analysis.family import gather, gather_compared
from sandbox.analysis.remarks import Remark, before_run
from sandbox.cli.main import run_command_line
from sandbox.cli.outcome import report
from sandbox.cli.preview import remarks_of
from sandbox.engine.branch import branch, redo
from sandbox.engine.controls import Controls
from sandbox.engine.events import SessionFinished, SessionStarted
from sandbox.engine.guidance import Guidance
from sandbox.engine.measure import THREE, Measure
from sandbox.engine.plan import SessionHead, trunk_and_branches
from sandbox.engine.run import run
from sandbox.export.markdown_text import inline
from sandbox.library.catalogue import Library
from sandbox.library.questionnaire import Scale
from sandbox.library.technique import Repeat, Step
from sandbox.library.workspace import create_workspace, find_workspace
from sandbox.models.opening import open_model
from sandbox.models.provider import ModelDescription
from sandbox.store.recorder import recorded
from sandbox.store.store import DATABASE, Store
from sandbox.study.proposal import session_with
from tests.documents import plan, probe, scenario, technique
from tests.store.runs import SMALL, breathing_and_control, record_run, scripted

ABOUT_WEEKS = probe().model_copy(update={"timeframe": "past two weeks"})
GLOOM = probe("gloom-list").model_copy(
    update={"scales": (Scale(id="gloom", items=("fear", "calm"), method="sum", range=(0, 100)),)}
)
FILLER = technique("Page one.", "Page two.", "Page three.", id="filler", family="control")
SHORT = technique("Page one.", "Page two.", id="filler", family="control")
GUIDED = technique("Ask.", delivery="guided")
BY_WORRY = (
    Step(id="high", say="Stay.", when="score('worry') > 60"),
    Step(id="low", say="Again.", repeat=Repeat(until="score('distress') < 20", at_most=2)),
    Step(id="say", say="It was {{ score('gloom') }}."),
)
HERE = ModelDescription("openai/x", "x", {"server": "http://localhost:8000/v1", "context": "8192"})
THERE = ModelDescription("openai/x", "x", {"server": "http://localhost:9000/v1", "context": "8192"})
LONGER = ModelDescription("openai/x", "x", {"server": "http://localhost:8000/v1", "context": "16384"})
BEFORE = ModelDescription("openai/x", "x", {"context": "8192"})
SCRIPTED = ModelDescription("scripted", "Scripted model")

Build = Callable[[Store], Coroutine[None, None, str]]


async def play(store: Store, *heads: SessionHead, known: str | None = None, **options) -> None:
    histories = {known: store.history(known)} if known else None
    provider = options.pop("provider", None) or scripted()
    started = run(heads, provider, known=histories, **options)
    async with aclosing(recorded(started, store)) as events:
        assert [event async for event in events]


async def plain(store: Store) -> str:
    heads = breathing_and_control()
    await record_run(store, heads)
    return heads[0].id


async def about_weeks(store: Store) -> str:
    measures = (Measure(questionnaire=ABOUT_WEEKS, way="word"), Measure(questionnaire=GLOOM, way="word"))
    heads = breathing_and_control(measures=measures)
    await record_run(store, heads)
    return heads[0].id


async def unmeasured_scale(store: Store) -> str:
    heads = trunk_and_branches(plan(), (technique(*BY_WORRY), FILLER))
    await record_run(store, heads)
    return heads[0].id


async def tiny_therapist(store: Store) -> str:
    heads = trunk_and_branches(plan(guidance=Guidance(model="embedded")), (GUIDED, FILLER))
    await play(store, *heads, therapists={"embedded": scripted()})
    return heads[0].id


async def other_reading(store: Store) -> str:
    assumed = Measure(questionnaire=probe(), way="word", instead_of="“Ratings”")
    heads = breathing_and_control(measures=(assumed,), model="embedded")
    await record_run(store, heads)
    return heads[0].id


async def upsetting_follow_up(store: Store) -> str:
    heads = breathing_and_control(follow_up=scenario("Somebody follows you."))
    await record_run(store, heads)
    return heads[0].id


async def redone(store: Store) -> str:
    """The redone arm had left out its first step."""
    trunk, breathing, control = breathing_and_control()
    controls = Controls()
    controls.skip()
    await record_run(store, (trunk, breathing), controls=controls)
    await play(store, control, known=trunk.id)
    await play(store, redo(breathing, store.history(breathing.id), 3, seed=99), known=breathing.id)
    return trunk.id


async def mid_technique(store: Store) -> str:
    trunk, breathing, control = breathing_and_control()
    await record_run(store, (trunk, breathing, control))
    await play(store, branch(breathing, 4, technique("Talk.", id="talking")), known=breathing.id)
    return trunk.id


async def own_words_after_a_skip(store: Store) -> str:
    heads = breathing_and_control()
    controls = Controls()
    controls.skip()
    controls.say("What is it like?")
    await record_run(store, heads, controls=controls)
    return heads[0].id


async def unequal_and_unfinished(store: Store) -> str:
    heads = trunk_and_branches(plan(), (technique(), SHORT))
    await record_run(store, heads)
    store.record(SessionStarted(heads[1].id, SCRIPTED, resumed=True))
    store.record(SessionFinished(heads[1].id, "stopped", "by the clinician"))
    return heads[0].id


async def no_control(store: Store) -> str:
    """Two arms of one technique, with two seeds."""
    trunk, breathing, _ = breathing_and_control()
    await record_run(store, (trunk, breathing))
    assert breathing.plan.technique is not None
    await play(store, branch(trunk, None, breathing.plan.technique, seed=99), known=trunk.id)
    return trunk.id


async def two_servers(store: Store) -> str:
    heads = breathing_and_control()
    await record_run(store, heads)
    for model in (HERE, THERE):
        store.record(SessionStarted(heads[1].id, model, resumed=True))
        store.record(SessionFinished(heads[1].id, "finished"))
    return heads[0].id


FAMILIES: dict[Build, tuple[str, ...]] = {
    plain: (
        "never checked",
        "Nothing was raised in this run: distress was",
        "in 10 of 10 measurements the model showed only",
    ),
    about_weeks: ("asks about “past two weeks”",),
    unmeasured_scale: ("“worry” and “gloom”, and nothing in this session measures that",),
    tiny_therapist: ("The therapist model is tiny",),
    other_reading: ("is measured in place of “Ratings”", "is tiny: good for learning"),
    upsetting_follow_up: ("“Dark street” is told before the last measurement",),
    redone: ("A reply was asked for again in Breathing (t1 redone)", "left out a step before t1."),
    mid_technique: ("left in the middle of Breathing. Up to t2",),
    own_words_after_a_skip: ("left out a step before t1 and spoke in own words at t1. From t1 on",),
    unequal_and_unfinished: ("(3: Breathing | 2: Filler (control))", "Breathing is not finished (stopped)."),
    no_control: ("No control is here",),
    two_servers: ("localhost:9000", "scripted"),
}


@dataclass(frozen=True)
class Recorded:
    store: Store
    trunks: dict[str, str]


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory):
    workspace = create_workspace(tmp_path_factory.mktemp("families") / "workspace")
    with Store.open(workspace.sessions / DATABASE) as store, pytest.MonkeyPatch.context() as patch:
        patch.setenv("SANDBOX_WORKSPACE", str(workspace.root))
        yield Recorded(store, {build.__name__: asyncio.run(build(store)) for build in FAMILIES})


def as_data(remarks: object) -> set[tuple[object, ...]]:
    """Remarks of a JSON output, comparable; which arms they are of too."""
    assert isinstance(remarks, list)
    return {(r["kind"], r["severity"], r["sentence"], *sorted(r["arms"])) for r in remarks}


def printed_json(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, object]:
    assert run_command_line(list(words)) == 0
    found: dict[str, object] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.parametrize("build", FAMILIES, ids=lambda build: build.__name__)
def test_every_face_says_the_same(record: Recorded, build: Build, capsys: pytest.CaptureFixture[str]) -> None:
    trunk = record.trunks[build.__name__]
    scales = gather(record.store, trunk).main_scales
    compared = gather_compared(record.store, [trunk])
    comparisons = [compare(compared, scale) for scale in scales]
    raised = {one.sentence for found in comparisons for one in found.inductions if one.rise.pairs}
    said = {one for found in comparisons for one in found.cautions} | (raised - {""})
    for expected in FAMILIES[build]:
        assert any(expected in sentence for sentence in said), expected

    assert run_command_line(["show", trunk]) == 0
    page = capsys.readouterr().out.splitlines()
    cautions = [line.removeprefix("> Caution: ") for line in page if line.startswith("> Caution: ")]
    assert set(cautions) == set(map(inline, said)) and len(cautions) == len(said)

    report(record.store, find_workspace(), trunk, as_json=False)
    out = capsys.readouterr().out.splitlines()
    assert {one.removeprefix("Caution: ") for one in out if one.startswith("Caution: ")} == said
    report(record.store, find_workspace(), trunk, as_json=True)
    ran = as_data(json.loads(capsys.readouterr().out)["cautions"])

    shown = as_data(printed_json(capsys, "show", trunk, "--json")["cautions"])
    assert {one[2] for one in shown} == said
    of_scales: set[tuple[object, ...]] = set()
    answered: set[str] = set()
    for questionnaire, _, scale in scales:
        words = ("compare", trunk, "--scale", scale, "--questionnaire", questionnaire)
        assert run_command_line(list(words)) == 0
        err = capsys.readouterr().err.splitlines()
        assert {line.removeprefix("Caution: ") for line in err if line.startswith("Caution: ")} <= said
        result = printed_json(capsys, *words, "--json")
        of_scales |= as_data(result["cautions"])
        answered |= set(result["answer"]["lines"])  # type: ignore[index]
    assert of_scales == {one for one in shown if one[2] not in raised} and shown == ran
    assert raised - {""} <= {line.partition("arm has ended: ")[2] or line for line in answered}


def test_before_a_run_the_plan_is_told_of_in_the_same_sentences(record: Recorded) -> None:
    foreseen = (about_weeks, unmeasured_scale, tiny_therapist, other_reading, upsetting_follow_up)
    for build in foreseen:
        trunk = record.trunks[build.__name__]
        family = gather(record.store, trunk)
        told = before_run(record.store.family(trunk), family.first.model)
        of_plan = {one for one in family.remarks if one.kind in ("plan", "measure", "model")}
        sentences = {one.sentence for one in told}
        assert of_plan and {one.sentence for one in of_plan} <= sentences


# Before a run


def test_a_preview_tells_what_a_run_of_the_document_would(record: Recorded) -> None:
    library = Library(find_workspace())
    planned = session_with(GUIDED, "embedded", SMALL, library)
    sentences = [one.sentence for one in remarks_of(planned, "embedded", library)]
    assert sentences[0].startswith("The therapist model is tiny")
    assert any("is tiny: good for learning" in one for one in sentences)
    assert not any(one.startswith("No control") for one in sentences), "the control is proposed beside it"


def told(*kinds: str, client: ModelDescription = SCRIPTED, **fields) -> list[str]:
    """What is said of these kinds before a session of such a plan is run on the client's model."""
    return [one.sentence for one in remarks(client, **fields) if one.kind in kinds]


def remarks(client: ModelDescription, **fields) -> tuple[Remark, ...]:
    return before_run((SessionHead(id="one", plan=plan(model=client.name, **fields)),), client)


def gguf(size: int) -> ModelDescription:
    return ModelDescription("gguf:a.gguf", "A", {"bytes": str(size)})


@pytest.mark.parametrize(
    ("client", "therapist", "said"),
    [
        (HERE, "embedded", True),
        (HERE, "openai/x", False),
        (gguf(400_000_000), "gguf:a.gguf", True),
        (gguf(4_000_000_000), "gguf:a.gguf", False),
        (gguf(400_000_000), "openai/x", False),
    ],
)
def test_the_embedded_model_and_small_files_are_tiny_therapists(client, therapist, said):
    for chosen in (None, GUIDED):
        found = told("model", client=client, technique=chosen, guidance=Guidance(model=therapist))
        assert any("--therapist" in one for one in found) is said


def test_a_scripted_branch_and_a_plan_without_guidance_have_no_therapist():
    assert not told("model", guidance=Guidance(model="embedded"), technique=technique("Breathe."))
    assert not told("model")


def test_a_script_in_another_language_than_what_came_before_it_is_told():
    greek = technique("Ανάσα.").model_copy(update={"language": "el"})
    assert any("another language (el) than the scenario (en)" in one for one in told("plan", technique=greek))
    assert not any("language" in one for one in told("plan", technique=technique("Breathe.")))


def test_what_is_grave_comes_first_and_good_to_know_last():
    asks = Measure(questionnaire=ABOUT_WEEKS, way="word")
    found = remarks(SCRIPTED, guidance=Guidance(model="embedded"), measures=(asks,))
    assert [one.severity for one in found] == ["grave", "caution", "note"]
    assert "therapist" in found[0].sentence and "never checked" in found[-1].sentence


def test_a_questionnaire_about_weeks_is_warned_about_where_a_change_is_read_from_it():
    weeks = Measure(questionnaire=ABOUT_WEEKS, way="word", phases=THREE)
    assert any("given before and after a few turns" in one for one in told("measure", measures=(weeks,)))
    once = weeks.model_copy(update={"phases": ("baseline",)})
    assert not [one for one in told("measure", measures=(once,)) if "asks about" in one]
    assert not [one for one in told("measure") if "asks about" in one]


def test_a_neutral_follow_up_is_not_remarked_on_nor_is_the_trunk_that_never_tells_it():
    assert not told("plan", technique=technique(), follow_up=scenario("A kettle.", affect="none"))
    assert not told("plan", follow_up=scenario("Somebody follows you."))


def test_a_scale_that_is_measured_is_not_missed_and_a_refused_condition_stops_no_reader():
    (said,) = told("plan", technique=technique(*BY_WORRY))
    assert "distress" not in said, "the probe measures it"
    assert not told("plan", technique=technique(Step(id="odd", say="Stay.", when="open('x')")))


# More than one model


@pytest.mark.parametrize(
    ("first", "then", "said"),
    [(HERE, THERE, True), (HERE, HERE, False), (HERE, LONGER, False), (BEFORE, HERE, False)],
)
async def test_going_on_with_another_server_is_told(tmp_path, first, then, said):
    heads = breathing_and_control()
    with Store.open(tmp_path / "sandbox.db") as store:
        await record_run(store, heads)
        for model in (first, then):
            store.record(SessionStarted(heads[1].id, model, resumed=True))
            store.record(SessionFinished(heads[1].id, "finished"))
        alone = gather(store, heads[1].id).cautions
    (mixed,) = [one for one in alone if "same model" in one]
    assert ("localhost:9000" in mixed) is said
    assert "scripted" in mixed, "the scripted one began it"


def test_the_server_is_recorded_without_what_is_secret(monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://me:secret@localhost:9/v1")
    facts = open_model("openai/x").description.facts
    assert facts["server"] == "http://localhost:9/v1"


# The doors

CALLERS = {
    "conditions_that_differ": {"analysis/remarks.py"},
    "repeated_trunks": {"analysis/remarks.py"},
    "leaving_details": {"analysis/remarks.py", "study/rehearsal.py"},
    "unseen_remark": {"analysis/remarks.py"},
    "small_induction": {"analysis/family.py"},
    "inductions": {f"analysis/{one}.py" for one in ("client_check", "comparison", "dismantling", "remarks")},
    "on_reading": {"analysis/comparison.py", "analysis/family.py"},
    "before_run": {"cli/outcome.py", "cli/preview.py", "tui"},
}
"""Who may call what makes a sentence or a remark."""


def test_the_two_doors_are_the_only_way_to_a_remark():
    root = Path(__file__).parents[2] / "sandbox"
    callers: dict[str, set[str]] = {name: set() for name in CALLERS}
    made = set()
    for path in root.rglob("*.py"):
        here = path.relative_to(root).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", getattr(node.func, "attr", ""))
                if name in callers:
                    callers[name].add("tui" if here.startswith("tui/") else here)
                if name == "Remark":
                    made.add(here)
    assert callers == CALLERS
    assert made == {"analysis/remarks.py"}
