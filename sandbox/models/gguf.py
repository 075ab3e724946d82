"""A GGUF file: whether it is one, what its header says, and its SHA-256. Loads no model."""

import hashlib
import struct
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from sandbox.models.provider import ModelError
from sandbox.text import excerpt

_MAGIC = b"GGUF"
_LONGEST_STRING = 1 << 20
_MOST_FIELDS = 10_000
FORMATS = {
    0: "<B",
    1: "<b",
    2: "<H",
    3: "<h",
    4: "<I",
    5: "<i",
    6: "<f",
    7: "<?",
    10: "<Q",
    11: "<q",
    12: "<d",
}
"""How the numbers are packed, by the kind of field that GGUF knows them as."""

_STRING, _ARRAY = 8, 9


@dataclass(frozen=True, slots=True)
class Weights:
    """A GGUF file. `context` is the length it was trained for, None when it does not say; `size` in bytes.

    `model_name` is what the file calls its model, "" for nothing, on one line and fit to be shown.
    """

    path: Path
    size: int
    model_name: str = ""
    context: int | None = None
    _hash: list[str] = field(default_factory=list, repr=False, compare=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    @property
    def title(self) -> str:
        """What to call the model: its own name, or the file's. Fit to be shown."""
        return self.model_name or excerpt(self.path.stem)

    def sha256(self) -> str:
        """The file's SHA-256 in hex, computed once (about 0.1 s for 100 MB): call it off the event loop."""
        with self._lock:
            if not self._hash:
                with self.path.open("rb") as file:
                    self._hash.append(hashlib.file_digest(file, "sha256").hexdigest())
            return self._hash[0]


def read_weights(path: Path) -> Weights:
    """The weights at `path`. Raises ModelError if there is no readable GGUF file."""
    todo = "Give the path of a .gguf file, as in --model gguf:models/some-model.gguf"
    try:
        with path.open("rb") as file:
            if file.read(4) != _MAGIC:
                raise ModelError("This is not a GGUF file.", kind="bad request", where=str(path), todo=todo)
            try:
                fields = _header(file)
            except (struct.error, ValueError):
                raise ModelError(
                    "This GGUF file is damaged: its header cannot be read.",
                    kind="bad request",
                    where=str(path),
                    todo="Download it again.",
                ) from None
        size = path.stat().st_size
    except FileNotFoundError:
        raise ModelError("There is no such file.", kind="bad request", where=str(path), todo=todo) from None
    except IsADirectoryError:
        raise ModelError(
            "This is a folder, not a GGUF file.", kind="bad request", where=str(path), todo=todo
        ) from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise ModelError(
            f"The file cannot be read: {reason}.", kind="bad request", where=str(path), todo=todo
        ) from None
    context = next((v for k, v in fields.items() if k.endswith(".context_length")), None)
    name = fields.get("general.name")
    return Weights(
        path=path.resolve(),
        size=size,
        model_name=excerpt(name) if isinstance(name, str) else "",
        context=context if isinstance(context, int) and context > 0 else None,
    )


def _header(file: BinaryIO) -> dict[str, str | int | float]:
    """The header's plain fields up to its first array (the vocabulary, which is long and not needed)."""
    version, _tensors, count = struct.unpack("<IQQ", file.read(20))
    if not 2 <= version <= 100 or count > _MOST_FIELDS:
        raise ValueError("not a header")
    fields: dict[str, str | int | float] = {}
    for _ in range(count):
        key = read_string(file)
        (kind,) = struct.unpack("<I", file.read(4))
        if kind == _ARRAY:
            if key.startswith("tokenizer."):
                break
            skip_value(file, kind)
        elif kind == _STRING:
            fields[key] = read_string(file)
        elif kind in FORMATS:
            layout = FORMATS[kind]
            (fields[key],) = struct.unpack(layout, file.read(struct.calcsize(layout)))
        else:
            raise ValueError("unknown kind of field")
    return fields


def skip_value(file: BinaryIO, kind: int) -> None:
    """Pass over a field's value. Raises ValueError for an unknown kind, struct.error at the file's end."""
    if kind == _ARRAY:
        kind, count = struct.unpack("<IQ", file.read(12))
        if kind == _STRING:
            for _ in range(min(count, _LONGEST_STRING)):
                read_string(file)
        elif kind in FORMATS:
            file.seek(struct.calcsize(FORMATS[kind]) * count, 1)
        else:
            raise ValueError("nested array")
    elif kind == _STRING:
        read_string(file)
    elif kind in FORMATS:
        file.seek(struct.calcsize(FORMATS[kind]), 1)
    else:
        raise ValueError("unknown kind of field")


def read_string(file: BinaryIO) -> str:
    """A string as GGUF writes it, its length first. Raises ValueError, struct.error."""
    (length,) = struct.unpack("<Q", file.read(8))
    data = file.read(length) if length <= _LONGEST_STRING else b""
    if len(data) != length:
        raise ValueError("string too long")
    return data.decode("utf-8", "replace")
