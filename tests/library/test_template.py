"""Texts and conditions of techniques: what they say, and that nothing else can be made of them."""

from collections.abc import Mapping

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.errors import ExitCode
from sandbox.library.document import InvalidTemplate
from sandbox.library.template import (
    MAX_OUTPUT,
    StepContext,
    holds,
    render,
    scales_in_expression,
    scales_in_text,
)


def context(
    reply: str = "I feel tense and small.", turn: int = 2, scores: Mapping[str, float] | None = None
) -> StepContext:
    known = {"distress": 66.24, "calm": 10.0} if scores is None else scores
    return StepContext(reply, turn, known.get)


class TestRendering:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("  Breathe in.\n", "Breathe in."),
            ("You said “{{ last_reply }}”", "You said “I feel tense and small.”"),
            ("You said “{{ last_reply | excerpt(14) }}”", "You said “I feel tense…”"),
            ("{{ score('distress') }} of 100", "66.2 of 100"),
            ("{{ score('calm') }}, step {{ turn }}", "10, step 2"),
            ("{{ score('nothing') }}", "unknown"),
            ("{{ score('distress') - score('calm') }}", "56.2"),
            ("{{ score('distress') - score('nothing') }}", "unknown"),
            (
                "{% if score('distress') > 30 %}\nSlowly.\n{% else %}\nGood.\n{% endif %}\nNow rest.",
                "Slowly.\nNow rest.",
            ),
            ("{% if turn > 5 %}never{% endif %}", ""),
            ("{{ 'again' if turn > 1 else 'first' }}", "again"),
            ("{{ 'a' ~ 'b' }} {# a note #}", "ab"),
            ("50 % { of } it", "50 % { of } it"),
        ],
    )
    def test_what_is_said(self, text: str, said: str) -> None:
        assert render(text, context()) == said

    @given(st.text())
    def test_a_reply_is_data_and_never_a_template(self, reply: str) -> None:
        assert render("[{{ last_reply }}]", context(reply)) == f"[{reply}]"
        assert render("{{ last_reply }}", context("{{ 7 + 1 }}{% if %}")) == "{{ 7 + 1 }}{% if %}"

    def test_a_text_cannot_grow_without_bound(self) -> None:
        with pytest.raises(InvalidTemplate, match="20,000 characters"):
            render("{{ last_reply }}" * 3, context("x" * (MAX_OUTPUT // 2)))

    @given(st.text(st.characters(exclude_characters="{")))
    def test_plain_text_stays_as_it_is(self, text: str) -> None:
        assert render(text, context()) == text.strip()


class TestConditions:
    @pytest.mark.parametrize(
        ("expression", "true"),
        [
            ("score('distress') > 30", True),
            ("30 < score('distress') < 60", False),
            ("turn == 2 and not score('calm') > 20", True),
            ("turn > 5 or 'tense' in last_reply", True),
            ("last_reply == ''", False),
            ("score('distress') - score('calm') >= 56", True),
            ("-score('calm') == -10", True),
            ("true", True),
        ],
    )
    def test_conditions(self, expression: str, true: bool) -> None:
        assert holds(expression, context()) is true

    @pytest.mark.parametrize("operator", ["<", "<=", ">", ">=", "==", "!="])
    @pytest.mark.parametrize(
        "comparison",
        [
            "score('fear') {} 5",
            "5 {} score('fear')",
            "score('fear') {} score('shame')",
            "score('fear') - 3 {} turn",
        ],
    )
    def test_a_missing_score_makes_every_comparison_false(self, operator: str, comparison: str) -> None:
        assert not holds(comparison.format(operator), context())

    def test_a_missing_score_spoils_only_its_own_comparison(self) -> None:
        assert holds("score('fear') > 5 or turn == 2", context())
        assert holds("not score('fear') > 5", context())


EVIL_EXPRESSIONS = [
    "''.__class__.__mro__",
    "''['__class__']",
    "score.__globals__",
    "score.__self__ == 1",
    "last_reply.upper() == 'A'",
    "last_reply.format(1) == 'A'",
    "last_reply | attr('__class__') == 1",
    "last_reply | map('upper') == 1",
    "cycler.__init__ == 1",
    "self == 1",
    "range(1000000000) == 1",
    "'a' * 1000000000 == 'b'",
    "9 ** 9 ** 9 > 1",
    "1 // 0 == 1",
    "1 % 0 == 1",
    "1 / 0 == 1",
    "[1, 2] == 1",
    "{} == 1",
    "(1, 2) == 1",
    "turn is odd",
    "score('a', 'b') > 1",
    "score(*last_reply) > 1",
    "score(**last_reply) > 1",
    "score(scale='a') > 1",
    "score(last_reply) > 1",
    "score(score('a')) > 1",
    "turn(1) > 1",
    "none == 1",
    "last_reply < 3",
    "last_reply == 3",
    "3 in last_reply",
    "turn > 1 }}{{ 1 == 1",
    "1" * 450 + " > 1",
    "1e400 > 1",
    "(" * 200 + "1" + ")" * 200 + " > 1",
    "not " * 100 + "true",
    "- " * 200 + "1 > 1",
    " + ".join(["1"] * 100) + " > 1",
    "",
    "last_reply | excerpt(99999) == 'a'",
    "last_reply | excerpt(-1) == 'a'",
    "last_reply | excerpt(length=5) == 'a'",
    "'a' if turn > 1",
    "loop.index > 1",
    "caller() == 1",
]
EVIL_TEXTS = [
    "{% for i in range(10**9) %}{{ i }}{% endfor %}",
    "{% set a = 1 %}",
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% call m() %}{% endcall %}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}",
    "{% from 'os' import path %}",
    "{% extends 'a' %}",
    "{% block a %}{% endblock %}",
    "{% filter excerpt %}a{% endfilter %}",
    "{% with a = 1 %}{% endwith %}",
    "{% autoescape true %}{% endautoescape %}",
    "{% do 1 %}",
    "{% if turn %}{% endif %}",
    "{% if turn > 1 %}",
    "{{ lipsum.__globals__ }}",
    "{{ turn > 1 }}",
    "{{ ",
    "{{ }}",
    "{{" * 3000,
    "{% if turn > 1 %}" * 3000,
    "{% if turn > 1 %}" * 100 + "{% endif %}" * 100,
    "{{ " + "(" * 9000,
    "{{ 'a' " + "~ 'a' " * 3 + "~ turn }}",
]


class TestNothingElseRuns:
    @pytest.mark.parametrize("expression", EVIL_EXPRESSIONS, ids=lambda e: e[:40])
    def test_a_condition_is_refused(self, expression: str) -> None:
        with pytest.raises(InvalidTemplate) as caught:
            holds(expression, context())
        assert caught.value.exit_code is ExitCode.INVALID_DOCUMENT
        with pytest.raises(InvalidTemplate):
            render("{{ " + expression + " }}", context())

    @pytest.mark.parametrize("text", EVIL_TEXTS, ids=lambda t: t[:40])
    def test_a_text_is_refused(self, text: str) -> None:
        with pytest.raises(InvalidTemplate):
            render(text, context())

    def test_the_line_of_the_mistake_is_known(self) -> None:
        from sandbox.library.template import scales_in_text

        with pytest.raises(InvalidTemplate) as caught:
            scales_in_text("One.\nTwo.\n{{ three }}")
        assert caught.value.line == 3


def numbers() -> st.SearchStrategy[str]:
    leaves = st.sampled_from(["turn", "score('distress')", "score('gone')", "3", "2.5"])
    return st.recursive(
        leaves, lambda part: st.builds("({} {} {})".format, part, st.sampled_from("+-"), part), max_leaves=5
    )


def conditions() -> st.SearchStrategy[str]:
    order = st.sampled_from(["<", "<=", ">", ">=", "==", "!="])
    texts = st.sampled_from(["last_reply", "'tense'", "last_reply | excerpt(5)", "('a' ~ last_reply)"])
    leaves = st.builds("{} {} {}".format, numbers(), order, numbers()) | st.builds(
        "{} {} {}".format, texts, st.sampled_from(["==", "!=", "in", "not in"]), texts
    )
    return st.recursive(
        leaves,
        lambda part: (
            st.builds("({} {} {})".format, part, st.sampled_from(["and", "or"]), part)
            | st.builds("(not {})".format, part)
        ),
        max_leaves=5,
    )


@settings(max_examples=150)
@given(conditions(), st.text(max_size=20), st.one_of(st.none(), st.floats(allow_nan=False)))
def test_what_passes_the_check_runs_to_its_end(expression: str, reply: str, score: float | None) -> None:
    assert holds(expression, StepContext(reply, 1, lambda _: score)) in {True, False}


@given(st.text("{}%()'\"|.,+-<>=!~ \nabscoreturnl_if0123[]", max_size=40))
def test_no_text_brings_the_renderer_down(text: str) -> None:
    for source in (text, "{{ " + text + " }}"):
        try:
            render(source, context())
        except InvalidTemplate as error:
            assert error.what


def test_the_scales_used_are_known_before_a_session() -> None:
    assert scales_in_expression("score('distress') > 30 and score('calm') < 2") == ("distress", "calm")
    assert scales_in_text("{% if score('fear') > 3 %}{{ score('worry') }}{% endif %}") == ("fear", "worry")
    assert scales_in_text("score('fear')") == ()
