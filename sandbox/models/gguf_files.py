"""Where GGUF files lie on this machine: folders of one's own, and what other programs have fetched before.

Only looks. A file of Ollama's has no name of its own: its manifest says which model it is.
"""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_MOST_FOLDERS = 2000
_MOST_MANIFESTS = 500
_MOST_BYTES = 1 << 16
_FILE_DEPTH = 4
_NEVER = {".git", ".venv", "node_modules", "__pycache__"}
_OLLAMA_MODEL = "application/vnd.ollama.image.model"


@dataclass(frozen=True, slots=True)
class FileAtHand:
    """A GGUF file, and the program that fetched it with the name it goes by there, or ""."""

    path: Path
    kept_by: str = ""


def files_at_hand(folders: Iterable[Path]) -> Iterator[FileAtHand]:
    """Every GGUF file in `folders`, then in the usual places. One may come twice, by another path."""
    for place in (*folders, *_usual_places()):
        for path in _gguf_files(place):
            yield FileAtHand(path)
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


def _of_ollama() -> Iterator[FileAtHand]:
    """The weights that Ollama has fetched, whether or not it runs. One that cannot be read is left out."""
    root = Path(os.environ.get("OLLAMA_MODELS") or "~/.ollama/models").expanduser()
    manifests = (path for path in (root / "manifests").glob("*/*/*/*") if path.is_file())
    for _, manifest in zip(range(_MOST_MANIFESTS), manifests, strict=False):
        weights = root / "blobs" / _weights_of(manifest)
        if weights.is_file():
            _, space, model, tag = manifest.parts[-4:]
            name = f"{model}:{tag}" if space == "library" else f"{space}/{model}:{tag}"
            yield FileAtHand(weights, f"{name} of Ollama")


def _weights_of(manifest: Path) -> str:
    """The name of the blob with the weights that a manifest lists, or "." for none."""
    try:
        with manifest.open("rb") as file:
            data: Any = json.loads(file.read(_MOST_BYTES))
        digests = [str(layer["digest"]) for layer in data["layers"] if layer["mediaType"] == _OLLAMA_MODEL]
    except (OSError, ValueError, KeyError, TypeError):
        return "."
    blob = digests[0].replace(":", "-") if digests else "."
    return blob if "/" not in blob and "\\" not in blob else "."
