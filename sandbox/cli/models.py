"""`sandbox models`: which models are at hand and why others are not, and a check of one of them."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sandbox.cli import options
from sandbox.cli.streams import MovingLine
from sandbox.errors import ExitCode

if TYPE_CHECKING:
    from sandbox.models.download import Progress


@click.group("models", invoke_without_command=True)
@click.option(
    "--check", "name", metavar="NAME", help="Try one model: chat, streaming, log-probabilities, speed."
)
@click.option(
    "--set-key", "variable", metavar="VARIABLE", help="Keep a key in the system's keyring; asks for it."
)
@click.option("--all", "everything", is_flag=True, help="List services without a key as well.")
@options.as_json
@click.pass_context
def command(
    context: click.Context, name: str | None, variable: str | None, everything: bool, as_json: bool
) -> int:
    """List the models at hand, and what would make others so. Asks this machine only.

    With --check, a handful of short calls go to that model; ends with 4 when it does not answer.
    `sandbox models get` fetches a better model than the embedded one, `remove` deletes it again.
    """
    if context.invoked_subcommand is not None:
        return ExitCode.OK
    from sandbox.cli.conducting import finish

    if variable is not None:
        return _keep_key(variable)
    if name is not None:
        return finish(_check(name, as_json=as_json))
    return _list(everything, as_json=as_json)


@command.command("get")
@click.argument("name", required=False)
@click.option("--accept-changed", is_flag=True, help="Take it although it is another file than last time.")
@options.quiet
@options.as_json
def get(name: str | None, accept_changed: bool, quiet: bool, as_json: bool) -> int:
    """Fetch a model from the Hugging Face hub, or list those worth fetching.

    NAME is one of the list, or OWNER/REPO/FILE.gguf for any other. What broke off goes on where it was. The
    file is checked against the SHA-256 that the hub states, and kept in your data folder.
    """
    if name is None:
        return _offers(as_json=as_json)
    from sandbox.cli.conducting import chosen_settings
    from sandbox.models.download import fetch, hub_file, models_folder, refuse_fetching
    from sandbox.models.offer import offer_of

    refuse_fetching(local_only=chosen_settings().local_only)
    offer = offer_of(name)
    line = MovingLine(quiet=quiet)

    def tell(progress: "Progress") -> None:
        line.show(_so_far(progress), progress.done * 10 // max(progress.total, 1))  # every tenth

    try:
        fetched = fetch(
            offer.file if offer else hub_file(name),
            models_folder(),
            accept_changed=accept_changed,
            on_progress=tell,
        )
    except KeyboardInterrupt:
        raise click.Abort("Interrupted. What arrived stays; the same command goes on from there.") from None
    finally:
        line.clear()
    if as_json:
        click.echo(json.dumps(asdict(fetched) | {"path": str(fetched.path)}, indent=2))
        return ExitCode.OK
    click.echo(f"gguf:{fetched.path}")
    click.echo(f"{fetched.size / 1e9:.1f} GB, SHA-256 {fetched.sha256} as the hub states it.", err=True)
    click.echo(f"Check what can be measured on it: sandbox check-model gguf:{fetched.path}", err=True)
    return ExitCode.OK


@command.command("remove")
@click.argument("name")
def remove(name: str) -> int:
    """Delete a fetched model: NAME of the list, or its file's name. Sessions that used it stay."""
    from sandbox.models.download import models_folder, remove_fetched
    from sandbox.models.offer import offer_of

    offer = offer_of(name)
    freed = remove_fetched(offer.file.name if offer else name, models_folder())
    click.echo(f"Deleted; {freed / 1e9:.1f} GB are free again.", err=True)
    return ExitCode.OK


def _offers(*, as_json: bool) -> int:
    from sandbox.models.download import broken_off_in, fetched_in, models_folder
    from sandbox.models.offer import OFFERS
    from sandbox.text import printable

    folder = models_folder()
    here = {one.path.name: one for one in fetched_in(folder)}
    halves = dict(broken_off_in(folder))
    if as_json:
        rows = [asdict(one) | {"page": one.page, "here": one.file.name in here} for one in OFFERS]
        click.echo(json.dumps(rows, indent=2))
        return ExitCode.OK
    for one in OFFERS:
        mark = "✓" if one.file.name in here else "·"
        state = f", {halves[one.file.name] / one.size:.0%} here" if one.file.name in halves else ""
        click.echo(f"{mark} {one.name}: {one.title}, {one.licence}{state}")
        click.echo(
            f"    {one.size / 1e9:.1f} GB, needs about {one.memory / 1e9:.1f} GB of memory; {one.good_for}"
        )
        click.echo(f"    {one.page}")
    offered = {one.file.name for one in OFFERS}
    for other in here.values():
        if other.path.name not in offered:
            click.echo(
                f"✓ {printable(other.path.name)}: from {printable(other.repo)}, {other.size / 1e9:.1f} GB"
            )
    click.echo(f"Fetched models are kept in {folder}", err=True)
    click.echo("Fetch one: sandbox models get NAME, or OWNER/REPO/FILE.gguf", err=True)
    return ExitCode.OK


def _so_far(progress: "Progress") -> str:
    left, before = progress.seconds_left, progress.resumed_at
    return (
        f"{progress.done / progress.total:4.0%} of {progress.total / 1e9:.2f} GB, "
        f"{progress.rate / 1e6:.1f} MB/s"
        + (f", {left // 60:.0f}:{left % 60:02.0f} left" if left else "")
        + (f" (going on from {before / progress.total:.0%})" if before else "")
    )


def _list(everything: bool, *, as_json: bool) -> int:
    from sandbox.cli.conducting import chosen_settings
    from sandbox.library.workspace import find_workspace
    from sandbox.models.discovery import discover
    from sandbox.models.download import models_folder
    from sandbox.text import printable

    settings = chosen_settings()
    folders = (models_folder(), find_workspace().root / "models", Path.cwd())
    found = discover(folders, (settings.model, *settings.models))
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], indent=2))
        return ExitCode.OK
    for one in found:
        if one.ready or one.sort != "service" or everything:
            barred = settings.local_only and not one.local
            mark = "·" if barred or not one.ready else "✓"
            chosen = "  (default)" if one.name == settings.model else ""
            click.echo(f"{mark} {printable(one.name)}{chosen}\n    {printable(one.text)}")
            if barred:
                click.echo("    → local only is on: it is not asked")
            elif one.todo:
                click.echo(f"    → {one.todo}")
    without = sum(one.sort == "service" and not one.ready for one in found)
    if without and not everything:
        click.echo(f"· {without} services without a key in the environment: sandbox models --all", err=True)
    click.echo("Try one: sandbox models --check NAME", err=True)
    return ExitCode.OK


async def _check(name: str, *, as_json: bool) -> int:
    from sandbox.errors import SandboxError
    from sandbox.models.check import Result, check
    from sandbox.models.opening import open_model
    from sandbox.models.tokens import BASIS, price_of_thousand_turns, price_text
    from sandbox.text import printable

    provider = open_model(name)
    results: list[Result] = []
    try:
        async for result in check(provider):
            results.append(result)
            if not as_json:
                mark = {"works": "✓", "not offered": "·", "fails": "✗"}[result.verdict]
                click.echo(f"{mark} {result.subject}: {result.verdict}. {printable(result.text)}")
    finally:
        await provider.close()
    try:
        price = await price_of_thousand_turns(name)
    except SandboxError:
        price = None
    if as_json:
        data = {
            "model": name,
            "local": provider.capabilities.local,
            "results": [asdict(result) for result in results],
            "dollars_per_1000_turns": price,
        }
        click.echo(json.dumps(data, indent=2))
    else:
        click.echo(f"  1,000 turns: {price_text(price)} ({BASIS})")
    return ExitCode.OK if results[0].verdict == "works" else ExitCode.MODEL


def _keep_key(variable: str) -> int:
    from sandbox.errors import UsageError
    from sandbox.models.hosted import SERVICES
    from sandbox.models.key import keep_key

    known = sorted({service.key_variable for service in SERVICES.values() if service.key_variable})
    if variable not in known:
        raise UsageError(f"“{variable}” is not the name of a key.", todo=f"one of: {', '.join(known)}")
    key = click.prompt(f"{variable} (nothing is shown; empty takes it out)", default="", hide_input=True,
                       show_default=False, err=True)  # fmt: skip
    keep_key(variable, key.strip())
    click.echo("Kept in the keyring." if key.strip() else "Taken out of the keyring.", err=True)
    return ExitCode.OK
