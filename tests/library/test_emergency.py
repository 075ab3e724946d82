"""Words that may be about a real emergency are told from what a therapist says in a script, by language."""

import pytest

from sandbox.library.emergency import emergency

REAL = {
    "en": (
        "I want to die.",
        "I’m going to kill myself tonight",
        "My client has just taken an overdose",
        "my patient in the next room says she wants to die. My patient is unconscious",
        "Stop: this is real.",
        "This is not a role-play",
        "Please call an ambulance",
    ),
    "de-CH": (
        "Ich will sterben.",
        "ich werde mich umbringen",
        "Ich habe gerade eine Überdosis genommen",
        "Meine Klientin will sich das Leben nehmen!",
        "Mein Patient atmet nicht mehr",
        "Halt, das ist kein Rollenspiel",
        "Rufen Sie bitte sofort einen Krankenwagen",
        "I need help now",
    ),
    "fr": (
        "Je veux mourir.",
        "je vais me tuer ce soir",
        "Ma patiente vient de faire une overdose",
        "mon mari ne respire plus",
        "Ce n’est pas une simulation, c'est réel.",
        "Appelez le 15 !",
        "J'ai besoin d'une ambulance",
    ),
    "es": (
        "Quiero morirme.",
        "voy a quitarme la vida",
        "Mi paciente ha tomado una sobredosis",
        "mi hija no respira",
        "Esto no es un juego de rol",
        "Llame a una ambulancia",
        "Necesito ayuda ahora",
    ),
}
SAID_IN_A_SESSION = {
    "en": (
        "Are you thinking of killing yourself?",
        "You said you want to die. Tell me more about that.",
        "It is real to you, and this is real progress.",
        "I want to understand what that was like.",
        "What would a friend say is true? Is it an emergency for your body only?",
        "Who could you call when it gets that bad?",
    ),
    "de": (
        "Denken Sie daran, sich umzubringen?",
        "Sie sagten, Sie wollen sterben. Erzählen Sie mir davon.",
        "Das ist echt schwer, und das ist kein Test.",
        "Ich will verstehen, wie das war.",
        "Mein Vater ist gestorben, sagten Sie. Meine Tochter will nicht.",
        "Rufen Sie sich diesen Ort ins Gedächtnis. Wen könnten Sie rufen?",
        "Mein Patient hat Angst zu sterben, dachte ich früher.",
    ),
    "fr": (
        "Pensez-vous à vous tuer ?",
        "Vous avez dit que vous vouliez mourir. Dites-m’en plus.",
        "Ce n’est pas un exercice difficile. C'est réel pour vous.",
        "Je veux comprendre ce que c'était. Je vais me taire un moment.",
        "Qui pourriez-vous appeler ? Appelez cela comme vous voulez.",
        "Je ne veux pas mourir, avez-vous pensé.",
    ),
    "es": (
        "¿Piensa en hacerse daño?",
        "Dijo que quería morir. Cuénteme más.",
        "Esto no es un examen. Esto es real para usted.",
        "Quiero entender cómo fue. Voy a escuchar.",
        "No quiero morir, pensó usted entonces.",
        "¿A quién podría llamar? Llame a esto como quiera.",
    ),
}


def told(texts: dict[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    return [(language, text) for language, some in texts.items() for text in some]


@pytest.mark.parametrize(("language", "text"), told(REAL))
def test_a_real_emergency_is_noticed(language: str, text: str) -> None:
    assert emergency(text, language)


@pytest.mark.parametrize(("language", "text"), told(SAID_IN_A_SESSION))
def test_a_therapist_s_words_are_none(language: str, text: str) -> None:
    assert emergency(text, language) is None


def test_only_the_language_of_the_session_and_english_are_looked_at() -> None:
    assert emergency("Ich will sterben.") is None and emergency("Ich will sterben.", "tlh") is None
