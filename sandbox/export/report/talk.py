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
    shared = first.history.turns[: first.began.after_turn]
    labels = turn_labels(first.history.turns)
    yield Conversation(("Shared start",), tuple(((*_told(turn, labels[turn.index]),),) for turn in shared))
    columns = [_own(arm) for arm in arms]
    places = list(dict.fromkeys(place for column in columns for place in column))
    places.sort(key=lambda place: (place[0] == "f", int(place[1:])))
    yield Conversation(
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
    speaker = "therapist" if turn.phase == "technique" else "scenario"
    if turn.reply is None:
        return (Said(place, speaker, turn.said, "Told without waiting for an answer."),)
    note = "The model declined to answer." if turn.refused else ""
    return Said(place, speaker, turn.said), Said(place, "client (simulated)", turn.reply, note)
