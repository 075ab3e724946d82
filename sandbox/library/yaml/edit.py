"""One value of a document's text changed in its place: comments, order and every other value stay.

Each change is proposed in several ways of writing and read again; the first that changes that value alone is
taken. Where none does, nothing is changed, and the text is for its writer to edit.
"""

import json
import re
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path

import yaml

from sandbox.errors import Route
from sandbox.library.yaml.tree import Tree, read_tree

_WIDTH = 100
_HEADER = re.compile(r"[|>][-+0-9]*[ \t]*(#[^\n]*)?\n")


def readable(text: str) -> Tree | None:
    """The values of the text and their places; None when it cannot be read without a problem."""
    tree = read_tree(text, "")
    return tree if tree.complete and not tree.problems and isinstance(tree.value, dict) else None


def with_value(text: str, at: Route, value: str) -> str | None:
    """The text with `value` where the text at `at` stands; None when that cannot be done without loss."""
    tree = readable(text)
    node = _node(text, at) if tree else None
    if tree is None or not isinstance(node, yaml.ScalarNode):
        return None
    if tree.values[at].written == value:
        return text
    start, end = node.start_mark.index, node.end_mark.index
    kept = text[start:end]
    end = start + len(kept.rstrip())
    wanted = _changed(tree.value, at, value)
    header = _HEADER.match(text, start) if node.style in ("|", ">") else None
    line = text[text.rfind("\n", 0, start) + 1 : start]
    indent = " " * (len(line) - len(line.lstrip(" -")) + 2)
    for written in _ways(value, indent, node.style or "", (header.group(1) or "") if header else ""):
        changed = text[:start] + written + text[end:]
        if _reads_as(changed, wanted):
            return changed
    return None


def with_key(text: str, key: str, value: str) -> str | None:
    """The text with a new key right after `id`; None when it has the key, or cannot take a line there."""
    tree = readable(text)
    if tree is None or not isinstance(tree.value, dict) or key in tree.value or ("id",) not in tree.keys:
        return None
    lines = text.split("\n")
    after = tree.values["id",].line
    changed = "\n".join([*lines[:after], f'{key}: "{value}"', *lines[after:]])
    return changed if _reads_as(changed, {**tree.value, key: value}) else None


def with_part(text: str, list_key: str, place: int, part: Mapping[str, str]) -> str | None:
    """The text with a new part (a step, a turn) at `place` (from 0) of a list, before what stands there."""
    tree = readable(text)
    parts = tree.value.get(list_key) if tree and isinstance(tree.value, dict) else None
    if tree is None or not isinstance(parts, tuple) or not parts:
        return None
    dash = _dash(text, (list_key, min(place, len(parts) - 1)))
    if dash is None:
        return None
    after = dash if place < len(parts) else _end(text, (list_key, len(parts) - 1))
    indent = " " * (dash - text.rfind("\n", 0, dash) - 1)
    lines = _lines(part, indent)
    changed = (
        f"{text[:after]}- {lines}\n{indent}{text[after:]}"
        if place < len(parts)
        else f"{text[:after]}\n{indent}- {lines}{text[after:]}"
    )
    wanted = {**tree.value, list_key: (*parts[:place], dict(part), *parts[place:])}  # type: ignore[dict-item]
    return changed if _reads_as(changed, wanted) else None


def with_entry(text: str, at: Route, key: str, part: Mapping[str, str]) -> str | None:
    """The text with a new part at the end of the list `key` of the block at `at`, which is made if it is not
    there; None when that cannot be done without loss."""
    tree, block = readable(text), _node(text, at)
    if tree is None or not isinstance(block, yaml.MappingNode) or block.flow_style:
        return None
    listed = _node(text, (*at, key))
    there = listed.value if isinstance(listed, yaml.SequenceNode) and not listed.flow_style else []
    if listed is not None and not there:
        return None
    indent = " " * (there[-1].start_mark.column - 2 if there else block.start_mark.column + 2)
    lines = _lines(part, indent)
    head = "" if there else f"\n{' ' * block.start_mark.column}{key}:"
    end = _end(text, at if not there else (*at, key))
    changed = f"{text[:end]}{head}\n{indent}- {lines}{text[end:]}"
    known = _value(tree.value, (*at, key))
    wanted = (*(known if isinstance(known, tuple) else ()), dict(part))
    return changed if _reads_as(changed, _changed(tree.value, (*at, key), wanted)) else None


def _lines(part: Mapping[str, str], indent: str) -> str:
    """A part's keys as they stand after its dash."""
    return f"\n{indent}  ".join(f"{k}: {json.dumps(v, ensure_ascii=False)}" for k, v in part.items())


def without_part(text: str, list_key: str, place: int) -> str | None:
    """The text without that part of a list and what is said of it there; the last one always stays."""
    tree = readable(text)
    parts = tree.value.get(list_key) if tree and isinstance(tree.value, dict) else None
    dash = _dash(text, (list_key, place))
    if tree is None or dash is None or not isinstance(parts, tuple) or len(parts) < 2:
        return None
    if place + 1 < len(parts):
        following = _dash(text, (list_key, place + 1))
        changed = text[:dash] + text[following:] if following is not None else ""
    else:
        changed = text[: text.rfind("\n", 0, dash)] + text[_end(text, (list_key, place)) :]
    wanted = {**tree.value, list_key: (*parts[:place], *parts[place + 1 :])}  # type: ignore[dict-item]
    return changed if _reads_as(changed, wanted) else None


def file_text(path: Path) -> tuple[str, bytes]:
    """The text of a file with plain line ends, and the bytes it was read from.

    Raises OSError, UnicodeDecodeError.
    """
    content = path.read_bytes()
    return content.decode("utf-8-sig").replace("\r\n", "\n"), content


def file_bytes(text: str, before: bytes) -> bytes:
    """The text as bytes, with the line ends (and the mark at its head) that the file had before."""
    ended = text if text.endswith("\n") else f"{text}\n"
    content = (ended.replace("\n", "\r\n") if b"\r\n" in before else ended).encode()
    return b"\xef\xbb\xbf" + content if before.startswith(b"\xef\xbb\xbf") else content


def _ways(value: str, indent: str, style: str, comment: str) -> Iterator[str]:
    """Ways to write the value, the best to read first; `style` is how it was written before."""
    head = f"-{f' {comment}' if comment else ''}\n"
    if "\n" not in value and (style in ("|", ">") or len(value) > _WIDTH):
        lines = textwrap.wrap(value, _WIDTH - len(indent), break_long_words=False, break_on_hyphens=False)
        yield ">" + head + "\n".join(indent + line for line in lines)
    if "\n" in value:
        yield "|" + head + "\n".join(indent + line if line else "" for line in value.split("\n"))
    if style == "":
        yield value
    if style == "'":
        yield "'" + value.replace("'", "''") + "'"
    yield json.dumps(value, ensure_ascii=False)


def _reads_as(text: str, wanted: object) -> bool:
    tree = readable(text)
    return tree is not None and tree.value == wanted


def _value(whole: object, at: Route) -> object:
    for key in at:
        if isinstance(whole, dict):
            whole = whole.get(key)
        elif isinstance(whole, tuple) and isinstance(key, int):
            whole = whole[key]
    return whole


def _changed(whole: object, at: Route, value: object) -> object:
    if not at:
        return value
    key, rest = at[0], at[1:]
    if isinstance(whole, dict):
        return {**whole, key: _changed(whole.get(key), rest, value)}
    if isinstance(whole, tuple) and isinstance(key, int):
        return (*whole[:key], _changed(whole[key], rest, value), *whole[key + 1 :])
    return value


def _node(text: str, at: Route) -> yaml.Node | None:
    """What stands at `at` in a readable text, with the marks of its first and last character."""
    node = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # as tree.py reads
    for key in at:
        if isinstance(node, yaml.SequenceNode) and isinstance(key, int) and key < len(node.value):
            node = node.value[key]
        elif isinstance(node, yaml.MappingNode):
            node = next((value for name, value in node.value if name.value == key), None)
        else:
            return None
    return node if isinstance(node, yaml.Node) else None


def _dash(text: str, at: Route) -> int | None:
    """Where the dash of a part of a list stands; None when the list is written in brackets."""
    node = _node(text, at)
    if node is None:
        return None
    before = text[: node.start_mark.index].rstrip(" ")
    return len(before) - 1 if before.endswith("-") else None


def _end(text: str, at: Route) -> int:
    """Behind the last character of what stands at `at`, without the line ends after it."""
    node = _node(text, at)
    last = node
    while isinstance(last, yaml.MappingNode | yaml.SequenceNode) and not last.flow_style and last.value:
        last = last.value[-1][1] if isinstance(last, yaml.MappingNode) else last.value[-1]
    if last is None:
        return len(text)
    return last.start_mark.index + len(text[last.start_mark.index : last.end_mark.index].rstrip())
