"""What a careful colleague would remark on in a valid document: warnings, which never make it unusable.

Finding what cannot be used is loading's business; the words that are looked for are in suspect_words.
"""

import unicodedata
from collections.abc import Iterator, Mapping

from sandbox.errors import Problem, Route, SandboxError
from sandbox.library import suspect_words
from sandbox.library.catalogue import Library
from sandbox.library.client import Client
from sandbox.library.document import FILL_IN, Document, is_english
from sandbox.library.questionnaire import (
    CompletionItem,
    CompletionQuestionnaire,
    Questionnaire,
    RatingItem,
    RatingQuestionnaire,
    Scale,
    Timeframe,
    WordItem,
    WordQuestionnaire,
)
from sandbox.library.readability import words
from sandbox.library.scenario import Scenario
from sandbox.library.suspect_words import counted, counted_as_ease
from sandbox.library.task import Quiz, Task
from sandbox.library.technique import DEFAULT_CONTROL, Step, Technique
from sandbox.library.template import scales_in_expression, scales_in_text
from sandbox.library.text_name import in_words, text_names

LONGEST_TURN = 100
"""Words. A model of 135 M parameters keeps to the end of what it was told: more than this and it answers
that alone, and eight such steps with their replies and measurements press on its 8,192 tokens."""


def lint(document: Document, library: Library) -> tuple[Problem, ...]:
    """All warnings about a valid document, in no particular order. `library` holds what it may refer to."""
    return tuple((*_any_document(document), *_of_kind(document, library)))


def most_turns(technique: Technique) -> int:
    """How many turns a technique takes at most: every step said, every repetition used up."""
    return sum(step.repeat.at_most if step.repeat else 1 for step in technique.steps)


def _of_kind(document: Document, library: Library) -> Iterator[Problem]:
    match document:
        case Scenario():
            yield from _scenario(document, library)
        case Technique():
            yield from _technique(document, library)
        case RatingQuestionnaire() | WordQuestionnaire() | CompletionQuestionnaire():
            yield from _questionnaire(document, library)
        case Client():
            yield from _client(document)


def _any_document(document: Document) -> Iterator[Problem]:
    values = document.model_dump(mode="python", exclude_unset=True)
    texts = tuple(_texts(values, ()))
    if unwritten := tuple(at for at, text in texts if FILL_IN in text):
        yield _unwritten(unwritten)
    for at, text in texts:
        if character := suspect_words.unseen(text):
            what = f"a character that nobody sees ({_named(character)})"
            yield Problem(what, at, "delete it: what a reader sees is not what the model is told")


def _texts(value: object, at: Route) -> Iterator[tuple[Route, str]]:
    """All texts in plain values (dicts, sequences), each with its place."""
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(inner, (*at, key))
    elif isinstance(value, list | tuple):
        for n, inner in enumerate(value):
            yield from _texts(inner, (*at, n))


def _unwritten(routes: tuple[Route, ...]) -> Problem:
    """One remark on all the template's texts that are left, at the first of them."""
    are = "is" if len(routes) == 1 else "are"
    what = f"{in_words(len(routes), 'text')} {are} still to be written: {text_names(routes)}"
    return Problem(
        what, routes[0], f"put your own words in the place of {FILL_IN}, or delete what you do not need"
    )


def _named(character: str) -> str:
    return f"U+{ord(character):04X} {unicodedata.name(character, '').lower()}".strip()


def _scenario(scenario: Scenario, library: Library) -> Iterator[Problem]:
    said: list[tuple[Route, str]] = [(("turns", n, "say"), turn.say) for n, turn in enumerate(scenario.turns)]
    for n, task in enumerate(scenario.tasks):
        said += [(("tasks", n, key), text) for key, text in task.texts]
        yield from _never_asked(task, ("tasks", n))
    for at, text in said:
        yield from _too_long("turn", text, at)
        yield from _personal(text, at)
        if is_english(scenario.language):
            yield from _given_away(scenario, text, at, library)
    if scenario.affect == "none":
        if scenario.intensity is not None:
            yield Problem("a neutral scenario has no intensity", ("intensity",), "delete the line")
    elif not scenario.content_warning:
        yield from _unwarned(scenario, said)


def _given_away(scenario: Scenario, text: str, at: Route, library: Library) -> Iterator[Problem]:
    """A word that a model could simply give back: it names the affect, or the word probe counts it."""
    hint = "show what happens and what the body does; a model told “{}” gives it back"
    if word := suspect_words.naming(scenario.affect, text):
        yield Problem(f"“{word}” names the affect it is to induce", at, hint.format(word))
    elif found := counted(scenario.affect, text, library):
        word, title = found
        yield Problem(f"“{word}” is a word that the word probe counts ({title})", at, hint.format(word))


def _never_asked(task: Task, at: Route) -> Iterator[Problem]:
    """Texts of a quiz after which nobody would know what to answer."""
    if isinstance(task.check, Quiz):
        for key, text in task.texts:
            if "{question}" not in text:
                hint = "put {question} where the question is to stand"
                yield Problem(f"the text “{key}” does not ask the question", (*at, key), hint)


def _unwarned(scenario: Scenario, said: list[tuple[Route, str]]) -> Iterator[Problem]:
    hint = "add content_warning: [what it is about], so that nobody opens it unprepared"
    if scenario.intensity == "strong":
        yield Problem("a strong scenario without a content warning", ("intensity",), hint)
        return
    for at, text in said:
        if word := suspect_words.grave(text):
            yield Problem(f"“{word}” without a content warning", at, hint)
            return


def _technique(technique: Technique, library: Library) -> Iterator[Problem]:
    english = is_english(technique.language)
    for at, said in _said(technique):
        yield from _too_long("step", said, at)
        yield from _personal(said, at)
        yield from _whole_reply(said, at)
        if technique.delivery == "scripted" and english:
            yield from _put_in_the_mouth(said, at, library)
        if (
            technique.is_control
            and is_english(technique.language)
            and (word := suspect_words.therapeutic(said))
        ):
            yield Problem(f"“{word}” in a control", at, "a control does nothing: keep to neutral matters")
    yield from _beside_control(technique, library)
    yield from _far_scales(technique, library)
    if not technique.is_control:
        if not technique.fidelity:
            hint = "add fidelity: what a reviewer can see and tick, one line each"
            yield Problem("no fidelity list", (), hint)
        if not technique.cautions:
            yield Problem("no cautions", (), "add cautions: for whom, and when, it is not the right thing")


def _put_in_the_mouth(text: str, at: Route, library: Library) -> Iterator[Problem]:
    """A word that means ease to the word probe: given back, it lowers the score without anybody being calmer.

    Of scripted steps only: of others the client never hears the words.
    """
    if found := counted_as_ease(suspect_words.spoken(text), library):
        word, title = found
        hint = "say it otherwise: a model gives back what it was just told, and its control was not told it"
        yield Problem(f"“{word}” is a word that the word probe counts ({title})", at, hint)


def _said(technique: Technique) -> Iterator[tuple[Route, str]]:
    """Every text of its steps with its place, variants too."""
    return (found for n, step in enumerate(technique.steps) for found in _said_in(n, step))


def _said_in(n: int, step: Step) -> Iterator[tuple[Route, str]]:
    yield ("steps", n, "say"), step.say
    yield from ((("steps", n, "variants", m, "say"), one.say) for m, one in enumerate(step.variants))


def _whole_reply(said: str, at: Route) -> Iterator[Problem]:
    for inside in said.split("{{")[1:]:
        expression = inside.split("}}")[0]
        if "last_reply" in expression and "excerpt" not in expression:
            hint = "quote a part: {{ last_reply | excerpt(80) }}"
            yield Problem("the client's whole reply is read back, however long it is", at, hint)


def _beside_control(technique: Technique, library: Library) -> Iterator[Problem]:
    """The app cuts the default control to a technique's number of steps; it cannot make it longer."""
    if technique.is_control:
        for n, step in enumerate(technique.steps):
            if step.when or step.repeat:
                hint = "say every step of a control exactly once"
                yield Problem("a control whose number of turns varies", ("steps", n), hint)
            if step.variants:
                hint = "delete them: a control is said in its own words in every study"
                yield Problem("variants that are never said", ("steps", n, "variants"), hint)
        return
    try:
        control = library.default_control()
    except SandboxError:
        return
    turns, most, there = len(technique.steps), most_turns(technique), len(control.steps)
    hint = f"use at most {there} steps, or make {DEFAULT_CONTROL} longer in your workspace"
    if turns > there:
        yield Problem(f"{turns} steps, but its control “{control.id}” has {there}", ("steps",), hint)
    elif most > there:
        what = f"up to {most} turns with all repetitions, but its control “{control.id}” has {there}"
        yield Problem(what, ("steps",), "lower at_most, or compare at the turns both have")


def _far_scales(technique: Technique, library: Library) -> Iterator[Problem]:
    """Scales that no questionnaire about this moment has do not change between turns."""
    named = tuple(scales_named(technique))
    if not named:
        return
    known = {scale.id: timeframe for timeframe, scale in scales_known(library)}
    near = {scale.id for timeframe, scale in scales_known(library) if timeframe == "right now"}
    for at, scale in named:
        if scale in known and scale not in near:
            what = f"the scale “{scale}” asks about: {known[scale]}; it cannot follow what is said"
            yield Problem(what, at, f"use a scale that asks about right now: {', '.join(sorted(near))}")


def scales_named(technique: Technique) -> Iterator[tuple[Route, str]]:
    """The scales a technique's texts and conditions refer to, each with its place."""
    for n, step in enumerate(technique.steps):
        for at, said in _said_in(n, step):
            yield from ((at, scale) for scale in scales_in_text(said))
        if step.when:
            yield from ((("steps", n, "when"), scale) for scale in scales_in_expression(step.when))
        if step.repeat:
            until = scales_in_expression(step.repeat.until)
            yield from ((("steps", n, "repeat", "until"), scale) for scale in until)


def scales_known(library: Library) -> Iterator[tuple[Timeframe, Scale]]:
    """All scales of all valid questionnaires at hand, each with the time its questionnaire asks about."""
    for entry in library.entries("questionnaire"):
        if isinstance(entry.document, Questionnaire):
            yield from ((entry.document.timeframe, scale) for scale in entry.document.scales)


def _questionnaire(questionnaire: Questionnaire, library: Library) -> Iterator[Problem]:
    if is_english(questionnaire.language):
        for at, text in _asked(questionnaire):
            yield from _suggestive(text, at)
    texts: set[str] = set()
    items: tuple[RatingItem | WordItem | CompletionItem, ...] = questionnaire.items
    for n, item in enumerate(items):
        if item.text.casefold() in texts:
            yield Problem(
                "another item asks the same", ("items", n, "text"), "change or remove one of the two"
            )
        texts.add(item.text.casefold())
    yield from _other_units(questionnaire, library)


def _asked(questionnaire: Questionnaire) -> Iterator[tuple[Route, str]]:
    if questionnaire.preamble:
        yield ("preamble",), questionnaire.preamble
    if isinstance(questionnaire, WordQuestionnaire | CompletionQuestionnaire):
        yield ("ask",), questionnaire.ask
    items: tuple[RatingItem | WordItem | CompletionItem, ...] = questionnaire.items
    yield from ((("items", n, "text"), item.text) for n, item in enumerate(items))


def _suggestive(text: str, at: Route) -> Iterator[Problem]:
    if phrase := suspect_words.leading(text):
        yield Problem(
            f"“{phrase}” suggests an answer", at, "ask in a way that every answer is as easy to give"
        )
    elif word := suspect_words.names_intervention(text):
        hint = "ask about the state alone; models please whoever asks"
        yield Problem(f"“{word}” tells that something was done to change the answer", at, hint)


def _other_units(questionnaire: Questionnaire, library: Library) -> Iterator[Problem]:
    """`score('distress')` reads the latest score of that name: two instruments must mean the same by it."""
    for entry in library.entries("questionnaire"):
        other = entry.document
        if not isinstance(other, Questionnaire) or other.id == questionnaire.id:
            continue
        theirs = {scale.id: scale.range for scale in other.scales}
        for n, scale in enumerate(questionnaire.scales):
            if theirs.get(scale.id, scale.range) != scale.range:
                low, high = theirs[scale.id]
                what = f"“{other.id}” also has a scale “{scale.id}”, from {low:g} to {high:g}"
                hint = f"give it a name of its own, such as {questionnaire.id}-{scale.id}"
                yield Problem(what, ("scales", n, "id"), hint)


def _client(client: Client) -> Iterator[Problem]:
    at = ("system",)
    yield from _personal(client.system, at)
    for n, fact in enumerate(client.discloses):
        yield from _personal(fact.fact, ("discloses", n, "fact"))
    for n, relapse in enumerate(client.relapses):
        yield from _personal(relapse.fact, ("relapses", n, "fact"))
    if not is_english(client.language):
        return
    if phrase := suspect_words.scores(client.system):
        hint = "describe the person; which scores come of it is what the session is to show"
        yield Problem(f"“{phrase}” in a profile: a profile states no scores to give", at, hint)
    examples = client.small_model.examples
    if not examples:
        hint = "add one or two example turns that end in an ordinary, calm state"
        yield Problem("no example turns: very small models do not stay in the role", (), hint)
    elif word := suspect_words.distress_named(examples[-1].reply):
        route = ("small_model", "examples", len(examples) - 1, "reply")
        hint = "end in an ordinary, calm state: the baseline of a small model rises with its examples"
        yield Problem(f"the last example turn ends in distress (“{word}”)", route, hint)


def _too_long(what: str, text: str, at: Route) -> Iterator[Problem]:
    length = len(words(suspect_words.spoken(text)))
    if length > LONGEST_TURN:
        hint = "split it: small models answer the end of a long text and lose the rest"
        yield Problem(f"a {what} of {length} words (more than {LONGEST_TURN})", at, hint)


def _personal(text: str, at: Route) -> Iterator[Problem]:
    for found in suspect_words.details(text):
        hint = "use invented persons only: texts go to whatever model you choose"
        yield Problem(f"“{found}” looks like a real person's details", at, hint)
