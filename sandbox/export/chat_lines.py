"""Sessions as JSON Lines of chat messages: a conversation a line, as tools for language models read them."""

import json

from sandbox.analysis.family import Family
from sandbox.export import NOTICE
from sandbox.export.transcript.course import Shown, turn_ids
from sandbox.store.session import StoredSession


def chat_lines(family: Family, shown: Shown) -> str:
    """A line for each session that is shown, with all it inherited, in ASCII; each ends in a line feed.

    `messages` have `role`, `content`, `id` and `name`: what was said is the user's, what was replied the
    assistant's; the name is who spoke (scenario, therapist,
    follow-up, client). `state` is how far the session got.
    With `shown.system` the text that the client's model was given comes first.
    """
    return "".join(
        json.dumps(_conversation(family, family.arm(arm.id).title, shown, session)) + "\n"
        for arm in family.arms
        for session in family.sessions
        if session.head.id == arm.id
    )


def _conversation(family: Family, title: str, shown: Shown, session: StoredSession) -> dict[str, object]:
    plan, id = session.head.plan, session.head.id
    ids = turn_ids(family, session)
    messages: list[dict[str, str]] = []
    if shown.system:
        messages.append({"role": "system", "content": plan.client.told_first})
    for turn in session.history.turns:
        where = ids[turn.index]
        who = {"induction": "scenario", "technique": "therapist"}.get(turn.phase, "follow-up")
        messages.append({"role": "user", "content": turn.said, "id": where, "name": who})
        if turn.reply is not None:
            messages.append({"role": "assistant", "content": turn.reply, "id": where, "name": "client"})
    return {
        "messages": messages,
        "session": id,
        "shared_start": family.trunk,
        "title": title,
        "state": session.state.now,
        "control": bool(plan.technique and plan.technique.is_control),
        "model": plan.model,
        "scenario": plan.scenario.id,
        "technique": plan.technique.id if plan.technique else None,
        "seed": plan.seed,
        "app_version": session.app_version,
        "notice": NOTICE,
    }
