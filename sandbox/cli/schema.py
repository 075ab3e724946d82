"""`sandbox schema`: the JSON Schemas of the documents, for editors, and of what `--json` prints."""

from pathlib import Path

import click


@click.command("schema", short_help="Write the JSON Schemas of documents and outputs.")
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    help="The folder to write to.",
)
def command(folder: Path) -> None:
    """Write a JSON Schema for each kind of document, so that an editor can complete and check them.

    Beside them go those of the JSON outputs: of run, compare and export.
    """
    from sandbox.errors import SandboxError
    from sandbox.export.result import OUTPUTS, output_schema_text
    from sandbox.library.document import FOLDERS
    from sandbox.library.schema import file_name, schema_text
    from sandbox.whole_file import write_whole

    try:
        texts = [(file_name(kind), schema_text(kind)) for kind in FOLDERS]
        texts += [(file_name(name), output_schema_text(name)) for name in OUTPUTS]
        for name, text in texts:
            path = folder / name
            write_whole(path, text, overwrite=True)
            click.echo(str(path))
    except OSError as error:
        raise SandboxError(f"the schemas cannot be written: {error.strerror}", where=str(folder)) from None
