"""The loss around an update as a map: colours go by log10 of the loss; over it the path, and what clipping cut off.

Fed from answers of `engine.landscape`, each with "label", not from frames: bindings resolve in
`{"networks": shown(found)}`. One subplot a network, each on a plane of its own; one colour scale for all, whose limits
follow the data of this map (unlike those of a run's maps: losses know no fixed ones).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .base import Bindings, Template, View, bind, size_of
from .grid import Axes, Panel, heatmaps
from .theme import Scale

MOST_DECADES = 10.0  # of the colour scale
CHANCE = 2.5  # decades below all but a hundredth of the points: lower is a hit by chance
LINES = 12  # of equal loss, from end to end of the colours
MANY = 15  # points of a path from which on they are drawn finer
DARK, WHITE, FREE = "#10141c", "#ffffff", "#ff9a5c"
SHAPES = {"start": ("square", 9, WHITE), "here": ("diamond", 13, WHITE), "free": ("x", 11, FREE)}
Answers = Sequence[dict[str, Any]]


def build_landscape(found: Answers, view: View | None = None) -> tuple[Template, Bindings]:
    """Template and bindings of `engine.landscape` answers, which bring their words and ranges along."""
    view = view or View()
    scale = scale_of_losses(found)
    panels = [Panel(a["network"], 0, a["label"], f"networks.{i}.z", "%{hovertext}", len(a["x"]), len(a["y"]))
              for i, a in enumerate(found)]  # fmt: skip
    columns = 1 if view.narrow else min(len(found), 4)
    axes = Axes("", "", 1.0, shared_rows=False, columns=columns)
    own = View(view.layer, columns, view.narrow, view.palette, view.say)
    template, _ = heatmaps(panels, axes, scale, view.say("loss (log scale)"), own)
    layout, data = template["layout"], []
    bindings: Bindings = []
    for i, answer in enumerate(found):
        for trace, paths in _traces(template["data"][i], answer, scale, view):
            data.append(trace)
            bindings += [bind(len(data) - 1, name, f"networks.{i}.{path}") for name, path in paths.items()]
        _axes(layout, i, answer, view)
        if i % columns and answer["y_name"] != found[i - i % columns]["y_name"]:
            _side(layout, answer, view)
    for name in dict.fromkeys(trace["name"] for trace in data if trace.get("showlegend")):
        same = [trace for trace in data if trace.get("name") == name]
        for trace in same:
            trace["showlegend"] = trace is same[0]
    _head(layout, 92 if view.narrow else 52 if columns == 1 else 30)
    _name_bands(layout["coloraxis"]["colorbar"], view)
    layout["meta"]["kind"] = "landscape"
    return {"data": data, "layout": layout}, bindings


def shown(found: Answers) -> list[dict[str, Any]]:
    """Return what is drawn of answers: "z" on the colour axis, "log" the log10 of the loss, path and marks."""
    scale = scale_of_losses(found)
    return [_shown(answer, scale) for answer in found]


def scale_of_losses(found: Answers) -> Scale:
    """One colour scale over log10 of all finite losses; bands for what is outside, where there is any."""
    values = np.concatenate([log_loss(answer).ravel() for answer in found])
    finite = np.sort(values[np.isfinite(values)])
    lo, hi = (float(finite[0]), float(finite[-1])) if finite.size else (-1.0, 0.0)
    if finite.size:  # one point that hits the answer by chance must not take all the colours
        lo = max(lo, float(finite[len(finite) // 100]) - CHANCE)
    hi = min(hi, lo + MOST_DECADES)
    if hi - lo < 0.02:
        lo, hi = lo - 0.01, hi + 0.01
    band = (hi - lo) / 16
    kinds = [("zero", np.isneginf(values).any(), -1), ("below", (finite < lo).any(), -1),
             ("above", (finite > hi).any(), 1), ("infinite", np.isposinf(values).any(), 1)]  # fmt: skip
    low = [kind for kind, there, side in kinds if there and side < 0]
    high = [kind for kind, there, side in kinds if there and side > 0]
    specials = {kind: lo - (len(low) - i - 0.5) * band for i, kind in enumerate(low)}
    specials |= {kind: hi + (i + 0.5) * band for i, kind in enumerate(high)}
    named = {"zero": "exact 0", "below": "below", "above": "above", "infinite": "∞"}
    inside = _ticks(lo + 0.8 * band * bool(low), hi - 0.8 * band * bool(high))  # not into the words of the bands
    ticks = [*((specials[kind], named[kind]) for kind in low), *inside,
             *((specials[kind], named[kind]) for kind in high)]  # fmt: skip
    return Scale("magnitude", lo, hi, lo - len(low) * band, hi + len(high) * band, specials, tuple(ticks))


def log_loss(answer: dict[str, Any]) -> NDArray[Any]:
    """Return log10 of the losses of a grid: -inf for an exact 0, inf and NaN as they are."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log10(np.asarray(answer["loss"], dtype=np.float64)))


def _ticks(lo: float, hi: float) -> list[tuple[float, str]]:
    """Return places (log10) and texts: decades, or 1-2-5 within few of them, at most about 7."""
    decades = range(math.ceil(lo), math.floor(hi) + 1)
    if len(decades) >= 3:
        every = math.ceil(len(decades) / 6)
        return [(float(d), size_of(10.0**d)) for d in decades if d % every == 0]
    values = [m * 10.0**e for e in range(math.floor(lo), math.ceil(hi) + 1) for m in (1, 2, 5)]
    inside = [(math.log10(v), size_of(v)) for v in values if lo <= math.log10(v) <= hi]
    return inside if len(inside) >= 2 else [(v, f"{10**v:.3g}") for v in np.linspace(lo, hi, 4).tolist()]


def _shown(answer: dict[str, Any], scale: Scale) -> dict[str, Any]:
    log = log_loss(answer)
    free, off_map = _end(answer)
    dashed = np.stack([answer["before"], free]) if np.isfinite(free).all() else np.full((2, 2), np.nan)
    path = np.asarray(answer["path"], dtype=np.float64)
    return {
        "z": scale.display(log).astype(np.float32), "log": log.astype(np.float32), "x": answer["x"],
        "y": answer["y"], "path_x": path[:, 0], "path_y": path[:, 1], "steps": answer["path_steps"],
        "start_x": path[:1, 0], "start_y": path[:1, 1], "here_x": path[-1:, 0], "here_y": path[-1:, 1],
        "dashed_x": dashed[:, 0], "dashed_y": dashed[:, 1], "free_x": free[:1], "free_y": free[1:],
        "off_map": off_map,
    }  # fmt: skip


def _end(answer: dict[str, Any]) -> tuple[NDArray[Any], bool]:
    """Return where the unclipped update is drawn, (2,), NaN for none; on the border where it leaves the map."""
    begin, free = np.asarray(answer["before"], float), np.asarray(answer["free"], float)
    if not np.isfinite(free).all():
        return np.full(2, np.nan), False
    low, high = np.array([answer["x"][0], answer["y"][0]]), np.array([answer["x"][-1], answer["y"][-1]])
    if (free >= low).all() and (free <= high).all():
        return free, False
    if (begin < low).any() or (begin > high).any():
        return np.full(2, np.nan), True
    way = free - begin
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.where(way > 0, (high - begin) / way, (low - begin) / way)
    return begin + way * float(np.nanmin(np.where(way == 0, np.inf, shares))) * 0.97, True


def _traces(map_: dict[str, Any], answer: dict[str, Any], scale: Scale, view: View) -> list[tuple[dict[str, Any], Any]]:
    """Return the traces of one subplot, from back to front, each with what feeds it."""
    say, axes = view.say, {"xaxis": map_["xaxis"], "yaxis": map_["yaxis"]}
    for gone in ("x0", "dx"):
        map_.pop(gone, None)
    if not scale.specials:  # between points of a smooth surface; what stands apart keeps its cells
        map_["zsmooth"] = "best"
    map_["hovertemplate"] = say("log10 of the loss") + " %{customdata:.3g}<extra></extra>"
    small = {"type": "scatter", "name": "", **axes, "legendgroup": "path", "showlegend": False, "hoverinfo": "skip"}
    made = [(map_, {"x": "x", "y": "y", "z": "z", "customdata": "log"}), (_contours(axes, scale), {"x": "x", "y": "y"})]
    made += _path(small, len(answer["path_steps"]) > MANY, view)
    marks = {"start": say("where the path begins"), "here": say("the weights shown")}
    if answer["clipped"]:
        made += _dashed(small)
        marks = {"start": marks["start"], "free": say("without clipping"), "here": marks["here"]}
    made += [(_mark(small, name, text, answer, view), {"x": f"{name}_x", "y": f"{name}_y"})
             for name, text in marks.items()]  # fmt: skip
    return made


def _contours(axes: dict[str, str], scale: Scale) -> dict[str, Any]:
    """Return lines of equal loss, the same in all maps; `meta.lines`: the page feeds them with "log" of the map."""
    step = (scale.hi - scale.lo) / LINES
    levels = {"coloring": "none", "start": scale.lo + step / 2, "end": scale.hi, "size": step}
    line = {"color": "rgba(255,255,255,0.4)", "width": 0.8}
    return {"type": "contour", "name": "", **axes, "showscale": False, "hoverinfo": "skip", "showlegend": False,
            "contours": levels, "line": line, "connectgaps": False, "autocontour": False,
            "meta": {"lines": True}}  # fmt: skip


def _path(small: dict[str, Any], many: bool, view: View) -> list[tuple[dict[str, Any], Any]]:
    """Return the path, white in a dark casing: seen on every colour of the map."""
    way = {"x": "path_x", "y": "path_y"}
    casing = small | {"mode": "lines", "line": {"color": DARK, "width": 3 if many else 5}}
    marker = {"size": 4 if many else 6, "color": WHITE, "line": {"width": 1, "color": DARK}}
    path = small | {"mode": "lines+markers", "name": view.say("the optimizer's path"), "showlegend": True,
                    "line": {"color": WHITE, "width": 1.3 if many else 2.2}, "marker": marker, "hoverinfo": "all",
                    "hovertemplate": view.say("step") + " %{customdata}<extra></extra>"}  # fmt: skip
    return [(casing, way), (path, way | {"customdata": "steps"})]


def _dashed(small: dict[str, Any]) -> list[tuple[dict[str, Any], Any]]:
    ends = {"x": "dashed_x", "y": "dashed_y"}
    under = small | {"mode": "lines", "line": {"color": DARK, "width": 5}}
    over = small | {"mode": "lines", "line": {"color": FREE, "width": 2.4, "dash": "dash"}}
    return [(under, ends), (over, ends)]


def _mark(small: dict[str, Any], name: str, text: str, answer: dict[str, Any], view: View) -> dict[str, Any]:
    symbol, size, colour = SHAPES[name]
    marker: dict[str, Any] = {"symbol": symbol, "size": size, "color": colour, "line": {"width": 2, "color": DARK}}
    if name == "free" and _end(answer)[1]:
        way = np.asarray(answer["free"]) - np.asarray(answer["before"])
        marker |= {"symbol": "triangle-up", "angle": round(math.degrees(math.atan2(way[0], way[1])), 1), "size": 14}
        text = f"{text} {view.say('(off this map)')}"
    return small | {"mode": "markers", "name": text, "legendgroup": text, "marker": marker, "showlegend": True,
                    "hoverinfo": "all", "hovertemplate": f"{text}<extra></extra>", "cliponaxis": False}  # fmt: skip


def _axes(layout: dict[str, Any], i: int, answer: dict[str, Any], view: View) -> None:
    number = "" if i == 0 else str(i + 1)
    for letter in "xy":
        axis, values = layout[f"{letter}axis{number}"], answer[letter]
        edge = (values[1] - values[0]) / 2
        axis.pop("matches", None)
        axis |= {"range": [float(values[0] - edge), float(values[-1] + edge)], "nticks": 5, "zeroline": False}
        if "title" in axis:
            axis["title"] = {**axis["title"], "text": _way(answer[f"{letter}_name"], view)}


def _side(layout: dict[str, Any], answer: dict[str, Any], view: View) -> None:
    """Say what goes up where it is not what goes up in the first map of the row."""
    heading = next(note for note in layout["annotations"] if note["text"] == f"<b>{answer['label']}</b>")
    heading["text"] += f" ↑ {_way(answer['y_name'], view)}"


def _way(name: str, view: View) -> str:
    words = {"update": view.say("along the update"), "path": view.say("across it, along the path"),
             "random": view.say("a random way across")}  # fmt: skip
    return words.get(name, _weight(name))


def _weight(name: str) -> str:
    """Return a weight as a reader knows it: w_x and w_rec of the seed where it is a 1 x 1 matrix of the first layer."""
    return {"weight_ih_l0[0, 0]": "w<sub>x</sub>", "weight_hh_l0[0, 0]": "w<sub>rec</sub>"}.get(name, name)


def _head(layout: dict[str, Any], legend: int) -> None:
    """Make room for the legend above the maps, so many pixels, and for the words beside their axes."""
    layout["margin"]["t"] += legend
    layout["margin"]["l"] += 14
    layout["height"] += legend
    layout["showlegend"] = True
    layout["dragmode"] = False
    layout["legend"] = {"orientation": "h", "x": 0, "y": 1, "yanchor": "top", "yref": "container",
                        "font": {"size": 11}, "bgcolor": "rgba(0,0,0,0)", "itemclick": False,
                        "itemdoubleclick": False, "itemsizing": "constant"}  # fmt: skip


def _name_bands(bar: dict[str, Any], view: View) -> None:
    words = {"below": view.say("less"), "above": view.say("more")}
    bar["ticktext"] = [words.get(text, text) for text in bar["ticktext"]]
