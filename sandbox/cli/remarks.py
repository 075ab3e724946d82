"""What a command has to say beside its data: lines on stderr under a heading."""

from collections.abc import Iterable

import click


def tell(heading: str, remarks: Iterable[object]) -> None:
    """The remarks, one a line, under `heading`; nothing at all when there are none."""
    lines = [f"  - {str(remark).replace(chr(10), ' ')}" for remark in remarks]
    if lines:
        click.echo("\n".join((heading, *lines)), err=True)
