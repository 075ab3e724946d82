"""Rating questionnaires for tests."""

from typing import Any

from sandbox.library.questionnaire import (
    Anchor,
    MissingRule,
    Option,
    Range,
    RatingItem,
    RatingQuestionnaire,
    Scale,
)
from tests.documents import HEAD

OFTEN = (
    Option(value=0, label="not at all"),
    Option(value=1, label="several days"),
    Option(value=2, label="more than half the days"),
    Option(value=3, label="nearly every day"),
)


def optioned(**fields: Any) -> RatingQuestionnaire:
    """Four items on options 0–3, the last reversed; a sum that forgives one item, and a doubled one."""
    defaults: dict[str, Any] = {
        "id": "four",
        "title": "Four",
        "kind": "rating",
        "timeframe": "past week",
        "preamble": "How often were you bothered by this?",
        "options": OFTEN,
        "items": (
            RatingItem(id="tense", text="Being tense"),
            RatingItem(id="low", text="Being low"),
            RatingItem(id="tired", text="Being tired"),
            RatingItem(id="rested", text="Being rested", reverse=True),
        ),
        "scales": (
            Scale(
                id="distress",
                items=("tense", "low", "tired", "rested"),
                method="sum",
                range=(0, 12),
                missing=MissingRule(at_most=1, rule="prorate"),
            ),
            Scale(id="mood", items=("low", "tense"), method="sum", multiply=2, range=(0, 12)),
        ),
    }
    return RatingQuestionnaire(**{**defaults, **fields}, **HEAD)


def ranged(**fields: Any) -> RatingQuestionnaire:
    """Two items from 0 to 100."""
    defaults: dict[str, Any] = {
        "id": "two",
        "title": "Two",
        "kind": "rating",
        "timeframe": "right now",
        "range": Range(min=0, max=100, anchors=(Anchor(value=0, label="none"),)),
        "items": (RatingItem(id="fear", text="Fear"), RatingItem(id="calm", text="Calm", reverse=True)),
        "scales": (Scale(id="distress", items=("fear", "calm"), method="mean", range=(0, 100)),),
    }
    return RatingQuestionnaire(**{**defaults, **fields}, **HEAD)
