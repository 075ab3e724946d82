"""Who speaks when in a conversation that is sent to a model. Changes no word of it."""

from collections.abc import Iterable

from sandbox.models.provider import Message


def alternating(messages: Iterable[Message]) -> tuple[Message, ...]:
    """The messages, what user messages in a row say joined in one: many chat templates demand that roles
    alternate."""
    result: list[Message] = []
    for message in messages:
        if result and result[-1].role == message.role == "user":
            result[-1] = Message("user", f"{result[-1].content}\n\n{message.content}")
        else:
            result.append(message)
    return tuple(result)
