"""Which models are at hand, and why others are not: with what would make them so. Asks only this machine.

Nothing is loaded or generated; a server on this machine is asked for its list, all of them at once. A file of
Ollama's has no name of its own: its manifest says which model it is.
"""

import http.client
import json
import os
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sandbox.errors import UsageError
from sandbox.models.address import address_of, refuse_wrong_address
from sandbox.models.hosted import (
    SERVICES,
    Service,
    authorization_of,
    is_loopback,
    stays_here,
    without_credentials,
)
from sandbox.models.key import Place, key_place, keyring_installed
from sandbox.models.name import is_own
from sandbox.models.provider import ModelError
from sandbox.text import printable

Sort = Literal["embedded", "gguf file", "server", "service"]

_SECONDS = 1.0
_MOST_BYTES = 1 << 20
_MOST_FILES = 50

_MOST_FOLDERS = 2000
_MOST_MANIFESTS = 500
_MANIFEST_BYTES = 1 << 16
_FILE_DEPTH = 4
_NEVER = {".git", ".venv", "node_modules", "__pycache__"}
_OLLAMA_MODEL = "application/vnd.ollama.image.model"


@dataclass(frozen=True, slots=True)
class Found:
    """A model that can be asked (`ready`), or a place where one would be.

    `name` is what `--model` takes, or a service's prefix with … after it; `text` what was seen; `todo` what
    to do when it is not ready.
    """

    sort: Sort
    name: str
    ready: bool
    text: str
    todo: str = ""
    local: bool = True


@dataclass(frozen=True, slots=True)
class Server:
    """A kind of server that runs on one's own machine, and the command that starts it.

    At `path` stands an object with a list of models; `keys` are those of the list and of a name in it.
    """

    prefix: str
    title: str
    start: str
    path: str = "/models"
    keys: tuple[str, str] = ("data", "id")


SERVERS = (
    Server("ollama_chat", "Ollama", "ollama serve", "/api/tags", ("models", "name")),
    Server("lm_studio", "LM Studio", "lms server start"),
    Server("llamafile", "llama.cpp", "llama-server -m MODEL.gguf --port 8080"),
    Server("hosted_vllm", "vLLM", "vllm serve MODEL --port 8000"),
)

EXAMPLES = {
    "openai": "openai/gpt-4o",
    "anthropic": "anthropic/claude-sonnet-4-5",
    "gemini": "gemini/gemini-2.5-flash",
    "mistral": "mistral/mistral-small-latest",
    "openrouter": "openrouter/meta-llama/llama-3.3-70b-instruct",
    "groq": "groq/llama-3.3-70b-versatile",
    "deepseek": "deepseek/deepseek-chat",
}
"""A name to start from, a service; the others have too many models, or names of one's own."""


def discover(folders: Iterable[Path] = (), named: Iterable[str] = ()) -> tuple[Found, ...]:
    """Everything at hand and everything that could be, models ready first within their sort.

    `folders` are searched for GGUF files beside the usual places; `named` are models the user has named.
    Takes at most about a second; call it off the event loop.
    """
    files = (*_files(folders), *(_gguf(name) for name in named if name.startswith("gguf:")))
    with ThreadPoolExecutor(len(SERVERS)) as pool:
        served = [found for group in pool.map(_probe, SERVERS) for found in group]
    hosted = (*_services(), *_named(named))
    found = {one.name: one for one in (_embedded(), *files, *served, *hosted)}
    order = {"embedded": 0, "gguf file": 1, "server": 2, "service": 3}
    return tuple(sorted(found.values(), key=lambda one: (order[one.sort], not one.ready)))


def _embedded() -> Found:
    from sandbox.models.embedded import embedded_model

    try:
        embedded_model()
    except ModelError as error:
        return Found("embedded", "embedded", False, error.what, error.todo)
    return Found("embedded", "embedded", True, "SmolLM2-135M: tiny, for learning and rehearsing")


def _files(folders: Iterable[Path]) -> Iterator[Found]:
    seen: set[Path] = set()
    for file, kept_by in _files_at_hand(folders):
        path = file.resolve()
        if path not in seen and len(seen) < _MOST_FILES:
            seen.add(path)
            yield _gguf(f"gguf:{file}", kept_by)


def _gguf(name: str, kept_by: str = "") -> Found:
    from sandbox.models.gguf import read_weights

    try:
        weights = read_weights(Path(name.removeprefix("gguf:")).expanduser())
    except ModelError as error:
        return Found("gguf file", name, False, error.what, error.todo)
    context = f", context {weights.context:,} tokens" if weights.context else ""
    text = f"{weights.title}, {weights.size / 1e9:.1f} GB{context}"
    return Found("gguf file", name, True, f"{kept_by}: {text}" if kept_by else text)


def _probe(server: Server) -> list[Found]:
    """The models a server on this machine lists, or one line on why there are none."""
    service = SERVICES[server.prefix]
    name = f"{server.prefix}/…"
    base = address_of(service)
    shown = printable(without_credentials(base))
    try:
        refuse_wrong_address(service)
    except UsageError as error:
        return [Found("server", name, False, f"{server.title}: {error.what}", f"{error.where}: {error.todo}")]
    if not is_loopback(base):
        text = f"{server.title} at {shown}, which is not this machine: not asked"
        return [Found("server", name, False, text, f"unset {service.base_variable}", local=False)]
    try:
        models, name_key = server.keys
        names = [str(one[name_key]) for one in _asked(base.rstrip("/") + server.path)[models]]
    except (OSError, http.client.HTTPException, urllib.error.URLError):
        return [Found("server", name, False, f"{server.title}: nothing answers at {shown}", server.start)]
    except (ValueError, KeyError, TypeError):
        text = f"{server.title}: what answers at {shown} is something else"
        return [Found("server", name, False, text, f"name another address: export {service.base_variable}=…")]
    if not names:
        todo = "ollama pull llama3.2" if server.prefix == "ollama_chat" else "load a model in it"
        return [Found("server", name, False, f"{server.title} runs, without a model", todo)]
    usable = filter(_can_be_named, names[:_MOST_FILES])
    return [_served(server, f"{server.prefix}/{one}", base) for one in usable]


def _can_be_named(model: str) -> bool:
    """Whether `--model` would take it; what would do something to a terminal is no name."""
    return bool(model) and printable(model) == model and not any(c.isspace() for c in model)


def _served(server: Server, name: str, base: str) -> Found:
    if stays_here(name, base):
        return Found("server", name, True, f"{server.title} on this machine")
    return Found("server", name, True, f"{server.title} passes it on to its own service", local=False)


def _asked(address: str) -> Any:
    """The JSON at an address of this machine, past any proxy and following no redirect away from it.

    A user name and password in the address are sent as a header.
    """
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())
    request = urllib.request.Request(without_credentials(address))  # noqa: S310  http, and of this machine
    if authorization := authorization_of(address):
        request.add_header("Authorization", authorization)
    with opener.open(request, timeout=_SECONDS) as answer:
        return json.loads(answer.read(_MOST_BYTES))


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def _services() -> Iterator[Found]:
    for prefix, service in SERVICES.items():
        if not service.base and service.key_variable:
            yield _service(EXAMPLES.get(prefix, f"{prefix}/…"), service)


def _named(names: Iterable[str]) -> Iterator[Found]:
    """Models of services and servers that the user has named."""
    for name in names:
        prefix, slash, _ = name.partition("/")
        service = SERVICES.get(prefix, Service())
        if not slash or is_own(name):
            continue
        if service.base:
            local = stays_here(name, address_of(service))
            yield Found("server", name, True, "named in the settings", local=local)
        else:
            yield _service(name, service, named=True)


def _service(name: str, service: Service, *, named: bool = False) -> Found:
    """A model of a service, and whether its key is there."""
    variable, base = service.key_variable, address_of(service)
    place = key_place(variable) if variable else None
    text = f"{variable or 'its key'} is {_place(place) if place else 'not set'}"
    text += f", asked at {without_credentials(base)}" if base else ""
    before = "named in the settings; " if named else "" if place else "no key: "
    todo = "" if place else f"export {variable or 'its key'}=…"
    if todo and variable and keyring_installed():
        todo += f"  or: sandbox models --set-key {variable}"
    return Found("service", name, place is not None, before + text, todo, local=stays_here(name, base))


def _place(place: Place) -> str:
    return "given for this run" if place == "this run" else f"in the {place}"


def _files_at_hand(folders: Iterable[Path]) -> Iterator[tuple[Path, str]]:
    """Every GGUF file in `folders`, then in the usual places; with each, the program that fetched it and its
    name there, or "". One may come twice, by another path."""
    for place in (*folders, *_usual_places()):
        for path in _gguf_files(place):
            yield path, ""
    yield from _of_ollama()


def _usual_places() -> Iterator[Path]:
    """~/models, and where LM Studio, llama.cpp and the hub's library keep theirs."""
    hub = os.environ.get("HF_HUB_CACHE") or _below("HF_HOME", "hub") or "~/.cache/huggingface/hub"
    llama = os.environ.get("LLAMA_CACHE") or "~/.cache/llama.cpp"
    for place in ("~/models", "~/.lmstudio/models", "~/.cache/lm-studio/models", llama, hub):
        yield Path(place).expanduser()


def _below(variable: str, folder: str) -> str:
    place = os.environ.get(variable)
    return str(Path(place) / folder) if place else ""


def _gguf_files(place: Path) -> Iterator[Path]:
    """The GGUF files in a folder and a few levels below; later parts of split files are left out."""
    depth = len(place.parts)
    for visited, (folder, inner, files) in enumerate(os.walk(place)):
        if visited >= _MOST_FOLDERS:
            return
        here = Path(folder)
        deep = len(here.parts) - depth >= _FILE_DEPTH
        inner[:] = [] if deep else sorted(name for name in inner if name not in _NEVER)
        for name in sorted(files):
            if name.endswith(".gguf") and "mmproj" not in name and not _later_part(name):
                yield here / name


def _later_part(name: str) -> bool:
    """Whether it is part 2 or later of a model in several files (`…-00002-of-00005.gguf`)."""
    parts = name.removesuffix(".gguf").rsplit("-", 3)
    return len(parts) == 4 and parts[2] == "of" and parts[1].isdigit() and int(parts[1]) > 1


def _of_ollama() -> Iterator[tuple[Path, str]]:
    """The weights that Ollama has fetched, whether or not it runs. One that cannot be read is left out."""
    root = Path(os.environ.get("OLLAMA_MODELS") or "~/.ollama/models").expanduser()
    manifests = (path for path in (root / "manifests").glob("*/*/*/*") if path.is_file())
    for _, manifest in zip(range(_MOST_MANIFESTS), manifests, strict=False):
        weights = root / "blobs" / _weights_of(manifest)
        if weights.is_file():
            _, space, model, tag = manifest.parts[-4:]
            name = f"{model}:{tag}" if space == "library" else f"{space}/{model}:{tag}"
            yield weights, f"{name} of Ollama"


def _weights_of(manifest: Path) -> str:
    """The name of the blob with the weights that a manifest lists, or "." for none."""
    try:
        with manifest.open("rb") as file:
            data: Any = json.loads(file.read(_MANIFEST_BYTES))
        digests = [str(layer["digest"]) for layer in data["layers"] if layer["mediaType"] == _OLLAMA_MODEL]
    except (OSError, ValueError, KeyError, TypeError):
        return "."
    blob = digests[0].replace(":", "-") if digests else "."
    return blob if "/" not in blob and "\\" not in blob else "."
