"""Small documents for tests, built in code so that a test says all that matters to it."""

from typing import Any

from sandbox.engine.measure import Measure
from sandbox.engine.plan import SessionPlan
from sandbox.library.client import Client, ExampleTurn, SmallModelRecipe
from sandbox.library.document import Source
from sandbox.library.questionnaire import Scale, WordItem, WordQuestionnaire
from sandbox.library.scenario import Affect, Scenario, ScenarioTurn
from sandbox.library.technique import Step, Technique

HEAD: dict[str, Any] = {
    "description": "For tests.",
    "source": Source(author="Tests", drafted_by="person"),
    "licence": "MIT",
    "version": "1",
}


def scenario(*texts: str, affect: Affect = "fear") -> Scenario:
    turns = tuple(ScenarioTurn(say=text) for text in texts or ("It is dark.", "Somebody is behind you."))
    return Scenario(id="dark-street", title="Dark street", affect=affect, turns=turns, **HEAD)


def technique(*steps: str | Step, id: str = "breathing", **fields: Any) -> Technique:
    texts = steps or ("Breathe in.", "Breathe out.", "Rest.")
    made = tuple(
        s if isinstance(s, Step) else Step(id=f"step-{n}", say=s) for n, s in enumerate(texts, start=1)
    )
    fields = {"family": "mindfulness", "rationale": "It calms.", **fields}
    return Technique(id=id, title=id.capitalize(), steps=made, **fields, **HEAD)


def client() -> Client:
    recipe = SmallModelRecipe(
        examples=(ExampleTurn(say="How are you?", reply="I feel fine."),), opening="I feel"
    )
    return Client(id="participant", title="Participant", system="You take part.", small_model=recipe, **HEAD)


def probe(id: str = "probe") -> WordQuestionnaire:
    return WordQuestionnaire(
        id=id,
        title="Probe",
        kind="word",
        timeframe="right now",
        ask="In one word, how do you feel right now?",
        opening="Right now, I feel very",
        items=(
            WordItem(id="fear", text="fear", words=("afraid", "scared")),
            WordItem(id="calm", text="calm", words=("calm",)),
        ),
        scales=(
            Scale(id="distress", items=("fear",), method="sum", range=(0, 100)),
            Scale(id="calm", items=("calm",), method="sum", range=(0, 100), higher_is="less distress"),
        ),
        **HEAD,
    )


def plan(**fields: Any) -> SessionPlan:
    defaults: dict[str, Any] = {
        "model": "scripted",
        "client": client(),
        "scenario": scenario(),
        "measures": (Measure(questionnaire=probe(), way="word"),),
        "seed": 7,
    }
    return SessionPlan(**{**defaults, **fields})
