"""Bringing an instrument in from a file: asks for what the file does not say, and shows errors."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, get_args

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Input, Select, Static

from sandbox.errors import SandboxError
from sandbox.export.file import write_draft
from sandbox.library.document import id_of
from sandbox.library.interchange.draft import Draft
from sandbox.library.interchange.importing import import_file
from sandbox.library.interchange.instrument import Completion
from sandbox.library.questionnaire import Timeframe
from sandbox.library.workspace import Workspace
from sandbox.text import printable
from sandbox.tui.screen import ModalScreen, read_for
from sandbox.tui.widgets.key_line import KeyLine

_FIELDS = (
    ("file", "a FHIR .json, REDCap .csv or XLSForm .xlsx"),
    ("licence", "such as: Own licensed copy, not to be shared"),
    ("id", "made of the file's name"),
    ("part", "only if the file holds several"),
    ("values", "only if its answers have none: 0,1,2,3"),
)


@dataclass(frozen=True, slots=True)
class Brought:
    """A questionnaire that was made: its file, and what to look at before it is used."""

    path: Path
    lines: tuple[Content, ...]


class ImportInstrument(ModalScreen[Brought | None]):
    """Enter brings it in, Escape changes nothing. Nothing is ever overwritten."""

    CSS_PATH = "import_instrument.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "cancel", priority=True)]

    def __init__(self, workspace: Workspace) -> None:
        super().__init__()
        self._workspace = workspace
        self._proposed = ""

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="import", can_focus=False):
            for name, example in _FIELDS:
                with Horizontal(classes="row"):
                    yield Static(name, classes="label", markup=False)
                    yield Input(placeholder=example, id=name, compact=True, max_length=1000)
                if name == "file":
                    with Horizontal(classes="row"):
                        yield Static("asks about", classes="label", markup=False)
                        names: tuple[Timeframe, ...] = get_args(Timeframe)
                        said = [(name, name) for name in names]
                        yield Select[Timeframe](said, prompt="which time?", id="timeframe", compact=True)
            yield Static("Enter brings it in.", id="import-said", markup=False)
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one("#import").border_title = "Import a questionnaire"
        self.query_one(Input).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """The id follows the file's name until another one is typed."""
        if event.input.id == "file":
            id = self.query_one("#id", Input)
            if id.value == self._proposed:
                self._proposed = id_of(_path(event.value).stem) if event.value.strip() else ""
                id.value = self._proposed

    def on_input_submitted(self) -> None:
        if not self._said("file"):
            self._tell("Type the path of a file.")
        elif (values := _numbers(self._said("values"))) is None:
            self._tell("values: numbers with commas between them, such as 0,1,2,3.")
        else:
            timeframe = self.query_one("#timeframe", Select).value
            completion = Completion(
                id=self._said("id") or None,
                licence=self._said("licence") or None,
                timeframe=next((one for one in get_args(Timeframe) if one == timeframe), None),
                part=self._said("part") or None,
                values=values,
            )
            self._bring_in(_path(self._said("file")), completion)

    @work(exclusive=True)
    async def _bring_in(self, path: Path, completion: Completion) -> None:
        self._tell("Reading…")
        try:
            draft = await read_for(self, import_file, path, completion)
            made = await read_for(self, write_draft, draft, self._workspace)
        except SandboxError as error:
            self._tell(_in_the_prompts_words("\n".join(filter(None, (error.what, error.where, error.todo)))))
            return
        self.dismiss(Brought(made.path, tuple(_lines(draft, hides=made.hides))))

    def _said(self, name: str) -> str:
        return self.query_one(f"#{name}", Input).value.strip()

    def _tell(self, text: str) -> None:
        self.query_one("#import-said", Static).update(Content(text))

    def action_cancel(self) -> None:
        self.dismiss(None)


def _path(typed: str) -> Path:
    """Also in quotes, as a file dropped on a terminal comes."""
    text = typed.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    try:
        return Path(text).expanduser()
    except RuntimeError:  # no such user
        return Path(text)


def _numbers(typed: str) -> tuple[float, ...] | None:
    try:
        return tuple(float(part) for part in typed.split(",")) if typed else ()
    except ValueError:
        return None


def _lines(draft: Draft, *, hides: bool) -> list[Content]:
    """What `sandbox import` says of it: warnings first, then what was made, left out and assumed."""
    lines = [
        Content.styled(_in_the_prompts_words(warning), "bold $text-warning") for warning in draft.warnings
    ]
    lines.append(Content(draft.summary))
    if hides:
        lines.append(Content("It takes the place of the shipped questionnaire of the same id."))
    for heading, said in draft.report:
        if said:
            lines += [Content(""), Content.styled(heading, "bold")]
            lines += [Content(f"· {_in_the_prompts_words(line)}") for line in said]
    return lines


def _in_the_prompts_words(text: str) -> str:
    """Options of the command are fields here; nothing can be replaced from here."""
    said = text.replace(", or add --force to replace it", "").replace("--timeframe", "“asks about”")
    named = re.sub(r"--([a-z]+)(?: (?:NAME|NUMBER|RULE)\b)?", r"“\1”", said)
    return "\n".join(printable(line) for line in named.split("\n"))
