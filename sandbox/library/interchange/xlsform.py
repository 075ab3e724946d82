"""An XLSForm (.xlsx with the sheets survey and choices) read as an instrument. Calculations are not run."""

import re
from collections.abc import Iterable, Mapping, Sequence

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
from sandbox.library.interchange.spreadsheet import SheetRow, read_sheets

FORM = "XLSForm"

_LOW = re.compile(r"\.\s*>=\s*([-+]?\d{1,12}(?:\.\d{1,9})?)")
_HIGH = re.compile(r"\.\s*<=\s*([-+]?\d{1,12}(?:\.\d{1,9})?)")
_RULES = ("relevant", "relevance", "bind::relevant")
_OLD_CHOICE = re.compile(r"^select one (?:from )?", re.IGNORECASE)
_PIPED = re.compile(r"\$\{[^{}]+\}")
_LANGUAGE_CODE = re.compile(r"\(([A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*)\)\s*$")
_SILENT = {"type", "name", "required", "appearance", "calculation", "list_name", "list name", "value"}


def read_xlsform(content: bytes, file: str, completion: Completion) -> Instrument:
    """The instrument in an XLSForm; `completion.part` names the language wanted of several.

    Raises NoInstrument when it has no survey sheet.
    """
    sheets = read_sheets(content, ("survey", "choices", "settings"), file)
    if "survey" not in sheets:
        todo = "an XLSForm has the sheets survey and choices"
        raise NoInstrument("there is no sheet “survey”", where=file, todo=todo)
    settings = sheets["settings"][0].cells if sheets.get("settings") else {}
    return _Reading(
        sheets["survey"], sheets.get("choices", ()), _lowered(settings), completion.part, file
    ).read()


class _Reading:
    """One form on its way to an instrument."""

    def __init__(
        self,
        survey: Sequence[SheetRow],
        choices: Sequence[SheetRow],
        settings: Mapping[str, str],
        part: str | None,
        file: str,
    ) -> None:
        self._survey = survey
        self._file = file
        self._settings = settings
        self._losses: list[Loss] = []
        self._questions: list[Question] = []
        self._scores: list[Score] = []
        self._told = Instructions()
        self._conditions: list[str] = []
        self._section: str | None = None
        self._languages: tuple[str, ...] = ()
        self._language = self._chosen(survey, part)
        self._lists = self._choice_lists(choices)

    def read(self) -> Instrument:
        for row in self._survey:
            self._row(row)
        self._losses += self._told.unused()
        settings = self._settings
        known = {"form_title", "form_id", "version", "default_language"}
        for key in settings:
            if key not in known:
                self._losses.append(Loss(f"the setting “{key[:60]}” is left out", "settings"))
        title = settings.get("form_title", "")
        code = _LANGUAGE_CODE.search(self._language)
        return Instrument(
            form=FORM,
            name=settings.get("form_id", title),
            title=one_line(title),
            questions=tuple(self._questions),
            section=self._section,
            parts=self._languages,
            language=code.group(1) if code else "",
            version=one_line(settings.get("version", "")),
            scores=tuple(self._scores),
            losses=tuple(self._losses),
        )

    def _chosen(self, survey: Sequence[SheetRow], part: str | None) -> str:
        """The language to read, as its columns name it; empty for columns without one."""
        columns = dict.fromkeys(column for row in survey for column in row.cells)
        named = list(dict.fromkeys(_split(column)[1] for column in columns if _split(column)[0] == "label"))
        languages = [language for language in named if language]
        chosen, self._section = named_part(part, named)
        wanted = chosen if chosen is not None else self._settings.get("default_language", "")
        if wanted not in named:
            wanted = "" if "" in named or not languages else languages[0]
        self._languages = tuple(languages)
        others = [language for language in languages if language != wanted]
        if others:
            shown = ", ".join(language[:60] for language in others[:20])
            self._losses.append(Loss(f"other languages are left out: {shown}"))
        return wanted

    def _choice_lists(self, rows: Sequence[SheetRow]) -> Mapping[str, tuple[Answer, ...]]:
        found: dict[str, list[Answer]] = {}
        for row in rows:
            cells = _lowered(row.cells)
            name = cells.get("list_name", cells.get("list name", ""))
            code = cells.get("name", cells.get("value", ""))
            where = f"choices, row {row.number}"
            label = one_line(self._words(self._label(row, "label"), where)) or code
            found.setdefault(name, []).append(Answer(label, number_in(code), code))
            self._computed(row, ("list_name", "list name", "name", "value"), where)
            self._leftovers(row, {"label"}, where)
        return {name: tuple(answers) for name, answers in found.items()}

    def _row(self, row: SheetRow) -> None:
        cells = _lowered(row.cells)
        kind, _, rest = _type(cells.get("type", "")).partition(" ")
        used = {"label"}
        if why := _not_asked(cells, kind, self._condition(cells)):
            self._lose(row, f"{why}: it is not asked")
            return
        self._computed(row, ("type", "name", "parameters", "constraint", "calculation"), self._where(row))
        match kind.lower(), rest:
            case "select_one", list_name:
                used |= {*_RULES}
                answers, why_not = self._choices(list_name, row)
                self._question(row, answers, why_not)
            case "range", _:
                used |= {"parameters", *_RULES}
                self._question(row, self._range(cells.get("parameters", "")))
            case "integer" | "decimal", _:
                used |= {"constraint", *_RULES}
                self._question(row, self._constrained(cells.get("constraint", ""), row))
            case "calculate", _:
                self._calculated(row, cells.get("calculation", ""))
            case "note", _:
                self._told.tell(self._text(row), self._where(row))
            case ("begin_group", _) | ("begin", "group"):
                used |= {*_RULES}
                self._told.enter(self._text(row), self._where(row))
                self._conditions.append(self._condition(cells))
            case ("end_group", _) | ("end", "group"):
                self._told.leave()
                self._conditions = self._conditions[:-1]
            case _:
                shown = f"{kind} {rest}".strip()[:40]
                self._lose(row, f"a row of type {shown or '(none)'} is left out")
                return
        self._leftovers(row, used, self._where(row))

    def _condition(self, cells: Mapping[str, str]) -> str:
        """When a row is asked: by its own rule, or that of the group it is in."""
        own = next((cells[name] for name in _RULES if name in cells), "")
        return one_line(own) or (self._conditions[-1] if self._conditions else "")

    def _text(self, row: SheetRow) -> str:
        return self._words(self._label(row, "label"), self._where(row))

    def _label(self, row: SheetRow, wanted: str) -> str:
        for column in dict.fromkeys((*row.cells, *row.formulas)):
            if _split(column) == (wanted, self._language):
                if column in row.formulas:
                    self._said_of_formula(row, column)
                return row.cells.get(column, "")
        return ""

    def _computed(self, row: SheetRow, columns: Iterable[str], where: str) -> None:
        """Tell of cells that are read and hold a formula."""
        for column in row.formulas:
            if column.strip().lower() in columns:
                self._said_of_formula(row, column)

    def _said_of_formula(self, row: SheetRow, column: str) -> None:
        value = one_line(row.cells.get(column, ""))[:60]
        taken = f"; its saved value is taken, “{value}”" if value else " without a saved value"
        self._losses.append(Loss(f"the column “{column[:60]}” holds a formula{taken}", f"row {row.number}"))

    def _words(self, text: str, where: str) -> str:
        if has_markup(text):
            self._losses.append(Loss("formatting of the text is taken off", where))
        return without_markup(text)

    def _question(self, row: SheetRow, answers: Answers | None, why_not: str = "") -> None:
        if answers is None and not why_not:
            return
        text = self._text(row)
        if _PIPED.search(text):
            self._lose(row, "the question quotes another answer; it stays as it is written")
        cells = _lowered(row.cells)
        made = Question(
            cells.get("name", ""),
            text,
            answers or (),
            self._where(row),
            block=self._told.asked(),
            condition=self._condition(cells),
            why_not=why_not,
        )
        self._questions.append(made)

    def _choices(self, list_name: str, row: SheetRow) -> tuple[Answers | None, str]:
        """The answers of a list of choices, or why there are none."""
        name = list_name.removesuffix(" or_other").strip()
        if name != list_name:
            self._lose(row, "an answer of one's own words is not possible")
        answers = self._lists.get(name, ())
        if not answers:
            return (
                None,
                f"there are no choices “{name[:60]}” (list_name in the sheet choices has to say the same)",
            )
        if len(answers) < 2:
            self._lose(row, "a question with fewer than two answers is left out")
            return None, ""
        return answers, ""

    def _range(self, parameters: str) -> Span:
        pairs = re.findall(r"(\w{1,20})\s*=\s*(\S{1,40})", parameters)
        given = {key.lower(): number for key, value in pairs if (number := number_in(value)) is not None}
        return Span(given.get("start", 1.0), given.get("end", 10.0))  # as the XLSForm standard says

    def _constrained(self, constraint: str, row: SheetRow) -> Span | None:
        low, high = _LOW.search(constraint), _HIGH.search(constraint)
        if low and high:
            return Span(float(low.group(1)), float(high.group(1)))
        self._lose(row, "a number without a lowest and highest in its constraint is left out")
        return None

    def _calculated(self, row: SheetRow, calculation: str) -> None:
        name = _lowered(row.cells).get("name", "")
        try:
            formula = read_formula(calculation, "xlsform")
        except NotLinear as reason:
            self._lose(row, f"the calculation “{name[:60]}” is left out: {reason}")
            return
        title = one_line(self._label(row, "label"))
        self._scores.append(Score(name, title, formula, self._where(row)))

    def _leftovers(self, row: SheetRow, used: Iterable[str], where: str) -> None:
        for column in row.cells:
            name, language = _split(column)
            if name == "label" and language != self._language:
                continue  # told once, with the other languages
            if name not in _SILENT and name not in used:
                self._losses.append(Loss(f"the column “{name[:60]}” is left out", where))

    def _where(self, row: SheetRow) -> str:
        return f"survey, row {row.number}"

    def _lose(self, row: SheetRow, what: str) -> None:
        name = _lowered(row.cells).get("name", "")[:60]
        self._losses.append(Loss(what, f"{self._where(row)} {name}".strip()))


def _not_asked(cells: Mapping[str, str], kind: str, condition: str) -> str:
    """Why nobody is asked a row; empty when somebody is. Calculations and texts are not asked anyway."""
    if kind.lower() in {"calculate", "note", ""} or kind.lower().startswith(("begin", "end")):
        return ""
    if cells.get("read_only", cells.get("readonly", "")).lower() in {"yes", "true", "true()", "1"}:
        return "the question is read-only"
    if condition.replace(" ", "").lower() in {"false()", "false", "no", "0", "1=0", "1=2"}:
        return "the question is never relevant"
    return "the question is hidden" if "hidden" in cells.get("appearance", "").lower().split() else ""


def _type(cell: str) -> str:
    """A row's type as today's forms write it: older ones say “select one from LIST”."""
    return _OLD_CHOICE.sub("select_one ", " ".join(cell.split()))


def _split(column: str) -> tuple[str, str]:
    """A column's name in small letters, and the language after its double (in older forms single) colon."""
    name, _, language = column.partition("::" if "::" in column else ":")
    return name.strip().lower(), language.strip()


def _lowered(cells: Mapping[str, str]) -> dict[str, str]:
    return {column.strip().lower(): cell for column, cell in cells.items()}
