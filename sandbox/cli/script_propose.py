"""`sandbox script propose`: other wordings of a step, proposed by a model, each accepted or refused."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sandbox.cli import options
from sandbox.cli.streams import can_ask, caution
from sandbox.text import number_of, printable

if TYPE_CHECKING:
    from sandbox.library.technique import Step, Technique
    from sandbox.study.conductor import Conductor
    from sandbox.workbench.rewording import Proposed


@click.command("propose", short_help="Have a model word a step otherwise; accept what you like.")
@click.argument("technique", metavar="TECHNIQUE")
@click.option("--step", required=True, metavar="ID", help="The step to word otherwise.")
@click.option("--model", required=True, metavar="MODEL", help="Who proposes, as in `run --model`.")
@click.option(
    "--number", type=click.IntRange(1, 10), default=3, show_default=True, metavar="N", help="How many."
)
@click.option(
    "--accept",
    metavar="1,3",
    help="Accept these of the proposals that were printed last.",
)
@options.local_only
def propose(technique: str, step: str, model: str, number: int, accept: str | None, local_only: bool) -> None:
    """Print other wordings of a step of TECHNIQUE that MODEL proposes; accept or refuse each of them.

    What you accept is written to the workspace's copy of the technique as a variant of the step, with the
    model's name, yours and the date; a shipped file is copied first. Variants are said in studies that spread
    them (`wordings: spread`), and nowhere else. Elsewhere than on a terminal the proposals are kept, and the
    same command with --accept takes some of them.
    """
    from sandbox.cli.conducting import open_conductor
    from sandbox.errors import NotFoundError, UsageError
    from sandbox.models.name import full_name
    from sandbox.models.opening import refuse_without_key

    conductor = open_conductor(local_only=local_only)
    script = conductor.library.technique(technique)
    found = next((one for one in script.steps if one.id == step), None)
    if found is None:
        known = ", ".join(one.id for one in script.steps)
        raise NotFoundError(f"“{technique}” has no step “{printable(step)}”.", todo=f"Its steps: {known}.")
    if script.is_control:
        raise UsageError(f"“{technique}” is a control: it is said in its own words in every study.")
    name = full_name(model)
    conductor.models.model(name)
    refuse_without_key(name)
    kept = _Kept(conductor, script, found, name)
    if accept is None:
        wordings = _asked(conductor, script, found, name, number)
        kept.write(wordings)
    elif not (wordings := kept.read()):  # asked now, they would be words that nobody has read
        raise UsageError(
            f"No proposal of {printable(name)} is kept for the step “{printable(step)}” as it is now.",
            todo="Give the command without --accept, and read what it prints.",
        )
    chosen = _chosen(wordings) if accept is None else _named(accept, wordings)
    usable = [str(n) for n, one in enumerate(wordings, 1) if not one.problem]
    if chosen:
        _write(conductor, script, found, name, chosen)
        taken = [replace(one, problem="it is accepted already") if one in chosen else one for one in wordings]
        kept.write(taken)
    elif accept is None and not can_ask() and usable:
        takes = (
            f"the same command with --accept {','.join(usable)} takes {'it' if len(usable) == 1 else 'them'}"
        )
        click.echo(f"Nothing is accepted yet: {takes}.", err=True)
    else:
        click.echo("Nothing is accepted: the script stays as it is.", err=True)


def _asked(
    conductor: "Conductor", script: "Technique", step: "Step", name: str, number: int
) -> "tuple[Proposed, ...]":
    """Ask the model and print each proposal as it comes."""
    from sandbox.cli.conducting import finish
    from sandbox.engine.privacy import warning
    from sandbox.library.suspect_words import personal

    if not conductor.models.are_local([name]):
        if detail := personal(step.say):
            caution(warning(detail))
        else:
            click.echo(f"The step goes to {printable(name)}.", err=True)
    if conductor.models.model(name).capabilities.small:
        caution("a model this small hardly rewords anything; read every word.")
    _say("as it is", step.say)
    for n, one in enumerate(step.variants, 1):
        _say(f"wording {n}, {one.origin}", one.say)
    return finish(_told(conductor, script, step, name, number))


async def _told(
    conductor: "Conductor", script: "Technique", step: "Step", name: str, number: int
) -> "tuple[Proposed, ...]":
    from sandbox.workbench.rewording import proposals

    found = []
    try:
        async for one in proposals(conductor.models.model(name), script, step, conductor.library, number):
            found.append(one)
            note = f"cannot be used: {one.problem}" if one.problem else one.heard
            _say(f"proposal {len(found)}" + (f" ({note})" if note else ""), one.say)
    finally:
        await conductor.models.close()
    return tuple(found)


def _say(head: str, text: str) -> None:
    import textwrap

    click.echo(textwrap.fill(printable(head), 80))
    for line in printable(text).split("\n"):
        click.echo(textwrap.fill(line, 78, initial_indent="  ", subsequent_indent="  "))
    click.echo()


# What is accepted


def _chosen(wordings: "Sequence[Proposed]") -> "tuple[Proposed, ...]":
    """Those that the person at the terminal accepts; none where there is nobody."""
    if not can_ask():
        return ()
    usable = ((n, one) for n, one in enumerate(wordings, 1) if not one.problem)
    return tuple(one for n, one in usable if click.confirm(f"Accept proposal {n}?", default=False, err=True))


def _named(accept: str, wordings: "Sequence[Proposed]") -> "tuple[Proposed, ...]":
    """Those of the numbers. Raises UsageError for one that is not there, or cannot be used."""
    from sandbox.errors import UsageError

    chosen = []
    for part in dict.fromkeys(one.strip() for one in accept.split(",")):
        if not (part.isascii() and part.isdigit() and 1 <= int(part) <= len(wordings)):
            todo = f"Write them as 1,3; there are {len(wordings)}."
            raise UsageError(f"--accept: there is no proposal “{printable(part)}”.", todo=todo)
        one = wordings[int(part) - 1]
        if one.problem:
            raise UsageError(f"Proposal {part} cannot be used: {one.problem}.", todo="Accept another one.")
        chosen.append(one)
    return tuple(chosen)


def _write(
    conductor: "Conductor", script: "Technique", step: "Step", name: str, chosen: "Sequence[Proposed]"
) -> None:
    from datetime import UTC, datetime

    from sandbox.library.copying import keep_variants
    from sandbox.library.technique import Variant
    from sandbox.remembered import who
    from sandbox.text import excerpt

    now = datetime.now(UTC)
    variants = [
        Variant(
            say=one.say,
            model=name,
            accepted_by=excerpt(who(), 100) or "unknown",
            accepted_on=f"{now:%Y-%m-%d %H:%M} UTC",
        )
        for one in chosen
    ]
    path = keep_variants(script, step.id, variants, conductor.library)
    added = f"{number_of(len(variants), 'variant')} of the step “{step.id}” added."
    click.echo(f"{added} A study says them with `wordings: spread`.", err=True)
    click.echo(path)


class _Kept:
    """The proposals that were printed last for a step as it is now, in a file beside the record."""

    def __init__(self, conductor: "Conductor", script: "Technique", step: "Step", name: str) -> None:
        self._of = {"technique": script.id, "step": step.id, "say": step.say, "model": name}
        self._path: Path = conductor.workspace.sessions / "drafts" / f"wordings-{script.id}-{step.id}.json"

    def read(self) -> "tuple[Proposed, ...]":
        """None where they are of another text or model, or cannot be read any more."""
        from sandbox.errors import SandboxError
        from sandbox.library.loading import MAX_BYTES, read_at_most
        from sandbox.workbench.rewording import Proposed

        try:
            kept = json.loads(read_at_most(self._path, MAX_BYTES, todo=""))
            if kept["of"] != self._of:
                return ()
            return tuple(Proposed(str(one["say"]), str(one["problem"])) for one in kept["proposed"])
        except (SandboxError, ValueError, KeyError, TypeError, RecursionError):
            return ()

    def write(self, wordings: "Sequence[Proposed]") -> None:
        """Keep them, for the owner alone; none, no file. That it cannot be done is told."""
        from sandbox.whole_file import write_whole

        kept = {"of": self._of, "proposed": [{"say": one.say, "problem": one.problem} for one in wordings]}
        try:
            if wordings:
                write_whole(self._path, json.dumps(kept), overwrite=True, mode=0o600)
            else:
                self._path.unlink(missing_ok=True)
        except OSError as error:
            click.echo(f"The proposals are not kept: {error.strerror or error}", err=True)
