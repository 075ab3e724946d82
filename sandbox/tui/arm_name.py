"""What an arm is called where there is little room. Numbering arms is `RunState.titles`."""

from sandbox.text import printable


def shortened(name: str, room: int) -> str:
    """The name in at most `room` cells; the number that tells it from another of that name stays."""
    flat = " ".join(printable(name).split())
    if len(flat) <= room:
        return flat
    last = flat.rpartition(" ")[2]
    number = f" {last}" if last.isdigit() else ""
    return f"{flat[: max(1, room - 1 - len(number))].rstrip()}…{number}"
