"""A REDCap data dictionary (CSV) read as an instrument. Calculated fields are read, never run."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from sandbox.library.interchange.instrument import (
    Answer,
    Answers,
    Completion,
    Instrument,
    Question,
    Score,
    Span,
)
from sandbox.library.interchange.loss import Loss, NoInstrument
from sandbox.library.interchange.score_formula import NotLinear, read_formula
from sandbox.library.interchange.wording import has_markup, one_line, without_markup

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
_NUMBER = re.compile(r"[-+]?(?:\d{1,12}(?:\.\d{1,9})?|\.\d{1,9})")
_PIPED = re.compile(r"\[[a-z][a-z0-9_]*\]")
_SLIDER = (0.0, 100.0)


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
    rows = _of_form(tuple(_rows(text, file)), completion.part, file)
    return _Reading(rows, file).instrument()


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


def _of_form(rows: Sequence[_Row], part: str | None, file: str) -> tuple[_Row, ...]:
    forms = list(dict.fromkeys(row["form_name"] for row in rows))
    rated = [form for form in forms if any(_is_rated(row) for row in rows if row["form_name"] == form)]
    chosen = part if part is not None else rated[0] if len(rated) == 1 else None
    if chosen in forms:
        return tuple(row for row in rows if row["form_name"] == chosen)
    if part is None and not rated:
        return tuple(rows)
    what = f"it has no form “{part}”" if part is not None else "it has several forms with rating fields"
    shown = ", ".join(form[:60] for form in (rated or forms)[:20])
    raise NoInstrument(what, where=file, todo=f"add --part NAME, one of: {shown}")


def _is_rated(row: _Row) -> bool:
    return row["field_type"].lower() in {"radio", "dropdown", "slider"}


class _Reading:
    """The rows of one form on their way to an instrument."""

    def __init__(self, rows: tuple[_Row, ...], file: str) -> None:
        self._rows = rows
        self._file = file
        self._losses: list[Loss] = []
        self._questions: list[Question] = []
        self._scores: list[Score] = []
        self._preamble: list[str] = []

    def instrument(self) -> Instrument:
        for row in self._rows:
            self._row(row)
            self._leftovers(row)
        form = self._rows[0]["form_name"] if self._rows else ""
        return Instrument(
            form=FORM,
            name=form,
            title=form.replace("_", " ").strip().capitalize(),
            questions=tuple(self._questions),
            preamble="\n\n".join(self._preamble),
            scores=tuple(self._scores),
            losses=tuple(self._losses),
        )

    def _row(self, row: _Row) -> None:
        self._told(row, row["section_header"])
        kind = row["field_type"].lower()
        match kind:
            case "radio" | "dropdown":
                self._question(row, self._choices(row))
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
                self._told(row, row["field_label"])
            case _:
                self._lose(row, f"a field of type {kind[:40] or '(none)'} is left out")

    def _told(self, row: _Row, text: str) -> None:
        if not text:
            return
        if self._questions:
            self._lose(row, f"a text between the questions is left out: “{one_line(text)[:60]}”")
        else:
            words = self._words(row, text)
            if words not in self._preamble:
                self._preamble.append(words)

    def _question(self, row: _Row, answers: Answers | None) -> None:
        if answers is not None:
            text = self._words(row, row["field_label"])
            if _PIPED.search(text):
                self._lose(row, "the question quotes another field; it stays as it is written")
            self._questions.append(Question(row["field_name"], text, answers, row.where))

    def _words(self, row: _Row, text: str) -> str:
        if has_markup(text):
            self._lose(row, "formatting of the text is taken off")
        return without_markup(text)

    def _choices(self, row: _Row) -> Answers | None:
        answers = []
        for choice in row["choices"].split("|"):
            code, comma, label = choice.partition(",")
            if not choice.strip():
                continue
            if not comma:
                where = f"{self._file}:{row.line}"
                todo = "choices are written as: 1, Not at all | 2, Somewhat"
                raise NoInstrument(f"the choice “{choice.strip()[:60]}” has no code", where=where, todo=todo)
            value = float(code) if _NUMBER.fullmatch(code.strip()) else None
            answers.append(Answer(one_line(self._words(row, label)), value))
        if len(answers) < 2:
            self._lose(row, "a question with fewer than two answers is left out")
            return None
        return tuple(answers)

    def _slider(self, row: _Row) -> Span:
        low, high = (_number(row["minimum"], _SLIDER[0]), _number(row["maximum"], _SLIDER[1]))
        labels = [one_line(self._words(row, label)) for label in row["choices"].split("|")]
        if len(labels) == 2:
            labels.insert(1, "")
        points = (low, (low + high) / 2, high)
        anchors = tuple((at, label) for at, label in zip(points, labels, strict=False) if label)
        if len(labels) > 3:
            self._lose(row, "more than three slider labels: the rest is left out")
        return Span(low, high, anchors)

    def _span(self, row: _Row) -> Span | None:
        low, high = row["minimum"], row["maximum"]
        if _NUMBER.fullmatch(low) and _NUMBER.fullmatch(high):
            return Span(float(low), float(high))
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
        for column, cell in row.cells.items():
            if column not in used and cell.strip():
                self._lose(row, f"the column “{column[:60].replace('_', ' ')}” is left out")

    def _lose(self, row: _Row, what: str) -> None:
        self._losses.append(Loss(what, f"{row.where} {row['field_name'][:60]}".strip()))


def _number(text: str, otherwise: float) -> float:
    return float(text) if _NUMBER.fullmatch(text) else otherwise
