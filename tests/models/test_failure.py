"""What a clinician is told of a call that failed: the server's words, without the innards of libraries."""

import pytest

from sandbox.models.failure import Failure, explanation
from sandbox.models.provider import Capabilities


@pytest.mark.parametrize(
    "message",
    [
        "Cannot connect to host 127.0.0.1:9 ssl:<ssl.SSLContext object at 0x7f20> "
        "[Connect call failed ('127.0.0.1', 9)]",
        "Cannot connect to host 127.0.0.1:9 ssl:default [Connect call failed ('127.0.0.1', 9)]",
        "Cannot connect to host 127.0.0.1:9",
    ],
)
def test_a_server_that_is_not_there_is_named_by_its_address_alone(message: str) -> None:
    what, todo = explanation(Failure("unavailable", message), "", Capabilities(local=True))
    assert what == "The model cannot be reached. It said: Cannot connect to host 127.0.0.1:9"
    assert todo == "Start the model's server, or check its address, then try again."


def test_other_words_of_a_server_stay_as_they_are() -> None:
    what, _ = explanation(Failure("server error", "out of memory [slot 3] ssl: off"), "", Capabilities())
    assert what.endswith("It said: out of memory [slot 3] ssl: off")
