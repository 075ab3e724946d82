"""`sandbox catalogue`: everything in the library as one page."""

from pathlib import Path

import click


@click.command("catalogue", short_help="List everything in the library, with its origin and licence.")
@click.option(
    "--to",
    "target",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A Markdown file to write; an existing one is replaced.  [default: stdout]",
)
def command(target: Path | None) -> None:
    """List every document at hand, from scenarios to codebooks, in Markdown."""
    from sandbox.cli.conducting import open_library
    from sandbox.export.catalogue_page import catalogue_page
    from sandbox.export.file import refuse_missing_folder, write_file

    page = catalogue_page(open_library())
    if target is None:
        click.echo(page, nl=False)
    else:
        refuse_missing_folder(target)
        write_file(target, page, overwrite=True)
        click.echo(str(target))
