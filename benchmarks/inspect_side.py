"""The same calls made by inspect_ai: run by `study_speed` in a venv that has it. Imports nothing of ours.

Every sample is a session: its turns go through the solver's `generate`, its measurements through the model on
a copy of the conversation, as its documentation shows. inspect_ai keeps its usual log.
"""

import json
import sys
from typing import Any

from inspect_ai import Task, eval, task
from inspect_ai.dataset import Sample
from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageSystem,
    ChatMessageUser,
    GenerateConfig,
    get_model,
)
from inspect_ai.solver import Generate, Solver, TaskState, solver

_MESSAGES = {"system": ChatMessageSystem, "user": ChatMessageUser, "assistant": ChatMessageAssistant}


def _messages(call: dict[str, Any]) -> list[ChatMessage]:
    return [_MESSAGES[one["role"]](content=one["content"]) for one in call["messages"]]


def _config(call: dict[str, Any], seed: int) -> GenerateConfig:
    top = call.get("top_logprobs")
    return GenerateConfig(
        temperature=call["temperature"], max_tokens=call["max_tokens"], seed=seed,
        logprobs=True if top else None, top_logprobs=top,
    )  # fmt: skip


@solver
def session(calls: list[dict[str, Any]]) -> Solver:
    async def solve(state: TaskState, generate: Generate) -> TaskState:
        seed = int(state.sample_id)
        for call in calls:
            if call["purpose"] == "reply":
                state.messages = _messages(call)
                state = await generate(state, **_config(call, seed).model_dump(exclude_none=True))
            else:
                await get_model().generate(_messages(call), config=_config(call, seed))
        return state

    return solve


@task
def study(calls: list[dict[str, Any]], sessions: int) -> Task:
    return Task(
        dataset=[Sample(input="session", id=seed) for seed in range(1, sessions + 1)], solver=session(calls)
    )


def main() -> None:
    asked = json.load(sys.stdin)
    logs = eval(
        study(asked["calls"], asked["sessions"]),
        model="openai/instant",
        model_base_url=asked["base"],
        model_args={"api_key": "none", "responses_api": False},
        max_samples=asked["at once"],
        max_connections=asked["at once"],
        log_dir=asked["folder"],
        display="none",
    )
    print(json.dumps({"ended": logs[0].status}))


if __name__ == "__main__":
    main()
