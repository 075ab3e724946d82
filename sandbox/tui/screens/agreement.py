"""Agreement: how far reviewers agree, and where they part; Enter goes to the transcript and the turn."""

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static

from sandbox.errors import SandboxError
from sandbox.export.agreement import agreement_lines, parted_line
from sandbox.review.judged import Disagreement, Judged, aliases, judged, tag_disagreements
from sandbox.store.store import Store
from sandbox.text import printable
from sandbox.tui.messages import ReviewWanted, Trouble
from sandbox.tui.screen import Screen, read_for
from sandbox.tui.widgets.key_line import KeyLine


class _Parted(OptionList):
    """Where reviewers part; says in the footer what Enter does."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "go there", tooltip="Open that transcript at that turn"),
    ]


class AgreementScreen(Screen[None]):
    """The numbers above, the disagreements below, the widest first."""

    CSS_PATH = "agreement.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("w", "names", "names", id="agreement.names", tooltip="Show or hide the reviewers' names"),
        Binding("escape", "leave", "back", id="agreement.leave", tooltip="Back"),
    ]
    HELP = (
        "Each form stands alone, and so does each version of its text. Below are the transcripts on which "
        "reviewers are furthest apart, then tags that one gave and another did not; Enter opens the "
        "transcript at the turn. Under six transcripts kappa and alpha have no interval."
    )

    def __init__(self, store: Store) -> None:
        super().__init__()
        self._store = store
        self._names = True
        self._parted: tuple[Disagreement, ...] = ()

    def compose(self) -> ComposeResult:
        yield Static("Agreement", id="title", markup=False)
        with VerticalScroll(id="numbers"):
            yield Static("Reading …", id="forms", markup=False)
        yield Static("Where reviewers part", id="parting", markup=False)
        yield _Parted(id="parted", markup=False)
        yield KeyLine()

    def on_mount(self) -> None:
        self.query_one(_Parted).focus()

    def on_screen_resume(self) -> None:  # comes when it is opened, too
        self._look()

    @work(exclusive=True)
    async def _look(self) -> None:
        try:
            found, tagged = await read_for(self, self._read)
        except SandboxError as error:
            self.post_message(Trouble(error))
            self.dismiss()
            return
        self._draw(found, tagged)

    def _read(self) -> tuple[tuple[Judged, ...], tuple[Disagreement, ...]]:
        names = {} if self._names else aliases(self._store)
        return judged(self._store, names=names), tag_disagreements(self._store, names)

    def _draw(self, found: tuple[Judged, ...], tagged: tuple[Disagreement, ...]) -> None:
        lines = [line for one in found for line in (*agreement_lines(one), "")]
        text = printable("\n".join(lines)).strip("\n") or "Nobody has filled in a form yet."
        self.query_one("#forms", Static).update(Content(text))
        self._parted = (*(each for one in found for each in one.disagreements), *tagged)
        listed = self.query_one(_Parted)
        at = listed.highlighted or 0
        listed.clear_options()
        listed.add_options([printable(parted_line(one)) for one in self._parted])
        if self._parted:
            listed.highlighted = min(at, len(self._parted) - 1)
        parting = (
            "Where reviewers part" if self._parted else "No two reviewers differ on the same transcript."
        )
        self.query_one("#parting", Static).update(parting)

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        one = self._parted[event.option_index]
        self.post_message(ReviewWanted((one.session,), one.turn))

    def action_names(self) -> None:
        self._names = not self._names
        self._look()

    def action_leave(self) -> None:
        self.dismiss()
