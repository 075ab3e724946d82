"""A report as Markdown: the pictures as their tables, everything that others wrote escaped."""

from collections.abc import Iterator, Sequence

from sandbox.export.markdown_text import inline, quoted
from sandbox.export.report.blocks import (
    Block,
    Bullets,
    Chart,
    Conversation,
    Heading,
    Paragraph,
    Said,
    Table,
)
from sandbox.export.table import markdown_table


def report_markdown(blocks: Sequence[Block]) -> str:
    """The blocks as Markdown, ending in a newline."""
    return "\n\n".join(part for block in blocks for part in _block(block)) + "\n"


def _block(block: Block) -> Iterator[str]:
    match block:
        case Heading(text, level):
            yield f"{'#' * level} {inline(text)}"
        case Paragraph(text, grave):
            yield f"> {inline(text)}" if grave else inline(text)
        case Bullets(items):
            yield "\n".join(f"- {inline(item)}" for item in items)
        case Table():
            yield f"**{inline(block.caption)}**"
            head = tuple(map(inline, block.head))
            yield markdown_table(
                head, [tuple(map(inline, row)) for row in block.rows], numbers_from=block.numbers_from
            )
        case Chart():
            yield from _block(block.table)
        case Conversation():
            for row in block.rows:
                for title, told in zip(block.columns, row, strict=True):
                    yield f"### {inline(title)}"
                    for said in told:
                        yield from _said(said)


def _said(said: Said) -> Iterator[str]:
    if said.words:
        yield f"**{inline(said.place)} · {inline(said.speaker)}**"
        yield quoted(said.words)
    if said.note:
        yield f"*{inline(said.note)}*"
