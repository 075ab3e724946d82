"""How a score or a difference of scores is written: alike on screens, in the terminal and in files."""

MISSING = "–"
_MINUS = "−"


def numeral(value: float | None, *, signed: bool = False, decimals: int = 1) -> str:
    """`24.8`; with `signed` `+24.8`, `−24.8` or `±0.0`. A real minus sign; an en dash for None.

    It is rounded here and nowhere before: a difference comes in unrounded.
    """
    if value is None:
        return MISSING
    text = f"{value:.{decimals}f}".removeprefix("-")
    if float(text) == 0:
        return f"±{text}" if signed else text
    sign = _MINUS if value < 0 else "+" if signed else ""
    return sign + text
