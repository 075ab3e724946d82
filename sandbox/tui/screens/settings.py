"""Settings: theme, local only, the model to propose, how the end of a run is told, and every key's name."""

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Select, Static

from sandbox.editor import editor_words
from sandbox.errors import Problem, SandboxError
from sandbox.settings import TEMPLATE, Settings, settings_file
from sandbox.text import printable
from sandbox.tui.labels import hanging
from sandbox.tui.messages import SettingWanted, Trouble
from sandbox.tui.screen import Screen
from sandbox.tui.terminal import edit_file
from sandbox.tui.widgets.key_line import KeyLine
from sandbox.tui.widgets.ticks import Tick
from sandbox.whole_file import write_whole

_KEY = 16
_PLACES = {
    "app": "Everywhere",
    "changed": "Both sides of a change",
    "check": "Check model",
    "editor": "A document's editor",
    "note": "A note",
    "prefer": "Two arms, which is better",
    "small-study": "A small study",
    "step": "A step's editor",
    "study": "A study",
}
"""What the screens are called whose keys' names do not begin with a word that says it."""
_NOTIFY = (("a bell", "bell"), ("a bell and a message", "desktop"), ("nothing", "off"))


class SettingsScreen(Screen[None]):
    """Each change holds at once; wishes go up as messages. `keys` are the changeable bindings by id."""

    CSS_PATH = "settings.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+e", "edit", "edit the file", key_display="^e", id="settings.edit",
                tooltip="Open the settings' file in your editor"),
        Binding("escape", "leave", "home", id="settings.home", tooltip="Back to where you came from"),
    ]  # fmt: skip
    HELP = (
        "Tab goes through the settings; each holds as soon as it is changed, and is written to the file "
        "named at the top. Keys are changed in the file: a line a key, under [keys]."
    )

    class FileEdited(Message):
        """The file was opened in an editor, and may say something else now: `screen` wants to show it."""

        def __init__(self, screen: "SettingsScreen") -> None:
            super().__init__()
            self.screen = screen

    def __init__(
        self,
        settings: Settings,
        problems: Sequence[Problem],
        themes: Sequence[str],
        keys: Mapping[str, tuple[str, str]],
        reviewer: str,
    ) -> None:
        super().__init__()
        self._reviewer = reviewer
        self._settings = settings
        self._model_wanted = settings.model
        self._problems = tuple(problems)
        self._themes = tuple(themes)
        self._keys = keys

    def compose(self) -> ComposeResult:
        settings = self._settings
        yield Static("Settings", id="title", markup=False)
        with VerticalScroll(id="form", can_focus=False):
            yield Static(Content(printable(str(settings_file()))), id="file", markup=False)
            yield Static("", id="problems", markup=False)
            yield Static("theme", classes="label", markup=False)
            yield Select[str](
                [(name, name) for name in self._themes], id="theme", allow_blank=False, compact=True,
                value=settings.theme if settings.theme in self._themes else self._themes[0],
            )  # fmt: skip
            yield Tick("local only: no request leaves this machine", settings.local_only, id="local-only")
            yield Static("model proposed at first (Enter keeps it)", classes="label", markup=False)
            yield Input(settings.model, id="model", compact=True, max_length=300)
            yield Static(
                "your name, beside your marks and changes (Enter keeps it)", classes="label", markup=False
            )
            yield Input(self._reviewer, id="reviewer", compact=True, max_length=80)
            yield Static("when a long run ends", classes="label", markup=False)
            yield Select[str](_NOTIFY, id="notify", value=settings.notify, allow_blank=False, compact=True)
            yield Static(
                "a run is long from so many seconds on (Enter keeps it)", classes="label", markup=False
            )
            yield Input(
                str(settings.notify_after), id="notify-after", compact=True, type="integer", max_length=5
            )
            yield Static(
                "keys, with their names in the file in grey (^e changes them there)",
                classes="label",
                markup=False,
            )
            yield Static("", id="keys", markup=False)
        yield KeyLine()

    def on_mount(self) -> None:
        self._draw_problems()
        self.query_one("#theme").focus()

    def _draw_problems(self) -> None:
        shown = self.query_one("#problems", Static)
        shown.display = bool(self._problems)
        shown.update(Content("\n".join(f"✗ {printable(str(problem))}" for problem in self._problems)))

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw_keys)

    def _draw_keys(self) -> None:
        """The keys of each screen, what each does, and in grey its name in the file."""
        shown, rows, place = self.query_one("#keys", Static), list[Content](), ""
        for name, (key, what) in self._keys.items():
            if name.partition(".")[0] != place:
                place = name.partition(".")[0]
                called = _PLACES.get(place, place.capitalize())
                rows.append(Content.styled(f"\n{'':{_KEY}}{called}", "bold $accent"))
            told = hanging(f"{printable(what)}  {name}", shown.size.width, _KEY)
            said, _, tail = told.rpartition(name)
            rows.append(Content.assemble((f"{key:>{_KEY - 2}}  ", "bold"), said, (name, "$text-muted"), tail))
        shown.update(Content("\n").join(rows))

    def show(self, settings: Settings, problems: Sequence[Problem]) -> None:
        """The settings were read anew."""
        self._settings, self._problems = settings, tuple(problems)
        self._model_wanted = settings.model
        self._draw_problems()
        if settings.theme in self._themes:
            self.query_one("#theme", Select).value = settings.theme
        self.query_one("#notify", Select).value = settings.notify
        self.query_one("#model", Input).value = settings.model
        self.query_one("#notify-after", Input).value = str(settings.notify_after)
        tick = self.query_one("#local-only", Tick)
        if tick.on != settings.local_only:
            tick.action_turn()

    @on(Select.Changed, "#theme")
    def _theme(self, event: Select.Changed) -> None:
        self.post_message(SettingWanted("theme", str(event.value)))

    @on(Select.Changed, "#notify")
    def _notify_changed(self, event: Select.Changed) -> None:
        self.post_message(SettingWanted("notify", str(event.value)))

    @on(Tick.Turned)
    def _local_only(self) -> None:
        self.post_message(SettingWanted("local_only", self.query_one("#local-only", Tick).on))

    @on(Input.Submitted, "#model")
    @on(Input.Blurred, "#model")
    def _model(self, event: Input.Submitted | Input.Blurred) -> None:
        name = event.value.strip()
        left_as_it_was = isinstance(event, Input.Blurred) and name == self._model_wanted
        if name and not left_as_it_was:
            self._model_wanted = name
            self.post_message(SettingWanted("model", name))

    @on(Input.Submitted, "#reviewer")
    @on(Input.Blurred, "#reviewer")
    def _named(self, event: Input.Submitted | Input.Blurred) -> None:
        from sandbox.review.giving import reviewer_name

        if event.value.strip() == self._reviewer:
            return
        try:
            self._reviewer = reviewer_name(event.value) if event.value.strip() else ""
        except SandboxError as error:
            self.post_message(Trouble(error))
        else:
            self.post_message(SettingWanted("reviewer", self._reviewer))

    @on(Input.Submitted, "#notify-after")
    @on(Input.Blurred, "#notify-after")
    def _notify_after(self, event: Input.Submitted | Input.Blurred) -> None:
        if event.value.isdigit():
            self.post_message(SettingWanted("notify_after", min(int(event.value), 86_400)))

    @work(group="edit")
    async def action_edit(self) -> None:
        path = settings_file()
        try:
            if not editor_words():
                hint = f"Set EDITOR, or open the file yourself: {path}"
                self.notify(hint, title="No editor is set", severity="warning", markup=False)
                return
            if not path.exists():
                write_whole(path, TEMPLATE)
            await edit_file(self.app, path, self._problems[0].line if self._problems else None)
        except OSError as error:
            self.post_message(Trouble(SandboxError(f"cannot be written: {error.strerror}", where=str(path))))
        except SandboxError as error:
            self.post_message(Trouble(error))
        self.post_message(self.FileEdited(self))

    def action_leave(self) -> None:
        self.dismiss()
