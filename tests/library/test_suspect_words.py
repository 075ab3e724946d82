"""Words that may be about a real emergency are told from what a therapist says in a script."""

import pytest

from sandbox.library.suspect_words import emergency

REAL = (
    "I want to die.",
    "I’m going to kill myself tonight",
    "My client has just taken an overdose",
    "my patient in the next room says she wants to die. My patient is unconscious",
    "Stop: this is real.",
    "This is not a role-play",
    "Please call an ambulance",
)
SAID_IN_A_SESSION = (
    "Are you thinking of killing yourself?",
    "You said you want to die. Tell me more about that.",
    "It is real to you, and this is real progress.",
    "I want to understand what that was like.",
    "What would a friend say is true? Is it an emergency for your body only?",
    "Who could you call when it gets that bad?",
)


@pytest.mark.parametrize("text", REAL)
def test_a_real_emergency_is_noticed(text: str) -> None:
    assert emergency(text)


@pytest.mark.parametrize("text", SAID_IN_A_SESSION)
def test_a_therapist_s_words_are_none(text: str) -> None:
    assert emergency(text) is None
