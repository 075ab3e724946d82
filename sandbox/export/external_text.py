"""Trial data from elsewhere as text: where it is from, the answer, a table, and what does not agree."""

from collections.abc import Iterator

from sandbox.analysis.answer import Difference
from sandbox.analysis.enough import enough
from sandbox.analysis.external import External
from sandbox.analysis.numeral import MISSING, numeral
from sandbox.analysis.paired import hedges_gz, holm, sign_flip_p
from sandbox.analysis.rank import cluster_lines
from sandbox.analysis.sequential import evidence
from sandbox.export import NOTICE
from sandbox.export.table import terminal_table
from sandbox.text import printable

_WHOSE = {"human": "Data of people", "model": "Data of a model"}


def external_text(found: External, file: str) -> str:
    """Ends without a newline."""
    return "\n".join(_lines(found, file))


def _lines(found: External, file: str) -> Iterator[str]:
    yield printable(
        f"{_WHOSE[found.by]}, from {file}: {found.rows:,} rows. They are not part of the record, and stand"
        " beside none of its sessions."
    )
    yield ""
    lines = (*found.answer.lines, enough(found.answer), *cluster_lines(found.answer), *found.notes)
    yield from (printable(line) for line in lines if line)
    yield ""
    rows = [
        (arm, str(one.pairs), numeral(one.mean, signed=True), _interval(one.low, one.high))
        for arm, one in found.moved
    ]
    yield terminal_table(("arm", "runs", "change", "95 %"), rows)
    if compared := (*found.answer.beyond, *found.answer.between):
        p_values = (*holm([sign_flip_p(one.values) for one in found.answer.beyond]),)
        adjusted = (*p_values, *(None for _ in found.answer.between))
        yield ""
        yield terminal_table(
            ("arm", "against", "runs", "mean", "95 %", "g_z", "p (Holm)", "e-value", "verdict"),
            [_compared(one, p) for one, p in zip(compared, adjusted, strict=True)],
        )
    yield ""
    if found.disagreements:
        many = "1 total is" if len(found.disagreements) == 1 else f"{len(found.disagreements):,} totals are"
        yield f"{many} not what the items give:"
        yield from (printable(f"  {line}") for line in found.disagreements)
    if found.by == "model":
        yield NOTICE


def _compared(one: Difference, p: float | None) -> tuple[str, ...]:
    e_value = evidence(one.values, one.bound).value if one.bound and one.values else None
    return (
        one.title,
        one.against,
        str(len(one.values)),
        numeral(one.paired.mean, signed=True),
        _interval(one.paired.low, one.paired.high),
        numeral(hedges_gz(one.values), signed=True, decimals=2),
        numeral(p, decimals=3),
        numeral(min(e_value, 1e6)) if e_value is not None else MISSING,
        one.verdict if one.known else (MISSING, "one run", "no interval")[min(2, len(one.values))],
    )


def _interval(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return MISSING
    return f"[{numeral(low, signed=True)}, {numeral(high, signed=True)}]"
