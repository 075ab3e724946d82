"""A report as a Word file, for colleagues who comment in Word: real headings, tables, pictures, no macro."""

import io
import re
from collections.abc import Sequence
from typing import Any

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
from sandbox.export.report.charts import missing, png
from sandbox.text import printable

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML 1.0 cannot hold."""


def report_word(blocks: Sequence[Block]) -> bytes:
    """The blocks as the bytes of a .docx file."""
    try:
        import docx
        from docx.shared import Pt
    except ImportError as error:
        raise missing("python-docx") from error
    document = docx.Document()
    document.styles["Normal"].font.size = Pt(10.5)
    properties = document.core_properties
    properties.author = properties.last_modified_by = ""
    properties.title = next((_text(one.text) for one in blocks if isinstance(one, Heading)), "Report")
    for block in blocks:
        _add(document, block)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def _add(document: Any, block: Block) -> None:
    from docx.shared import Cm

    match block:
        case Heading(text, level):
            document.add_heading(_text(text), level - 1)
        case Paragraph(text, grave):
            document.add_paragraph(_text(text), style="Intense Quote" if grave else None)
        case Bullets(items):
            for item in items:
                document.add_paragraph(_text(item), style="List Bullet")
        case Table():
            _add_table(document, block)
        case Chart():
            document.add_picture(io.BytesIO(png(block.specification)), width=Cm(15.5))
            document.add_paragraph(_text(block.title), style="Caption")
            _add_table(document, block.table)
        case Conversation():
            for row in block.rows:
                for title, told in zip(block.columns, row, strict=True):
                    document.add_heading(_text(title), 3)
                    for said in told:
                        _add_said(document, said)


def _add_table(document: Any, table: Table) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH

    document.add_paragraph(_text(table.caption), style="Caption")
    made = document.add_table(rows=1 + len(table.rows), cols=len(table.head), style="Light Grid Accent 1")
    for cells, texts in zip(made.rows, (table.head, *table.rows), strict=True):
        for place, (cell, text) in enumerate(zip(cells.cells, texts, strict=True)):
            cell.text = _text(text)
            if place >= table.numbers_from:
                cell.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT


def _add_said(document: Any, said: Said) -> None:
    if said.words:
        paragraph = document.add_paragraph()
        paragraph.add_run(f"{_text(said.place)} · {_text(said.speaker)}\n").bold = True
        paragraph.add_run(_text(said.words))
    if said.note:
        document.add_paragraph().add_run(_text(said.note)).italic = True


def _text(text: str) -> str:
    return _NOT_XML.sub("\ufffd", printable(text))
