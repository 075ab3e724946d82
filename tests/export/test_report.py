"""The report: the answer first, the same numbers as everywhere, and nothing of a model's that acts."""

import asyncio
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from sandbox.analysis.answer import answer
from sandbox.analysis.comparison import compare
from sandbox.analysis.family import chosen_scale, gather, gather_compared
from sandbox.analysis.reported import ReportOn, gather_report
from sandbox.cli.main import run_command_line
from sandbox.engine.events import (
    AdministrationFinished,
    RunPlanned,
    SessionFinished,
    SessionStarted,
    TurnFinished,
)
from sandbox.engine.history import Skip, Turn
from sandbox.engine.measure import Measure
from sandbox.engine.phase import Point
from sandbox.engine.plan import Edited, trunk_and_branches
from sandbox.export.comparison_result import comparison_result
from sandbox.export.report.blocks import Bullets, Chart, Conversation, Heading, Paragraph, Table
from sandbox.export.report.charts import PlottedEffect, PlottedScore, forest, svg, trajectories
from sandbox.export.report.contents import _courses, contents
from sandbox.export.report.guide_llm import guide_llm
from sandbox.export.report.html import report_html
from sandbox.export.report.markdown import report_markdown
from sandbox.export.report.word import report_word
from sandbox.library.workspace import create_workspace
from sandbox.models.provider import ModelDescription
from sandbox.store.call import drawn_by
from sandbox.store.progress import spent_by
from sandbox.store.store import DATABASE, Store
from tests.analysis.compared import BREATHING, DISTRESS, FILLER, session
from tests.documents import plan, probe, technique
from tests.measurement.ratings import optioned
from tests.scripted import ScriptedProvider
from tests.store.runs import SMALL, breathing_and_control, number, record_run

HOSTILE = '<script src="https://example.org/x.js"></script><img src=x onerror=alert(1)>\x1b[31m=1+1 \u202e'


def hostile() -> ScriptedProvider:
    return ScriptedProvider(
        lambda request: f"{HOSTILE} {number(request)}.",
        top=lambda request: {" scared": 0.01 + number(request) % 60 / 100, " calm": 0.2},
        capabilities=SMALL,
    )


async def recorded(folder: Path, seeds: int = 3) -> Store:
    store = Store.open(folder / DATABASE)
    for seed in range(1, seeds + 1):
        await record_run(store, breathing_and_control(seed=seed), hostile())
    return store


def on(store: Store) -> ReportOn:
    trunks = [one.id for one in store.sessions() if one.parent is None]
    arms = gather_compared(store, trunks)
    with store.reading() as db:
        told = [arm.id for arm in arms]
        spent, drawn = spent_by(db, told), drawn_by(db, told)
    return ReportOn(arms, chosen_scale(arms), spent, drawn, "Does <b>breathing</b> help?", "Which is better?")


class Page(HTMLParser):
    """The tags of a page, what they load, and its text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [
            f"{name}={value}"
            for name, value in attrs
            if name in ("src", "href") and not (value or "").startswith("#")
        ]
        self.loads += [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.words += data


async def test_the_page_has_the_answer_first_and_everything_it_rests_on(tmp_path):
    store = await recorded(tmp_path)
    made = on(store)
    blocks = contents(made)
    lines = answer(compare(made.arms, made.scale, pooled=True)).lines
    assert next(block for block in blocks if isinstance(block, Bullets)).items == lines
    sections = [block.text for block in blocks if isinstance(block, Heading)]
    assert sections[:3] == ["Does <b>breathing</b> help?", "In short", "Question and design"]
    assert {"Technique effects", "What was said", "For whom it got worse", "Provenance"} <= set(sections)
    assert sum(isinstance(block, Chart) for block in blocks) == 2
    shared, arms = [block for block in blocks if isinstance(block, Conversation)]
    assert shared.columns == ("Shared start",) and len(arms.columns) == 2 and len(arms.rows) == 3


async def test_summary_charts_tables_and_json_agree(tmp_path):
    store = await recorded(tmp_path)
    made = on(store)
    said = json.loads(comparison_result(compare(made.arms, made.scale, pooled=True)).text())["answer"][
        "beyond"
    ][0]
    forest = [block for block in contents(made) if isinstance(block, Chart)][1]
    plotted = forest.specification["data"]["values"][0]
    assert (plotted["effect"], plotted["low"], plotted["high"]) == (said["mean"], said["low"], said["high"])
    (row,) = forest.table.rows
    assert row[4].replace("−", "-").startswith(f"{said['mean']:+.1f}"[:5])


async def test_a_models_words_do_nothing_in_the_page(tmp_path):
    page = Page(report_html(contents(on(await recorded(tmp_path)))))
    assert "script" not in page.tags and "img" not in page.tags and not page.loads
    assert "onerror=alert(1)" in page.words and "\x1b" not in page.words and "\u202e" not in page.words
    assert page.tags.count("svg") == 2 and page.tags.count("h1") == 1
    assert "breathing" in page.words


async def test_word_and_markdown_hold_the_same(tmp_path):
    import docx

    blocks = contents(on(await recorded(tmp_path)))
    document = docx.Document(io.BytesIO(report_word(blocks)))
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    plain = re.sub(r"\\(.)", r"\1", report_markdown(blocks))
    (first, *_) = next(block for block in blocks if isinstance(block, Bullets)).items
    assert first in text and first in plain
    tables = sum(isinstance(block, Table | Chart) for block in blocks)
    assert len(document.tables) == tables and len(document.inline_shapes) == 2
    assert document.core_properties.author == ""
    design = next(table for table in document.tables if table.cell(0, 0).text == "scenario")
    assert design.cell(0, 1).text, "no row of empty heads above it"


def test_many_arms_stand_below_each_other_and_wide_intervals_hide_no_line():
    arms = [
        session(f"{one.id}{seed}", one, scores=[8.0, 80.0, now], trunk=f"t{seed}", seed=seed)
        for one in (
            BREATHING,
            FILLER,
            *(technique(id=id) for id in ("one", "two", "three")),
        )
        for seed, now in ((1, 10.0), (2, 90.0))
    ]
    blocks = list(_courses(compare(arms, DISTRESS, pooled=True)))
    (chart,) = (block for block in blocks if isinstance(block, Chart))
    assert chart.table.head == ("point", "arm", "score", "change", "vs control")
    assert [row[0] for row in chart.table.rows[:6]] == ["baseline"] * 5 + ["after scenario"]
    drawn = {one["point"]: one["high"] - one["low"] for one in chart.specification["data"]["values"]}
    assert drawn["t1"] == 0 and "not drawn" in chart.title
    points = list(drawn)
    for one in chart.specification["data"]["values"]:
        assert abs(one["place"] - points.index(one["point"])) < 0.25, "a point stands over its label"


def test_an_arm_is_named_whole_in_a_picture_and_has_the_colour_of_its_technique() -> None:
    names = [f"{what}, {'A long title of a scenario ' * 3}{n}" for n in (1, 2) for what in ("One", "Two")]
    arms = {name: name.partition(",")[0] for name in names}
    drawn = trajectories([PlottedScore(name, "base", 1, 1, 1) for name in names], arms, "fear", (0, 100))
    colour = drawn["layer"][1]["encoding"]["color"]["scale"]
    assert colour["range"][:2] == colour["range"][2:] and len(set(colour["range"])) == 2
    shown = svg(drawn) + svg(forest([PlottedEffect(name, 1, 0, 2) for name in names], "fear"))
    assert "…" not in shown and all(shown.count(name.split()[-1]) for name in names)


def test_a_title_longer_than_the_format_holds_is_shortened_among_the_properties_alone() -> None:
    import docx

    title = "A shared start of many arms, " * 20
    document = docx.Document(io.BytesIO(report_word([Heading(title, 1)])))
    assert 200 < len(document.core_properties.title) <= 255
    assert document.paragraphs[0].text == title


async def test_the_command_writes_the_file_once_and_says_what_is_wrong(tmp_path, monkeypatch, capsys):
    create_workspace(tmp_path / "w")
    monkeypatch.chdir(tmp_path / "w")
    (await recorded(tmp_path / "w" / "sessions", seeds=1)).close()
    assert run_command_line(["report", "last", "--to", "r.md"]) == 0
    said = capsys.readouterr()
    assert said.out == "r.md\n" and "real person" not in said.err
    written = await asyncio.to_thread(Path("r.md").read_text, encoding="utf-8")
    assert "One run has no interval" in written
    assert run_command_line(["show", "last", "--single-case"]) == 0
    assert capsys.readouterr().out.endswith("26  funding: — for the author\n")
    assert run_command_line(["report", "last", "--to", "r.md"]) == 2
    assert "--force" in capsys.readouterr().err
    assert run_command_line(["report", "last", "--to", "r.odt"]) == 2
    assert ".html, .docx, .pdf, .md" in capsys.readouterr().err


async def test_where_the_scenario_came_last_the_report_counts_it_to_nobodys_harm(tmp_path):
    store = Store.open(tmp_path / DATABASE)
    for seed in (1, 2):
        trunk, *arms = breathing_and_control(seed=seed)
        before = [
            head.model_copy(
                update={
                    "parent_turn": 0,
                    "plan": head.plan.model_copy(
                        update={"stretches": ("technique", "induction", "follow-up")}
                    ),
                }
            )
            for head in arms
        ]
        await record_run(store, (trunk, *before), hostile())
    blocks = contents(on(store))
    assert "For whom it got worse" not in [block.text for block in blocks if isinstance(block, Heading)]
    (arms_said,) = [block for block in blocks if isinstance(block, Conversation)]
    places = [next(said.place for said in row[0]) for row in arms_said.rows]
    assert places == ["t1", "t2", "t3", *[place for place in places if place[0] == "s"]]
    methods = report_markdown(blocks)
    assert "2 arms" in methods and "before, after or without the technique" in methods


async def test_an_arm_counts_for_nothing_that_it_did_not_do(tmp_path: Path) -> None:
    """One arm was finished, one broken off after its first turn, the control never begun."""
    asked = Measure(questionnaire=optioned(), way="report", phases=("baseline", "induction", "follow-up"))
    control = technique("Page one.", "Page two.", "Page three.", id="filler", family="control")
    heads = trunk_and_branches(
        plan(measures=(Measure(questionnaire=probe(), way="word"), asked)),
        (technique(), technique("Talk.", "Go on.", id="talking"), control),
    )
    broken, model = heads[2].id, ModelDescription("scripted", "The whole name")
    with Store.open(tmp_path / DATABASE) as store:
        await record_run(store, heads[:2], hostile())
        measured = store.history(heads[1].id).measured
        store.record(RunPlanned(heads))
        for head in heads[:2]:
            store.record(SessionStarted(head.id, model, resumed=True))
            store.record(SessionFinished(head.id, "finished"))
        store.record(SessionStarted(broken, model))
        store.record(TurnFinished(broken, Turn(3, "technique", "scripted", "Talk.", "I do.")))
        at_t1 = next(one for one in measured if one.point.label == "t1")
        store.record(AdministrationFinished(broken, replace(at_t1, point=Point(3, "technique", 1))))
        store.record(SessionFinished(broken, "interrupted"))
        blocks = contents(gather_report(store, [heads[0].id]))
        cautions = gather(store, heads[0].id).cautions
    tables = {one.caption.split(":")[0]: one.rows for one in blocks if isinstance(one, Table)}
    design = {row[0]: row[1] for row in tables["The design"]}
    assert (design["model"], design["seed"]) == ("The whole name", "7")
    assert any("turns (3: Breathing | 1 so far: Talking). Compare them up to t1" in one for one in cautions)
    became = tables["Runs by their change from where the technique began to the end"]
    assert [row[:2] for row in became] == [("Breathing", "1"), ("Talking", "0"), ("Filler (control)", "0")]
    assert {row[1] for row in tables["Residual"]} == {"Breathing"}
    text = re.sub(r"\\(.)", r"\1", report_markdown(blocks))
    for said in (
        "2 arms then continued from the same state in one run (seed 7). 1 planned arm did not begin.",
        f"Next: finish what was begun: sandbox resume {heads[0].id}.",
        "(6 of them asked again for an answer that could not be read; 0 tried again after a failure)",
        "Scores of distress (four) are missing: Breathing 1 of 1 at",
        "Without an end: Talking; Filler (control).",
    ):
        assert said in text, said


@pytest.mark.parametrize("seeds", [1, 2])
async def test_few_runs_give_a_report_without_a_p(tmp_path, seeds):
    text = report_markdown(contents(on(await recorded(tmp_path, seeds))))
    assert "nan" not in text.lower().split() and "In short" in text


async def test_guide_llm_and_scribe_are_answered_from_the_record_and_leave_the_rest_to_the_author(
    tmp_path: Path,
) -> None:
    with await recorded(tmp_path, seeds=2) as store:
        blocks = contents(on(store))
    single, table = (one for one in blocks if isinstance(one, Table) and one.head[0] == "item")
    told = {topic: answer for _, topic, answer in single.rows}
    assert [number for number, _, _ in single.rows] == [str(number) for number in range(1, 27)]
    assert told["replication"] == "One of 2 runs of the same design."
    assert told["aims"] == "Question: Which is better?"
    assert "Breathing: finished, 3 technique turns" in told["sequence completed"]
    assert "after the scenario (1 point), then technique (3 points)" in told["design"]
    assert "6 of 6 turns of the therapist were said by the script" in told["procedural fidelity"]
    left = [number for number, _, answer in single.rows if "for the author" in answer]
    assert {"1", "2", "22", "26"} <= set(left) and not {"5", "14", "19", "21"} & set(left)
    assert any(", ".join(left) in one.text for one in blocks if isinstance(one, Paragraph))
    answers = {number: answer for number, _, answer in table.rows}
    assert " ".join(answers) == "A.1 A.2 B.1 B.2 B.3 B.4 B.5 C.1 C.2 D.1 E.1 E.2 F.1 G.1"
    assert "seeds 1–2." in answers["B.3"] and "temperature 0.0" in answers["B.3"]
    assert "scripted" in answers["B.1"] and "You take part." in answers["C.2"]
    asked = [number for number, answer in answers.items() if "for the author" in answer]
    said = next(one.text for one in blocks if isinstance(one, Paragraph) and "GUIDE-LLM 1.0" in one.text)
    assert answers["B.2"].startswith("On this machine: ") and "Automatic: " in answers["A.2"]
    assert asked == ["A.2", "B.4", "C.1", "D.1", "E.1", "F.1", "G.1"] and ", ".join(asked) in said


async def test_guide_llm_says_what_a_person_did_and_which_model_was_a_service(tmp_path: Path) -> None:
    with await recorded(tmp_path, seeds=1) as store:
        whole = on(store)
    arm = whole.arms[-1]
    changed = replace(
        arm,
        plan=arm.plan.model_copy(update={"edited": Edited(step="step-1")}),
        skips=(Skip("step-2", 3, "clinician"),),
        model=ModelDescription("openai/gpt-4o", "GPT-4o"),
    )
    made = replace(whole, arms=(*whole.arms[:-1], changed))
    (table,) = (block for block in guide_llm(made) if isinstance(block, Table))
    answers = {number: answer for number, _, answer in table.rows}
    assert "A person left out 1 step, changed a step of the script in 1 session;" in answers["A.2"]
    assert "By the API of a service: GPT-4o." in answers["B.2"] and "On this machine: " in answers["B.2"]
