"""What happens in a run can go to another process and comes back equal: events, and the errors in them."""

import pickle
from datetime import UTC, datetime

import pytest

from sandbox.engine.events import SessionFinished
from sandbox.engine.run import run
from sandbox.errors import NotFoundError, Problem, SandboxError
from sandbox.export.file import ExportError
from sandbox.library.document import InvalidDocument
from sandbox.models.provider import Attempt, ModelError
from tests.engine.test_run import collect
from tests.store.runs import breathing_and_control, scripted

PROBLEMS = (
    Problem("unknown key", ("say",), "did you mean say?", file="a.yaml", line=3),
    Problem("empty", file="a.yaml", line=4),
)
ERRORS = [
    NotFoundError("No such session.", where="last", todo="sandbox show"),
    ExportError("The file is there already."),
    InvalidDocument(PROBLEMS),
    ModelError(
        "The server failed.",
        kind="server error",
        where="openai/x",
        todo="Try again later.",
        attempts=(Attempt(datetime(2026, 1, 2, tzinfo=UTC), 0.5, 0.0, "server error", "500"),),
    ),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_comes_back_equal(error: SandboxError) -> None:
    back = pickle.loads(pickle.dumps(error))
    assert back == error and back is not error
    assert str(back) == str(error) and back.exit_code == error.exit_code
    assert vars(back) == vars(error)


def test_errors_that_say_other_things_differ() -> None:
    assert SandboxError("a") != SandboxError("b")
    assert SandboxError("a", todo="x") != SandboxError("a", todo="y")
    assert SandboxError("a") != NotFoundError("a")


async def test_every_event_of_a_run_comes_back_equal() -> None:
    events = await collect(run(breathing_and_control(), scripted()))
    assert isinstance(events[-1], SessionFinished)
    for event in (*events, SessionFinished("s1", "failed", "words", ERRORS[-1])):
        assert pickle.loads(pickle.dumps(event)) == event
