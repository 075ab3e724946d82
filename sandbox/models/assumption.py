"""What a server's answers have shown of log-probabilities, where its kind alone does not tell. Asks nobody.

Kept until the app ends, for every provider of the same model at the same address: a check, a call before a
run and a run's own answers all tell.
"""

_GIVES: dict[tuple[str, str], bool] = {}


def note_log_probabilities(model: str, address: str, *, given: bool) -> None:
    """An answer that was to have them came with them, or without."""
    _GIVES[model, address] = given


def gives_log_probabilities(model: str, address: str) -> bool | None:
    """None where no answer has shown it."""
    return _GIVES.get((model, address))
