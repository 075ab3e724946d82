"""`sandbox doctor`: what works on this machine, one line a thing, and what to do about the rest."""

import os
import platform
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Literal

import click

from sandbox import __version__
from sandbox.errors import ExitCode, SandboxError

_NAMED = 3
"""How many unfinished runs are named; the newest come first."""

Verdict = Literal["ok", "note", "fault"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `todo` is empty unless there is something to do about it."""

    subject: str
    verdict: Verdict
    text: str
    todo: str = ""


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def command(as_json: bool) -> int:
    """Say what works on this machine and what to do about the rest.

    Starts the embedded model and asks it one word. Exit code 4 if it does not answer, 1 for another fault.
    """
    import json

    findings = []
    for finding in _findings():
        findings.append(finding)
        if not as_json:
            mark = {"ok": "ok   ", "note": "note ", "fault": "FAULT"}[finding.verdict]
            click.echo(f"{mark}  {finding.subject}: {finding.text}")
            if finding.todo:
                click.echo(f"       → {finding.todo}")
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in findings], indent=2))
    faults = {finding.subject for finding in findings if finding.verdict == "fault"}
    if "embedded model" in faults:
        return ExitCode.MODEL
    return ExitCode.FAILED if faults else ExitCode.OK


def _findings() -> Iterator[Finding]:
    yield Finding("version", "ok", f"{__version__}, Python {platform.python_version()}, {sys.platform}")
    for subject, look in (("content", _content), ("record", _record), ("embedded model", _embedded)):
        yield _looked_at(subject, look)
    yield _keys()
    yield _terminal()


def _looked_at(subject: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except SandboxError as error:
        what = f"{error.where}: {error.what}" if error.where else error.what
        return Finding(subject, "fault", what, error.todo)


def _content() -> Finding:
    from typing import get_args

    from sandbox.library.catalogue import Library
    from sandbox.library.document import Kind
    from sandbox.library.workspace import find_workspace

    workspace = find_workspace()
    library = Library(workspace)
    entries = [entry for kind in get_args(Kind) for entry in library.entries(kind)]
    wrong = [entry.id for entry in entries if entry.problem is not None]
    text = f"{len(entries)} documents, workspace {workspace.root}"
    if wrong:
        return Finding("content", "note", f"{text}; cannot be read: {', '.join(wrong)}", "sandbox validate")
    return Finding("content", "ok", text)


def _record() -> Finding:
    from sandbox.study.conductor import Conductor

    conductor = Conductor.open()
    with conductor.store as store:
        if damages := store.damages():
            more = f" and {len(damages) - 1} more" if len(damages) > 1 else ""
            todo = "Keep a copy of the file; `sqlite3 FILE .recover` can save most of it."
            return Finding("record", "fault", f"{store.path} is damaged: {damages[0]}{more}", todo)
        if altered := store.altered():
            named = ", ".join(f"{one.kind} “{one.id}” ({one.hash[:12]}…)" for one in altered)
            text = f"{store.path}: documents were changed after they were stored: {named}"
            todo = "Do not rely on the sessions that ran with them, or go back to an older copy of the file."
            return Finding("record", "fault", text, todo)
        unfinished = conductor.unfinished()
        sound = "the file is sound, every document matches its hash"
        if store.read_only:
            text = f"{store.path} can be read but not written; {sound}"
            todo = "To run sessions here, make the file and its folder writable."
            return Finding("record", "note", text, todo)
    text = f"{store.path} opens, {sound}"
    if unfinished:
        todo = " or ".join(f"sandbox resume {trunk}" for trunk in unfinished[:_NAMED])
        return Finding("record", "note", f"{text}; {len(unfinished)} unfinished", todo)
    return Finding("record", "ok", text)


def _embedded() -> Finding:
    import asyncio

    from sandbox.models.opening import open_model
    from sandbox.models.provider import Message, Request, Sampling

    async def one_word() -> str:
        provider = open_model("embedded")
        try:
            question = Request((Message("user", "Say hello."),), Sampling(temperature=0, max_tokens=4))
            await provider.complete(question)
            return provider.title
        finally:
            await provider.close()

    start = time.perf_counter()
    title = asyncio.run(one_word())
    return Finding("embedded model", "ok", f"{title} answered, {time.perf_counter() - start:.1f} s from cold")


def _keys() -> Finding:
    from sandbox.models.hosted import SERVICES

    known = dict.fromkeys(service.key_variable for service in SERVICES.values() if service.key_variable)
    present = [name for name in known if os.environ.get(name)]
    if present:
        return Finding("keys", "ok", f"{', '.join(present)} set (values are never shown or stored)")
    return Finding("keys", "note", "none in the environment; the embedded model needs none")


def _terminal() -> Finding:
    width, height = shutil.get_terminal_size()
    text = f"{width}×{height}, TERM={os.environ.get('TERM', 'unset')}"
    if "NO_COLOR" in os.environ:
        text += ", NO_COLOR set"
    if width < 80 or height < 24:
        return Finding("terminal", "note", text, "The app is laid out for 80×24 and more.")
    return Finding("terminal", "ok", text)
