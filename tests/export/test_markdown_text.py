"""Text that others wrote stays text: markup in it is escaped, what a person reads is not."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.analysis.family import gather
from sandbox.analysis.numeral import numeral
from sandbox.export.archive import archive
from sandbox.export.markdown_text import inline, quoted
from sandbox.export.table import guarded
from sandbox.export.transcript.contents import transcript_markdown
from sandbox.library.scenario import Scenario
from tests.export.specimen import recorded_family, score_table


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("I can't breathe; it's 1.5 times worse!", "I can't breathe; it's 1.5 times worse!"),
        ("# heading", "\\# heading"),
        ("- item", "\\- item"),
        ("1. one", "1\\. one"),
        ("12) one", "12\\) one"),
        ("===", "\\==="),
        ("<script>x</script>", "\\<script\\>x\\</script\\>"),
        ("&lt;", "\\&lt;"),
        ("![x](y)", "!\\[x\\](y)"),
        ("**a** _b_ `c` ~~d~~ $e$", "\\*\\*a\\*\\* \\_b\\_ \\`c\\` \\~\\~d\\~\\~ \\$e\\$"),
        ("https://a.b www.c.d e@f.g", "https\\://a.b www\\.c.d e\\@f.g"),
        ("a|b\\", "a\\|b\\\\"),
        ("two\nlines\there", "two lines here"),
    ],
)
def test_inline(text, shown):
    assert inline(text) == shown


def test_a_quotation_keeps_lines_and_paragraphs():
    assert quoted("One.\nTwo.\n\n    Three.") == "> One.\\\n> Two.\n>\n> Three."
    assert quoted("") == ">"


@given(st.text())
def test_no_line_of_a_quotation_leaves_it_and_nothing_in_it_acts(text):
    for line in quoted(text).split("\n"):
        assert line.startswith(">")
        assert not any(ord(letter) < 32 or 0x7F <= ord(letter) < 0xA0 for letter in line)
        bare = line.replace("\\\\", "")
        for mark in "<[`*_|#&":
            assert bare.count(mark) == bare.count("\\" + mark)


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "\x1b=1", "|cmd", "\r=1"])
def test_a_formula_in_a_table_is_text(text):
    assert str(guarded(text)).startswith("'")


@pytest.mark.parametrize("value", ["plain", "a=b", "", -1.5, 0, None])
def test_what_is_no_formula_is_left_alone(value):
    assert guarded(value) == value


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "–"), (-26.04, "−26.0"), (-0.01, "0.0"), (3, "3.0"), (99.95, "100.0")]
)
def test_numbers_for_reading(value, shown):
    assert numeral(value) == shown
    assert numeral(5.0, signed=True) == "+5.0"


def test_every_score_is_in_the_table_once_with_full_precision(tmp_path):
    with recorded_family(tmp_path) as store:
        family = gather(store, "trunk111")
        rows = score_table(family)
    rows = [row for row in rows if row["questionnaire"] != "replies"]
    measured = [(s.head.id, m) for s in family.sessions for m in s.own_measured]
    expected = [
        (id, m.point.label, m.administration.questionnaire, score.scale, score.value)
        for id, m in measured
        for score in m.administration.scores
    ]
    found = [
        (r["session"], r["point"], r["questionnaire"], r["scale"], float(r["value"]) if r["value"] else None)
        for r in rows
    ]
    assert found == expected


def test_every_reply_is_in_the_table_once_under_the_session_that_got_it(tmp_path):
    with recorded_family(tmp_path) as store:
        family = gather(store, "trunk111")
        rows = score_table(family)
    replied = [(s.head.id, turn.index) for s in family.sessions for turn in s.own_turns if turn.reply]
    found = [(row["session"], int(row["after_turn"])) for row in rows if row["questionnaire"] == "replies"]
    assert found == replied


def test_the_archive_is_complete_and_plain_ascii(tmp_path):
    with recorded_family(tmp_path) as store:
        family = gather(store, "trunk111")
        text = archive(family).text()
        calls = store.calls("trunk111")
    assert text.isascii() and "\x1b" not in text
    kept = json.loads(text)
    trunk = kept["sessions"][0]
    assert kept["format_version"] == 4
    assert [call["failure"] for call in trunk["calls"]] == [call.failure for call in calls]
    assert trunk["turns"][0]["reply"].endswith("1. y") and "\x1b" in trunk["turns"][0]["reply"]
    pointers = {measure["questionnaire"]["$document"] for measure in trunk["plan"]["measures"]}
    assert pointers <= set(kept["documents"])
    scenario = Scenario.model_validate_json(
        json.dumps(kept["documents"][trunk["plan"]["scenario"]["$document"]]["document"])
    )
    assert scenario == family.first.head.plan.scenario
    assert kept["sessions"][2]["states"][-1]["state"] == "interrupted"


def test_a_branch_alone_tells_the_whole_course_and_where_its_control_is(tmp_path):
    with recorded_family(tmp_path) as store:
        text = transcript_markdown(gather(store, "breath11"))
        together = transcript_markdown(gather(store, "breath11", whole_family=True))
    assert "It is dark." in text and "Page one." not in text
    assert "Its whole shared start is trunk111" in text
    assert "Page one." in together


def test_a_removed_branch_is_not_in_its_familys_export(tmp_path):
    with recorded_family(tmp_path) as store:
        store.set_state("talking1", "removed", "A slip.", author="clinician")
        assert "Talking" not in transcript_markdown(gather(store, "trunk111"))
