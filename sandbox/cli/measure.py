"""`sandbox measure`: ask stored sessions another questionnaire, at every point they came to."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from sandbox.cli import options
from sandbox.engine.phase import point_in_short

if TYPE_CHECKING:
    from sandbox.analysis.trajectory import ScaleName
    from sandbox.engine.afterwards import GivenAfterwards
    from sandbox.errors import ExitCode
    from sandbox.measurement.administration import Way
    from sandbox.store.store import Store
    from sandbox.study.afterwards import Asking, ToAsk
    from sandbox.study.conductor import Conductor


@click.command("measure", short_help="Ask stored sessions another questionnaire afterwards.")
@click.argument("names", nargs=-1, required=True, metavar="SESSION|STUDY|TAG...")
@options.measures(
    required=True,
    help="A questionnaire; may be given several times. Written as for `sandbox run`.",
)
@click.option("--by", metavar="NAME", help="The model that is asked.  [default: each session's own]")
@options.local_only
@options.quiet
@click.option("--json", "as_json", is_flag=True, help="Print the comparison as JSON.")
def command(
    names: tuple[str, ...],
    measures: tuple[str, ...],
    by: str | None,
    local_only: bool,
    quiet: bool,
    as_json: bool,
) -> "ExitCode":
    """Ask stored sessions another questionnaire on a side copy, without running them again.

    A shared start stands for all its arms, a name for every session of that study or with that tag. What is
    given is kept apart from what was measured in the run. Given again, the same command asks only what is
    missing.
    """
    from sandbox.cli.conducting import finish, open_conductor
    from sandbox.errors import UsageError

    if as_json and len(measures) > 1:
        raise UsageError("--json prints one comparison.", todo="Give one --measure with it.")
    conductor = open_conductor(local_only=local_only)
    with conductor.store as store:
        sessions = tuple(dict.fromkeys(id for name in names for id in _meant(store, name)))
        code, asked = finish(
            _measure(conductor, sessions, measures, by, quiet=quiet),
            "What was answered is kept: the same command again asks the rest.",
        )
        _report(store, sessions, asked, as_json=as_json)
    return code


def _meant(store: "Store", name: str) -> tuple[str, ...]:
    """The sessions of a study or with a tag of that name, else the session of that id."""
    from sandbox.errors import UsageError
    from sandbox.store.listing import SessionFilter
    from sandbox.store.study import StudyRecord

    studies = StudyRecord(store)
    if (study := studies.newest(name)) is not None:
        states = studies.states(study.root).sessions
        if not (sessions := tuple(id for id, now in states.items() if now.state != "removed")):
            raise UsageError(
                "No session of this study was run yet.",
                where=study.name,
                todo=f"Run it first: sandbox study run {study.name}",
            )
        return sessions
    tagged = store.find(SessionFilter(tag=name), limit=10**6)
    return tuple(one.summary.id for one in reversed(tagged)) or (store.resolve(name),)


async def _measure(
    conductor: "Conductor", sessions: Sequence[str], measures: Sequence[str], by: str | None, *, quiet: bool
) -> "tuple[ExitCode, set[tuple[str, Way]]]":
    """The exit code, and the questionnaires with how each was read."""
    from sandbox.errors import ExitCode
    from sandbox.study.afterwards import ask, to_ask
    from sandbox.text import printable

    code = ExitCode.OK
    try:
        # All of it is looked at before anything is asked.
        askings = [await to_ask(conductor, sessions, written, by) for written in measures]
        for asking in askings:
            _announce(asking)
            for one, error in await ask(conductor, asking, _Teller(asking, quiet=quiet)):
                code = code or error.exit_code
                click.echo(f"{one.head.id} could not be asked: {printable(str(error))}", err=True)
    finally:
        await conductor.models.close()
    return code, {measure for asking in askings for measure in asking.measures}


def _announce(asking: "Asking") -> None:
    from sandbox.text import printable

    for id, why in asking.left_out:
        click.echo(f"{printable(id)} {why}", err=True)
    if asking.there:
        click.echo(f"{asking.there} points are measured already.", err=True)
    models = ", ".join(dict.fromkeys(one.model for one in asking.to_ask))
    if asking.to_ask:
        click.echo(
            f"{asking.points} points of {len(asking.to_ask)} sessions are asked, about {asking.calls:,} calls"
            f" to {printable(models)}.",
            err=True,
        )
    else:
        click.echo("Nothing is left to ask.", err=True)


class _Teller:
    """Says on stderr what was answered, a line a point."""

    def __init__(self, asking: "Asking", *, quiet: bool) -> None:
        self._left = asking.points
        self._quiet = quiet

    def __call__(self, one: "ToAsk", given: "GivenAfterwards") -> None:
        from sandbox.analysis.numeral import numeral

        if given.measured is None:
            return
        self._left -= 1
        if self._quiet:
            return
        scores = given.measured.administration.scores
        first = next((score for score in scores if score.scale == "distress"), scores[0])
        value = "missing" if first.value is None else numeral(first.value, decimals=0)
        at = point_in_short(given.measured.point.label)
        click.echo(
            f"  {one.head.id} {at:>8}  {first.scale} {value}  ({self._left} left)",
            err=True,
        )


def _report(store: "Store", sessions: Sequence[str], asked: "set[tuple[str, Way]]", *, as_json: bool) -> None:
    """What came out, each measure on its main scale, with what has to be said of it."""
    from sandbox.analysis.afterwards import asked_later
    from sandbox.analysis.comparison import compare, worth_pooling
    from sandbox.analysis.family import gather_compared
    from sandbox.cli.streams import caution, terminal_width
    from sandbox.errors import UsageError
    from sandbox.export.comparison import comparison_terminal
    from sandbox.export.comparison_result import comparison_result

    try:
        arms = gather_compared(store, sessions)
    except UsageError:  # one arm alone
        click.echo(f"Read it here: sandbox show {sessions[0]}")
        return
    names = {
        course.name: None
        for arm in arms
        for course in arm.courses
        if (asked_later(course.questionnaire), course.way) in asked
    }
    main: dict[tuple[str, str], ScaleName] = {}
    for name in sorted(names, key=lambda name: name[2] != "distress"):
        main.setdefault(name[:2], name)
    for name in main.values():
        comparison = compare(arms, name, pooled=worth_pooling(arms, name))
        if as_json:
            click.echo(comparison_result(comparison).text(), nl=False)
            continue
        click.echo(comparison_terminal(comparison, terminal_width()))
        for sentence in comparison.cautions:
            caution(sentence, err=False)
        click.echo()
