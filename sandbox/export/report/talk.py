"""What was said in a shared start and its arms, for a report: a turn a row, the arms side by side."""

from collections.abc import Iterator, Sequence

from sandbox.analysis.arm import Arm
from sandbox.engine.history import Turn, turn_labels
from sandbox.export.report.blocks import Block, Conversation, Heading, Paragraph, Said


def talk(arms: Sequence[Arm]) -> Iterator[Block]:
    """The conversation of arms that share a start: the start once, then what each arm said at each turn."""
    if not arms:
        return
    yield Heading("What was said")
    first = arms[0]
    yield Paragraph(
        f"One run in full, the middle one by its change (seed {first.plan.seed}, shared start {first.trunk})."
        " Every run can be read with the command sandbox show."
    )
    groups: dict[int, list[Arm]] = {}
    for arm in arms:
        groups.setdefault(arm.began.after_turn, []).append(arm)
    for began, members in groups.items():
        yield from _shared(members[0], began)
        yield _side_by_side(members)


def _shared(arm: Arm, began: int) -> Iterator[Block]:
    """What was said before these arms began; nothing where they left from the baseline."""
    labels = turn_labels(arm.history.turns)
    shared = arm.history.turns[:began]
    if shared:
        yield Conversation(("Shared start",), tuple(((_told(turn, labels[turn.index])),) for turn in shared))


def _side_by_side(arms: Sequence[Arm]) -> Conversation:
    """A turn a row, in the order in which they were said; the follow-up of unequal arms stands last."""
    columns = [_own(arm) for arm in arms]
    last: dict[str, int] = {}
    for arm in arms:
        labels = turn_labels(arm.history.turns)
        for turn in arm.history.turns[arm.began.after_turn :]:
            last[labels[turn.index]] = max(last.get(labels[turn.index], 0), turn.index)
    places = sorted(last, key=lambda place: last[place])
    return Conversation(
        tuple(arm.title for arm in arms),
        tuple(
            tuple(
                column.get(place, (Said(place, "", "", f"{place}: nothing was said."),)) for column in columns
            )
            for place in places
        ),
    )


def _own(arm: Arm) -> dict[str, tuple[Said, ...]]:
    labels = turn_labels(arm.history.turns)
    own = arm.history.turns[arm.began.after_turn :]
    return {labels[turn.index]: _told(turn, labels[turn.index]) for turn in own}


def _told(turn: Turn, place: str) -> tuple[Said, ...]:
    speaker = {"technique": "therapist", "follow-up": "follow-up"}.get(turn.phase, "scenario")
    if turn.reply is None:
        return (Said(place, speaker, turn.said, "Told without waiting for an answer."),)
    note = "The model declined to answer." if turn.refused else ""
    return Said(place, speaker, turn.said), Said(place, "client (simulated)", turn.reply, note)
