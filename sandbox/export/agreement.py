"""Agreement of reviewers as it is told: in lines for a terminal or a screen, as JSON and as CSV."""

from collections.abc import Iterator, Sequence
from typing import Any

from sandbox.analysis.agreement import LEAST_FOR_INTERVAL
from sandbox.analysis.alternative_annotator import ENOUGH
from sandbox.analysis.numeral import numeral, percent
from sandbox.export.table import csv_text, terminal_table
from sandbox.review.judged import Disagreement, Figure, ItemAgreement, Judged, ModelRater, PreferenceCount
from sandbox.text import number_of

_MOST_SHOWN = 10


def agreement_lines(one: Judged) -> Iterator[str]:
    """Who judged what with one text of a form, how far they agree item by item, and what they prefer."""
    yield f"{one.form.title} ({one.form.id} {one.form.version}, {one.hash[:8]})"
    if one.ratings:
        counts = f"{number_of(one.sessions, 'transcript')}, {number_of(one.ratings, 'rating')}"
        yield f"{counts}, {one.blind} of them given blind; by {', '.join(one.reviewers)}"
    else:
        yield "Nobody has rated with it."
    if one.no_answers:
        left = number_of(one.no_answers, "rating")
        yield f"Left out: {left} that this form has no such item or answer for."
    if any(item.both for item in one.items):
        yield ""
        yield terminal_table(_HEAD, [row for item in one.items for row in _lines(item)])
        yield "both: transcripts that two or more answered; alike: pairs of reviewers with the same answer."
        yield "Under a number stands its 95 % interval."
        yield from _dashes(one)
        yield from _cautions(one.items)
    elif len(one.reviewers) == 1:
        yield "Only one reviewer so far."
    if one.preferences:
        yield ""
        yield f"{one.form.preference} Answered by {', '.join(one.choosers)}"
        for count in one.preferences:
            yield from _preferred(count)
        yield "Each pair of transcripts counts once, however many reviewers chose."
    if one.models:
        yield ""
        yield from model_lines(one)


def parted_lines(found: Sequence[Disagreement]) -> Iterator[str]:
    """The widest disagreements, a line each, and how many more there are."""
    for one in found[:_MOST_SHOWN]:
        yield f"  {parted_line(one)}"
    if len(found) > _MOST_SHOWN:
        yield f"  … and {len(found) - _MOST_SHOWN} more: --json has all"


def parted_line(one: Disagreement) -> str:
    """`T02 (z9b5mrsb)  warmth: Ada 4 warm; Bea 1 cold (note at t2)`; of a tag, the turn stands first."""
    where = f"{', '.join(one.codes)} ({one.session})" if one.codes else one.session
    where = where if one.by_note else f"{where} {one.label}".strip()
    said = "; ".join(f"{who} {answer}" for who, answer in one.said)
    return f"{where}  {one.what}: {said}{f' (note at {one.label})' if one.by_note else ''}"


def agreement_data(found: Sequence[Judged], tagged: Sequence[Disagreement]) -> dict[str, Any]:
    """Everything as JSON values, every interval and every disagreement."""
    return {"forms": [_data(one) for one in found], "tags": [_parted_data(one) for one in tagged]}


def agreement_csv(found: Sequence[Judged]) -> str:
    """A row an item and measure."""
    return csv_text(_COLUMNS, (row for one in found for row in _rows(one)))


_HEAD = ("", "both", "alike", "kappa", "ICC(A,1)", "ICC(C,1)", "α ordinal", "α interval")


def _dashes(one: Judged) -> Iterator[str]:
    """Why a number is not there, by reason."""
    scales = {scale.id for scale in one.form.scales}
    why: dict[str, list[str]] = {}
    for item in one.items:
        reasons = []
        if item.both < 2:
            reasons.append("No number (–), as reviewers have fewer than two transcripts in common")
        elif item.alpha["nominal"] is None:
            reasons.append("No number (–), as all answers are alike and agree by chance as well")
        else:
            if item.kappa is None and item.id not in scales:
                reasons.append("No kappa, as no two reviewers answered two transcripts and differ in them")
            if item.icc_a is None:
                few = "fewer than two transcripts have an answer of every reviewer"
                alike = "the answers to transcripts that all reviewers answered are alike"
                reasons.append(f"No ICC, as {few if item.complete < 2 else alike}")
        for reason in reasons:
            why.setdefault(reason, []).append(item.id)
    for reason, ids in why.items():
        yield f"{reason}." if len(ids) == len(one.items) else f"{reason}: {', '.join(ids)}."
    if scales:
        yield "Kappa is of items; a scale has none."


def _cautions(items: Sequence[ItemAgreement]) -> Iterator[str]:
    """On how few transcripts the numbers rest."""
    by_all = [f"{one.id} {one.complete}" for one in items if one.icc_a and one.both != one.complete]
    if by_all:
        yield f"ICC rests on the transcripts that all reviewers answered: {', '.join(by_all)}."
    few = [one.id for one in items if 0 < one.both < LEAST_FOR_INTERVAL]
    if few:
        where = "" if len(few) == sum(one.both > 0 for one in items) else f" ({', '.join(few)})"
        yield f"Under six transcripts{where} these numbers say next to nothing."


def _lines(item: ItemAgreement) -> Iterator[tuple[str, ...]]:
    figures = (item.kappa, item.icc_a, item.icc_c, item.alpha["ordinal"], item.alpha["interval"])
    yield (item.id, str(item.both), percent(item.alike), *(_number(one) for one in figures))
    if any(one and one.interval for one in figures):
        yield ("", "", "", *(_interval(one) for one in figures))


def _number(figure: Figure | None) -> str:
    return numeral(figure.value if figure else None, decimals=2)


def _interval(figure: Figure | None) -> str:
    if figure is None or figure.interval is None:
        return ""
    low, high = (numeral(bound, decimals=2) for bound in figure.interval)
    return f"[{low}, {high}]"


def _preferred(count: PreferenceCount) -> Iterator[str]:
    chose = ((count.one, count.chose_one), (count.other, count.chose_other))
    counts = (*chose, ("no difference", count.no_difference))
    yield "  " + "   ".join(f"{what}: {number}" for what, number in counts)
    if (rate := count.rate) is not None and rate.low is not None and rate.high is not None:
        nobody = f"; on {count.pairs - rate.n} more nobody chose" if count.pairs > rate.n else ""
        yield (
            f"    {count.one} was chosen in {percent(rate.value)},"
            f" 95 % interval {percent(rate.low)} to {percent(rate.high)},"
            f" over {number_of(rate.n, 'pair')} of transcripts{nobody}"
        )


def model_lines(found: Judged) -> Iterator[str]:
    """A line a model: how much it rated, and whether it may be read as one reviewer more."""
    if found.models:
        yield "Models, which are counted in none of this"
    for one in found.models:
        yield f"  {one.reviewer}: {one.ratings} ratings of {one.sessions} transcripts. {_model_verdict(one)}"


def _model_verdict(one: ModelRater) -> str:
    test = one.test
    if test is None:
        return "Not to be read: no two people have rated the same transcripts with this form."
    won = sum(person.won for person in test.people)
    fewest = min(person.instances for person in test.people)
    said = (
        f"Alternative-annotator test (ε 0.2, {fewest} or more answers a person): at least as near to the"
        f" others as a person is in {percent(test.advantage)}; wins over {won} of {len(test.people)} people."
    )
    few = f" With under {ENOUGH} answers a person that is a first look." if fewest < ENOUGH else ""
    verdict = (
        "It passes: read it as one reviewer more." if one.passed else "It does not pass: not to be read."
    )
    return f"{said} {verdict}{few}"


def _data(one: Judged) -> dict[str, Any]:
    return {
        "form": one.form.id,
        "version": one.form.version,
        "hash": one.hash,
        "reviewers": list(one.reviewers),
        "choosers": list(one.choosers),
        "transcripts": one.sessions,
        "ratings": one.ratings,
        "blind": one.blind,
        "items": [dict(row) for row in _rows(one)],
        "preferences": [
            {
                "one": count.one,
                "other": count.other,
                "chose_one": count.chose_one,
                "chose_other": count.chose_other,
                "no_difference": count.no_difference,
                "pairs": count.pairs,
                "share_of_one": count.rate and count.rate.value,
                "low": count.rate and count.rate.low,
                "high": count.rate and count.rate.high,
            }
            for count in one.preferences
        ],
        "disagreements": [_parted_data(each) for each in one.disagreements],
        "models": [_model_data(each) for each in one.models],
    }


def _model_data(one: ModelRater) -> dict[str, Any]:

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


def _parted_data(one: Disagreement) -> dict[str, Any]:
    return {
        "session": one.session,
        "codes": list(one.codes),
        "turn": one.turn,
        "label": one.label,
        "what": one.what,
        "said": dict(one.said),
    }


_COLUMNS = ("form", "version", "hash", "item", "both", "complete", "alike", "measure", "value", "low", "high")


def _rows(one: Judged) -> Iterator[dict[str, object]]:
    """A row an item and measure."""
    for item in one.items:
        figures = {
            "weighted kappa": item.kappa,
            "ICC(A,1)": item.icc_a,
            "ICC(C,1)": item.icc_c,
            **{f"alpha {metric}": figure for metric, figure in item.alpha.items()},
        }
        for measure, figure in figures.items():
            low, high = figure.interval if figure and figure.interval else (None, None)
            yield {
                "form": one.form.id,
                "version": one.form.version,
                "hash": one.hash,
                "item": item.id,
                "both": item.both,
                "complete": item.complete,
                "alike": item.alike,
                "measure": measure,
                "value": figure.value if figure else None,
                "low": low,
                "high": high,
            }
