"""A chart of an answer as SVG, drawn by Vega-Lite on this machine: no Node, no other host, no script.

What may be drawn is a closed list; the specification is made here, never taken from a request, for one may
fetch addresses and run expressions.
"""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from nlq.drawing import Drawer
from nlq.errors import RequestError, SettingsError
from nlq.http.body import Body, Scalar, read_body
from nlq.http.console.router import router
from nlq.http.reply import reply
from nlq.http.routes import door_of

DRAWER = Drawer()

MOST = 2000
"""Points, at most: enough for an eye, and a tenth of a second."""

MAX_BYTES = 400_000

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]+")

Scale = Literal["nominal", "quantitative", "temporal"]


class Axis(Body):
    """One column of the answer: its name, how its values are to be read, and they."""

    name: str = Field(max_length=200)
    scale: Scale
    values: list[Scalar] = Field(max_length=MOST)


class ChartBody(Body):
    """What to draw: `y` over `x`, a colour for each `colour`; a heat map may do without `y`."""

    kind: Literal["bar", "line", "points", "histogram", "heat"]
    x: Axis
    y: Axis | None = None
    colour: Axis | None = None
    dark: bool = False
    width: int = Field(default=720, ge=200, le=2000)


@router.post("/chart")
async def chart(request: Request) -> Response:
    """The chart as SVG."""
    door = door_of(request)
    await door.caller(request)
    asked = await read_body(request, ChartBody, most=MAX_BYTES)
    return await reply(request, door.workers, lambda *_: {"svg": draw(asked)})


def can_draw() -> bool:
    """Whether the extra `console` is installed."""
    from importlib.util import find_spec

    return find_spec("vl_convert") is not None


def draw(asked: ChartBody) -> str:
    """The chart as SVG. Raises `request.invalid`, and `settings.missing_extra`."""
    spec = specify(asked)
    if not can_draw():
        raise SettingsError(
            "settings.missing_extra", "charts need the extra `console`", "pip install 'nlq[console]'"
        )
    return DRAWER.draw(spec)


def specify(asked: ChartBody) -> dict[str, Any]:
    """The specification in Vega-Lite: fields have names of our own, so that no name is an expression.

    Raises `request.invalid` where the parts do not fit each other.
    """
    axes = {name: axis for name in ("x", "y", "colour") if (axis := getattr(asked, name)) is not None}
    if len({len(axis.values) for axis in axes.values()}) != 1:
        raise RequestError("request.invalid", "the columns of a chart are not of the same length")
    if asked.kind not in ("histogram", "heat") and asked.y is None:
        raise RequestError("request.invalid", f"a chart of {asked.kind} needs `y`")
    if asked.kind == "heat" and asked.colour is None:
        raise RequestError("request.invalid", "a heat map needs two categories")
    rows = [
        dict(zip(axes, map(_printable, values), strict=True))
        for values in zip(*(axis.values for axis in axes.values()), strict=True)
    ]
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "data": {"values": rows},
        "width": asked.width,
        "height": _height(asked),
        "autosize": {"type": "fit", "contains": "padding"},
        "mark": _MARKS[asked.kind],
        "encoding": _encoding(asked),
        "config": _config(asked.dark),
    }


_MARKS: dict[str, dict[str, Any]] = {
    "bar": {"type": "bar", "cornerRadiusEnd": 2},
    "line": {"type": "line", "point": {"size": 28}, "strokeWidth": 2},
    "points": {"type": "point", "filled": True, "size": 42, "opacity": 0.7},
    "histogram": {"type": "bar", "cornerRadiusEnd": 2, "binSpacing": 1},
    "heat": {"type": "rect"},
}


def _height(asked: ChartBody) -> int:
    if asked.kind == "heat" or (asked.kind == "bar" and asked.x.scale == "nominal"):
        across = asked.colour if asked.kind == "heat" and asked.colour else asked.x
        return min(max(len({str(v) for v in across.values}) * 24 + 60, 200), 1400)
    return 360


def _encoding(asked: ChartBody) -> dict[str, Any]:
    x = _channel("x", asked.x)
    y = _channel("y", asked.y) if asked.y else None
    colour = _channel("colour", asked.colour) if asked.colour else None
    match asked.kind:
        case "histogram":
            return {"x": {**x, "bin": {"maxbins": 30}}, "y": {"aggregate": "count", "title": "rows"}}
        case "heat":
            much = {**y, "aggregate": "sum"} if y else {"aggregate": "count", "title": "rows"}
            return {"x": {**x, "sort": None}, "y": {**(colour or {}), "sort": None}, "color": much}
        case "bar" if asked.x.scale == "nominal":
            # Names are read more easily from left to right; the order is that of the answer.
            bars = {"y": {**x, "sort": None}, "x": y or {}}
        case _:
            bars = {"x": x, "y": y or {}}
    return {**bars, "color": colour} if colour else bars


def _channel(field: str, axis: Axis) -> dict[str, Any]:
    channel: dict[str, Any] = {
        "field": field,
        "type": axis.scale,
        "title": _printable(axis.name.replace("_", " ")),
    }
    if axis.scale == "temporal":
        channel["scale"] = {"type": "utc"}  # or labels would depend on where the server stands
    elif field == "x" and axis.scale == "nominal":
        channel["sort"] = None
    return channel


def _printable(value: Scalar) -> Scalar:
    """The value without characters that the engine refuses: of a line break in a title it makes a list."""
    return _CONTROL.sub(" ", value) if isinstance(value, str) else value


def _config(dark: bool) -> dict[str, Any]:
    ink, line, mark = ("#cfccc4", "#3a3b35", "#84d3c6") if dark else ("#4d4a43", "#e3dfd6", "#0a5c54")
    return {
        "background": "transparent",
        "font": "system-ui, sans-serif",
        "view": {"stroke": None},
        "axis": {
            "labelColor": ink, "titleColor": ink, "gridColor": line, "domainColor": line, "tickColor": line,
            "labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": 500, "titlePadding": 12,
            "labelLimit": 220,
        },
        "legend": {"labelColor": ink, "titleColor": ink, "labelFontSize": 12, "titleFontWeight": 500},
        "bar": {"color": mark}, "line": {"color": mark}, "point": {"color": mark}, "rect": {"color": mark},
        "range": {
            "category": ["#2f8f83", "#c9822b", "#7f6bc4", "#c2574f", "#5f8f3e", "#3f7fb5", "#a7598f"],
            "heatmap": ["#1c302c", "#84d3c6"] if dark else ["#e7f1ee", "#0a5c54"],
            "ramp": ["#1c302c", "#84d3c6"] if dark else ["#e7f1ee", "#0a5c54"],
        },
    }  # fmt: skip
