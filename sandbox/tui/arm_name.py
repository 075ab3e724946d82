"""What an arm is called where there is little room. Numbering arms is `RunState.titles`."""

from collections.abc import Sequence

from sandbox.text import printable


def shortened(name: str, room: int) -> str:
    """The name in at most `room` cells; the number that tells it from another of that name stays."""
    flat = " ".join(printable(name).split())
    if len(flat) <= room:
        return flat
    last = flat.rpartition(" ")[2]
    number = f" {last}" if last.isdigit() else ""
    return f"{flat[: max(1, room - 1 - len(number))].rstrip()}…{number}"


def distinct(names: Sequence[str], room: int) -> list[str]:
    """The names in at most `room` cells each; those that would read alike keep the part that differs.

    `Leaves on a stream, seed 3` and `…, seed 4` become `Leaves…, seed 3` and `Leaves…, seed 4`.
    """
    flat = [" ".join(printable(name).split()) for name in names]
    short = [shortened(name, room) for name in flat]
    for one in {name for name in short if short.count(name) > 1}:
        places = [place for place, name in enumerate(short) if name == one]
        alike = _common([flat[place] for place in places])
        for place in places:
            tail = flat[place][alike:]
            kept = tail[max(0, len(tail) - max(1, room - 2)) :]
            head = flat[place][: max(1, room - 1 - len(kept))].rstrip(" ,(")
            if len(flat[place]) > room and kept:
                short[place] = f"{head}…{kept}"
    return short


def _common(names: Sequence[str]) -> int:
    """How many characters all names begin with, up to the last sign between words in them."""
    alike = 0
    for at, signs in enumerate(zip(*names, strict=False)):
        if len(set(signs)) > 1:
            break
        alike = at if signs[0] in " ,(" else alike
    return alike
