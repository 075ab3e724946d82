"""`sandbox study`: many sessions as one study, from its plan to its end."""

import click

from sandbox.cli.export import study_export
from sandbox.cli.study_plan import list_studies, plan
from sandbox.cli.study_run import pause, resume, run, status, stop


@click.group("study", short_help="Run many sessions as one study, to the end.")
def command() -> None:
    """Run many sessions as one study: scenarios, techniques, models and repeats from one document."""


for _one in (plan, run, resume, status, list_studies, pause, stop, study_export):
    command.add_command(_one)
