"""Options that mean the same in several commands."""

from functools import partial

import click

from sandbox.errors import UsageError


class OtherNames(click.Option):
    """An option that is taken under several names and told of under the first."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        names, self.opts = self.opts, self.opts[:1]
        try:
            return super().get_help_record(ctx)
        finally:
            self.opts = names


KINDS = ("scenario", "technique", "questionnaire", "client", "study", "form", "codebook")
"""The kinds of document; written out here so that --help needs no pydantic."""

# Called with what is told of them in each command.
scenarios = partial(
    click.option,
    "--scenario",
    "scenarios",
    multiple=True,
    default=("night-attack",),
    show_default=True,
    metavar="ID",
)
measures = partial(
    click.option,
    "--measure",
    "--questionnaire",
    "measures",
    cls=OtherNames,
    multiple=True,
    metavar="ID[:WAY[:FORM]][@WHEN]",
)
questionnaires = partial(
    click.option,
    "--questionnaire",
    "--measure",
    "questionnaires",
    cls=OtherNames,
    multiple=True,
    metavar="ID[:WAY[:FORM]]",
)

seed = click.option(
    "--seed",
    default=1,
    show_default=True,
    type=click.IntRange(0, 2**31 - 1),
    help="Fixes every random choice.",
)
local_only = click.option("--local-only", is_flag=True, help="Refuse any model that is not on this machine.")
plain = click.option("--plain", is_flag=True, help="Tell the session as plain lines, every word of it.")
quiet = click.option("--quiet", is_flag=True, help="No progress on stderr.")
as_json = click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
force = click.option("--force", is_flag=True, help="Replace the file if there is one.")
DEFAULT_FORM = "session-rating"
form = click.option(
    "--form",
    "form",
    default=DEFAULT_FORM,
    show_default=True,
    metavar="ID",
    help="The form that is filled in.",
)
codebook = click.option(
    "--codebook", metavar="ID", help="Where tags are from.  [default: one of your own, else therapist-moves]"
)


def refuse_both(one: str, is_given: bool, other: str, is_given_too: bool) -> None:
    """Raises UsageError where both of two ways to print are given."""
    if is_given and is_given_too:
        raise UsageError(f"{one} and {other} cannot both be printed.", todo="Choose one of them.")
