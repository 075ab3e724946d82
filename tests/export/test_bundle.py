"""Bundles: brought in elsewhere they give the same numbers, and what is not as it was written is refused."""

import csv
import hashlib
import io
import json
import sqlite3
import stat
import struct
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from rocrate.rocrate import ROCrate

from sandbox.engine.afterwards import GivenAfterwards
from sandbox.engine.events import TurnFinished
from sandbox.engine.history import Turn
from sandbox.errors import ExitCode, SandboxError
from sandbox.export.data.bundle import METADATA, RECORD, SUMS
from sandbox.export.data.unpacking import bring_in_bundle
from sandbox.models.provider import ModelDescription
from sandbox.store.afterwards import add_afterwards, asked_afterwards
from sandbox.store.store import DATABASE, Store
from sandbox.store.study import StudyRecord
from sandbox.study.frozen import Outline, freeze, outline_of
from sandbox.study.plan import StudyPlan, plan_hash
from tests.cli.command import sandbox
from tests.export.specimen import HARMFUL, recorded_family
from tests.export.test_data_set import three_runs
from tests.store.runs import put_in_study
from tests.study.plans import study_plan

ROOT = "0123456789abcdef"
MODEL = ModelDescription("judge", "A judge")
Change = Callable[[dict[str, bytes]], dict[str, bytes]]


@pytest.fixture
def here(tmp_path: Path) -> Path:
    recorded_family(tmp_path / "here" / "sessions").close()
    return tmp_path / "here"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bundle of that family, made once."""
    folder = tmp_path_factory.mktemp("made")
    recorded_family(folder / "sessions").close()
    return bundled(folder, "last").read_bytes()


@pytest.fixture
def there(tmp_path: Path) -> Path:
    (tmp_path / "there").mkdir()
    return tmp_path / "there"


def bundled(workspace: Path, *words: str) -> Path:
    path = workspace / "b.zip"
    done = sandbox(workspace, "export", "data", *words, "--to", str(path), "--format", "bundle", "--force")
    assert done.code == ExitCode.OK and done.out.strip() == str(path), done.err
    return path


def put(folder: Path, bundle: bytes) -> Path:
    path = folder / "b.zip"
    path.write_bytes(bundle)
    return path


def rows(workspace: Path) -> dict[str, list[tuple[object, ...]]]:
    """Everything that the record holds."""
    path = workspace / "sessions" / DATABASE
    if not path.exists():
        return {}
    with closing(sqlite3.connect(path)) as db:
        tables = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: db.execute(f"SELECT * FROM {name}").fetchall() for name in tables}


async def test_another_machine_has_the_same_numbers_and_twice_adds_nothing(
    tmp_path: Path, there: Path
) -> None:
    here = tmp_path / "first"
    await three_runs(here)
    trunks = sandbox(there, "import", str(bundled(here, "--tag", "pilot"))).out.split()
    words = ("compare", "--pool", "--json", *trunks)
    assert len(trunks) == 3 and sandbox(here, *words).out == sandbox(there, *words).out != ""
    before = rows(there)
    again = sandbox(there, "import", str(here / "b.zip"))
    assert again.code == ExitCode.OK and again.out == "" and "Here already" in again.err
    assert rows(there) == before
    for form in ("csv", "json", "md"):
        for place in (here, there):
            to = str(place / f"one.{form}")
            assert sandbox(place, "export", trunks[0], "--to", to).code == ExitCode.OK
        assert (here / f"one.{form}").read_bytes() == (there / f"one.{form}").read_bytes()


def test_hostile_text_comes_through_word_for_word_and_no_machine_is_named(here: Path, there: Path) -> None:
    with Store.open(here / "sessions" / DATABASE) as store:
        for turn, text in enumerate(HARMFUL, start=4):
            store.record(TurnFinished("talking1", Turn(turn, "technique", "live", text, text)))
    assert sandbox(there, "import", str(bundled(here, "last"))).code == ExitCode.OK
    mine, brought = rows(here), rows(there)
    for table in ("documents", "sessions", "turns", "calls", "skips", "administrations", "answers", "scores"):
        assert sorted(map(repr, mine[table])) == sorted(map(repr, brought[table])) != [], table
    with Store.open(there / "sessions" / DATABASE) as store:
        assert store.state("talking1") == "interrupted" and store.state("breath11") == "finished"
    with closing(sqlite3.connect(there / "sessions" / DATABASE)) as db:
        assert db.execute("SELECT max(pid), max(host), max(process_started) FROM states").fetchall() == [
            (None, None, None)
        ]


def test_the_crate_describes_every_file_with_the_licence_of_each_document(
    bundle: bytes, tmp_path: Path
) -> None:
    path = put(tmp_path, bundle)
    crate = ROCrate(path)
    described = {entity.id: entity for entity in crate.data_entities}
    with zipfile.ZipFile(path) as file:
        names = set(file.namelist())
        for name, entity in described.items():
            assert hashlib.sha256(file.read(name)).hexdigest() == entity["sha256"]
    assert names - described.keys() == {METADATA, SUMS}
    documents = [entity for name, entity in described.items() if name.startswith("documents/")]
    assert {document["license"] for document in documents} == {"MIT"} and len(documents) >= 5
    assert "not a feeling" in crate.description and crate.root_dataset["datePublished"]


def test_a_study_comes_along_with_its_frozen_plan_and_what_was_asked_afterwards(
    here: Path, there: Path
) -> None:
    with Store.open(here / "sessions" / DATABASE) as store:
        outline = studied(store, study_plan(root=ROOT))
        measured = store.session("breath11").own_measured[-1]
        own = store.head("breath11").plan.measures[1]
        assert add_afterwards(store, GivenAfterwards("breath11", measured, ()), own, "judge", MODEL)
    path = here / "study.zip"
    words = ("study", "export", "worry", "--to", str(path), "--format", "bundle")
    assert sandbox(here, *words).code == ExitCode.OK
    assert "worry" in sandbox(here, "study", "export", "other", "--to", str(here / "x")).err
    with zipfile.ZipFile(path) as file:
        assert json.loads(file.read(f"studies/{outline.hash}.json"))["root"] == ROOT
    assert sandbox(there, "import", str(path)).code == ExitCode.OK
    with Store.open(there / "sessions" / DATABASE) as store:
        study = StudyRecord(store)
        (found,) = study.all()
        assert outline_of(found) == outline
        assert study.studies_of(["breath11"]) == {"breath11": "worry"} and study.at_work(ROOT) == ()
        (later,) = asked_afterwards(store, ["breath11"])["breath11"]
        assert later.measured == measured and later.asked == "judge"
    with zipfile.ZipFile(path) as file, file.open("tables/sessions.csv") as table:
        told = {row["session"]: row["studies"] for row in csv.DictReader(io.TextIOWrapper(table, "utf-8"))}
    with zipfile.ZipFile(path) as file:
        assert b"ratings, asked afterwards by judge" in file.read("tables/answers.csv")
    assert told["breath11"] == "worry"


def studied(store: Store, plan: StudyPlan) -> Outline:
    """The plan frozen, as if the sessions of that family were of its study."""
    record = StudyRecord(store)
    outline = freeze(record, plan)
    put_in_study(store, plan.root, ["trunk111", "breath11", "filler11"])
    record.log(plan.root, "started")
    record.log(
        plan.root, "look", {"plan": outline.hash, "repeats": 2, "within": {"Breathing": 3.5}, "enough": False}
    )
    record.log(plan.root, "stop asked")
    record.log(plan.root, "ended", {"ending": "stopped", "left": 1, "failed": 0, "seconds": 1.5})
    return outline


def test_a_newer_bundle_of_a_study_brings_its_newer_plan_and_not_where_both_planned_anew(
    here: Path, there: Path
) -> None:
    first = study_plan(root=ROOT)
    second = study_plan(3, root=ROOT, before=plan_hash(first))
    with Store.open(here / "sessions" / DATABASE) as store:
        studied(store, first)
    assert sandbox(there, "import", str(bundled(here, "last"))).code == ExitCode.OK
    with Store.open(here / "sessions" / DATABASE) as store:
        studied(store, second)
    newer = bundled(here, "last")
    assert sandbox(there, "import", str(newer)).code == ExitCode.OK
    with Store.open(there / "sessions" / DATABASE) as store:
        record = StudyRecord(store)
        assert outline_of(record.named("worry")).plan == second
        kinds = [entry.kind for entry in record.logged(ROOT)]
        assert kinds == ["started", "look", "stop asked", "ended", "started", "look", "ended"], (
            "nobody here was asked to stop"
        )
    before = rows(there)
    assert sandbox(there, "import", str(newer)).code == ExitCode.OK and rows(there) == before
    with Store.open(there / "sessions" / DATABASE) as store:
        freeze(StudyRecord(store), study_plan(4, root=ROOT, before=plan_hash(second)))
    with Store.open(here / "sessions" / DATABASE) as store:
        freeze(StudyRecord(store), study_plan(5, root=ROOT, before=plan_hash(second)))
    before = rows(there)
    done = sandbox(there, "import", str(bundled(here, "last")))
    assert done.code == ExitCode.OK and "“worry” was planned anew both here and there" in done.err
    assert rows(there) == before


BAD_STUDIES = {
    "no plan": """UPDATE studies SET plan = '{"x": 1}'""",
    "a name that is a path": "UPDATE studies SET name = '../../evil'",
    "a name that moves the cursor": "UPDATE studies SET name = 'worry' || char(27) || '[2J'",
    "a look that saw nothing": "UPDATE study_log SET detail = '{}' WHERE kind = 'look'",
    "an ending that is none": "UPDATE study_log SET detail = '{}' WHERE kind = 'ended'",
    "a line of no kind": "UPDATE study_log SET kind = 'elsewhere'",
    "an arm of nowhere": """UPDATE studies SET plan = replace(plan, '"technique":"', '"technique":"x')""",
}


@pytest.mark.parametrize("bad", BAD_STUDIES)
def test_a_study_that_cannot_be_read_is_refused(here: Path, there: Path, tmp_path: Path, bad: str) -> None:
    with Store.open(here / "sessions" / DATABASE) as store:
        studied(store, study_plan(root=ROOT))
    path = bundled(here, "last")
    zipped(path, with_record(tmp_path, BAD_STUDIES[bad])(contents(path)))
    refused(there, path)


def test_a_session_that_went_on_here_stays_as_it_is_and_is_told(
    bundle: bytes, there: Path, tmp_path: Path
) -> None:
    path = put(tmp_path, bundle)
    sandbox(there, "import", str(path))
    with Store.open(there / "sessions" / DATABASE) as store:
        store.set_state("talking1", "stopped", "enough", "me")
    before = rows(there)
    again = sandbox(there, "import", str(path))
    assert again.code == ExitCode.OK and "talking1" in again.err and rows(there) == before


def test_marks_on_sessions_that_are_here_come_in_once_and_the_latest_counts(here: Path, there: Path) -> None:
    for who, value in (("Ada", 4), ("Bea", 2)):
        sandbox(here, "review", "rate", "breath11", f"warmth={value}", "--by", who)
    sandbox(there, "import", str(bundled(here, "last")))
    sandbox(here, "review", "rate", "breath11", "warmth=5", "--by", "Ada")
    sandbox(here, "review", "note", "breath11", "2", "Well said.", "--by", "Ada")
    path = bundled(here, "last")
    sandbox(there, "review", "rate", "breath11", "warmth=1", "--by", "Ada")  # later than what comes in
    came = sandbox(there, "import", str(path))
    assert came.code == ExitCode.OK and "New on them: 2 marks of reviewers" in came.err, came.err
    before, shown = rows(there), sandbox(there, "review", "show", "breath11").out
    assert "warmth: 1 cold" in shown and "Well said." in shown and "warmth: 2 polite" in shown
    assert "New on them" not in sandbox(there, "import", str(path)).err and rows(there) == before
    words = ("export", "data", "last", "--to", str(path), "--format", "bundle", "--force", "--without-names")
    assert sandbox(here, *words).code == ExitCode.OK
    assert "New on them" not in sandbox(there, "import", str(path)).err, "the same marks without the names"


# What is refused


def contents(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as file:
        return {name: file.read(name) for name in file.namelist()}


def zipped(path: Path, files: dict[str, bytes], *, summed: bool = True) -> None:
    """The files as a bundle with sums that fit: the sums keep slips out, not somebody who means harm."""
    if summed:
        sums = (
            f"{hashlib.sha256(data).hexdigest()}  {name}\n" for name, data in files.items() if name != SUMS
        )
        files = {**files, SUMS: "".join(sums).encode()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in files.items():
            file.writestr(name, data)


MIDNIGHT = "2026-01-01T00:00:00Z"
NOTE = (
    "INSERT INTO notes (session, turn, speaker, quote, text, tags, given, reviewer, at, reason, blind)"
    " VALUES ('breath11', 1, '{}', '', 'Hm.', '[]', 1, 'Ada', '{}', '', 1)"
)


def with_record(tmp: Path, *statements: str) -> Change:
    """The record with those statements run on it, triggers of ours taken away first."""

    def change(files: dict[str, bytes]) -> dict[str, bytes]:
        record = tmp / "changed.db"
        record.write_bytes(files[RECORD])
        with closing(sqlite3.connect(record, isolation_level=None)) as db:
            db.execute("PRAGMA synchronous = OFF")
            db.execute("BEGIN")
            triggers = db.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for name, _ in triggers:
                db.execute(f"DROP TRIGGER {name}")
            for statement in statements:
                db.execute(statement)
            for _, sql in triggers:
                db.execute(sql)
            db.commit()
        return {**files, RECORD: record.read_bytes()}

    return change


HARM: dict[str, Callable[[Path], Change]] = {
    "a path that leads out": lambda tmp: lambda files: {**files, "../../evil.sh": b"rm"},
    "an absolute path": lambda tmp: lambda files: {**files, "/etc/evil": b"x"},
    "a Windows path": lambda tmp: lambda files: {**files, "C:\\evil": b"x"},
    "a file that is missing": lambda tmp: lambda files: {k: v for k, v in files.items() if k != RECORD},
    "no database": lambda tmp: lambda files: {**files, RECORD: b"not a database" * 100},
    "a bomb": lambda tmp: lambda files: {**files, "tables/big.csv": bytes(65 * 2**20)},
    "a trigger of theirs": lambda tmp: with_record(
        tmp, "CREATE TRIGGER evil AFTER INSERT ON tags BEGIN SELECT 1; END"
    ),
    "a view of theirs": lambda tmp: with_record(
        tmp, "CREATE VIEW evil AS SELECT 1"
    ),
    "an id that is a path": lambda tmp: with_record(
        tmp, "UPDATE sessions SET id = '../../x' WHERE id = 'talking1'",
        "UPDATE turns SET session = '../../x' WHERE session = 'talking1'",
        "UPDATE skips SET session = '../../x' WHERE session = 'talking1'",
        "UPDATE states SET session = '../../x' WHERE session = 'talking1'",
    ),
    "a circle of sessions": lambda tmp: with_record(
        tmp, "UPDATE sessions SET parent = 'breath11' WHERE id = 'trunk111'"
    ),
    "a changed document": lambda tmp: with_record(
        tmp, "UPDATE documents SET json = replace(json, 'Breathe in', 'Run away')"
    ),
    "a phase that does not exist": lambda tmp: with_record(tmp, "UPDATE turns SET phase = 'elsewhere'"),
    "a row of nobody": lambda tmp: with_record(tmp, "UPDATE scores SET administration = administration + 99"),
    "a note of a speaker that is none": lambda tmp: with_record(tmp, NOTE.format("hacker", MIDNIGHT)),
    "a mark at no known time": lambda tmp: with_record(tmp, NOTE.format("client", MIDNIGHT[:-1])),
    "a plan that is none": lambda tmp: with_record(tmp, "UPDATE sessions SET plan = '{'"),
    "a newer version": lambda tmp: with_record(tmp, "PRAGMA user_version = 9999"),
}  # fmt: skip


@pytest.mark.parametrize("harm", HARM)
def test_a_bundle_that_would_do_harm_is_refused_and_changes_nothing(
    bundle: bytes, there: Path, tmp_path: Path, harm: str
) -> None:
    path = put(tmp_path, bundle)
    zipped(path, HARM[harm](tmp_path)(contents(path)))
    refused(there, path)


def refused(workspace: Path, path: Path) -> None:
    outside = {file for file in workspace.parent.rglob("*") if "sessions" not in file.parts}
    with Store.open(workspace / "sessions" / DATABASE) as store:
        before = rows(workspace)
        with pytest.raises(SandboxError) as caught:
            bring_in_bundle(store, path)
    assert caught.value.what and caught.value.todo and rows(workspace) == before
    assert {file for file in workspace.parent.rglob("*") if "sessions" not in file.parts} == outside
    assert before["sessions"] == []


def damaged(path: Path) -> Iterator[bytes]:
    """The file cut short, with a changed byte, a changed file under the old sums, and no zip at all."""
    whole = path.read_bytes()
    yield whole[: len(whole) // 2]
    yield whole[:-1]
    at = whole.index(b"tables/scores.csv") + 200
    yield whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]
    zipped(path, {**contents(path), "tables/scores.csv": b"session\r\n"}, summed=False)
    yield path.read_bytes()
    yield b"PK\x03\x04" + bytes(100)
    yield b""


def test_a_file_that_is_not_as_it_was_written_is_refused(bundle: bytes, there: Path, tmp_path: Path) -> None:
    path = put(tmp_path, bundle)
    for data in list(damaged(path)):
        path.write_bytes(data)
        refused(there, path)


def test_links_and_lying_sizes_are_refused(bundle: bytes, there: Path, tmp_path: Path) -> None:
    path = put(tmp_path, bundle)
    files = contents(path)
    zipped(path, files)
    with zipfile.ZipFile(path, "a") as file:
        link = zipfile.ZipInfo("tables/link.csv")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        file.writestr(link, "/etc/passwd")
    refused(there, path)

    zipped(path, files)
    data = bytearray(path.read_bytes())
    entry = data.rindex(RECORD.encode()) - 46  # in the list of files at the end
    data[entry + 24 : entry + 28] = struct.pack("<L", 100)  # says that it unpacks to 100 bytes
    path.write_bytes(data)
    refused(there, path)


def test_the_same_id_of_another_session_is_refused(bundle: bytes, there: Path, tmp_path: Path) -> None:
    path = put(tmp_path, bundle)
    assert sandbox(there, "import", str(path)).code == ExitCode.OK
    before = rows(there)
    zipped(path, with_record(tmp_path, "UPDATE sessions SET seed = 99")(contents(path)))
    said = sandbox(there, "import", str(path))
    assert said.code == ExitCode.USAGE and "another session under the id" in said.err
    assert rows(there) == before


def test_a_bundle_takes_no_options_of_questionnaires_and_only_a_zip(here: Path) -> None:
    path = bundled(here, "last")
    assert sandbox(here, "import", str(path), "--id", "x").code == ExitCode.USAGE
    refusal = sandbox(here, "export", "data", "last", "--to", str(here / "x.csv"), "--format", "bundle")
    assert refusal.code == ExitCode.USAGE and ".zip" in refusal.err
    taken = sandbox(here, "export", "data", "last", "--to", str(path), "--format", "bundle")
    assert taken.code == ExitCode.USAGE and "--force" in taken.err
