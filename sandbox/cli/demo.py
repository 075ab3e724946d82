"""`sandbox demo`: the proposed session on the embedded model, nothing to choose."""

import click

from sandbox.cli import options


@click.command("demo")
@options.seed
@options.quiet
@options.as_json
def command(seed: int, quiet: bool, as_json: bool) -> None:
    """Watch a real language model's simulated affect rise and fall, against a control.

    A scenario of fear, then mindful breathing and the filler control from one shared start, on the embedded
    model: no key, no network. Single seeds vary: look at several.
    """
    from sandbox.models.pool import ModelPool

    models = ModelPool()
    models.start("embedded")  # before the imports that follow: loading it takes as long as they do
    from sandbox.cli.outcome import run_proposal
    from sandbox.study.proposal import Proposal

    run_proposal(Proposal(seed=seed), models=models, quiet=quiet, as_json=as_json)
    click.echo(
        "Single seeds vary, up and down, and nothing is tuned to make a number come out: look at several"
        " (sandbox demo --seed NUMBER).",
        err=True,
    )
