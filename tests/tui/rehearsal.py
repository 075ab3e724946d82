"""A small workspace with known words and a scripted model with known scores: what screen tests play on."""

import asyncio
from dataclasses import replace
from pathlib import Path

from sandbox.library.workspace import Workspace
from sandbox.models.provider import Request
from tests.scripted import ABLE, ScriptedProvider

_HEAD = """id: {id}
title: {title}
description: For tests.
source: {{author: The tests, drafted_by: person}}
licence: CC0-1.0
version: "1"
"""

_SCENARIO = """affect: fear
content_warning: [violence]
turns:
  - say: You are walking home alone after midnight. Someone is behind you, and the steps come closer.
  - say: "Someone grabs your arm, and you see a knife. A voice says: do not scream."
"""

_BREATHING = """family: mindfulness
rationale: For tests.
steps:
  - {id: settle, say: Let us pause here for a moment. Notice how you are sitting.}
  - {id: breathe, say: "Breathe in slowly through your nose, and out through your mouth."}
  - {id: stay, say: Stay with the breath as it comes and goes.}
"""

_MANUAL = """family: control
rationale: For tests.
steps:
  - {id: place, say: Place the appliance on a level surface.}
  - {id: hose, say: Connect the hose to the tap and tighten it by hand.}
  - {id: dial, say: Set the dial to the programme you want.}
"""

_PROBE = """kind: word
timeframe: right now
ask: In one word, how do you feel right now?
opening: Right now, I feel very
items:
  - {id: fear, text: Fear, words: [afraid, scared]}
  - {id: sadness, text: Sadness, words: [sad]}
  - {id: anger, text: Anger, words: [angry]}
  - {id: calm, text: Calm, words: [calm, fine]}
scales:
  - {id: fear, items: [fear], method: sum, range: [0, 100]}
  - {id: sadness, items: [sadness], method: sum, range: [0, 100]}
  - {id: anger, items: [anger], method: sum, range: [0, 100]}
  - {id: calm, items: [calm], method: sum, range: [0, 100], higher_is: less distress}
  - {id: distress, title: Distress, items: [fear, sadness, anger], method: sum, range: [0, 100]}
"""

_CLIENT = "system: You take part in a study.\n"

_DOCUMENTS = {
    "scenarios/night-attack": ("Attacked at night", _SCENARIO),
    "techniques/mindful-breathing": ("Mindful breathing", _BREATHING),
    "techniques/filler-manual": ("Appliance manual", _MANUAL),
    "questionnaires/word-probe": ("Word probe", _PROBE),
    "clients/study-participant": ("Study participant", _CLIENT),
}

REPLIES = (
    "I feel my heart pounding and I just want to get away from here.",
    "I feel trapped, and I cannot catch my breath.",
    "I feel my shoulders drop a little.",
    "I feel the air move in and out, a bit slower now.",
    "I feel steadier than before.",
)
_DISTRESS = (0.08, 0.61, 0.79, 0.55, 0.24, 0.12)


def make_workspace(root: Path) -> Workspace:
    """The documents of the proposed session, short and fixed, hiding the shipped ones of the same ids."""
    for name, (title, body) in _DOCUMENTS.items():
        path = root / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(_HEAD.format(id=path.stem, title=title) + body, encoding="utf-8")
    return Workspace(root, root / "sessions")


def client_model(reply: str | None = None, gate: asyncio.Event | None = None) -> ScriptedProvider:
    """A model whose replies and next-word shares follow from how many turns it has heard.

    With a `gate` it says nothing until the gate is set.
    """

    def heard(request: Request) -> int:
        return sum(message.role == "user" for message in request.messages)

    def answer(request: Request) -> str:
        return reply or REPLIES[(heard(request) - 1) % len(REPLIES)]

    def shares(request: Request) -> dict[str, float]:
        distress = _DISTRESS[min(heard(request) - 1, len(_DISTRESS) - 1)]
        if any("hose" in message.content for message in request.messages):
            distress += 0.2
        calm = 1 - distress
        negative = {" afraid": 0.5, " scared": 0.2, " sad": 0.2, " angry": 0.1}
        return {word: share * distress for word, share in negative.items()} | {
            " calm": calm * 0.7,
            " fine": calm * 0.3,
        }

    return ScriptedProvider(answer, top=shares, gate=gate, capabilities=replace(ABLE, small=True))
