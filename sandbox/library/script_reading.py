"""A script read as its client would hear it: what each step asks of a listener, and what a supervisor would
remark on.

Remarks are of scripted English texts; they never make a document unusable, and each can be switched off by
its name in the settings (`remarks_off`). What `sandbox validate` warns of is in lint.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from sandbox.errors import Problem
from sandbox.library import suspect_words
from sandbox.library.catalogue import Library
from sandbox.library.document import InvalidTemplate, is_english
from sandbox.library.readability import ALOUD, questions, reading_grade, seconds_aloud, words
from sandbox.library.suspect_words import spoken
from sandbox.library.technique import Step, Technique
from sandbox.library.template import StepContext, render, scales_in_text
from sandbox.settings import ScriptRemark
from sandbox.text import number_of

HARDEST = 8.0
"""The reading grade from which a script is remarked on: what is written for patients aims at 6 to 8."""
HOW = (
    f"Read aloud at {ALOUD} words a minute (Brysbaert 2019), without pauses; grade: years of school in the US"
    " (Flesch–Kincaid). `remarks_off` in the settings switches a remark off by its name in [brackets]."
)
TOO_LONG = 1.5
"""How many times as long as the control's a step may be: what is said longer is also a longer pause."""

_QUOTES_REPLY = re.compile(r"\{\{[^}]*\blast_reply\b")

_HINTS: Mapping[ScriptRemark, str] = {
    "advice-first": "ask first what the client makes of it",
    "two-questions": "ask one, and wait for the answer",
    "arguing": "say first that the feeling makes sense; who is argued with defends it",
    "jargon": "use the client's words",
    "absolutes": "one exception, and the client stops listening",
    "grade": "make shorter sentences, with shorter words",
    "long-step": "shorten it: an effect may be the longer pause",
    "may-be-empty": "write it so that it can be said then, too",
}


@dataclass(frozen=True, slots=True)
class StepReading:
    """One step as it is heard; `{{ … }}` and `{% … %}` are not counted.

    `seconds` when read aloud without pauses. `grade`: years of US school (Flesch–Kincaid), rough for so short
    a text; None for another language than English, or without a word. `jargon`, `absolutes`: words that are
    remarked on. `counted`: words that the word probe counts. `control_words`: of the control's step beside
    it, None without one. `filled`: what is filled in when it is said.
    """

    step: str
    words: int
    seconds: float
    grade: float | None
    questions: int
    jargon: tuple[str, ...]
    absolutes: tuple[str, ...]
    counted: tuple[str, ...]
    filled: tuple[str, ...]
    control_words: int | None

    @property
    def in_words(self) -> str:
        """Such as `40 words, 13 s aloud, grade 4, 2 questions`."""
        told = [f"{self.words} words", f"{self.seconds:.0f} s aloud"]
        if self.control_words is not None:
            told[0] += f" (control {self.control_words})"
        if self.grade is not None:
            told.append(f"grade {max(0.0, self.grade):.0f}")
        if self.questions:
            told.append(number_of(self.questions, "question"))
        for what, found in (("jargon", self.jargon), ("absolutes", self.absolutes),
                            ("the word probe counts", self.counted), ("filled in", self.filled)):  # fmt: skip
            if found:
                told.append(f"{what}: {', '.join(found)}")
        return ", ".join(told)


@dataclass(frozen=True, slots=True)
class ScriptReading:
    """Every step, and the remarks. A remark names its rule in brackets; `at` is the step it is about."""

    steps: tuple[StepReading, ...]
    remarks: tuple[Problem, ...]

    @property
    def in_words(self) -> str:
        """The whole script: `203 words, 67 s aloud`."""
        seconds = sum(one.seconds for one in self.steps)
        return f"{sum(one.words for one in self.steps)} words, {seconds:.0f} s aloud"


def read_script(
    technique: Technique, control: Technique | None, library: Library, off: Collection[str] = ()
) -> ScriptReading:
    """How the technique reads; `control` is cut to its length, `off` names remarks that are not made.

    A guided or live technique is a protocol for whoever finds the words: it is not read at all.
    """
    if technique.delivery != "scripted":
        return ScriptReading((), ())
    english = is_english(technique.language)
    beside = control.steps if control is not None and len(control.steps) == len(technique.steps) else ()
    steps = tuple(
        _step(step, beside[n] if beside else None, library, english=english)
        for n, step in enumerate(technique.steps)
    )
    found = (*_any_language(technique, steps), *(_english(technique, steps) if english else ()))
    return ScriptReading(
        steps, tuple(_remark(rule, told) for rule, told in found if rule not in off and told)
    )


def _step(step: Step, beside: Step | None, library: Library, *, english: bool) -> StepReading:
    text = spoken(step.say)
    filled = ["the client's last reply"] if _QUOTES_REPLY.search(step.say) else []
    filled += [f"score {scale}" for scale in scales_in_text(step.say)]
    return StepReading(
        step.id,
        len(words(text)),
        seconds_aloud(text),
        reading_grade(text) if english else None,
        questions(text),
        suspect_words.jargon(text) if english else (),
        suspect_words.absolutes(text) if english else (),
        suspect_words.all_counted(text, library) if english else (),
        tuple(filled),
        None if beside is None else len(words(spoken(beside.say))),
    )


_Told = list[tuple[int, str]]
"""Steps, by their place from 0, with what is said of each."""


def _any_language(
    technique: Technique, steps: tuple[StepReading, ...]
) -> Iterator[tuple[ScriptRemark, _Told]]:
    yield (
        "may-be-empty",
        [(n, what) for n, step in enumerate(technique.steps) if (what := _may_be_empty(step, first=n == 0))],
    )
    yield (
        "long-step",
        [
            (n, f"{one.words} words beside the control's {one.control_words}")
            for n, one in enumerate(steps)
            if one.control_words and one.words > TOO_LONG * one.control_words
        ],
    )


def _english(technique: Technique, steps: tuple[StepReading, ...]) -> Iterator[tuple[ScriptRemark, _Told]]:
    if technique.is_control:  # it is meant to do nothing, well or badly
        return
    asked = next((n for n, one in enumerate(steps) if one.questions), len(steps))
    yield (
        "advice-first",
        [
            (n, f"“{found.group()}” before any question")
            for n, step in enumerate(technique.steps[: asked + 1])
            if (found := suspect_words.advice(spoken(step.say)))
            and (n < asked or "?" not in spoken(step.say)[: found.start()])
        ][:1],
    )
    yield (
        "two-questions",
        [(n, f"{one.questions} questions at once") for n, one in enumerate(steps) if one.questions > 1],
    )
    yield (
        "arguing",
        [
            (n, f"“{argued}” argues with the feeling")
            for n, step in enumerate(technique.steps)
            if (argued := suspect_words.arguing(spoken(step.say)))
        ],
    )
    yield "jargon", [(n, f"jargon: {_quoted(one.jargon)}") for n, one in enumerate(steps) if one.jargon]
    yield (
        "absolutes",
        [
            (n, f"{_quoted(one.absolutes)} leaves no exception")
            for n, one in enumerate(steps)
            if one.absolutes
        ],
    )
    grade = reading_grade("\n\n".join(spoken(step.say) for step in technique.steps))
    if grade is not None and grade > HARDEST:
        yield "grade", [(0, f"it reads at grade {grade:.0f}, above {HARDEST:.0f}")]


def _remark(rule: ScriptRemark, told: _Told) -> Problem:
    """One remark a rule, at its first step: a colleague says it once and names the other places."""
    first, what = told[0]
    also = ", ".join(str(n + 1) for n, _ in told[1:])
    if also:
        what += f"; likewise step {also}" if len(told) == 2 else f"; likewise steps {also}"
    return Problem(f"{what} [{rule}]", ("steps", first, "say"), _HINTS[rule])


def _may_be_empty(step: Step, *, first: bool) -> str:
    """What a listener hears of the step when nothing is there to be filled in; empty when it is all right."""
    if scales := scales_in_text(step.say):
        context = StepContext("so", 1, lambda _: None)
        try:
            said = render(step.say, context)
        except InvalidTemplate:
            return ""
        if not said:
            return f"nothing is said when {', '.join(scales)} was not measured"
        if "unknown" in said.split() and "unknown" not in spoken(step.say):
            return f"“unknown” is said when {', '.join(scales)} was not measured"
    if first and _QUOTES_REPLY.search(step.say):
        return "the reply that is quoted is missing when nothing was told before the first step"
    return ""


def _quoted(found: tuple[str, ...]) -> str:
    return ", ".join(f"“{word}”" for word in found)
