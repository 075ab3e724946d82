"""`sandbox review list | show | agreement`: what was marked, and how far reviewers agree."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from sandbox.cli import options
from sandbox.cli.conducting import open_record

if TYPE_CHECKING:
    from sandbox.review.judged import Disagreement
    from sandbox.store.mark import Entry
    from sandbox.store.store import Store

_without_names = click.option(
    "--without-names", is_flag=True, help="Write “reviewer 1”, “reviewer 2” in place of names."
)


@click.command("list", short_help="List sessions, with who marked them.")
@click.option(
    "--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="How many at most."
)
@click.option("--unmarked", is_flag=True, help="Only those that nobody has marked.")
@click.option("--blind", is_flag=True, help="Leave out the arms' names.")
@_without_names
def list_reviewed(limit: int, unmarked: bool, blind: bool, without_names: bool) -> None:
    """List the arms that can be judged, the newest first, with the reviewers who marked them."""
    from sandbox.export.table import terminal_table
    from sandbox.review.giving import arms_of
    from sandbox.review.judged import aliases
    from sandbox.store.listing import SessionFilter
    from sandbox.store.mark import MarkRecord, sessions_of
    from sandbox.text import excerpt

    with open_record() as store:
        names = aliases(store) if without_names else {}
        found = [one for one in store.find(SessionFilter(), 1000) if one.summary.state == "finished"]
        families = store.families([one.summary.id for one in found if one.summary.technique is None])
        starts = {id for id, family in families.items() if arms_of(family)}
        found = [one for one in found if one.summary.id not in starts]
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
    there = sum(not unmarked or one.summary.id not in by for one in found)
    if there > len(shown):
        click.echo(f"These are the newest {len(shown)} of {there}: --limit {there} lists all.", err=True)


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
    from sandbox.review.giving import in_words
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
    from sandbox.export.agreement import agreement_csv, agreement_data, agreement_lines, parted_lines
    from sandbox.review.judged import aliases, judged, tag_disagreements
    from sandbox.text import printable

    options.refuse_both("--json", as_json, "--csv", as_csv)
    with open_record() as store:
        names = aliases(store) if without_names else {}
        found = judged(store, form, names)
        tagged = tag_disagreements(store, names)
    if as_json:
        click.echo(json.dumps(agreement_data(found, tagged), indent=2))
    elif as_csv:
        click.echo(agreement_csv(found), nl=False)
    elif found:
        lines = [line for one in found for line in (*agreement_lines(one), *_parted(one.disagreements), "")]
        if tagged:
            head = "Tags that one gave and another, who tagged something in that transcript, did not"
            lines += [head, *parted_lines(tagged), ""]
        click.echo(printable("\n".join(lines[:-1])))
    if not found:
        click.echo("Nobody has filled in a form here.", err=True)


def _parted(found: "Sequence[Disagreement]") -> "Iterator[str]":
    from sandbox.export.agreement import parted_lines

    if found:
        yield from ("", "Where they part most", *parted_lines(found))
