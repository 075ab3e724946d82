"""A GGUF file: whether it is one, what its header says, its SHA-256; and copies of it. Loads no model.

A copy has layers left out or tensors added, whose numbers can be set in place. Tensors are copied as they
are, whatever their type; only the header is written anew. The format:
https://github.com/ggml-org/ggml/blob/master/docs/gguf.md.
"""

import hashlib
import itertools
import os
import re
import struct
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import BinaryIO

from sandbox.errors import reason_of
from sandbox.models.provider import ModelError
from sandbox.text import excerpt

_MAGIC = b"GGUF"
_WHERE = "Give the path of a .gguf file, as in --model gguf:models/some-model.gguf"
_LONGEST_STRING = 1 << 20
_MOST_FIELDS = 10_000
_FORMATS = {
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

_UINT32, _STRING, _ARRAY = 4, 8, 9

_FLOAT32 = 0
"""The kind of a tensor of plain numbers; fields count their kinds otherwise."""

_ALIGNMENT = 32
_MOST_TENSORS, _MOST_DIMENSIONS = 100_000, 4
_LAYER = re.compile(r"blk\.(\d+)\.")


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

    def unusable(what: str, todo: str = _WHERE) -> ModelError:
        return ModelError(what, kind="bad request", where=str(path), todo=todo)

    try:
        with path.open("rb") as file:
            if file.read(4) != _MAGIC:
                raise unusable("This is not a GGUF file.")
            fields = _header(file)
        size = path.stat().st_size
    except (struct.error, ValueError):
        raise unusable(
            "This GGUF file is damaged: its header cannot be read.", "Download it again."
        ) from None
    except FileNotFoundError:
        raise unusable("There is no such file.") from None
    except IsADirectoryError:
        raise unusable("This is a folder, not a GGUF file.") from None
    except OSError as error:
        raise unusable(f"The file cannot be read: {reason_of(error)}.") from None
    context = next((v for k, v in fields.items() if k.endswith(".context_length")), None)
    name = fields.get("general.name")
    return Weights(
        path=path.resolve(),
        size=size,
        model_name=excerpt(name) if isinstance(name, str) else "",
        context=context if isinstance(context, int) and context > 0 else None,
    )


def _header(file: BinaryIO) -> dict[str, str | int | float]:
    """The header's plain fields up to its vocabulary, which is long and not needed."""
    version, _tensors, count = struct.unpack("<IQQ", file.read(20))
    if not 2 <= version <= 100 or count > _MOST_FIELDS:
        raise ValueError("not a header")
    fields: dict[str, str | int | float] = {}
    for _ in range(count):
        key, kind = _read_key(file)
        if kind != _ARRAY:
            fields[key] = _read_plain(file, kind)
        elif key.startswith("tokenizer."):
            break
        else:
            _skip_array(file)
    return fields


def _read_key(file: BinaryIO) -> tuple[str, int]:
    """A field's name, and the kind of the value that comes next."""
    key = _read_string(file)
    (kind,) = struct.unpack("<I", file.read(4))
    return key, kind


def _read_plain(file: BinaryIO, kind: int) -> str | int | float:
    """A value that is no array. Raises ValueError for an unknown kind, struct.error at the file's end."""
    if kind == _STRING:
        return _read_string(file)
    if kind not in _FORMATS:
        raise ValueError("unknown kind of field")
    (value,) = struct.unpack(_FORMATS[kind], file.read(struct.calcsize(_FORMATS[kind])))
    found: int | float = value
    return found


def _skip_array(file: BinaryIO) -> None:
    """Pass over an array. Raises as _read_plain does."""
    kind, count = struct.unpack("<IQ", file.read(12))
    if kind == _STRING:
        for _ in range(min(count, _LONGEST_STRING)):
            _read_string(file)
    elif kind in _FORMATS:
        file.seek(struct.calcsize(_FORMATS[kind]) * count, 1)
    else:
        raise ValueError("nested array")


def _read_string(file: BinaryIO) -> str:
    """A string as GGUF writes it, its length first. Raises ValueError, struct.error."""
    (length,) = struct.unpack("<Q", file.read(8))
    data = file.read(length) if length <= _LONGEST_STRING else b""
    if len(data) != length:
        raise ValueError("string too long")
    return data.decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor of the file: `offset` into the data section, `size` in bytes, padding included."""

    name: str
    shape: tuple[int, ...]
    kind: int
    offset: int
    size: int

    @property
    def layer(self) -> int | None:
        """The layer it belongs to, None for the embedding, the output and its like."""
        found = _LAYER.match(self.name)
        return int(found[1]) if found else None


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything is in a GGUF file. `fields` are its keys with their bytes, key and type included.

    `width` is the length of a hidden state and `layers` how many there are; both are at least 1.
    """

    path: Path
    version: int
    architecture: str
    width: int
    layers: int
    alignment: int
    fields: Mapping[str, bytes]
    tensors: tuple[Tensor, ...]
    data: int

    def tensor(self, name: str) -> Tensor:
        """Raises KeyError for one that is not there."""
        for tensor in self.tensors:
            if tensor.name == name:
                return tensor
        raise KeyError(name)


def read_layout(path: Path) -> Layout:
    """Raises ValueError for a file that is damaged or of a kind not known here, OSError."""
    with path.open("rb") as file:
        try:
            return _read(path, file)
        except (struct.error, KeyError) as error:
            raise ValueError(f"its header cannot be read ({error})") from None


def _read(path: Path, file: BinaryIO) -> Layout:
    if file.read(4) != _MAGIC:
        raise ValueError("it is not a GGUF file")
    version, tensors, count = struct.unpack("<IQQ", file.read(20))
    if not 2 <= version <= 3 or count > _MOST_FIELDS or tensors > _MOST_TENSORS:
        raise ValueError("its header is of another version")
    fields: dict[str, bytes] = {}
    for _ in range(count):
        begin = file.tell()
        key, kind = _read_key(file)
        _skip_array(file) if kind == _ARRAY else _read_plain(file, kind)
        end = file.tell()
        file.seek(begin)
        fields[key] = file.read(end - begin)
    if "split.count" in fields and _number(fields, "split.count") > 1:
        raise ValueError("it is one part of several")
    architecture = fields["general.architecture"][len("general.architecture") + 8 + 4 + 8 :].decode()
    alignment = _number(fields, "general.alignment") if "general.alignment" in fields else _ALIGNMENT
    infos = [_info(file) for _ in range(tensors)]
    data = _padded(file.tell(), alignment)
    ends = sorted({*(offset for *_, offset in infos), path.stat().st_size - data})
    after = dict(itertools.pairwise(ends))
    return Layout(
        path=path,
        version=version,
        architecture=architecture,
        width=_number(fields, f"{architecture}.embedding_length"),
        layers=_number(fields, f"{architecture}.block_count"),
        alignment=alignment,
        fields=fields,
        tensors=tuple(
            Tensor(name, shape, kind, offset, after[offset] - offset) for name, shape, kind, offset in infos
        ),
        data=data,
    )


def _info(file: BinaryIO) -> tuple[str, tuple[int, ...], int, int]:
    name = _read_string(file)
    (dimensions,) = struct.unpack("<I", file.read(4))
    if dimensions > _MOST_DIMENSIONS:
        raise ValueError("a tensor has too many dimensions")
    shape = struct.unpack(f"<{dimensions}Q", file.read(8 * dimensions))
    kind, offset = struct.unpack("<IQ", file.read(12))
    return name, shape, kind, offset


def _number(fields: Mapping[str, bytes], key: str) -> int:
    """A field that is a whole number."""
    value = fields[key][8 + len(key.encode()) :]
    (kind,) = struct.unpack("<I", value[:4])
    (number,) = struct.unpack(_FORMATS[kind], value[4:])
    return int(number)


def write_copy(layout: Layout, to: Path, *, layers: int | None = None, added: Sequence[str] = ()) -> Layout:
    """Write the model to `to`, with its first `layers` only, and with tensors of zeros added (float32, as
    long as a hidden state). Gives the copy's layout. Raises OSError.

    `to` is the caller's alone: it is written in place.
    """
    kept = [one for one in layout.tensors if layers is None or one.layer is None or one.layer < layers]
    fields = dict(layout.fields)
    if layers is not None:
        key = f"{layout.architecture}.block_count"
        fields[key] = _field(key, layers)
    tensors: list[Tensor] = []
    offset = 0
    length = _padded(4 * layout.width, layout.alignment)
    new = [Tensor(name, (layout.width,), _FLOAT32, 0, length) for name in added]
    for tensor in (*kept, *new):
        size = _padded(tensor.size, layout.alignment)
        tensors.append(replace(tensor, offset=offset, size=size))
        offset += size
    with layout.path.open("rb") as source, to.open("wb") as target:
        target.write(struct.pack("<4sIQQ", _MAGIC, layout.version, len(tensors), len(fields)))
        for field in fields.values():
            target.write(field)
        for tensor in tensors:
            target.write(_packed(tensor))
        data = _padded(target.tell(), layout.alignment)
        for old, tensor in zip(kept, tensors, strict=False):
            source.seek(layout.data + old.offset)
            target.seek(data + tensor.offset)
            _copy(source, target, old.size)
        target.truncate(data + offset)
    return replace(
        layout,
        path=to,
        layers=layers if layers is not None else layout.layers,
        fields=fields,
        tensors=tuple(tensors),
        data=data,
    )


def set_numbers(layout: Layout, values: Mapping[str, Sequence[float]]) -> None:
    """Set float32 tensors of a copy of ours in place. Raises KeyError, ValueError (wrong length), OSError."""
    with layout.path.open("r+b") as file:
        for name, numbers in values.items():
            tensor = layout.tensor(name)
            if tensor.kind != _FLOAT32 or tensor.shape != (len(numbers),):
                raise ValueError(f"{name} is no row of {len(numbers)} numbers")
            file.seek(layout.data + tensor.offset)
            file.write(struct.pack(f"<{len(numbers)}f", *numbers))
        file.flush()
        os.fsync(file.fileno())


def _copy(source: BinaryIO, target: BinaryIO, size: int) -> None:
    left = size
    while left and (piece := source.read(min(left, 1 << 22))):
        target.write(piece)
        left -= len(piece)
    if left:
        raise OSError(f"{source.name} ends before its last tensor")


def _field(key: str, number: int) -> bytes:
    name = key.encode()
    return struct.pack("<Q", len(name)) + name + struct.pack("<II", _UINT32, number)


def _packed(tensor: Tensor) -> bytes:
    name = tensor.name.encode()
    shape = struct.pack(f"<I{len(tensor.shape)}Q", len(tensor.shape), *tensor.shape)
    return struct.pack("<Q", len(name)) + name + shape + struct.pack("<IQ", tensor.kind, tensor.offset)


def _padded(size: int, alignment: int) -> int:
    return -(-size // alignment) * alignment
