"""What a clinician who writes documents would lose: the right line, all problems at once, plain words."""

import os
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.errors import ExitCode, NotFoundError, Problem, SandboxError
from sandbox.library.document import FOLDERS, InvalidDocument, Kind
from sandbox.library.loading import MAX_BYTES, load_file, parse_document
from sandbox.library.questionnaire import RatingQuestionnaire, WordQuestionnaire
from sandbox.library.scenario import Scenario
from sandbox.library.technique import Technique
from sandbox.library.yaml.tree import MAX_PROBLEMS
from tests.library.bad_documents import BAD, GOOD, WORD_PROBE, Bad

KINDS: tuple[Kind, ...] = tuple(FOLDERS)


def problems_of(text: str | bytes, kind: Kind = "scenario") -> tuple[Problem, ...]:
    with pytest.raises(InvalidDocument) as caught:
        parse_document(text, kind, "a.yaml")
    return caught.value.problems


def put(tmp_path: Path, name: str, text: str | bytes) -> Path:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_a_good_document_loads(kind: Kind) -> None:
    assert parse_document(GOOD[kind], kind).id == "sample"


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
def test_a_bad_document_is_explained_at_its_line(bad: Bad) -> None:
    problems = problems_of(bad.text, bad.kind)
    assert any(p.line == bad.line and bad.message in p.message and bad.hint in p.hint for p in problems), (
        "\n".join(map(str, problems))
    )
    if bad.alone:
        assert len(problems) == 1, "\n".join(map(str, problems))


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
def test_the_pure_python_parser_finds_the_same_lines(bad: Bad, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(yaml, "CSafeLoader", raising=False)
    problems = problems_of(bad.text, bad.kind)
    assert any(p.line == bad.line and bad.message in p.message for p in problems), "\n".join(
        map(str, problems)
    )


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
def test_no_library_speaks_through_the_problems(bad: Bad) -> None:
    said = "\n".join(map(str, problems_of(bad.text, bad.kind)))
    assert not re.search(r"pydantic|jinja|Value error|Input should|tag:yaml|NoneType|tuple|dict\b", said)


def test_all_problems_of_a_file_come_at_once_in_file_order() -> None:
    text = (
        GOOD["technique"]
        .replace("title: A sample", "title: 5")
        .replace("licence: MIT", "license: MIT")
        .replace("at_most: 3", "at_most: 30")
        .replace("Breathe in.", "Now {{ nothing }}")
        .replace('"1.0"', "2026-01-01")
    )
    assert [p.line for p in problems_of(text, "technique")] == [2, 7, 8, 13, 17]


def test_the_error_itself_is_short_and_leads_to_the_rest() -> None:
    text = GOOD["scenario"].replace("affect", "afect").replace("title: A sample", "title: no")
    with pytest.raises(InvalidDocument) as caught:
        parse_document(text, "scenario", "scenarios/sample.yaml")
    assert caught.value.exit_code is ExitCode.INVALID_DOCUMENT
    assert str(caught.value).splitlines() == [
        "scenarios/sample.yaml:2:8: a text is needed here, not a yes-or-no value (no)",
        'put it in quotes: "no"',
        "1 more problem: sandbox validate scenarios/sample.yaml lists them all",
    ]


def test_columns_count_characters_from_one() -> None:
    (problem,) = problems_of(GOOD["scenario"].replace("title: A sample", "title: “Nächte”\n1: x"))
    assert (problem.line, problem.column) == (3, 1)
    (problem,) = problems_of(GOOD["questionnaire"].replace("max: 100", "max: x"), "questionnaire")
    assert (problem.line, problem.column) == (11, 22)


@pytest.mark.parametrize("character", ["\x85", "\u2028", "\u2029"])
def test_line_ends_that_no_editor_counts_are_refused_where_they_stand(character: str) -> None:
    """YAML ends a line at each: whatever is wrong further down would be told for another line."""
    text = GOOD["scenario"].replace("A sample", f"'Nächte{character} afar'").replace("affect", "afect")
    (problem,) = problems_of(text)
    assert (problem.line, problem.column) == (2, 15)
    assert problem.message == f"a control character (U+{ord(character):04X})"
    (problem,) = problems_of(GOOD["scenario"].replace("A sample", f'"\\u{ord(character):04X}"'))
    assert (problem.line, problem.message) == (2, f"a control character (U+{ord(character):04X}) in a text")


def test_values_keep_what_was_written() -> None:
    scenario = parse_document(GOOD["scenario"], "scenario")
    assert isinstance(scenario, Scenario)
    assert [turn.reply for turn in scenario.turns] == [True, False]
    rating = parse_document(GOOD["questionnaire"], "questionnaire")
    assert isinstance(rating, RatingQuestionnaire)
    assert rating.bounds == (0.0, 100.0)
    assert rating.items[1].reverse
    probe = parse_document(WORD_PROBE, "questionnaire")
    assert isinstance(probe, WordQuestionnaire)
    assert probe.items[0].words == ("afraid", "scared")


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_byte_order_marks_and_windows_line_ends_do_not_matter(ending: str, mark: bytes) -> None:
    text = mark + GOOD["technique"].replace("\n", ending).encode()
    assert parse_document(text, "technique") == parse_document(GOOD["technique"], "technique")


@pytest.mark.parametrize(
    ("content", "line", "column"),
    [
        (b"id: a\ntitle: \xff\n", 2, 8),
        (GOOD["scenario"].encode("utf-16"), 1, 1),
        (b"\xc3\x28", 1, 1),
        ("id: a\ntitle: “Nächte ".encode() + b"\xff\n", 2, 16),
        (b"\xef\xbb\xbfid: \xff\n", 1, 5),
        ("title: two\u2028lines\n".encode() + b"id: \xff\n", 2, 5),
    ],
)
def test_other_encodings_are_refused(content: bytes, line: int, column: int) -> None:
    (problem,) = problems_of(content)
    assert (problem.line, problem.column, problem.message) == (line, column, "the file is not UTF-8 text")


@pytest.mark.parametrize(
    "text",
    [
        "a: &a x\nb: [" + "*a," * 20_000 + "]",
        "\n".join(f"key-{n}: 1" for n in range(20_000)),
        "turns: [" + "1," * 40_000 + "1]",
        "a: 1\n" * 20_000,
        "a: 1\n" * 200 + "@",
        "{{" * 100_000,
    ],
    ids=[
        "aliases",
        "unknown keys",
        "wrong values",
        "repeated keys",
        "repeated keys and bad syntax",
        "braces",
    ],
)
def test_a_hopeless_file_is_refused_with_a_readable_number_of_problems(text: str) -> None:
    assert 1 <= len(problems_of(text)) <= MAX_PROBLEMS


class TestFiles:
    @pytest.mark.parametrize("kind", KINDS)
    def test_the_folder_tells_the_kind(self, tmp_path: Path, kind: Kind) -> None:
        path = put(tmp_path, f"{FOLDERS[kind]}/sample.yaml", GOOD[kind])
        assert load_file(path) == parse_document(GOOD[kind], kind)

    def test_an_unknown_folder_needs_the_kind(self, tmp_path: Path) -> None:
        path = put(tmp_path, "drafts/sample.yaml", GOOD["technique"])
        with pytest.raises(InvalidDocument, match="does not tell what kind"):
            load_file(path)
        assert isinstance(load_file(path, "technique"), Technique)

    def test_the_id_is_the_file_name(self, tmp_path: Path) -> None:
        path = put(tmp_path, "scenarios/other.yaml", GOOD["scenario"])
        with pytest.raises(InvalidDocument) as caught:
            load_file(path)
        (problem,) = caught.value.problems
        assert problem.line == 1
        assert problem.hint == "write id: other, or rename the file to sample.yaml"

    def test_the_ending_is_yaml(self, tmp_path: Path) -> None:
        path = put(tmp_path, "scenarios/sample.yml", GOOD["scenario"])
        with pytest.raises(InvalidDocument, match=r"does not end in \.yaml"):
            load_file(path)

    def test_a_large_file_is_refused(self, tmp_path: Path) -> None:
        path = put(tmp_path, "scenarios/sample.yaml", GOOD["scenario"] + "#" * MAX_BYTES)
        with pytest.raises(InvalidDocument, match="larger than 1 MiB"):
            load_file(path)

    def test_a_file_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(NotFoundError):
            load_file(tmp_path / "scenarios" / "sample.yaml")

    @pytest.mark.parametrize("name", ["folder.yaml", "pipe.yaml"])
    def test_what_is_no_file_is_not_read(self, tmp_path: Path, name: str) -> None:
        path = tmp_path / name
        path.mkdir() if name.startswith("folder") else os.mkfifo(path)
        with pytest.raises(SandboxError, match="not a file"):
            load_file(path, "scenario")

    def test_a_device_is_not_read(self) -> None:
        with pytest.raises(SandboxError, match="not a file"):
            load_file(Path("/dev/zero"), "scenario")

    def test_a_name_no_system_takes(self) -> None:
        with pytest.raises(SandboxError, match="cannot be read"):
            load_file(Path("scenarios/a\0b.yaml"))


class TestAnyText:
    """Whatever a file holds, the answer is a document or an InvalidDocument with problems inside the file."""

    @staticmethod
    def check(text: str | bytes, kind: Kind) -> None:
        try:
            parse_document(text, kind, "a.yaml")
        except InvalidDocument as invalid:
            lines = (text if isinstance(text, bytes) else text.encode(errors="replace")).count(b"\n") + 1
            assert invalid.problems
            assert all(1 <= p.line <= lines + 1 and p.column >= 1 and p.message for p in invalid.problems)
            assert not any("does not fit here" in p.message for p in invalid.problems)

    @given(st.text(max_size=200), st.sampled_from(KINDS))
    def test_any_text(self, text: str, kind: Kind) -> None:
        self.check(text, kind)

    @given(st.binary(max_size=200), st.sampled_from(KINDS))
    def test_any_bytes(self, content: bytes, kind: Kind) -> None:
        self.check(content, kind)

    @settings(max_examples=300)
    @given(
        st.sampled_from(KINDS),
        st.integers(0, 400),
        st.integers(0, 12),
        st.text("-:{}[]&*!|>'\"#%@ \t\nabc0.~<=\\,?", max_size=6),
    )
    def test_a_good_document_damaged_anywhere(self, kind: Kind, at: int, length: int, new: str) -> None:
        good = GOOD[kind]
        self.check(good[:at] + new + good[at + length :], kind)

    @settings(max_examples=200)
    @given(
        st.sampled_from(KINDS),
        st.integers(0, 30),
        st.sampled_from(
            ["", "5", "1.5", "no", "[]", "{}", "[a]", "{a: b}", "2026-01-01", "text", ".nan", "-1", '"x"']
        ),
    )
    def test_any_value_in_the_place_of_another(self, kind: Kind, line: int, value: str) -> None:
        lines = GOOD[kind].splitlines()
        line %= len(lines)
        lines[line] = lines[line].split(":")[0] + ": " + value
        self.check("\n".join(lines), kind)


@given(st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1, max_size=60).filter(str.strip))
def test_a_quoted_text_comes_through_unchanged(title: str) -> None:
    quoted = "'" + title.replace("'", "''") + "'"
    try:
        document = parse_document(GOOD["scenario"].replace("A sample", quoted), "scenario")
    except InvalidDocument as invalid:
        assert "control character" in str(invalid)
    else:
        assert " ".join(document.title.split()) == " ".join(title.split())
