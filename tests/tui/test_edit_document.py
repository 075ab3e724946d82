"""The app's own editor, the duplicate and the import: what each key does, and that nothing is lost."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.widgets import Static, TextArea

from sandbox.library.loading import load_file
from sandbox.library.technique import Technique
from sandbox.tui.screens.edit_document import DocumentEditor, LongText, ShortText
from sandbox.tui.screens.import_instrument import ImportInstrument
from sandbox.tui.screens.library import LibraryScreen
from sandbox.tui.screens.new_document import NewDocumentPicker
from sandbox.tui.screens.page import PageScreen
from sandbox.tui.widgets.document_tree import DocumentTree
from tests.tui.stage import Stage
from tests.tui.test_library_keys import go_to, library, preview

TECHNIQUE = """\
# Mine.
id: my-own        # as the file
title: Sitting
description: One sits.
source: {author: FILL IN your name, drafted_by: person}
licence: CC0-1.0
version: "1"
family: supportive   # kept
rationale: It rests.
steps:
  - id: sit
    when: score('distress') > 30   # only then
    say: >-
      Sit down.
#     repeat: later
  - {id: end, say: And how is it now?}
"""


@pytest.fixture(autouse=True)
def no_editor(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("VISUAL", "EDITOR"):
        monkeypatch.delenv(name, raising=False)


@asynccontextmanager
async def editing(root: Path, text: str = TECHNIQUE) -> AsyncIterator[tuple[Stage, Path]]:
    async with library(root) as at:
        path = root / "techniques" / "my-own.yaml"
        path.write_text(text, encoding="utf-8")
        screen = at.app.screen
        assert isinstance(screen, LibraryScreen)
        await at.until(
            lambda: ("technique", "my-own") in screen.query_one(DocumentTree).places, "the technique"
        )
        await go_to(at, "my-own")
        await at.press("e")
        await at.until(lambda: isinstance(at.app.screen, DocumentEditor), "the editor")
        await at.shows("saved")
        yield at, path


def field(at: Stage, *route: str | int) -> ShortText | LongText:
    screen = at.app.screen
    assert isinstance(screen, DocumentEditor)
    return next(one for one in screen._fields() if one.at == route)


def checks(at: Stage) -> str:
    return str(at.app.screen.query_one("#said", Static).content)


async def into(at: Stage, *route: str | int) -> None:
    """Put the cursor at the end of a field."""
    field(at, *route).focus()
    await at.press("end")


async def test_fields_change_their_text_alone_and_the_checks_follow(tmp_path: Path) -> None:
    async with editing(tmp_path) as (at, path):
        await at.until(lambda: "One text is still to be written: author" in checks(at), "the check")
        await into(at, "steps", 0, "say")
        await at.press(*" Call ann@ward.org")
        await at.until(lambda: "step 1: “ann@ward.org” looks like" in checks(at), "the check")
        field(at, "source", "author").focus()
        await at.press(*"Ann")  # takes the place of the template's text
        await at.until(lambda: "still to be written" not in checks(at), "its absence")
        assert path.read_text(encoding="utf-8") == TECHNIQUE
        await at.press("ctrl+s")
        await at.shows("  saved")
        expected = TECHNIQUE.replace("Sit down.", "Sit down. Call ann@ward.org").replace(
            "FILL IN your name", "Ann"
        )
        assert path.read_text(encoding="utf-8") == expected
        await at.press("escape")
        await at.until(lambda: "Call ann" in preview(at), "the change in the Library")


async def test_a_script_is_read_aloud_while_it_is_typed(tmp_path: Path) -> None:
    async with editing(tmp_path) as (at, _):
        await at.until(lambda: "1 sit: 2 words (control 7), 1 s aloud" in checks(at), "how it reads")
        assert "two-questions" not in checks(at)
        await into(at, "steps", 1, "say")
        await at.press(*" And then?")
        await at.until(lambda: "step 2: 2 questions at once [two-questions]" in checks(at), "the remark")
        assert "2 end: 7 words (control 8), 2 s aloud, grade 0, 2 questions" in checks(at)
        await at.press("ctrl+s", "escape")
        await at.until(lambda: "2 questions at once [two-questions]" in preview(at), "it in the Library")
        assert "  7 words (control 8), 2 s aloud" in preview(at)


async def test_what_is_typed_is_kept_on_the_way_to_the_yaml_and_back(tmp_path: Path) -> None:
    async with editing(tmp_path) as (at, path):
        await into(at, "title")
        await at.press(*" still", "ctrl+t")
        area = at.app.screen.query_one("#yaml", TextArea)
        assert "title: Sitting still\n" in area.text and "# only then" in area.text
        area.load_text(area.text.replace("One sits.", "One: [sits"))
        await at.until(lambda: "line 4" in checks(at), "the check")
        await at.press("ctrl+t")
        assert area.display, "fields need YAML that can be read"
        area.load_text(area.text.replace("One: [sits", "One sits long."))
        await at.press("ctrl+t")
        await at.until(lambda: not area.display, "the fields")
        await at.shows("One sits long.")
        await at.press("ctrl+s")
        await at.shows("  saved")
        document = load_file(path)
        assert (document.title, document.description) == ("Sitting still", "One sits long.")


async def test_what_could_not_be_used_is_told_and_asks_before_it_is_saved(tmp_path: Path) -> None:
    async with editing(tmp_path) as (at, path):
        title = field(at, "title")
        title.focus()
        await at.press("end", *["backspace"] * len("Sitting"), "ctrl+s")
        await at.shows("✗ Not saved")
        assert checks(at).startswith("✗ title: ") and path.read_text(encoding="utf-8") == TECHNIQUE
        await at.press("ctrl+s")
        await at.shows("saved, ✗ cannot be used")
        await at.press(*"Sit", "ctrl+s")
        await at.until(lambda: "Sit" in path.read_text().splitlines()[2], "what can be used")


async def test_escape_asks_once_before_it_leaves_what_is_not_saved(tmp_path: Path) -> None:
    async with editing(tmp_path) as (at, path):
        await into(at, "title")
        await at.press("x", "escape")
        await at.shows("the same key again leaves without saving")
        await at.press("y")  # whoever goes on is asked again
        await at.shows("not saved")
        await at.press("escape")
        await at.shows("the same key again leaves without saving")
        await at.press("escape")
        await at.until(lambda: isinstance(at.app.screen, LibraryScreen), "the Library")
        assert path.read_text(encoding="utf-8") == TECHNIQUE


async def test_what_is_typed_outlives_the_app_until_it_is_saved_or_thrown_away(tmp_path: Path) -> None:
    async with editing(tmp_path) as (at, path):
        drafts = tmp_path / "sessions" / "drafts"

        async def opened_again() -> None:
            await at.until(lambda: isinstance(at.app.screen, LibraryScreen), "the Library")
            assert not list(drafts.glob("*")), "what is thrown away is no draft"
            draft.write_bytes(typed)  # as a sudden end of the app leaves it
            await at.press("e")
            await at.shows("Your draft is here again")
            await at.shows("not saved")

        await into(at, "title")
        await at.press(*" still")
        await at.until(lambda: any(" still" in one.read_text() for one in drafts.glob("*.json")), "the draft")
        (draft,) = drafts.glob("*.json")
        typed = draft.read_bytes()
        await at.press("escape", "escape")
        await opened_again()
        assert field(at, "title").value == "Sitting still"  # type: ignore[union-attr]
        await at.press("ctrl+s")
        await at.until(lambda: not draft.exists(), "the end of the draft")
        assert "title: Sitting still" in path.read_text(encoding="utf-8")
        other = TECHNIQUE.replace("One sits.", "One stands.")
        path.write_text(other, encoding="utf-8")
        await at.press("escape")
        await opened_again()
        await at.press("ctrl+s")
        await at.shows("changed elsewhere")
        assert path.read_text(encoding="utf-8") == other, "a draft of another text asks first"


async def test_the_app_asks_once_before_it_closes_over_what_is_not_saved(tmp_path: Path) -> None:
    async with editing(tmp_path) as (at, _):
        await into(at, "title")
        await at.press("x", "ctrl+q")
        await at.shows("the same key again leaves without saving")
        assert at.app.is_running and not at.app._exit
        await at.press("ctrl+q")
        await at.until(lambda: at.app._exit, "the end")


async def test_steps_are_added_and_removed(tmp_path: Path) -> None:
    async with editing(tmp_path) as (at, path):
        await into(at, "steps", 0, "say")
        await at.press("ctrl+n")
        await at.until(lambda: at.app.focused is field(at, "steps", 1, "say"), "the new step")
        await at.press(*"Wait.")
        await into(at, "steps", 2, "say")
        await at.press("ctrl+r")
        await at.until(lambda: "step 3" not in at.text(), "its absence")
        await at.press("ctrl+s")
        await at.shows("  saved")
        document = load_file(path)
        assert isinstance(document, Technique)
        assert [(step.id, step.say) for step in document.steps] == [("sit", "Sit down."), ("step-1", "Wait.")]
        assert "# only then" in path.read_text(encoding="utf-8")


async def test_a_file_changed_elsewhere_is_not_written_over_unasked(tmp_path: Path) -> None:
    async with editing(tmp_path) as (at, path):
        await into(at, "title")
        await at.press("x")
        path.write_text(TECHNIQUE.replace("One sits.", "One stands."), encoding="utf-8")
        await at.press("ctrl+s")
        await at.shows("changed elsewhere")
        assert "One stands." in path.read_text(encoding="utf-8")
        await at.press("ctrl+s")
        await at.until(lambda: "title: Sittingx" in path.read_text(encoding="utf-8"), "the second answer")


async def test_a_file_that_cannot_be_read_as_yaml_opens_as_it_stands(tmp_path: Path) -> None:
    async with editing(tmp_path, TECHNIQUE.replace("One sits.", "One: [sits")) as (at, _):
        area = at.app.screen.query_one("#yaml", TextArea)
        await at.until(lambda: area.display and "One: [sits" in area.text, "the file's text")


async def test_what_is_wrong_is_what_is_opened(tmp_path: Path) -> None:
    """The field of the problem, or the line in the YAML where no field shows it."""
    async with editing(tmp_path / "field", TECHNIQUE.replace("Sit down.", "Sit {{ nobody }} down.")) as (
        at,
        _,
    ):
        assert at.app.screen.focused is field(at, "steps", 0, "say")
        await at.until(lambda: "nobody" in checks(at), "the check")
    wrong = TECHNIQUE.replace("rationale", "rational: No.\nrationale")
    async with editing(tmp_path / "line", wrong) as (at, _):
        area = at.app.screen.query_one("#yaml", TextArea)
        await at.until(lambda: area.has_focus and area.cursor_location[0] == 8, "the line of the problem")
        await at.until(lambda: "Did you mean “rationale”?" in checks(at), "the check")
        assert "?." not in checks(at)


async def test_d_asks_for_a_title_makes_a_document_of_ones_own_and_opens_it(tmp_path: Path) -> None:
    async with library(tmp_path) as at:
        await go_to(at, "crowded-train")
        copies = tmp_path / "scenarios"
        for typed, id, title in (
            ("", "stuck-in-the-tunnel-my-own", "(my own)"),
            ("", "stuck-in-the-tunnel-my-own-2", "(my own 2)"),
            ("At noon", "at-noon", "At noon"),
        ):
            await at.press("d")
            await at.until(lambda: isinstance(at.app.screen, NewDocumentPicker), "the question")
            await at.press(*typed, "enter")
            await at.until(lambda: isinstance(at.app.screen, DocumentEditor), "the editor")
            await at.shows(title)
            assert load_file(copies / f"{id}.yaml").id == id
            await at.press("escape")
            await at.until(lambda id=id: f" {id} " in preview(at), "the copy")  # type: ignore[misc]


async def test_i_brings_an_instrument_in_and_says_first_what_to_check(tmp_path: Path) -> None:
    source = tmp_path / "My state.csv"
    source.write_text(
        "Variable / Field Name,Form Name,Field Type,Field Label,\"Choices, Calculations, OR Slider Labels\"\n"
        'tense,state,radio,I am tense,"0, no | 1, a little | 2, very"\n'
        'calm,state,radio,I am calm,"0, no | 1, a little | 2, very"\n',
        encoding="utf-8",
    )  # fmt: skip
    async with library(tmp_path) as at:
        await at.press("i")
        await at.until(lambda: isinstance(at.app.screen, ImportInstrument), "the prompt")
        await at.press(*str(tmp_path / "absent.csv"), "enter")
        await at.shows("absent.csv")
        await at.shows("no such file")
        at.app.screen.query_one("#file").value = f"'{source}'"  # type: ignore[attr-defined]
        await at.press("enter")
        await at.shows("“asks about”, what time its questions ask about")
        at.app.screen.query_one("#timeframe").value = "right now"  # type: ignore[attr-defined]
        at.app.screen.query_one("#licence").value = "Own copy"  # type: ignore[attr-defined]
        await at.press("enter")
        await at.until(lambda: isinstance(at.app.screen, PageScreen), "what to check")
        for words in ("2 items, 1 scale.", "Assumed, please check", "more distress is assumed"):
            await at.shows(words)
        await at.press("escape")
        await at.until(
            lambda: " my-state " in preview(at) and "I am tense" in preview(at), "the questionnaire"
        )
        assert load_file(tmp_path / "questionnaires" / "my-state.yaml").licence == "Own copy"
        await at.press("i", *str(source), "enter")
        await at.shows("“asks about”")


async def test_in_the_apps_own_folder_e_edits_a_copy_under_a_free_id(tmp_path: Path) -> None:
    async with library(tmp_path) as at:
        screen = at.app.screen
        assert isinstance(screen, LibraryScreen)
        screen._library._shipped = tmp_path
        screen._reload()
        await at.until(lambda: "shipped with the app" in preview(at), "what is the app's own")
        original = tmp_path / "scenarios" / "night-attack.yaml"
        was = original.read_bytes()
        assert screen.check_action("delete", ()) is None
        await at.press("e")
        await at.until(lambda: isinstance(at.app.screen, DocumentEditor), "the editor")
        await at.shows("What ships is never changed")
        assert original.read_bytes() == was
        copy = original.with_name("night-attack-2.yaml")
        await at.shows("night-attack-2   saved")
        await at.press("escape")
        await at.until(lambda: not copy.exists(), "a copy that was not saved is gone")
        await at.until(lambda: "shipped with the app" in preview(at), "what it was made of")
        await at.press("e")
        await at.shows("night-attack-2   saved")
        await at.press("ctrl+s")
        await at.press("escape")
        await at.until(lambda: isinstance(at.app.screen, LibraryScreen), "the Library")
        assert load_file(copy).id == "night-attack-2"
