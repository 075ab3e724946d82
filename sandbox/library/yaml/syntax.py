"""YAML's syntax errors in a clinician's words. Both of PyYAML's parsers are understood."""

import yaml

Explained = tuple[int, int, str, str]
"""Line and column from 1, message, hint."""

_INDENT = "check the indentation: keys of one block start in the same column, lists with a dash"
_INDENT_OR_QUOTES = f"{_INDENT}; a quote inside quotes also does this"
_KNOWN: tuple[tuple[str, str, str], ...] = (
    (
        "mapping values are not allowed",
        "a colon that cannot be read as part of this line",
        "a text with a colon and a space needs quotes, or goes after | on lines of its own",
    ),
    (
        "could not find expected ':'",
        "a key without a colon",
        "write key: value; a text over several lines goes after | and is indented",
    ),
    ("sequence entries are not allowed", "a dash where no list can start", _INDENT),
    ("expected <block end>", "this line does not belong to the block above it", _INDENT_OR_QUOTES),
    ("did not find expected key", "this line does not belong to the block above it", _INDENT_OR_QUOTES),
    ("did not find expected '-' indicator", "this line does not belong to the list above it", _INDENT),
    ("unexpected end of stream", "a quote that is opened and never closed", "close it with the same quote"),
    (
        "unexpected document separator",
        "a quote that is opened and never closed",
        "close it with the same quote",
    ),
    (
        "',' or ']'",
        "a list in [ ] that is not closed",
        "close it with ], or put a text that starts with [ in quotes",
    ),
    (
        "',' or '}'",
        "a block in { } that is not closed",
        "close it with }, or put a text that starts with { in quotes",
    ),
    (
        "escape",
        "a backslash in double quotes that means nothing",
        "write \\\\ for a backslash, or use single quotes",
    ),
    (
        "did not find expected alphabetic",
        "a * or & that names nothing",
        "put a text that starts with * or & in quotes",
    ),
    (
        "expected alphabetic or numeric",
        "a * or & that names nothing",
        "put a text that starts with * or & in quotes",
    ),
    ("block scalar", "| or > with something after it", "start the text on the next line, indented"),
    (
        "line break",
        "| or > with something after it",
        "start the text on the next line, indented",
    ),
)
_GENERIC = (
    "this cannot be read as YAML",
    "check the quotes, colons and indentation here and in the line before",
)


def explain_syntax(error: yaml.MarkedYAMLError, text: str) -> Explained:
    """Where `text` stops being YAML, and what to look at there."""
    mark = error.problem_mark or error.context_mark
    problem = error.problem or ""
    unclosed = "end of stream" in problem or "document separator" in problem
    if unclosed and error.context_mark is not None:
        mark = error.context_mark
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)
    return line, column, *_words(problem, text, line, column)


def _words(problem: str, text: str, line: int, column: int) -> tuple[str, str]:
    lines = text.split("\n")
    there = lines[line - 1] if line <= len(lines) else ""
    if "\t" in there[: len(there) - len(there.lstrip())]:
        return "a tab in the indentation", "indent with spaces, two a level"
    if "cannot start any token" in problem:
        first = there[column - 1 : column] or "this character"
        return (
            f"a text cannot start with {first} without quotes",
            f'put the whole text in quotes: "{first} …"',
        )
    for part, message, hint in _KNOWN:
        if part in problem:
            return message, hint
    return _GENERIC
