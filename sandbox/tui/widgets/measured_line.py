"""A measurement as a quiet line in the conversation; opened, it shows every item, answer and coverage."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from sandbox.engine.history import Measured
from sandbox.measurement.administration import Answer, Way
from sandbox.measurement.coverage import lowest_coverage, unseen_note
from sandbox.text import excerpt
from sandbox.tui.scores import change, main_scale, number

_WORDS_SHOWN = 6


class MeasuredLine(Static, can_focus=True):
    """`── measured: distress 92 → 66 (−26) ──`; Enter or a click opens and closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "unfold", "open/close the measurement", show=False)
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

    def on_click(self) -> None:
        self.action_unfold()

    def action_unfold(self) -> None:
        self._open = not self._open
        self.set_class(self._open, "-open")
        self._draw()

    def _draw(self) -> None:
        head = _head(self._measured, self._before, "▾" if self._open else "▸")
        rule = "─" * max(0, self.size.width - len(head) - 1)
        lines = [Content(f"{head} {rule}" if rule else head)]
        if self._open:
            lines += [Content(line) for line in details(self._measured)]
        self.update(Content("\n").join(lines))


def measured_rows(measured: Measured, before: float | None, width: int) -> int:
    """The rows a closed line takes in so many columns."""
    return Content(_head(measured, before, "▸")).get_height({}, max(1, width))


def _head(measured: Measured, before: float | None, sign: str) -> str:
    return f"── {sign} {summary(measured, before)}"


def summary(measured: Measured, before: float | None) -> str:
    """`measured: distress 92 → 66 (−26)`, with a note when it is unreliable or missing."""
    given = measured.administration
    scale = main_scale(measured)
    when = "measured at end" if measured.point.phase == "follow-up" else "measured"
    if scale is None:
        return f"{when}: {given.questionnaire}"
    now = given.score(scale)
    if now is None:
        said = f"{when}: {scale} missing"
    elif before is None:
        said = f"{when}: {scale} {number(now)}"
    else:
        said = f"{when}: {scale} {number(before)} → {number(now)} ({change(now, before)})"
    return said if given.reliable else f"{said}, unreliable"


def details(measured: Measured) -> list[str]:
    """The administration in lines: point, questionnaire and way, then a line an answer, then the scores."""
    given = measured.administration
    lines = [f"   {measured.point.label} · {given.questionnaire} · read as {given.way}"]
    if given.way == "word":
        coverage = lowest_coverage(given)
        seen = "" if coverage is None else f"coverage {coverage:.0%}"
        lines += [f"   {line}" for line in (seen, unseen_note(given)) if line]
    lines += [f"   {_answer(answer, given.way)}" for answer in given.answers]
    missing = [score for score in given.scores if score.value is None]
    lines += [f"   {score.scale}: missing, {excerpt(score.reason, 60)}" for score in missing]
    return lines


def _answer(answer: Answer, way: Way) -> str:
    if answer.value is None:
        return f"{answer.item:<12} missing ({answer.missing}) “{excerpt(answer.raw, 40)}”"
    text = f"{answer.item:<12} {answer.value:>5.1f}"
    if answer.distribution:
        top = sorted(answer.distribution.items(), key=lambda pair: -pair[1])[:_WORDS_SHOWN]
        text += "  " + " ".join(f"{excerpt(word, 20)} {share:.1%}" for word, share in top if share > 0)
    elif answer.raw:
        text += f"  “{excerpt(answer.raw, 40)}”"
    if way == "likelihood" and answer.coverage is not None and answer.entropy is not None:
        text += f"  (coverage {answer.coverage:.0%}, entropy {answer.entropy:.1f} bits)"
    return text if answer.attempt == 1 else f"{text}  (asked {answer.attempt} times)"
