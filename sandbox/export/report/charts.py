"""The pictures of a report as Vega-Lite specifications, and as SVG or PNG, drawn by vl-convert.

Colours are those of Okabe and Ito (2008), which people with any colour vision tell apart; every arm has a
dash and a shape of its own beside its colour. They are narrow enough for a telephone.
What is text takes the page's own colour, light or dark.
"""

import json
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.errors import SandboxError
from sandbox.text import printable

_INK = "#0a0b0c"
"""Stands for the page's own text colour until the picture is in the page."""
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_DASHES = ([1, 0], [6, 3], [2, 2], [8, 3, 2, 3], [4, 4], [1, 3])
_SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")


@dataclass(frozen=True, slots=True)
class PlottedScore:
    """A mean score at a point with its interval (equal to it where there is none); None where it is missing:
    the line is broken there."""

    arm: str
    point: str
    score: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class PlottedEffect:
    """A technique effect with its interval (equal to it where there is none)."""

    row: str
    effect: float
    low: float
    high: float


def trajectories(
    scores: Sequence[PlottedScore], arms: Mapping[str, str], scale: str, within: tuple[float, float]
) -> dict[str, Any]:
    """Scores over the measurement points, a line an arm, with thin bars for the intervals.

    `arms` has by its title what an arm has its colour by: arms of one technique have one colour, and each a
    dash and a shape of its own.
    """
    titles = {arm: _wrapped(arm, _LEGEND_LINE) for arm in arms}
    kinds = list(dict.fromkeys(arms.values()))
    colours = [kinds.index(kind) for kind in arms.values()]
    own = range(len(arms))

    def look(kind: str, looks: Sequence[Any], places: Iterable[int]) -> dict[str, Any]:
        its = [looks[place % len(looks)] for place in places]
        domain = list(titles.values())
        legend = None if kind == "strokeDash" else {"labelExpr": _LINES}
        return {kind: {"field": "arm", "type": "nominal", "title": None, "sort": domain,
                       "scale": {"domain": domain, "range": its}, "legend": legend}}  # fmt: skip

    points = list(dict.fromkeys(one.point for one in scores))
    beside = {arm: _SPREAD * (place + 0.5 - len(arms) / 2) / len(arms) for place, arm in enumerate(arms)}
    values = [
        {**asdict(one), "arm": titles[one.arm], "place": points.index(one.point) + beside[one.arm]}
        for one in scores
    ]
    y = {"field": "score", "type": "quantitative", "title": scale, "scale": {"domain": list(within)}}
    common = {
        "x": {
            "field": "place", "type": "quantitative", "title": "measurement point",
            "scale": {"domain": [-0.5, len(points) - 0.5], "nice": False, "zero": False},
            "axis": {
                "values": list(range(len(points))), "labelExpr": f"{json.dumps(points)}[datum.value]",
                "labelOverlap": True, "labelFlush": False, "grid": False,
            },
        },
        **look("color", _COLOURS, colours),
    }  # fmt: skip
    bars = {**common, "y": {**y, "field": "low"}, "y2": {"field": "high"}}
    return _finished(
        values,
        {"mark": {"type": "rule", "opacity": 0.35, "strokeWidth": 1, "clip": True}, "encoding": bars},
        {"mark": "line", "encoding": {**common, "y": y, **look("strokeDash", _DASHES, own)}},
        {
            "mark": {"type": "point", "filled": True, "size": 55, "opacity": 1},
            "encoding": {**common, "y": y, **look("shape", _SHAPES, own)},
        },
        width=420,
        height=230,
    )


def forest(effects: Sequence[PlottedEffect], unit: str) -> dict[str, Any]:
    """Effects one below the other with their intervals, and a line at 0."""
    rows = [_wrapped(one.row, _ROW_LINE) for one in effects]
    lines = max((row.count("\n") + 1 for row in rows), default=1)
    y = {
        "field": "row",
        "type": "nominal",
        "sort": rows,
        "title": None,
        "axis": {"labelLimit": 0, "labelExpr": _LINES, "labelOffset": _MIDDLE},
    }
    x = {"field": "effect", "type": "quantitative", "title": unit}
    return _finished(
        [{**asdict(one), "row": row} for one, row in zip(effects, rows, strict=True)],
        {"mark": {"type": "rule", "strokeDash": [3, 3], "color": _INK}, "encoding": {"x": {"datum": 0}}},
        {
            "mark": {"type": "rule", "color": _COLOURS[0], "strokeWidth": 2},
            "encoding": {"y": y, "x": {**x, "field": "low"}, "x2": {"field": "high"}},
        },
        {
            "mark": {"type": "point", "filled": True, "shape": "square", "size": 70, "opacity": 1,
                     "color": _COLOURS[0]},
            "encoding": {"y": y, "x": x},
        },
        width=250,
        height=max(60, (20 + 14 * lines) * len(rows)),
    )  # fmt: skip


_SPREAD = 0.22
"""How far apart the arms stand at one measurement point, as a share of the way to the next."""
_LEGEND_LINE, _ROW_LINE = 52, 30
"""Letters of a line of the legend, and of the name of a row: longer titles go on below."""
_LINES = "split(datum.label, '\\n')"
_MIDDLE = {"expr": f"-7.5 * (length({_LINES}) - 1)"}
"""Lifts a name of several lines, so that its middle stands at its row."""


def _wrapped(title: str, width: int) -> str:
    return textwrap.fill(printable(title), width)


def _finished(
    values: Sequence[Mapping[str, Any]], *layers: Mapping[str, Any], width: int, height: int
) -> dict[str, Any]:
    text = {"labelColor": _INK, "titleColor": _INK, "labelFontSize": 13, "titleFontSize": 13}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": width,
        "height": height,
        "background": "transparent",
        "padding": {"left": 24, "right": 24, "top": 6, "bottom": 6},  # a reader's font may be wider
        "data": {"values": list(values)},
        "layer": list(layers),
        "config": {
            "axis": {
                **text,
                "gridColor": "#888888",
                "gridOpacity": 0.3,
                "domainColor": _INK,
                "tickColor": _INK,
            },
            "legend": {**text, "orient": "bottom", "labelLimit": 0, "columns": 1, "symbolOpacity": 1},
            "view": {"stroke": None},
        },
    }


def svg(specification: Mapping[str, Any], ink: str = "currentColor") -> str:
    """The picture as SVG. Its text has the colour `ink`: that of where it stands, if nothing is said."""
    drawn: str = _converter().vegalite_to_svg(dict(specification))
    return drawn.replace(_INK, ink)


def png(specification: Mapping[str, Any]) -> bytes:
    """The picture as PNG on white, twice as fine as it is shown."""
    drawn: bytes = _converter().vegalite_to_png({**specification, "background": "white"}, scale=2)
    return drawn


def _converter() -> Any:
    try:
        import vl_convert
    except ImportError as error:
        raise missing("vl-convert-python") from error
    return vl_convert


def missing(package: str) -> SandboxError:
    """What is said when a package that only reports and transcripts need is not installed."""
    return SandboxError(
        f"This file needs the package {package}, which is not installed.",
        todo='Install what reports and transcripts need: pip install "therapy-sandbox[report]"',
    )
