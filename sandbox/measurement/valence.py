"""How positive or negative a text is, by VADER's word list and rules. Sees the text alone; calls nothing."""

from functools import lru_cache
from typing import Any


@lru_cache(maxsize=1)
def _analyser() -> Any:
    # Reading the word list takes a tenth of a second: only who scores a text pays for it.
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    return SentimentIntensityAnalyzer()


@lru_cache(maxsize=4096)
def compound(text: str) -> float:
    """VADER's compound score (Hutto & Gilbert 2014), −1 (most negative) to 1; 0 where it knows no word.

    English only. A function of the text and nothing else, so it is blind to the arm.
    """
    return float(_analyser().polarity_scores(text)["compound"])


def negativity(text: str) -> float:
    """50 − 50 · compound: 0 is most positive, 50 neutral (or unknown), 100 most negative."""
    return 50.0 - 50.0 * compound(text)
