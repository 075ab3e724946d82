"""Settings on their screen and in their file, the first start, keys, themes, what the terminal is told."""

from pathlib import Path

import pytest
from textual.widgets import Input, Select

from sandbox.models.opening import open_model
from sandbox.remembered import Remembered, load_remembered, remembered_file, save_remembered, who
from sandbox.settings import load_settings, settings_file
from sandbox.tui.app import SandboxApp
from sandbox.tui.preferences import changeable_bindings, keymap_problems
from sandbox.tui.proposing import as_values, last_choice, usual_choice
from sandbox.tui.screens.home import HomeScreen
from sandbox.tui.screens.page import NoticeScreen
from sandbox.tui.screens.settings import SettingsScreen
from sandbox.tui.silent_keys import REASONS
from sandbox.tui.terminal import run_ended, titled
from tests.tui.stage import Stage, stage


def write_settings(text: str) -> None:
    settings_file().write_text(text, encoding="utf-8")


async def open_settings(at: Stage) -> None:
    await at.started()
    await at.press("comma")
    await at.until(lambda: isinstance(at.app.screen, SettingsScreen), "Settings")


async def test_the_notice_is_shown_once(tmp_path: Path) -> None:
    remembered_file().unlink()
    async with stage(tmp_path) as at:
        await at.shows("Not a treatment")
        assert isinstance(at.app.screen, NoticeScreen)
        for words in ("Not a treatment", "not a feeling", "The embedded model is tiny", "Local only"):
            assert words in at.text()
        await at.press("enter")
        assert isinstance(at.app.screen, HomeScreen)
    assert load_remembered().notice_read
    async with stage(tmp_path) as at:
        await at.started()
        assert isinstance(at.app.screen, HomeScreen)


async def test_what_was_run_last_is_proposed_again(tmp_path: Path) -> None:
    async with stage(tmp_path) as at:
        await at.started()
        await at.press("n")
        await at.shows("if every answer")
        await at.press("ctrl+t")
        at.app.screen.query_one("#seed", Input).value = "7"
        await at.press("ctrl+r")
        await at.ended()
    async with stage(tmp_path) as at:
        await at.shows("seed        7")
        assert "(control)" not in at.text()


async def test_a_choice_that_is_gone_falls_back_to_the_usual(tmp_path: Path) -> None:
    save_remembered(Remembered(True, as_values(usual_choice("embedded")) | {"scenario": "gone-now"}))
    async with stage(tmp_path) as at:
        await at.started()
        await at.shows("cannot be run again")


@pytest.mark.parametrize(
    "values", [{}, {"seed": "x"}, {"seed": -1}, {"techniques": []}, {"techniques": 3}, {"seed": 2**40}]
)
def test_a_wrong_memory_is_the_usual_choice(values: dict[str, object]) -> None:
    assert last_choice(values, "embedded") == usual_choice("embedded")


async def test_settings_change_at_once_and_are_written(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(100, 40)) as at:
        await open_settings(at)
        at.app.screen.query_one("#theme", Select).value = "high-contrast"
        await at.until(lambda: at.app.theme == "high-contrast", "the theme")
        at.app.screen.query_one("#local-only").focus()
        await at.press("space")
        at.app.screen.query_one("#notify", Select).value = "off"
        name = at.app.screen.query_one("#reviewer", Input)
        name.value = "Ada  Lovelace"
        name.focus()
        await at.press("tab")
        await at.until(lambda: who() == "Ada Lovelace", "the name beside marks and changes")
        seconds = at.app.screen.query_one("#notify-after", Input)
        seconds.value = "60"
        seconds.focus()
        await at.press("enter")
        await at.until(lambda: load_settings().settings.notify_after == 60, "the file")
        settings = load_settings().settings
        assert (settings.theme, settings.local_only, settings.notify) == ("high-contrast", True, "off")
        await at.press("escape")
        assert isinstance(at.app.screen, HomeScreen)
    async with stage(tmp_path) as at:
        assert at.app.theme == "high-contrast"


async def test_settings_list_keys_by_screen_in_words(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(110, 200)) as at:
        await open_settings(at)
        await at.shows("A step's editor")
        lines = [" ".join(line.split()) for line in at.text().splitlines()]
        assert (
            "l Library: scenarios, techniques, questionnaires, clients home.library"
            in lines[lines.index("Home") :]
        )


def test_the_account_of_a_container_names_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("getpass.getuser", lambda: "root")
    assert who().startswith("somebody on ")
    monkeypatch.setattr("getpass.getuser", lambda: "ada")
    assert who() == "ada"


async def test_a_name_that_leads_to_no_model_is_told_once_and_not_kept(tmp_path: Path) -> None:
    async with stage(tmp_path, size=(100, 40), open_others=open_model) as at:
        await open_settings(at)
        field = at.app.screen.query_one("#model", Input)
        field.value = "nonsense"
        field.focus()
        await at.press("enter", "tab")
        await at.shows("“nonsense” is not the name of a model")
        field.focus()
        await at.press("escape")
        assert isinstance(at.app.screen, HomeScreen)
        assert [toast.severity for toast in at.app._notifications] == ["error"]
        assert at.app.preferences.settings.model == load_settings().settings.model == "embedded"
        await at.press("comma")
        await at.until(lambda: isinstance(at.app.screen, SettingsScreen), "Settings")
        assert at.app.screen.query_one("#model", Input).value == "embedded"


async def test_going_through_the_settings_proposes_no_other_model(tmp_path: Path) -> None:
    save_remembered(Remembered(True, as_values(usual_choice("ollama_chat/llama3.2"))))
    async with stage(tmp_path, size=(100, 40)) as at:
        await at.shows("(ollama_chat/llama3.2)")
        await open_settings(at)
        at.app.screen.query_one("#model", Input).focus()
        await at.press("tab", "escape")
        assert at.services.proposing.model == "ollama_chat/llama3.2"


async def test_a_broken_file_is_told_with_its_line_and_stops_nothing(tmp_path: Path) -> None:
    write_settings('theme = "nord"\nmodell = "x"\n')
    async with stage(tmp_path, size=(200, 24)) as at:
        await at.started()
        await at.shows("unknown setting “modell”")
        assert at.app.theme == "nord"
        await at.press("comma")
        await at.shows(":2: unknown setting")


async def test_of_two_quick_changes_the_last_theme_holds(tmp_path: Path) -> None:
    """Each was told late and undid the other, for ever."""
    async with stage(tmp_path) as at:
        at.app.theme = "nord"
        at.app.theme = "dracula"
        await at.until(lambda: load_settings().settings.theme == "dracula", "the theme in the file")
        await at.pilot.pause()
        assert (at.app.theme, at.app.preferences.settings.theme) == ("dracula", "dracula")


async def test_a_theme_nobody_has_is_told(tmp_path: Path) -> None:
    write_settings('theme = "mauve"\n')
    async with stage(tmp_path) as at:
        await at.shows("no theme “mauve”")


async def test_ctrl_e_edits_the_file_and_it_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDITOR", "true")
    async with stage(tmp_path, size=(140, 40)) as at:
        await open_settings(at)
        await at.press("ctrl+e")
        await at.shows("cannot be lent")
        assert settings_file().exists()  # the documented file, made to be edited
        write_settings('theme = "nord"\n')
        await at.press("ctrl+e")
        await at.until(lambda: at.app.theme == "nord", "the theme of the file")


async def test_keys_follow_the_users_keymap(tmp_path: Path) -> None:
    write_settings('[keys]\n"home.library" = "b"\n')
    async with stage(tmp_path, size=(120, 36)) as at:
        await at.started()
        await at.shows("b library")
        await at.press("l")
        assert isinstance(at.app.screen, HomeScreen)
        await at.press("b")
        await at.until(lambda: not isinstance(at.app.screen, HomeScreen), "Library")


def test_a_keymap_is_checked_for_names_and_clashes() -> None:
    known = changeable_bindings(SandboxApp)
    assert set(REASONS) - set(known) == {"sessions.mark"}, "a widget's; all others are keys of screens"
    assert {"home.library", "session.pause", "library.edit", "models.check", "settings.edit"} <= set(known)
    assert keymap_problems({}, known) == ()
    assert keymap_problems({"session.pause": "p,f5"}, known) == ()
    (unknown,) = keymap_problems({"session.paus": "p"}, known)
    assert "did you mean “session.pause”" in unknown
    (problem,) = keymap_problems({"home.library": "m"}, known)
    assert "home.library" in problem and "home.models" in problem


def test_no_two_keys_of_a_screen_are_the_same_as_shipped() -> None:
    known = changeable_bindings(SandboxApp)
    everything = {name: binding.key for name, binding in known.items()}
    assert keymap_problems(everything, known) == ()


async def test_a_wrong_keymap_is_told(tmp_path: Path) -> None:
    write_settings('[keys]\n"home.libary" = "b"\n')
    async with stage(tmp_path) as at:
        await at.started()
        await at.shows("no key is called “home.libary”")


async def test_library_models_and_settings_are_in_the_palette_everywhere(tmp_path: Path) -> None:
    async with stage(tmp_path) as at:
        await at.started()
        await at.press("m")
        await at.shows("Models")
        names = {command.title for command in at.app.get_system_commands(at.app.screen)}
        assert {"Library", "Models", "Settings"} <= names


def test_the_terminals_title_and_message_carry_no_escape_codes_of_others() -> None:
    assert titled("a\x1b]0;b\x07c\nd") == "\x1b]2;a\ufffd]0;b\ufffdc d\x07"
    assert run_ended("x\x07y", "desktop") == "\x1b]9;x\ufffdy\x07\x07"
    assert (run_ended("x", "bell"), run_ended("x", "off")) == ("\x07", "")


async def test_the_end_of_a_long_run_calls_back_and_of_a_short_one_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_settings("notify_after = 0\n")
    async with stage(tmp_path) as at:
        told: list[str] = []
        monkeypatch.setattr(at.app.terminal, "tell", told.append)
        await at.started()
        await at.press("enter")
        await at.ended()
        await at.until(lambda: "\x07" in told, "the bell")
        at.app.prefer("notify_after", 1000)
        del told[:]
        at.app.terminal.call_back("over", 10.0, at.app.preferences.settings)
        assert told == []


async def test_a_settings_folder_that_cannot_be_written_is_told_and_the_change_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_the_way = tmp_path / "in-the-way"
    in_the_way.write_text("", encoding="utf-8")
    monkeypatch.setenv("SANDBOX_CONFIG", str(in_the_way))
    async with stage(tmp_path) as at:
        await at.until(lambda: isinstance(at.app.screen, NoticeScreen), "the notice")
        await at.press("enter")
        await at.started()
        at.app.prefer("local_only", True)
        await at.shows("holds until the app is closed")
        assert at.app.preferences.settings.local_only
