"""A model's answers are kept with the turn they rest on, or not at all, and never twice."""

import json
import re
from pathlib import Path

import pytest

from sandbox.engine.events import TurnFinished
from sandbox.engine.history import Turn
from sandbox.errors import UsageError
from sandbox.export.agreement import model_lines
from sandbox.library.catalogue import Library
from sandbox.library.document import document_hash
from sandbox.library.workspace import Workspace
from sandbox.models.pool import ModelPool
from sandbox.models.provider import ModelError, Request
from sandbox.review.giving import reviewer_name
from sandbox.review.judged import judged
from sandbox.review.model_reviewer import ASKS, Answered, rate_by_model
from sandbox.store.mark import By, MarkRecord, Note, Rating
from sandbox.study.conductor import Conductor
from tests.review.packets import shipped_form, two_sessions
from tests.scripted import ScriptedProvider

FORM = shipped_form()
HASH = document_hash(FORM)


@pytest.fixture
def conductor(tmp_path: Path) -> Conductor:
    workspace = Workspace(tmp_path, tmp_path / "sessions")
    found = Conductor(workspace, Library(workspace), ModelPool(lambda name: ScriptedProvider()))
    two_sessions(found.store)
    return found


async def rated(conductor: Conductor, model: ScriptedProvider) -> list[Answered]:
    conductor.models = ModelPool(lambda name: model)
    told: list[Answered] = []
    await rate_by_model(conductor, ("breath",), FORM, "scripted", lambda _, one: told.append(one))
    return told


def reply(value: object = 2, turn: object = 2, because: object = "It says so.") -> str:
    return json.dumps({"value": value, "turn": turn, "because": because})


async def test_an_answer_is_kept_with_the_turn_it_cites_and_not_asked_again(conductor: Conductor) -> None:
    model = ScriptedProvider((reply(), reply(None)))
    assert [one.value for one in await rated(conductor, model)] == [2, None, 2, None, 2]
    marked = MarkRecord(conductor.store).marked(("breath",))
    assert {entry.by.reviewer for entry in marked.all()} == {"model scripted"}
    ratings = {entry.mark for entry in marked.ratings}
    assert Rating("breath", HASH, "competence", 2) in ratings and len(ratings) == len(FORM.items)
    assert Note("breath", 2, text="competence: It says so.") in {entry.mark for entry in marked.notes}
    assert await rated(conductor, model) == [] and len(model.requests) == len(FORM.items)


async def test_it_reads_what_was_said_and_not_which_arm_it_was(conductor: Conductor) -> None:
    named = Turn(4, "technique", "live", "This was the Breathing's end.", "I am scripted.")
    conductor.store.record(TurnFinished("breath", named))
    model = ScriptedProvider((reply(),))
    await rated(conductor, model)
    asked = "\n".join(message.content for request in model.requests for message in request.messages)
    assert "[2] therapist: " in asked and "[3] client: Reply 3." in asked
    assert "[4] therapist: This was the […] end.\n[4] client: I am […]." in asked
    assert not re.search(r"mindful|step-\d|participant|scripted", asked)


@pytest.mark.parametrize(
    "unreadable",
    [
        "4",
        "not JSON",
        reply(9),
        reply(True),
        reply(turn=7),
        reply(turn=None),
        reply(because=" "),
        "[" * 100_000,
        json.dumps({"value": 2, "turn": 2, "because": "x", "more": 1}),
    ],
    ids=str.split("number text value kind turn none because deep more"),
)
async def test_what_cites_no_turn_or_gives_no_answer_is_asked_again_and_then_missing(
    conductor: Conductor, unreadable: str
) -> None:
    model = ScriptedProvider((unreadable,))
    told = await rated(conductor, model)
    assert [one.turn for one in told] == [None] * len(FORM.items)
    assert len(model.requests) == ASKS * len(FORM.items)
    assert not list(MarkRecord(conductor.store).marked().all())


async def test_a_failure_keeps_what_was_answered_and_every_call(conductor: Conductor) -> None:
    def answer(request: Request) -> str | ModelError:
        if "How warm" in request.messages[-1].content:
            return ModelError("It is gone.", kind="unavailable")
        return reply()

    with pytest.raises(ModelError):
        await rated(conductor, ScriptedProvider(answer))
    assert [entry.mark.item for entry in MarkRecord(conductor.store).marked().ratings] == ["competence"]
    with conductor.store.reading() as db:
        calls = db.execute("SELECT failure FROM later_calls ORDER BY number").fetchall()
    assert calls == [(None,), ("unavailable",)]


async def test_it_counts_among_models_alone_and_is_held_against_people(conductor: Conductor) -> None:
    await rated(conductor, ScriptedProvider((reply(3),)))
    record = MarkRecord(conductor.store)
    for name, value in (("Ada", 3), ("Bo", 3)):
        marks = tuple(Rating("breath", HASH, item.id, value) for item in FORM.items)
        record.add(marks, By(name, blind=True), (FORM,))
    (found,) = judged(conductor.store)
    assert found.reviewers == ("Ada", "Bo") and found.ratings == 2 * len(FORM.items)
    (model,) = found.models
    assert (model.reviewer, model.sessions, model.ratings) == ("model scripted", 1, len(FORM.items))
    assert model.test is not None and model.test.advantage == 1 and model.passed
    assert "passes" in " ".join(model_lines(found))
    with pytest.raises(UsageError):
        reviewer_name("Model scripted")
