"""`sandbox check-client`: whether a script that is tried on a client, on this model, can show anything."""

import json
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING

import click

from sandbox.analysis.numeral import percent
from sandbox.cli import options
from sandbox.errors import ExitCode
from sandbox.text import printable

if TYPE_CHECKING:
    from sandbox.analysis.client_check import ClientCheck
    from sandbox.engine.plan import SessionHead
    from sandbox.library.catalogue import Library
    from sandbox.study.conductor import Conductor
    from sandbox.study.proposal import Proposal

SCENARIOS = ("night-attack", "last-visit", "stolen-credit", "ordinary-room")
TURNS = 5
"""Of each control: as many as most techniques have."""

LEGEND = (
    "Middle values over the runs (with an affect + neutral). after: the score after a scenario; neutral: how"
    " far a neutral scenario moves it. floor: baselines in the lowest twentieth of the scale; ceiling: scores"
    " after a scenario in the highest. words: of the middle reply; varied: replies that begin otherwise, in"
    " their first four words, than the example turns and the session's earlier replies; I: replies in the"
    " first person. undone: the share of the rise that the control alone takes back; below 0 it adds to it;"
    " worse: runs in which the score got worse under the control by a tenth of the scale. replies: those to"
    " the turns of controls; assents: the share that agrees; drift: how much that share rises from the first"
    " half of the turns to the second. facts: what the client tells only when asked, in each arm; unasked:"
    " told before any question; asked, told: how many a question opened, and the share told from then on."
)


@click.command("check-client")
@click.argument("clients", nargs=-1, metavar="[CLIENT]...")
@click.option("--model", metavar="NAME", help="As in `run`.  [default: embedded, or as set]")
@options.scenarios(
    default=SCENARIOS,
    help="May be given several times; one without an affect shows what a neutral story does.",
)
@click.option(
    "--control",
    "controls",
    multiple=True,
    default=("filler-manual",),
    show_default=True,
    metavar="ID",
    help=f"A control, {TURNS} turns of it; may be given several times.",
)
@click.option(
    "--seeds", default="1-3", show_default=True, metavar="LIST", help="As in `run`, such as 1-10,42."
)
@click.option(
    "--name",
    default="check-client",
    show_default=True,
    metavar="NAME",
    help="Tag the sessions with NAME; what is finished under it is not run again.",
)
@options.local_only
@options.quiet
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON, each run with its scores.")
def command(
    clients: tuple[str, ...],
    model: str | None,
    scenarios: tuple[str, ...],
    controls: tuple[str, ...],
    seeds: str,
    name: str,
    local_only: bool,
    quiet: bool,
    as_json: bool,
) -> ExitCode:
    """Find out whether a CLIENT leaves anything to be seen on a model.  [default: the usual client]

    Each client is told each scenario with each seed, and then a control. A table says where the scores start
    and end, what a neutral story and the control alone do to them, and how the client answers; a verdict
    says whether a script that is tried on it can show anything. A client that begins at the floor, or is
    driven to the ceiling, hides effects; a control that makes the score worse flatters every technique.

    To choose among texts for a client, try them on some scenarios and judge the chosen one on others.
    """
    from sandbox.cli.conducting import chosen_settings, open_conductor
    from sandbox.cli.outcome import warn
    from sandbox.cli.repeat import all_runnable, chosen, chosen_seeds, play, refuse_too_many
    from sandbox.export import NOTICE
    from sandbox.store.tag import clean_tag
    from sandbox.study.frozen import take_up
    from sandbox.study.planning import series_plan
    from sandbox.study.progress import finished_trunks
    from sandbox.study.proposal import Proposal
    from sandbox.study.small_study import small_study

    wanted, tag = chosen_seeds(1, None, seeds), clean_tag(name)
    conductor = open_conductor(local_only=local_only)
    usual = Proposal(model=model or chosen_settings().model, control=False, techniques=controls)
    proposals = list(_proposals(usual, clients, scenarios, conductor.library))
    refuse_too_many(len(proposals) * len(wanted))
    each = [_of_equal_turns(heads) for heads in all_runnable(conductor, proposals)]
    study = small_study(chosen(tag, proposals, wanted), conductor.library)
    with conductor.store:
        warn(conductor, *each)
        outline = take_up(conductor, study, partial(series_plan, study, each, wanted)).outline
        code = play(conductor, outline, tag, quiet=quiet)
        found = _checked(conductor, finished_trunks(conductor.studies, outline), usual.model)
    if as_json:
        data = {"notice": NOTICE, "model": usual.model, "tag": tag, "clients": list(map(_as_data, found))}
        click.echo(json.dumps(data, indent=2, ensure_ascii=False))
    else:
        click.echo("\n".join(_page(found, usual.model)))
        click.echo(NOTICE)
    return code


def _proposals(
    usual: "Proposal", clients: Sequence[str], scenarios: Sequence[str], library: "Library"
) -> "Iterator[Proposal]":
    """One a client and scenario; after a neutral one nothing is to be undone, so no control follows."""
    from dataclasses import replace

    for client in dict.fromkeys(clients or (usual.client,)):
        for scenario in dict.fromkeys(scenarios):
            neutral = library.scenario(scenario).affect == "none"
            techniques = () if neutral else usual.techniques
            yield replace(usual, client=client, scenario=scenario, techniques=techniques)


def _of_equal_turns(heads: "tuple[SessionHead, ...]") -> "tuple[SessionHead, ...]":
    """The sessions with each control cut to TURNS. Raises UsageError for a technique that is no control."""
    from sandbox.engine.composition import cut_to
    from sandbox.errors import UsageError

    found = []
    for head in heads:
        technique = head.plan.technique
        if technique is not None and not technique.is_control:
            raise UsageError(
                f"--control: “{technique.id}” is no control.", todo="`sandbox catalogue` lists the controls."
            )
        plan = head.plan
        if technique is not None:
            plan = plan.model_copy(update={"technique": cut_to(technique, TURNS)})
        found.append(head.model_copy(update={"plan": plan}))
    return tuple(found)


def _checked(conductor: "Conductor", trunks: Sequence[str], model: str) -> "list[ClientCheck]":
    """One a client, in the order they were run, on the scale that stands first."""
    from sandbox.analysis.client_check import check_client
    from sandbox.analysis.family import chosen_scale, gather

    families = [gather(conductor.store, trunk, whole_family=True).members for trunk in trunks]
    scale = chosen_scale(tuple(arm for own in families for arm in own))
    small = conductor.models.model(model).capabilities.small
    clients = dict.fromkeys(own[0].plan.client.id for own in families)
    return [
        check_client([own for own in families if own[0].plan.client.id == id], scale, shown_examples=small)
        for id in clients
    ]


def _page(found: "Sequence[ClientCheck]", model: str) -> Iterator[str]:
    from sandbox.analysis.numeral import MISSING, numeral
    from sandbox.analysis.trajectory import scale_in_words
    from sandbox.export.table import terminal_table

    yield printable(f"Simulated {scale_in_words(found[0].scale)}, {model}")
    yield ""
    head = (
        "client",
        "runs",
        "baseline",
        "after",
        "rise",
        "neutral",
        "floor",
        "ceiling",
        "words",
        "varied",
        "I",
    )
    rows = [
        (
            one.client.id,
            f"{one.runs} + {one.neutral_runs}",
            *map(numeral, (one.baseline, one.induced)),
            numeral(one.rise, signed=True),
            numeral(one.neutral),
            percent(one.floor),
            percent(one.ceiling),
            numeral(one.words, decimals=0),
            percent(one.varied),
            percent(one.first_person),
        )
        for one in found
    ]
    yield terminal_table(head, rows)
    yield ""
    beside = [
        (
            one.client.id,
            control.control,
            str(control.runs),
            numeral(control.change, signed=True),
            percent(control.undone),
            f"{control.worse} of {control.runs}",
        )
        for one in found
        for control in one.controls
    ]
    if beside:
        yield terminal_table(("client", "control", "runs", "change", "undone", "worse"), beside)
        yield ""
    yield terminal_table(
        ("client", "replies", "assents", "drift", "facts", "unasked", "asked", "told"),
        [
            (
                one.client.id,
                str(one.resistance.replies),
                percent(one.resistance.agrees),
                percent(one.resistance.drift),
                str(one.resistance.facts) if one.client.discloses else MISSING,
                percent(one.resistance.unasked),
                str(one.resistance.opened) if one.client.discloses else MISSING,
                percent(one.resistance.told),
            )
            for one in found
        ],
    )
    yield ""
    for one in found:
        yield from textwrap.wrap(f"{printable(one.client.title)}: {printable(one.verdict)}", 100)
    yield ""
    yield from textwrap.wrap(LEGEND, 100)


def _as_data(one: "ClientCheck") -> dict[str, object]:
    data = asdict(one)
    client = one.client
    return {**data, "client": {"id": client.id, "title": client.title, "version": client.version}}
