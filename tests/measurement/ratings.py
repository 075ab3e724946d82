"""Rating questionnaires for tests."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sandbox.library.catalogue import Library
from sandbox.library.questionnaire import (
    Anchor,
    MissingRule,
    Option,
    Range,
    RatingItem,
    RatingQuestionnaire,
    Scale,
)
from sandbox.library.workspace import Workspace, shipped_content
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


def labelled(labels: Sequence[str], values: Sequence[float] | None = None) -> RatingQuestionnaire:
    """Four items on options with these labels, valued 0, 1, 2 … unless `values` are given."""
    given = values or [float(n) for n in range(len(labels))]
    options = tuple(Option(value=v, label=label) for v, label in zip(given, labels, strict=True))
    items = ("tense", "low", "tired", "rested")
    low, high = min(given), max(given)
    scale = Scale(id="distress", items=items, method="mean", range=(low, high))
    return optioned(options=options, scales=(scale,))


def shipped_ratings() -> tuple[RatingQuestionnaire, ...]:
    """Every rating questionnaire that ships with the app."""
    library = Library(Workspace(shipped_content(), Path("sessions")))
    every = (library.questionnaire(id) for id in library.ids("questionnaire"))
    return tuple(one for one in every if isinstance(one, RatingQuestionnaire))


ODD = {
    "a 0-10 scale": labelled([str(n) for n in range(11)]),
    "a 1-5 scale": labelled([str(n) for n in range(1, 6)], [1.0, 2.0, 3.0, 4.0, 5.0]),
    "numbers at the ends": labelled(["0, never", "1", "2", "3 = always"]),
    "numbers of others": labelled(["3", "2", "1", "0"]),
    "noughts": labelled(["0", "00", "000"]),
    "signs": labelled(["-1", "0", "+1"], [-1.0, 0.0, 1.0]),
    "halves": labelled(["0", "0.5", "1"], [0.0, 0.5, 1.0]),
    "Arabic digits": labelled(["٠", "١", "٢"]),
    "full-width digits": labelled(["１", "２", "３"]),
    "alike but for a mark": labelled(["Yes", "Yes.", "“Yes”"]),
    "letters of others": labelled(["c", "b", "a"]),
    "a colon": labelled(["answer: no", "rating: yes", "tense: both"]),
    "brackets": labelled(["often (daily)", "rarely (weekly)", "(never)"]),
    "thirty": labelled([f"option {n}" for n in range(30)]),
}
"""Options that are easily taken for one another, or for numbers."""
