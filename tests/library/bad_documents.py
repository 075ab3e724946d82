"""Documents with one thing wrong each: what is changed in a good one, and what a user must see."""

from dataclasses import dataclass

from sandbox.library.document import Kind

HEAD = """\
id: sample
title: A sample
description: For tests.
source:
  author: Tests
  drafted_by: person
licence: MIT
version: "1.0"
"""

GOOD: dict[Kind, str] = {
    "scenario": HEAD
    + "affect: fear\nturns:\n  - say: You hear steps.\n  - say: They stop.\n    reply: false\n",
    "technique": HEAD
    + "family: mindfulness\nrationale: It calms.\nsteps:\n  - id: settle\n    say: Breathe in.\n"
    + "  - id: rest\n    say: Breathe out.\n    when: score('distress') > 30\n"
    + "    repeat: {until: score('distress') < 20, at_most: 3}\n"
    + "fidelity: [Names the breath]\ncautions: Not with panic.\n",
    "questionnaire": HEAD
    + "timeframe: right now\nkind: rating\nrange: {min: 0, max: 100}\nitems:\n"
    + "  - id: fear\n    text: afraid\n"
    + "  - id: calm\n    text: calm\n    reverse: true\n"
    + "scales:\n  - {id: distress, items: [fear, calm], method: mean, range: [0, 100]}\n",
    "client": HEAD + "system: You take part in a study.\nsmall_model:\n  examples:\n    - say: Hello.\n"
    "      reply: I am fine.\n  opening: I feel\n",
    "study": HEAD + "scenarios: [night-attack]\ntechniques: [mindful-breathing]\nrepeats: 5\n"
    "caps: {cost: 5}\nstop: {scale: distress, within: 10, looks: [3, 5]}\n",
    "form": HEAD + "instruction: Read it all.\nlevels:\n  - {value: 1, label: cold}\n"
    "  - {value: 2, label: warm}\nitems:\n  - {id: warmth, text: How warm}\n"
    "  - id: harm\n    text: How much harm\n"
    "    levels: [{value: 1, label: none}, {value: 2, label: some}]\n"
    "scales:\n  - {id: whole, title: Whole, items: [warmth, harm]}\npreference: Which one?\n",
    "codebook": HEAD + "tags:\n  - {id: advice, title: Advice, when: Says what to do.}\n",
}

WORD_PROBE = (
    HEAD + "timeframe: right now\nkind: word\nask: In one word?\nopening: I feel very\nitems:\n"
    "  - {id: fear, text: fear, words: [afraid, scared]}\n  - {id: calm, text: calm, words: [calm]}\n"
    "scales:\n  - {id: fear, items: [fear], method: sum, range: [0, 100]}\n"
    "  - {id: calm, items: [calm], method: sum, range: [0, 100]}\n"
)


TASK = (
    HEAD + "affect: stress\nturns:\n  - say: You stand up.\ntasks:\n  - id: count\n"
    "    check: {kind: serial subtraction, start: 100, step: 7}\n"
    "    begin: What is 100 minus 7?\n"
    "    right: What is {number} minus 7?\n"
    "    wrong: No, {expected}. What is {number} minus 7?\n"
    "    unreadable: A number. What is {number} minus 7?\n"
    "    stop: {questions: 4, right_in_a_row: 3}\n"
)

QUIZ = (
    HEAD + "affect: stress\nturns:\n  - say: You stand up.\ntasks:\n  - id: quiz\n    check:\n"
    "      kind: quiz\n      questions:\n        - {ask: The capital of France is, answers: [Paris]}\n"
    "    begin: '{question}'\n    right: Yes. {question}\n    wrong: No, {expected}. {question}\n"
    "    stop: {questions: 2, right_in_a_row: 1}\n"
)

OPTIONS = (
    HEAD + "timeframe: right now\nkind: rating\noptions:\n  - {value: 0, label: never}\n"
    "  - {value: 1, label: often}\nitems:\n  - {id: q1, text: afraid}\n"
    "scales:\n  - {id: mood, items: [q1], method: sum, range: [0, 1]}\n"
)


@dataclass(frozen=True)
class Bad:
    """`old` becomes `new` in the good document (or in `of`); `line` and the words are the problem's."""

    name: str
    kind: Kind
    old: str
    new: str
    line: int
    message: str
    hint: str
    of: str = ""
    alone: bool = True

    @property
    def text(self) -> str:
        good = self.of or GOOD[self.kind]
        assert self.old in good, self.name
        return good.replace(self.old, self.new, 1)


def _whole(name: str, text: str, line: int, message: str, hint: str, *, alone: bool = True) -> Bad:
    return Bad(name, "scenario", GOOD["scenario"], text, line, message, hint, alone=alone)


BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"

BAD: tuple[Bad, ...] = (
    # the file as a whole
    _whole("empty", "", 1, "the file is empty", "starts with id:"),
    _whole("only a comment", "# nothing\n", 1, "the file is empty", "starts with id:"),
    _whole("a list", "- a\n- b\n", 1, "not a block of keys", "starts with id:"),
    _whole("plain text", "Once upon a time\n", 1, "not a block of keys", "starts with id:"),
    _whole("two documents", GOOD["scenario"] + "---\nid: b\n", 14, "a second document", "file of its own"),
    _whole(
        "alias bomb", BOMB, 2, "the alias *a stands for another value", "write the value out", alone=False
    ),
    _whole("anchors", BOMB, 1, "the anchor &a is not allowed", "delete &a", alone=False),
    _whole("deep nesting", "a: " + "[" * 30_000, 1, "nested more than 20 levels", "check the brackets"),
    _whole("too many values", "a: [" + "1," * 60_000 + "]", 1, "more than 50,000 values", "split it"),
    # YAML's syntax
    Bad("tab", "scenario", "  author", "\tauthor", 5, "a tab in the indentation", "spaces"),
    Bad("colon in a text", "scenario", "A sample", "Night: one", 2, "a colon that cannot", "needs quotes"),
    Bad("open quote", "scenario", "They stop.", '"They stop.', 12, "never closed", "same quote"),
    Bad("quote in quotes", "scenario", "A sample", "'it's me'", 2, "does not belong", "quote inside quotes"),
    Bad("open list", "questionnaire", "[fear, calm], method", "[fear, calm, method", 19, "", ""),
    Bad("open braces", "questionnaire", "max: 100}", "max: 100", 12, "in { } that ends early", "}"),
    Bad("backslash", "scenario", "A sample", '"a\\q"', 2, "a backslash", "single quotes"),
    Bad("at sign", "scenario", "A sample", "@home", 2, "cannot start with @", "in quotes"),
    Bad("asterisk", "scenario", "A sample", "* home", 2, "names nothing", "in quotes"),
    Bad("no colon", "scenario", "title: A sample", "title A sample", 3, "without a colon", "key: value"),
    Bad("indentation", "scenario", "  drafted_by", " drafted_by", 6, "does not belong", "indentation"),
    Bad("text beside |", "scenario", "You hear steps.", "| hear", 11, "| or >", "next line"),
    # YAML's powers
    Bad(
        "python tag",
        "scenario",
        "A sample",
        '!!python/object/apply:os.system ["x"]',
        2,
        "the tag",
        "delete it",
    ),
    Bad("harmless tag", "scenario", "A sample", "!!str A", 2, "the tag !!str is not allowed", "delete it"),
    Bad("own tag", "scenario", "A sample", "!wow A", 2, "the tag !wow", "needs quotes"),
    Bad("anchor on a text", "scenario", "A sample", "&b A", 2, "the anchor &b", "delete &b"),
    Bad(
        "duplicate key",
        "scenario",
        "licence: MIT",
        "title: B",
        7,
        "“title” appears twice (first in line 2)",
        "one",
        alone=False,
    ),
    Bad(
        "number as key",
        "scenario",
        "affect: fear",
        "affect: fear\n1: x",
        10,
        "the key 1 is not a word",
        "words",
    ),
    Bad(
        "no as key",
        "scenario",
        "affect: fear",
        "affect: fear\nno: x",
        10,
        "the key no is not a word",
        "words",
    ),
    Bad(
        "merge key",
        "scenario",
        "affect: fear",
        "affect: fear\n<<: {}",
        10,
        "unknown key “<<”",
        "allowed here",
    ),
    Bad("escape sequence", "scenario", "A sample", '"\\e[2J"', 2, "control character (U+001B)", "escape"),
    Bad("raw escape", "scenario", "A sample", "\x1b[2J", 2, "control character (U+001B)", "delete it"),
    # values YAML takes for something else
    Bad("version number", "scenario", '"1.0"', "1.0", 8, "not a number (1.0)", 'in quotes: "1.0"'),
    Bad("version date", "scenario", '"1.0"', "2026-01-31", 8, "read as a date", 'in quotes: "2026-01-31"'),
    Bad("no for a text", "scenario", "A sample", "no", 2, "not a yes-or-no value (no)", 'in quotes: "no"'),
    Bad("Norwegian", "scenario", "licence", "language: no\nlicence", 7, "yes-or-no value", 'in quotes: "no"'),
    Bad("numeric id", "scenario", "id: sample", "id: 54321", 1, "not a number (54321)", 'in quotes: "54321"'),
    Bad("nothing", "scenario", "title: A sample", "title:", 2, "not nothing", "after the colon"),
    Bad("infinity", "questionnaire", "max: 100", "max: .inf", 11, ".inf is not an ordinary number", "digits"),
    Bad(
        "not a number",
        "questionnaire",
        "max: 100",
        "max: .nan",
        11,
        ".nan is not an ordinary number",
        "digits",
    ),
    Bad("octal", "questionnaire", "max: 100", "max: 0144", 11, "0144 is not an ordinary number", "digits"),
    Bad("sixties", "questionnaire", "max: 100", "max: 1:40", 11, "1:40 is not an ordinary number", "digits"),
    Bad(
        "unquoted braces",
        "technique",
        "Breathe in.",
        "{{ last_reply }}",
        13,
        "where a key should be",
        "needs quotes",
    ),
    # keys
    Bad("mistyped key", "scenario", "affect:", "afect:", 9, "unknown key “afect”", "did you mean “affect”?"),
    Bad("mistyped inner key", "scenario", "  author", "  autor", 5, "unknown key “autor”", "“author”"),
    Bad("mistyped step key", "technique", "    when", "    wenn", 16, "unknown key “wenn”", "“when”"),
    Bad(
        "foreign key",
        "scenario",
        "affect: fear",
        "affect: fear\nxyz: 1",
        10,
        "unknown key “xyz”",
        "keys allowed here: id, title",
    ),
    Bad("missing key", "scenario", "licence: MIT\n", "", 1, "the key “licence” is missing", "CC-BY-4.0"),
    Bad(
        "missing inner key",
        "scenario",
        "  author: Tests\n",
        "",
        4,
        "the key “author” is missing",
        "who wrote it",
    ),
    Bad(
        "missing step key",
        "technique",
        "    say: Breathe in.\n",
        "",
        12,
        "the key “say” is missing",
        "therapist says",
    ),
    # values
    Bad("bad id", "scenario", "id: sample", "id: ../sample", 1, "is not an id", "lower-case letters"),
    Bad(
        "unknown affect", "scenario", "fear", "fera", 9, "“fera” is not allowed here", "did you mean “fear”?"
    ),
    Bad("unknown family", "technique", "mindfulness", "magic", 9, "“magic” is not allowed", "cbt, act, dbt"),
    Bad("maybe", "scenario", "reply: false", "reply: maybe", 13, "true or false is needed", "without quotes"),
    Bad(
        "quoted number", "questionnaire", "max: 100", 'max: "100"', 11, "a number is needed", "without quotes"
    ),
    Bad("half a time", "technique", "at_most: 3", "at_most: 2.5", 17, "a whole number is needed", "digits"),
    Bad("too often", "technique", "at_most: 3", "at_most: 99", 17, "99 is not allowed", "at most 10"),
    Bad("never", "technique", "at_most: 3", "at_most: 0", 17, "0 is not allowed", "at least 1"),
    Bad(
        "no turns",
        "scenario",
        "  - say: You hear steps.\n  - say: They stop.\n    reply: false\n",
        "  []\n",
        11,
        "the list is empty",
        "at least 1",
    ),
    Bad(
        "text for a list",
        "scenario",
        "affect: fear",
        "affect: fear\ncontent_warning: violence",
        10,
        "a list is needed",
        "dash",
    ),
    Bad(
        "text for a block",
        "scenario",
        "source:\n  author: Tests\n  drafted_by: person",
        "source: me",
        4,
        "a block of keys is needed",
        "author, method",
    ),
    Bad(
        "list for a text",
        "scenario",
        "A sample",
        "[A, sample]",
        2,
        "a text is needed here, not a list",
        "needs quotes",
    ),
    Bad("blank", "scenario", "A sample", '"  "', 2, "the text is empty", "write something"),
    Bad("two-line title", "scenario", "A sample", "|\n  A\n  B", 2, "is more than one line", "one line"),
    Bad("long title", "scenario", "A sample", "x" * 401, 2, "the text has 401 characters", "at most 400"),
    Bad(
        "language", "scenario", "licence", "language: English!\nlicence", 7, "is not a language tag", "pt-BR"
    ),
    Bad(
        "doi as address",
        "technique",
        "steps:",
        "references:\n  - title: A\n    doi: https://doi.org/10.1/x\nsteps:",
        13,
        "is not a DOI",
        "10.1000/182",
    ),
    # parts that do not fit together
    Bad(
        "two steps alike",
        "technique",
        "id: rest",
        "id: settle",
        14,
        "two steps have the id “settle”",
        "one of the two",
    ),
    Bad(
        "two items alike",
        "questionnaire",
        "id: calm",
        "id: fear",
        15,
        "two items have the id “fear”",
        "",
        alone=False,
    ),
    Bad(
        "item in no scale",
        "questionnaire",
        "[fear, calm]",
        "[fear]",
        15,
        "item “calm” is in no scale",
        "add it",
    ),
    Bad(
        "no such item",
        "questionnaire",
        "[fear, calm]",
        "[fear, clam, calm]",
        19,
        "“clam”, which does not exist",
        "items: fear, calm",
    ),
    Bad("upside down", "questionnaire", "min: 0", "min: 200", 11, "min (200) must be below max (100)", ""),
    Bad("wrong span", "questionnaire", "[0, 100]", "[0, 50]", 19, "can score 0 to 100", "range: [0, 100]"),
    Bad("one bound", "questionnaire", "[0, 100]", "[0]", 19, "the list is too short", "2 entries"),
    Bad("three bounds", "questionnaire", "[0, 100]", "[0, 50, 100]", 19, "the list is too long", "at most 2"),
    Bad(
        "no answers",
        "questionnaire",
        "range: {min: 0, max: 100}\n",
        "",
        1,
        "either options or range",
        "list of value",
    ),
    Bad(
        "unknown kind",
        "questionnaire",
        "kind: rating",
        "kind: ratings",
        10,
        "is not a kind of questionnaire",
        "“rating”",
    ),
    Bad(
        "missing kind", "questionnaire", "kind: rating\n", "", 1, "the key “kind” is missing", "rating, word"
    ),
    Bad(
        "all missing",
        "questionnaire",
        "method: mean",
        "missing: {at_most: 2}, method: mean",
        19,
        "fewer than that",
        "",
    ),
    Bad(
        "word twice",
        "questionnaire",
        "[calm]}",
        "[afraid]}",
        15,
        "two items list the word “afraid”",
        "",
        of=WORD_PROBE,
    ),
    Bad(
        "no scales",
        "questionnaire",
        GOOD["questionnaire"][GOOD["questionnaire"].index("scales:") :],
        "",
        1,
        "the key “scales” is missing",
        "such as [{id: mood, items: [q1, q2], method: sum, range: [0, 6]}]",
    ),
    Bad(
        "empty scales",
        "questionnaire",
        "\n  - {id: distress, items: [fear, calm], method: mean, range: [0, 100]}",
        " []",
        18,
        "the list is empty",
        "at least 1",
    ),
    Bad(
        "equal options",
        "questionnaire",
        "value: 1",
        "value: 0",
        13,
        "two options have the value “0”",
        "one of the two",
        of=OPTIONS,
        alone=False,
    ),
    Bad(
        "options equal but for their writing",
        "questionnaire",
        "value: 1",
        "value: 0.0",
        13,
        "two options have the value “0”",
        "one of the two",
        of=OPTIONS,
        alone=False,
    ),
    Bad(
        "options too close to tell apart",
        "questionnaire",
        "value: 0, label: never",
        "value: 1.0000001, label: never",
        13,
        "two options have the value “1”",
        "one of the two",
        of=OPTIONS,
        alone=False,
    ),
    Bad(
        "options that read alike",
        "questionnaire",
        "label: often",
        "label: Never",
        13,
        "two options have the label “never”",
        "one of the two",
        of=OPTIONS,
    ),
    # tasks
    Bad(
        "mistyped place",
        "scenario",
        "right: What is {number}",
        "right: What is {numbr}",
        16,
        "“{numbr}” stands for nothing in the text “right” of a serial subtraction",
        "allowed here: {number}",
        of=TASK,
    ),
    Bad(
        "unknown place at the beginning",
        "scenario",
        "begin: What",
        "begin: '{nope}, what is it?' # What",
        15,
        "“{nope}” stands for nothing in the text “begin”",
        "allowed here: {number}",
        of=TASK,
    ),
    Bad(
        "unknown place after a wrong answer",
        "scenario",
        "wrong: No, {expected}.",
        "wrong: No, {answer}.",
        17,
        "“{answer}” stands for nothing in the text “wrong”",
        "{number} and {expected}",
        of=TASK,
    ),
    Bad(
        "a question where there is none",
        "scenario",
        "unreadable: A number.",
        "unreadable: A number, {question}",
        18,
        "“{question}” stands for nothing in the text “unreadable”",
        "{number} and {expected}",
        of=TASK,
    ),
    Bad(
        "an answer missed before the first",
        "scenario",
        "begin: '{question}'",
        "begin: '{expected} {question}'",
        18,
        "“{expected}” stands for nothing in the text “begin” of a quiz",
        "allowed here: {question}",
        of=QUIZ,
    ),
    Bad(
        "a number in a quiz",
        "scenario",
        "right: Yes. {question}",
        "right: Yes. {number} {question}",
        19,
        "“{number}” stands for nothing in the text “right” of a quiz",
        "allowed here: {question}",
        of=QUIZ,
    ),
    Bad(
        "more right answers than questions",
        "scenario",
        "right_in_a_row: 3",
        "right_in_a_row: 5",
        19,
        "5 right answers in a row cannot come of 4 questions",
        "at most 4",
        of=TASK,
    ),
    Bad(
        "more right answers than a quiz has questions",
        "scenario",
        "right_in_a_row: 1",
        "right_in_a_row: 2",
        21,
        "2 right answers in a row cannot come of 1 questions",
        "at most 1",
        of=QUIZ,
    ),
    Bad(
        "an answer nothing can match",
        "scenario",
        "[Paris]",
        "[Paris, '?!']",
        17,
        "the answer “?!” has no letter or digit",
        "words or the number",
        of=QUIZ,
    ),
    Bad(
        "a step that takes all away",
        "scenario",
        "step: 7}",
        "step: 700}",
        14,
        "step (700) must be below start (100)",
        "take away less",
        of=TASK,
    ),
    Bad(
        "unknown kind of check",
        "scenario",
        "kind: serial subtraction",
        "kind: subtraction",
        14,
        "“subtraction” is not allowed here",
        "serial subtraction, quiz",
        of=TASK,
    ),
    Bad(
        "no kind of check",
        "scenario",
        "kind: serial subtraction, ",
        "",
        14,
        "the key “kind” is missing",
        "serial subtraction, quiz",
        of=TASK,
    ),
    Bad(
        "no check at all",
        "scenario",
        "{kind: serial subtraction, start: 100, step: 7}",
        "sums",
        14,
        "a block of keys is needed here",
        "kind, start, step",
        of=TASK,
    ),
    Bad(
        "mistyped key of a check",
        "scenario",
        "start: 100",
        "strat: 100",
        14,
        "unknown key “strat”",
        "did you mean “start”?",
        of=TASK,
    ),
    # templates
    Bad(
        "unknown name",
        "technique",
        "Breathe in.",
        "Now {{ reply }}",
        13,
        "nothing is called “reply”",
        "last_reply",
    ),
    Bad(
        "mistyped score", "technique", "when: score", "when: scor", 16, "nothing is called “scor”", "“score”"
    ),
    Bad(
        "no condition",
        "technique",
        "when: score('distress') > 30",
        "when: score('distress')",
        16,
        "a condition is needed",
        "compare",
    ),
    Bad(
        "bare score",
        "technique",
        "score('distress') > 30",
        "score > 30",
        16,
        "which scale",
        "score('distress')",
    ),
    Bad(
        "broken condition",
        "technique",
        "score('distress') > 30",
        "score('distress') >",
        16,
        "cannot be read",
        "allowed:",
    ),
    Bad("one sign of two", "technique", "('distress') > 30", "('distress') = 30", 16, "cannot be read", "=="),
    Bad(
        "curly quotes", "technique", "('distress') > 30", "(‘distress’) > 30", 16, "cannot", "straight quotes"
    ),
    Bad("a sign of print", "technique", "') > 30", "') ≥ 30", 16, "cannot be read", "write >= for ≥"),
    Bad("said in words", "technique", "('distress') > 30", "('distress') is high", 16, "cannot", "by a sign"),
    Bad("if for when", "technique", "when:", "if:", 16, "unknown key “if”", "did you mean “when”"),
    Bad("colon within", "codebook", "title: Advice", "title: Ad: vice", 10, "ends early", "colon or a comma"),
    Bad("comma within", "codebook", "title: Advice", "title: A, b", 10, "unknown key “b”", "in quotes"),
    Bad(
        "template of a variant",
        "technique",
        "say: Breathe in.",
        "say: Breathe in.\n    variants:\n      - say: In.\n      - say: In, {{ last_reply.",
        16,
        "cannot be read",
        "allowed: score",
    ),
    Bad(
        "a variant that says the same",
        "technique",
        "say: Breathe in.",
        "say: Breathe in.\n    variants:\n      - say: In.\n      - say: >-\n         breathe\n         IN.",
        16,
        "the variant says the same as the step's own text",
        "word it otherwise",
    ),
    Bad(
        "a variant that says nothing",
        "technique",
        "say: Breathe in.",
        "say: Breathe in.\n    variants: [{say: ' '}]",
        14,
        "",
        "",
    ),
    Bad("broken until", "technique", "score('distress') < 20", "score('distress') is low", 17, "", ""),
    Bad(
        "loop",
        "technique",
        "Breathe in.",
        "'{% for i in x %}a{% endfor %}'",
        13,
        "is not allowed in a text",
        "{% if",
    ),
    Bad(
        "third line of a text",
        "technique",
        "Breathe in.",
        "|\n      One.\n      Two.\n      {{ three }}",
        16,
        "“three”",
        "",
    ),
    Bad(
        "attribute",
        "technique",
        "Breathe in.",
        "x {{ ''.__class__ }}",
        13,
        "not allowed in an expression",
        "allowed:",
    ),
    Bad("filter", "technique", "Breathe in.", "x {{ last_reply | upper }}", 13, "filter", "excerpt"),
    Bad("a cap of nothing", "study", "cost: 5", "cost: 0", 12, "not allowed here", "more than 0"),
    Bad(
        "a billion repeats",
        "study",
        "repeats: 5",
        "repeats: 1000000000",
        11,
        "not allowed here",
        "at most 100000",
    ),
    Bad(
        "a look too late", "study", "looks: [3, 5]", "looks: [3, 50]", 13, "after 50 repeats", "raise repeats"
    ),
    Bad(
        "a mistyped design",
        "study",
        "repeats: 5",
        "designs: [after scenaro]",
        11,
        "after scenaro",
        "after scenario",
    ),
    Bad("a scenario twice", "study", "[night-attack]", "[a, a]", 9, "two scenarios “a”", "remove one"),
    Bad(
        "an item without answers",
        "form",
        "levels:\n  - {value: 1, label: cold}\n  - {value: 2, label: warm}\n",
        "",
        11,
        "item “warmth” has no answers",
        "under the item",
        alone=False,
    ),
    Bad(
        "answers out of order",
        "form",
        "{value: 2, label: warm}",
        "{value: 1, label: warm}",
        12,
        "in order",
        "low",
        alone=False,
    ),
    Bad(
        "answers of other numbers",
        "form",
        "{value: 2, label: some}",
        "{value: 3, label: some}",
        19,
        "numbers",
        "",
    ),
    Bad("a scale of nothing", "form", "[warmth, harm]", "[warmth, calm]", 19, "“calm”", ""),
    Bad("a tag without when", "codebook", ", when: Says what to do.", "", 10, "“when” is missing", ""),
)
