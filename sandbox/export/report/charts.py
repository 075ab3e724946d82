"""The pictures of a report as Vega-Lite specifications, and as SVG or PNG, drawn by vl-convert.

Colours are those of Okabe and Ito (2008), which people with any colour vision tell apart; every arm has a
dash and a shape of its own beside its colour. What is text takes the page's own colour, light or dark.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from sandbox.errors import SandboxError

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
    scores: Sequence[PlottedScore], arms: Sequence[str], scale: str, within: tuple[float, float]
) -> dict[str, Any]:
    """Scores over the measurement points, a line an arm, with thin bars for the intervals."""

    def look(kind: str, looks: Sequence[Any]) -> dict[str, Any]:
        its = [looks[place % len(looks)] for place in range(len(arms))]
        return {kind: {"field": "arm", "type": "nominal", "title": None, "sort": list(arms),
                       "scale": {"domain": list(arms), "range": its}}}  # fmt: skip

    points = list(dict.fromkeys(one.point for one in scores))
    y = {"field": "score", "type": "quantitative", "title": scale, "scale": {"domain": list(within)}}
    common = {
        "x": {
            "field": "point", "type": "nominal", "sort": points, "title": "measurement point",
            "axis": {"labelAngle": 0, "labelOverlap": True},
        },
        "xOffset": {"field": "arm", "type": "nominal", "sort": list(arms), "scale": {"range": [-9, 9]}},
        **look("color", _COLOURS),
    }  # fmt: skip
    bars = {**common, "y": {**y, "field": "low"}, "y2": {"field": "high"}}
    return _finished(
        [asdict(one) for one in scores],
        {"mark": {"type": "rule", "opacity": 0.35, "strokeWidth": 1}, "encoding": bars},
        {"mark": "line", "encoding": {**common, "y": y, **look("strokeDash", _DASHES)}},
        {
            "mark": {"type": "point", "filled": True, "size": 55, "opacity": 1},
            "encoding": {**common, "y": y, **look("shape", _SHAPES)},
        },
        width=560,
        height=260,
    )


def forest(effects: Sequence[PlottedEffect], unit: str) -> dict[str, Any]:
    """Effects one below the other with their intervals, and a line at 0."""
    rows = [one.row for one in effects]
    y = {"field": "row", "type": "nominal", "sort": rows, "title": None, "axis": {"labelLimit": 420}}
    x = {"field": "effect", "type": "quantitative", "title": unit}
    return _finished(
        [asdict(one) for one in effects],
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
        width=400,
        height=max(60, 34 * len(rows)),
    )  # fmt: skip


def _finished(
    values: Sequence[Mapping[str, Any]], *layers: Mapping[str, Any], width: int, height: int
) -> dict[str, Any]:
    text = {"labelColor": _INK, "titleColor": _INK, "labelFontSize": 12, "titleFontSize": 12}
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": width,
        "height": height,
        "background": "transparent",
        "padding": {"left": 36, "right": 16, "top": 6, "bottom": 6},  # a reader's font may be wider
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
            "legend": {**text, "orient": "bottom", "labelLimit": 420, "columns": 2},
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
