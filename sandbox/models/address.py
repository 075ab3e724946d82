"""Where a service is asked: an address for this run, one from the environment, or the usual one.

An address that cannot be one is refused here, before anything is planned. Asks nobody.
"""

import os
import re
from urllib.parse import urlsplit

from sandbox.errors import UsageError
from sandbox.models.hosted import Service, without_credentials
from sandbox.text import printable

_FOR_THIS_RUN: dict[str, str] = {}
_OUTER = " \t\r\n\"'“”„‘’‚«»<>`"
_PAGES = ("/chat/completions", "/completions", "/responses", "/embeddings", "/models", "/api/chat",
          "/api/generate", "/api/tags")  # fmt: skip
_TWICE = re.compile(r"(/v\d+)\1$")


def address_of(service: Service) -> str:
    """The service's address, "" for its own place in the world. It is not checked."""
    if not service.base_variable:  # LiteLLM looks by itself, and such a service counts as elsewhere
        return service.base
    named = (_FOR_THIS_RUN.get(service.base_variable), *map(os.environ.get, _variables(service)))
    return next(filter(None, named), service.base)


def use_address(service: Service, text: str) -> None:
    """Ask the service there until the app ends; an empty text takes that back.

    Only for services with a `base_variable`. Models that are open already keep their address. Raises
    UsageError.
    """
    if text.strip():
        _FOR_THIS_RUN[service.base_variable] = checked_address(text.strip(), "this run")
    else:
        _FOR_THIS_RUN.pop(service.base_variable, None)


def _variables(service: Service) -> tuple[str, ...]:
    return tuple(filter(None, (service.base_variable, *service.other_bases)))


def refuse_wrong_address(service: Service) -> None:
    """Raises UsageError for an address, from wherever it is, at which no service can be asked."""
    for name in _variables(service):
        if text := os.environ.get(name, ""):
            checked_address(text, name)


def checked_address(text: str, variable: str = "") -> str:
    """`text` if it is the address of a server, such as http://localhost:8000/v1.

    Raises UsageError for one in quotes, with spaces, without http:// or https://, without a host, and for
    the address of a single page of the server.
    """
    where = variable or "the model's server"
    bare = text.strip(_OUTER)
    if bare != text or any(character.isspace() for character in text):
        raise _no_address(text, where, "It stands in quotes or has spaces.", _shown(bare))
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise _no_address(
            text, where, "Its host or its port cannot be read.", "http://localhost:8000/v1"
        ) from None
    if parts.scheme not in {"http", "https"}:
        likely = bare if "://" not in bare else bare.partition("://")[2]
        raise _no_address(
            text, where, "It does not begin with http:// or https://.", f"http://{_shown(likely)}"
        )
    if not parts.hostname or port == 0:
        raise _no_address(text, where, "It names no host.", "http://localhost:8000/v1")
    if parts.query or parts.fragment:
        raise _no_address(
            text, where, "It goes on after the path.", _shown(text.partition("?")[0].partition("#")[0])
        )
    path = parts.path.rstrip("/")
    page = next((page for page in _PAGES if path.lower().endswith(page)), "")
    if page:
        shorter = text.rstrip("/")[: -len(page)]
        raise _no_address(text, where, f"It is the address of a page ({page}).", _shown(shorter))
    if twice := _TWICE.search(path.lower()):
        shorter = text.rstrip("/")[: -len(twice[1])]
        raise _no_address(text, where, f"It says {twice[1]} twice.", _shown(shorter))
    return text


def _no_address(text: str, where: str, why: str, instead: str) -> UsageError:
    return UsageError(
        f"“{_shown(text)}” is not the address of a model server. {why}",
        where=where,
        todo=f"Write it like this: {instead}",
    )


def _shown(text: str) -> str:
    return printable(without_credentials(text))[:200]
