"""A packet for a colleague: nothing in it tells the arm, its key restores all, and what comes back fits."""

import base64
import hashlib
import io
import re
import zipfile
from html.parser import HTMLParser
from pathlib import Path
from random import Random
from typing import Any

import openpyxl
import pypdf
import pytest

from sandbox.analysis.arm import Arm
from sandbox.cli.main import run_command_line
from sandbox.engine.events import RunPlanned, SessionFinished, SessionStarted, TurnFinished
from sandbox.engine.history import Turn
from sandbox.engine.plan import SessionHead
from sandbox.errors import ExitCode
from sandbox.export.packet.file import PAGE, SPREADSHEET, packet_zip
from sandbox.library.technique import Step
from sandbox.library.workspace import create_workspace
from sandbox.models.provider import ModelDescription
from sandbox.review.packet import PacketKey, Packing, arms_for_review, pack
from sandbox.review.returned import read_returned
from sandbox.review.taking_in import fitted
from sandbox.store.mark import MarkRecord, Note, Preference, Rating
from sandbox.store.store import DATABASE, Store
from tests.documents import plan, scenario, technique
from tests.export.specimen import HARMFUL
from tests.review.packets import codebook, shipped_form

MODEL = ModelDescription("ollama_chat/wise-llama", "Wise Llama 3B")
SAID = "This is Mindful  breathing. In mindful-breathing we settle down first, as settle-down says."
TELLING = re.compile(
    r"mindful.{0,2}breathing|settle.{0,2}down|slow.{0,2}talk|wise.{0,2}llama|ollama|filler.{0,2}manual"
    r"|trunk111|breath11|talkin11|filler11|step-\d",
    re.IGNORECASE,
)


def record(
    store: Store, replies: tuple[str, ...] = ("I am Wise Llama 3B.", "wise-llama says: slow talk!")
) -> None:
    """A shared start and three arms whose words name their technique, their steps and the model."""
    scripts = {
        "breath11": technique(Step(id="settle-down", say=SAID), SAID, id="mindful-breathing"),
        "talkin11": technique("Slow talk is this.", id="slow-talk"),
        "filler11": technique("The filler-manual.", "Page 2.", id="filler-manual", family="control"),
    }
    warned = scenario().model_copy(update={"content_warning": ("a knife",)})
    base = plan(model=MODEL.name, scenario=warned)
    arms = [
        SessionHead(id=id, plan=base.model_copy(update={"technique": script}), parent="trunk111")
        for id, script in scripts.items()
    ]
    store.record(RunPlanned((SessionHead(id="trunk111", plan=base), *arms)))
    store.record(SessionStarted("trunk111", MODEL))
    store.record(TurnFinished("trunk111", Turn(1, "induction", "scenario", "It is dark.", "I run.")))
    store.record(SessionFinished("trunk111", "finished"))
    for id, script in scripts.items():
        store.record(SessionStarted(id, MODEL))
        for number, step in enumerate(script.steps):
            reply = replies[number % len(replies)]
            turn = Turn(2 + number, "technique", "scripted", step.say, reply, step.id)
            store.record(TurnFinished(id, turn))
        store.record(SessionFinished(id, "finished"))


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = create_workspace(tmp_path / "w")
    with Store.open(made.sessions / DATABASE) as store:
        record(store)
    monkeypatch.chdir(made.root)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return made.root


def packed(store: Store, **packing: Any) -> tuple[PacketKey, tuple[Arm, ...]]:
    arms = arms_for_review(store, ["trunk111"])
    return pack(arms, (shipped_form(),), codebook(), Packing(**packing), Random(1)), arms


def texts_in(content: bytes, name: str) -> list[str]:
    """The name and every text in a file, those in the files inside it as well."""
    if zipfile.is_zipfile(io.BytesIO(content)):
        with zipfile.ZipFile(io.BytesIO(content)) as inside:
            told = [name, inside.comment.decode()]
            for entry in inside.infolist():
                told += [entry.comment.decode(), *texts_in(inside.read(entry), entry.filename)]
                assert entry.date_time == (1980, 1, 1, 0, 0, 0)
                if entry.filename == "docProps/core.xml":
                    assert not re.search(r"\d{4}-\d\d-\d\dT", inside.read(entry).decode())
            return told
    if content.startswith(b"%PDF"):
        reader = pypdf.PdfReader(io.BytesIO(content))
        return [name, str(reader.metadata), *(page.extract_text() for page in reader.pages)]
    return [name, content.decode("utf-8", errors="replace")]


class Page(HTMLParser):
    """What the reviewer fills in, and whatever the page might load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.items: dict[tuple[str, str], list[str]] = {}
        self.tags: list[str] = []
        self.loads: list[str] = []
        self.policy = ""
        self._item: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {key: value or "" for key, value in attrs}
        self.tags.append(tag)
        self.loads += [key for key in told if key.startswith("on") or key in ("src", "action")]
        self.loads += [told["href"]] if not told.get("href", "#").startswith("#") else []
        if tag == "meta" and "http-equiv" in told:
            self.policy = told["content"]
        if tag == "fieldset":
            self._item = self.items.setdefault((told.get("data-form", ""), told.get("data-item", "pair")), [])
        if tag == "input" and told.get("type") == "radio":
            self._item.append(told["value"])


def test_nothing_in_a_blind_packet_or_export_tells_the_arm_and_the_key_does(workspace, capsys) -> None:
    words = ["review", "packet", "trunk111", "--form", "session-rating", "--to", "p.zip"]
    assert run_command_line(words) == ExitCode.OK
    said = capsys.readouterr()
    assert said.out == "p.zip\n" and "their length may tell the arm" in said.err
    for form in ("html", "docx", "pdf", "md"):
        words = ["export", "trunk111", "--blind", "--format", form, "--to", "blind"]
        assert run_command_line([*words, *(["--force"] if form != "html" else [])]) == ExitCode.OK
    capsys.readouterr()
    assert run_command_line(words) == ExitCode.USAGE
    assert "two exports" in capsys.readouterr().err
    files = [Path("p.zip"), *Path("blind").iterdir()]
    assert len(files) == 1 + 4 * 3
    for path in files:
        texts = texts_in(path.read_bytes(), path.name)
        assert any("Content warning: a knife" in text for text in texts), path
        for text in texts:
            assert not (found := TELLING.search(text)), f"{path}: {found}"
    (packet,) = re.findall(r"packet (p-\w+)", said.err)
    assert run_command_line(["review", "key", packet]) == ExitCode.OK
    key = capsys.readouterr().out
    assert all(name in key for name in ("breath11", "talkin11", "Mindful-breathing", MODEL.name))
    assert (
        run_command_line(["export", "trunk111", "--blind", "--format", "json", "--to", "b"]) == ExitCode.USAGE
    )


def test_an_open_packet_says_what_it_is(tmp_path) -> None:
    with Store.open(tmp_path / DATABASE) as store:
        record(store)
        key, arms = packed(store, blind=False)
    with zipfile.ZipFile(io.BytesIO(packet_zip(key, arms))) as archive:
        page = archive.read(f"packet-{key.id}/{PAGE}").decode()
    assert "Mindful-breathing · " in page and MODEL.title in page and SAID.split(".", maxsplit=1)[0] in page


def test_order_pairs_and_length_are_as_asked(tmp_path) -> None:
    with Store.open(tmp_path / DATABASE) as store:
        record(store)
        key, arms = packed(store, equal_length=True)
        again, _ = packed(store, equal_length=True)
        other = pack(arms, (), None, Packing(paired=False), Random(5))
    assert key == again, "a seed fixes it"
    assert [one.session for one in key.transcripts] != [one.session for one in other.transcripts]
    assert {one.turns for one in key.transcripts} == {(1, 2)} and not other.pairs
    assert len({frozenset((pair.a, pair.b)) for pair in key.pairs}) == len(key.pairs) == 3


def test_the_filled_in_spreadsheet_and_the_pages_fields_fit_the_packet(tmp_path) -> None:
    form = shipped_form()
    with Store.open(tmp_path / DATABASE) as store:
        record(store)
        key, arms = packed(store)
        MarkRecord(store).add_packet(key.id, key, "tests")
        with zipfile.ZipFile(io.BytesIO(packet_zip(key, arms))) as archive:
            page = Page(archive.read(f"packet-{key.id}/{PAGE}").decode())
            content = archive.read(f"packet-{key.id}/{SPREADSHEET}")
        book = openpyxl.load_workbook(io.BytesIO(content))
        book["Packet"]["B3"] = "Ada"
        book["Ratings"]["F2"] = "4"
        book["Ratings"]["F3"] = "not shown"
        book["Notes"].append((key.transcripts[0].code, 2, "client", "", "Too soon.", "too-soon"))
        book["Pairs"]["D2"] = "no difference"
        book.save(tmp_path / "back.xlsx")
        marks = fitted(MarkRecord(store), read_returned(tmp_path / "back.xlsx")).marks
    session = key.transcripts[0].session
    ratings = [one for one in marks if isinstance(one, Rating)]
    assert [(one.session, one.item, one.value) for one in ratings] == [
        (session, "competence", 4),
        (session, "warmth", None),
    ]
    assert [(one.session, one.turn) for one in marks if isinstance(one, Note)] == [(session, 2)]
    assert [one.choice for one in marks if isinstance(one, Preference)] == ["no difference"]
    for item in form.items:
        values = [str(level.value) for level in form.levels_of(item)]
        assert page.items[form.id, item.id] == [*values, ""] * len(key.transcripts)
    assert page.items[form.id, "pair"] == ["a", "b", "no difference"] * len(key.pairs)


def test_harmful_words_do_nothing_in_the_page_or_the_spreadsheet(tmp_path) -> None:
    harm = tuple(f"{text[:9_000]}</script><script>alert(1)</script>" for text in HARMFUL)
    with Store.open(tmp_path / DATABASE) as store:
        record(store, replies=harm[:2])
        key, arms = packed(store)
    evil = shipped_form().model_copy(update={"instruction": "=1+1</script>", "preference": "=HYPERLINK(1)"})
    key = key.model_copy(update={"forms": (evil,)})
    with zipfile.ZipFile(io.BytesIO(packet_zip(key, arms))) as archive:
        text = archive.read(f"packet-{key.id}/{PAGE}").decode()
        book = openpyxl.load_workbook(io.BytesIO(archive.read(f"packet-{key.id}/{SPREADSHEET}")))
    page = Page(text)
    assert page.tags.count("script") == 1 and not page.loads
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in page.policy and "default-src 'none'" in page.policy
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert cells and not any(cell.data_type == "f" for cell in cells)
