"""Importing LiteLLM: late, off the event loop, quiet, and reading neither the network nor a `.env`."""

import contextlib
import gc
import importlib
import logging
import os
import threading
import warnings
from typing import Any

from sandbox.models.daemon_thread import on_daemon_thread

_lock = threading.Lock()
_ready: list[Any] = []
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


async def litellm() -> Any:
    """The litellm module, imported on a thread the first time (about 4 s)."""
    if _ready:
        return _ready[0]
    return await on_daemon_thread(_import, "litellm import")


def _import() -> Any:
    with _lock:
        os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"  # else the import fetches a file
        os.environ["LITELLM_MODE"] = "PRODUCTION"  # else it loads a stray .env
        os.environ["HF_HUB_OFFLINE"] = "1"  # else counting tokens of some models fetches a tokenizer
        _keep_loopback_off_proxies()
        module: Any = importlib.import_module("litellm")
        module.suppress_debug_info = True
        module.turn_off_message_logging = True
        module.disable_hf_tokenizer_download = True
        for name in ("LiteLLM", "LiteLLM Router", "LiteLLM Proxy", "LiteLLM Proxy.stdout"):
            logger = logging.getLogger(name)
            logger.setLevel(logging.CRITICAL + 1)
            logger.propagate = False
        # A server's odd reply is our error to report, not a warning over the screen.
        warnings.filterwarnings("ignore", message="Pydantic serializer warnings")
        warnings.filterwarnings("ignore", message="Items? '.*' on TypedDict class")
        _rehearse(module)
        # What was loaded stays for good; a collection that goes through it all would stop the screen.
        gc.freeze()
        _ready.append(module)
        return module


def _rehearse(module: Any) -> None:
    """What LiteLLM would load in its first call is loaded now: there it would stop the screen for 0.5 s."""
    with contextlib.suppress(Exception):  # only a rehearsal: the real call will say what is wrong
        importlib.import_module("anyio._backends._asyncio")
        importlib.import_module("openai.resources.chat.completions")
        module.token_counter(model="openai/rehearsal", text=".")
        importlib.import_module("litellm._service_logger").ServiceLogging()


def _keep_loopback_off_proxies() -> None:
    """A server on this machine is never asked through a proxy, whatever the environment's proxy settings."""
    for name in ("NO_PROXY", "no_proxy"):
        hosts = [host.strip() for host in os.environ.get(name, "").split(",") if host.strip()]
        if "*" not in hosts:
            os.environ[name] = ",".join([*hosts, *(host for host in _LOOPBACK if host not in hosts)])
