"""What a supervisor would remark on in a script, and what is left in peace."""

import pytest

from sandbox.library.catalogue import Library
from sandbox.library.script_reading import ScriptReading, read_script
from sandbox.library.technique import Step, Technique
from sandbox.library.workspace import find_workspace
from tests.documents import technique


@pytest.fixture(scope="module")
def library() -> Library:
    return Library(find_workspace())


def rules(reading: ScriptReading) -> set[str]:
    return {remark.message.rpartition("[")[2].rstrip("]") for remark in reading.remarks}


def script(*texts: str, family: str = "supportive") -> Technique:
    steps = tuple(Step(id=f"s{n}", say=text) for n, text in enumerate(texts, 1))
    return technique().model_copy(update={"family": family, "steps": steps})


MISTAKES = {
    "advice-first": ("You should go for a walk.", "How was it?"),
    "two-questions": ("Where were you? Who was there?",),
    "arguing": ("There's no reason to feel like that.",),
    "jargon": ("Let us look at your core beliefs.",),
    "absolutes": ("It never stays.",),
    "grade": ("Notwithstanding considerable difficulties, individuals demonstrate remarkable adaptability.",),
    "may-be-empty": ("{% if score('distress') > 5 %}That is a lot.{% endif %}",),
}


@pytest.mark.parametrize("rule", MISTAKES)
def test_each_mistake_is_found_alone_and_can_be_switched_off(rule: str, library: Library) -> None:
    made = script(*MISTAKES[rule])
    assert rules(read_script(made, None, library)) == {rule}
    assert read_script(made, None, library, off=(rule,)).remarks == ()


@pytest.mark.parametrize(
    "texts",
    [
        ("What helps you?", "You should try that again."),
        ("Do you never sleep?", "It is always the same hour."),
        ("Breathe out, slowly. You need not change it.", "It was not easy. “Why me?”, you said."),
        ("Stay with it.", "“{{ last_reply | excerpt(9) }}”"),
    ],
)
def test_what_only_looks_like_a_mistake_is_left_in_peace(texts: tuple[str, ...], library: Library) -> None:
    assert rules(read_script(script(*texts), None, library)) == set()


def test_a_rule_speaks_once_and_names_the_other_steps(library: Library) -> None:
    (remark,) = read_script(
        script("Who? Where?", "Go on.", "Why? And then?", "A? B? C?"), None, library
    ).remarks
    assert remark.at == ("steps", 0, "say")
    assert remark.message == "2 questions at once; likewise steps 3, 4 [two-questions]"


def test_a_step_much_longer_than_the_controls_is_remarked_on(library: Library) -> None:
    control = script("one two three four", "one two three four", family="control")
    made = script("one two three four five six", "one two three four five six seven")
    reading = read_script(made, control, library)
    assert [one.control_words for one in reading.steps] == [4, 4]
    (remark,) = reading.remarks
    assert remark.at == ("steps", 1, "say") and remark.message.endswith("[long-step]")


def test_a_step_tells_how_it_is_heard(library: Library) -> None:
    reading = read_script(
        script("You said “{{ last_reply | excerpt(20) }}”. Are you calm, or afraid?"), None, library
    )
    (step,) = reading.steps
    assert (step.words, step.questions) == (7, 1)
    assert step.counted == ("calm", "afraid")
    assert step.in_words.startswith("7 words, 2 s aloud, grade 0, 1 question, ")
    assert "filled in: the client's last reply" in step.in_words


def test_the_shipped_scripts_get_few_remarks_and_the_harmful_one_its_own(library: Library) -> None:
    found = {id: read_script(library.technique(id), None, library) for id in library.ids("technique")}
    assert rules(found["dismissive-arguing"]) == {"arguing"}
    others = [rules(reading) for id, reading in found.items() if id != "dismissive-arguing"]
    assert set().union(*others) == {"two-questions"}
    assert found["guided-reappraisal"].steps == ()
