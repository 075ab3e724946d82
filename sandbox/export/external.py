"""Trial data from elsewhere, as JSON and as text: where it is from, the answer, what does not agree."""

from collections.abc import Iterator

from sandbox.analysis.external import External
from sandbox.analysis.numeral import interval, numeral
from sandbox.export import NOTICE
from sandbox.export.comparison_result import answer_result
from sandbox.export.comparison_text import effect_columns
from sandbox.export.result import ArmChange, ExternalResult
from sandbox.export.table import terminal_table
from sandbox.text import number_of, printable

_WHOSE = {"human": "Data of people", "model": "Data of a model"}
_SHOWN = ("arm", "against", "runs", "mean", "95 % interval", "g_z", "p (Holm)", "e-value", "verdict")


def external_result(found: External, file: str) -> ExternalResult:
    """`file` is the name of the file that the rows are of."""
    apart = (
        f"{_WHOSE[found.by]}, from {file}: {number_of(found.rows, 'row')}. They are not part of the record,"
        " and stand beside none of its sessions."
    )
    return ExternalResult(
        notice=apart if found.by == "human" else f"{apart} {NOTICE}",
        cautions=(),
        by=found.by,
        file=file,
        row_count=found.rows,
        answer=answer_result(found.answer),
        changes=tuple(
            ArmChange(title=arm, runs=one.pairs, mean=one.mean, low=one.low, high=one.high)
            for arm, one in found.moved
        ),
        disagreements=found.disagreements,
        notes=found.notes,
    )


def external_text(found: ExternalResult) -> str:
    """The same numbers. Ends without a newline."""
    return "\n".join(_lines(found))


def _lines(found: ExternalResult) -> Iterator[str]:
    yield printable(found.notice)
    yield ""
    said = found.answer
    yield from (printable(line) for line in (*said.lines, said.enough, *said.clusters, *found.notes) if line)
    yield ""
    rows = [
        (one.title, str(one.runs), numeral(one.mean, signed=True), interval(one.low, one.high))
        for one in found.changes
    ]
    yield terminal_table(("arm", "runs", "change", "95 % interval"), rows)
    if compared := (*said.beyond, *said.between):
        yield ""
        yield terminal_table(
            _SHOWN, [tuple(effect_columns(one)[head] for head in _SHOWN) for one in compared]
        )
    if found.disagreements:
        totals = len(found.disagreements)
        yield ""
        yield f"{number_of(totals, 'total')} {'is' if totals == 1 else 'are'} not what the items give:"
        yield from (printable(f"  {line}") for line in found.disagreements)
