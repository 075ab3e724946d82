"""Every format a session leaves in: byte for byte where it can be, read back by its own reader, harmless."""

import csv
import functools
import io
import json
import os
import re
import tempfile
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import docx
import pypdf
import pytest
from fhir.resources.R4B.bundle import Bundle
from hypothesis import given, settings
from hypothesis import strategies as st

import sandbox
from sandbox.analysis.family import Family, gather
from sandbox.cli.main import run_command_line
from sandbox.errors import ExitCode
from sandbox.export import NOTICE
from sandbox.export.file import AS_USUAL, FORMATS, Choice, Format, ending, export_family, name_for
from sandbox.export.report.blocks import LONGEST_LINE, lines_of
from sandbox.export.table import FORMULA_STARTS
from sandbox.export.transcript.course import Shown
from sandbox.library.workspace import create_workspace
from sandbox.models.provider import ModelDescription
from sandbox.store.afterwards import AskedAfterwards
from sandbox.store.store import DATABASE
from tests.export.specimen import HARMFUL, recorded_family

GOLDEN = Path(__file__).parent / "golden"


@functools.cache
def specimen() -> Family:
    with tempfile.TemporaryDirectory() as folder, recorded_family(Path(folder)) as store:
        return gather(store, "trunk111")


def hostile(*texts: str) -> Family:
    """The specimen with these texts as further turns of its last session, said and replied."""
    family = specimen()
    last = family.planned[-1]
    (turn,) = last.own_turns
    more = tuple(
        replace(turn, index=turn.index + number, said=text, reply=text) for number, text in enumerate(texts)
    )
    history = replace(last.history, turns=(*last.history.turns[: last.history.inherited], *more))
    return Family((*family.planned[:-1], replace(last, history=history)), None, family.checks)


def written(family: Family, form: Format, choice: Choice = AS_USUAL) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return export_family(family, Path(folder) / "x", form=form, choice=choice).read_bytes()


@pytest.fixture(autouse=True)
def long_cells() -> Iterator[None]:
    """The reader's own limit is for what nobody asked for."""
    before = csv.field_size_limit(10_000_000)
    yield
    csv.field_size_limit(before)


def rows(content: bytes, separator: str = ",") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), delimiter=separator))


def word_text(content: bytes) -> str:
    document = docx.Document(io.BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells]) + "\n"


def pdf_text(content: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)


class Page(HTMLParser):
    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.words = ""
        self.feed(content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert not any(name.startswith("on") or name in ("src", "href", "action") for name, _ in attrs) or (
            tag == "a" and str(dict(attrs)["href"]).startswith("#s")
        )

    def handle_data(self, data: str) -> None:
        self.words += data


# As it was


@pytest.mark.parametrize(
    ("name", "form", "choice"),
    [
        ("family.html", "html", Choice()),
        ("family.docx.txt", "docx", Choice()),
        ("family.jsonl", "jsonl", Choice(Shown(system=True))),
        ("family.fhir.json", "fhir", Choice()),
        ("family.turns.csv", "csv", Choice(table="turns", separator=";")),
        ("family.answers.csv", "csv", Choice(table="answers")),
    ],
)
def test_a_format_is_as_it_was(name: str, form: Format, choice: Choice) -> None:
    content = written(specimen(), form, choice)
    text = word_text(content) if form == "docx" else content.decode()
    # Pictures are drawn by a library; the version changes with every release.
    text = re.sub(r"<svg.*?</svg>", "<svg></svg>", text, flags=re.DOTALL)
    text = re.sub(re.escape(sandbox.__version__), "VERSION", text)
    golden = GOLDEN / name
    if os.environ.get("SANDBOX_WRITE_GOLDEN"):
        golden.write_text(text, encoding="utf-8", newline="")
    assert text == golden.read_bytes().decode()


def test_the_pdf_says_what_the_word_file_says() -> None:
    content = written(specimen(), "pdf")
    reader = pypdf.PdfReader(io.BytesIO(content))
    page = reader.pages[0].mediabox
    assert (round(page.width), round(page.height)) == (595, 842), "A4"
    flat = re.sub(r"\W+", "", pdf_text(content))
    for line in word_text(written(specimen(), "docx")).splitlines():
        assert re.sub(r"\W+", "", line) in flat
    assert reader.metadata is not None and not reader.metadata.author
    assert not {"/CreationDate", "/ModDate"} & reader.metadata.keys()


def test_the_bundle_is_fhir_and_its_subject_no_person() -> None:
    content = written(specimen(), "fhir")
    Bundle.model_validate_json(content)
    found: dict[str, list[dict[str, Any]]] = {}
    for entry in json.loads(content)["entry"]:
        found.setdefault(entry["resource"]["resourceType"], []).append(entry["resource"])
    (subject,) = found["Patient"]
    assert subject["active"] is False and "no person" in subject["name"][0]["text"].lower()
    assert NOTICE in subject["text"]["div"]
    for kind in ("Patient", "QuestionnaireResponse", "Device"):
        assert all(one["meta"]["tag"][0]["code"] == "HTEST" for one in found[kind])
    responses = {one["identifier"]["value"]: one for one in found["QuestionnaireResponse"]}
    given = [(s.head.id, m) for s in specimen().sessions for m in s.own_measured]
    assert len(responses) == len(given) and "filler11.t2.probe.word" in responses
    asked = responses["trunk111.ind.ratings.report"]
    assert asked["status"] == "stopped" and responses["filler11.t2.probe.word"]["status"] == "completed"
    arm = {one["url"]: one for one in responses["filler11.t2.probe.word"]["extension"][0]["extension"]}
    assert arm["control"]["valueBoolean"] is True and arm["seed"]["valueInteger"] == 7
    assert "(control)" in arm["title"]["valueString"]
    refused = asked["item"][1]
    assert "answer" not in refused and refused["extension"][0]["valueString"] == "refused"
    urls = [entry["fullUrl"] for entry in json.loads(content)["entry"]]
    assert len(urls) == len(set(urls))


def test_what_models_were_asked_afterwards_has_an_id_and_an_author_each() -> None:
    family = specimen()
    session = next(one for one in family.sessions if one.head.id == "breath11")
    measured, measure = session.own_measured[-1], session.head.plan.measures[1]
    at = session.created
    later = tuple(
        AskedAfterwards("breath11", measured, put, name, ModelDescription(name, name.title()), at)
        for name, put in (
            ("judge", measure),
            ("critic", measure),
            ("critic", measure.model_copy(update={"form": "single"})),
        )
    )
    found = json.loads(written(replace(family, later={"breath11": later}), "fhir"))["entry"]
    devices = {
        one["fullUrl"]: one["resource"]["deviceName"][0]["name"]
        for one in found
        if one["resource"]["resourceType"] == "Device"
    }
    authors = {
        one["resource"]["identifier"]["value"]: devices[one["resource"]["author"]["reference"]]
        for one in found
        if ".afterwards." in one["resource"].get("identifier", {}).get("value", "")
    }
    assert sorted(authors.values()) == ["Critic", "Critic", "Judge"] and len(authors) == 3
    assert all(author.lower() in id for id, author in authors.items())
    assert len(found) == len({one["fullUrl"] for one in found})


def test_a_turn_has_one_id_in_every_format() -> None:
    for form in FORMATS:
        content = written(specimen(), form, Choice(table="turns"))
        text = {"docx": word_text, "pdf": pdf_text}.get(form, lambda raw: raw.decode())(content)
        assert "breath11.t2" in text, form
        if form != "fhir":
            assert "trunk111.s1" in text and "breath11.s1" not in text, form


def test_every_file_says_what_it_is_not_and_where_it_comes_from() -> None:
    for form in FORMATS:
        content = written(specimen(), form)
        text = {"docx": word_text, "pdf": pdf_text}.get(form, lambda raw: raw.decode())(content)
        assert "not a feeling" in " ".join(text.split()), form
        assert "scripted" in text.lower() and "trunk111" in text, form


def test_what_is_left_out_is_not_there() -> None:
    bare = written(specimen(), "html", Choice(Shown(scores=False, items=False))).decode()
    assert "Measured at" not in bare and "<svg" not in bare and "It is dark." in bare
    assert "You are a" not in bare
    assert "How calm | at ease?" not in written(specimen(), "md", Choice(Shown(items=False))).decode()
    system = specimen().first.head.plan.client.system
    assert system in Page(written(specimen(), "html", Choice(Shown(system=True)))).words
    (first, *_) = written(specimen(), "jsonl", Choice(Shown(system=True))).splitlines()
    assert json.loads(first)["messages"][0] == {"role": "system", "content": system}


# Harmless


def refuse_harm(texts: tuple[str, ...]) -> None:
    family, bare = hostile(*texts), Choice(Shown(scores=False), "turns", ";")
    page = Page(written(family, "html", bare))
    assert not page.tags & {"script", "img", "iframe", "form", "link", "object", "svg", "b", "input"}
    for control in ("\x1b", "\u202e", "\0", "\ud800"):
        assert control not in page.words
    for row in rows(written(family, "csv", bare), ";"):
        assert not any(str(cell).lstrip(" \t\n").startswith(FORMULA_STARTS) for cell in row.values())
    lines = [json.loads(line) for line in written(family, "jsonl", bare).splitlines()]
    (talking,) = [line for line in lines if line["session"] == "talking1"]
    assert [message["content"] for message in talking["messages"][-2:]] == [texts[-1]] * 2
    with zipfile.ZipFile(io.BytesIO(written(family, "docx", bare))) as package:
        assert not any("vba" in name or "external" in name.lower() for name in package.namelist())
        assert b"TargetMode" not in package.read("word/_rels/document.xml.rels")
    pdf = pypdf.PdfReader(io.BytesIO(written(family, "pdf", bare)))
    assert not any("/Annots" in page for page in pdf.pages) and "/OpenAction" not in pdf.root_object
    for form in ("md", "json", "fhir"):
        assert written(family, form, bare)


def test_harmful_texts_of_models_do_nothing_in_any_file() -> None:
    refuse_harm(tuple(text[:100_000] for text in HARMFUL))


@settings(max_examples=8, deadline=None)
@given(st.text(min_size=1))
def test_no_text_breaks_a_file(text: str) -> None:
    refuse_harm((text, f"{text}<script>{text}</script>", f'#read("{text}") $x$ @{text}'))


@given(st.text(max_size=2_000))
def test_lines_for_citing_lose_no_word(text: str) -> None:
    lines = lines_of(text)
    assert lines and all(len(line) <= LONGEST_LINE and "\n" not in line for line in lines)
    assert all(lines) or lines == ("",)


def test_a_line_is_a_sentence() -> None:
    assert lines_of("I can't. “Why?” She left… 1. one of 2.5 e\n\nNew") == (
        "I can't.",
        "“Why?”",
        "She left…",
        "1. one of 2.5 e",
        "New",
    )


# As a user asks for them


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = create_workspace(tmp_path / "w")
    recorded_family(made.sessions).close()
    assert (made.sessions / DATABASE).exists()
    monkeypatch.chdir(made.root)
    return made.root


def test_a_folder_takes_a_file_named_for_what_is_in_it_once(workspace, capsys) -> None:
    (workspace / "out").mkdir()
    words = ["export", "breath", "--to", "out", "--format", "pdf"]
    assert run_command_line(words) == ExitCode.OK
    assert capsys.readouterr().out == "out/dark-street-breathing-breath11.pdf\n"
    assert run_command_line(words) == ExitCode.USAGE
    assert "--force" in capsys.readouterr().err
    assert run_command_line(["export", "trunk", "breath", "--to", "many", "--format", "md"]) == ExitCode.OK
    (path,) = capsys.readouterr().out.split()
    assert path == "many/dark-street-breathing-talking-filler-trunk111.md" and Path(path).is_file()
    assert len(name_for(specimen(), "fhir")) < 255 - len(ending("fhir"))


def test_an_option_that_says_nothing_of_the_format_is_refused(workspace, capsys) -> None:
    assert run_command_line(["export", "trunk", "--to", "a.html", "--separator", "tab"]) == ExitCode.USAGE
    assert "--format csv" in capsys.readouterr().err
    assert run_command_line(["export", "trunk", "--to", "a.json", "--no-scores"]) == ExitCode.USAGE
    words = ["export", "trunk", "--to", "a.csv", "--separator", "semicolon", "--table", "answers"]
    assert run_command_line(words) == ExitCode.OK
    assert rows(Path("a.csv").read_bytes(), ";")[0]["id"] == "trunk111.base"
