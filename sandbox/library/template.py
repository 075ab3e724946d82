"""The small language of a technique's texts and conditions: what it allows, and what it says in a session.

Texts hold `{{ … }}` and `{% if … %}`; conditions are one comparison or several. Names: `score('scale')`,
`last_reply`, `turn`; filter: `excerpt`. Everything is checked before it runs (template_check), and whatever
passes the check runs to its end: no loops, no attributes, no calls but score.

A score that is missing makes every comparison it stands in false (also `!=`), and reads “unknown” in a text.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

from sandbox.library.document import InvalidTemplate
from sandbox.text import excerpt

if TYPE_CHECKING:
    from jinja2 import Template
    from jinja2.environment import TemplateExpression
    from jinja2.sandbox import ImmutableSandboxedEnvironment

T = TypeVar("T")

MAX_OUTPUT = 20_000
"""Characters a text may come to, quotations of the client included."""


@dataclass(frozen=True, slots=True)
class StepContext:
    """What a step can refer to.

    `last_reply` is the client's latest reply ("" before the first). `turn` is the number, from 1, of the
    technique turn that comes next. `score(scale)` is the latest score of that scale in its own units, None
    when missing.
    """

    last_reply: str
    turn: int
    score: Callable[[str], float | None]


class MissingScore:
    """A score that is not there: every comparison with it is false, every sum with it is missing."""

    def _false(self, _: object) -> bool:
        return False

    def _missing(self, _: object = None) -> "MissingScore":
        return self

    def __bool__(self) -> bool:
        return False

    def __str__(self) -> str:
        return "unknown"

    __lt__ = __le__ = __gt__ = __ge__ = _false
    __eq__ = __ne__ = _false
    __add__ = __radd__ = __sub__ = __rsub__ = _missing
    __neg__ = __pos__ = _missing
    __hash__ = object.__hash__


def render(text: str, context: StepContext) -> str:
    """`text` with its expressions filled in, stripped of space at both ends; at most MAX_OUTPUT characters.

    It may come out empty when everything stands in an `{% if %}` that does not hold.
    Raises InvalidTemplate when the template is not allowed or says too much.
    """
    if not _has_markup(text):
        return text.strip()
    pieces: list[str] = []
    length = 0
    for piece in _usable(_template, text).generate(_names(context)):
        pieces.append(piece)
        length += len(piece)
        if length > MAX_OUTPUT:
            raise InvalidTemplate(
                f"the text comes to more than {MAX_OUTPUT:,} characters",
                where=excerpt(text, 60),
                todo="quote a part of the reply: {{ last_reply | excerpt(80) }}",
            )
    return "".join(pieces).strip()


def holds(expression: str, context: StepContext) -> bool:
    """Whether a condition (`when`, `until`) is true now. Raises InvalidTemplate when it is not allowed."""
    return bool(_usable(_expression, expression)(_names(context)))


@lru_cache(maxsize=2048)  # the arms of a comparison say the same texts
def scales_in_text(text: str) -> tuple[str, ...]:
    """The ids of the scales whose scores a text uses. Raises InvalidTemplate for no template of ours."""
    if not _has_markup(text):
        return ()
    from sandbox.library.template_check import check_text

    return check_text(text, environment())


@lru_cache(maxsize=2048)
def scales_in_expression(expression: str) -> tuple[str, ...]:
    """The ids of the scales whose scores a condition uses. Raises InvalidTemplate for none of ours."""
    from sandbox.library.template_check import check_condition

    return check_condition(expression, environment())


@cache
def environment() -> "ImmutableSandboxedEnvironment":
    """Jinja's sandbox with nothing in it but our filter. The first call imports Jinja."""
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    ours = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, finalize=_as_said, trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
    ours.globals.clear()
    ours.tests.clear()
    ours.filters.clear()
    ours.filters["excerpt"] = excerpt
    return ours


def _has_markup(text: str) -> bool:
    return any(mark in text for mark in ("{{", "{%", "{#"))


def _usable(make: Callable[[str], T], source: str) -> T:
    try:
        return make(source)
    except InvalidTemplate as error:
        raise InvalidTemplate(error.what, error.todo, error.line, where=excerpt(source, 60)) from None


@lru_cache(maxsize=256)
def _template(text: str) -> "Template":
    scales_in_text(text)
    return environment().from_string(text)


@lru_cache(maxsize=256)
def _expression(expression: str) -> "TemplateExpression":
    scales_in_expression(expression)
    return environment().compile_expression(expression.strip(), undefined_to_none=False)


def _names(context: StepContext) -> Mapping[str, Any]:
    def score(scale: str) -> float | MissingScore:
        value = context.score(scale)
        return MissingScore() if value is None else value

    return {"last_reply": context.last_reply, "turn": context.turn, "score": score}


def _as_said(value: Any) -> Any:
    return f"{round(value, 1):g}" if isinstance(value, float) else value
