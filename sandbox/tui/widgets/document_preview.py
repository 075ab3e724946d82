"""A document of the library as it reads: what it says, its scales, where it is from; or what is wrong."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from textual.content import Content
from textual.widgets import Static

from sandbox.engine.preview import passages
from sandbox.errors import Problem
from sandbox.library.catalogue import Entry
from sandbox.library.client import Client
from sandbox.library.codebook import Codebook
from sandbox.library.document import Document, InvalidDocument, Reference
from sandbox.library.form import Form
from sandbox.library.questionnaire import RatingQuestionnaire, WordQuestionnaire
from sandbox.library.scenario import Scenario
from sandbox.library.script_reading import HOW, ScriptReading
from sandbox.library.study import Study
from sandbox.library.technique import Technique
from sandbox.text import printable

_LONGEST = 400
_HEAD, _MUTED, _WRONG, _REMARK = "bold $text-accent", "$text-muted", "bold $text-error", "$text-warning"


@dataclass(frozen=True, slots=True)
class Looked:
    """A document looked at: its entry, warnings about it, how a script reads, and the file's lines when it
    cannot be used."""

    entry: Entry
    warnings: tuple[Problem, ...] = ()
    reading: ScriptReading | None = None
    source: tuple[str, ...] = ()

    @property
    def problems(self) -> tuple[Problem, ...]:
        problem = self.entry.problem
        if problem is None:
            return ()
        if isinstance(problem, InvalidDocument):
            return problem.problems
        return (Problem(problem.what, hint=problem.todo, file=str(self.entry.path)),)

    @property
    def first_line(self) -> int | None:
        """The line of the first problem, else of the first warning."""
        return next((problem.line for problem in (*self.problems, *self.warnings)), None)


class DocumentPreview(Static):
    """Shows one document; `text` is what was shown, as plain text."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__("", id=id, markup=False)
        self.text = ""

    def show(self, looked: Looked | None) -> None:
        content = Content("\n").join(lines_of(looked)) if looked else Content("")
        self.text = content.plain
        self.update(content)


def lines_of(looked: Looked) -> list[Content]:
    """What is shown of a document, a Content a line."""
    document = looked.entry.document
    if document is None:
        return list(_broken(looked))
    lines = [
        Content.styled(printable(document.title), "bold"),
        Content.styled(f"{looked.entry.kind} {looked.entry.id} · {_place(looked.entry)}", _MUTED),
        Content(""),
        Content(printable(document.description)),
        *(Content(line) for line in _facts(document)),
    ]
    remarks = looked.reading.remarks if looked.reading else ()
    lines += [Content.styled(f"! line {w.line}: {w.sentence}", _REMARK) for w in (*looked.warnings, *remarks)]
    lines.append(Content(""))
    heard = looked.reading.steps if looked.reading else ()
    for n, passage in enumerate(passages(document)):
        lines.append(Content.styled(printable(passage.label), _HEAD))
        notes = (*passage.notes, *((heard[n].in_words,) if n < len(heard) else ()))
        lines += [Content.styled(f"  {printable(note)}", _MUTED) for note in notes]
        lines.append(Content(printable(passage.text)))
    if looked.reading and heard:
        lines += _section("read aloud", (f"{looked.reading.in_words}. {HOW}",))
    lines += _sections(document)
    return lines


def _place(entry: Entry) -> str:
    return "shipped with the app (e edits a copy)" if entry.shipped else "your own"


def _facts(document: Document) -> Iterator[str]:
    match document:
        case Scenario():
            yield f"affect {document.affect} · {len(document.turns)} turns"
            if document.content_warning:
                yield printable(f"content warning: {', '.join(document.content_warning)}")
        case Technique():
            wordings = f" · {document.wordings} wordings" if document.wordings > 1 else ""
            steps = f"{len(document.steps)} steps{wordings}"
            yield printable(f"family {document.family} · {document.delivery} · {steps}")
        case RatingQuestionnaire() | WordQuestionnaire():
            yield f"about: {document.timeframe} · {document.kind} · {len(document.items)} items"
        case Form():
            yield f"filled in by reviewers · {len(document.items)} questions"
        case Codebook():
            yield f"for reviewers · {len(document.tags)} tags"


def _sections(document: Document) -> Iterator[Content]:
    match document:
        case Technique():
            yield from _section("rationale", (document.rationale,))
            yield from _section("fidelity", tuple(f"· {one}" for one in document.fidelity or ()))
            yield from _section("cautions", (document.cautions or "",))
            yield from _section("references", _cited(document.references))
        case RatingQuestionnaire() | WordQuestionnaire():
            scales = tuple(
                f"{scale.id}: {scale.method} of {', '.join(scale.items)}; "
                f"{scale.range[0]:g} to {scale.range[1]:g}"
                for scale in document.scales
            )
            yield from _section("scales", scales)
        case Client():
            opening = document.small_model.opening
            yield from _section("small models", (f"every reply begins: {opening}",) if opening else ())
            yield from _section("references", _cited(document.references))
        case Study() | Form() | Codebook():
            yield from _section("references", _cited(document.references))
    source = document.source
    where = [f"{source.author}; first draft by a {source.drafted_by}", source.method, source.drawn_from]
    yield from _section("source", tuple(line for line in where if line))
    yield from _section("licence", (f"{document.licence}, version {document.version}, {document.language}",))


def _cited(references: Sequence[Reference]) -> tuple[str, ...]:
    return tuple(f"{one.title} {one.doi or one.url or ''}" for one in references)


def _section(title: str, texts: Sequence[str]) -> Iterator[Content]:
    kept = [text for text in texts if text]
    if kept:
        yield Content("")
        yield Content.styled(title, _HEAD)
        yield from (Content(printable(text)) for text in kept)


def _broken(looked: Looked) -> Iterator[Content]:
    """The file's own lines, each problem under the line it is about."""
    entry, problems = looked.entry, looked.problems
    yield Content.styled(f"{entry.kind} {entry.id} cannot be used", _WRONG)
    yield Content.styled("e opens it at the first problem; the change shows here when it is saved.", _MUTED)
    yield Content("")
    by_line: dict[int, list[Problem]] = {}
    for problem in problems:
        by_line.setdefault(max(1, min(problem.line, len(looked.source) or 1)), []).append(problem)
    shown = looked.source[:_LONGEST] or ("",)
    for number, line in enumerate(shown, 1):
        wrong = by_line.get(number, [])
        style = "bold" if wrong else _MUTED
        yield Content.styled(f"{'✗' if wrong else ' '}{number:>4}  {printable(line)}", style)
        for problem in wrong:
            yield Content.styled(f"      ╰ {problem.sentence}", _WRONG)
    if len(looked.source) > _LONGEST:
        later = sum(len(found) for line, found in by_line.items() if line > _LONGEST)
        yield Content.styled(
            f"… {len(looked.source) - _LONGEST} more lines, {later} problems in them", _MUTED
        )
