"""The result of a sweep as heatmaps over one or two fields: a subplot per network, one colour scale for all.

Bindings resolve in a surface (`app.results.surface`): for each panel the mean over all points of equal fields, its
label and its sentence. Unlike those of a run's maps the limits follow the data: a sweep is compared within itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .base import Bindings, Say, Template, View, bind, size_of
from .grid import Axes, Panel, heatmaps
from .ink import BLACK, inks
from .theme import Scale

MOST_LABELS = {False: 40, True: 12}  # cells across with room for their numbers, on wide and narrow pages
MOST_TICKS = 12
ONE_TWO_FIVE = [m * 10.0**e for e in range(-12, 9) for m in (1, 2, 5)]


@dataclass(frozen=True)
class Measure:
    """One number of a trained network: its words, and whether its colour goes by log10.

    `never`: it may be infinite, which has a colour of its own. `whole`: fixed limits of the colours.
    """

    label: str
    log: bool = False
    never: bool = False
    whole: tuple[float, float] | None = None


MEASURES = {
    "half_life": Measure("half-life of ∂h<sub>t</sub>/∂h<sub>k</sub> (steps)", never=True),
    "cell_half_life": Measure("half-life of ∂c<sub>t</sub>/∂c<sub>k</sub> (steps)", never=True),
    "loss": Measure("final loss", log=True),
    "accuracy": Measure("final accuracy", whole=(0.0, 1.0)),
    "grad_norm": Measure("gradient norm", log=True),
    "log_flow": Measure("log10 ‖∂h<sub>t</sub>/∂h<sub>k</sub>‖ over T − 1 steps"),
    "log_cell_flow": Measure("log10 ‖∂c<sub>t</sub>/∂c<sub>k</sub>‖ over T − 1 steps"),
}


def build_surface(surface: Mapping[str, Any], view: View | None = None) -> tuple[Template, Bindings]:
    """Template and bindings of a surface `{"measure", "x", "y", "panels"}`.

    `x` and `y` are `{"title", "labels"}`, panels `{"title", "network", "shown" (rows, columns), "text", "said"}`;
    `shown` is on the colour axis's scale (log10 where `MEASURES` says so). Raises KeyError for an unknown measure.
    """
    view = view or View()
    x, y, measure = surface["x"], surface["y"], MEASURES[surface["measure"]]
    columns, rows = len(x["labels"]), len(y["labels"])
    panels = [Panel(panel["network"], 0, view.say(panel["title"]), f"panels.{i}.shown", "%{hovertext}", columns, rows)
              for i, panel in enumerate(surface["panels"])]  # fmt: skip
    wide = 1 if view.narrow else min(len(panels), 4)
    aspect = min(0.9, max(0.36 if view.narrow else 0.2, 0.6 * rows / columns * (1 if wide > 1 or view.narrow else 0.7)))
    axes = Axes(view.say(x["title"]), view.say(y["title"]), aspect, columns=wide)
    scale = scale_for(measure, [panel["shown"] for panel in surface["panels"]], view.say)
    template, bindings = heatmaps(panels, axes, scale, view.say(measure.label), _with_columns(view, wide))
    _name_ticks(template["layout"], x["labels"], y["labels"])
    for index, trace in enumerate(template["data"]):
        trace |= {"xgap": 1, "ygap": 1}
        bindings += [bind(index, "hovertext", f"panels.{index}.said")]
    if columns * wide <= MOST_LABELS[view.narrow]:
        for trace, panel in zip(list(template["data"]), surface["panels"], strict=True):
            template["data"].append(_numbers(trace, panel, scale, view))
    return template, bindings


def _numbers(trace: dict[str, Any], panel: Mapping[str, Any], scale: Scale, view: View) -> dict[str, Any]:
    """The cells' numbers, each in the ink that reads on its cell: plotly's own choice goes below 4.5 : 1.

    Where nothing is painted it does not, so there the heatmap's own words stand. A blank there and not nothing: once a
    text was empty plotly draws none in its place any more, and a sweep is drawn again and again on its way.
    """
    colours = inks(scale.display(np.asarray(panel["shown"], dtype=float)), scale, scale.colorscale(view.palette))
    own = [["" if ink else text for ink, text in zip(*row, strict=True)]
           for row in zip(colours, panel["text"], strict=True)]  # fmt: skip
    trace |= {"text": own, "texttemplate": "%{text}", "textfont": {"size": 11}}
    cells = list(np.ndindex(colours.shape))
    return {
        "type": "scatter", "mode": "text", "hoverinfo": "skip", "xaxis": trace["xaxis"], "yaxis": trace["yaxis"],
        "x": [column for _, column in cells], "y": [row for row, _ in cells],
        "text": [panel["text"][row][column] if colours[row, column] else " " for row, column in cells],
        "textfont": {"size": 11, "color": [str(colours[cell]) or BLACK for cell in cells]},
    }  # fmt: skip


def scale_for(measure: Measure, shown: list[Any], say: Say = str) -> Scale:
    """The colour scale of what is shown, with a band for `never` where the measure may be infinite."""
    values = np.concatenate([np.asarray(part, dtype=float).ravel() for part in shown] or [np.zeros(0)])
    finite = values[np.isfinite(values)]
    lo, hi = measure.whole or _limits(measure, finite)
    span = hi - lo
    ticks = [*_ticks(measure, lo, hi)]
    if not measure.never:
        return Scale("magnitude", lo, hi, lo, hi, {}, tuple(ticks))
    band = span / 9
    return Scale(
        "magnitude", lo, hi, lo, hi + band, {"infinite": hi + band / 2}, (*ticks, (hi + band / 2, say("never")))
    )


def _limits(measure: Measure, finite: Any) -> tuple[float, float]:
    if not finite.size:
        return 0.0, 1.0
    lo, hi = (0.0 if measure.never else float(finite.min())), float(finite.max())
    room = 0.02 * (hi - lo)
    return (lo, hi + room) if hi - lo > 1e-9 else (lo - 0.5, hi + 0.5)


def _ticks(measure: Measure, lo: float, hi: float) -> list[tuple[float, str]]:
    if measure.log:
        inside = [(math.log10(v), size_of(v)) for v in ONE_TWO_FIVE if lo <= math.log10(v) <= hi]
        if len(inside) > 8:  # whole decades, evenly
            inside = [(at, text) for at, text in inside if abs(at - round(at)) < 1e-9]
        if len(inside) >= 2:
            return inside[:: math.ceil(len(inside) / 8)]
        return [(v, f"{10**v:.3g}") for v in np.linspace(lo, hi, 4).tolist()]
    step = next(s for s in ONE_TWO_FIVE if (hi - lo) / s <= 6)
    first = math.ceil(lo / step - 1e-9)
    return [(i * step, f"{i * step:g}".replace("-", "−")) for i in range(first, math.floor(hi / step + 1e-9) + 1)]


def _with_columns(view: View, columns: int) -> View:
    return View(view.layer, columns, view.narrow, view.palette, view.say)


def _name_ticks(layout: dict[str, Any], across: list[str], up: list[str]) -> None:
    for name in [name for name in layout if name.startswith(("xaxis", "yaxis"))]:
        labels = across if name.startswith("x") else up
        every = math.ceil(len(labels) / MOST_TICKS)
        places = list(range(0, len(labels), every))
        layout[name] |= {"tickmode": "array", "tickvals": places, "ticktext": [labels[i] for i in places]}
        layout[name].pop("nticks", None)
    longest = max(len(label) for label in up)
    layout["margin"]["l"] = max(layout["margin"]["l"], min(130, 34 + 7 * longest))
