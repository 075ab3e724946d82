"""A report or a transcript as a Word file: real headings, tables, pictures, no macro."""

import io
import re
from collections.abc import Sequence
from typing import Any

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
from sandbox.export.report.charts import missing, png
from sandbox.export.undated import undated
from sandbox.text import excerpt, printable

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""Characters that XML 1.0 cannot hold."""
_PAGE, _PADDING, _LETTER = 16.6, 0.4, 0.0233
"""In cm: the width of the text, the margins of a cell, a letter for each point of its size."""
_BOLDER = 1.2
"""How much wider the letters of a head are."""
_NUMBER, _BREAKS = re.compile(r"[−+±\[]?\d"), re.compile(r"\s+|(?<=\w-)")
_LONGEST_WORD, _LONGEST_TEXT = 24, 80
_MOST_TITLE = 250
"""Characters of the title among the properties: the format holds 255."""


def report_word(blocks: Sequence[Block]) -> bytes:
    """The blocks as the bytes of a .docx file for A4 paper; its properties hold no author, no date."""
    try:
        import docx
    except ImportError as error:
        raise missing("python-docx") from error
    written = _Written(docx.Document())
    title = next((_text(one.text) for one in blocks if isinstance(one, Heading)), "Report")
    properties = written.document.core_properties
    properties.author = properties.last_modified_by = properties.comments = ""
    properties.title = excerpt(title, _MOST_TITLE)
    for block in blocks:
        written.add(block)
    file = io.BytesIO()
    written.document.save(file)
    return undated(file.getvalue())


class _Written:
    """A Word document that blocks are added to.

    Paragraphs and tables get their style by its id: python-docx looks a name up anew each time, which took
    half of the time of a long transcript.
    """

    def __init__(self, document: Any) -> None:
        from docx.enum.style import WD_STYLE_TYPE
        from docx.shared import Cm, Pt

        self.document = document
        for section in document.sections:
            section.page_width, section.page_height = Cm(21), Cm(29.7)
            section.left_margin = section.right_margin = Cm(2.2)
            _number_pages(section.footer.paragraphs[0])
        document.styles["Normal"].font.size = Pt(10.5)
        speaker = document.styles.add_style("Speaker", WD_STYLE_TYPE.PARAGRAPH)
        speaker.font.bold = True
        speaker.paragraph_format.space_before, speaker.paragraph_format.space_after = Pt(4), Pt(0)
        speaker.paragraph_format.keep_with_next = True
        line = document.styles.add_style("Numbered Line", WD_STYLE_TYPE.PARAGRAPH)
        line.paragraph_format.left_indent, line.paragraph_format.first_line_indent = Cm(1.2), Cm(-1.2)
        line.paragraph_format.space_after = Pt(2)
        line.paragraph_format.tab_stops.add_tab_stop(Cm(1.2))
        self._ids = {style.name: style.style_id for style in document.styles}

    def add(self, block: Block) -> None:
        match block:
            case Heading(text, level):
                self._paragraph(text, f"Heading {level - 1}" if level > 1 else "Title")
            case Paragraph(text, grave):
                self._paragraph(text, "Intense Quote" if grave else None)
            case Bullets(items):
                for item in items:
                    self._paragraph(item, "List Bullet")
            case Table():
                self._table(block)
            case Chart():
                self._chart(block)
            case Conversation():
                self._talk(block)
            case Exchange():
                self._exchange(block)
            case Command(text):
                self._paragraph("").add_run(_text(text)).font.name = "Courier New"

    def _paragraph(self, text: str, style: str | None = None) -> Any:
        made = self.document.add_paragraph(_text(text))
        if style is not None:
            made._p.style = self._ids[style]
        return made

    def _chart(self, chart: Chart) -> None:
        from docx.shared import Cm

        picture = self.document.add_picture(io.BytesIO(png(chart.specification)), width=Cm(13.5))
        self.document.paragraphs[-1].paragraph_format.keep_with_next = True
        picture._inline.docPr.set("descr", _text(chart.description))
        self._paragraph(chart.title, "Caption")
        self._table(chart.table)

    def _table(self, table: Table) -> None:
        from docx.enum.text import WD_ALIGN_PARAGRAPH
        from docx.oxml import OxmlElement
        from docx.oxml.ns import qn
        from docx.shared import Cm, Pt

        self._paragraph(table.caption, "Caption").paragraph_format.keep_with_next = True
        head = (table.head,) if any(table.head) else ()
        rows = (*head, *table.rows)
        made = self.document.add_table(rows=len(rows), cols=len(table.head))
        made._tbl.tblStyle_val = self._ids["Light Grid Accent 1"]
        if not head:  # else the first row would look like one of heads
            look = made._tbl.tblPr.find(qn("w:tblLook"))
            look.set(qn("w:firstRow"), "0")
            look.set(qn("w:val"), "0480")
        for row in made.rows[: len(head)]:
            row._tr.get_or_add_trPr().append(OxmlElement("w:tblHeader"))
        points, fitting = _fitted(rows, table.numbers_from)
        small, widths = Pt(points), [Cm(width) for width in fitting]
        for column, width in zip(made.columns, widths, strict=True):
            column.width = width
        for cells, texts in zip(made.rows, rows, strict=True):
            cells._tr.get_or_add_trPr().append(OxmlElement("w:cantSplit"))
            for place, (cell, text) in enumerate(zip(cells.cells, texts, strict=True)):
                cell.width = widths[place]
                paragraph = cell.paragraphs[0]
                paragraph.add_run(_text(text)).font.size = small
                if place >= table.numbers_from:
                    paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT

    def _talk(self, talk: Conversation) -> None:
        for row in talk.rows:
            for title, told in zip(talk.columns, row, strict=True):
                self._paragraph(title, "Heading 3")
                for said in told:
                    self._said(said)

    def _said(self, said: Said) -> None:
        if said.words:
            paragraph = self._paragraph("")
            paragraph.add_run(f"{_text(said.place)} · {_text(said.speaker)}\n").bold = True
            paragraph.add_run(_text(said.words))
        self._note(said)

    def _exchange(self, turn: Exchange) -> None:
        self._paragraph(turn.title, "Heading 3")
        self._paragraph(turn.id, "Caption")
        for said in turn.said:
            self._paragraph(said.speaker, "Speaker")
            for number, line in enumerate(lines_of(said.words), start=said.line):
                self._paragraph(f"{number}\t{line}", "Numbered Line")
            self._note(said)

    def _note(self, said: Said) -> None:
        if said.note:
            self._paragraph("").add_run(_text(said.note)).italic = True


def _number_pages(footer: Any) -> None:
    """The number of the page, on the right: a field that the reader's program fills in."""
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    footer.alignment = WD_ALIGN_PARAGRAPH.RIGHT
    field = OxmlElement("w:fldSimple")
    field.set(qn("w:instr"), "PAGE")
    footer._p.append(field)


def _fitted(rows: Sequence[tuple[str, ...]], numbers_from: int) -> tuple[float, list[float]]:
    """The size of a table's letters in points, and how wide each column is in cm.

    In proportion to what stands in it, within the page's width, and never so narrow that its longest word
    breaks: rather numbers come apart from what stands behind them, or the letters are smaller.
    """
    columns = list(zip(*rows, strict=True))
    for size, whole in ((9, True), (8, True), (8, False), (7, False), (6, False)):
        longest = [
            max(_longest(column, numbers=whole and place >= numbers_from), 1)
            for place, column in enumerate(columns)
        ]
        least = [_LETTER * size * min(letters, _LONGEST_WORD) + _PADDING for letters in longest]
        if sum(least) <= _PAGE:
            break
    texts = [max(map(len, column), default=1) for column in columns]
    spare = max(0.0, _PAGE - sum(least))
    wanted = [max(0, min(text, _LONGEST_TEXT) - word) for text, word in zip(texts, longest, strict=True)]
    total = sum(wanted) or 1
    return size, [
        one * min(1.0, _PAGE / sum(least)) + spare * want / total
        for one, want in zip(least, wanted, strict=True)
    ]


def _longest(column: Sequence[str], *, numbers: bool) -> float:
    """The letters of the longest word of a column, its head counted as bolder; of `numbers` each whole."""
    return max(
        (
            len(word) * (1 if row else _BOLDER)
            for row, text in enumerate(column)
            for word in ([text] if numbers and _NUMBER.match(text) else _BREAKS.split(text))
        ),
        default=1.0,
    )


def _text(text: str) -> str:
    return _NOT_XML.sub("\ufffd", printable(text))
