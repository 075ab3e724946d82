"""A measurement as a quiet line in the conversation; opened, it shows every item, answer and coverage."""

from dataclasses import dataclass
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from sandbox.analysis.numeral import numeral
from sandbox.engine.history import Measured
from sandbox.engine.phase import at_point, point_name
from sandbox.measurement.administration import Answer, Way, lowest_coverage, unseen_note
from sandbox.text import excerpt
from sandbox.tui.labels import hanging
from sandbox.tui.scores import main_scale, number

_WORDS_SHOWN = 6
_SHOWN = 0.1
"""Per cent. The least that is not shown as 0.0 once it is rounded is half of it."""
_TIE = "\u00a0"
"""A space at which no line is broken: a word and its share stay together."""
_INDENT = 3
_ITEM_WIDTH = 12


class MeasuredLine(Static, can_focus=True):
    """`── ▸ at t1: distress 92 → 66 (−26) ──`; Enter or a click opens and closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "enter", "unfold", "items", tooltip="Open the marked measurement: every item; again closes it"
        ),
        Binding("escape", "fold", "close", tooltip="Close the marked measurement"),
    ]

    def __init__(self, measured: Measured, before: float | None) -> None:
        super().__init__("", markup=False)
        self._measured = measured
        self._before = before
        self._open = False
        self.tooltip = "Enter or click: every item and answer"

    @property
    def after_turn(self) -> int:
        """The turn it was given after; 0: before the first."""
        return self._measured.point.after_turn

    def on_mount(self) -> None:
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def on_focus(self) -> None:
        self._draw()

    def on_blur(self) -> None:
        self._draw()

    def on_click(self) -> None:
        self.action_unfold()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave Escape to the screen while there is nothing to close."""
        return action != "fold" or self._open

    def action_fold(self) -> None:
        self.action_unfold()

    def action_unfold(self) -> None:
        self._open = not self._open
        self.refresh_bindings()
        self.set_class(self._open, "-open")
        self._draw()
        if self._open:
            self.call_after_refresh(self.scroll_visible, animate=False, immediate=True)

    def _draw(self) -> None:
        head = _head(self._measured, self._before, "▾" if self._open else "▸")
        rule = "─" * max(0, self.size.width - len(head) - 1)
        lines = [Content.styled(f"{head} {rule}" if rule else head, "bold" if self.has_focus else "")]
        if self._open:
            lines += [in_detail(line, self.size.width) for line in details(self._measured)]
        self.update(Content("\n").join(lines))


def measured_rows(measured: Measured, before: float | None, width: int) -> int:
    """The rows a closed line takes in so many columns."""
    return Content(_head(measured, before, "▸")).get_height({}, max(1, width))


def _head(measured: Measured, before: float | None, sign: str) -> str:
    return f"── {sign} {summary(measured, before)}"


def summary(measured: Measured, before: float | None) -> str:
    """`at t1: distress 92 → 66 (−26)`, with a note when it is unreliable or missing."""
    given = measured.administration
    scale = main_scale(measured)
    when = at_point(measured.point.label)
    if given.as_at:
        when = f"{when}, as at {given.as_at}"
    if scale is None:
        return f"{when}: {given.questionnaire}"
    now = given.score(scale)
    if now is None:
        said = f"{when}: {scale} missing"
    elif before is None:
        said = f"{when}: {scale} {number(now)}"
    else:
        said = f"{when}: {scale} {number(before)} → {number(now)} ({number(now - before, signed=True)})"
    return said if given.reliable else f"{said}, unreliable"


@dataclass(frozen=True, slots=True)
class Detail:
    """A line of an opened measurement: what it is about, if anything, and what is said of it."""

    said: str
    item: str = ""


def in_detail(detail: Detail, width: int) -> Content:
    """The detail in rows of at most `width` cells, the further ones under the beginning of what is said."""
    head = f"{'':{_INDENT}}{detail.item:<{_ITEM_WIDTH}} " if detail.item else " " * _INDENT
    return Content(f"{head}{hanging(detail.said, width, len(head))}".replace(_TIE, " "))


def details(measured: Measured) -> list[Detail]:
    """The administration in lines: point, questionnaire and way, then a line an answer, then the scores.

    Items none of whose words was found are only counted.
    """
    given = measured.administration
    lines = [Detail(f"{point_name(measured.point.label)} · {given.questionnaire} · read by {given.way}")]
    if given.way == "word":
        coverage = lowest_coverage(given)
        seen = "" if coverage is None else f"coverage {coverage:.0%}"
        lines += [Detail(line) for line in (seen, unseen_note(given)) if line]
    told = [answer for answer in given.answers if not _is_nothing(answer, given.way)]
    lines += [Detail(_answer(answer, given.way), answer.item) for answer in told]
    if others := len(given.answers) - len(told):
        lines.append(Detail(f"{others} more item{'s' if others > 1 else ''} at {numeral(0.0)}"))
    missing = [score for score in given.scores if score.value is None]
    lines += [Detail(f"{score.scale}: missing, {excerpt(score.reason, 60)}") for score in missing]
    return lines


def _is_nothing(answer: Answer, way: Way) -> bool:
    """Whether none of the probe's words for the item was found, as far as is shown."""
    return way == "word" and answer.value is not None and answer.value < _SHOWN / 2


def _answer(answer: Answer, way: Way) -> str:
    if answer.value is None:
        return f"missing ({answer.missing}) “{excerpt(answer.raw, 40)}”"
    text = f"{numeral(answer.value):>5}"
    if answer.distribution:
        top = sorted(answer.distribution.items(), key=lambda pair: -pair[1])[:_WORDS_SHOWN]
        shown = (f"{excerpt(word, 20)}{_TIE}{share:.1%}" for word, share in top if share >= _SHOWN / 200)
        text = f"{text}  {' '.join(shown)}".rstrip()
    elif answer.raw:
        text += f"  “{excerpt(answer.raw, 40)}”"
    if way == "likelihood" and answer.coverage is not None and answer.entropy is not None:
        text += f"  (coverage {answer.coverage:.0%}, entropy {numeral(answer.entropy)} bits)"
    return text if answer.attempt == 1 else f"{text}  (asked {answer.attempt} times)"
