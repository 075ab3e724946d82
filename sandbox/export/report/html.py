"""A report or a transcript as one HTML file without request or script, for telephone and paper too."""

from collections.abc import Iterator, Sequence
from html import escape

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
from sandbox.export.report.charts import svg
from sandbox.text import printable

STYLE = """
:root { color-scheme: light dark; --line: #8886; --soft: #8882; --accent: #0072b2; }
* { box-sizing: border-box; }
body { font: 16px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif; max-width: 62rem; margin: 0 auto;
  padding: 1rem; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem; line-height: 1.25; } h2 { font-size: 1.25rem; margin-top: 2.2rem;
  border-bottom: 1px solid var(--line); } h3 { font-size: 1.05rem; }
p.grave { border-left: 4px solid #d55e00; padding: .3rem .8rem; background: var(--soft); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; min-width: min(100%, 26rem); font-size: .9rem; margin: .6rem 0; }
caption { text-align: left; font-weight: 600; padding: .2rem 0; }
caption span { display: inline-block; position: sticky; left: 0; }
th, td { border: 1px solid var(--line); padding: .25rem .5rem; text-align: left; vertical-align: top;
  overflow-wrap: normal; }
thead th:empty { display: none; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
figure { margin: 1rem 0; } figure svg { width: 100%; max-width: 40rem; height: auto; }
figcaption { font-weight: 600; }
details { margin: .4rem 0; } summary { cursor: pointer; }
.talk { display: grid; gap: .6rem; margin: .6rem 0; }
.talk > section { border: 1px solid var(--line); border-radius: .3rem; padding: .4rem .7rem; min-width: 0; }
.talk h4 { margin: .2rem 0; font-size: .85rem; color: var(--accent); }
.who { font-size: .8rem; font-weight: 600; margin: .5rem 0 0; } blockquote { margin: .1rem 0 .4rem;
  white-space: pre-wrap; } .client { border-left: 3px solid var(--line); padding-left: .6rem; }
.turn { margin: 1.1rem 0; } .turn h4 { margin: 0; font-size: .85rem; color: var(--accent); }
.id { font-weight: 400; font-size: .75rem; opacity: .75; }
ol.lines { margin: .1rem 0 .4rem; padding-left: 3rem; }
ol.lines.client { border-left: 3px solid var(--line); }
ol.lines li::marker { font-size: .72rem; font-variant-numeric: tabular-nums; color: GrayText; }
pre { white-space: pre-wrap; background: var(--soft); padding: .5rem; font-size: .85rem; }
.note { font-size: .85rem; font-style: italic; }
nav ol { columns: 2; padding-left: 1.2rem; } a { color: inherit; }
@media (max-width: 700px) { .talk { grid-template-columns: minmax(0, 1fr) !important; }
  nav ol { columns: 1; } table { font-size: .75rem; min-width: 100%; } th, td { padding: .15rem .3rem; }
  td.n, th.n { white-space: normal; } caption span { max-width: calc(100vw - 3rem); } }
@media print { @page { size: A4; margin: 16mm; } body { font-size: 10.5pt; max-width: none; padding: 0; }
  h2, h3, h4, figcaption, caption { break-after: avoid; }
  figure, tr, .talk > section, ol.lines li { break-inside: avoid; }
  nav { display: none; } details > summary { list-style: none; } }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def report_html(blocks: Sequence[Block], language: str = "en") -> str:
    """The blocks as a page, ending in a newline."""
    title = next((one.text for one in blocks if isinstance(one, Heading) and one.level == 1), "Report")
    head = (
        f'<!doctype html>\n<html lang="{escaped(language)}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escaped(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
    )
    return head + "\n".join(_laid_out(blocks)) + "\n</main>\n</body>\n</html>\n"


def _laid_out(blocks: Sequence[Block]) -> Iterator[str]:
    sections = [block.text for block in blocks if isinstance(block, Heading) and block.level == 2]
    reached = 0
    for block in blocks:
        if isinstance(block, Heading) and block.level == 2:
            if reached == 1:  # after the summary, which stands on the first page alone
                yield _contents(sections)
            reached += 1
            yield f'<h2 id="s{reached}">{escaped(block.text)}</h2>'
        else:
            yield _block(block)


def _contents(sections: Sequence[str]) -> str:
    links = "".join(f'<li><a href="#s{n}">{escaped(name)}</a></li>' for n, name in enumerate(sections, 1))
    return f'<nav aria-label="Contents"><ol>{links}</ol></nav>'


def _block(block: Block) -> str:
    made: str
    match block:
        case Heading(text, level):
            made = f"<h{level}>{escaped(text)}</h{level}>"
        case Paragraph(text, grave):
            made = f'<p class="grave">{escaped(text)}</p>' if grave else f"<p>{escaped(text)}</p>"
        case Bullets(items):
            made = "<ul>" + "".join(f"<li>{escaped(item)}</li>" for item in items) + "</ul>"
        case Table():
            made = _table(block)
        case Chart():
            made = _figure(block)
        case Conversation():
            made = _talk(block)
        case Exchange():
            made = exchange_html(block)
        case Command(text):
            made = f"<pre>{escaped(text)}</pre>"
    return made


def _table(table: Table) -> str:
    def cell(tag: str, place: int, text: str) -> str:
        scope = ' scope="col"' if tag == "th" else ""
        return f"<{tag}{' class=n' if place >= table.numbers_from else ''}{scope}>{escaped(text)}</{tag}>"

    head = "".join(cell("th", place, text) for place, text in enumerate(table.head))
    rows = "".join(
        "<tr>" + "".join(cell("td", place, text) for place, text in enumerate(row)) + "</tr>"
        for row in table.rows
    )
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escaped(table.caption)}"><table>'
        f"<caption><span>{escaped(table.caption)}</span></caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _figure(chart: Chart) -> str:
    return (
        f'<figure><div role="img" aria-label="{escaped(chart.description)}">{svg(chart.specification)}</div>'
        f"<figcaption>{escaped(chart.title)}</figcaption></figure>\n"
        f"<details open><summary>The same in numbers</summary>{_table(chart.table)}</details>"
    )


def _talk(talk: Conversation) -> str:
    columns = f"grid-template-columns: repeat({len(talk.columns)}, minmax(0, 1fr))"
    return "\n".join(
        f'<div class="talk" style="{columns}">'
        + "".join(
            f"<section><h4>{escaped(title)}</h4>{''.join(map(_said, told))}</section>"
            for title, told in zip(talk.columns, row, strict=True)
        )
        + "</div>"
        for row in talk.rows
    )


def _said(said: Said) -> str:
    note = f'<p class="note">{escaped(said.note)}</p>' if said.note else ""
    if not said.words:
        return note
    kind = ' class="client"' if said.speaker.startswith("client") else ""
    who = f'<p class="who">{escaped(said.place)} · {escaped(said.speaker)}</p>'
    return f"{who}<blockquote{kind}>{escaped(said.words)}</blockquote>{note}"


def exchange_html(turn: Exchange, anchor: str = "") -> str:
    """A turn of a transcript, each of its lines with its number. `anchor`: its place in the page, where that
    is not its id."""
    said = "".join(map(_numbered, turn.said))
    return (
        f'<article class="turn" id="{escaped(anchor or turn.id)}"><h4>{escaped(turn.title)} '
        f'<span class="id">{escaped(turn.id)}</span></h4>{said}</article>'
    )


def _numbered(said: Said) -> str:
    kind = " client" if said.speaker.lower().startswith("client") else ""
    lines = "".join(f"<li>{escaped(line)}</li>" for line in lines_of(said.words))
    note = f'<p class="note">{escaped(said.note)}</p>' if said.note else ""
    return (
        f'<p class="who">{escaped(said.speaker)}</p>'
        f'<ol class="lines{kind}" start="{said.line}">{lines}</ol>{note}'
    )


def escaped(text: str) -> str:
    """Text that others wrote, as it stands in a page or in an attribute in quotes."""
    return escape(printable(text), quote=True)
