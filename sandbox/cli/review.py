"""`sandbox review`: transcripts judged by people and models, and how far they agree."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from sandbox.cli import options
from sandbox.cli.conducting import finish, open_conductor, open_library, open_record
from sandbox.cli.review_packet import codebook_named, key, packet
from sandbox.cli.review_reading import agreement, list_reviewed, show
from sandbox.cli.streams import can_ask, caution
from sandbox.errors import ExitCode, SandboxError, UsageError
from sandbox.text import excerpt, number_of, printable

if TYPE_CHECKING:
    from sandbox.library.document import Document
    from sandbox.library.form import Form
    from sandbox.review.model_reviewer import Answered
    from sandbox.store.mark import By, Mark
    from sandbox.store.store import Store
    from sandbox.study.conductor import Conductor

_NAMELESS = "Whose marks are these?"
_TO_NAME = "Give your name once: --by NAME. It is remembered."


@click.group("review", short_help="Judge transcripts, take in marks of colleagues, see who agrees.")
def command() -> None:
    """Judge transcripts with forms, notes and tags; take in what colleagues send back; see who agrees.

    Every mark is kept with its reviewer, time and reason. To change one is a new mark; the newest counts.
    """


_by = click.option(
    "--by", metavar="NAME", help="The reviewer.  [default: the name given last, asked for at first]"
)
_blind = click.option("--blind", is_flag=True, help="Say that you did not know the technique.")
_reason = click.option("--reason", default="", metavar="TEXT", help="Why, for a mark that corrects another.")


@command.command("note", short_help="Leave a note on a turn, with tags if you like.")
@click.argument("session", metavar="SESSION")
@click.argument("turn", metavar="TURN")
@click.argument("text", metavar="TEXT", default="")
@click.option(
    "--tag", "tags", multiple=True, metavar="TAG", help="A tag of the codebook; several may be given."
)
@options.codebook
@click.option("--words", default="", metavar="TEXT", help="The words of the turn that the note is about.")
@_by
@_blind
@_reason
def note(
    session: str,
    turn: str,
    text: str,
    tags: tuple[str, ...],
    codebook: str | None,
    words: str,
    by: str | None,
    blind: bool,
    reason: str,
) -> None:
    """Leave a note on TURN of SESSION: `t2`, `s1`, or its number. TEXT, tags, or both.

    Words of the turn alone do too: a place that is marked, as with a pen. SESSION is the id of an arm or the
    beginning of it. `sandbox review show SESSION` lists the notes.
    """
    from sandbox.library.document import document_hash
    from sandbox.review import giving
    from sandbox.store.mark import Note

    if not text.strip() and not tags and not words.strip():
        raise UsageError("The note is empty.", todo="Give it a TEXT, a --tag, or --words of the turn.")
    with _naming(by), open_record() as store:
        id = giving.arm_named(store, session)
        book = codebook_named(open_library(), codebook) if tags else None
        given = giving.tags(book, tags) if book else ()
        index = giving.turn_named(store, id, turn)
        if words and words not in _said(store, id, index):
            raise UsageError(
                "These words are not in that turn.", where=f"{id} {turn}", todo="Copy them as they stand."
            )
        made = Note(id, index, "", words, text.strip(), given, document_hash(book) if book else None)
        _add(store, (made,), _who(by, blind, reason), (book,) if book else ())


@command.command("rate", short_help="Fill in a form for a session.")
@click.argument("session", metavar="SESSION")
@click.argument("answers", metavar="[ITEM=VALUE]…", nargs=-1)
@options.form
@_by
@_blind
@_reason
def rate(session: str, answers: tuple[str, ...], form: str, by: str | None, blind: bool, reason: str) -> None:
    """Rate SESSION with a form: `warmth=4 pace=-`, or without any to be asked item by item.

    `-` says that the transcript does not show it. What you answered before and do not answer now stays.
    """
    from sandbox.review import giving

    with _naming(by), open_record() as store:
        id = giving.arm_named(store, session)
        document = open_library().form(form)
        made = giving.ratings(document, id, _split(answers))
        who = _who(by, blind, reason)
        made = made or giving.ratings(document, id, _asked(document))
        _add(store, made, who, (document,))


@command.command("prefer", short_help="Say which of two arms you would choose.")
@click.argument("one", metavar="SESSION")
@click.argument("other", metavar="SESSION")
@click.argument("choice", type=click.Choice(("first", "second", "no-difference")))
@options.form
@_by
@_blind
@_reason
def prefer(one: str, other: str, choice: str, form: str, by: str | None, blind: bool, reason: str) -> None:
    """Say which of two sessions you would choose, to the question that the form asks of a pair."""
    from sandbox.library.document import document_hash
    from sandbox.review import giving
    from sandbox.store.mark import Choice, Preference

    choices: dict[str, Choice] = {"first": "a", "second": "b", "no-difference": "no difference"}
    with _naming(by), open_record() as store:
        a, b = giving.arm_named(store, one), giving.arm_named(store, other)
        document = open_library().form(form)
        if a == b:
            raise UsageError("Both are the same session.", where=a, todo="Name two.")
        if document.preference is None:
            raise UsageError(
                f"The form “{document.id}” asks nothing of a pair.", todo="Add preference: to it."
            )
        click.echo(document.preference, err=True)
        made = Preference(a, b, document_hash(document), choices[choice])
        _add(store, (made,), _who(by, blind, reason), (document,))


@command.command("undo", short_help="Take back your newest mark on a session.")
@click.argument("session", metavar="SESSION")
@_by
@_reason
def undo(session: str, by: str | None, reason: str) -> None:
    """Take back the newest mark that you gave SESSION. The mark stays in the record, and so does this."""
    from sandbox.review import giving
    from sandbox.review.giving import mark_in_words
    from sandbox.store.mark import MarkRecord

    with open_record() as store:
        id = giving.arm_named(store, session)
        who = _who(by, blind=False, reason=reason)
        record = MarkRecord(store)
        mine = [entry for entry in record.marked([id]).all() if entry.by.reviewer == who.reviewer]
        if not mine:
            raise UsageError(f"{who.reviewer} has no mark on this session.", where=id)
        newest = max(mine, key=lambda entry: entry.at)
        record.take_back((newest.mark,), replace(who, blind=newest.by.blind))
        click.echo(f"Taken back: {mark_in_words(store, newest.mark)}", err=True)


@command.command("import", short_help="Take in the marks that reviewers sent back.")
@click.argument("paths", metavar="FILE|FOLDER…", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--older", is_flag=True, help="Also what a reviewer saved before the file taken in last: a wrong clock."
)
@click.option("--keep", is_flag=True, help="Take nothing back of what a reviewer said before.")
@click.option(
    "--replace", "instead", is_flag=True, help="Take back all that a reviewer's newer file leaves out."
)
@click.pass_context
def take_in(context: click.Context, paths: tuple[Path, ...], older: bool, keep: bool, instead: bool) -> None:
    """Take in marks: the .json that a packet's page saves, a filled-in .xlsx, or a folder of them.

    All files are checked before any is taken in; with a fault in one of them nothing is. The same file twice
    counts once. A reviewer's newer file stands in place of the earlier one; where it leaves most of that out,
    the command asks for --keep or --replace.
    """
    if keep and instead:
        raise click.UsageError("--keep and --replace contradict each other.")
    from sandbox.review import taking_in
    from sandbox.review.returned import files_in, read_returned
    from sandbox.store.mark import MarkRecord

    with open_record() as store:
        record = MarkRecord(store)
        files = tuple(dict.fromkeys(file for path in paths for file in files_in(path)))
        fitted, refused = [], []
        for file in files:
            try:
                fitted.append(taking_in.fitted(record, read_returned(file), older=older))
            except SandboxError as error:
                refused.append(error)
                click.echo(f"Error: {printable(str(error))}", err=True)
        if refused:
            if fitted:
                click.echo(f"Nothing was taken in of the other {len(fitted)} either.", err=True)
            context.exit(int(max(error.exit_code for error in refused)))
        fitted.sort(key=lambda one: one.saved or datetime.min.replace(tzinfo=UTC))
        for one in fitted:
            name = printable(str(one.returned.path))
            left_out: Literal["ask", "stays", "goes"] = "stays" if keep else "goes" if instead else "ask"
            try:
                taken = taking_in.take_in(record, one, again=older, left_out=left_out)
            except UsageError as error:
                refused.append(error)
                click.echo(f"Error: {printable(str(error))}", err=True)
                continue
            if taken.known:
                told = f", and {printable(taken.since)} since; to make it count again: --older"
                click.echo(f"{name}: taken in before{told if taken.since else '; nothing changed'}")
                continue
            withdrawn = f", {len(taken.withdrawn)} taken back" if taken.withdrawn else ""
            told = f"{number_of(len(taken.new), 'new mark')}{withdrawn}; {one.filled_in()}"
            click.echo(f"{name}: {printable(taken.reviewer)}, {told}")
    if refused:
        context.exit(int(ExitCode.USAGE))
    click.echo("See how far they agree: sandbox review agreement", err=True)


@command.command("ask", short_help="Have a model fill in a form: a column of its own.")
@click.argument("model", metavar="MODEL")
@click.argument("sessions", metavar="SESSION|STUDY...", nargs=-1, required=True)
@options.form
@options.local_only
@options.quiet
def ask(model: str, sessions: tuple[str, ...], form: str, local_only: bool, quiet: bool) -> None:
    """Have MODEL fill in a form about each session, blind; every answer names the turn it rests on.

    Its answers are never counted among people's. `sandbox review agreement` says whether it may be read as
    one reviewer more: that takes two people or more who rated the same transcripts. Given again, the command
    asks only what is missing.
    """
    from sandbox.review.giving import arm_named
    from sandbox.study.progress import study_or_session

    conductor = open_conductor(local_only=local_only)
    document = conductor.library.form(form)
    with conductor.store as store:
        meant = dict.fromkeys(id for one in sessions for id in study_or_session(store, one))
        named = tuple(arm_named(store, id) for id in meant)
        finish(
            _ask(conductor, model, named, document, quiet=quiet),
            "What was answered is kept: the same command again asks the rest.",
        )


for _one in (list_reviewed, show, agreement, packet, key):
    command.add_command(_one)


async def _ask(
    conductor: "Conductor", model: str, sessions: Sequence[str], form: "Form", *, quiet: bool
) -> None:
    from sandbox.analysis.leaving import details_in_transcripts
    from sandbox.models.name import full_name
    from sandbox.review.model_reviewer import rate_by_model

    name = full_name(model)
    if not conductor.models.are_local([name]):
        click.echo(f"The transcripts go to {printable(name)}.", err=True)
        if found := details_in_transcripts(conductor.store, sessions, (form,)):
            caution(found)
    about = "one session" if len(sessions) == 1 else f"each of {len(sessions)} sessions"
    count = f"{number_of(len(form.items), 'question')} about {about}"
    calls = len(form.items) * len(sessions)
    click.echo(f"{count}: {number_of(calls, 'call')}, what was answered before apart.", err=True)
    missing = 0

    def tell(session: str, one: "Answered") -> None:
        nonlocal missing
        missing += one.turn is None
        if not quiet:
            value = "not shown" if one.value is None else str(one.value)
            said = "no answer could be read" if one.turn is None else f"{value}  {excerpt(one.because, 60)}"
            click.echo(f"  {session}  {one.item}: {printable(said)}", err=True)

    try:
        await rate_by_model(conductor, sessions, form, name, tell)
    finally:
        await conductor.models.close()
    if missing:
        click.echo(f"{missing} answers could not be read: missing, and asked again next time.", err=True)
    click.echo(
        "A model's answers stand in a column of their own. They say nothing until they were held against"
        f" people's: sandbox review agreement --form {form.id}",
        err=True,
    )


def _said(store: "Store", session: str, index: int) -> str:
    turn = store.history(session).turns[index - 1]
    return f"{turn.said}\n{turn.reply or ''}"


def _split(answers: tuple[str, ...]) -> Mapping[str, str]:
    found = {}
    for one in answers:
        item, equals, value = one.partition("=")
        if not equals:
            raise UsageError(f"“{one}” is no answer.", todo="Write item=value, such as warmth=4.")
        found[item.strip()] = value
    return found


def _asked(form: "Form") -> Mapping[str, str]:
    """Each item asked in the terminal; an empty answer leaves it out."""
    from sandbox.review.giving import answer

    if not can_ask():
        raise UsageError("There is no terminal to ask in.", todo="Give the answers: warmth=4 pace=-")
    click.echo(f"{printable(form.instruction)}\n", err=True)
    found = {}
    for item in form.items:
        click.echo(printable(item.text), err=True)
        for level in form.levels_of(item):
            click.echo(f"  {level.value}  {printable(level.label)}", err=True)
        click.echo("  -  the transcript does not show it", err=True)
        while typed := click.prompt(
            f"{item.id} (Enter: leave it out)", default="", show_default=False, err=True
        ):
            try:
                answer(form, item, typed)
            except UsageError as error:
                click.echo(f"{error}", err=True)
                continue
            found[item.id] = typed
            break
    return found


def _add(store: "Store", marks: "tuple[Mark, ...]", who: "By", documents: "tuple[Document, ...]") -> None:
    from sandbox.review.giving import mark_in_words
    from sandbox.store.mark import MarkRecord

    new = MarkRecord(store).add(marks, who, documents)
    for mark in new:
        click.echo(mark_in_words(store, mark))
    if not new:
        click.echo("Nothing new: that is what you said before.", err=True)


@contextmanager
def _naming(by: str | None) -> Iterator[None]:
    """What is wrong is told together with a name that is missing."""
    from sandbox.remembered import load_remembered

    try:
        yield
    except SandboxError as error:
        if error.what != _NAMELESS and not (by or load_remembered().reviewer or can_ask()):
            error.todo = f"{error.todo}\n{_NAMELESS} {_TO_NAME}".strip()
        raise


def _who(by: str | None, blind: bool, reason: str) -> "By":
    """The reviewer: as given, else as remembered, else asked for. A name given is remembered."""
    from sandbox.remembered import load_remembered, save_remembered
    from sandbox.review.giving import reviewer_name
    from sandbox.store.mark import By

    remembered = load_remembered()
    typed = by or remembered.reviewer
    if not typed and can_ask():
        typed = click.prompt("Your name, as it is to stand beside your marks", err=True)
    if not typed:
        raise UsageError(_NAMELESS, todo=_TO_NAME)
    name = reviewer_name(typed)
    if name != remembered.reviewer:
        save_remembered(replace(remembered, reviewer=name))
    return By(name, blind, reason=reason)
