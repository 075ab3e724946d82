"""`sandbox run` many times over is a small study: its document made of the options, run to its end."""

import asyncio
import re
from collections.abc import Sequence
from datetime import date
from functools import partial

import click

from sandbox.analysis.family import gather
from sandbox.cli.conducting import open_conductor
from sandbox.cli.study_talk import (
    StudyTalk,
    announce,
    drive,
    exit_code,
    report_study,
    tell_what_is_left,
    warn_before,
)
from sandbox.engine.plan import SessionHead
from sandbox.errors import ExitCode, UsageError
from sandbox.export.file import export_family
from sandbox.library.document import free_id, id_of
from sandbox.store.study import StudyRecord
from sandbox.store.tag import clean_tag
from sandbox.study.conductor import Conductor
from sandbox.study.frozen import Outline, plan_of, take_up
from sandbox.study.progress import finished_arms, finished_trunks
from sandbox.study.proposal import Proposal
from sandbox.study.small_study import CHOSEN_BY, Choices, small_study
from sandbox.text import excerpt, printable

MOST = 1000
"""More runs than this in one command are taken for a slip of the hand."""

_LAST_SEED = 2**31 - 1
_LONGEST_NAME = 40
_WORDS = re.compile(r"[\w '’-]+")
_MADE_OF_OPTIONS = (CHOSEN_BY, "sandbox run")
"""Who the document of a study that is in no file says it is by; the second in records before 2026-12."""


def chosen_seeds(first: int, repeat: int | None, written: str | None) -> tuple[int, ...]:
    """`repeat` seeds from `first` on, or those `written` as `1-10,42`. Raises UsageError."""
    if written is None:
        count = 1 if repeat is None else repeat
        if count < 1:
            raise UsageError(f"--repeat {count} is no number of runs.", todo="Give 1 or more.")
        return _span(first, first + count - 1, f"--repeat {count}")
    if repeat is not None:
        raise UsageError("--repeat and --seeds say the same thing twice.", todo="Give one of them.")
    seeds: list[int] = []
    for part in written.split(","):
        begin, dash, end = (text.strip() for text in part.partition("-"))
        if not all(text.isascii() and text.isdigit() for text in ((begin, end) if dash else (begin,))):
            raise UsageError(f"--seeds: “{part}” is no seed.", todo="Write them as 1-10,42.")
        seeds += _span(int(begin), int(end or begin), "--seeds")
    if twice := sorted({seed for seed in seeds if seeds.count(seed) > 1}):
        raise UsageError(
            f"--seeds has {twice[0]} twice.", todo="The same seed gives the same run: once is enough."
        )
    return tuple(seeds)


def _span(first: int, last: int, option: str) -> tuple[int, ...]:
    if last < first:
        raise UsageError(f"{option}: {first}-{last} goes backwards.", todo="Write the smaller seed first.")
    refuse_too_many(last - first + 1)
    if last > _LAST_SEED:
        raise UsageError(f"{option}: a seed is at most {_LAST_SEED}.", todo="Choose smaller seeds.")
    return tuple(range(first, last + 1))


def refuse_too_many(runs: int) -> None:
    """Raises UsageError."""
    if runs > MOST:
        raise UsageError(
            f"{runs:,} runs are too many: at most {MOST:,}.", todo="Give several smaller commands."
        )


def run_all(
    proposals: Sequence[Proposal],
    seeds: Sequence[int],
    *,
    local_only: bool = False,
    name: str | None = None,
    plain: bool = False,
    quiet: bool = False,
    as_json: bool = False,
) -> ExitCode:
    """Run every proposal with every seed as one study, and print the pooled comparison.

    `name` names the study, and every session is tagged with it; what is finished under it already, with the
    same documents and model, is not run again. Without one the study is named by what it runs and the day.

    A run that fails is told and the rest goes on; the exit code is then that of the first failure, and 130
    after Ctrl-C. Raises SandboxError before any call for what cannot be run.
    """
    refuse_too_many(len(proposals) * len(seeds))
    tag = clean_tag(name) if name is not None else None
    if tag is not None:
        _study_name(tag)  # refused before a model is asked anything
    conductor = open_conductor(local_only=local_only)
    all_runnable(conductor, proposals)
    with conductor.store:
        called = tag if tag is not None else _free_name(conductor.studies, proposals[0])
        _refuse_documents_study(conductor.studies, called)
        outline = take_up(conductor, small_study(chosen(called, proposals, seeds), conductor.library)).outline
        warn_before(conductor, outline)
        code = play(conductor, outline, tag, plain=plain, quiet=quiet)
        arms = finished_arms(conductor.studies, outline)
        if arms and code != ExitCode.INTERRUPTED:
            report_study(conductor, outline.name, arms, as_json=as_json)
    return code


def _refuse_documents_study(studies: StudyRecord, name: str) -> None:
    """Raises UsageError where a study of that name was planned from a document, which no option changes."""
    found = studies.newest(_study_name(name))
    if found is not None and plan_of(found).study.source.author not in _MADE_OF_OPTIONS:
        raise UsageError(
            f"There is a study “{found.name}” already, planned from a document.",
            todo=f"Choose another --name, or go on with that one: sandbox study resume {found.name}",
        )


def all_runnable(conductor: Conductor, proposals: Sequence[Proposal]) -> list[tuple[SessionHead, ...]]:
    """The sessions of each. A model of which it is not known what it can be asked is asked once.

    Raises SandboxError before any call for what cannot be run.
    """
    for proposal in proposals:
        conductor.runnable(proposal, clinician=False)
    for proposal in proposals:
        if model := conductor.unsure(proposal):  # what is planned after its answer fits it
            asyncio.run(model.find_out())
    return [conductor.runnable(proposal, clinician=False) for proposal in proposals]


def play(
    conductor: Conductor, outline: Outline, tag: str | None, *, plain: bool = False, quiet: bool = False
) -> ExitCode:
    """Run what is missing of the study, tag its sessions, and write the transcripts of what is finished.

    Says on stderr what it comes to, and how to go on with what is left. A run that fails is told and the rest
    goes on. Raises its error when none is finished; click.Abort on the second Ctrl-C.
    """
    detailed = conductor.models.are_local({cell.model for cell in outline.plan.cells})
    talk = StudyTalk(outline, detailed=detailed, plain=plain, quiet=quiet)
    try:
        ended = drive(conductor, outline, talk, first=partial(announce, conductor, outline))
    except click.Abort:
        tell_what_is_left(conductor, outline)
        raise
    if tag is not None:
        for id in conductor.studies.states(outline.root).sessions:
            conductor.store.tag(id, tag)
    finished = finished_trunks(conductor.studies, outline)
    for trunk in finished:
        path = conductor.workspace.sessions / f"{trunk}.md"
        export_family(gather(conductor.store, trunk, whole_family=True), path, overwrite=True)
    tell_what_is_left(conductor, outline)
    if not finished and talk.failures:
        raise next(iter(talk.failures.values()))
    return exit_code(ended, talk)


def _study_name(text: str) -> str:
    """The text as the id of a study: small letters, digits and hyphens. Raises UsageError for a name that
    holds anything but words (`../x`), or comes to nothing."""
    slug = id_of(text)
    if not slug or not _WORDS.fullmatch(text):
        raise UsageError(
            f"“{excerpt(printable(text), 60)}” cannot be the name of a study.",
            todo=f"A name has letters, digits, spaces and hyphens: {slug or 'pilot'}",
        )
    return slug


def _free_name(studies: StudyRecord, proposal: Proposal) -> str:
    """`night-attack-2026-11-27`, numbered from the second of that name on."""
    what = f"{proposal.scenario[:_LONGEST_NAME]}-{date.today().isoformat()}"  # noqa: DTZ011 - the user's own day
    return free_id(what, {study.name for study in studies.all()})


def chosen(name: str, proposals: Sequence[Proposal], seeds: Sequence[int]) -> Choices:
    """What the options say, as choices. Raises UsageError for a name without letter or digit."""
    return Choices(
        proposals[0],
        tuple(dict.fromkeys(one.scenario for one in proposals)),
        tuple(dict.fromkeys(one.client for one in proposals)),
        tuple(dict.fromkeys(one.model for one in proposals)),
        name=_study_name(name),
        seeds=tuple(seeds),
    )
