"""The standard streams as a command needs them: any encoding will do, and nobody has to listen.

What an encoding lacks is written as near as it can be. What nobody takes any more (`| head`, `2>&-`, a
terminal that is gone) is dropped: a run goes on, since what counts is in the record.
"""

import codecs
import errno
import io
import os
import shutil
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, TextIO

import click

from sandbox.text import printable

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_NEAREST = str.maketrans(
    {
        "−": "-", "–": "-", "—": "-", "‑": "-", "‐": "-", "…": "...", "“": '"', "”": '"', "„": '"', "‘": "'",
        "’": "'", "×": "x", "·": "-", "•": "*", "→": "->", "←": "<-", "↑": "^", "↓": "v", "✓": "+", "✗": "x",
        "≤": "<=", "≥": ">=", "≈": "~", "±": "+-", "▸": ">", "›": ">", "‹": "<", "\u00a0": " ", "\u202f": " ",
        "\u2009": " ", "\u200d": "", "│": "|", "─": "-", "●": "*", "○": "o",
    }
)  # fmt: skip
"""What stands in for a character that the encoding of a stream lacks."""

_PLAIN = "sandbox-plain"

_GONE = {errno.EPIPE, errno.EBADF, errno.EIO, errno.ECONNRESET, errno.ESHUTDOWN}
"""How a write fails when nobody is at the other end. Windows says EINVAL of a pipe that is closed."""


def plain(error: UnicodeError) -> tuple[str, int]:
    """An error handler for encoding: the nearest plain characters, `?` where there are none."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = error.object[error.start : error.end].translate(_NEAREST)
    return "".join(c if c.isascii() else "?" for c in lost), error.end


codecs.register_error(_PLAIN, plain)


class _Patient(io.FileIO):
    """A descriptor whose writes succeed though nobody takes them. `always`: whatever the reason is."""

    def __init__(self, descriptor: int, *, always: bool) -> None:
        super().__init__(descriptor, "wb", closefd=False)
        self._always = always
        self._gone = False

    def write(self, data: "ReadableBuffer", /) -> int:
        if not self._gone:
            try:
                return super().write(data) or 0
            except BlockingIOError:
                raise
            except OSError as error:
                gone = error.errno in _GONE or (os.name == "nt" and error.errno == errno.EINVAL)
                if not (gone or self._always):
                    raise
                self._gone = True
        return memoryview(data).nbytes


def open_closed_descriptors() -> None:
    """Put the null device where a standard descriptor is closed, and give Python a stream of it.

    Else the next file that is opened gets the number, and is written to by whoever writes to “stderr”.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            null = os.open(os.devnull, os.O_RDONLY if mode == "r" else os.O_WRONLY)
            if null != number:
                os.dup2(null, number)
                os.close(null)
        if getattr(sys, name) is None:
            stream = os.fdopen(number, mode, encoding="utf-8", closefd=False)
            setattr(sys, name, stream)
            setattr(sys, f"__{name}__", stream)


def settle_output() -> None:
    """Make stdout and stderr write whatever is said, to whoever still listens.

    A full disk under a redirected stdout is still an error: it holds the data that was asked for.
    """
    sys.stdout = _settled(sys.stdout, always=False)
    sys.stderr = _settled(sys.stderr, always=True)
    # Textual draws on this one from a thread, and waits for ever for that thread once a write has failed.
    setattr(sys, "__stderr__", sys.stderr)  # noqa: B010 - it is declared final


def _settled(stream: TextIO, *, always: bool) -> TextIO:
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    if os.name == "nt" and stream.isatty():  # a console takes every character, by calls of its own
        return stream
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_Patient(stream.fileno(), always=always)),
        encoding=stream.encoding,
        errors=_PLAIN,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def tell(heading: str, remarks: Iterable[object]) -> None:
    """The remarks, one a line, under `heading`; nothing at all when there are none."""
    lines = [f"  - {str(remark).replace(chr(10), ' ')}" for remark in remarks]
    if lines:
        click.echo("\n".join((heading, *lines)), err=True)


def caution(text: str, *, err: bool = True) -> None:
    """Say what has to be minded; with `err` False among the results."""
    click.echo(f"Caution: {printable(text)}", err=err)


class MovingLine:
    """The last line on stderr: written over on a terminal, elsewhere told when something else begins."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self.moves = sys.stderr.isatty() and not quiet
        self._about: object = None

    def show(self, text: str, about: object = None) -> None:
        """`about`: what to go by where nothing can be written over; None: it is not told there."""
        if self.moves:
            click.echo(f"\r\x1b[K{text}", err=True, nl=False)
        elif about not in (None, self._about) and not self._quiet:
            self._about = about
            click.echo(text, err=True)

    def clear(self) -> None:
        """Leave it empty."""
        self.show("")


def can_ask() -> bool:
    """Whether somebody sits at a terminal, sees questions and can answer them."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def terminal_width() -> int | None:
    """The columns of the terminal that stdout is; None where it is none, and lines may be of any length."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None
