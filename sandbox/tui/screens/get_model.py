"""Fetching a model from the hub: what is worth fetching, how far it is, and what came."""

import threading
from pathlib import Path
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from sandbox.errors import SandboxError
from sandbox.models.daemon_thread import on_daemon_thread
from sandbox.models.download import Fetched, HubFile, Progress, broken_off_in, fetch, fetched_in, hub_file
from sandbox.models.offer import OFFERS, Offer, offer_of
from sandbox.tui.screen import ModalScreen, is_there
from sandbox.tui.widgets.key_line import KeyLine

_NOTE = "From huggingface.co to your own data folder, checked by its SHA-256. Enter fetches the marked one."


class _Offers(OptionList):
    """The list to walk; says in the footer what Enter does."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "select", "fetch")]


class GetModel(ModalScreen[Fetched | None]):
    """Gives the file that arrived. Escape stops and closes; what arrived by then stays for the next time."""

    CSS_PATH = "get_model.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "cancel", "close", priority=True)]

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._stopped = threading.Event()
        self._progress: Progress | None = None
        self._fetching = ""

    def compose(self) -> ComposeResult:
        with VerticalScroll(id="get", can_focus=False):
            yield Static(_NOTE, id="get-note", markup=False)
            here = {one.path.name: one.size for one in fetched_in(self._folder)}
            there = dict(broken_off_in(self._folder)) | here
            rows = [(_row(one, there.get(one.file.name, 0)), one.name) for one in OFFERS]
            yield _Offers(*(Option(row, id=id) for row, id in rows), id="offers", compact=True, markup=False)
            yield Static("", id="get-about", markup=False)
            yield Input(
                placeholder="or OWNER/REPO/FILE.gguf, and Enter", id="other", compact=True, max_length=300
            )
            yield Static("", id="get-said", markup=False)
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one("#get").border_title = "Get a model"
        self.query_one(_Offers).focus()
        self.set_interval(0.25, self._draw_progress)

    def on_unmount(self) -> None:
        self._stopped.set()

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        offer = offer_of(event.option_id or "")
        if offer is not None:
            needs = f"It needs about {offer.memory / 1e9:.1f} GB of memory. {offer.licence}."
            self.query_one("#get-about", Static).update(
                Content(f"For {offer.good_for}.\n{needs}\n{offer.page}")
            )

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        offer = offer_of(event.option_id or "")
        if offer is not None:
            self._begin(offer.file)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        try:
            self._begin(hub_file(event.value))
        except SandboxError as error:
            self._say_error(error)

    def _begin(self, wanted: HubFile) -> None:
        if self._fetching:
            self._say(f"{self._fetching} is being fetched. Escape stops it.")
            return
        self._fetching, self._progress = wanted.name, None
        self._say("Asking the hub…")
        self._fetch(wanted)

    @work
    async def _fetch(self, wanted: HubFile) -> None:
        def keep(progress: Progress) -> None:
            self._progress = progress

        def run() -> Fetched:
            return fetch(wanted, self._folder, on_progress=keep, stopped=self._stopped.is_set)

        try:
            fetched = await on_daemon_thread(run, "fetch")
        except SandboxError as error:
            self._fetching = ""
            if is_there(self):
                self._say_error(error)
            return
        self.dismiss(fetched)

    def _draw_progress(self) -> None:
        if self._fetching and (now := self._progress) is not None:
            left = now.seconds_left
            minutes = f", {left // 60:.0f}:{left % 60:02.0f} left" if left else ""
            done = round(20 * now.done / now.total)
            self._say(
                f"{'█' * done}{'░' * (20 - done)} {now.done / now.total:.0%} of {now.total / 1e9:.2f} GB, "
                f"{now.rate / 1e6:.1f} MB/s{minutes}"
            )

    def _say_error(self, error: SandboxError) -> None:
        self.query_one("#get-said", Static).update(
            Content.styled("\n".join(filter(None, (error.what, error.where, error.todo))), "$text-error")
        )

    def _say(self, text: str) -> None:
        self.query_one("#get-said", Static).update(Content(text))

    def action_cancel(self) -> None:
        self.dismiss(None)


def _row(offer: Offer, there: int) -> Content:
    """An offer and how much of it is on this machine, in bytes."""
    whole = there >= offer.size * 0.99
    state = "here" if whole else f"{there / offer.size:.0%} here" if there else ""
    text = f"{'✓' if whole else '·'} {offer.title:<24} {offer.size / 1e9:>4.1f} GB  {state}"
    return Content.styled(text, "$text-muted" if whole else "")
