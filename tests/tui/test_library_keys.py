"""What each key of Library does, on a workspace of its own beside the shipped content."""

import asyncio
import os
import shlex
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from sandbox.errors import Problem
from sandbox.remembered import load_remembered
from sandbox.tui.library_entries import read_entries
from sandbox.tui.screens.home import HomeScreen
from sandbox.tui.screens.library import LibraryScreen
from sandbox.tui.screens.new_document import NewDocumentPicker
from sandbox.tui.widgets.document_tree import DocumentTree
from tests.tui.stage import Stage, lend_terminal, stage


@asynccontextmanager
async def library(root: Path, size: tuple[int, int] = (100, 30)) -> AsyncIterator[Stage]:
    async with stage(root, size=size) as at:
        await at.started()
        await at.press("l")
        await at.until(lambda: isinstance(at.app.screen, LibraryScreen), "the Library")
        await at.shows("scenario night-attack")
        yield at


def preview(at: Stage) -> str:
    from sandbox.tui.widgets.document_preview import DocumentPreview

    return at.app.screen.query_one(DocumentPreview).text


async def go_to(at: Stage, id: str) -> None:
    """Put the tree's cursor on a document."""
    screen = at.app.screen
    assert isinstance(screen, LibraryScreen)
    key = next(key for key in screen.query_one(DocumentTree).places if key[1] == id)
    screen._go_to(key)
    await at.until(lambda: f" {id} " in preview(at), f"{id}")


@pytest.fixture
def editor(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An editor that turns `title:` lines into `title: Edited`, in a terminal that can be lent to it."""
    script = (
        "import sys,re;p=sys.argv[-1];t=open(p).read();"
        "open(p,'w').write(re.sub('(?m)^title:.*','title: Edited',t))"
    )
    monkeypatch.setenv("EDITOR", shlex.join([sys.executable, "-c", script]))
    lend_terminal(monkeypatch)
    yield


async def test_a_document_shows_its_texts_source_and_licence(tmp_path: Path) -> None:
    async with library(tmp_path) as at:
        assert "You are walking home alone" in preview(at)
        assert "CC0-1.0" in preview(at) and "The tests" in preview(at)
        await go_to(at, "word-probe")
        assert "afraid, scared" in preview(at)
        assert "distress: sum of fear, sadness, anger; 0 to 100" in preview(at)


async def test_a_file_changed_elsewhere_shows_at_once_with_problems_in_place(tmp_path: Path) -> None:
    async with library(tmp_path) as at:
        path = tmp_path / "scenarios" / "night-attack.yaml"
        path.write_text(path.read_text(encoding="utf-8").replace("affect:", "afect:"), encoding="utf-8")
        await at.until(lambda: "cannot be used" in preview(at), "the problem")
        lines = preview(at).splitlines()
        line = next(n for n, text in enumerate(lines) if "afect: fear" in text)
        assert lines[line].startswith("✗") and "Did you mean “affect”" in lines[line + 1]
        await at.shows("1 with problems")
        path.write_text(path.read_text(encoding="utf-8").replace("afect:", "affect:"), encoding="utf-8")
        await at.until(lambda: "cannot be used" not in preview(at), "the mended document")


async def test_a_new_file_appears_and_a_deleted_one_goes(tmp_path: Path) -> None:
    async with library(tmp_path) as at:
        path = tmp_path / "scenarios" / "night-attack.yaml"
        other = path.with_name("another-night.yaml")
        text = path.read_text(encoding="utf-8").replace("id: night-attack", "id: another-night")
        other.write_text(text, encoding="utf-8")
        await at.shows("another-night")
        other.unlink()
        await at.until(lambda: "another-night" not in at.text(), "its absence")


async def test_c_copies_a_shipped_document_which_is_then_ones_own(tmp_path: Path) -> None:
    async with library(tmp_path) as at:
        await go_to(at, "crowded-train")
        assert "shipped with the app" in preview(at)
        await at.press("c")
        copy = tmp_path / "scenarios" / "crowded-train.yaml"
        await at.until(copy.exists, "the copy")
        await at.until(lambda: "your own" in preview(at), "the copy on screen")
        await at.press("c")  # not offered for one's own
        assert "crowded-train" in copy.read_text(encoding="utf-8")


@pytest.mark.parametrize("turns_of_the_loop", [1, 3, 6])
async def test_a_copy_stays_marked_when_the_tree_is_drawn_again_at_once(
    tmp_path: Path, turns_of_the_loop: int
) -> None:
    async with library(tmp_path) as at:
        await go_to(at, "crowded-train")
        screen = at.app.screen
        assert isinstance(screen, LibraryScreen)
        screen.action_copy()
        screen.workers.cancel_group(screen, "entries")  # that drawing is done here
        screen._entries = read_entries(screen._library)
        screen._draw(screen._entries)
        for _ in range(turns_of_the_loop):
            await asyncio.sleep(0)
        screen._draw(screen._entries)
        await at.pilot.pause(0.3)
        assert " crowded-train " in preview(at) and "your own" in preview(at)


async def test_a_document_is_marked_though_the_tree_is_not_laid_out_yet(tmp_path: Path) -> None:
    """As while the terminal is lent: the mark used to land on the first line, and nothing was shown."""
    async with library(tmp_path) as at:
        await go_to(at, "crowded-train")
        screen = at.app.screen
        assert isinstance(screen, LibraryScreen) and screen._entries is not None
        screen._draw(screen._entries)
        screen._mark()
        await at.pilot.pause()
        node = screen.query_one(DocumentTree).cursor_node
        assert node is not None and node.data == ("scenario", "crowded-train")


@pytest.mark.usefixtures("editor")
async def test_e_edits_and_the_change_shows(tmp_path: Path) -> None:
    async with library(tmp_path) as at:
        await at.press("e")
        await at.until(lambda: "Edited" in preview(at), "the change")
        assert "title: Edited" in (tmp_path / "scenarios" / "night-attack.yaml").read_text(encoding="utf-8")


@pytest.mark.usefixtures("editor")
async def test_e_on_a_shipped_document_edits_a_copy(tmp_path: Path) -> None:
    async with library(tmp_path) as at:
        await go_to(at, "crowded-train")
        await at.press("e")
        await at.until(lambda: "Edited" in preview(at) and "your own" in preview(at), "the copy, changed")


async def test_e_where_the_terminal_cannot_be_lent_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", "true")
    async with library(tmp_path, size=(160, 50)) as at:
        await at.press("e")
        await at.shows("cannot be lent")


@pytest.mark.usefixtures("editor")
async def test_n_starts_a_document_from_a_template(tmp_path: Path) -> None:
    async with library(tmp_path) as at:
        await at.press("n")
        await at.until(lambda: isinstance(at.app.screen, NewDocumentPicker), "the picker")
        await at.press("enter")
        await at.shows("Type a title")
        await at.press(*"Night attack")
        await at.shows("There is a scenario “night-attack” already")
        await at.press(*": Zoë's", "enter")
        path = tmp_path / "scenarios" / "night-attack-zoes.yaml"
        await at.until(path.exists, "the file")
        await at.until(lambda: "night-attack-zoes" in preview(at), "the new document")
        assert "still to be written: description, author, turn 1" in preview(at)


async def test_u_puts_the_document_into_the_proposed_session(tmp_path: Path) -> None:
    async with library(tmp_path) as at:
        await go_to(at, "crowded-train")
        await at.press("u")
        await at.shows("Home proposes it now")
        await at.press("escape")
        assert isinstance(at.app.screen, HomeScreen)
        await at.shows("Stuck in the tunnel")
        await at.press("enter")
        await at.until(lambda: not isinstance(at.app.screen, HomeScreen), "the Session screen")
        assert load_remembered().proposal["scenario"] == "crowded-train"
        await at.press("x")
        await at.ended()


async def test_u_is_not_for_a_document_that_no_session_is_put_together_from(tmp_path: Path) -> None:
    async with library(tmp_path) as at:
        await at.press("v", "v")
        await at.shows("v, z and r are for techniques: mark one.")
        assert at.text().count("are for techniques") == 1
        for id, usable in (("session-rating", None), ("therapist-moves", None), ("crowded-train", True)):
            await go_to(at, id)
            assert at.app.screen.check_action("use", ()) is usable, id


async def test_u_of_what_cannot_be_run_says_why_and_changes_nothing(tmp_path: Path) -> None:
    async with library(tmp_path) as at:
        await go_to(at, "body-scan")  # longer than this workspace's control
        await at.press("u")
        await at.shows("the control “filler-manual” has 3")
        await at.press("escape")
        await at.shows("Mindful breathing")
        await at.press("enter")
        await at.ended()


async def test_p_goes_to_the_documents_with_problems(tmp_path: Path) -> None:
    async with library(tmp_path) as at:
        for name in ("techniques/mindful-breathing", "scenarios/night-attack"):
            (tmp_path / f"{name}.yaml").write_text("id: x\n", encoding="utf-8")
        await at.shows("2 with problems")
        await at.press("p")
        await at.until(lambda: "cannot be used" in preview(at), "the first problem")
        first = preview(at)
        await at.press("p")
        await at.until(lambda: "cannot be used" in preview(at) and preview(at) != first, "the second")


async def test_words_narrow_the_list_down_by_title_id_and_description(tmp_path: Path) -> None:
    async with library(tmp_path) as at:
        tree = at.app.screen.query_one(DocumentTree)
        before = set(tree.places)
        await at.press("slash", *"TUNNEL stuck")
        await at.until(lambda: " crowded-train " in preview(at), "what was found")
        assert [key for key in tree.places if key[1]] == [("scenario", "crowded-train")]
        await at.shows("Stuck in the tunnel")
        await at.press("enter", "u")
        await at.shows("Home proposes it now")
        await at.press("slash", "x", "x", "x")
        await at.until(lambda: not tree.places and preview(at) == "", "nothing")
        await at.shows("No document has the words")
        await at.press("escape", "ctrl+l")
        await at.until(lambda: set(tree.places) == before, "all of them")


async def test_y_copies_what_is_shown(tmp_path: Path) -> None:
    async with library(tmp_path) as at:
        await at.press("y")
        assert at.app.clipboard == preview(at) != ""


async def test_tab_and_arrows_walk_tree_and_text(tmp_path: Path) -> None:
    async with library(tmp_path) as at:
        await at.press("tab")
        assert at.app.focused is not None and at.app.focused.id == "reading"
        await at.press("tab")
        tree = at.app.focused
        assert isinstance(tree, DocumentTree)
        await at.press("left")
        assert tree.cursor_node is not None and tree.cursor_node.data == ("scenario", "")
        await at.press("left")
        assert not tree.cursor_node.is_expanded
        await at.press("right")
        assert tree.cursor_node.is_expanded


async def test_escape_goes_home_and_question_mark_explains(tmp_path: Path) -> None:
    async with library(tmp_path, (100, 44)) as at:
        await at.press("question_mark")
        for words in ("Copy a shipped document", "Start a new document", "next document with a problem"):
            assert words in at.text()
        await at.press("escape", "escape")
        assert isinstance(at.app.screen, HomeScreen)


async def test_hostile_text_in_a_document_shows_harmlessly(tmp_path: Path) -> None:
    async with library(tmp_path) as at:
        path = tmp_path / "scenarios" / "night-attack.yaml"
        text = path.read_text(encoding="utf-8")
        hostile = "[red]x[/red] [@click=app.quit]here[/] \\e]0;gone\\a " + "w" * 10_000
        path.write_text(
            text.replace("title: Attacked at night", f'title: "{hostile[:300]}"'), encoding="utf-8"
        )
        await at.until(lambda: "[@click=app.quit]" in preview(at), "the text")
        assert "\x1b" not in at.text()


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="permissions do not bind this user")
async def test_a_folder_that_may_not_be_written_is_told(tmp_path: Path) -> None:
    async with library(tmp_path) as at:
        await go_to(at, "crowded-train")
        (tmp_path / "scenarios").chmod(0o500)
        try:
            for key in ("c", "d"):
                await at.press(key)
                await at.shows("cannot be written")
        finally:
            (tmp_path / "scenarios").chmod(0o700)


def test_what_would_help_is_a_sentence_of_its_own() -> None:
    for message in ("the file is not UTF-8 text", "The file cannot be read."):
        said = Problem(message, hint="save it as UTF-8", file="a.yaml").sentence
        assert said == f"{message.removesuffix('.')}. Save it as UTF-8"


async def test_x_deletes_a_document_of_ones_own_once_it_is_confirmed(tmp_path: Path) -> None:
    async with library(tmp_path) as at:
        own = tmp_path / "techniques" / "mindful-breathing.yaml"
        await go_to(at, "mindful-breathing")
        await at.press("x")
        await at.shows("stays in the record")
        await at.press("escape")
        assert own.exists()
        await at.press("x")
        await at.shows("Delete technique mindful-breathing?")
        await at.press("y")
        await at.until(lambda: not own.exists(), "the end of the file")
        await at.shows("is deleted")


async def test_a_shipped_document_is_not_deleted(tmp_path: Path) -> None:
    async with library(tmp_path) as at:
        await go_to(at, "body-scan")
        await at.press("x")
        await at.shows("What came with the app cannot be deleted.")


async def test_home_does_not_propose_a_technique_that_was_deleted(tmp_path: Path) -> None:
    async with library(tmp_path) as at:
        path = tmp_path / "techniques" / "mindful-breathing.yaml"
        own = path.with_name("own-breathing.yaml")
        text = path.read_text(encoding="utf-8").replace("id: mindful-breathing", "id: own-breathing")
        own.write_text(text.replace("Mindful breathing", "Own breathing"), encoding="utf-8")
        await at.shows("6 of them yours")
        await go_to(at, "own-breathing")
        await at.press("u")
        await at.press("escape")
        await at.until(lambda: "arms        Own breathing" in at.text(), "the new proposal")
        await at.press("l")
        await at.until(lambda: isinstance(at.app.screen, LibraryScreen), "Library")
        await at.shows("6 of them yours")
        await go_to(at, "own-breathing")
        await at.press("x")
        await at.shows("Delete technique own-breathing?")
        await at.press("y")
        await at.until(lambda: not own.exists(), "the end of the file")
        await at.press("escape")
        await at.until(lambda: "arms        Mindful breathing" in at.text(), "the usual technique")
