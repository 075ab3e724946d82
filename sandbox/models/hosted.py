"""What is known of the services LiteLLM reaches, by the prefix of a model's name, without importing LiteLLM.

The claims are cautious: what is not sure is not claimed, and a model check can find out more.
"""

import base64
import ipaddress
import os
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from sandbox.models.provider import Capabilities


@dataclass(frozen=True, slots=True)
class Service:
    """A service. `base`: its usual address when it runs on one's own machine ("" for a service elsewhere).

    `base_variable`: the environment variable with another address; `other_bases`: further ones in which
    LiteLLM looks for it. `passes_extra`: takes sampling parameters beyond the common ones. `other_keys`:
    further environment variables in which LiteLLM looks for a key; `keys_elsewhere`: credentials may also be
    in files or come from the machine; `key_optional`: most such servers ask for none.
    """

    key_variable: str = ""
    other_keys: tuple[str, ...] = ()
    keys_elsewhere: bool = False
    key_optional: bool = False
    top_logprobs: int = 0
    base: str = ""
    base_variable: str = ""
    other_bases: tuple[str, ...] = ()
    passes_extra: bool = False


_OLLAMA_SERVICE = Service(
    "OLLAMA_API_KEY", key_optional=True, base="http://localhost:11434", base_variable="OLLAMA_API_BASE"
)

SERVICES: dict[str, Service] = {
    "openai": Service(
        "OPENAI_API_KEY",
        ("OPENAI_ADMIN_KEY",),
        top_logprobs=20,
        base_variable="OPENAI_BASE_URL",
        other_bases=("OPENAI_API_BASE",),
    ),
    "azure": Service("AZURE_API_KEY", keys_elsewhere=True, top_logprobs=20, other_bases=("AZURE_API_BASE",)),
    "anthropic": Service(
        "ANTHROPIC_API_KEY",
        ("ANTHROPIC_AUTH_TOKEN",),
        other_bases=("ANTHROPIC_API_BASE", "ANTHROPIC_BASE_URL"),
    ),
    "gemini": Service("GEMINI_API_KEY", ("GOOGLE_API_KEY",), other_bases=("GEMINI_API_BASE",)),
    "mistral": Service("MISTRAL_API_KEY"),
    "groq": Service("GROQ_API_KEY", other_bases=("GROQ_API_BASE",)),
    "deepseek": Service("DEEPSEEK_API_KEY", top_logprobs=20, other_bases=("DEEPSEEK_API_BASE",)),
    "openrouter": Service("OPENROUTER_API_KEY", ("OR_API_KEY",), other_bases=("OPENROUTER_API_BASE",)),
    "together_ai": Service(
        "TOGETHERAI_API_KEY",
        ("TOGETHER_API_KEY", "TOGETHER_AI_API_KEY", "TOGETHER_AI_TOKEN"),
        other_bases=("TOGETHER_AI_API_BASE",),
    ),
    "fireworks_ai": Service(
        "FIREWORKS_AI_API_KEY",
        ("FIREWORKS_API_KEY", "FIREWORKSAI_API_KEY", "FIREWORKS_AI_TOKEN"),
        top_logprobs=5,
        other_bases=("FIREWORKS_API_BASE",),
    ),
    "xai": Service("XAI_API_KEY", other_bases=("XAI_API_BASE",)),
    "cohere_chat": Service("COHERE_API_KEY", ("CO_API_KEY",), other_bases=("COHERE_API_BASE",)),
    "perplexity": Service(
        "PERPLEXITYAI_API_KEY", ("PERPLEXITY_API_KEY",), other_bases=("PERPLEXITY_API_BASE",)
    ),
    "huggingface": Service(
        "HF_TOKEN",
        ("HUGGINGFACE_API_KEY",),
        keys_elsewhere=True,
        other_bases=("HF_API_BASE", "HUGGINGFACE_API_BASE"),
    ),
    "bedrock": Service("AWS_ACCESS_KEY_ID", keys_elsewhere=True),
    "vertex_ai": Service("GOOGLE_APPLICATION_CREDENTIALS", keys_elsewhere=True),
    "ollama": _OLLAMA_SERVICE,
    "ollama_chat": _OLLAMA_SERVICE,
    "lm_studio": Service(
        "LM_STUDIO_API_KEY",
        key_optional=True,
        base="http://localhost:1234/v1",
        base_variable="LM_STUDIO_API_BASE",
        passes_extra=True,
    ),
    "hosted_vllm": Service(
        "HOSTED_VLLM_API_KEY",
        key_optional=True,
        top_logprobs=20,
        base="http://localhost:8000/v1",
        base_variable="HOSTED_VLLM_API_BASE",
        passes_extra=True,
    ),
    "llamafile": Service(
        "LLAMAFILE_API_KEY",
        key_optional=True,
        base="http://localhost:8080/v1",
        base_variable="LLAMAFILE_API_BASE",
        passes_extra=True,
    ),
}

# Anthropic's later models refuse a begun reply.
_ANTHROPIC_PREFILL = re.compile(
    r"claude-(?:[23]|instant)|claude-(?:opus|sonnet|haiku)-4(?:-[0-5])?(?:-\d{8}|$)"
)
_STRUCTURED = frozenset({"openai", "azure", "anthropic", "gemini", "hosted_vllm"})
"""Services that hold replies to a JSON Schema, with most of their models; LiteLLM knows which."""
_OLLAMA = frozenset({"ollama", "ollama_chat"})
_OLLAMA_CONTEXT = 8192
"""As long as the embedded model's; by itself Ollama takes 4,096 tokens or fewer on most machines."""
_OLLAMA_CLOUD = re.compile(r"ollama(_chat)?/.*[:-]cloud$", re.IGNORECASE)
_CREDENTIALS = re.compile(r"(?:(?<=//)|^)[^/?#\s]*@")
_OPENAI_WITHOUT_LOGPROBS = re.compile(r"o\d|gpt-5")
_REASONING = re.compile(
    r"(?:^|/)(?:o\d|gpt-5(?!.*chat)|gpt-oss|gemini-(?:2\.5-(?!flash-lite)|[3-9])|deepseek-(?:reasoner|r1)"
    r"|magistral|qwq|qwen3(?!.*(?:instruct|coder))|grok-(?:3-mini|4)(?!.*non-reasoning))",
    re.IGNORECASE,
)
"""Models that reason by themselves; those that do so only when asked, as Anthropic's, are not among them."""


def service_of(name: str) -> Service:
    """The service of a LiteLLM name such as `openai/gpt-4o`; a blank one if it is not listed."""
    return SERVICES.get(name.partition("/")[0], Service())


def capabilities_of(name: str, *, local: bool) -> Capabilities:
    prefix, _, model = name.partition("/")
    service = service_of(name)
    reasoning = bool(_REASONING.search(model))
    without = (prefix == "openai" and _OPENAI_WITHOUT_LOGPROBS.match(model)) or (
        prefix == "deepseek" and reasoning
    )
    top = 0 if without else service.top_logprobs
    prefill = bool(prefix == "anthropic" and _ANTHROPIC_PREFILL.match(model))
    context = _ollama_context() if prefix in _OLLAMA and not _OLLAMA_CLOUD.match(name) else None
    return Capabilities(
        top_logprobs=top,
        prefill=prefill,
        local=local,
        context=context,
        structured=prefix in _STRUCTURED,
        reasoning=reasoning,
    )


def parameters_of(name: str, context: int | None) -> dict[str, Any]:
    """What LiteLLM is given in every call to the model beyond what is asked.

    Ollama is told its context: it has a short one by default, and loads the model anew when it changes. It
    cuts a longer conversation at its beginning without a word unless it is told to refuse it.
    """
    if context is None or name.partition("/")[0] not in _OLLAMA:
        return {}
    return {"num_ctx": context, "extra_body": {"truncate": False, "shift": False}}


def _ollama_context() -> int:
    """In tokens, from the environment variable that Ollama's server reads as well, if it is set here."""
    wanted = os.environ.get("OLLAMA_CONTEXT_LENGTH", "")
    return int(wanted) if wanted.isdecimal() and int(wanted) else _OLLAMA_CONTEXT


def stays_here(name: str, base: str) -> bool:
    """Whether what is sent to the model `name` at the address `base` ("" unknown) stays on this machine.

    Ollama passes the models it calls “cloud” on to its own service.
    """
    return bool(base) and is_loopback(base) and not _OLLAMA_CLOUD.match(name)


def without_credentials(address: str) -> str:
    """A URL (or host:port) as it may be shown: without the user name and password that may stand in it."""
    return _CREDENTIALS.sub("", address)


def authorization_of(address: str) -> str:
    """The Authorization header that the user name and password in a URL stand for, "" without them."""
    try:
        parts = urlsplit(address)
    except ValueError:  # no URL; whoever asks there will say so
        return ""
    if parts.username is None:
        return ""
    pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


def is_loopback(address: str) -> bool:
    """Whether a URL (or host:port) points at this machine; host names other than localhost do not count."""
    try:
        host = urlsplit(address if "//" in address else f"//{address}").hostname or ""
        if host == "localhost":
            return True
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
