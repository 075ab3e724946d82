"""`sandbox models`: which models are at hand and why others are not, and a check of one of them."""

import asyncio
import json
from dataclasses import asdict
from pathlib import Path

import click

from sandbox.errors import ExitCode


@click.command("models")
@click.option(
    "--check", "name", metavar="NAME", help="Try one model: chat, streaming, log-probabilities, speed."
)
@click.option(
    "--set-key", "variable", metavar="VARIABLE", help="Keep a key in the system's keyring; asks for it."
)
@click.option("--all", "everything", is_flag=True, help="List services without a key as well.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def command(name: str | None, variable: str | None, everything: bool, as_json: bool) -> int:
    """List the models at hand, and what would make others so. Asks this machine only.

    With --check, a handful of short calls go to that model; ends with 4 when it does not answer.
    """
    if variable is not None:
        return _keep_key(variable)
    if name is not None:
        return asyncio.run(_check(name, as_json=as_json))
    return _list(everything, as_json=as_json)


def _list(everything: bool, *, as_json: bool) -> int:
    from sandbox.cli.conducting import chosen_settings
    from sandbox.library.workspace import find_workspace
    from sandbox.models.discovery import discover
    from sandbox.text import printable

    settings = chosen_settings()
    folders = (find_workspace().root / "models", Path.cwd())
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
