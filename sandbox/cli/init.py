"""`sandbox init`: a new workspace with copies of the content to edit."""

import os
import shlex
import sys
from pathlib import Path

import click


@click.command("init", short_help="Make a workspace with copies of the content to edit.")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
def command(folder: Path) -> None:
    """Make a workspace in DIR: copies of everything that comes with the app, yours to edit.

    DIR must be new or empty. Run sandbox inside it, or set SANDBOX_WORKSPACE to it.
    """
    from sandbox.library.workspace import create_workspace

    workspace = create_workspace(folder)
    click.echo(str(workspace.root))
    click.echo("Made. Edit the .yaml files in it, and check them with: sandbox validate", err=True)
    click.echo(f"Work in it: cd {shlex.quote(str(folder))}", err=True)
    activate = Path(sys.prefix) / "bin" / "activate"
    if "UV" in os.environ and activate.exists():  # `uv run` finds the app in its own folder alone
        click.echo(f"So that `sandbox` is found there, once: . {shlex.quote(str(activate))}", err=True)
