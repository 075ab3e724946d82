"""How a spoken text counts: words, sentences, syllables, questions, reading grade, seconds when read aloud.

Pure, of any text: a technique's step or a therapist's turn in a transcript. Syllables and the grade are for
English alone. Which words are remarked on is not here but in suspect_words and script_reading.
"""

import re

ALOUD = 183
"""Words a minute when read aloud in English: the mean of 77 studies (Brysbaert 2019, Journal of Memory and
Language 109, 104047, doi 10.1016/j.jml.2019.104047). A calm voice with pauses takes longer."""

_WORD = re.compile(r"[^\W_]+(?:['’.\-][^\W_]+)*")
_SENTENCE_END = re.compile(r"[.!?…]+[”\"'’)\]]*(?=\s+[^\Wa-z]|\s+[“\"(‘]|\s*$)|\n{2,}")
_ASKED = re.compile(r"\?+")
_VOWELS = re.compile(r"[aeiouy]+")
_SILENT = re.compile(
    r"(?:[^laeiouy]|[aeiouy]l)es?$|[^dtaeiouy]ed$|[^aeiouyl]e(?=(?:ly|ful|ments?)$)|(?<=som)e|(?<=ev)e(?=ry)"
)
_HISSED = re.compile(r"(?:[sxz]|ch|sh|[cg])es$")
_HIATUS = re.compile(
    r"i(?:a(?!l|n)|o(?!u|n)|um)|(?<!fr)(?<!t)ie(?=n|t)|eo(?!p|u)|[dr]eas?$|crea(?=te|ti)|rea(?=ct)|ua(?=l|t)|uou|uity"
    r"|[aeou]ing"
)
"""Two vowels side by side that are spoken apart."""


def words(text: str) -> tuple[str, ...]:
    """The words of `text`, in order; one with a hyphen or an apostrophe is one word."""
    return tuple(_WORD.findall(text))


def sentences(text: str) -> int:
    """How many sentences it has: at least 1 where there is a word, else 0."""
    return sum(bool(_WORD.search(part)) for part in _SENTENCE_END.split(text))


def questions(text: str) -> int:
    """How many questions it asks, by their marks; several marks in a row are one."""
    return len(_ASKED.findall(text))


def seconds_aloud(text: str) -> float:
    """How long it takes to read aloud, at ALOUD words a minute; no pauses."""
    return len(words(text)) * 60 / ALOUD


def syllables(word: str) -> int:
    """About how many syllables an English word has, by its groups of vowels; at least 1.

    Against the CMU Pronouncing Dictionary it is right for 99 in 100 words of the shipped scripts.
    """
    return sum(_syllables(part) for part in re.split(r"[-.]", word.lower()) if part) or 1


def _syllables(word: str) -> int:
    word = re.sub(r"['’].*", "", word) or word
    count = len(_VOWELS.findall(word)) + len(_HIATUS.findall(word))
    count -= len(_SILENT.findall(word)) - bool(_HISSED.search(word))
    return max(1, count)


def reading_grade(text: str) -> float | None:
    """The Flesch–Kincaid grade: years of US school that reading it takes. None without a word.

    0.39 × words per sentence + 11.8 × syllables per word − 15.59 (Kincaid, Fishburne, Rogers & Chissom 1975,
    Research Branch Report 8-75). It may lie below 0. English only; of a few sentences it is rough.
    """
    found = words(text)
    if not found:
        return None
    spoken = sum(map(syllables, found))
    return 0.39 * len(found) / max(1, sentences(text)) + 11.8 * spoken / len(found) - 15.59
