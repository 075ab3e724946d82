"""A packet as one page that works from a file, offline: to read, to mark, and to save the marks from.

Every answer is a real form field; page.js only keeps and saves what is filled in. The page may run that one
script, by its hash, and load nothing.
"""

import base64
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import sandbox
from sandbox.export import NOTICE
from sandbox.export.packet.coded import CodedTranscript
from sandbox.export.report.blocks import Exchange
from sandbox.export.report.html import STYLE, escaped, exchange_html
from sandbox.library.codebook import Codebook
from sandbox.library.form import Form, FormItem
from sandbox.review.packet import PacketKey, PacketPair
from sandbox.text import number_of

_STYLE = """
body { max-width: 72rem; } .bar { display: flex; flex-wrap: wrap; gap: .6rem; align-items: center; }
button, .button { font: inherit; padding: .35rem .8rem; border: 1px solid var(--line); border-radius: .3rem;
  background: var(--soft); color: inherit; cursor: pointer; }
.save { background: var(--accent); color: #fff; }
a.button { text-decoration: none; }
.button input { position: absolute; opacity: 0; width: 1px; } .button:focus-within { outline: 2px solid; }
input[type=text], textarea, select { font: inherit; color: inherit; background: transparent; padding: .3rem;
  border: 1px solid var(--line); border-radius: .3rem; max-width: 100%; } textarea { width: 100%; }
nav ol.parts { columns: auto; display: flex;
  flex-wrap: wrap; gap: .3rem .6rem; padding: 0; list-style: none; }
nav .parts a { display: block; padding: .25rem .6rem; border: 1px solid var(--line); border-radius: .3rem;
  text-decoration: none; } nav a[aria-current] { border-color: var(--accent); border-width: 2px; }
.done { font-size: .75rem; opacity: .8; } #state { font-size: .9rem; }
fieldset { border: 1px solid var(--line); border-radius: .3rem; margin: .7rem 0; }
legend { font-weight: 600; }
fieldset label { display: flex; gap: .5rem; padding: .2rem 0; align-items: baseline; }
.note-box { border-left: 3px solid var(--accent); padding: .3rem .7rem; margin: .4rem 0 .4rem 3rem;
  display: grid; gap: .35rem; } .note-box .tags { display: flex; flex-wrap: wrap; gap: .1rem .9rem; }
.note-box .quote { width: 100%; }
button.add-note { margin-left: 3rem; font-size: .8rem; padding: .1rem .6rem; }
body:not(.live) button { display: none; }
#state:not(:empty) { position: fixed; right: .6rem; bottom: .6rem; max-width: 22rem; margin: 0;
  padding: .4rem .8rem; background: Canvas; border: 1px solid; border-radius: .3rem; }
.side-by-side { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 1.2rem; }
@media (max-width: 700px) { .side-by-side { grid-template-columns: minmax(0, 1fr); }
  .note-box, button.add-note { margin-left: 0; } ol.lines { padding-left: 2.2rem; } }
@media print { button, .button, .bar, #state { display: none; }
  main > section, main > section[hidden] { display: block; break-before: page; } }
"""


def packet_page(key: PacketKey, transcripts: Sequence[CodedTranscript]) -> str:
    """The page, ending in a newline. Its title names the packet and nothing that is in it."""
    script = (Path(__file__).parent / "page.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )
    by_code = {one.key.code: one for one in transcripts}
    codes = _codes(key, transcripts)
    after = dict(zip(codes, (*codes[1:], ""), strict=True))
    sections = [
        *(_transcript(key, one, after[one.key.code]) for one in transcripts),
        *(_pair(pair, by_code, key.forms, after[pair.code]) for pair in key.pairs),
    ]
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>Packet {escaped(key.id)}</title>\n<style>{STYLE}{_STYLE}</style>\n</head>\n"
        f'<body data-packet="{escaped(key.id)}">\n{_head(key, transcripts)}\n<main>\n'
        + "\n".join(sections)
        + f"\n</main>\n{_note_template(key.codebook)}\n<script>{script}</script>\n</body>\n</html>\n"
    )


def _head(key: PacketKey, transcripts: Sequence[CodedTranscript]) -> str:
    count = number_of(len(transcripts), "transcript")
    blind = " You are not told which technique or model it is." if key.blind else ""
    warnings = "; ".join(dict.fromkeys(one.warning for one in transcripts if one.warning))
    warned = f'<p class="grave">Content warning: {escaped(warnings)}</p>' if warnings else ""
    links = "".join(
        f'<li><a href="#{code}">{code} <span class="done"></span></a></li>'
        for code in _codes(key, transcripts)
    )
    return (
        f'<header><h1>To review: {count}</h1><p class="grave">{escaped(NOTICE)}</p>{warned}'
        f"<p>Packet {escaped(key.id)}, therapy-sandbox {escaped(sandbox.__version__)}.{blind} Read each"
        " transcript, leave notes on its turns, and answer the questions below it. You can stop and go on"
        " later. At the end save your marks and send the saved file back. Nothing leaves this page by"
        " itself.</p>"
        "<noscript><p class='grave'>This browser runs no scripts in files: read here, and fill in"
        " form.xlsx.</p></noscript>"
        '<p class="bar"><label>Your name <input type="text" id="reviewer" maxlength="80"'
        ' autocomplete="name"></label><button type="button" class="save">Save my marks</button>'
        '<label class="button">Open what I saved <input type="file" id="open" accept=".json"></label></p>'
        f'<p id="state" role="status"></p>{_tags(key.codebook)}</header>'
        f'<nav aria-label="Transcripts"><ol class="parts">{links}</ol></nav>'
    )


def _codes(key: PacketKey, transcripts: Sequence[CodedTranscript]) -> list[str]:
    """What there is to read, in order: the transcripts, then the pairs."""
    return [*(one.key.code for one in transcripts), *(pair.code for pair in key.pairs)]


def _end(after: str) -> str:
    """Below the questions: on to the next, and the saving again, so that nobody scrolls back for it."""
    onward = f'<a class="button" href="#{after}">Next: {after}</a>' if after else ""
    return f'<p class="bar">{onward}<button type="button" class="save">Save my marks</button></p>'


def _tags(codebook: Codebook | None) -> str:
    if codebook is None:
        return ""
    lines = "".join(
        f"<li><strong>{escaped(tag.id)}</strong>: {escaped(tag.title)}. {escaped(tag.when)}</li>"
        for tag in codebook.tags
    )
    return f"<details><summary>Tags for notes: {escaped(codebook.title)}</summary><ul>{lines}</ul></details>"


def _transcript(key: PacketKey, one: CodedTranscript, after: str) -> str:
    code = one.key.code
    turns = "".join(_turn(turn, number) for number, turn in enumerate(one.turns, 1))
    title = f"<p>{escaped(one.title)}</p>" if one.title else ""
    forms = "".join(_form(code, form) for form in key.forms)
    return (
        f'<section class="transcript" id="{code}"><h2>Transcript {code}</h2>{title}{turns}'
        f"{_checklist(one)}{forms}{_end(after)}</section>"
    )


def _turn(turn: Exchange, number: int) -> str:
    """The turn with a place for notes at its end, and the side of each who speaks."""
    page = exchange_html(turn).removesuffix("</article>")
    page = page.replace('<ol class="lines"', '<ol data-side="therapist" class="lines"')
    page = page.replace('<ol class="lines client"', '<ol data-side="client" class="lines client"')
    return (
        f'{page}<button type="button" class="add-note">Note on turn {number}</button>'
        f'<div class="notes" data-turn="{number}"></div></article>'
    )


def _checklist(one: CodedTranscript) -> str:
    if not one.key.ticked:
        return ""
    turns = "".join(f'<option value="{n}">turn {n}</option>' for n in range(1, len(one.turns) + 1))
    lines = "".join(
        f'<fieldset data-statement="{escaped(statement)}"><legend>{escaped(statement)}</legend>'
        + "".join(
            f'<label><input type="radio" name="{one.key.code}/seen/{n}" value="{value}">{value}</label>'
            for value in ("yes", "no")
        )
        + f'<label>where <select><option value="">not in one turn</option>{turns}</select></label></fieldset>'
        for n, statement in enumerate(one.key.ticked)
    )
    return f"<h3>Was it there?</h3>{lines}"


def _form(code: str, form: Form) -> str:
    items = "".join(_item(code, form, item) for item in form.items)
    return f"<h3>{escaped(form.title)}</h3><p>{escaped(form.instruction)}</p>{items}"


def _item(code: str, form: Form, item: FormItem) -> str:
    name = f"{code}/{form.id}/{item.id}"
    answers = [(str(level.value), f"{level.value} · {level.label}") for level in form.levels_of(item)]
    return (
        f'<fieldset data-form="{form.id}" data-item="{item.id}"><legend>{escaped(item.text)}</legend>'
        + "".join(_radio(name, *answer) for answer in (*answers, ("", "the transcript does not show it")))
        + "</fieldset>"
    )


def _radio(name: str, value: str, label: str) -> str:
    return f'<label><input type="radio" name="{name}" value="{value}"><span>{escaped(label)}</span></label>'


def _pair(
    pair: PacketPair, transcripts: dict[str, CodedTranscript], forms: Sequence[Form], after: str
) -> str:
    sides = "".join(
        f"<div><h3>{letter}: transcript {code}</h3>{''.join(_copies(transcripts[code], pair.code))}</div>"
        for letter, code in (("A", pair.a), ("B", pair.b))
    )
    choices = (("a", "A"), ("b", "B"), ("no difference", "no difference"))
    asked = "".join(
        f'<fieldset data-pair="{pair.code}" data-form="{form.id}"><legend>{escaped(form.preference)}</legend>'
        + "".join(_radio(f"{pair.code}/{form.id}", *choice) for choice in choices)
        + "<label>why <textarea rows='2' maxlength='10000'></textarea></label></fieldset>"
        for form in forms
        if form.preference
    )
    return (
        f'<section class="pair" id="{pair.code}"><h2>Pair {pair.code}</h2>'
        f'<div class="side-by-side">{sides}</div>{asked}{_end(after)}</section>'
    )


def _copies(one: CodedTranscript, pair: str) -> Iterator[str]:
    """The turns once more."""
    for turn in one.turns:
        yield exchange_html(turn, anchor=f"{pair}.{turn.id}")


def _note_template(codebook: Codebook | None) -> str:
    tags = "".join(
        f'<label title="{escaped(tag.when)}"><input type="checkbox" class="tag" value="{tag.id}">'
        f"{escaped(tag.title)}</label>"
        for tag in (codebook.tags if codebook else ())
    )
    return (
        '<template id="note"><div class="note-box"><label>about <select class="speaker">'
        '<option value="">the whole turn</option><option value="therapist">what the client was told</option>'
        '<option value="client">what the client said</option></select></label>'
        '<input type="text" class="quote" maxlength="10000" aria-label="the words it is about"'
        ' placeholder="the words it is about (select them before you press the button)">'
        '<textarea rows="2" maxlength="10000" aria-label="note"></textarea>'
        f'<div class="tags">{tags}</div><div><button type="button" class="remove">Remove</button></div>'
        "</div></template>"
    )
