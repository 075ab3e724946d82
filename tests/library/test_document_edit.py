"""A value is changed in its place: every other value, every comment and their order stay."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.errors import Route
from sandbox.library.blank import blank
from sandbox.library.document import FOLDERS, Kind
from sandbox.library.workspace import shipped_content
from sandbox.library.yaml.edit import file_bytes, readable, with_part, with_value, without_part

HEAD = """\
# first
id: a        # its id
title: "A: title"   # named
steps:
  # before one
  - id: one
    say: >-  # folded
      Sit down.
      And rest.
#     repeat: later
  - {id: two, say: 'It''s here – “now”', when: really?}

  - id: three
    say: |-
      Two
        lines.
# last
"""
TEXTS = [("title",), ("steps", 0, "say"), ("steps", 1, "say"), ("steps", 2, "say"), ("steps", 0, "id")]


def comments(text: str) -> list[str]:
    return re.findall(r"(?m)(?:^|\s)(#.*)$", text)


def value(text: str, at: Route) -> str:
    tree = readable(text)
    assert tree is not None
    return tree.values[at].written


@pytest.mark.parametrize("at", TEXTS, ids=str)
@given(new=st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"), include_characters="\n")))
def test_any_text_is_written_and_nothing_else_is_changed(at: Route, new: str) -> None:
    changed = with_value(HEAD, at, new)
    if changed is None:
        assert re.search("[\ufffe\uffff\x7f-\x9f]", new), "only what no document may hold is refused"
        return
    assert value(changed, at) == new
    assert all(value(changed, other) == value(HEAD, other) for other in TEXTS if other != at)
    lines = changed.split("\n")
    for comment in comments(HEAD):
        assert any(line.endswith(comment) for line in lines) or comment == "# folded", comment


def test_texts_are_written_as_a_person_would() -> None:
    words = "Breathe in slowly, and notice where the breath is felt: nose, chest or belly. " * 2
    changed = with_value(HEAD, ("steps", 0, "say"), words.strip())
    assert changed is not None
    assert "    say: >-  # folded\n".replace("  #", " #") in changed.replace("  #", " #")
    assert "      Breathe in slowly" in changed and max(map(len, changed.split("\n"))) <= 100
    paragraphs = with_value(HEAD, ("steps", 0, "say"), "One.\n\nTwo.")
    assert (
        paragraphs is not None
        and "|-" in paragraphs
        and "      One.\n\n      Two.\n#     repeat" in paragraphs
    )


def test_parts_are_added_and_taken_away() -> None:
    for place in range(4):
        added = with_part(HEAD, "steps", place, {"id": "new", "say": "Here: “it” is"})
        assert added is not None and comments(added) == comments(HEAD)
        assert value(added, ("steps", place, "say")) == "Here: “it” is"
        assert without_part(added, "steps", place) == HEAD
    for place in range(3):
        less = without_part(HEAD, "steps", place)
        assert less is not None and "# last" in less and "# before one" in less
    assert without_part("steps:\n  - id: a\n", "steps", 0) is None
    assert with_part("steps: [{id: a}]\n", "steps", 1, {"id": "b"}) is None
    assert with_value("a: &x b\nc: *x\n", ("a",), "d") is None


def test_every_shipped_text_can_be_edited() -> None:
    """Also those of new documents, which are full of comments."""
    texts = [blank(kind, "a-b") for kind in FOLDERS]
    texts += [path.read_text(encoding="utf-8") for path in sorted(_some(shipped_content()))]
    for text in texts:
        tree = readable(text)
        assert tree is not None
        for at, place in tree.values.items():
            if at[-1:] in {("say",), ("title",), ("description",), ("text",), ("system",)} and place.written:
                changed = with_value(text, at, "Something: else, “quite” # new")
                assert changed is not None and value(changed, at) == "Something: else, “quite” # new", at
                assert len(comments(changed)) >= len(comments(text))


def _some(root: Path) -> list[Path]:
    return [path for folder in FOLDERS.values() for path in sorted((root / folder).glob("*.yaml"))[::6]]


@pytest.mark.parametrize("kind", FOLDERS)
def test_a_new_document_takes_the_title_typed(kind: Kind) -> None:
    text = blank(kind, "leaves", "Leaves: on a “stream”")
    assert value(text, ("title",)) == "Leaves: on a “stream”"


def test_line_ends_and_the_mark_at_the_head_stay() -> None:
    assert file_bytes("a: b\nc: d", b"\xef\xbb\xbfa: x\r\n") == b"\xef\xbb\xbfa: b\r\nc: d\r\n"
    assert file_bytes("a: b\n", b"a: x\n") == b"a: b\n"
