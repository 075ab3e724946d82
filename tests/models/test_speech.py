"""What a model says is parted from what it thinks, in whatever pieces it comes."""

from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from sandbox.models.chat_reply import StreamedReply
from sandbox.models.provider import Withdrawn
from sandbox.models.speech import separated

_MARKS = (
    "<think> </think> <THINK> [THINK] [/THINK] ◁think▷ ◁/think▷ <|im_end|> <|eot_id|> <|end|> </s> <s>"
    " <|im_start|>assistant <|channel|>analysis<|message|> <|channel|>final<|message|> [sighs] <b> < | ◁"
)
_PIECES = st.sampled_from([*_MARKS.split(), "I feel", " 85", "\n", " ", "I <3 you", "a < b > c"])


def chunk_of(text: str) -> SimpleNamespace:
    delta = SimpleNamespace(content=text)
    return SimpleNamespace(model="m", choices=[SimpleNamespace(delta=delta, finish_reason=None)])


@given(st.lists(_PIECES, max_size=8), st.integers(1, 9), st.booleans())
def test_what_is_shown_of_a_stream_is_in_the_end_what_was_said(
    pieces: list[str], size: int, begun: bool
) -> None:
    text = "".join(pieces)
    reply = StreamedReply("", begun=begun)
    shown = ""
    parts = [part for at in range(0, len(text), size) for part in reply.take(chunk_of(text[at : at + size]))]
    rest, whole = reply.finished()
    for part in (*parts, *rest):
        shown = "" if isinstance(part, Withdrawn) else shown + part.text
    assert shown == whole.generated == separated(text, begun=begun).said


@given(st.text())
def test_text_without_marks_is_all_said(text: str) -> None:
    plain = "".join(character for character in text if character not in "<[◁")
    assert separated(plain).said == plain and not separated(plain).thoughts


def test_what_looks_like_a_mark_and_is_none_is_said() -> None:
    for text in ("I <3 you.", "[sighs] I don't know.", "It was 5 < 6.", "<b>No.</b>", "I think </3"):
        assert separated(text).said == text


def test_an_unclosed_thought_says_nothing() -> None:
    cut = separated("<think>Perhaps\ndistress: 85")
    assert not cut.said and cut.thinking and "85" in cut.thoughts
