"""`sandbox schema`: the JSON Schemas of the documents, for editors."""

from pathlib import Path

import click


@click.command("schema", short_help="Write the documents' JSON Schemas, for editors.")
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="The folder to write to.",
)
def command(folder: Path) -> None:
    """Write a JSON Schema for each kind of document, so that an editor can complete and check them."""
    from sandbox.errors import SandboxError
    from sandbox.library.document import FOLDERS
    from sandbox.library.schema import file_name, schema_text
    from sandbox.whole_file import write_whole

    try:
        for kind in FOLDERS:
            path = folder / file_name(kind)
            write_whole(path, schema_text(kind), overwrite=True)
            click.echo(str(path))
    except OSError as error:
        raise SandboxError(f"the schemas cannot be written: {error.strerror}", where=str(folder)) from None
