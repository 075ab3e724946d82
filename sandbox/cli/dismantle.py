"""`sandbox dismantle TECHNIQUE`: run a script with steps left out, to see which of them does the work."""

from typing import TYPE_CHECKING

import click

from sandbox.cli import options
from sandbox.errors import ExitCode
from sandbox.text import printable

if TYPE_CHECKING:
    from sandbox.library.study import Wordings
    from sandbox.study.conductor import Conductor
    from sandbox.study.frozen import Outline
    from sandbox.workbench.dismantling import Replacing, TakenApart


@click.command("dismantle", short_help="See which step of a script does the work.")
@click.argument("technique", metavar="TECHNIQUE")
@options.scenarios(help="What the client is told; may be given several times.")
@click.option(
    "--design",
    type=click.Choice(("left-out", "alone", "factorial", "shuffled")),
    default="left-out",
    show_default=True,
    help="left-out: a script without each step. alone: with only that step. factorial: all combinations, from"
    " five steps on a fraction of them (16 arms for five). shuffled: other orders.",
)
@click.option(
    "--replace",
    "replacing",
    type=click.Choice(("filler", "nothing")),
    default="filler",
    show_default=True,
    help="What stands where a step is left out: filler of the same length, or nothing (a shorter script).",
)
@click.option("--client", default="study-participant", show_default=True, metavar="ID")
@click.option("--model", default="embedded", show_default=True, metavar="NAME")
@options.measures()
@click.option("--scale", metavar="ID", help="The scale that counts.  [default: distress, else the first]")
@click.option("--repeat", type=click.IntRange(1, 1000), default=10, show_default=True, metavar="N",
              help="How many shared starts, with the seeds from --seed on.")  # fmt: skip
@options.seed
@click.option(
    "--wordings",
    type=click.Choice(("base", "spread")),
    default="base",
    show_default=True,
    help="spread: the shared starts take turns with the variants of the steps. base: none is said.",
)
@click.option(
    "--name", metavar="NAME", help="The study's name.  [default: of technique, design and what is not usual]"
)
@options.local_only
@options.quiet
@options.as_json
def command(
    technique: str,
    scenarios: tuple[str, ...],
    design: str,
    replacing: "Replacing",
    client: str,
    model: str,
    measures: tuple[str, ...],
    scale: str | None,
    repeat: int,
    seed: int,
    wordings: "Wordings",
    name: str | None,
    local_only: bool,
    quiet: bool,
    as_json: bool,
) -> ExitCode:
    """Run TECHNIQUE whole and with steps left out, from the same shared starts; say what each step does.

    It is a study: given again it runs only what is missing, with a larger --repeat only what is new. Ctrl-C
    loses nothing.
    """
    from sandbox.cli.conducting import open_conductor
    from sandbox.cli.repeat import all_runnable, chosen, chosen_seeds, play
    from sandbox.cli.study_talk import warn_before
    from sandbox.study.frozen import take_up
    from sandbox.study.proposal import Proposal
    from sandbox.study.small_study import small_study
    from sandbox.workbench.dismantling import DESIGNS, TakenApart, dismantle, method_of, name_of

    conductor = open_conductor(local_only=local_only)
    library = conductor.library
    whole = library.technique(technique)
    arms_of, _ = DESIGNS[design]
    arms = dismantle(whole, library.default_control(), arms_of, replacing=replacing, seed=seed)
    conductor.library = library.with_techniques({arm.technique.id: arm.technique for arm in arms})
    proposals = [
        Proposal(
            scenario=scenario,
            techniques=tuple(arm.technique.id for arm in arms),
            control=arms_of != "factorial",  # its arm without any step is filler already
            client=client,
            measures=measures,
            model=model,
            seed=seed,
        )
        for scenario in scenarios
    ]
    all_runnable(conductor, proposals)
    called = name or name_of(technique, design, replacing, scenarios, client, model, wordings)
    with conductor.store:
        seeds = chosen_seeds(seed, repeat, None)
        study = small_study(chosen(called, proposals, seeds), conductor.library)
        source = study.source.model_copy(update={"method": method_of(design, replacing)})
        wished = study.model_copy(update={"source": source, "wordings": wordings})
        outline = take_up(conductor, wished).outline
        warn_before(conductor, outline)
        code = play(conductor, outline, None, quiet=quiet)
        if code != ExitCode.INTERRUPTED:
            tell_steps(conductor, outline, TakenApart(arms, arms_of, replacing), scale, as_json=as_json)
    return code


def tell_steps(
    conductor: "Conductor",
    outline: "Outline",
    taken: "TakenApart",
    scale: str | None = None,
    *,
    as_json: bool = False,
) -> None:
    """Print what each step does, by all that is finished of the study of these arms."""
    from sandbox.analysis.look import so_far
    from sandbox.analysis.noise import noise
    from sandbox.export.dismantling import dismantling_json, dismantling_terminal
    from sandbox.study.progress import finished_arms
    from sandbox.workbench.dismantling import result_of

    sessions = finished_arms(conductor.studies, outline)
    result = result_of(conductor.store, sessions, taken.arms, taken.design, taken.replacing, scale)
    click.echo(dismantling_json(result) if as_json else dismantling_terminal(result), nl=not as_json)
    if as_json:
        return
    compared = so_far(conductor.store, sessions, result.scale[2])
    found = noise(compared) if compared is not None else None
    for one in found.wordings if found is not None else ():
        if one.script == taken.arms[0].technique.title:
            click.echo(f"\n{printable(one.line)}")
    click.echo(f"\nThe arms side by side: sandbox compare {outline.name}")
