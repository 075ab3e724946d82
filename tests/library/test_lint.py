"""What a writer is warned about: each rule on a document that breaks it, and silence on a good one."""

from pathlib import Path

import pytest

from sandbox.library.catalogue import Library
from sandbox.library.document import FOLDERS, Kind
from sandbox.library.lint import lint, most_turns
from sandbox.library.loading import parse_document
from sandbox.library.technique import Technique
from sandbox.library.workspace import Workspace
from tests.library.bad_documents import GOOD, QUIZ, TASK, WORD_PROBE

LONG = " – ".join(["word"] * 101)  # a dash is no word, here and where a script is read
NO_EXAMPLES = GOOD["client"].split("small_model")[0]


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """A workspace with no document of its own: what may be referred to is what the app ships."""
    return Library(Workspace(tmp_path, tmp_path / "sessions"))


def warnings(text: str, kind: Kind, library: Library) -> list[str]:
    return [problem.message for problem in lint(parse_document(text, kind), library)]


@pytest.mark.parametrize("kind", FOLDERS)
def test_a_good_document_draws_no_warning(kind: Kind, library: Library) -> None:
    assert warnings(GOOD[kind], kind, library) == []


@pytest.mark.parametrize(
    ("kind", "old", "new", "message"),
    [
        ("scenario", "You hear steps.", LONG, "a turn of 101 words (more than 100)"),
        ("scenario", "They stop.", "You are terrified.", "“terrified” names the affect it is to induce"),
        (
            "scenario",
            "They stop.",
            "You feel threatened.",
            "“threatened” is a word that the word probe counts (Fear)",
        ),
        (
            "scenario",
            "They stop.",
            "A rotten smell.",
            "“rotten” is a word that the word probe counts (Unpleasant, fitting several affects)",
        ),
        ("scenario", "They stop.", "He has a knife.", "“knife” without a content warning"),
        ("scenario", "fear\n", "fear\nintensity: strong\n", "a strong scenario without a content warning"),
        ("scenario", "fear\n", "none\nintensity: mild\n", "a neutral scenario has no intensity"),
        (
            "scenario",
            "They stop.",
            "Call 030 1234567 or write to ann@ward.org",
            "“ann@ward.org” looks like a real person's details",
        ),
        ("scenario", "They stop.", "FILL IN what happens", "One text is still to be written: turn 2"),
        (
            "scenario",
            "They stop.",
            "They \u202estop.",
            "a character that nobody sees (U+202E right-to-left override)",
        ),
        ("scenario", "title: A", "title: A\u200b", "a character that nobody sees (U+200B zero width space)"),
        ("technique", "Breathe in.", LONG, "a step of 101 words (more than 100)"),
        (
            "technique",
            "Breathe in.",
            "'You said {{ last_reply }}'",
            "the client's whole reply is read back, however long it is",
        ),
        (
            "technique",
            "Breathe in.",
            "Sit until you are comfortable.",
            "“comfortable” is a word that the word probe counts (Calm)",
        ),
        (
            "technique",
            "Breathe in.",
            "Good. Breathe in.",
            "“Good” is a word that the word probe counts (Happiness and other pleasant affect)",
        ),
        (
            "technique",
            "say: Breathe in.",
            "say: Breathe in.\n    variants: [{say: You may be calm.}]",
            "“calm” is a word that the word probe counts (Calm)",
        ),
        ("technique", "fidelity: [Names the breath]\n", "", "no fidelity list"),
        ("technique", "cautions: Not with panic.\n", "", "no cautions"),
        (
            "technique",
            "at_most: 3",
            "at_most: 9",
            "up to 10 turns with all repetitions, but its control “filler-manual” has 8",
        ),
        (
            "technique",
            "when: score('distress') > 30",
            "when: score('phq-9') > 9",
            "the scale “phq-9” asks about: past two weeks; it cannot follow what is said",
        ),
        ("technique", "family: mindfulness", "family: control", "a control whose number of turns varies"),
        ("technique", "family: mindfulness", "family: control", "“Breathe” in a control"),
        ("questionnaire", "text: afraid", "text: Surely you are afraid", "“Surely” suggests an answer"),
        (
            "questionnaire",
            "text: afraid",
            "text: How do you feel after the exercise?",
            "“exercise” tells that something was done to change the answer",
        ),
        ("questionnaire", "text: afraid", "text: calm", "another item asks the same"),
        (
            "questionnaire",
            "max: 100}",
            "max: 10}",
            "“affect-ratings” also has a scale “distress”, from 0 to 100",
        ),
        (
            "client",
            "You take part in a study.",
            "You score 8 out of 10 on fear.",
            "“score” in a profile: a profile states no scores to give",
        ),
        ("client", "I am fine.", "I am scared.", "the last example turn ends in distress (“scared”)"),
    ],
)
def test_each_rule(kind: Kind, old: str, new: str, message: str, library: Library) -> None:
    assert old in GOOD[kind]
    text = (
        GOOD[kind]
        .replace(old, new, 1)
        .replace("range: [0, 100]", "range: [0, 10]" if "max: 10}" in new else "range: [0, 100]")
    )
    assert message in warnings(text, kind, library)


def test_too_many_steps_for_the_control(library: Library) -> None:
    steps = "".join(f"  - id: more-{n}\n    say: And on.\n" for n in range(8))
    text = GOOD["technique"].replace("fidelity", steps + "fidelity")
    assert "10 steps, but its control “filler-manual” has 8" in warnings(text, "technique", library)


def test_a_client_without_example_turns(library: Library) -> None:
    (message,) = warnings(NO_EXAMPLES, "client", library)
    assert message.startswith("no example turns")


@pytest.mark.parametrize("language", ["de", "enm"])  # Middle English is another language
def test_words_are_looked_for_in_english_only(language: str, library: Library) -> None:
    text = (
        GOOD["scenario"]
        .replace("affect", f"language: {language}\naffect")
        .replace("They stop.", "stress, fear")
    )
    assert warnings(text, "scenario", library) == []


def test_a_control_is_held_to_the_same_words_as_a_technique(library: Library) -> None:
    text = (
        GOOD["technique"].replace("family: mindfulness", "family: control").replace("Breathe in", "Sit still")
    )
    assert "“still” is a word that the word probe counts (Calm)" in warnings(text, "technique", library)


def test_words_only_a_therapist_reads_or_of_another_language_are_not_looked_at(library: Library) -> None:
    text = GOOD["technique"].replace("Breathe in", "Ask what a good friend would say")
    for line in ("delivery: guided", "delivery: live", "language: de"):
        found = warnings(text.replace("steps:", f"{line}\nsteps:", 1), "technique", library)
        assert not any("word probe" in message for message in found)


def test_words_of_distress_are_no_warning_in_a_technique(library: Library) -> None:
    text = GOOD["technique"].replace("Breathe in", "Where do you notice that you are tense")
    assert warnings(text, "technique", library) == []


def test_the_name_of_a_score_is_not_said(library: Library) -> None:
    text = GOOD["technique"].replace("Breathe in.", "\"{{ 'More.' if score('calm') > 5 else 'On.' }}\"")
    assert warnings(text, "technique", library) == []


def test_words_of_other_affects_are_ordinary_words(library: Library) -> None:
    text = GOOD["scenario"].replace("They stop.", "You put the empty cup down.")
    assert warnings(text, "scenario", library) == []


def test_all_that_a_task_says_is_looked_at(library: Library) -> None:
    for key in ("begin: ", "right: ", "wrong: ", "unreadable: "):
        text = TASK.replace(key, f"{key}Are you stressed? ")
        assert warnings(text, "scenario", library) == ["“stressed” names the affect it is to induce"]
        (problem,) = lint(parse_document(text, "scenario"), library)
        assert problem.at == ("tasks", 0, key.split(":", maxsplit=1)[0])


def test_a_quiz_that_does_not_ask(library: Library) -> None:
    text = QUIZ.replace("right: Yes. {question}", "right: Yes.")
    assert warnings(text, "scenario", library) == ["the text “right” does not ask the question"]


def test_a_word_probe_is_read_like_any_questionnaire(library: Library) -> None:
    text = WORD_PROBE.replace("In one word?", "Aren't you calmer after the exercise?")
    assert "“Aren't you” suggests an answer" in [
        w.replace("’", "'") for w in warnings(text, "questionnaire", library)
    ]


def test_the_most_turns_count_every_repetition() -> None:
    technique = parse_document(GOOD["technique"], "technique")
    assert isinstance(technique, Technique)
    assert most_turns(technique) == 1 + 3
