"""What a document will say, turn by turn, and how that reads. Nothing is run."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from sandbox.engine.composition import with_control
from sandbox.errors import SandboxError
from sandbox.library.catalogue import Library
from sandbox.library.client import Client
from sandbox.library.codebook import Codebook
from sandbox.library.document import Document
from sandbox.library.form import Form, Level
from sandbox.library.loading import located
from sandbox.library.questionnaire import (
    CompletionQuestionnaire,
    Questionnaire,
    RatingQuestionnaire,
    WordQuestionnaire,
)
from sandbox.library.scenario import Scenario
from sandbox.library.script_reading import ScriptReading, read_script
from sandbox.library.study import Study
from sandbox.library.task import Task, next_question
from sandbox.library.technique import Delivery, Step, Technique
from sandbox.library.template import StepContext, render
from sandbox.library.yaml.tree import Tree
from sandbox.text import number_of

_EXPRESSION = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_DEPENDS = re.compile(r"\b(?:score|turn)\b")
_QUOTED = "⟨the client's last reply⟩"
_FILLED = {
    "{number}": "⟨the number to subtract from⟩",
    "{question}": "⟨the next question⟩",
    "{expected}": "⟨the answer missed⟩",
}
_PLACE = re.compile("|".join(map(re.escape, _FILLED)))
_SPOKEN: dict[Delivery, tuple[str, ...]] = {
    "scripted": (),
    "guided": ("a therapist model finds the words for this",),
    "live": ("a cue: the clinician types what is said",),
}


@dataclass(frozen=True, slots=True)
class Passage:
    """One thing that is said or shown. `notes` are conditions, repetitions and the like, in words."""

    label: str
    text: str
    notes: tuple[str, ...] = ()


def passages(document: Document) -> tuple[Passage, ...]:
    """Everything a document says or shows, in order; the variants of a technique's steps after its steps."""
    return tuple(_passages(document))


def _passages(document: Document) -> Iterator[Passage]:
    match document:
        case Scenario():
            yield from _told(document)
        case Technique():
            spoken = _SPOKEN[document.delivery]
            yield from (_step(n, step, spoken) for n, step in enumerate(document.steps, 1))
            for n, step in enumerate(document.steps, 1):
                for m, one in enumerate(step.variants, 1):
                    yield Passage(f"{n} {step.id}, wording {m}", _as_said(one.say), (one.origin,))
        case RatingQuestionnaire() | WordQuestionnaire() | CompletionQuestionnaire():
            yield from _asked(document)
        case Client():
            yield from _played(document)
        case Study():
            yield from _matrix(document)
        case Form():
            yield from _filled_in(document)
        case Codebook():
            yield from (Passage(tag.id, f"{tag.title}. {tag.when}") for tag in document.tags)


def fitted_control(technique: Technique, control: Technique) -> Technique | None:
    """The control as it would run beside `technique`, as many steps long; None for a control.

    Raises UsageError when it is too short.
    """
    arms = with_control((technique,), control)
    return arms[1] if len(arms) > 1 else None


def reading(
    technique: Technique, library: Library, tree: Tree, file: str, off: Collection[str] = ()
) -> ScriptReading:
    """How the script reads beside the default control, each remark with its line in `file` (as `tree`)."""
    try:
        control = fitted_control(technique, library.default_control())
    except SandboxError:  # too short, or spoilt in this workspace: validate says so
        control = None
    found = read_script(technique, control, library, off)
    remarks = (located(remark, tree, file) for remark in found.remarks)
    return replace(found, remarks=tuple(sorted(remarks, key=lambda remark: remark.line)))


def _told(scenario: Scenario) -> Iterator[Passage]:
    for n, turn in enumerate(scenario.turns, 1):
        notes = () if turn.reply else ("told without waiting for an answer",)
        yield Passage(f"turn {n}", turn.say, notes)
    for task in scenario.tasks:
        yield from _asked_in(task)


def _asked_in(task: Task) -> Iterator[Passage]:
    """A task's first question as it is said; in what follows an answer the places to be filled are named."""
    until = f"up to {task.stop.questions} questions"
    if task.stop.right_in_a_row:
        until += f", fewer after {task.stop.right_in_a_row} right answers in a row"
    yield Passage(f"task {task.id}", next_question(task, ()) or "", (until,))
    for mark, text in (("right", task.right), ("wrong", task.wrong), ("unreadable", task.unreadable)):
        if text:
            yield Passage(f"task {task.id}, {mark}", _PLACE.sub(lambda found: _FILLED[found.group()], text))


def _step(number: int, step: Step, spoken: tuple[str, ...]) -> Passage:
    notes = list(spoken)
    if step.when:
        notes.append(f"only if {step.when}")
    if step.repeat:
        notes.append(f"again until {step.repeat.until}, at most {step.repeat.at_most} times in all")
    return Passage(f"{number} {step.id}", _as_said(step.say), tuple(notes))


def _as_said(text: str) -> str:
    """A step's text with the place of a quotation named; texts that depend on more stay as written."""
    if "{%" in text or any(_DEPENDS.search(inside) for inside in _EXPRESSION.findall(text)):
        return text
    return render(text, StepContext(_QUOTED, 1, lambda _: None))


def _asked(questionnaire: Questionnaire) -> Iterator[Passage]:
    if questionnaire.preamble:
        yield Passage("preamble", questionnaire.preamble)
    if isinstance(questionnaire, WordQuestionnaire):
        yield Passage("question", questionnaire.ask, (f"the answer begins: {questionnaire.opening}",))
        for word_item in questionnaire.items:
            yield Passage(word_item.id, ", ".join(word_item.words))
        return
    if isinstance(questionnaire, CompletionQuestionnaire):
        yield Passage("question", questionnaire.ask)
        for stem in questionnaire.items:
            yield Passage(stem.id, stem.text, ("the answer goes on from here",))
        return
    for item in questionnaire.items:
        yield Passage(item.id, item.text, ("reversed in scales",) if item.reverse else ())
    if questionnaire.options:
        yield Passage("options", "; ".join(f"{o.value:g} {o.label}" for o in questionnaire.options))
    elif questionnaire.range:
        ends = "; ".join(f"{a.value:g} {a.label}" for a in questionnaire.range.anchors)
        yield Passage(
            "range", f"{questionnaire.range.min:g} to {questionnaire.range.max:g}; {ends}".rstrip("; ")
        )


def _matrix(study: Study) -> Iterator[Passage]:
    """What the study runs, in words."""
    if study.question:
        yield Passage("question", study.question)
    sizes = (
        number_of(len(study.models), "model"),
        number_of(len(study.clients), "client"),
        number_of(len(study.scenarios), "scenario"),
        number_of(study.runs, "repeat"),
    )
    starts, arms = number_of(study.trunks, "shared start"), number_of(study.arms, "arm")
    sessions = f"{study.trunks * (1 + study.arms):,} sessions"
    yield Passage("matrix", f"{' × '.join(sizes)} = {starts}, each with {arms}: {sessions}.")
    for label, ids in (
        ("models", study.models),
        ("clients", study.clients),
        ("scenarios", study.scenarios),
        ("techniques", study.techniques),
        ("controls", study.all_controls),
    ):
        yield Passage(label, ", ".join(ids) or "none")
    if study.wordings == "spread":
        yield Passage("wordings", "the repeats take turns with the variants of the techniques' steps")
    yield Passage("arms are run", "; ".join(study.designs))
    yield Passage("measures", ", ".join(study.measures) or "chosen for each model", tuple(_given(study)))
    if bounds := tuple(_bounds(study)):
        yield Passage("it ends early", "\n".join(bounds))


def _given(study: Study) -> Iterator[str]:
    if study.administration == "in_conversation":
        yield "asked inside the conversation"
    if study.shuffled:
        yield f"shuffled at each point: items, {', '.join(study.shuffled)}"
    if study.follow_up:
        yield f"before the last measurement: {study.follow_up}"
    if study.therapist:
        yield f"guided techniques are spoken by {study.therapist}"
    if study.sampling.temperature is not None:
        yield f"temperature {study.sampling.temperature:g}"
    if study.sampling.max_tokens is not None:
        yield f"replies of at most {study.sampling.max_tokens} tokens"


def _bounds(study: Study) -> Iterator[str]:
    caps, stop = study.caps, study.stop
    if caps.cost is not None:
        yield f"at a cost of ${caps.cost:g}"
    if caps.calls is not None:
        yield f"after {caps.calls:,} calls"
    if caps.hours is not None:
        yield f"after {caps.hours:g} hours"
    if stop is not None:
        looks = ", ".join(map(str, stop.looks))
        yield (
            f"when the technique effect on {stop.scale} is known to ± {stop.within:g}; looked at after"
            f" {looks} repeats"
        )


def _filled_in(form: Form) -> Iterator[Passage]:
    yield Passage("instruction", form.instruction)
    for item in form.items:
        yield Passage(item.id, "\n".join((item.text, *_answers(item.levels or ()))))
    if form.levels:
        yield Passage("answers", "\n".join(_answers(form.levels)))
    for scale in form.scales:
        yield Passage(scale.id, f"{scale.title}: mean of {', '.join(scale.items)}")
    if form.preference:
        yield Passage("preference", form.preference, ("asked of two transcripts side by side",))


def _answers(levels: tuple[Level, ...]) -> tuple[str, ...]:
    return tuple(f"  {level.value}  {level.label}" for level in levels)


def _played(client: Client) -> Iterator[Passage]:
    yield Passage("system text", client.told_first)
    for n, one in enumerate(client.discloses, 1):
        kind = "an open question" if one.question == "open" else "a question"
        notes = (f"known to the model only once {kind} has: {', '.join(one.asked)}",)
        yield Passage(f"fact {n}", one.fact, notes)
    for relapse in client.relapses:
        yield Passage("comes back", relapse.fact, (f"at turn {relapse.at} of the technique",))
    for n, example in enumerate(client.small_model.examples, 1):
        notes = ("shown to very small models only",)
        yield Passage(f"example {n}", example.say, notes)
        yield Passage(f"example {n}, reply", example.reply, notes)
