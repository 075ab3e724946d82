"""What a client comes to know in the course of a session: facts that a question opens, and what comes back.

A fact that was not asked about is not in the prompt, so a model cannot give it away. What is opened is said
as a stage direction after the therapist's words of that turn, and stays there: the beginning of the
conversation never changes. Pure: it follows from the document and from what was said.
"""

import re
from collections.abc import Iterator, Sequence

from sandbox.engine.history import Turn
from sandbox.engine.phase import Phase
from sandbox.library.client import Client, Disclosure

_SENTENCE = re.compile(r"[^.!?…]+[.!?…]*")
_OPEN = re.compile(r"\b(?:what|how|where|when|who|which|why)\b", re.IGNORECASE)
_REQUEST = re.compile(r"\s*(?:please,? )?(?:tell me|describe|say more)\b", re.IGNORECASE)


def as_heard(client: Client, before: Sequence[Turn], said: str, phase: Phase) -> str:
    """What the client's model is sent of a turn: what is said and, where it opens something, a direction.

    `before` are the turns up to it. Only the therapist's words open anything, not the scenario's.
    """
    if phase != "technique" or not (client.discloses or client.relapses):
        return said
    told = [f"You may tell this now, in your own words: {one.fact}" for one in opened(client, before, said)]
    number = 1 + sum(turn.phase == "technique" for turn in before)
    told += [one.fact for one in client.relapses if one.at == number]
    return f"{said}\n\n({' '.join(told)})" if told else said


def opened(client: Client, before: Sequence[Turn], said: str) -> Iterator[Disclosure]:
    """The facts that these words of the therapist open, and none did before."""
    earlier = [turn.said for turn in before if turn.phase == "technique"]
    for one in client.discloses:
        if asks_about(said, one) and not any(asks_about(text, one) for text in earlier):
            yield one


def asks_about(said: str, disclosure: Disclosure) -> bool:
    """Whether these words hold a question, of the kind it needs, that has one of its words.

    A sentence without a question mark is no question, but where it begins by asking to be told.
    """
    return any(
        _named(sentence, disclosure.asked)
        and (
            bool(_REQUEST.match(sentence))
            or ("?" in sentence and (disclosure.question == "any" or bool(_OPEN.search(sentence))))
        )
        for sentence in _SENTENCE.findall(said)
    )


def tells(reply: str, disclosure: Disclosure) -> bool:
    """Whether a reply has one of the words by which the fact is seen to be told."""
    return _named(reply, disclosure.told)


def _named(text: str, words: Sequence[str]) -> bool:
    return bool(re.search(rf"\b(?:{'|'.join(map(re.escape, words))})\b", text, re.IGNORECASE))
