"""A document's values written as YAML a person likes to read and edit, with comments above its keys."""

import re
from collections.abc import Mapping, Sequence

WIDTH = 110
_PLAIN = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_WORDS_OF_YAML = {"yes", "no", "on", "off", "true", "false", "null", "y", "n"}
_ESCAPED = re.compile(r'["\\\x00-\x1f\x7f-\xa0\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]')
_FOLDABLE = re.compile(r"[^\s\x85\xa0\u2028\u2029\ufeff]+(?: [^\s\x85\xa0\u2028\u2029\ufeff]+)*")


def document_text(data: Mapping[str, object], comments: Mapping[str, Sequence[str]]) -> str:
    """YAML of `data`: text, numbers, booleans, lists, blocks. `comments` go above their top-level keys."""
    lines: list[str] = []
    for key, value in data.items():
        for comment in comments.get(key, ()):
            lines += [f"# {line}" for line in _wrapped(_commented(comment), WIDTH - 2)]
        lines += _entry(key, value, 0)
    return "\n".join(lines) + "\n"


def _entry(key: str, value: object, indent: int) -> list[str]:
    space = " " * indent
    if isinstance(value, Mapping):
        inner = [line for k, v in value.items() for line in _entry(k, v, indent + 2)]
        return [f"{space}{key}:", *inner]
    if isinstance(value, str):
        return _text(f"{space}{key}:", value, indent + 2)
    if isinstance(value, Sequence):
        if all(not isinstance(entry, Mapping) for entry in value):
            return _short_list(f"{space}{key}:", value, indent + 2)
        return [f"{space}{key}:", *(line for entry in value for line in _listed(entry, indent + 2))]
    return [f"{space}{key}: {_scalar(value)}"]


def _listed(entry: object, indent: int) -> list[str]:
    space = " " * indent
    flow = f"{space}- {_flow(entry)}"
    if len(flow) <= WIDTH or not isinstance(entry, Mapping):
        return [flow]
    lines = [line for k, v in entry.items() for line in _entry(k, v, indent + 2)]
    return [f"{space}- {lines[0].lstrip()}", *lines[1:]]


def _text(head: str, value: str, indent: int) -> list[str]:
    written = f"{head} {_scalar(value)}"
    if len(written) > WIDTH and _FOLDABLE.fullmatch(value):
        return [f"{head} >-", *(" " * indent + line for line in _wrapped(value, WIDTH - indent))]
    return [written]


def _short_list(head: str, values: Sequence[object], indent: int) -> list[str]:
    written = f"{head} {_flow(values)}"
    if len(written) <= WIDTH:
        return [written]
    words = [f"{_scalar(value)}," for value in values]
    lines = [""]
    for word in words:
        if lines[-1] and indent + len(lines[-1]) + 1 + len(word) > WIDTH:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".lstrip()
    return [f"{head} [", *(" " * indent + line for line in lines), " " * (indent - 2) + "]"]


def _flow(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{k}: {_flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value)


def _scalar(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return _number(value)
    text = str(value)
    if _PLAIN.fullmatch(text) and text not in _WORDS_OF_YAML:
        return text
    return f'"{_ESCAPED.sub(_escape, text)}"'


def _escape(found: re.Match[str]) -> str:
    known = {"\n": "\\n", "\t": "\\t", '"': '\\"', "\\": "\\\\"}
    return known.get(found.group()) or f"\\u{ord(found.group()):04X}"


def _number(value: float) -> str:
    if float(value).is_integer() and abs(value) < 1e15:
        return str(int(value))
    text = repr(float(value))
    head, _, power = text.partition("e")
    return f"{head if '.' in head else f'{head}.0'}e{int(power):+d}" if power else text


def _commented(text: str) -> str:
    return " ".join(re.sub(r"[^\x20-\x7e\xa1-\u1fff\u2010-\u2027\u2030-\ud7ff]", " ", text).split())


def _wrapped(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    return lines
