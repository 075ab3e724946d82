"""What a model says: thoughts and stop marks are taken out here and nowhere else; and where a sentence ends.

Whole and streamed replies go through `separated`; knows no server and no library.
"""

import re
from dataclasses import dataclass, field
from typing import Literal

_NAMES = r"(?:think|thinking|thought|thoughts|reasoning|seed:think)"
_KINDS = {
    "open": rf"<{_NAMES}>|\[THINK\]|◁think▷",
    "close": rf"</{_NAMES}>|\[/THINK\]|◁/think▷",
    # gpt-oss names a channel before each part; all but the last are thoughts.
    "channel": r"<\|channel\|>\s*(?P<name>[a-z]+)[^<]{0,60}<\|message\|>",
    "begin": r"<\|im_start\|>(?:assistant\s*)?|<\|start\|>(?:assistant)?|<start_of_turn>(?:model\s*)?"
    r"|<\|start_header_id\|>(?:assistant<\|end_header_id\|>\s*)?|<\|assistant\|>"
    r"|<s>|<bos>|<\|begin_of_text\|>|<｜begin▁of▁sentence｜>|<｜Assistant｜>",
    "end": r"<\|(?:im_end|eot_id|eom_id|end|endoftext|end_of_text|eos|return|call|user|system"
    r"|END_OF_TURN_TOKEN|end_of_turn)\|>|</s>|<eos>|<end_of_turn>|<｜end▁of▁sentence｜>|<｜User｜>|\[/?INST\]",
}
"""Marks of chat templates that a server has let through, by what they do to what follows."""

_MARK = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _KINDS.items()), re.IGNORECASE)
_LITERALS = tuple(
    mark.casefold()
    for mark in (
        *(f"<{slash}{name}>" for slash in ("", "/") for name in
          ("think", "thinking", "thought", "thoughts", "reasoning", "seed:think")),
        "[think]", "[/think]", "◁think▷", "◁/think▷", "[inst]", "[/inst]", "</s>", "<s>", "<bos>", "<eos>",
        "<end_of_turn>", "<start_of_turn>model\n", "<|im_start|>assistant\n", "<|start|>assistant",
        "<|start_header_id|>assistant<|end_header_id|>\n\n",
        "<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>", "<｜assistant｜>", "<｜user｜>",
    )
)  # fmt: skip
_LONGEST = 100
_BEGINNING = re.compile(
    r"<\|[^<>|]{0,24}\|?$|<\|channel\|>[^<]{0,60}(?:<(?:\|[a-z|]{0,9})?)?$", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Speech:
    """A reply in its parts. `held` may be the beginning of a mark and waits for what comes next.

    `closed`: a thought's end was met without its beginning, which the model's template had written.
    `thinking`: the text ends within a thought. `ended`: a stop mark ended the reply; the rest is dropped.
    """

    said: str
    thoughts: str
    held: str = ""
    closed: bool = False
    thinking: bool = False
    ended: bool = False


def separated(text: str, *, whole: bool = True, begun: bool = False, cut: bool = False) -> Speech:
    """`text` (after any prefill) in its parts; with `whole` off, more of it is to come.

    `begun`: the model's template is known to begin a thought before the first word. Then everything is one
    until its end is met. A whole text in which no end is met was said, unless it was `cut` at its limit.
    """
    parts = _Parts()
    place = 0
    for mark in _MARK.finditer(text):
        parts.take(text[place : mark.start()])
        place = mark.end()
        parts.meet(mark)
        if parts.ended:
            break
    rest = "" if parts.ended else text[place:]
    held = "" if whole or parts.ended else _possible_mark(rest)
    parts.take(rest[: len(rest) - len(held)])
    if begun and not parts.marked and (cut or not whole):
        return Speech("", text.strip() if whole else "", held="" if whole else text, thinking=True)
    said = "".join(parts.said)
    # What stood between the marks and the first word is the template's, not the model's.
    bare = said.lstrip() if parts.marked else said
    return Speech(
        bare, "\n\n".join(filter(None, (one.strip() for one in parts.thoughts))),
        held, parts.closed, parts.thinking, parts.ended,
    )  # fmt: skip


@dataclass(slots=True)
class _Parts:
    said: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    thinking: bool = False
    closed: bool = False
    ended: bool = False
    marked: bool = False

    def take(self, text: str) -> None:
        if text:
            (self.thoughts if self.thinking else self.said).append(text)

    def meet(self, mark: re.Match[str]) -> None:
        kind = _kind(mark)
        if kind == "open" or (kind == "channel" and (mark["name"] or "").casefold() != "final"):
            self.thinking = self.marked = True
        elif kind == "close" and not self.thinking:  # all that was taken for speech was a thought
            self.thoughts, self.said = [*self.thoughts, *self.said], []
            self.closed = self.marked = True
        elif kind in ("close", "channel") or (kind == "end" and self.thinking):
            self.thinking, self.marked = False, True
        elif kind == "end" or (kind == "begin" and self._has_said):
            self.ended = True
        else:
            self.marked = True

    @property
    def _has_said(self) -> bool:
        return any(not piece.isspace() for piece in self.said)


_Kind = Literal["open", "close", "channel", "begin", "end"]


def _kind(mark: re.Match[str]) -> _Kind:
    found: list[_Kind] = [
        kind for kind in ("open", "close", "channel", "begin", "end") if mark[kind] is not None
    ]
    return found[0]


def _possible_mark(text: str) -> str:
    """The end of `text` that the next piece could make a mark, "" without one."""
    start = max(0, len(text) - _LONGEST)
    for place in range(start, len(text)):
        if text[place] in "<[◁":
            tail = text[place:]
            if _BEGINNING.match(tail) or any(one.startswith(tail.casefold()) for one in _LITERALS):
                return tail
    return ""


_END = re.compile(r"[.!?…]+[\"'”’»)\]*]*(?=\s|$)")


def cut_to_sentence(text: str) -> str:
    """`text` through its last full sentence (closing quotes included); the whole text if it has none."""
    ends = [match.end() for match in _END.finditer(text)]
    return text[: ends[-1]] if ends else text
