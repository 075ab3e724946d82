"""A report or a transcript as Markdown: pictures as their tables, everything that others wrote escaped."""

from collections.abc import Iterator, Sequence

from sandbox.export.markdown_text import inline, quoted
from sandbox.export.report.blocks import (
    Block,
    Bullets,
    Chart,
    Command,
    Conversation,
    Exchange,
    Heading,
    Paragraph,
    Said,
    Table,
    lines_of,
)
from sandbox.export.table import markdown_table
from sandbox.text import printable


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
                        yield from _said(said, f"{said.place} · {said.speaker}")
        case Exchange(id, title, told):
            yield f"#### {inline(title)}"
            first, last = told[0].line, told[-1].line + len(lines_of(told[-1].words)) - 1
            yield f"*{inline(id)}, {f'line {first}' if first == last else f'lines {first}–{last}'}*"
            for said in told:
                yield from _said(said, said.speaker)
        case Command(text):
            yield f"```sh\n{printable(text).replace(chr(10), ' ')}\n```"


def _said(said: Said, heading: str) -> Iterator[str]:
    if said.words or said.line:
        yield f"**{inline(heading)}**"
        yield quoted(said.words)
    if said.note:
        yield f"*{inline(said.note)}*"
