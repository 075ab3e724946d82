"""What counts as an answer and what does not; a fuzzed proof that nothing is read that is not written."""

import json
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.measurement.reading.rating_text import (
    Allowed,
    declines,
    parse_report,
    parse_single,
    parse_structured,
)
from tests.measurement.ratings import optioned, ranged

RANGE = Allowed.of(ranged(), "numbers", {})
OPTIONS = Allowed.of(optioned(), "numbers", {"0": 0, "1": 1, "2": 2, "3": 3})
LETTERED = Allowed.of(optioned(), "letters", {"A": 0, "B": 1, "C": 2, "D": 3})
WORDS = Allowed.of(optioned(), "words", {one.label: one.value for one in optioned().options or ()})


def read(text: str, allowed: Allowed = RANGE, item: str = "fear") -> float | str | None:
    reading = parse_report(text, [item], allowed)[item]
    return reading.missing if reading.value is None else reading.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("fear: 40", 40),
        ("Fear: 40", 40),
        ("  fear : 40.5  ", 40.5),
        ("- fear: 40", 40),
        ("3. fear: 40", 40),
        ("**fear**: 40", 40),
        ("`fear: 40`", 40),
        ("fear = 0", 0),
        ("fear: 100.", 100),
        ("Here you are:\n\nfear: 7\r\ncalm: 80", 7),
        ('"fear": 40,', 40),
        ("fear：40", 40),
        ("fear: ４０", 40),
    ],
)
def test_an_id_and_a_number_in_range_is_a_value(text, value):
    assert read(text) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not answered"),
        ("fear:", "not answered"),
        ("calm: 3", "not answered"),
        ("fear 40", "not answered"),
        ("fear: 40%", "unreadable"),
        ("fear: 3/4", "unreadable"),
        ("fear: 40/100", "unreadable"),
        ("fear: 3-4", "unreadable"),
        ("fear: 3 – 4", "unreadable"),
        ("fear: 3 or 4", "unreadable"),
        ("fear: 3, 4", "unreadable"),
        ("fear: 3, calm: 4", "unreadable"),
        ("fear: about 40", "unreadable"),
        ("fear: ~40", "unreadable"),
        ("fear: 35-45", "unreadable"),
        ("I would say 40", "not answered"),
        ("fear: I would say 40", "unreadable"),
        ("fear: forty", "unreadable"),
        ("fear: 3,5", "unreadable"),
        ("fear: 1e1", "unreadable"),
        ("fear: ٣", "unreadable"),
        ("fear: 3\u20284", "unreadable"),
        ("fear: 4 0", "unreadable"),
        ("fear: very much", "unreadable"),
        ("fear: 40\nfear: 40", "unreadable"),
        ("fear: 40\nfear: 50", "unreadable"),
        ("fear: 101", "out of range"),
        ("fear: -1", "out of range"),
        ("fear of the dark: 40", "not answered"),
        ("I can't answer that, but 3 out of 4 people would say 40.", "refused"),
        ("fear: I can't answer that, but 3 out of 4 people would.", "refused"),
        ("As an AI language model, I don't have feelings.", "refused"),
        ("I’m not able to rate this.", "refused"),
        ("I would rather not.", "refused"),
        ("I can't breathe, he has a knife.", "not answered"),
        ("I don't have time. I am an adult.", "not answered"),
    ],
)
def test_anything_else_is_missing_with_its_reason(text, reason):
    assert read(text) == reason


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("3", 3),
        ("3.0", 3),
        ("3 (nearly every day)", 3),
        ("3 = nearly every day", 3),
        ("3 - nearly every day", 3),
        ("Nearly every day", 3),
        ("nearly every day.", 3),
        ("3 (not at all)", "unreadable"),
        ("nearly every day (3)", "unreadable"),
        ("nearly every", "unreadable"),
        ("not at all, nearly every day", "unreadable"),
        ("2.5", "out of range"),
        ("4", "out of range"),
        ("D", "unreadable"),
        ("3 (nearly every day", "unreadable"),
    ],
)
def test_options_are_answered_by_number_or_exact_label(written, expected):
    assert read(f"tense: {written}", OPTIONS, "tense") == expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [("D", 3), ("d", 3), ("D = nearly every day", 3), ("(D)", "unreadable"), ("3", "unreadable"),
     ("A or B", "unreadable"), ("A - nearly every day", "unreadable"), ("E", "unreadable")],
)  # fmt: skip
def test_lettered_options_are_answered_by_letter(written, expected):
    assert read(f"tense: {written}", LETTERED, "tense") == expected


def test_options_named_by_their_words_are_not_answered_by_numbers_nobody_showed():
    assert read("tense: several days", WORDS, "tense") == 1
    assert read("tense: 1", WORDS, "tense") == "unreadable"


def test_a_refusal_beside_answers_counts_only_for_what_is_missing():
    found = parse_report("As an AI I have none, but\nfear: 0", ["fear", "calm"], RANGE)
    assert found["fear"].value == 0
    assert found["calm"].missing == "refused"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("40", 40), ("fear: 40", 40), ("Answer: 40", 40), ("**40**", 40), ("40.\n", 40),
        ("No: 40", "unreadable"), ("calm: 40", "unreadable"), ("40\n50", "unreadable"),
        ("Forty, because 40 fits", "unreadable"), ("", "not answered"), ("I cannot answer this.", "refused"),
        ("I can't answer.\nSorry.", "refused"),
    ],
)  # fmt: skip
def test_one_item_alone_is_answered_by_its_value_alone(text, expected):
    reading = parse_single(text, "fear", RANGE)
    assert (reading.missing if reading.value is None else reading.value) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('{"fear": 40}', 40), ('```json\n{"fear": 40}\n```', 40), ('{"fear": "40"}', 40),
        ('{"fear": 40, "fear": 50}', "unreadable"), ('{"fear": true}', "unreadable"),
        ('{"fear": [40]}', "unreadable"), ('{"fear": {"value": 40}}', "unreadable"),
        ('{"fear": null}', "not answered"), ('{"calm": 40}', "not answered"),
        ('{"fear": NaN}', "out of range"),
        ('{"fear": 1e400}', "out of range"), ('{"fear": 140}', "out of range"),
        ("Sure! fear is 40", "unreadable"), ("[40]", "unreadable"), ('{"fear": 40', "unreadable"),
        ("[" * 50_000, "unreadable"), ("I cannot answer that.", "refused"),
        ('{"fear": 9' + "9" * 5000 + "}", "unreadable"),
    ],
)  # fmt: skip
def test_structured_answers_are_checked_here_whatever_the_server_promised(text, expected):
    reading = parse_structured(text, ["fear"], RANGE)["fear"]
    assert (reading.missing if reading.value is None else reading.value) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [('{"tense": 2}', "unreadable"), ('{"tense": "2"}', "unreadable"), ('{"tense": "D"}', 3),
     ('{"tense": "nearly every day"}', 3)],
)  # fmt: skip
def test_a_json_number_is_no_answer_where_the_options_had_letters_or_words(text, expected):
    reading = parse_structured(text, ["tense"], LETTERED)["tense"]
    assert (reading.missing if reading.value is None else reading.value) == expected
    if "D" not in text:
        said = parse_structured(text, ["tense"], WORDS)["tense"]
        assert (said.missing if said.value is None else said.value) == expected


# A second reading, made by writing out every answer that may be accepted instead of taking text apart.

LABELS = {option.value: option.label for option in optioned().options or ()}
LETTERS = {0.0: "a", 1.0: "b", 2.0: "c", 3.0: "d"}
ENDINGS = [
    f"{gap}{mark}{after}{opened}{{}}{closed}"
    for gap in ("", " ")
    for mark in ("", "-", "–", "—", "=", ":", ",")
    for after in ("", " ")
    for opened, closed in (("", ""), ("(", ")"))
]


def is_name(text: str, value: float, allowed: Allowed) -> bool:
    """The text is the number, or the letter, of that value, and nothing beside."""
    if allowed is LETTERED:
        return text == LETTERS[value]
    digits = text.removeprefix("+").removeprefix("-")
    plain = set(digits) <= set("0123456789.") and digits[:1].isdigit() and digits[-1:].isdigit()
    return allowed is not WORDS and plain and digits.count(".") <= 1 and float(text) == value


def is_wholly(part: str, value: float, allowed: Allowed) -> bool:
    """The whole of `part`, emphasis and a closing point aside, names the value.

    It does so by number, letter or label, or by number or letter with its own label.
    """
    bare = part.strip().strip('*_`“”"').strip()
    bare = (bare[:-1] if bare[-1:] in {".", ",", ";"} else bare).strip().casefold()
    if is_name(bare, value, allowed):
        return True
    if allowed is RANGE:
        return False
    label = LABELS[value]
    return bare == label or any(
        bare.endswith(ending) and is_name(bare.removesuffix(ending), value, allowed)
        for ending in (form.format(label) for form in ENDINGS)
    )


def value_parts(line: str, item: str) -> list[str]:
    """What stands after `item:` or `item=`, when nothing but a bullet or a number stands before it."""
    found = []
    for sign in ":=":
        before, signed, after = line.partition(sign)
        words = re.sub('[*_`“”"]', " ", before).split()
        bullet = words[:-1] in ([], ["-"], ["•"]) or (len(words) == 2 and words[0][:-1].isdigit())
        if signed and words[-1:] and words[-1].casefold() == item and bullet:
            found.append(after)
    return found


def lines_of(text: str) -> list[str]:
    return text.replace("\r\n", "\n").replace("\r", "\n").split("\n")


pieces = st.sampled_from(
    ["fear", "calm", "fear: ", "calm: ", "fear = ", "\nfear: ", "Answer: ", ":", "=", " ", "\n", "\r",
     "- ", "1. ",
     "3", "4", "40", "101", "2.0", "-", "/", ".", ",", "%", "(", ")", "*", "`", "d", "B", "a",
     "not at all", "several days", "nearly every day", "2 (more than half the days)", "3 - nearly every day",
     "out of", "I can't answer that, but", "\u2028", "٣", "“", "none", "1e1", "½", "\u00a0"]
)  # fmt: skip
texts = st.one_of(st.text(max_size=200), st.lists(pieces, max_size=12).map("".join))
kinds = st.sampled_from([RANGE, OPTIONS, LETTERED, WORDS])


@settings(max_examples=600)
@given(texts, kinds)
def test_no_text_ever_yields_a_value_that_is_not_the_whole_of_one_line_s_answer(text, allowed):
    for item, reading in parse_report(text, ["fear", "calm"], allowed).items():
        assert (reading.value is None) != (reading.missing is None)
        if reading.value is not None:
            assert allowed.holds(reading.value)
            parts = [part for line in lines_of(text) for part in value_parts(line, item)]
            assert any(is_wholly(part, reading.value, allowed) for part in parts), (text, item, reading)


@settings(max_examples=600)
@given(texts, kinds)
def test_one_item_s_value_is_the_whole_of_the_answer(text, allowed):
    reading = parse_single(text, "fear", allowed)
    assert (reading.value is None) != (reading.missing is None)
    if reading.value is not None:
        assert allowed.holds(reading.value)
        (line,) = [line for line in lines_of(text) if line.strip()]
        parts = [line, *(part for name in ("fear", "answer", "rating") for part in value_parts(line, name))]
        assert any(is_wholly(part, reading.value, allowed) for part in parts), (text, reading)


json_values = st.one_of(
    st.integers(-5, 150), st.floats(allow_nan=True), st.booleans(), st.none(), texts, st.lists(st.just(40))
)
json_texts = st.one_of(
    texts,
    st.lists(st.tuples(st.sampled_from(["fear", "calm", "Fear"]), json_values), max_size=3).map(
        lambda pairs: "{" + ", ".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in pairs) + "}"
    ),
)


@settings(max_examples=600)
@given(json_texts, st.booleans(), kinds)
def test_a_json_answer_is_the_one_value_of_its_key(text, fenced, allowed):
    sent = f"```json\n{text}\n```" if fenced else text
    for item, reading in parse_structured(sent, ["fear", "calm"], allowed).items():
        assert (reading.value is None) != (reading.missing is None)
        if reading.value is None:
            continue
        assert allowed.holds(reading.value)
        (said,) = [value for key, value in json.loads(text, object_pairs_hook=list) if key == item]
        if isinstance(said, str):
            assert is_wholly(said, reading.value, allowed), (text, reading)
        else:
            assert type(said) in (int, float) and said == reading.value
            assert allowed in (RANGE, OPTIONS), "no number was on the sheet"


@given(st.dictionaries(st.sampled_from(["fear", "calm"]), st.integers(0, 100)), st.text(max_size=40))
def test_what_is_written_as_asked_is_read_back(values, noise):
    head = noise if not re.search(r"fear|calm|[\r\n]", noise, re.IGNORECASE) else "ok"
    text = "\n".join([head, *(f"{item}: {value}" for item, value in values.items())])
    found = parse_report(text, ["fear", "calm"], RANGE)
    assert {item: r.value for item, r in found.items() if r.value is not None} == values


def test_a_very_long_answer_is_read_in_bounded_work():
    assert read("fear: " + " " * 90_000 + "x(" * 4_000) == "unreadable"


def test_ordinary_distress_is_no_refusal():
    assert not declines("I can't stand it. I won't go. I don't have any hope, I am not able to sleep.")
