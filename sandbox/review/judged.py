"""What reviewers say, set beside one another: agreement item by item, preferences counted, where they part.

Marks given with two texts of a form are never put together: each version is a `Judged` of its own.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import combinations
from statistics import fmean

from sandbox.analysis.agreement import (
    Interval,
    Metric,
    icc,
    kappa_interval,
    krippendorff_alpha,
    krippendorff_interval,
    weighted_kappa,
)
from sandbox.analysis.alternative_annotator import AlternativeAnnotator, alternative_annotator
from sandbox.engine.history import turn_labels
from sandbox.engine.plan import arm_title
from sandbox.errors import NotFoundError
from sandbox.library.document import document_hash
from sandbox.library.form import Form, FormItem
from sandbox.measurement.estimate import Estimate, rate_estimate
from sandbox.store.mark import Entry, Marked, MarkRecord, Note, Preference, Rating, is_model, sessions_of
from sandbox.store.store import Store

METRICS: tuple[Metric, ...] = ("nominal", "ordinal", "interval")

Answers = Mapping[str, Mapping[str, float | None]]
"""By session, by reviewer, the value; None where the transcript does not show it."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure of agreement with its 95 % interval; None where there is too little for one."""

    value: float
    interval: Interval | None


@dataclass(frozen=True, slots=True)
class ItemAgreement:
    """How reviewers agree on an item, or on a scale of the form (then `kappa` is None).

    `both`: transcripts that two or more answered; `alike`: the share of pairs of reviewers, over them, that
    gave the same answer. `icc_a` and `icc_c`: ICC(A,1) and ICC(C,1), of the `complete` transcripts that all
    answered.
    """

    id: str
    both: int
    alike: float | None
    kappa: Figure | None
    icc_a: Figure | None
    icc_c: Figure | None
    alpha: Mapping[Metric, Figure | None]
    complete: int


@dataclass(frozen=True, slots=True)
class Disagreement:
    """Where reviewers part: what each says of it. `turn` is the session's, if one is known; `label` its name;
    `by_note`: they part on the whole transcript, and one of them left a note at that turn. `apart`: how far,
    as a share of the most that the form allows. `codes`: what packets called the transcript."""

    session: str
    codes: tuple[str, ...]
    turn: int | None
    label: str
    what: str
    said: tuple[tuple[str, str], ...]
    apart: float
    by_note: bool = False


@dataclass(frozen=True, slots=True)
class PreferenceCount:
    """How often one arm was chosen over another. `rate`: the share of `one` among the choices between the
    two, each pair of transcripts counting once; pairs on which nobody chose are in none of it."""

    one: str
    other: str
    chose_one: int
    chose_other: int
    no_difference: int
    pairs: int
    rate: Estimate | None


@dataclass(frozen=True, slots=True)
class ModelRater:
    """What a model rated with the same text of the form, and how it did beside the people who did.

    `test` None: there are not two people who rated what it rated.
    """

    reviewer: str
    sessions: int
    ratings: int
    test: AlternativeAnnotator | None

    @property
    def passed(self) -> bool:
        """Whether it may be read as one reviewer more."""
        return self.test is not None and self.test.passes


@dataclass(frozen=True, slots=True)
class Judged:
    """All that people said with one text of a form: `reviewers` rated, `choosers` gave preferences; `blind`
    of the `ratings` were given blind. What models said stands apart, in `models`. `no_answers`: how many
    ratings, of anybody, are in none of it, as the form has no such item or answer."""

    form: Form
    hash: str
    reviewers: tuple[str, ...]
    choosers: tuple[str, ...]
    sessions: int
    ratings: int
    blind: int
    items: tuple[ItemAgreement, ...]
    preferences: tuple[PreferenceCount, ...]
    disagreements: tuple[Disagreement, ...]
    models: tuple[ModelRater, ...]
    no_answers: int


def judged(
    store: Store, form: str | None = None, names: Mapping[str, str] | None = None
) -> tuple[Judged, ...]:
    """Each text of each form that marks were given with, the one used last first; `form`: only those of that
    id. `names` stand in for the reviewers' own."""
    record = MarkRecord(store)
    marked = record.marked()
    used: dict[str, datetime] = {}
    for form_hash, at in (
        *((entry.mark.form, entry.at) for entry in marked.ratings),
        *((entry.mark.form, entry.at) for entry in marked.preferences),
    ):
        used[form_hash] = max(at, used.get(form_hash, at))
    documents = record.documents(used)
    found = []
    for hash in sorted(used, key=lambda one: used[one], reverse=True):
        document = documents[hash]
        if isinstance(document, Form) and form in (None, document.id):
            found.append(_judged(store, document, marked, names or {}))
    return tuple(found)


def aliases(store: Store) -> dict[str, str]:
    """By name, `reviewer 1`, … in the order in which they first said something, be it taken back since."""
    names = (one for one in MarkRecord(store).reviewers() if not is_model(one))
    return {name: f"reviewer {n}" for n, name in enumerate(names, 1)}


def tag_disagreements(store: Store, names: Mapping[str, str]) -> tuple[Disagreement, ...]:
    """Turns that one reviewer tagged and another, who tagged something of that session, did not."""
    record = MarkRecord(store)
    codes = record.codes()
    notes = [entry for entry in record.marked().notes if entry.mark.tags]
    by_session: dict[str, list[Entry[Note]]] = defaultdict(list)
    for entry in notes:
        by_session[entry.mark.session].append(entry)
    labels = _labels(store, by_session)
    found = []
    for session, entries in by_session.items():
        reviewers = sorted({entry.by.reviewer for entry in entries})
        if len(reviewers) < 2:
            continue
        given: dict[tuple[int, str], set[str]] = defaultdict(set)
        for entry in entries:
            for tag in entry.mark.tags:
                given[entry.mark.turn, tag].add(entry.by.reviewer)
        for (turn, tag), by in sorted(given.items()):
            if len(by) < len(reviewers):
                said = tuple((names.get(one, one), "yes" if one in by else "no") for one in reviewers)
                label = labels[session].get(turn, str(turn))
                codes_there = codes.get(session, ())
                found.append(Disagreement(session, codes_there, turn, label, f"tag {tag}", said, 1.0))
    return tuple(found)


def _judged(store: Store, form: Form, marked: Marked, names: Mapping[str, str]) -> Judged:
    hash = document_hash(form)
    told = [entry for entry in marked.ratings if entry.mark.form == hash]
    allowed = {item.id: {None, *(level.value for level in form.levels_of(item))} for item in form.items}
    given = [entry for entry in told if entry.mark.value in allowed.get(entry.mark.item, ())]
    ratings = [entry for entry in given if not is_model(entry.by.reviewer)]
    answers: dict[str, dict[str, dict[str, float | None]]] = {
        item.id: defaultdict(dict) for item in form.items
    }
    for entry in ratings:
        answers[entry.mark.item][entry.mark.session][entry.by.reviewer] = entry.mark.value
    preferences = [entry for entry in marked.preferences if entry.mark.form == hash]
    rated, chose = ({entry.by.reviewer for entry in of} for of in (ratings, preferences))
    return Judged(
        form,
        hash,
        tuple(sorted(names.get(one, one) for one in rated)),
        tuple(sorted(names.get(one, one) for one in chose)),
        len({entry.mark.session for entry in ratings}),
        len(ratings),
        sum(entry.by.blind for entry in ratings),
        tuple(_agreements(form, answers)),
        tuple(_counted(store, preferences)),
        tuple(_parted(store, form, answers, marked, names)),
        tuple(_models(given)),
        len(told) - len(given),
    )


def _models(ratings: Sequence[Entry[Rating]]) -> Iterator[ModelRater]:
    """Each model among those who gave the ratings, held against the people."""
    by: dict[str, dict[str, float]] = defaultdict(dict)
    told: dict[str, list[str]] = defaultdict(list)
    for entry in ratings:
        told[entry.by.reviewer].append(entry.mark.session)
        if entry.mark.value is not None:
            by[entry.by.reviewer][f"{entry.mark.session} {entry.mark.item}"] = entry.mark.value
    people = {reviewer: values for reviewer, values in by.items() if not is_model(reviewer)}
    for model in sorted(filter(is_model, told)):
        test = alternative_annotator(people, by[model])
        yield ModelRater(model, len(set(told[model])), len(told[model]), test)


def _agreements(form: Form, answers: Mapping[str, Answers]) -> Iterator[ItemAgreement]:
    for item in form.items:
        levels = [float(level.value) for level in form.levels_of(item)]
        yield _agreement(item.id, answers[item.id], levels)
    for scale in form.scales:
        yield _agreement(scale.id, _means([answers[id] for id in scale.items]), None)


def _means(items: Sequence[Answers]) -> Answers:
    """The mean over the items, where a reviewer answered all of them for a session."""
    found: dict[str, dict[str, float | None]] = defaultdict(dict)
    for session in items[0]:
        for reviewer in items[0][session]:
            values = [one.get(session, {}).get(reviewer) for one in items]
            if all(value is not None for value in values):
                found[session][reviewer] = fmean(value for value in values if value is not None)
    return found


def _agreement(id: str, answers: Answers, levels: Sequence[float] | None) -> ItemAgreement:
    reviewers = sorted({one for by in answers.values() for one in by})
    table = [[by.get(one) for one in reviewers] for by in answers.values()]
    shared = [row for row in table if sum(one is not None for one in row) > 1]
    pairs = [
        one == other
        for row in shared
        for one, other in combinations([one for one in row if one is not None], 2)
    ]
    complete = [[one for one in row if one is not None] for row in table if None not in row]
    found = icc(complete) if complete else None
    return ItemAgreement(
        id,
        len(shared),
        fmean(pairs) if pairs else None,
        _figure(weighted_kappa(shared, levels), kappa_interval(shared, levels)) if levels else None,
        Figure(found.agreement, found.agreement_interval) if found else None,
        Figure(found.consistency, found.consistency_interval) if found else None,
        {
            metric: _figure(krippendorff_alpha(shared, metric), krippendorff_interval(shared, metric))
            for metric in METRICS
        },
        len(complete),
    )


def _figure(value: float | None, interval: Interval | None) -> Figure | None:
    return None if value is None else Figure(value, interval)


def _counted(store: Store, preferences: Sequence[Entry[Preference]]) -> Iterator[PreferenceCount]:
    """By the two arms' titles, in alphabetical order; whichever of the two was shown as A does not matter."""
    counted: dict[tuple[str, str], dict[frozenset[str], list[int]]] = defaultdict(lambda: defaultdict(list))
    titles = _titles(store, {session for entry in preferences for session in sessions_of(entry.mark)})
    for entry in preferences:
        a, b, choice = entry.mark.a, entry.mark.b, entry.mark.choice
        if a in titles and b in titles:
            said = {"no difference": 0, "a": 1, "b": -1}[choice]
            one, other = sorted((titles[a], titles[b]))
            counted[one, other][frozenset((a, b))].append(said if titles[a] == one else -said)
    for (one, other), pairs in sorted(counted.items()):
        said_of = [said for pair in pairs.values() for said in pair]
        chose = [[said for said in pair if said] for pair in pairs.values()]
        shares = [fmean(said > 0 for said in pair) for pair in chose if pair]
        yield PreferenceCount(
            one,
            other,
            said_of.count(1),
            said_of.count(-1),
            said_of.count(0),
            len(pairs),
            rate_estimate(sum(shares), len(shares)),
        )


def _titles(store: Store, sessions: Collection[str]) -> dict[str, str]:
    """By session, its arm's title; of those that are in this record."""
    try:
        return {id: arm_title(head.plan) for id, head in store.heads(sessions).items()}
    except NotFoundError:
        if len(sessions) == 1:
            return {}
    return {id: title for one in sessions for id, title in _titles(store, [one]).items()}


def _parted(
    store: Store,
    form: Form,
    answers: Mapping[str, Answers],
    marked: Marked,
    names: Mapping[str, str],
) -> Iterator[Disagreement]:
    """Each transcript and item on which reviewers differ, the widest apart first. The turn is the first on
    which one of those who differ left a note."""
    noted: dict[tuple[str, str], int] = {}
    for entry in sorted(marked.notes, key=lambda one: one.mark.turn, reverse=True):
        noted[entry.mark.session, entry.by.reviewer] = entry.mark.turn
    sessions = {session for by_session in answers.values() for session in by_session}
    labels, codes = _labels(store, sessions), MarkRecord(store).codes()
    found = []
    for item in form.items:
        words = _words(form, item)
        span = max(words) - min(words)
        for session, by in answers[item.id].items():
            known = {one: value for one, value in by.items() if value is not None}
            if len(set(known.values())) < 2:
                continue
            turns = [noted[session, one] for one in known if (session, one) in noted]
            turn = min(turns, default=None)
            found.append(
                Disagreement(
                    session,
                    codes.get(session, ()),
                    turn,
                    labels[session].get(turn, "") if turn else "",
                    item.id,
                    tuple((names.get(one, one), words[int(known[one])]) for one in sorted(known)),
                    (max(known.values()) - min(known.values())) / span,
                    by_note=turn is not None,
                )
            )
    yield from sorted(found, key=lambda one: -one.apart)


def _words(form: Form, item: FormItem) -> dict[int, str]:
    """By value, the answer as it is shown: `4 warm most of the time`."""
    return {level.value: f"{level.value} {level.label}" for level in form.levels_of(item)}


def _labels(store: Store, sessions: Collection[str]) -> dict[str, dict[int, str]]:
    """By session, by turn, what the turn is called."""
    return {session: turn_labels(told.turns) for session, told in store.histories(set(sessions)).items()}
