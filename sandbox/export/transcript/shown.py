"""What of a session an export has in it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shown:
    """`scores`: measurements, trajectories and effects. `items`: each answer of a measurement beside its
    scores. `system`: the text that the client's model was given before anything was said."""

    scores: bool = True
    items: bool = True
    system: bool = False


ALL_BUT_SYSTEM = Shown()
