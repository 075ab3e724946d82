"""`sandbox compare A B …`: sessions side by side on the terminal, a row a turn."""

import click

from sandbox.cli import options
from sandbox.cli.conducting import open_record


@click.command("compare", short_help="Set sessions side by side, a row a turn.")
@click.argument("sessions", nargs=-1, required=True, metavar="SESSION...")
@click.option(
    "--scale", metavar="ID", help="What is compared.  [default: distress, else the first that was measured]"
)
@click.option(
    "--questionnaire",
    metavar="ID",
    help="Whose scale, if several have one of that name; `replies` is the tone of the client's own words.",
)
@click.option(
    "--pool/--each",
    default=None,
    help="Show averages over runs, or each run.  [default: averages where there are several]",
)
@click.option(
    "--mixed",
    "with_model",
    is_flag=True,
    help="Fit a mixed model too, of all runs at once.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON.")
@click.option("--csv", "as_csv", is_flag=True, help="Print a row an arm and point, for a spreadsheet.")
def command(
    sessions: tuple[str, ...],
    scale: str | None,
    questionnaire: str | None,
    pool: bool | None,
    with_model: bool,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Compare sessions turn by turn: score, change since the scenario, difference from the control.

    SESSION is an id, the beginning of one, `last`, or the name of a study: what its newest plan
    has in the runs that are finished. A shared start stands for all its arms. The control that stands beside
    an arm comes along.
    """
    from sandbox.analysis.comparison import compare, worth_pooling
    from sandbox.analysis.family import chosen_scale, gather_compared
    from sandbox.analysis.mixed import mixed
    from sandbox.analysis.reported import own_scale
    from sandbox.errors import UsageError
    from sandbox.export.comparison import comparison_csv
    from sandbox.export.comparison_result import comparison_result
    from sandbox.study.progress import study_or_session

    options.refuse_both("--json", as_json, "--csv", as_csv)
    if with_model and as_csv:
        raise UsageError("A mixed model has no place in --csv.", todo="Leave one of them out.")
    with open_record() as store:
        named = (id for session in sessions for id in study_or_session(store, session))
        found = gather_compared(store, dict.fromkeys(named))
        scale = scale or own_scale(store, sessions)
    name = chosen_scale(found, scale, questionnaire)
    comparison = compare(found, name, pooled=worth_pooling(found, name) if pool is None else pool)
    model = mixed(comparison) if with_model else None
    if as_json:
        click.echo(comparison_result(comparison, model).text(), nl=False)
    elif as_csv:
        click.echo(comparison_csv(comparison), nl=False)
    else:
        from sandbox.cli.streams import caution, terminal_width
        from sandbox.export.comparison import comparison_terminal

        click.echo(comparison_terminal(comparison, terminal_width(), model))
        for sentence in comparison.cautions:
            caution(sentence)
