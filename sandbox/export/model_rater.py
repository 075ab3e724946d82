"""What models rated, as it is told beside what people did: not to be read until one has passed the test."""

from collections.abc import Iterator
from typing import Any

from sandbox.analysis.alternative_annotator import ENOUGH
from sandbox.review.judged import Judged, ModelRater


def model_lines(found: Judged) -> Iterator[str]:
    """A line a model: how much it rated, and whether it may be read as one reviewer more."""
    if found.models:
        yield "Models, which are counted in none of this"
    for one in found.models:
        yield f"  {one.reviewer}: {one.ratings} ratings of {one.sessions} transcripts. {_verdict(one)}"


def _verdict(one: ModelRater) -> str:
    test = one.test
    if test is None:
        return "Not to be read: no two people have rated the same transcripts with this form."
    won = sum(person.won for person in test.people)
    fewest = min(person.instances for person in test.people)
    said = (
        f"Alternative-annotator test (ε 0.2, {fewest} or more answers a person): at least as near to the"
        f" others as a person is in {test.advantage:.0%}; wins over {won} of {len(test.people)} people."
    )
    few = f" With under {ENOUGH} answers a person that is a first look." if fewest < ENOUGH else ""
    verdict = (
        "It passes: read it as one reviewer more." if one.passed else "It does not pass: not to be read."
    )
    return f"{said} {verdict}{few}"


def model_data(one: ModelRater) -> dict[str, Any]:
    """The same as JSON values."""
    test = one.test
    return {
        "reviewer": one.reviewer,
        "transcripts": one.sessions,
        "ratings": one.ratings,
        "passed": one.passed,
        "winning_rate": test and test.winning_rate,
        "advantage": test and test.advantage,
        "people": [
            {
                "answers": person.instances,
                "advantage": person.advantage,
                "persons": person.persons,
                "p": person.p,
                "won": person.won,
            }
            for person in (test.people if test else ())
        ],
    }
