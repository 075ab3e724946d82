"""A REDCap data dictionary (CSV) read as an instrument. Calculated fields are read, never run."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from sandbox.library.interchange.instrument import (
    Answer,
    Answers,
    Completion,
    Instructions,
    Instrument,
    Question,
    Score,
    Span,
    named_part,
)
from sandbox.library.interchange.loss import Loss, NoInstrument
from sandbox.library.interchange.plain_text import has_markup, number_in, one_line, without_markup
from sandbox.library.interchange.score_formula import NotLinear, read_formula

FORM = "REDCap data dictionary"
MAX_ROWS = 5000
MAX_COLUMNS = 200

_COLUMNS = {
    "variable / field name": "field_name",
    "form name": "form_name",
    "section header": "section_header",
    "field type": "field_type",
    "field label": "field_label",
    "choices, calculations, or slider labels": "choices",
    "choices or calculations": "choices",
    "select_choices_or_calculations": "choices",
    "field note": "field_note",
    "text validation type or show slider number": "validation",
    "text_validation_type_or_show_slider_number": "validation",
    "text validation min": "minimum",
    "text_validation_min": "minimum",
    "text validation max": "maximum",
    "text_validation_max": "maximum",
    "branching logic (show field only if...)": "branching_logic",
    "branching logic": "branching_logic",
    "required field?": "required_field",
    "matrix group name": "matrix_group_name",
    "field annotation": "field_annotation",
}
_NEEDED = ("field_name", "field_type", "field_label", "choices")
_SILENT = {  # layout and bookkeeping that changes nothing of what is asked
    "form_name",
    "required_field",
    "required field?",
    "matrix_group_name",
    "custom alignment",
    "custom_alignment",
    "question number (surveys only)",
    "question_number",
    "identifier?",
    "identifier",
}
_PIPED = re.compile(r"\[[a-z][a-z0-9_]*\]")
_WHOLE_FORM, _INNERMOST = 0, -1
_NOT_ASKED = re.compile(
    r"@(HIDDEN(?:-SURVEY|-FORM)?|READONLY(?:-SURVEY|-FORM)?|CALCTEXT|CALCDATE)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class _Row:
    """A field of the dictionary: its cells by the names above, and the line it starts on."""

    cells: Mapping[str, str]
    line: int

    def __getitem__(self, key: str) -> str:
        return self.cells.get(key, "").strip()

    @property
    def where(self) -> str:
        return f"line {self.line}"


def read_redcap(text: str, file: str, completion: Completion) -> Instrument:
    """The instrument in a data dictionary; of several forms, the one `completion.part` names.

    Raises NoInstrument when it is no data dictionary, or the form is not told.
    """
    rows = tuple(_rows(text, file))
    form, section = named_part(completion.part, _forms(rows))
    return replace(_Reading(_of_form(rows, form, section, file)).instrument(), section=section)


def _rows(text: str, file: str) -> Iterator[_Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        header = [_column(cell) for cell in next(reader, [])]
        missing = [name for name in _NEEDED if name not in header]
        if missing or len(header) > MAX_COLUMNS:
            raise NoInstrument(
                "this is not a REDCap data dictionary: its first line does not name the columns",
                where=f"{file}:1",
                todo="in REDCap: Project Setup, Data Dictionary, download the current one (CSV)",
            )
        before = reader.line_num
        for number, cells in enumerate(reader, start=1):
            if number > MAX_ROWS:
                raise NoInstrument(f"it has more than {MAX_ROWS:,} fields", where=file)
            if len(cells) > len(header):
                todo = "a text with commas needs quotes around it"
                raise NoInstrument(
                    "the line has more cells than columns", where=f"{file}:{before + 1}", todo=todo
                )
            if any(cell.strip() for cell in cells):
                yield _Row(dict(zip(header, cells, strict=False)), before + 1)
            before = reader.line_num
    except csv.Error as error:
        where = f"{file}:{reader.line_num}"
        raise NoInstrument(f"the CSV cannot be read: {error}", where=where, todo="check the quotes") from None


def _delimiter(text: str) -> str:
    first = text.split("\n", 1)[0]
    return max(",;\t", key=first.count)


def _column(cell: str) -> str:
    name = " ".join(cell.lower().split())[:100]
    return _COLUMNS.get(name, name)


def _forms(rows: Sequence[_Row]) -> list[str]:
    return list(dict.fromkeys(row["form_name"] for row in rows))


def _of_form(rows: tuple[_Row, ...], part: str | None, section: str | None, file: str) -> tuple[_Row, ...]:
    """The rows of the form named, or of the only one with rating fields."""
    forms = _forms(rows)
    rated = [form for form in forms if any(_is_rated(row) for row in rows if row["form_name"] == form)]
    chosen = part if part is not None else rated[0] if len(rated) == 1 else None
    if chosen in forms:
        return tuple(row for row in rows if row["form_name"] == chosen)
    if not rated:
        return rows
    what = "it has several forms with rating fields"
    if section is not None:
        what = f"it has no form “{section[:60]}”"
    shown = ", ".join(form[:60] for form in rated[:20])
    raise NoInstrument(what, where=file, todo=f"add --part NAME, one of: {shown}")


def _is_rated(row: _Row) -> bool:
    return row["field_type"].lower() in {"radio", "dropdown", "slider"}


class _Reading:
    """The rows of one form on their way to an instrument."""

    def __init__(self, rows: tuple[_Row, ...]) -> None:
        self._rows = rows
        self._losses: list[Loss] = []
        self._questions: list[Question] = []
        self._scores: list[Score] = []
        # What is told before all sections; over the one at hand, its heading; in it, single texts.
        self._begun = False
        self._told = Instructions()
        self._told.enter()
        self._told.enter()

    def instrument(self) -> Instrument:
        for row in self._rows:
            self._row(row)
        self._losses += self._told.unused()
        form = self._rows[0]["form_name"] if self._rows else ""
        return Instrument(
            form=FORM,
            name=form,
            title=form.replace("_", " ").strip().capitalize(),
            questions=tuple(self._questions),
            scores=tuple(self._scores),
            losses=tuple(self._losses),
        )

    def _row(self, row: _Row) -> None:
        if row["section_header"]:
            self._begun = True
            self._told.leave()
            self._told.tell(self._words(row, row["section_header"]), row.where)
            self._told.enter()
        kind = row["field_type"].lower()
        if kind not in {"calc", "descriptive"} and (tag := _NOT_ASKED.search(row["field_annotation"])):
            self._lose(row, f"the field is marked {tag.group().upper()}: it is not asked")
            return
        match kind:
            case "radio" | "dropdown":
                self._choice(row)
            case "yesno":
                self._question(row, (Answer("Yes", 1.0), Answer("No", 0.0)))
            case "truefalse":
                self._question(row, (Answer("True", 1.0), Answer("False", 0.0)))
            case "slider":
                self._question(row, self._slider(row))
            case "text" if (
                row["validation"].lower() in {"integer", "number"} and row["minimum"] and row["maximum"]
            ):
                self._question(row, self._span(row))
            case "calc":
                self._calculated(row)
            case "descriptive":
                self._described(row)
            case _:
                self._lose(row, f"a field of type {kind[:40] or '(none)'} is left out")
        self._leftovers(row)

    def _described(self, row: _Row) -> None:
        """A text: over the whole form before its first section or question, else over what follows."""
        if not _NOT_ASKED.search(row["field_annotation"]):
            words = self._words(row, row["field_label"])
            self._told.tell(words, row.where, _INNERMOST if self._begun else _WHOLE_FORM)

    def _choice(self, row: _Row) -> None:
        answers, why_not = self._choices(row)
        if len(answers) > 1 or why_not:
            self._question(row, answers, why_not)
        else:
            self._lose(row, "a question with fewer than two answers is left out")

    def _question(self, row: _Row, answers: Answers | None, why_not: str = "") -> None:
        if answers is not None:
            self._begun = True
            text = self._words(row, row["field_label"])
            if _PIPED.search(text):
                self._lose(row, "the question quotes another field; it stays as it is written")
            name, block, condition = row["field_name"], self._told.asked(), one_line(row["branching_logic"])
            made = Question(name, text, answers, row.where, False, block, condition, why_not)
            self._questions.append(made)

    def _words(self, row: _Row, text: str) -> str:
        if has_markup(text):
            self._lose(row, "formatting of the text is taken off")
        return without_markup(text)

    def _choices(self, row: _Row) -> tuple[tuple[Answer, ...], str]:
        """The answers of a choice, or why they cannot be read."""
        answers = []
        for choice in row["choices"].split("|"):
            code, comma, label = choice.partition(",")
            if not choice.strip():
                continue
            if not comma:
                return (
                    (),
                    f"the choice “{choice.strip()[:60]}” has no code (choices are written: 1, Yes | 2, No)",
                )
            code = code.strip()
            answers.append(Answer(one_line(self._words(row, label)), number_in(code), code))
        return tuple(answers), ""

    def _slider(self, row: _Row) -> Span:
        low, high = (
            default if (number := number_in(row[key])) is None else number
            for key, default in (("minimum", 0.0), ("maximum", 100.0))
        )
        labels = [one_line(self._words(row, label)) for label in row["choices"].split("|")]
        if len(labels) == 2:
            labels.insert(1, "")
        points = (low, (low + high) / 2, high)
        anchors = tuple((at, label) for at, label in zip(points, labels, strict=False) if label)
        if len(labels) > 3:
            self._lose(row, "more than three slider labels: the rest is left out")
        return Span(low, high, anchors)

    def _span(self, row: _Row) -> Span | None:
        low, high = number_in(row["minimum"]), number_in(row["maximum"])
        if low is not None and high is not None:
            return Span(low, high)
        self._lose(row, "a number between other fields' values is left out")
        return None

    def _calculated(self, row: _Row) -> None:
        name = row["field_name"]
        try:
            formula = read_formula(row["choices"], "redcap")
        except NotLinear as reason:
            self._lose(row, f"the calculated field “{name}” is left out: {reason}")
            return
        title = one_line(without_markup(row["field_label"]))
        self._scores.append(Score(name, title, formula, row.where))

    def _leftovers(self, row: _Row) -> None:
        used = {*_NEEDED, "section_header", *_SILENT}
        if row["field_type"].lower() in {"slider", "text"}:
            used |= {"validation", "minimum", "maximum"}
        if self._questions and self._questions[-1].where == row.where:
            used |= {"branching_logic"}  # told as the question's condition
        for column, cell in row.cells.items():
            if column not in used and cell.strip():
                self._lose(row, f"the column “{column[:60].replace('_', ' ')}” is left out")

    def _lose(self, row: _Row, what: str) -> None:
        self._losses.append(Loss(what, f"{row.where} {row['field_name'][:60]}".strip()))
