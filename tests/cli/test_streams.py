"""Output that nobody takes, and encodings that lack what is said: a command goes on all the same."""

import io
import os
import pty
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from sandbox.cli import streams
from tests.cli.command import environment, sandbox


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "utf-8", "cp437"])
def test_everything_said_can_be_written_in_any_encoding(encoding, tmp_path, monkeypatch):
    said = "±1 − 2 → “calm” … ▁▃█ 苦 \ud800 café"
    with (tmp_path / "out").open("w", encoding=encoding) as file:
        monkeypatch.setattr(sys, "stdout", file)
        monkeypatch.setattr(sys, "stderr", file)
        streams.settle_output()
        print(said)
        sys.stdout.flush()
    written = (tmp_path / "out").read_text(encoding=encoding)
    assert "calm" in written and "caf" in written
    assert written.count("?") == said.encode(encoding, "sandbox-plain").decode(encoding).count("?")
    assert "?1 ?" not in written, "what has a near character is not lost"


def test_a_reader_that_is_gone_stops_nothing(monkeypatch):
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as broken:
        for name in ("stdout", "stderr"):
            monkeypatch.setattr(sys, name, broken)
        streams.settle_output()
        for stream in (sys.stdout, sys.stderr):
            for _ in range(3):
                print("x" * 100_000, file=stream, flush=True)
        monkeypatch.undo()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
def test_only_data_that_finds_no_room_is_an_error(monkeypatch):
    with open("/dev/full", "w") as full:  # noqa: PTH123 - a device
        monkeypatch.setattr(sys, "stdout", full)
        monkeypatch.setattr(sys, "stderr", full)
        streams.settle_output()
        print("talk", file=sys.stderr, flush=True)
        with pytest.raises(OSError, match="space"):
            print("data", file=sys.stdout, flush=True)
        assert isinstance(sys.stdout, io.TextIOWrapper)
        os.dup2(os.open(os.devnull, os.O_WRONLY), full.fileno())
        sys.stdout.flush()
        monkeypatch.undo()


@pytest.mark.skipif(os.name != "posix", reason="closing a descriptor by the shell is POSIX")
def test_no_file_takes_the_place_of_a_closed_stream(tmp_path):
    code = (
        "import sys; from sandbox.cli.streams import *; open_closed_descriptors(); settle_output();"
        "file = open(sys.argv[1], 'w'); assert file.fileno() > 2; print('out'); print('err', file=sys.stderr)"
    )
    words = [sys.executable, "-c", code, str(tmp_path / "file")]
    done = subprocess.run(["sh", "-c", '"$@" <&- >&- 2>&-', "sh", *words], check=False)
    assert done.returncode == 0
    assert (tmp_path / "file").read_text() == ""


def test_commands_say_the_same_where_the_output_is_not_utf_8(workspace, record):
    for command in ("show", "compare"):
        done = subprocess.run(
            [sys.executable, "-m", "sandbox", command, "last"],
            capture_output=True,
            env=environment(workspace, PYTHONIOENCODING="cp1252"),
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert done.stdout == sandbox(workspace, command, "last").out.encode("cp1252", "sandbox-plain")


def test_a_transcript_is_laid_out_on_a_terminal_and_markdown_elsewhere(workspace, record):
    assert "| --- |" in sandbox(workspace, "show", "last").out
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "sandbox", "show", "last"]
    with subprocess.Popen(words, stdout=theirs, env=environment(workspace)) as running:
        os.close(theirs)
        told = b""
        with suppress(OSError):  # how a terminal ends whose last writer is gone
            while part := os.read(ours, 65536):
                told += part
    os.close(ours)
    assert running.returncode == 0 and b"| --- |" not in told and b"What was run" in told
