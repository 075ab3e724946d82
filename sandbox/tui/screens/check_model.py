"""Check model: which questionnaires measure anything on a model, read in which way. Keeps what comes out."""

import asyncio
import textwrap
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from sandbox.analysis.calibration import newest_responses
from sandbox.analysis.suitability import known_before, usable_before
from sandbox.engine.validity_check import (
    DEFAULT_QUESTIONNAIRES,
    CheckPlan,
    CheckProgress,
    Instrument,
    check_validity,
)
from sandbox.errors import SandboxError
from sandbox.export.calibration import curve_lines
from sandbox.export.validity import LEGEND, page
from sandbox.measurement.validity.verdict import Usable
from sandbox.models.provider import Provider
from sandbox.store.store import Store
from sandbox.store.validity import StoredCheck
from sandbox.text import printable
from sandbox.tui.messages import Trouble
from sandbox.tui.screen import Screen, is_there
from sandbox.tui.widgets.key_line import KeyLine

_SIGNS: Mapping[Usable, tuple[str, str]] = {
    "usable": ("✓", "$text-success"),
    "usable with care": ("~", "$text-warning"),
    "undecided": ("?", "$text-warning"),
    "not usable with this model": ("✗", "$text-error"),
}

_BESIDE = 4
"""Cells beside an instrument's name: the sign, a space after it, and one at each end of the row."""
_NARROWEST = 8
"""Cells of a questionnaire's id that are shown beside the way it is read, at least."""


@dataclass(frozen=True, slots=True)
class Checked:
    """An instrument and what is known of it: its newest check, or None."""

    instrument: Instrument
    check: StoredCheck | None

    @property
    def key(self) -> str:
        return self.instrument.title


class InstrumentList(OptionList):
    """The questionnaires with their ways; Enter checks the marked one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select", "check", id="check.marked", tooltip="Check the marked one"),
    ]


class CheckModelScreen(Screen[None]):
    """`plan` names every instrument that can be tried; a check runs while the screen is open, not longer."""

    CSS_PATH = "check_model.tcss"
    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares it so
        (0, "-narrow"), (80, "-normal"), (110, "-wide"),
    ]  # fmt: skip
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("c", "usual", "check the usual", id="check.usual",
                tooltip="Check the word probe and the affect ratings by every way"),
        Binding("x", "stop", "stop", id="check.stop", tooltip="Stop; what is checked is kept"),
        Binding("escape", "leave", "back", id="check.back", tooltip="Back; a check under way is stopped"),
    ]  # fmt: skip
    HELP = (
        "Enter checks the marked questionnaire read that way: the same states are measured again, in other "
        "words, in another order, with a hint of the wished answer, and before and after a neutral and a "
        "strong scenario. ✓ usable, ~ with care, ✗ not usable, · never checked."
    )

    def __init__(self, provider: Provider, plan: CheckPlan, store: Store) -> None:
        super().__init__()
        self._provider = provider
        self._plan = plan
        self._store = store
        self._standings: dict[str, Checked] = {}
        self._checking: frozenset[str] = frozenset()

    def compose(self) -> ComposeResult:
        yield Static("", id="title", markup=False)
        with Horizontal(id="body"):
            yield InstrumentList(id="instruments", markup=False)
            with VerticalScroll(id="verdict-box"):
                yield Static("", id="verdict", markup=False)
        yield Static("", id="progress", markup=False)
        yield KeyLine()

    def on_mount(self) -> None:
        if not is_there(self):
            return
        title = printable(self._provider.title)
        told = f"Simulated affect, not a feeling · what can be measured with {title}"
        self.query_one("#title", Static).update(Content(told))
        self._say("Enter checks the marked one, c the usual ones.")
        self._read()
        self.query_one(OptionList).focus()

    def on_resize(self) -> None:
        self.call_after_refresh(self._draw)

    # What is known and drawn

    def _read(self) -> None:
        """Take what the record knows and draw it."""
        model = self._provider.description
        known = self._store.checks(model.name)
        standings = (
            Checked(
                one,
                next((c for c in known if c.is_of(one.questionnaire, one.way, model, one.form)), None),
            )
            for one in self._plan.instruments
        )
        self._standings = {standing.key: standing for standing in standings}
        self._draw()

    def _draw(self) -> None:
        if not is_there(self):  # it was taken away between a new size, or a check's end, and this
            return
        listed = self.query_one(OptionList)
        at = listed.highlighted or 0
        listed.clear_options()
        listed.add_options([Option(self._row(s), id=key) for key, s in self._standings.items()])
        listed.highlighted = min(at, listed.option_count - 1)
        self._draw_verdict()

    def _row(self, standing: Checked) -> Content:
        sign, style = "·", "$text-muted"
        if standing.key in self._checking:
            sign, style = "…", "$text-accent"
        elif (usable := self._usable(standing)) is not None:
            sign, style = _SIGNS[usable]
        instrument = standing.instrument
        how = f"  by {instrument.how}"
        room = self.query_one(OptionList).scrollable_content_region.width - _BESIDE - len(how)
        name = instrument.questionnaire.id
        shown = name if len(name) <= room else name[: max(_NARROWEST, room) - 1] + "…"
        return Content.assemble((f"{sign} ", style), shown, (how, "$text-muted"))

    def _usable(self, standing: Checked) -> Usable | None:
        """What its newest check said, or the one made before the app was shipped."""
        if standing.check is not None:
            return standing.check.validity.usable
        return usable_before(self._provider.description.name, standing.instrument.questionnaire.id)

    @property
    def _marked(self) -> Checked | None:
        at = self.query_one(OptionList).highlighted
        keys = list(self._standings)
        return self._standings[keys[at]] if at is not None and at < len(keys) else None

    def _draw_verdict(self) -> None:
        standing = self._marked
        if standing is None:
            return
        width = max(40, self.query_one("#verdict-box").size.width - 3)
        calls = replace(self._plan, instruments=(standing.instrument,)).calls
        model = self._provider.description
        head, *rest = _told(standing, model.name, calls, width)
        if doses := newest_responses(self._store, model, standing.instrument):
            rest = [*curve_lines(doses, model.name, width), *rest]
        self.query_one("#verdict", Static).update(Content("\n".join([head, *rest])))

    def _say(self, text: str) -> None:
        if is_there(self):
            self.query_one("#progress", Static).update(Content(text))

    # What the keys do

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "usual":
            return None if self._checking else True
        if action == "stop":
            return True if self._checking else None
        return True

    def on_option_list_option_highlighted(self) -> None:
        self._draw_verdict()

    def on_option_list_option_selected(self) -> None:
        if self._marked is not None and not self._checking:
            self._start((self._marked.instrument,))

    def action_usual(self) -> None:
        usual = tuple(one for one in self._plan.instruments if one.questionnaire.id in DEFAULT_QUESTIONNAIRES)
        self._start(usual or self._plan.instruments[:1])

    def action_stop(self) -> None:
        self.workers.cancel_group(self, "check")

    def action_leave(self) -> None:
        self.workers.cancel_group(self, "check")
        self.dismiss()

    # The check

    def _start(self, instruments: tuple[Instrument, ...]) -> None:
        self._checking = frozenset(Checked(one, None).key for one in instruments)
        self.refresh_bindings()
        self._draw()
        plan = replace(self._plan, instruments=instruments)
        self._check(plan)

    @work(exclusive=True, group="check")
    async def _check(self, plan: CheckPlan) -> None:
        said, kept = "Stopped", 0
        try:
            async with aclosing(check_validity(plan, self._provider)) as events:
                async for event in events:
                    if isinstance(event, CheckProgress):
                        self._say(f"{event.calls} of about {event.expected} calls: {event.doing}")
                        continue
                    description = self._provider.description
                    keeping = asyncio.create_task(
                        asyncio.to_thread(self._store.add_check, plan, event, description)
                    )
                    try:
                        await asyncio.shield(keeping)
                    finally:  # what is being written when the stop comes is kept as well
                        await keeping
                        kept += 1
                    self._checking -= {Checked(event.instrument, None).key}
                    self._read()
            said = "Done"
        except SandboxError as error:
            said = "The check failed"
            self.post_message(Trouble(error))
        finally:
            self._checking = frozenset()
            if is_there(self):
                self._say(_ending(said, kept))
                self._read()
                self.refresh_bindings()


def _ending(said: str, kept: int) -> str:
    """How a check ended, and for one that was not done how many instruments it kept."""
    if said == "Done":
        return "Done. Sessions that use what is not usable will say so."
    if not kept:
        return f"{said}; nothing was checked to its end, so nothing new is kept."
    return f"{said}; {kept} instrument{'s are' if kept > 1 else ' is'} checked and kept."


def _told(standing: Checked, model: str, calls: int, width: int) -> list[str]:
    """What its newest check said, or the most `calls` that a check would make."""
    instrument, check = standing.instrument, standing.check
    head = [f"{printable(instrument.questionnaire.title)}, read by {instrument.how}"]
    if check is None:
        known = known_before(model, instrument.questionnaire.id)
        before = known[:1].upper() + known[1:] if known else "Never checked with this model"
        return [
            *head,
            "",
            *textwrap.wrap(f"{before}.", width),
            "",
            *textwrap.wrap(
                f"A check takes about {calls} calls, the scenarios told {instrument.repeats} times included; "
                "fewer where it soon turns out that no answer can be read.",
                width,
            ),
        ]
    when = f"checked {check.at:%Y-%m-%d %H:%M}, {check.repeats} repeats, scale {check.validity.scale}"
    return [*head, when, "", *page(check.validity, width), "", LEGEND]
