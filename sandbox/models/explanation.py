"""What to tell a clinician about a call that failed for good: a sentence, and what to do next."""

import re

from sandbox.models.failure import Failure, context_message
from sandbox.models.provider import Capabilities, FailureKind

_SENTENCES: dict[FailureKind, tuple[str, str]] = {
    "unavailable": ("The model cannot be reached.", "Check the network connection, then resume."),
    "timeout": ("The model did not answer in time.", "Try again later, or choose a faster model."),
    "rate limited": ("The model's provider asks for fewer calls.", "Wait a while, then resume."),
    "server error": ("The model's server failed.", "Try again later; nothing recorded is lost."),
    "malformed": ("The model's server sent a reply that cannot be read.", "Check the server's address."),
    "empty": ("The model gave no words.", "Use another seed, or another model."),
    "context exceeded": ("", "Nothing was cut or lost. Use fewer steps, or a model with a larger context."),
    "authentication": (
        "The model's provider did not accept the key, or was sent none.",
        "Set {key} to a valid key.",
    ),
    "refused": ("The model's provider refused the request.", "Use milder texts, or another model."),
    "bad request": ("The model's server refused the call.", "Check the model and its parameters."),
}

_INNARDS = re.compile(r" (?:ssl:(?:<[^>]*>|\w+)|\[Connect call failed [^\]]*\])")
"""What the HTTP library adds to the address that it cannot connect to."""


def explanation(
    failure: Failure,
    key_variable: str,
    capabilities: Capabilities,
    *,
    in_app: bool = False,
    address: str = "",
) -> tuple[str, str]:
    """What happened, and what to do next.

    `key_variable`: the key's environment variable, "" unknown. `in_app`: the app itself serves the model,
    from a file; when that does not start, the failure is not retryable. `address`: where it was asked, fit to
    be shown, "" for the service's own.
    """
    what, todo = _SENTENCES[failure.kind]
    if failure.kind == "context exceeded":
        return context_message(failure.message, capabilities.context), todo
    if failure.kind == "unavailable" and in_app:
        if not failure.retryable:
            todo = "Check the file, or download it again. It also has to fit into this machine's memory."
            return f"The model's file cannot be loaded. {failure.message}", todo
        todo = "Resume: its process is then started again."
    elif failure.kind == "unavailable" and capabilities.local:
        todo = "Start the model's server, or check its address, then try again."
    if failure.kind == "unavailable" and address and not in_app:
        what = f"Nothing answers at {address}."
    if failure.kind == "bad request" and failure.status == 404:
        what, todo = _not_found(address)
    key = f"the environment variable {key_variable}" if key_variable else "the model's key"
    message = _INNARDS.sub("", failure.message)
    said = f" It said: {message}" if message and failure.kind != "timeout" else ""
    if failure.out_of_room:
        what, said = "The model wrote no reply.", f" {message}"
        todo = "Use a model that reasons less, or turn its reasoning off on its server."
    if failure.kind == "rate limited" and failure.retry_after:
        stop = "." if said and said[-1] not in ".!?”" else ""
        said += f"{stop} It asks to wait {_wait(failure.retry_after)}."
        todo = "Wait that long, then resume."
    return what + said, todo.format(key=key)


def _not_found(address: str) -> tuple[str, str]:
    """A 404 comes from a server that does not have the model, and from one that does not have the page."""
    if not address:
        return "The model's provider does not know this model.", "Check the model's name."
    return (
        f"What answers at {address} does not know this model, or no such page.",
        "Check the model's name and the address, which often ends in /v1.",
    )


def _wait(seconds: float) -> str:
    """`90 s`, `3,600 s (1 hour)`."""
    whole = max(1, round(seconds))
    if whole < 120:
        return f"{whole} s"
    hours, minutes = divmod(round(whole / 60), 60)
    told = [f"{hours} hour{'s' * (hours > 1)}"] if hours else []
    told += [f"{minutes} minute{'s' * (minutes > 1)}"] if minutes else []
    return f"{whole:,} s ({' '.join(told)})"
