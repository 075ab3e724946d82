"""The sessions that were found, a page at a time: marks, state, what was tried, tags, and the words found."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from sandbox.store.listing import FoundSession
from sandbox.store.study_listing import StudySummary
from sandbox.text import excerpt
from sandbox.tui.labels import SIGNS, distinct, models_apart, shortened, text_marks, titles_in

_WIDE = 100
"""Cells from which on a row has room for the state in words and the model."""
_MODEL = 16
_BESIDE = 58
"""Cells that the model has, and what stands beside an arm's name."""
_AHEAD = 20
"""How many lines before the end the next page is asked for."""


class SessionList(OptionList):
    """A list to walk with the arrow keys; Space marks, Enter opens."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "mark", "mark", id="sessions.mark",
                tooltip="Mark the session and go to the next, to compare or tag several"),
        Binding("enter", "select", "open", tooltip="Open the session, at the words found"),
    ]  # fmt: skip

    class Opened(Message):
        """This session shall be shown, at the turn that was found if there is one; or this study."""

        def __init__(self, found: FoundSession | StudySummary) -> None:
            super().__init__()
            self.found = found

    class MoreWanted(Message):
        """The reader is near the end of what was loaded."""

    class MarksChanged(Message):
        """A mark was set or taken off."""

    def __init__(self, held: Callable[[], Mapping[str, str]], *, id: str | None = None) -> None:
        """`held`: what the state of a session that waits for the clinician is called."""
        super().__init__(id=id, markup=False)
        self._held = held
        self._found: list[FoundSession | StudySummary] = []
        self._to_place: list[StudySummary] = []
        self._texts: Mapping[str, str] = {}
        self._models: frozenset[str] = frozenset()
        self._names: Mapping[str, str] = {}
        self._marks: list[str] = []
        self._complete = True
        self._asked = False

    @property
    def at(self) -> FoundSession | None:
        """The session under the cursor."""
        return self._under if isinstance(self._under, FoundSession) else None

    @property
    def study(self) -> StudySummary | None:
        """The study under the cursor."""
        return self._under if isinstance(self._under, StudySummary) else None

    @property
    def _under(self) -> FoundSession | StudySummary | None:
        place = self.highlighted
        return self._found[place] if place is not None and place < len(self._found) else None

    @property
    def count(self) -> int:
        """How many sessions are listed."""
        return len(self._sessions)

    @property
    def last(self) -> FoundSession | None:
        """The last session that is listed."""
        return self._sessions[-1] if self._sessions else None

    @property
    def _sessions(self) -> list[FoundSession]:
        return [one for one in self._found if isinstance(one, FoundSession)]

    @property
    def marked(self) -> tuple[str, ...]:
        """The ids of the marked sessions, in the order marked."""
        return tuple(self._marks)

    def told(self, ids: Sequence[str]) -> dict[str, str]:
        """`2026-11-27 14:40  Mindful breathing · Attacked at night (fear), seed 1` for those listed."""
        return {
            one.summary.id: f"{_when(one.summary.created)}  {excerpt(one.name, 40)}"
            f" · {excerpt(one.summary.scenario, 40)} ({one.summary.affect}), seed {one.summary.seed}"
            for one in self._sessions
            if one.summary.id in ids
        }

    def show(
        self, found: Sequence[FoundSession], studies: Sequence[StudySummary] = (), *, complete: bool
    ) -> None:
        """Replace the list; marks and the cursor stay where they were. `complete`: there is no more.

        The studies, newest first, stand among the sessions by their time.
        """
        self._to_place = list(studies)
        listed = self._with_studies(found, complete=complete)
        place = self._place_in(listed)
        self._found, self._complete, self._asked = listed, complete, False
        self._look_for_twins()
        self.clear_options()
        if not listed:
            self.add_option(Option(Content.styled("nothing fits", "$text-muted"), disabled=True))
            return
        self.add_options([Option(self._row(one)) for one in listed])
        self.highlighted = place

    def _with_studies(
        self, found: Sequence[FoundSession], *, complete: bool
    ) -> list[FoundSession | StudySummary]:
        """The sessions with the studies that belong before the last of them, or with all if it is the end."""
        listed: list[FoundSession | StudySummary] = []
        for one in found:
            while self._to_place and self._to_place[0].at >= one.summary.created:
                listed.append(self._to_place.pop(0))
            listed.append(one)
        if complete:
            listed += self._to_place
            self._to_place = []
        return listed

    def _place_in(self, found: Sequence[FoundSession | StudySummary]) -> int:
        """Where the line under the cursor stands in `found`; if it is gone the next one that does, else 0."""
        places = {_key(one): place for place, one in enumerate(found)}
        below = self._found[self.highlighted or 0 :]
        return next((places[key] for one in below if (key := _key(one)) in places), 0)

    def add(self, found: Sequence[FoundSession], *, complete: bool) -> None:
        """Put one more page under the list."""
        more = self._with_studies(found, complete=complete)
        self._found += more
        self._complete, self._asked = complete, False
        told_apart = self._texts, self._models, self._names
        self._look_for_twins()
        self.add_options([Option(self._row(one)) for one in more])
        if told_apart != (self._texts, self._models, self._names):
            self._draw_all()

    def _look_for_twins(self) -> None:
        """Find out which rows would read alike but for what is said of their texts and models."""
        sessions = [one.summary for one in self._sessions]
        self._texts = text_marks(script for one in sessions for script in one.scripts)
        self._models = frozenset(one.model for one in sessions)
        names = list(dict.fromkeys(one.name for one in self._sessions))
        self._names = dict(zip(names, distinct(names, max(_MODEL, self._width - _BESIDE)), strict=True))

    @property
    def _width(self) -> int:
        return self.scrollable_content_region.width or 78

    def forget_marks(self) -> None:
        self._marks.clear()
        self._draw_all()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return None if action == "mark" and self.at is None else True

    def action_mark(self) -> None:
        one = self.at
        if one is None:
            return
        id = one.summary.id
        if id in self._marks:
            self._marks.remove(id)
        else:
            self._marks.append(id)
        self._draw_all()
        if self.highlighted != self.option_count - 1:  # the last row's mark would be followed by the first's
            self.action_cursor_down()
        self.post_message(self.MarksChanged())

    def on_resize(self) -> None:
        self._look_for_twins()
        self._draw_all()

    def _draw_all(self) -> None:
        for place, one in enumerate(self._found):
            self.replace_option_prompt_at_index(place, self._row(one))

    def watch_highlighted(self, highlighted: int | None) -> None:
        super().watch_highlighted(highlighted)
        near = highlighted is not None and highlighted >= len(self._found) - _AHEAD
        if near and not self._complete and not self._asked:
            self._asked = True
            self.post_message(self.MoreWanted())

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        if self._under is not None:
            self.post_message(self.Opened(self._under))

    def _row(self, one: FoundSession | StudySummary) -> Content:
        if isinstance(one, StudySummary):
            return study_row(one, self.scrollable_content_region.width or 78)
        id = one.summary.id
        state = self._held().get(id, one.summary.state)
        width = self._width
        model = models_apart(self._models, _MODEL)[one.summary.model]
        shown = model if width > _WIDE or len(self._models) > 1 else ""
        name = self._names[one.name]
        return row(replace(one, name=name), state, width, self._texts, shown, marked=id in self._marks)


def _key(one: FoundSession | StudySummary) -> tuple[str, int | None]:
    return (one.root, -1) if isinstance(one, StudySummary) else (one.summary.id, one.turn)


def _when(time: datetime) -> str:
    return time.astimezone().strftime("%Y-%m-%d %H:%M")


def study_row(one: StudySummary, width: int) -> Content:
    """A line for a study and all its sessions, at most `width` cells wide."""
    when = _when(one.at)
    sign = SIGNS[one.stands]
    stands = f"{sign} {one.stands:<12}" if width > _WIDE else sign
    numbers = f"  {one.finished:,} of {one.sessions:,} sessions"
    room = max(12, width - len(when) - len(stands) - len(numbers) - 10)
    return Content.assemble(
        "    ", (f"{when}  ", "$text-muted"), f"{stands} {shortened(f'study {one.name}', room):<{room}}",
        (numbers, "$text-muted"),
    )  # fmt: skip


def row(
    one: FoundSession, state: str, width: int, texts: Mapping[str, str], model: str, *, marked: bool
) -> Content:
    """A line for the session, and under it the words found, at most `width` cells wide.

    `texts`: what is said of a script, by its hash, to tell it from another of that title.
    """
    found = one.summary
    when = _when(found.created)
    wide = width > _WIDE
    sign = SIGNS.get(state, "?")
    stands = f"{sign} {state:<12}" if wide else sign
    tags = "".join(f" #{tag}" for tag in one.tags)
    detail = f"  seed {found.seed}" + (f" · {model}" if model else "")
    room = max(16, width - len(when) - len(stands) - len(tags) - len(detail) - 10)
    scenario, *technique = (texts.get(script.hash, "") for script in found.scripts)
    own = "".join(technique)
    text = titles_in([(one.name, own), (f"{found.scenario} ({found.affect})", scenario)], room)
    line = Content.assemble(
        ("[x] " if marked else "[ ] ", "bold" if marked else "$text-muted"),
        (f"{when}  ", "$text-muted"),
        f"{stands} ",
        (f"{text:<{room}}", "bold" if marked else ""),
        (detail, "$text-muted"),
        (tags, "$text-accent"),
    )
    if one.turn is None:
        return line
    hit = _around_hit(one.excerpt, max(16, width - 18))
    return Content.assemble(line, "\n", (f"      {one.turn_label}: ", "$text-muted"), (hit, "italic"))


def _around_hit(text: str, room: int) -> str:
    """At most `room` characters with the first words found among them."""
    flat = excerpt(text, 1000)
    start = flat.find("«")
    if start > room // 2:
        flat = "…" + flat[start - room // 3 :].lstrip("…")
    return excerpt(flat, room)
