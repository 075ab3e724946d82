"""`sandbox preview`: what a document will say, turn by turn, its tokens, and what a session would cost."""

import asyncio
import json
import shutil
import textwrap
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sandbox.cli import options
from sandbox.cli.conducting import chosen_settings, open_library
from sandbox.cli.streams import caution
from sandbox.errors import ExitCode, NotFoundError, UsageError
from sandbox.text import printable

if TYPE_CHECKING:
    from sandbox.analysis.remarks import Remark
    from sandbox.engine.cost import Load
    from sandbox.engine.plan import SessionPlan
    from sandbox.engine.preview import Passage
    from sandbox.library.catalogue import Library
    from sandbox.library.document import Document, Kind
    from sandbox.library.script_reading import ScriptReading
    from sandbox.library.technique import Technique
    from sandbox.models.tokens import TokenCounts
    from sandbox.store.validity import StoredCheck

_SIDE_BY_SIDE = 90
_GAP = " │ "


@dataclass(frozen=True, slots=True)
class _Counted:
    """A model with the tokens of each text, what a session with the document asks of it, and what has to be
    said before it is run."""

    counts: "TokenCounts"
    tokens: Mapping[str, int]
    load: "Load"
    remarks: tuple["Remark", ...]


@click.command("preview", short_help="See what a document will say, with its tokens.")
@click.argument("document", metavar="ID|PATH")
@click.option(
    "--kind", type=click.Choice(options.KINDS), help="Needed where documents of several kinds have the id."
)
@click.option(
    "--model",
    "models",
    multiple=True,
    metavar="NAME",
    help="Whose tokens to count; may be given several times.  [default: embedded]",
)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.pass_context
def command(
    context: click.Context, document: str, kind: "Kind | None", models: tuple[str, ...], as_json: bool
) -> None:
    """Show what a document will say, turn by turn, without running it; of a study, what it runs.

    A technique is shown with its control beside it, and read as the client hears it: how long each step
    takes, how hard it is, what a supervisor would remark on. Tokens are those of the texts; what a session
    would take is an estimate: every answer read at once, every reply as long as it may be, every step
    said once. What `sandbox validate` refuses is told first, and the command ends with 5.
    """
    from sandbox.engine.preview import fitted_control, passages
    from sandbox.library.codebook import Codebook
    from sandbox.library.form import Form
    from sandbox.library.inspection import inspect
    from sandbox.library.scenario import Scenario
    from sandbox.library.study import Study
    from sandbox.library.technique import Technique

    library = open_library()
    found, path = _find(document, kind, library)
    problems = inspect((path,)).problems
    for problem in problems:
        click.echo(str(problem), err=True)
    control = fitted_control(found, library.default_control()) if isinstance(found, Technique) else None
    read = _read(found, path, library)
    said = passages(found)
    aside = passages(control) if control else ()
    # `sandbox study plan` counts what a study takes; no model is shown what is for reviewers.
    uncounted = isinstance(found, Study | Form | Codebook)
    counted = () if uncounted else _counted(found, (*said, *aside), models, library)
    if as_json:
        click.echo(json.dumps(_as_data(found, said, control, aside, counted, read), indent=2))
    else:
        click.echo("\n".join(_page(found, said, control, aside, counted, read)))
    about = (  # the warning of a scenario that is only there to count a session with the document
        one
        for each in counted
        for one in each.remarks
        if isinstance(found, Scenario) or one.kind != "content"
    )
    for sentence in dict.fromkeys(one.sentence for one in about):
        caution(sentence)
    if problems:
        context.exit(int(ExitCode.INVALID_DOCUMENT))


def _find(name: str, kind: "Kind | None", library: "Library") -> "tuple[Document, Path]":
    from sandbox.library.document import FOLDERS
    from sandbox.library.loading import load_file
    from sandbox.library.validation_error import nearest

    path = Path(name)
    if path.suffix in {".yaml", ".yml"} or len(path.parts) > 1:
        return load_file(path, kind), path
    kinds: tuple[Kind, ...] = (kind,) if kind else tuple(k for k in FOLDERS if name in library.ids(k))
    if len(kinds) > 1:
        todo = "add " + " or ".join(f"--kind {k}" for k in kinds)
        raise UsageError(f"“{printable(name)}” is the id of several documents", todo=todo)
    if not kinds:
        meant = nearest(name, tuple(id for k in FOLDERS for id in library.ids(k)))
        todo = (
            f"did you mean “{meant}”?" if meant else "add --kind technique (or another kind) to see all ids"
        )
        raise NotFoundError(f"there is no document “{printable(name)}”", todo=todo)
    return library.document(kinds[0], name), library.path(kinds[0], name)


def _read(document: "Document", path: Path, library: "Library") -> "ScriptReading | None":
    """How a technique reads; None for other documents, and for what is not said word for word."""
    from sandbox.engine.preview import reading
    from sandbox.library.loading import read_values
    from sandbox.library.technique import Technique

    if not isinstance(document, Technique):
        return None
    found = reading(document, library, read_values(path), str(path), chosen_settings().remarks_off)
    return found if found.steps else None


def _counted(
    document: "Document", said: "Sequence[Passage]", models: Sequence[str], library: "Library"
) -> tuple[_Counted, ...]:
    """Without a named model the embedded one's tokens, or none if it cannot run: the texts matter more."""
    from sandbox.models.provider import ModelError

    try:
        return asyncio.run(_count(document, said, models or ("embedded",), library))
    except ModelError as error:
        if models:
            raise
        click.echo(f"No tokens are counted: {printable(str(error))}", err=True)
        return ()


async def _count(
    document: "Document", said: "Sequence[Passage]", models: Sequence[str], library: "Library"
) -> tuple[_Counted, ...]:
    from sandbox.engine.cost import load, texts_of
    from sandbox.models.opening import open_model
    from sandbox.models.tokens import count_tokens
    from sandbox.study.proposal import session_with

    found = []
    for model in dict.fromkeys(models):
        plan = session_with(document, model, open_model(model).capabilities, library)
        texts = tuple(dict.fromkeys((*(passage.text for passage in said), *texts_of((plan,)))))
        counts = await count_tokens(model, texts)
        tokens = dict(zip(texts, counts.counts, strict=True))
        remarks = remarks_of(plan, model, library)
        found.append(_Counted(counts, tokens, load((plan,), counts, tokens), remarks))
    return tuple(found)


def remarks_of(plan: "SessionPlan", model: str, library: "Library") -> "tuple[Remark, ...]":
    """Of the session and the control that the app proposes beside it."""
    from sandbox.analysis.remarks import before_run
    from sandbox.engine.plan import SessionHead
    from sandbox.library.workspace import find_workspace
    from sandbox.models.opening import open_model
    from sandbox.store.store import DATABASE, Store

    control = plan.model_copy(update={"technique": library.default_control()})
    heads = (SessionHead(id="session", plan=plan), SessionHead(id="control", plan=control))
    provider = open_model(model)
    checks: tuple[StoredCheck, ...] = ()
    with suppress(NotFoundError), Store.open(find_workspace().sessions / DATABASE, create=False) as store:
        checks = store.checks(provider.description.name)
    found = before_run(heads, provider.description, checks, leaves_machine=not provider.capabilities.local)
    return tuple(replace(remark, arms=()) for remark in found)


def _page(
    document: "Document",
    said: "Sequence[Passage]",
    control: "Technique | None",
    aside: "Sequence[Passage]",
    counted: Sequence[_Counted],
    read: "ScriptReading | None",
) -> list[str]:
    width = shutil.get_terminal_size((100, 24)).columns
    lines = [_heading(document)]
    if control is not None:
        lines.append(f"beside it: {printable(control.title)}, {_how_long(control)}")
    lines.append("")
    beside = list(aside) + [None] * (len(said) - len(aside))
    for passage, other in zip(said, beside or [None] * len(said), strict=False):
        lines += _row(passage, other, counted, width)
    lines += _heard(read, width) if read is not None else []
    lines += _scales(document, width)
    own = said[: len(aside)] if aside else said  # variants come last, and are not said in a session
    lines += [line for each in counted for line in _totals(each, own, aside)]
    return lines


def _heard(read: "ScriptReading", width: int) -> list[str]:
    from sandbox.library.script_reading import HOW

    lines = textwrap.wrap(f"As the client hears it: {read.in_words}. {HOW}", width)
    for n, step in enumerate(read.steps, 1):
        line = f"  {n} {printable(step.step)}: {printable(step.in_words)}"
        lines += textwrap.wrap(line, width, subsequent_indent="    ")
    lines.append("")
    for remark in read.remarks:
        lines += textwrap.wrap(
            f"! {printable(remark.place)}: {printable(remark.sentence)}", width, subsequent_indent="  "
        )
    return [*lines, ""] if read.remarks else lines


def _scales(document: "Document", width: int) -> list[str]:
    """What the answers of a questionnaire add up to; of another document nothing."""
    from sandbox.library.questionnaire import (
        CompletionQuestionnaire,
        RatingQuestionnaire,
        WordQuestionnaire,
    )

    if not isinstance(document, RatingQuestionnaire | WordQuestionnaire | CompletionQuestionnaire):
        return []
    lines = [f"It asks about: {document.timeframe}. Its scales:"]
    for scale in document.scales:
        low, high = scale.range
        times = f" × {scale.multiply:g}" if scale.multiply != 1 else ""
        told = (
            f"  {scale.id}: {scale.method} of {', '.join(scale.items)}{times};"
            f" {low:g} to {high:g}; higher is {scale.higher_is}"
        )
        lines += textwrap.wrap(printable(told), width, subsequent_indent="    ")
    return [*lines, ""]


def _how_long(control: "Technique") -> str:
    *first, last = control.steps
    return f"its first {len(first)} steps and its last ({last.id})" if first else f"its last step ({last.id})"


def _heading(document: "Document") -> str:
    from sandbox.library.scenario import Scenario
    from sandbox.library.technique import Technique

    facts: list[str] = []
    if isinstance(document, Scenario):
        facts = [document.affect, document.intensity or "", document.domain or "", *document.content_warning]
    elif isinstance(document, Technique):
        facts = [document.family, document.delivery, f"{len(document.steps)} steps"]
    shown = ", ".join(fact for fact in facts if fact)
    return printable(f"{document.title} ({shown})" if shown else document.title)


def _row(passage: "Passage", other: "Passage | None", counted: Sequence[_Counted], width: int) -> list[str]:
    if other is None or width < _SIDE_BY_SIDE:
        lines = _block(passage, counted, width)
        return (
            lines
            if other is None
            else [*lines[:-1], *(f"  {line}".rstrip() for line in _block(other, counted, width - 2))]
        )
    column = (width - len(_GAP)) // 2
    left, right = _block(passage, counted, column), _block(other, counted, column)
    rows = max(len(left), len(right))
    left += [""] * (rows - len(left))
    right += [""] * (rows - len(right))
    return [f"{one:<{column}}{_GAP}{two}".rstrip() for one, two in zip(left, right, strict=True)]


def _block(passage: "Passage", counted: Sequence[_Counted], width: int) -> list[str]:
    numbers = " / ".join(str(each.tokens[passage.text]) for each in counted)
    lines = [f"{printable(passage.label)}  · {numbers} tokens" if numbers else printable(passage.label)]
    lines += [f"[{printable(note)}]" for note in passage.notes]
    for paragraph in printable(passage.text).split("\n"):
        lines += textwrap.wrap(paragraph, width) or [""]
    return [*lines, ""]


def _totals(each: _Counted, said: "Sequence[Passage]", aside: "Sequence[Passage]") -> list[str]:
    from sandbox.engine.cost import cost_text, too_long

    counts, load = each.counts, each.load
    own = sum(each.tokens[passage.text] for passage in said)
    text = f"{own} tokens"
    if aside:
        text += f", its control {sum(each.tokens[passage.text] for passage in aside)}"
    how = "counted by its own tokenizer" if counts.basis == "counted" else "an estimate, by another tokenizer"
    lines = [f"{printable(counts.title)}: {text} ({how})"]
    lines.append(
        f"  a session with it: about {load.calls} calls, {load.prompt_tokens:,} prompt tokens (the same"
        f" ones again and again) and {load.reply_tokens:,} of replies, if every answer can be read at once"
    )
    lines.append(f"  {cost_text(load, counts)}")
    if warning := too_long(load, counts):
        lines.append(f"  {warning}")
    return lines


def _as_data(
    document: "Document",
    said: "Sequence[Passage]",
    control: "Technique | None",
    aside: "Sequence[Passage]",
    counted: Sequence[_Counted],
    read: "ScriptReading | None",
) -> dict[str, object]:
    from sandbox.engine.cost import dollars

    def told(passages: "Sequence[Passage]") -> list[dict[str, object]]:
        return [
            {**asdict(p), "tokens": {each.counts.model: each.tokens[p.text] for each in counted}}
            for p in passages
        ]

    return {
        "id": document.id,
        "title": document.title,
        "passages": told(said),
        "control": {"id": control.id, "passages": told(aside)} if control else None,
        "reading": read
        and {
            "steps": [asdict(step) for step in read.steps],
            "remarks": [{"line": one.line, "message": one.message, "hint": one.hint} for one in read.remarks],
        },
        "models": [
            {
                "model": each.counts.model,
                "basis": each.counts.basis,
                "session": asdict(each.load) | {"cost": dollars(each.load, each.counts)},
                "cautions": [asdict(remark) for remark in each.remarks],
            }
            for each in counted
        ],
    }
