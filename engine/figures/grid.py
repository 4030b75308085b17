"""Heatmaps side by side: one subplot per panel, one shared colour axis, geometry that a page can scale.

Domains are fractions and margins are pixels without automargin, so a page knows where every subplot will stand before
plotly is there: `layout.meta.grid` says how high the figure is to be for a given width.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from .base import Bindings, Template, View, base_layout, bind
from .theme import PALETTES, Scale, recolour

TITLE_PX, TICKS_PX, ROW_GAP_PX = 24, 40, 58
WIDE = {"l": 46, "r": 72, "t": TITLE_PX, "b": TICKS_PX}
NARROW = {"l": 40, "r": 12, "t": TITLE_PX, "b": TICKS_PX + 56}
NOMINAL_WIDE, NOMINAL_NARROW = 1000, 362
MOST_PX = 420  # a subplot is never higher
PLAIN_AXIS = {
    "showgrid": False,
    "zeroline": False,
    "ticks": "outside",
    "ticklen": 3,
    "nticks": 6,
    "tickfont": {"size": 10},
}
AXIS_TITLE = {"font": {"size": 11}, "standoff": 4}
FLAT_BAR = {
    "orientation": "h",
    "x": 0.5,
    "xanchor": "center",
    "y": 0,
    "yanchor": "bottom",
    "yref": "container",
    "len": 1.0,
}
FLAT_BAR |= {"thickness": 10, "xpad": 0, "tickangle": 0, "xref": "paper"}


@dataclass(frozen=True)
class Panel:
    """One heatmap: whose, of what, and what a hovered cell says.

    `hover` is a plotly hover template; `x` and `y` are bound arrays or, where None, count from `x0` and 0.
    `heading` stands over it in place of the title, where neighbours say the rest; `side` in place of the y axis' title.
    """

    network: int
    layer: int
    title: str
    path: str
    hover: str
    columns: int
    rows: int
    transpose: bool = False
    x: str | None = None
    y: str | None = None
    x0: int = 0
    pick: bool = False
    heading: str | None = None
    side: str = ""


@dataclass(frozen=True)
class Axes:
    """Titles of the two axes and the shape of a subplot (height / width).

    `down`: rows grow downwards, as in a matrix. `shared_rows`: all panels have the same rows, so one set of ticks does
    and zooming one zooms all. `columns`: most subplots in a row. `by_network`: every network starts a new row.
    `aligned`: rows of `columns` mean something, on a phone, too.
    """

    x: str
    y: str
    aspect: float
    down: bool = False
    shared_rows: bool = True
    columns: int = 4
    by_network: bool = False
    aligned: bool = False


def heatmaps(panels: list[Panel], axes: Axes, scale: Scale, bar: str, view: View) -> tuple[Template, Bindings]:
    """The template of a row (or rows) of heatmaps with one colour axis, and its bindings."""
    columns = _columns(panels, axes, view)
    slots = _slots(panels, columns, axes.by_network)
    layout = base_layout(view, margin=dict(NARROW if view.narrow else WIDE), annotations=[])
    layout["coloraxis"] = scale.coloraxis(view.palette, bar)
    named = layout["coloraxis"]["colorbar"]
    named["ticktext"] = [view.say("exact 0") if text == "exact 0" else text for text in named["ticktext"]]
    if view.narrow:
        _lay_flat(layout["coloraxis"]["colorbar"])
        layout["annotations"].append(_caption(bar))
        layout["dragmode"] = False  # a finger scrolls the page
    size = {"rows": slots[-1] // columns + 1, "columns": columns, "aspect": axes.aspect, "gap": 0.035}
    size |= {"rowGap": ROW_GAP_PX, "most": MOST_PX}
    layout["height"] = height(size, layout["margin"], NOMINAL_NARROW if view.narrow else NOMINAL_WIDE)
    for index, panel in enumerate(panels):
        _subplot(layout, index, slots[index], panel, axes, size)
    layout["meta"] = {"kind": "heatmaps", "scale": scale.meta(), "grid": size}
    layout["meta"]["themes"] = {name: recolour(layout, palette, scale) for name, palette in PALETTES.items()}
    layout["meta"]["undefined"] = {name: palette.undefined for name, palette in PALETTES.items()}
    data = [_trace(index, panel) for index, panel in enumerate(panels)]
    return {"data": data, "layout": layout}, [b for i, panel in enumerate(panels) for b in _bindings(i, panel)]


def _columns(panels: list[Panel], axes: Axes, view: View) -> int:
    """Subplots in a row. Three square maps stay side by side on a phone, too: they are one comparison."""
    narrow = 3 if len(panels) == 3 and axes.aspect == 1 else 2
    wanted = view.columns or (narrow if view.narrow and not axes.aligned else axes.columns)
    return min(wanted, len(panels))


def height(size: dict[str, Any], margin: dict[str, int], width: float) -> int:
    """Pixels a figure of this grid should be high at a width; static/geometry.js has the same rule."""
    plot = width - margin["l"] - margin["r"]
    cell = plot * (1 - size["gap"] * (size["columns"] - 1)) / size["columns"] * size["aspect"]
    inner = size["rows"] * min(cell, size["most"]) + (size["rows"] - 1) * size["rowGap"]
    return int(round(inner + margin["t"] + margin["b"]))


def _lay_flat(bar: dict[str, Any]) -> None:
    """Turn the colour bar to lie below the plots; labels that would run into those of the bands are left out."""
    bar |= FLAT_BAR
    del bar["title"]
    texts = bar["ticktext"]
    if texts[-1] == "∞":
        kept = [i for i, text in enumerate(texts) if i != 1 and text[0] != "≥"]
        bar |= {name: [bar[name][i] for i in kept] for name in ("tickvals", "ticktext")}


def _slots(panels: list[Panel], columns: int, by_network: bool) -> list[int]:
    """Place of every panel in the grid, counted row by row; a network may have to start a row of its own."""
    slots: list[int] = []
    for before, panel in zip([None, *panels], panels, strict=False):
        slot = slots[-1] + 1 if slots else 0
        if by_network and before is not None and before.network != panel.network:
            slot = math.ceil(slot / columns) * columns
        slots.append(slot)
    return slots


def _domains(slot: int, size: dict[str, Any], inner: float) -> tuple[list[float], list[float]]:
    """Fractions of the plot area that a slot takes, left to right, then top to bottom."""
    row, column = divmod(slot, size["columns"])
    width = (1 - size["gap"] * (size["columns"] - 1)) / size["columns"]
    gap = size["rowGap"] / inner
    tall = (1 - gap * (size["rows"] - 1)) / size["rows"]
    left, top = column * (width + size["gap"]), 1 - row * (tall + gap)
    return [round(left, 5), round(min(1, left + width), 5)], [round(max(0, top - tall), 5), round(top, 5)]


def _subplot(layout: dict[str, Any], index: int, slot: int, panel: Panel, axes: Axes, size: dict[str, Any]) -> None:
    margin = layout["margin"]
    across, down = _domains(slot, size, layout["height"] - margin["t"] - margin["b"])
    suffix = "" if index == 0 else str(index + 1)
    x = PLAIN_AXIS | {
        "domain": across,
        "anchor": f"y{suffix}",
        "range": [panel.x0 - 0.5, panel.x0 + panel.columns - 0.5],
    }
    rows = [-0.5, panel.rows - 0.5]
    y = PLAIN_AXIS | {"domain": down, "anchor": f"x{suffix}", "range": rows[::-1] if axes.down else rows}
    x["title"] = {"text": axes.x, **AXIS_TITLE}
    if slot % size["columns"] == 0:
        y["title"] = {"text": panel.side or axes.y, **AXIS_TITLE}
    elif axes.shared_rows:
        y["showticklabels"] = False
    if index:
        x["matches"] = "x"
        if axes.shared_rows:
            y["matches"] = "y"
    layout[f"xaxis{suffix}"], layout[f"yaxis{suffix}"] = x, y
    layout["annotations"].append(_heading(panel.title if panel.heading is None else panel.heading, across, down))


def _caption(text: str) -> dict[str, Any]:
    """The colour bar's title, between plots and bar: plotly's own runs into a lying bar."""
    place = {"xref": "paper", "yref": "paper", "x": 0.5, "y": 0, "xanchor": "center", "yanchor": "top"}
    return {"text": text, "showarrow": False, "font": {"size": 11}, "yshift": -TICKS_PX - 4, **place}


def _heading(text: str, across: list[float], down: list[float]) -> dict[str, Any]:
    place = {"xref": "paper", "yref": "paper", "x": across[0], "y": down[1], "xanchor": "left", "yanchor": "bottom"}
    return {"text": f"<b>{text}</b>", "showarrow": False, "font": {"size": 12}, "yshift": 2, **place}


def _trace(index: int, panel: Panel) -> dict[str, Any]:
    suffix = "" if index == 0 else str(index + 1)
    trace: dict[str, Any] = {
        "type": "heatmap",
        "name": panel.title,
        "xaxis": f"x{suffix}",
        "yaxis": f"y{suffix}",
        "coloraxis": "coloraxis",
        "hoverongaps": False,
        "hovertemplate": f"{panel.hover}<extra>{panel.title}</extra>",
        "meta": {"network": panel.network, "layer": panel.layer, "pick": panel.pick},
    }
    if panel.x is None:
        trace |= {"x0": panel.x0, "dx": 1}
    return trace


def _bindings(index: int, panel: Panel) -> Bindings:
    made = [bind(index, "z", panel.path, panel.transpose, scale=True)]
    if panel.x is not None:
        made.append(bind(index, "x", panel.x))
    if panel.y is not None:
        made.append(bind(index, "y", panel.y))
    return made
