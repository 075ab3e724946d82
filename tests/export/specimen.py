"""A small family with everything in it that an export has to show, recorded at fixed times."""

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sandbox.analysis.family import Family
from sandbox.engine.events import (
    AdministrationFinished,
    CallFinished,
    Event,
    RunPlanned,
    SessionFinished,
    SessionStarted,
    StepSkipped,
    TurnFinished,
)
from sandbox.engine.history import Measured, Skip, Turn
from sandbox.engine.measure import Measure
from sandbox.engine.phase import Phase, Point
from sandbox.engine.plan import SessionHead
from sandbox.export.file import BYTE_ORDER_MARK, session_table
from sandbox.library.questionnaire import Range, RatingItem, RatingQuestionnaire, Scale
from sandbox.library.scenario import Scenario, ScenarioTurn
from sandbox.measurement.administration import Administration, Answer, Score
from sandbox.models.provider import Attempt, Completion, Message, ModelDescription, Request, Sampling, Usage
from sandbox.models.recording import Call
from sandbox.store.store import Store
from tests.documents import HEAD, plan, probe, technique

HOSTILE = "I run.\n\n# Not a heading\n- <b>bold</b> | [link](http://evil.example) \x1b[31m`code` *x* 1. y"
HARMFUL = (
    "=cmd|' /C calc'!A0", "+1+1", "@SUM(A1)", "-2", "a\nb\r\nc", "\0nul", "\x1b[31mred\x1b[0m", "\ud800",
    "\u202eright to left", "\ufeff", "\tx", '"quoted", and', "x" * 1_000_000,
)  # fmt: skip
"""Texts that do something in a terminal, a spreadsheet, a parser or a memory that is too small."""

_START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
_MODEL = ModelDescription("scripted", "Scripted model", {"weights SHA-256": "abc123"})


def ratings() -> RatingQuestionnaire:
    return RatingQuestionnaire(
        id="ratings",
        title="Ratings",
        kind="rating",
        timeframe="right now",
        range=Range(min=0, max=100),
        items=(RatingItem(id="fear", text="How afraid?"), RatingItem(id="calm", text="How calm | at ease?")),
        scales=(
            Scale(id="distress", items=("fear",), method="mean", range=(0, 100)),
            Scale(id="ease", items=("calm",), method="mean", range=(0, 100)),
        ),
        **HEAD,
    )


def recorded_family(folder: Path) -> Store:
    """An open record with a trunk, a finished technique, its control, and a branch cut short."""
    ticks = iter(range(10_000))
    store = Store.open(folder / "sandbox.db", now=lambda: _START + timedelta(seconds=next(ticks)))
    for event in _events():
        store.record(event)
    return store


def _events() -> list[Event]:
    scenario = Scenario(
        id="dark-street",
        title="Dark *street*",
        affect="fear",
        content_warning=("violence",),
        turns=(ScenarioTurn(say="It is dark."), ScenarioTurn(say="He comes closer.", reply=False)),
        **HEAD,
    )
    measures = (
        Measure(questionnaire=probe(), way="word"),
        Measure(questionnaire=ratings(), way="report", phases=("baseline", "induction", "follow-up")),
    )
    base = plan(scenario=scenario, measures=measures)
    filler = technique("Page one.", "Page two.", id="filler", family="control")

    def head(id: str, chosen=None) -> SessionHead:
        branch = {"parent": "trunk111"} if chosen else {}
        return SessionHead(id=id, plan=base.model_copy(update={"technique": chosen}), **branch)

    breathing, second = technique("Breathe in.", "Breathe out."), technique("Talk.", id="talking")
    heads = (
        head("trunk111"),
        head("filler11", filler),
        head("breath11", breathing),
        head("talking1", second),
    )
    return [
        RunPlanned(heads),
        *_trunk(),
        *_branch("filler11", "Page one.", [70.0, 60.0], "filler"),
        *_branch("breath11", "Breathe in.", [50.0, 30.0], "breathing"),
        SessionStarted("talking1", _MODEL),
        _said("talking1", 3, "technique", "So, how was it?", "=cmd|' /C calc'!A0", origin="live"),
        StepSkipped("talking1", Skip("step-1", 3, "clinician")),
        SessionFinished("talking1", "interrupted", "Ctrl-C"),
    ]


def _trunk() -> list[Event]:
    request = Request((Message("user", "It is dark."),), Sampling(0.8, 40, seed=3))
    attempts = (
        Attempt(_START, 1.5, failure="rate limited", error="Too many requests.", status=429),
        Attempt(_START, 0.5, waited=2.0),
    )
    completion = Completion(HOSTILE, "scripted-1", "stop", Usage(20, 12, 9), cost=0.25, attempts=attempts)
    return [
        SessionStarted("trunk111", _MODEL),
        *_measured("trunk111", 0, "baseline", 8.0),
        _report("trunk111", 0, "baseline", 10.0),
        CallFinished("trunk111", 1, Call("call1", request, completion, None)),
        _said("trunk111", 1, "induction", "It is dark.", HOSTILE, origin="scenario"),
        _said("trunk111", 2, "induction", "He comes closer.", None, origin="scenario"),
        *_measured("trunk111", 2, "induction", 80.0),
        _report("trunk111", 2, "induction", None),
        SessionFinished("trunk111", "finished"),
    ]


def _branch(id: str, said: str, scores: list[float], step: str) -> list[Event]:
    events: list[Event] = [SessionStarted(id, _MODEL)]
    for number, score in enumerate(scores, start=1):
        events.append(
            _said(id, 2 + number, "technique", said, f"I feel {score:g}.", origin="scripted", step=step)
        )
        events += _measured(id, 2 + number, "technique", score, number, reliable=score > 40)
    last = 2 + len(scores)
    return [*events, _report(id, last, "follow-up", 20.0), SessionFinished(id, "finished")]


def _said(session: str, index: int, phase: Phase, said: str, reply: str | None, **fields) -> TurnFinished:
    return TurnFinished(session, Turn(index, phase, said=said, reply=reply, **fields))


def _measured(
    session: str, after_turn: int, phase: Phase, distress: float, number: int = 0, *, reliable: bool = True
) -> list[Event]:
    coverage = 0.5 if reliable else 0.01
    given = Administration(
        questionnaire="probe",
        way="word",
        asked=(Message("user", "In one word?"), Message("assistant", "Right now, I feel very scared")),
        item_order=("fear", "calm"),
        answers=(
            Answer("fear", distress, "scared", "c", distribution={"scared": 0.25}, coverage=coverage),
            Answer("calm", 100 - distress, "scared", "c", distribution={"calm": 0.25}, coverage=coverage),
        ),
        scores=(Score("calm", 100 - distress, 1, 1), Score("distress", distress, 1, 1)),
        seed=7,
        reliable=reliable,
    )
    return [AdministrationFinished(session, Measured(Point(after_turn, phase, number), given))]


def _report(session: str, after_turn: int, phase: Phase, fear: float | None) -> AdministrationFinished:
    answered = fear is not None
    first = Answer("fear", None, "I can't say | no", "c", missing="refused")
    again = Answer("fear", fear, f"fear: {fear}", "d", attempt=2) if answered else None
    given = Administration(
        questionnaire="ratings",
        way="report",
        asked=(Message("user", "Rate."), Message("assistant", "calm: 5")),
        item_order=("calm", "fear"),
        answers=(Answer("calm", 5.0, "calm: 5", "c"), first, *((again,) if again else ())),
        scores=(
            Score("distress", fear, int(answered), 1, "" if answered else "1 of 1 items missing"),
            Score("ease", 5.0, 1, 1),
        ),
        seed=7,
    )
    return AdministrationFinished(session, Measured(Point(after_turn, phase), given))


def score_table(family: Family) -> list[dict[str, str]]:
    """The rows of the scores as a file has them."""
    text = session_table(family, "scores", ",").removeprefix(BYTE_ORDER_MARK)
    return list(csv.DictReader(io.StringIO(text, newline="")))
