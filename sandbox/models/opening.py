"""From a model's name, as the user gives it, to a provider. Imports no model library and calls no model."""

import os
import re
from pathlib import Path

from sandbox.errors import UsageError
from sandbox.models.address import address_of, refuse_wrong_address
from sandbox.models.hosted import (
    Service,
    capabilities_of,
    parameters_of,
    service_of,
    stays_here,
    without_credentials,
)
from sandbox.models.key import find_key, key_place, keyring_installed
from sandbox.models.name import full_name, is_own
from sandbox.models.provider import REASONING_TOKENS, Capabilities, ModelError, Provider, Sampling
from sandbox.models.retry import RetryPolicy
from sandbox.settings import load_settings

HOSTED_SAMPLING = Sampling(temperature=0.5, max_tokens=300)
"""The temperature of Wekenborg et al. 2026."""

_NAME = re.compile(r"[a-z0-9_-]+/[^\s/][^\s]*", re.IGNORECASE)
_EXAMPLES = "Examples: embedded, gguf:PATH, openai/gpt-4o, anthropic/claude-sonnet-4-5, ollama_chat/llama3.2"
_LOCAL_POLICY = RetryPolicy(timeout=600.0, idle_timeout=300.0)


def open_model(name: str, *, local_only: bool = False) -> Provider:
    """The provider of `embedded`, `gguf:PATH` or a LiteLLM name (`service/model`).

    With `local_only`, or with the setting of that name on, a model that is not served on this machine is
    refused. A key in the keyring fills in for one that is not in the environment. Raises UsageError for a
    name of no known shape or an address that is none, ModelError when a model is refused or a local one's
    file is missing or wrong.
    """
    name = full_name(name)
    if is_own(name):
        return _embedded(name)
    if not _NAME.fullmatch(name):
        what = f"“{name}” is not the name of a model." if name else "No model is named."
        raise UsageError(what, todo=_EXAMPLES)
    return _through_litellm(name, local_only)


def refuse_without_key(*names: str) -> None:
    """Raises ModelError when a model of these needs a key and none is at hand. Asks no service.

    To be called before anything is planned: a run would end at its first call. Where a service takes its
    credentials from more places than can be looked into here, the call has to find out.
    """
    for name in dict.fromkeys(names):
        service = service_of(name)
        optional = service.key_optional or service.keys_elsewhere or not service.key_variable
        if optional or stays_here(name, address_of(service)):
            continue
        if not any(map(os.environ.get, service.other_keys)) and not find_key(service.key_variable):
            kept = f", or: sandbox models --set-key {service.key_variable}" if keyring_installed() else ""
            raise ModelError(
                "There is no key for this model.",
                kind="authentication",
                where=name,
                todo=f"export {service.key_variable}=…{kept}. The model “embedded” needs none.",
            )


def _embedded(name: str) -> Provider:
    from sandbox.models.embedded import embedded_model, gguf_model

    if name == "embedded":
        return embedded_model()
    path = name.partition(":")[2].strip()
    if not path:
        raise UsageError("No file is named after gguf:", todo="Write it as gguf:models/some-model.gguf")
    return gguf_model(Path(path), name)


def _through_litellm(name: str, local_only: bool) -> Provider:
    from sandbox.models.chat import ChatProvider
    from sandbox.models.litellm_way import LiteLLM

    service = service_of(name)
    refuse_wrong_address(service)
    base = address_of(service)
    local = stays_here(name, base)
    if not local and (local_only or load_settings().settings.local_only):
        raise ModelError(
            "Local only is on, and this model is not served on this machine.",
            kind="refused",
            where=name,
            todo="Use embedded, gguf:PATH or a server on localhost (ollama_chat/…), or turn local only off.",
        )
    able = capabilities_of(name, local=local)
    return ChatProvider(
        LiteLLM(),
        name,
        # LiteLLM is told the address that was judged, so that it cannot find another one for itself.
        api_base=base or None,
        api_key=_key(service, local=local),
        capabilities=able,
        sampling=HOSTED_SAMPLING,
        facts=_facts(able, base),
        parameters=parameters_of(name, able.context),
        policy=_LOCAL_POLICY if local else RetryPolicy(),
        key_variable=service.key_variable,
        passes_extra=service.passes_extra,
    )


def _facts(able: Capabilities, base: str) -> dict[str, str]:
    """What every call is made with beside what stands in its own parameters, and the server it goes to."""
    facts = {
        "server": without_credentials(base),
        "context": able.context,
        "tokens for reasoning": REASONING_TOKENS if able.reasoning else None,
    }
    return {name: str(value) for name, value in facts.items() if value}


def _key(service: Service, *, local: bool) -> str | None:
    """None where LiteLLM finds the key in the environment by itself.

    A key kept for a service elsewhere is not sent to a server on this machine.
    """
    place = key_place(service.key_variable)
    if place == "environment":
        return None
    if place == "this run" or service.key_optional or not local:
        return find_key(service.key_variable) or ("none" if local else None)
    return "none"
