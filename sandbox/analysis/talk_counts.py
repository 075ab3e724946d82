"""What a therapist and a client do in a transcript, counted by rule: words, questions, openings of sentences.

Counts, never a score of competence: a rule sees how a sentence begins, not what it does. English only, but
for words and questions. Of the technique's turns alone: scenario and follow-up are the same in every arm.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from statistics import fmean

from sandbox.analysis.arm import Arm
from sandbox.analysis.numeral import MISSING, numeral, percent
from sandbox.engine.history import Turn
from sandbox.library.document import is_english
from sandbox.library.readability import questions, reading_grade, words
from sandbox.library.suspect_words import advice

_SENTENCE = re.compile(r"[^.!?…\n]+[.!?…]*")
_LEAD = r"(?:(?:and|so|but|then|now|okay|ok|well|yes|oh),? +)*"
_OPEN = re.compile(
    rf"{_LEAD}(?:(?:in|at|to|from|with|for|on) )?(?:what|how(?! (?:many|much|often|long|old)\b)|why|which|who"
    r"|whose|where|when)\b|.*[,:;] (?:what|how|why)\b",
    re.IGNORECASE,
)
_REFLECTION = re.compile(
    rf"{_LEAD}(?:it sounds|that sounds|sounds like|it seems|it feels (?:like|as)|you feel\b|you felt\b"
    r"|you(?:['’]re| are) feeling|you say\b|you said\b|you mean\b|you tell me|i hear\b|what i hear"
    r"|i(?:['’]m| am) hearing|in other words|if i understand|(?:a )?part of you|so you\b|so for you"
    r"|for you,? (?:it|this|that))",
    re.IGNORECASE,
)
_AGREEMENT = re.compile(
    r"(?:yes|yeah|yep|sure|of course|okay|ok|right(?! now)|exactly|absolutely|definitely|certainly|i agree"
    r"|agreed|that(?:['’]s| is) (?:right|true|a good idea)|you(?:['’]re| are) right|good idea|i will|i['’]ll"
    r"|thanks?)\b",
    re.IGNORECASE,
)
_FIRST_PERSON = re.compile(r"(?:i|me|my|mine|myself|i['’](?:m|ve|d|ll))", re.IGNORECASE)

HOW = (
    "Counts by rule, in the technique's turns: they do not say how well it was done. An open question begins"
    " with what, how, why, which, who, where or when (not with how many or how long); any other is closed;"
    " a reflection is a sentence that begins as one often does (“It sounds”, “You feel”, “So you”), which is"
    " approximate; advice is a phrase such as “you should” or “I suggest”; – where none was given. Reading"
    " grade: Flesch–Kincaid (Kincaid and others 1975). First person: I, me, my, mine, myself among the"
    " client's words. Agreement: replies that begin with yes, of course, you're right, I will and the like;"
    " the more there are, the less the client resists."
)
"""What the counts are, for those who read them."""


@dataclass(frozen=True, slots=True)
class TalkCounts:
    """The counts of one arm. `turns` are the therapist's in the technique, `replies` those the client gave.

    `closed_questions` are those that are not open. `advice_first`: whether advice was given before any
    question; None where there was no advice. `longest` is in words. None where nothing was said, and for
    what is counted in English only: reflections, advice, grade, first person and agreement.
    """

    turns: int
    replies: int
    therapist_words: int
    client_words: int
    longest: int
    open_questions: int | None
    closed_questions: int | None
    questions: int
    reflections: int | None
    advice_first: bool | None
    grade: float | None
    first_person: int | None
    agreement: int | None

    @property
    def share(self) -> float | None:
        """The therapist's share of all words (0–1)."""
        said = self.therapist_words + self.client_words
        return self.therapist_words / said if said else None


def talk_counts(turns: Iterable[Turn], language: str = "en") -> TalkCounts | None:
    """The counts of the technique's turns among these; None where there are none. Refusals are no replies."""
    said = [turn for turn in turns if turn.phase == "technique"]
    if not said:
        return None
    told = [turn.said for turn in said]
    replies = [turn.reply for turn in said if turn.reply and turn.reply.strip() and not turn.refused]
    english = is_english(language)
    spoken = [word for reply in replies for word in words(reply)]
    asked = [one for text in told for one in _sentences(text) if "?" in one]
    opened = sum(bool(_OPEN.match(one)) for one in asked)
    return TalkCounts(
        turns=len(told),
        replies=len(replies),
        therapist_words=sum(len(words(text)) for text in told),
        client_words=len(spoken),
        longest=max(len(words(text)) for text in told),
        questions=sum(map(questions, told)),
        open_questions=opened if english else None,
        closed_questions=len(asked) - opened if english else None,
        reflections=_reflections(told) if english else None,
        advice_first=_advice_first("\n".join(told)) if english else None,
        grade=reading_grade("\n\n".join(told)) if english else None,
        first_person=sum(bool(_FIRST_PERSON.fullmatch(word)) for word in spoken) if english else None,
        agreement=sum(bool(_AGREEMENT.match(one.strip())) for one in replies) if english else None,
    )


def counts_of(arm: Arm) -> TalkCounts | None:
    """The counts of an arm's own technique; None where it has none, or has not begun."""
    technique = arm.plan.technique
    if technique is None:
        return None
    return talk_counts(arm.history.turns[arm.began.after_turn :], technique.language)


def pooled(found: Iterable[TalkCounts | None]) -> TalkCounts | None:
    """Several runs of one arm taken together: counts are added, the longest turn is the longest of all, the
    grade is the mean, and advice came first where it did in any of them. None where nothing was said."""
    known = [one for one in found if one is not None]
    if not known:
        return None
    grades = [one.grade for one in known if one.grade is not None]
    first = [one.advice_first for one in known if one.advice_first is not None]
    return TalkCounts(
        turns=sum(one.turns for one in known),
        replies=sum(one.replies for one in known),
        therapist_words=sum(one.therapist_words for one in known),
        client_words=sum(one.client_words for one in known),
        longest=max(one.longest for one in known),
        questions=sum(one.questions for one in known),
        open_questions=_sum(one.open_questions for one in known),
        closed_questions=_sum(one.closed_questions for one in known),
        reflections=_sum(one.reflections for one in known),
        advice_first=any(first) if first else None,
        grade=fmean(grades) if grades else None,
        first_person=_sum(one.first_person for one in known),
        agreement=_sum(one.agreement for one in known),
    )


def rows(counts: TalkCounts | None) -> tuple[tuple[str, str], ...]:
    """Each count with its name, as it is written everywhere; – for what is missing."""
    if counts is None:
        return tuple((name, MISSING) for name, _ in rows(_NOTHING))
    per = counts.questions / counts.turns if counts.turns else None
    known = counts.first_person is not None and counts.client_words
    first = (counts.first_person or 0) / counts.client_words if known else None
    before = {None: MISSING, True: "yes", False: "no"}[counts.advice_first]
    return (
        ("therapist's share of the words", percent(counts.share)),
        ("therapist's turns", str(counts.turns)),
        ("questions per turn", numeral(per, decimals=2)),
        ("open questions", _count(counts.open_questions)),
        ("closed questions", _count(counts.closed_questions)),
        ("reflections (approximate)", _count(counts.reflections)),
        ("advice before the first question", before),
        ("longest turn, words", str(counts.longest)),
        ("reading grade", numeral(counts.grade)),
        ("client's words", str(counts.client_words)),
        ("client's words in the first person", percent(first)),
        ("client's replies that begin with agreement", _of(counts.agreement, counts.replies)),
    )


_NOTHING = TalkCounts(0, 0, 0, 0, 0, None, None, 0, None, None, None, None, None)


def _sum(numbers: Iterable[int | None]) -> int | None:
    """None where one of them is not known."""
    found = list(numbers)
    return None if None in found else sum(one for one in found if one is not None)


def _sentences(text: str) -> Iterator[str]:
    return (found.group().strip(" \t\"“”‘’'(") for found in _SENTENCE.finditer(text))


def _reflections(told: Iterable[str]) -> int:
    sentences = (one for text in told for one in _sentences(text))
    return sum(bool(_REFLECTION.match(one)) and "?" not in one for one in sentences)


def _advice_first(text: str) -> bool | None:
    found = advice(text)
    return None if found is None else "?" not in text[: found.start()]


def _count(number: int | None) -> str:
    return MISSING if number is None else str(number)


def _of(number: int | None, whole: int) -> str:
    return MISSING if number is None or not whole else f"{number} of {whole}"
