"""`sandbox review list | show | agreement`: what was marked, and how far reviewers agree."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import click

from sandbox.errors import UsageError

if TYPE_CHECKING:
    from sandbox.review.judged import Disagreement, Figure, ItemAgreement, Judged, PreferenceCount
    from sandbox.store.mark import Entry
    from sandbox.store.store import Store

_MOST_SHOWN = 10

_without_names = click.option(
    "--without-names", is_flag=True, help="Write “reviewer 1”, “reviewer 2” in place of names."
)


def open_record() -> "AbstractContextManager[Store]":
    """The record at hand. Raises NotFoundError where nothing was run."""
    from sandbox.library.workspace import find_workspace
    from sandbox.store.store import DATABASE, Store

    return Store.open(find_workspace().sessions / DATABASE, create=False)


@click.command("list", short_help="List sessions, with who marked them.")
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many at most."
)
@click.option("--unmarked", is_flag=True, help="Only those that nobody has marked.")
@click.option("--blind", is_flag=True, help="Leave out techniques and models.")
@_without_names
def list_reviewed(limit: int, unmarked: bool, blind: bool, without_names: bool) -> None:
    """List the arms that can be judged, the newest first, with the reviewers who marked them."""
    from sandbox.export.table import terminal_table
    from sandbox.review.judged import aliases
    from sandbox.store.listing import SessionFilter
    from sandbox.store.mark import MarkRecord, sessions_of
    from sandbox.text import excerpt

    with open_record() as store:
        names = aliases(store) if without_names else {}
        found = [one for one in store.find(SessionFilter(), 1000) if one.summary.state == "finished"]
        marked = MarkRecord(store).marked([one.summary.id for one in found])
        by: dict[str, set[str]] = {}
        for entry in marked.all():
            for session in sessions_of(entry.mark):
                by.setdefault(session, set()).add(entry.by.reviewer)
    shown = [one for one in found if not unmarked or one.summary.id not in by][:limit]
    if not shown:
        click.echo("No finished session is to be judged here.", err=True)
        return
    rows = [
        (
            one.summary.id,
            f"{one.summary.created:%Y-%m-%d}",
            excerpt(one.summary.scenario, 30),
            *(() if blind else (excerpt(one.name, 30),)),
            ", ".join(sorted(names.get(who, who) for who in by.get(one.summary.id, ()))) or "–",
        )
        for one in shown
    ]
    head = ("session", "date", "scenario", *(() if blind else ("arm",)), "reviewers")
    click.echo(terminal_table(head, rows))


@click.command("show", short_help="Show every mark on a session.")
@click.argument("session", metavar="SESSION")
@click.option("--all", "everything", is_flag=True, help="Also what was changed or taken back since.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@_without_names
def show(session: str, everything: bool, as_json: bool, without_names: bool) -> None:
    """Show what reviewers said of SESSION, a reviewer after another."""
    from sandbox.review.giving import arm_named
    from sandbox.review.judged import aliases
    from sandbox.store.mark import MarkRecord

    with open_record() as store:
        id = arm_named(store, session)
        record, names = MarkRecord(store), aliases(store) if without_names else {}
        entries = record.history(id) if everything else tuple(record.marked([id]).all())
        if as_json:
            click.echo(json.dumps([_as_data(entry, names) for entry in entries], indent=2))
        elif entries:
            click.echo("\n".join(_marks(store, id, entries, names)))
    if not entries:
        click.echo("Nobody has marked this session.", err=True)


def _marks(
    store: "Store", session: str, entries: "Sequence[Entry[Any]]", names: Mapping[str, str]
) -> Iterator[str]:
    from sandbox.engine.history import turn_labels
    from sandbox.review.wording import in_words
    from sandbox.store.mark import MarkRecord, Note, Preference, Rating
    from sandbox.text import printable

    labels = turn_labels(store.history(session).turns)
    forms = {one.mark.form for one in entries if isinstance(one.mark, Rating | Preference)}
    documents = MarkRecord(store).documents(forms)
    for who in sorted({entry.by.reviewer for entry in entries}):
        yield printable(names.get(who, who))
        mine = sorted(
            (one for one in entries if one.by.reviewer == who),
            key=lambda one: (one.mark.turn if isinstance(one.mark, Note) else 0, one.at),
        )
        for entry in mine:
            said = in_words(entry.mark, labels, documents)
            why = (
                f" ({entry.by.reason})" if entry.by.reason and not isinstance(entry.mark, Preference) else ""
            )
            blind = "" if entry.by.blind else "  not blind"
            back = "" if entry.given else "  taken back"
            yield printable(f"  {entry.at:%Y-%m-%d}  {said}{why}{back}{blind}")


def _as_data(entry: "Entry[Any]", names: Mapping[str, str]) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "mark": type(entry.mark).__name__.lower(),
        **asdict(entry.mark),
        "given": entry.given,
        "at": entry.at.isoformat(),
        "reviewer": names.get(entry.by.reviewer, entry.by.reviewer),
        "blind": entry.by.blind,
        "packet": entry.by.packet,
        "reason": entry.by.reason,
    }


@click.command("agreement", short_help="See how far reviewers agree, and where they part.")
@click.option("--form", metavar="ID", help="Only this form.  [default: every form that was used]")
@_without_names
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON, with every interval.")
@click.option("--csv", "as_csv", is_flag=True, help="Print a row an item and measure, for a spreadsheet.")
def agreement(form: str | None, without_names: bool, as_json: bool, as_csv: bool) -> None:
    """Say how far reviewers agree, item by item, what they prefer, and where they part most.

    Each text of a form stands alone: scores of two versions are never put together. Under six transcripts
    there is no interval of kappa and alpha.
    """
    from sandbox.review.judged import aliases, judged, tag_disagreements
    from sandbox.text import printable

    if as_json and as_csv:
        raise UsageError("--json and --csv cannot both be printed.", todo="Choose one of them.")
    with open_record() as store:
        names = aliases(store) if without_names else {}
        found = judged(store, form, names)
        tagged = tag_disagreements(store, names)
    if as_json:
        parted = [_parted_data(one) for one in tagged]
        click.echo(json.dumps({"forms": [_data(one) for one in found], "tags": parted}, indent=2))
    elif as_csv:
        from sandbox.export.table import csv_text

        click.echo(csv_text(_COLUMNS, (row for one in found for row in _rows(one))), nl=False)
    else:
        click.echo(printable("\n\n".join("\n".join(_told(one)) for one in found)))
        if tagged:
            click.echo("\nTags that one gave and another did not\n" + printable("\n".join(_parted(tagged))))
    if not found:
        click.echo("Nobody has filled in a form here.", err=True)


def _told(one: "Judged") -> Iterator[str]:
    from sandbox.export.model_rater import model_lines
    from sandbox.export.table import terminal_table

    people = ", ".join(one.reviewers) or "nobody"
    yield f"{one.form.title} ({one.form.id} {one.form.version}, {one.hash[:8]})"
    counts = f"{_count(one.sessions, 'transcript')}, {_count(one.ratings, 'rating')}"
    yield f"{counts}, {one.blind} of them given blind; by {people}"
    if any(item.both for item in one.items):
        yield ""
        yield terminal_table(_HEAD, [row for item in one.items for row in _lines(item)])
        yield "both: transcripts that two or more answered; alike: pairs of reviewers with the same answer."
        yield "Under a number stands its 95 % interval."
    for count in one.preferences:
        yield ""
        yield from _preferred(one.form.preference or "", count)
    if one.models:
        yield ""
        yield from model_lines(one)
    if one.disagreements:
        yield ""
        yield "Where they part most"
        yield from _parted(one.disagreements)


_HEAD = ("", "both", "alike", "kappa", "ICC(A,1)", "ICC(C,1)", "α ordinal", "α interval")


def _lines(item: "ItemAgreement") -> Iterator[tuple[str, ...]]:
    from sandbox.analysis.numeral import MISSING

    alike = MISSING if item.alike is None else f"{item.alike:.0%}"
    figures = (item.kappa, item.icc_a, item.icc_c, item.alpha["ordinal"], item.alpha["interval"])
    yield (item.id, str(item.both), alike, *(_number(one) for one in figures))
    if any(one and one.interval for one in figures):
        yield ("", "", "", *(_interval(one) for one in figures))


def _number(figure: "Figure | None") -> str:
    from sandbox.analysis.numeral import numeral

    return numeral(figure.value if figure else None, decimals=2)


def _interval(figure: "Figure | None") -> str:
    from sandbox.analysis.numeral import numeral

    if figure is None or figure.interval is None:
        return ""
    return " ".join(numeral(bound, decimals=2) for bound in figure.interval)


def _preferred(question: str, count: "PreferenceCount") -> Iterator[str]:
    yield question
    chose = ((count.one, count.chose_one), (count.other, count.chose_other))
    counts = (*chose, ("no difference", count.no_difference))
    yield "  " + "   ".join(f"{what}: {number}" for what, number in counts)
    pairs = f"{_count(count.pairs, 'pair')} of transcripts"
    if (rate := count.rate) is not None and rate.low is not None and rate.high is not None:
        yield (
            f"  {count.one} in {rate.value:.0%} ({rate.low:.0%} to {rate.high:.0%}) of {rate.n} of {pairs} on"
            " which somebody chose; each pair counts once"
        )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _parted(found: "Sequence[Disagreement]") -> Iterator[str]:
    for one in found[:_MOST_SHOWN]:
        where = f"{one.session} {one.label}".strip()
        yield f"  {where}  {one.what}: " + "; ".join(f"{who} {answer}" for who, answer in one.said)
    if len(found) > _MOST_SHOWN:
        yield f"  … and {len(found) - _MOST_SHOWN} more: --json has all"


def _data(one: "Judged") -> dict[str, Any]:
    from sandbox.export.model_rater import model_data

    return {
        "form": one.form.id,
        "version": one.form.version,
        "hash": one.hash,
        "reviewers": list(one.reviewers),
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
        "models": [model_data(each) for each in one.models],
    }


def _parted_data(one: "Disagreement") -> dict[str, Any]:
    return {
        "session": one.session,
        "turn": one.turn,
        "label": one.label,
        "what": one.what,
        "said": dict(one.said),
    }


_COLUMNS = ("form", "version", "hash", "item", "both", "alike", "measure", "value", "low", "high")


def _rows(one: "Judged") -> Iterator[dict[str, object]]:
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
                "alike": item.alike,
                "measure": measure,
                "value": figure.value if figure else None,
                "low": low,
                "high": high,
            }
