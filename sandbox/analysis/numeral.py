"""How a score or a difference of scores is written: alike on screens, in the terminal and in files."""

MISSING = "–"
_MINUS = "−"


def numeral(value: float | None, *, signed: bool = False, decimals: int = 1, reliable: bool = True) -> str:
    """`24.8`; with `signed` `+24.8`, `−24.8` or `±0.0`. A real minus sign; an en dash for None.

    `?` stands after one that is not reliable: a score that went into it had too little coverage. It is
    rounded here and nowhere before: a difference comes in unrounded.
    """
    if value is None:
        return MISSING
    text = f"{value:.{decimals}f}".removeprefix("-")
    doubt = "" if reliable else " ?"
    if float(text) == 0:
        return f"{'±' if signed else ''}{text}{doubt}"
    sign = _MINUS if value < 0 else "+" if signed else ""
    return sign + text + doubt


def percent(share: float | None) -> str:
    """`51 %`, `−4 %` of a share of 1; an en dash for None."""
    return MISSING if share is None else f"{numeral(100 * share, decimals=0)} %"


def interval(low: float | None, high: float | None, *, too_wide: bool = False) -> str:
    """`[−3.1, +2.0]`, an en dash where there is none; words where it is wider than the scale."""
    if low is None or high is None:
        return MISSING
    if too_wide:
        return "too few runs"
    return f"[{numeral(low, signed=True)}, {numeral(high, signed=True)}]"


def for_data(value: float) -> float:
    """The number for a data file: without the noise of floating point behind the fourth decimal."""
    return round(value, 4)
