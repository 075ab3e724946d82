"""Models: what is at hand and why the rest is not, a check of each, the one to propose, local only."""

import asyncio
import textwrap
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from sandbox.errors import SandboxError
from sandbox.models.check import Result, check
from sandbox.models.discovery import Found, discover
from sandbox.models.download import Fetched, models_folder, refuse_fetching
from sandbox.models.provider import Provider
from sandbox.models.tokens import BASIS, price_of_thousand_turns, price_text
from sandbox.settings import Settings
from sandbox.text import printable
from sandbox.tui.messages import SettingWanted, Trouble
from sandbox.tui.screen import Screen, is_there, read_for
from sandbox.tui.screens.prompt import LinePrompt
from sandbox.tui.widgets.key_line import KeyLine

_SIGNS = {"works": "✓", "not offered": "·", "fails": "✗"}
_HEADINGS = {"embedded": "in the app", "gguf file": "files", "server": "servers here", "service": "services"}


class ModelList(OptionList):
    """The models to walk with the arrow keys; Enter proposes the marked one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "propose", id="models.choose", tooltip="Propose this model from now on"),
    ]


class ModelsScreen(Screen[None]):
    """`settings` gives what holds now; wishes to change it go up as messages. Discovery runs on a thread."""

    CSS_PATH = "models.tcss"
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares it so
        (0, "-narrow"), (70, "-normal"), (110, "-wide"),
    ]  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "check", "check", id="models.check", tooltip="Try it: chat, streaming and more"),
        Binding("v", "validity", "validity", id="models.validity",
                tooltip="Find out which questionnaires can be trusted on it"),
        Binding("l", "local", "local only", id="models.local", tooltip="Bar models elsewhere, or not"),
        Binding("g", "get", "get", id="models.get", tooltip="Fetch a better model from the hub"),
        Binding("a", "add", "add", id="models.add", tooltip="Name a GGUF file or a hosted model"),
        Binding("d", "drop", "drop", id="models.drop", show=False, tooltip="Take a model you named away"),
        Binding("k", "key", "key", id="models.key", tooltip="Give the service's key"),
        Binding("u", "address", "address", id="models.address", tooltip="Say where the server is"),
        Binding("r", "again", "look again", id="models.again", tooltip="Look for models again"),
        Binding("escape", "leave", "home", id="models.home", tooltip="Back to where you came from"),
    ]  # fmt: skip
    HELP = (
        "Every model at hand, and every place where one could be with what would make it so. c sends a few "
        "short calls to the marked model. g fetches a better model than the embedded one. k takes a key and "
        "u a server's address, until the app is closed. A key is never shown. docs/models.md lists the "
        "variables that hold them for good."
    )

    class ValidityWanted(Message):
        """What can be measured with the model of that name shall be found out."""

        def __init__(self, model: str) -> None:
            super().__init__()
            self.model = model

    class ServiceChanged(Message):
        """A service has another key or another address."""

    def __init__(
        self, settings: Callable[[], Settings], open_model: Callable[[str], Provider], folders: Iterable[Path]
    ) -> None:
        super().__init__()
        self._settings = settings
        self._open_model = open_model
        self._folders = tuple(folders)
        self._found: tuple[Found, ...] = ()
        self._named: tuple[str, ...] = ()
        self._results: dict[str, list[Result]] = {}
        self._prices: dict[str, str] = {}
        self._checking = ""
        self._wanted = ""

    def compose(self) -> ComposeResult:
        yield Static("", id="title", markup=False)
        with Horizontal(id="body"):
            yield ModelList(id="models", markup=False)
            with VerticalScroll(id="about-box", can_focus=False):
                yield Static("", id="about", markup=False)
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one(OptionList).focus()
        self._draw_title("looking …")
        self._discover()

    @work(exclusive=True, group="discover")
    async def _discover(self) -> None:
        settings = self._settings()
        self._named = (settings.model, *settings.models)
        self._found = await read_for(self, discover, self._folders, self._named)
        self._draw()

    # What is drawn

    def on_resize(self) -> None:
        if self._found:
            self.call_after_refresh(self._draw)

    def refresh_models(self) -> None:
        """Draw what the settings are now; look again when they name other models."""
        self._draw()
        settings = self._settings()
        if (settings.model, *settings.models) != self._named:
            self.action_again()

    def _draw(self) -> None:
        listed = self.query_one(OptionList)
        marked = self._marked
        listed.clear_options()
        last = ""
        for found in self._found:
            if found.sort != last:
                last = found.sort
                listed.add_option(
                    Option(Content.styled(_HEADINGS[last], "$text-muted italic"), disabled=True)
                )
            listed.add_option(Option(self._row(found), id=found.name))
        names = [found.name for found in self._found]
        wanted = marked.name if marked and marked.name in names else self._settings().model
        if self._wanted in names:
            wanted, self._wanted = self._wanted, ""
        if self._found:
            listed.highlighted = listed.get_option_index(wanted if wanted in names else names[0])
        self._draw_title()

    def _row(self, found: Found) -> Content:
        barred = self._barred(found)
        sign = "⊘" if barred else "✓" if found.ready else "·"
        chosen = "  ← proposed" if found.name == self._settings().model else ""
        style = "" if found.ready and not barred else "$text-muted"
        room = max(8, self.query_one(OptionList).size.width - 5 - len(chosen))
        return Content.styled(f"{sign} {_clipped(found.name, room)}{chosen}", style)

    def _barred(self, found: Found) -> bool:
        return self._settings().local_only and not found.local

    def _draw_title(self, state: str = "") -> None:
        ready = sum(found.ready and not self._barred(found) for found in self._found)
        local = "on: no request leaves this machine" if self._settings().local_only else "off"
        self.query_one("#title", Static).update(
            Content(f"Models   {state or f'{ready} ready'}   local only {local}")
        )

    @property
    def _marked(self) -> Found | None:
        if not self.is_mounted:
            return None
        listed = self.query_one(OptionList)
        at = listed.highlighted
        name = listed.get_option_at_index(at).id if at is not None and at < listed.option_count else None
        return next((found for found in self._found if found.name == name), None)

    def on_option_list_option_highlighted(self) -> None:
        self._draw_about()
        self.refresh_bindings()
        found = self._marked
        if found is not None and found.ready and not self._barred(found) and found.name not in self._prices:
            self._price(found)

    @work(exclusive=True, group="price")
    async def _price(self, found: Found) -> None:
        if found.local:
            self._prices[found.name] = "free"
        else:
            try:
                self._prices[found.name] = price_text(await price_of_thousand_turns(found.name))
            except SandboxError:
                self._prices[found.name] = price_text(None)
        if is_there(self):
            self._draw_about()

    def _draw_about(self) -> None:
        found = self._marked
        self.query_one("#about", Static).update(Content("\n").join(self._about(found)) if found else "")

    def _about(self, found: Found) -> list[Content]:
        where = "stays on this machine" if found.local else "leaves this machine: never put real patients in"
        lines = [
            Content.styled(printable(found.name), "bold"),
            Content(printable(found.text)),
            Content.styled(f"what is said to it {where}", "" if found.local else "$text-warning"),
        ]
        if self._barred(found):
            lines.append(
                Content.styled("⊘ local only is on, so it is not asked (l turns it off)", "$text-warning")
            )
        elif found.todo:
            lines += [
                Content(""),
                Content.styled("to have it", "bold $text-accent"),
                Content(_hanging(found.todo, 2, self._width)),
            ]
        if found.name in self._prices:
            price = f"1,000 turns: {self._prices[found.name]}"
            lines += [Content(""), Content(price), Content.styled(f"({BASIS})", "$text-muted")]
        lines += self._checked(found)
        return lines

    @property
    def _width(self) -> int:
        return max(20, self.query_one("#about-box").scrollable_content_region.width or 40)

    def _checked(self, found: Found) -> list[Content]:
        results = self._results.get(found.name, [])
        busy = self._checking == found.name
        if not results and not busy:
            return [Content(""), Content.styled("not checked yet: c", "$text-muted")] if found.ready else []
        lines = [Content(""), Content.styled("check", "bold $text-accent")]
        for result in results:
            style = {"works": "$text-success", "not offered": "$text-muted", "fails": "$text-error"}
            lines.append(Content.styled(f"{_SIGNS[result.verdict]} {result.subject}: {result.verdict}",
                                        style[result.verdict]))  # fmt: skip
            lines.append(Content(_hanging(printable(result.text), 4, self._width)))
        if busy:
            lines.append(Content.styled("… asking it", "$text-muted italic"))
        return lines

    # What the keys do

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        found = self._marked if action in {"check", "validity", "drop", "key", "address"} else None
        if action in {"check", "validity"}:
            ready = found is not None and found.ready and not self._barred(found)
            return True if ready and not self._checking else None
        if action == "drop":
            return True if found is not None and found.name in self._settings().models else None
        if action == "key":
            return True if found is not None and found.sort == "service" else None
        if action == "address":
            return True if found is not None and _has_address(found) else None
        return True

    def on_option_list_option_selected(self) -> None:
        found = self._marked
        if found is None:
            return
        if self._barred(found):
            self.notify("Local only is on: l turns it off.", title="Not asked", severity="warning")
            return
        if not found.ready:
            here = "k takes a key here, or: " if found.sort == "service" and found.todo else ""
            text = f"{here}{found.todo or found.text}"
            self.notify(text, title="Not ready", severity="warning", markup=False)
            return
        self.post_message(SettingWanted("model", found.name))

    def action_check(self) -> None:
        found = self._marked
        if found is not None and not self._checking:
            self._checking = found.name
            self._results[found.name] = []
            self._draw_about()
            self.run_worker(self._check(found.name), group="check")

    async def _check(self, name: str) -> None:
        try:
            provider = await asyncio.to_thread(self._open_model, name)
            try:
                async for result in check(provider):
                    self._results[name].append(result)
                    if is_there(self):
                        self._draw_about()
            finally:
                await provider.close()
        except SandboxError as error:
            self.post_message(Trouble(error))
        finally:
            self._checking = ""
            if is_there(self):
                self._draw_about()
                self.refresh_bindings()

    def action_validity(self) -> None:
        if self._marked is not None:
            self.post_message(self.ValidityWanted(self._marked.name))

    def action_local(self) -> None:
        self.post_message(SettingWanted("local_only", not self._settings().local_only))

    def action_add(self) -> None:
        note = "The path of a GGUF file, or a LiteLLM name such as openai/gpt-4o or ollama_chat/llama3.2."
        self.app.push_screen(LinePrompt("Add a model", note, "models/some-model.gguf"), self._add)

    def _add(self, line: str | None) -> None:
        if line is None:
            return
        name = line if line.startswith("gguf:") or not _is_file_name(line) else f"gguf:{_absolute(line)}"
        try:
            self._open_model(name)
        except SandboxError as error:
            self.post_message(Trouble(error))
            return
        if name not in self._settings().models:
            self.post_message(SettingWanted("models", (*self._settings().models, name)))

    def action_get(self) -> None:
        from sandbox.tui.screens.get_model import GetModel

        try:
            refuse_fetching(local_only=self._settings().local_only)
        except SandboxError as error:
            self.post_message(Trouble(error))
        else:
            self.app.push_screen(GetModel(models_folder()), self._got)

    def _got(self, fetched: Fetched | None) -> None:
        if fetched is None:
            return
        self._wanted = f"gguf:{fetched.path}"
        self.notify(
            f"{fetched.size / 1e9:.1f} GB, SHA-256 {fetched.sha256[:12]}… as the hub states it. "
            "c tries it, v finds out what can be measured on it.",
            title="Here",
            markup=False,
        )
        self.action_again()

    def action_drop(self) -> None:
        found = self._marked
        if found is not None:
            self.post_message(
                SettingWanted("models", tuple(one for one in self._settings().models if one != found.name))
            )

    def action_key(self) -> None:
        found = self._marked
        if found is None:
            return
        from sandbox.models.hosted import service_of
        from sandbox.tui.screens.prompt import KeyPrompt

        variable = service_of(found.name).key_variable
        if variable:
            self.app.push_screen(KeyPrompt(variable), self._service_changed)

    def action_address(self) -> None:
        found = self._marked
        if found is None:
            return
        from sandbox.models.address import use_address
        from sandbox.models.hosted import service_of

        service = service_of(found.name)

        def take(line: str | None) -> None:
            if line is None:
                return
            back = line in {"-", "−"}
            try:
                use_address(service, "" if back else line)
            except SandboxError as error:
                self.post_message(Trouble(error))
            else:
                self._service_changed(
                    "The usual address holds again." if back else "It is asked there until the app is closed."
                )

        note = "The address to use until you close the app. Type - for the usual one."
        self.app.push_screen(LinePrompt("Address of the server", note, "http://localhost:8000/v1"), take)

    def _service_changed(self, done: str | None) -> None:
        if done:
            self.notify(done)
            self.post_message(self.ServiceChanged())
            self.action_again()

    def action_again(self) -> None:
        self._draw_title("looking …")
        self.call_after_refresh(self._discover)

    def action_leave(self) -> None:
        self.dismiss()


def _has_address(found: Found) -> bool:
    from sandbox.models.hosted import service_of

    return found.sort in {"server", "service"} and bool(service_of(found.name).base_variable)


def _hanging(text: str, indent: int, width: int) -> str:
    """`text` in lines of at most `width` cells, all of them indented."""
    space = " " * indent
    lines = text.splitlines() or [""]
    return "\n".join(
        textwrap.fill(line, width, initial_indent=space, subsequent_indent=space) for line in lines
    )


def _clipped(name: str, room: int) -> str:
    """A name's end tells more than its middle: `openrouter/meta-llama…70b-instruct`."""
    flat = printable(name)
    half = (room - 1) // 2
    return flat if len(flat) <= room else f"{flat[: room - half - 1]}…{flat[len(flat) - half :]}"


def _is_file_name(line: str) -> bool:
    return line.endswith(".gguf") or line.startswith(("/", "~", "."))


def _absolute(line: str) -> Path:
    return Path(line).expanduser().absolute()
