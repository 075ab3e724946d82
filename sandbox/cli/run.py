"""`sandbox run`: one scenario, one trunk, a branch for each technique; and that several times over."""

from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from sandbox.cli import options
from sandbox.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from sandbox.engine.measure import Shuffled
    from sandbox.library.study import Design


@click.command("run")
@options.scenarios(help="What the client is told; may be given several times, each is a run of its own.")
@click.option(
    "--technique",
    "techniques",
    multiple=True,
    metavar="ID",
    help="A branch; may be given several times. A control among them is cut to the longest of the others."
    "  [default: mindful-breathing]",
)
@click.option(
    "--control/--no-control",
    default=True,
    show_default=True,
    help="Add the filler control as one more branch.",
)
@click.option(
    "--client",
    "clients",
    multiple=True,
    default=("study-participant",),
    show_default=True,
    metavar="ID",
    help="Who is played; may be given several times.",
)
@click.option(
    "--model",
    "models",
    multiple=True,
    metavar="NAME",
    help="embedded, gguf:PATH, or a LiteLLM name such as openai/gpt-4o; may be given several times."
    "  [default: embedded, or as set]",
)
@options.measures(
    help="A questionnaire; may be given several times. WAY: word, likelihood, report; FORM of a report: "
    "batch, per-item, structured; WHEN: every (at every point) or three (baseline, after the scenario, end; "
    "what is not about right now is given so).  [default: by model]",
)
@click.option(
    "--shuffle",
    "shuffled",
    multiple=True,
    type=click.Choice(("options", "labels")),
    help="Shuffle a questionnaire's options or their labels too, by the seed; may be given twice.",
)
@click.option(
    "--therapist", metavar="NAME", help="The model that speaks guided techniques.  [default: the client's]"
)
@click.option("--follow-up", metavar="ID", help="A neutral scenario told before the last measurement.")
@click.option(
    "--design",
    "designs",
    multiple=True,
    type=click.Choice(("after scenario", "without scenario", "before scenario", "measured again")),
    default=("after scenario",),
    show_default=True,
    help="Where the techniques stand; “measured again” is one arm without any. May be given several times.",
)
@click.option(
    "--in-conversation", is_flag=True, help="Ask questionnaires inside the conversation, not on a side copy."
)
@options.seed
@click.option(
    "--repeat",
    type=int,
    metavar="N",
    help="Run it N times, with the seeds from --seed on, and compare all of them.",
)
@click.option("--seeds", metavar="LIST", help="Run it once with each of these seeds, such as 1-10,42.")
@click.option(
    "--name",
    metavar="NAME",
    help="Tag several runs with NAME; given again, only what is not finished under it is run.",
)
@options.local_only
@options.plain
@options.quiet
@options.as_json
@click.pass_context
def command(
    context: click.Context,
    scenarios: tuple[str, ...],
    techniques: tuple[str, ...],
    control: bool,
    clients: tuple[str, ...],
    models: tuple[str, ...],
    measures: tuple[str, ...],
    shuffled: "tuple[Shuffled, ...]",
    therapist: str | None,
    follow_up: str | None,
    designs: "tuple[Design, ...]",
    in_conversation: bool,
    seed: int,
    repeat: int | None,
    seeds: str | None,
    name: str | None,
    local_only: bool,
    plain: bool,
    quiet: bool,
    as_json: bool,
) -> ExitCode:
    """Run a scenario, then each technique from one shared start.

    The trajectory of every arm goes to stdout, a transcript to the workspace's sessions folder.
    Of several runs (seeds, scenarios, clients, models: every combination) the pooled comparison goes to
    stdout, with the 95 % interval of each technique effect.
    """
    from sandbox.cli.conducting import chosen_settings
    from sandbox.cli.outcome import run_proposal
    from sandbox.cli.repeat import chosen_seeds, run_all
    from sandbox.study.proposal import Proposal

    if seeds is not None and context.get_parameter_source("seed") is ParameterSource.COMMANDLINE:
        raise UsageError("--seed and --seeds say the same thing twice.", todo="Give one of them.")
    wanted = chosen_seeds(seed, repeat, seeds)
    proposals = [
        Proposal(
            scenario=scenario,
            techniques=techniques or ("mindful-breathing",),
            control=control,
            client=client,
            measures=measures,
            shuffled=shuffled,
            model=model,
            seed=wanted[0],
            administration="in_conversation" if in_conversation else "aside",
            follow_up=follow_up,
            designs=designs,
            therapist=therapist,
        )
        for model in dict.fromkeys(models or (chosen_settings().model,))
        for client in dict.fromkeys(clients)
        for scenario in dict.fromkeys(scenarios)
    ]
    if len(proposals) * len(wanted) == 1 and name is None:
        run_proposal(proposals[0], local_only=local_only, plain=plain, quiet=quiet, as_json=as_json)
        return ExitCode.OK
    return run_all(
        proposals, wanted, local_only=local_only, name=name, plain=plain, quiet=quiet, as_json=as_json
    )
