"""A report or a transcript as a PDF for A4 paper, set by Typst.

The page's layout is fixed here; words come to it as data (JSON) and are never read as Typst markup or code.
"""

import json
from collections.abc import Iterator, Sequence
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
from sandbox.export.report.charts import missing, svg
from sandbox.text import printable

_LAYOUT = """
#let page-of = json(bytes(sys.inputs.at("page")))
#set document(title: page-of.title, date: none)
#set page(paper: "a4", margin: (x: 20mm, y: 18mm), numbering: "1 / 1")
#set text(size: 10pt, lang: page-of.language, hyphenate: false)
#set par(leading: 0.55em)
#show heading: set block(above: 1.3em, below: 0.7em)
#let small(words) = text(size: 8pt, fill: luma(90), words)
#let grave(words) = block(inset: (left: 8pt, y: 3pt), stroke: (left: 2pt + rgb("#d55e00")), words)
#let rows-of(one) = {
  block(below: 0.4em, sticky: true, strong(one.caption))
  set text(size: 8.5pt)
  table(
    columns: one.head.len(),
    align: (column, row) => if column >= one.numbers { right } else { left },
    stroke: 0.4pt + luma(160),
    inset: 4pt,
    ..if one.head.any(cell => cell != "") { (table.header(..one.head.map(cell => strong(cell))),) },
    ..one.rows.flatten().map(cell => [#cell]),
  )
}
#let lines-of(one) = {
  if one.speaker != "" { block(above: 0.9em, below: 0.5em, sticky: true, strong(one.speaker)) }
  for (number, line) in one.lines.enumerate(start: one.first) {
    block(below: 0.5em, grid(
      columns: (if one.first > 0 { 2.6em } else { 1em }, 1fr),
      if one.first > 0 { small(str(number)) },
      line,
    ))
  }
  if one.note != "" { block(emph(one.note)) }
}
#for one in page-of.blocks {
  if one.kind == "heading" { heading(level: one.level, one.text) }
  else if one.kind == "paragraph" { block(if one.grave { grave(one.text) } else { one.text }) }
  else if one.kind == "bullets" { list(..one.items.map(item => [#item])) }
  else if one.kind == "table" { rows-of(one) }
  else if one.kind == "chart" {
    figure(image(bytes(one.svg), format: "svg", width: 80%, alt: one.alt), caption: one.title, kind: image,
      supplement: none, numbering: none)
    rows-of(one.table)
  }
  else if one.kind == "turn" {
    block(above: 1.2em, below: 0.5em, sticky: true, strong(one.title) + h(0.6em) + small(one.id))
    for said in one.said { lines-of(said) }
  }
  else if one.kind == "command" { block(raw(one.text)) }
}
"""


def report_pdf(blocks: Sequence[Block], language: str = "en") -> bytes:
    """The blocks as the bytes of a PDF file. Its properties hold a title and no author, date or tool's name
    beside Typst's."""
    try:
        import typst
    except ImportError as error:
        raise missing("typst") from error
    title = next((_text(one.text) for one in blocks if isinstance(one, Heading) and one.level == 1), "Report")
    page = {
        "title": title,
        "language": language,
        "blocks": [part for block in blocks for part in _parts(block)],
    }
    made: bytes = typst.compile(
        _LAYOUT.encode(), format="pdf", sys_inputs={"page": json.dumps(page)}, timestamp=0
    )
    return made


def _parts(block: Block) -> Iterator[dict[str, Any]]:
    match block:
        case Heading(text, level):
            yield {"kind": "heading", "text": _text(text), "level": level}
        case Paragraph(text, grave):
            yield {"kind": "paragraph", "text": _text(text), "grave": grave}
        case Bullets(items):
            yield {"kind": "bullets", "items": [_text(item) for item in items]}
        case Table():
            yield _table(block)
        case Chart():
            drawn = {"svg": svg(block.specification, ink="#000000"), "alt": _text(block.description)}
            yield {"kind": "chart", "title": _text(block.title), **drawn, "table": _table(block.table)}
        case Conversation():
            for row in block.rows:
                for title, told in zip(block.columns, row, strict=True):
                    said = [_said(one, f"{one.place} · {one.speaker}") for one in told]
                    yield {"kind": "turn", "title": _text(title), "id": "", "said": said}
        case Exchange(id, title, told):
            said = [_said(one, one.speaker) for one in told]
            yield {"kind": "turn", "title": _text(title), "id": _text(id), "said": said}
        case Command(text):
            yield {"kind": "command", "text": _text(text)}


def _table(table: Table) -> dict[str, Any]:
    return {
        "kind": "table",
        "caption": _text(table.caption),
        "head": [_text(cell) for cell in table.head],
        "rows": [[_text(cell) for cell in row] for row in table.rows],
        "numbers": table.numbers_from,
    }


def _said(said: Said, speaker: str) -> dict[str, Any]:
    spoken = bool(said.words or said.line)
    return {
        "speaker": _text(speaker) if spoken else "",
        "first": said.line,
        "lines": [_text(line) for line in lines_of(said.words)] if spoken else [],
        "note": _text(said.note),
    }


def _text(text: str) -> str:
    return printable(text)
