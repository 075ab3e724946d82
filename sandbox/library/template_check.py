"""Which Jinja templates are allowed: the permitted syntax, with types, so that what passes cannot fail.

Nothing is run here. Imports Jinja; library.template imports this module only when a template is met.
"""

import re
from collections.abc import Callable, Mapping
from typing import Literal, TypeVar

from jinja2 import TemplateSyntaxError, nodes
from jinja2.environment import Environment
from jinja2.parser import Parser

from sandbox.library.document import InvalidTemplate
from sandbox.library.validation_error import nearest
from sandbox.text import excerpt

T = TypeVar("T")
Type = Literal["number", "text", "truth"]

MAX_DEPTH = 30
MAX_NUMBER = 1e9
_NAMES: Mapping[str, Type] = {"last_reply": "text", "turn": "number"}
_KNOWN = (*_NAMES, "score")
_SCORE = "write score('distress'), with the id of one scale in quotes"
_ALLOWED = "allowed: score('scale'), last_reply, turn, excerpt(80), and or not, < <= > >= == != in, + -"
_SLIPS = {
    r"[‘’‚“”„«»]": "put the scale's id in straight quotes: score('distress')",
    r"[≥≤≠]": "write >= for ≥, <= for ≤, != for ≠",
    r"(?<![=<>!])=(?!=)": "write == for “is equal to”",
    r"\bis\b": "compare by a sign: score('distress') > 50",
}
"""What is typed in a condition by habit, or set by a word processor, and how it is written here."""

_CALLED = {"text": "a text", "number": "a number", "truth": "a comparison"}


def check_text(text: str, environment: Environment) -> tuple[str, ...]:
    """The scales used in `text`, if its {{ … }} and {% if … %} are permitted; else raises InvalidTemplate."""
    template = _parsed(lambda: environment.parse(text))
    _block(template.body, 0)
    return _scales(template)


def check_condition(expression: str, environment: Environment) -> tuple[str, ...]:
    """The scales used in `expression`, one permitted condition. Raises InvalidTemplate otherwise."""

    for slip, hint in _SLIPS.items():
        if re.search(slip, re.sub(r"'[^']*'|\"[^\"]*\"", "", expression)):
            raise InvalidTemplate("the condition cannot be read", hint)

    def parse() -> nodes.Expr:
        parser = Parser(environment, expression.strip(), state="variable")
        found = parser.parse_expression()
        if not parser.stream.eos:
            raise InvalidTemplate("there is more after the end of the condition", _ALLOWED)
        return found

    condition = _parsed(parse)
    _truth(condition, 0)
    return _scales(nodes.Output([condition]))


def _scales(checked: nodes.Node) -> tuple[str, ...]:
    return tuple(
        call.args[0].value for call in checked.find_all(nodes.Call) if isinstance(call.args[0], nodes.Const)
    )


def _parsed(parse: Callable[[], T]) -> T:
    try:
        return parse()
    except TemplateSyntaxError as error:
        raise InvalidTemplate(*_syntax(error.message or ""), error.lineno) from None
    except RecursionError:
        raise InvalidTemplate("the expression is nested too deeply", "make it shorter") from None
    except ValueError:  # a number of thousands of digits
        raise InvalidTemplate("a number is too long", "write it in a few digits") from None


def _syntax(message: str) -> tuple[str, str]:
    if "unknown tag" in message:
        return "an unknown {% … %}", "only {% if … %}, {% elif … %}, {% else %} and {% endif %} are allowed"
    if "No filter named" in message or "No test named" in message:
        return "an unknown filter or test", "the one filter is excerpt: {{ last_reply | excerpt(80) }}"
    if "Unexpected end of template" in message:
        return "an {% if %} or {{ that is not closed", "close it with {% endif %} or }}"
    return "the expression cannot be read", _ALLOWED


def _block(body: list[nodes.Node], depth: int) -> None:
    for node in body:
        _deep(node, depth)
        if isinstance(node, nodes.Output):
            for part in node.nodes:
                _said(part, depth)
        elif isinstance(node, nodes.If):
            _truth(node.test, depth + 1)
            for inner in (node.body, node.elif_, node.else_):
                _block(list(inner), depth + 1)
        else:
            hint = "allowed are {{ … }} and {% if … %} … {% endif %}"
            raise InvalidTemplate("this {% … %} is not allowed in a text", hint, node.lineno)


def _said(node: nodes.Expr, depth: int) -> None:
    if isinstance(node, nodes.TemplateData):
        return
    if _type(node, depth + 1) == "truth":
        raise InvalidTemplate(
            "a comparison is not something to say", "use {% if … %} … {% endif %}", node.lineno
        )


def _truth(node: nodes.Node, depth: int) -> None:
    found = _type(node, depth)
    if found != "truth":
        hint = "compare it with something: score('distress') > 30"
        raise InvalidTemplate(f"a condition is needed here, not {_CALLED[found]}", hint, node.lineno)


def _of_type(wanted: Type, node: nodes.Node, depth: int) -> Type:
    found = _type(node, depth)
    if found != wanted:
        hint = "numbers are compared with numbers, texts with texts"
        raise InvalidTemplate(f"{_CALLED[wanted]} is needed here, not {_CALLED[found]}", hint, node.lineno)
    return wanted


def _deep(node: nodes.Node, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise InvalidTemplate("the expression is nested too deeply", "make it shorter", node.lineno)


def _type(node: nodes.Node, depth: int) -> Type:
    """The type of an expression, all of which is allowed. Raises InvalidTemplate otherwise."""
    _deep(node, depth)
    match node:
        case nodes.Const():
            found = _constant(node)
        case nodes.Name():
            found = _name(node)
        case nodes.Call():
            found = _score(node)
        case nodes.Filter():
            found = _excerpt(node, depth + 1)
        case nodes.Compare():
            found = _comparison(node, depth + 1)
        case _:
            found = _operation(node, depth + 1)
    return found


def _operation(node: nodes.Node, depth: int) -> Type:
    match node:
        case nodes.And() | nodes.Or():
            return _all("truth", (node.left, node.right), depth)
        case nodes.Not():
            return _all("truth", (node.node,), depth)
        case nodes.Add() | nodes.Sub():
            return _all("number", (node.left, node.right), depth)
        case nodes.Neg() | nodes.Pos():
            return _all("number", (node.node,), depth)
        case nodes.Concat():
            return _all("text", tuple(node.nodes), depth)
        case nodes.CondExpr(expr2=nodes.Expr() as other):
            _truth(node.test, depth)
            return _of_type(_type(node.expr1, depth), other, depth)
    raise InvalidTemplate("this is not allowed in an expression", _ALLOWED, node.lineno)


def _all(wanted: Type, parts: tuple[nodes.Node, ...], depth: int) -> Type:
    for part in parts:
        _truth(part, depth) if wanted == "truth" else _of_type(wanted, part, depth)
    return wanted


def _constant(node: nodes.Const) -> Type:
    match node.value:
        case bool():
            return "truth"
        case int() | float() if abs(node.value) <= MAX_NUMBER:
            return "number"
        case str():
            return "text"
    raise InvalidTemplate("this value is not allowed in an expression", _ALLOWED, node.lineno)


def _name(node: nodes.Name) -> Type:
    if node.name == "score":
        raise InvalidTemplate("score needs to know which scale", _SCORE, node.lineno)
    if node.name not in _NAMES:
        meant = nearest(node.name, _KNOWN)
        hint = f"did you mean “{meant}”?" if meant else _ALLOWED
        raise InvalidTemplate(f"nothing is called “{excerpt(node.name, 40)}” here", hint, node.lineno)
    return _NAMES[node.name]


def _score(node: nodes.Call) -> Type:
    if not isinstance(node.node, nodes.Name):
        raise InvalidTemplate("only score can be called", _ALLOWED, node.lineno)
    if node.node.name != "score":
        _name(node.node)
        raise InvalidTemplate(f"“{node.node.name}” cannot be called", _ALLOWED, node.lineno)
    match node.args:
        case [nodes.Const(value=str())] if not (node.kwargs or node.dyn_args or node.dyn_kwargs):
            return "number"
    raise InvalidTemplate("score needs to know which scale", _SCORE, node.lineno)


def _excerpt(node: nodes.Filter, depth: int) -> Type:
    if node.name != "excerpt" or node.node is None:
        raise InvalidTemplate(
            f"the filter “{excerpt(node.name, 40)}” is not allowed", "the one filter is excerpt", node.lineno
        )
    _of_type("text", node.node, depth)
    match node.args:
        case []:
            plain = True
        case [nodes.Const(value=int() as length)]:
            plain = not isinstance(length, bool) and 1 <= length <= 1000
        case _:
            plain = False
    if not plain or node.kwargs or node.dyn_args or node.dyn_kwargs:
        raise InvalidTemplate("excerpt needs a length from 1 to 1000", "such as excerpt(80)", node.lineno)
    return "text"


def _comparison(node: nodes.Compare, depth: int) -> Type:
    left = _type(node.expr, depth)
    for operand in node.ops:
        if operand.op in {"in", "notin"}:
            _of_type("text", operand.expr, depth)
            wanted: Type = "text"
        elif operand.op in {"eq", "ne"}:
            wanted = left
        else:
            wanted = "number"
        if left != wanted:
            hint = "numbers are compared with numbers, texts with texts"
            raise InvalidTemplate(f"{_CALLED[wanted]} is needed here, not {_CALLED[left]}", hint, node.lineno)
        left = _of_type(wanted, operand.expr, depth)
    return "truth"
