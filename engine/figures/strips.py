"""Answers drawn beside the maps: why it vanished as a stacked strip, and the singular values of the products by lag.

Both have one subplot a network and one y axis for all. They are fed from answers (`engine.why`, `engine.spectra`), not
from frames: `{"networks": [answer, …]}`. Colours are the same on light and dark pages and 3:1 to either.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .base import Bindings, Template, View, base_layout, bind
from .theme import PALETTES, recolour

CAUSES = {"saturation": ("#d97706", ""), "weights": ("#3a78c2", ""), "gates": ("#b04288", "/"),
          "alignment": ("#8a93a3", "."),
}  # fmt: skip
GREY, BLUE, ORANGE = "#8a93a3", "#3a78c2", "#d97706"
PANEL_PX, GAP_PX = 190, 62
MARGIN = {"l": 50, "r": 14, "t": 58, "b": 44}
NARROW = {build: MARGIN | {"t": px} for build, px in (("why", 146), ("spectra", 116))}  # a legend of several rows
MOST_LINES, MOST_POINTS = 32, 160  # of singular values that are drawn
ROUNDING = 15.0  # decades below the largest singular value where float64 says nothing more


def build_why(found: Sequence[dict[str, Any]], view: View | None = None) -> tuple[Template, Bindings]:
    """Template and bindings of `engine.why` answers, each with "label": log10 shares over k, one stack a step.

    Bars stand at k for the way from step k + 1 back to k; diamonds are their sums. Bindings resolve in
    `{"networks": shown(found)}`.
    """
    view = view or View()
    say = view.say
    names = {"saturation": say("flat slopes"), "weights": say("weights at best"), "gates": say("closed gates"),
             "alignment": say("missing the weights' strongest direction"), "total": say("all together")}  # fmt: skip
    data: list[dict[str, Any]] = []
    bindings: Bindings = []
    for place, _ in enumerate(found):
        for name, label in names.items():
            hover = f"{label}: %{{y:.3f}}, k = %{{x}}<extra></extra>"
            trace = {"name": label, "legendgroup": name, "showlegend": place == 0, "x0": 0, "dx": 1}
            data.append({**trace, **_why_look(name), **_axes(place), "hovertemplate": hover})
            bindings.append(bind(len(data) - 1, "y", f"networks.{place}.{name}"))
    limits = why_limits(found)
    title = say("log10 per step") if view.narrow else say("log10 of the change, step by step")
    layout = _layout(view, [a["label"] for a in found], say("step k"), title, limits, "why")
    layout |= {"barmode": "relative", "bargap": 0.12}
    return {"data": data, "layout": layout}, bindings


def build_spectra(found: Sequence[dict[str, Any]], view: View | None = None) -> tuple[Template, Bindings]:
    """Template and bindings of `engine.spectra` answers, each with "label": log10 singular values of dh_t/dh_0 over t.

    The largest is bold; dotted is the slope of the largest Lyapunov exponent. Bindings resolve in
    `{"networks": lines(found)}`.
    """
    view = view or View()
    say = view.say
    kinds = (("all", say("singular values"), {"color": GREY, "width": 1}),
             ("largest", say("the largest"), {"color": BLUE, "width": 2.5}),
             ("slope", say("largest Lyapunov exponent"), {"color": ORANGE, "width": 2, "dash": "dot"}))  # fmt: skip
    data: list[dict[str, Any]] = []
    bindings: Bindings = []
    for place, answer in enumerate(found):
        numbers = (_directions(answer["log_singular_values"].shape[1]) + 1).tolist()
        for name, label, line in kinds:
            hover = f"{label}: %{{y:.2f}}, t = %{{x:.0f}}<extra></extra>"
            trace = {"type": "scatter", "mode": "lines", "name": label, "legendgroup": name, "connectgaps": False}
            data.append({**trace, "showlegend": place == 0, "line": line, "hovertemplate": hover, **_axes(place)})
            if name == "all":
                data[-1]["meta"] = {"directions": numbers}
            path = f"networks.{place}.{name}"
            bindings += [bind(len(data) - 1, "x", f"{path}.x"), bind(len(data) - 1, "y", f"{path}.y")]
    limits = spectra_limits(found)
    title = say("log10 of the singular values")
    return {
        "data": data,
        "layout": _layout(view, [a["label"] for a in found], say("step t"), title, limits, "spectra"),
    }, bindings


def why_limits(found: Sequence[dict[str, Any]]) -> tuple[float, float]:
    """One y range for all networks: the finite stacks, in half decades, and never less than a decade."""
    parts = [np.stack([answer[name] for name in CAUSES]) for answer in found]
    finite = [np.where(np.isfinite(part), part, 0.0) for part in parts]
    low = min(float(np.minimum(part, 0).sum(axis=0).min(initial=0)) for part in finite)
    high = max(float(np.maximum(part, 0).sum(axis=0).max(initial=0)) for part in finite)
    return min(-0.5, math.floor(low * 2.1) / 2), max(0.5, math.ceil(high * 2.1) / 2)


def shown(found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the shares as they are drawn: what kills exactly (-inf) reaches the bottom."""
    low, high = why_limits(found)
    return [{name: np.clip(answer[name], low, high) for name in (*CAUSES, "total")} for answer in found]


def lines(found: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the lines of spectra: all singular values as one line with gaps, the largest, the exponent's slope."""
    return [_lines(answer["log_singular_values"], answer["lyapunov_exponents"]) for answer in found]


def spectra_limits(found: Sequence[dict[str, Any]]) -> tuple[float, float]:
    """One y range for all networks, in whole decades."""
    known = np.concatenate([part["all"]["y"] for part in lines(found)])
    known = known[np.isfinite(known)]
    return min(-1.0, math.floor(known.min(initial=0) - 0.2)), max(1.0, math.ceil(known.max(initial=0) + 0.2))


def _lines(values: NDArray[Any], exponents: NDArray[Any]) -> dict[str, Any]:
    T, n = len(values) - 1, values.shape[1]
    steps = np.unique(np.linspace(0, T, min(T + 1, MOST_POINTS)).round().astype(int))
    which = _directions(n)
    kept = np.where(values < values[:, :1] - ROUNDING, np.nan, values)[np.ix_(steps, which)]
    gap = np.full((1, len(which)), np.nan)
    x = np.broadcast_to(np.append(steps, T)[:, None].astype(float), (len(steps) + 1, len(which)))
    slope = float(exponents.max(initial=-np.inf)) / math.log(10) * T
    return {
        "all": {"x": x.T.ravel(), "y": np.concatenate([kept, gap]).T.ravel()},
        "largest": {"x": steps.astype(float), "y": kept[:, 0]},
        "slope": {"x": np.array([0.0, T]), "y": np.array([0.0, slope])},
    }


def _directions(n: int) -> NDArray[Any]:
    """Return which of n singular values are drawn, from 0."""
    return np.unique(np.linspace(0, n - 1, min(n, MOST_LINES)).round().astype(int))


def _why_look(name: str) -> dict[str, Any]:
    if name == "total":
        marker = {"size": 5, "symbol": "diamond", "color": "#ffffff", "line": {"width": 1, "color": "#1b2330"}}
        return {"type": "scatter", "mode": "markers", "marker": marker}
    colour, shape = CAUSES[name]
    pattern = {"shape": shape, "size": 4, "solidity": 0.25, "fgcolor": "#ffffff", "fillmode": "overlay"}
    return {"type": "bar", "marker": {"color": colour, "line": {"width": 0}} | ({"pattern": pattern} if shape else {})}


def _axes(place: int) -> dict[str, str]:
    number = "" if place == 0 else str(place + 1)
    return {"xaxis": f"x{number}", "yaxis": f"y{number}"}


def _layout(view: View, labels: list[str], x: str, y: str, limits: tuple[float, float], kind: str) -> dict[str, Any]:
    """Subplots side by side, below each other on narrow pages; the same y range for all."""
    columns = 1 if view.narrow else min(len(labels), 4)
    rows = math.ceil(len(labels) / columns)
    margin = NARROW[kind] if view.narrow else MARGIN
    inner = rows * PANEL_PX + (rows - 1) * GAP_PX
    layout = base_layout(view, margin=dict(margin), height=inner + margin["t"] + margin["b"], showlegend=True)
    layout["legend"] = {"orientation": "h", "x": 0, "y": 1, "yanchor": "top", "yref": "container", "font": {"size": 11}}
    layout["legend"] |= {"bgcolor": "rgba(0,0,0,0)", "itemclick": False, "itemdoubleclick": False}
    layout["annotations"] = []
    layout["dragmode"] = False
    for place, label in enumerate(labels):
        row, column = divmod(place, columns)
        top = 1 - row * (PANEL_PX + GAP_PX) / inner
        number = "" if place == 0 else str(place + 1)
        left = column * (1 + 0.04) / (columns + 0.04 * (columns - 1)) if columns > 1 else 0.0
        right = left + 1 / (columns + 0.04 * (columns - 1))
        axis = {"showgrid": True, "zeroline": True, "zerolinecolor": GREY, "gridcolor": view.palette.grid}
        axis |= {"ticks": "outside", "ticklen": 3, "tickfont": {"size": 10}, "nticks": 6}
        said = {"font": {"size": 11}, "standoff": 4}
        layout[f"xaxis{number}"] = axis | {"domain": [left, min(1.0, right)], "anchor": f"y{number}", "showgrid": False}
        layout[f"xaxis{number}"] |= {"title": {"text": x, **said}, "zeroline": False}
        layout[f"yaxis{number}"] = axis | {"domain": [top - PANEL_PX / inner, top], "anchor": f"x{number}"}
        layout[f"yaxis{number}"] |= {"range": list(limits), "showticklabels": column == 0}
        if column == 0:
            layout[f"yaxis{number}"]["title"] = {"text": y, **said}
        note = {"text": f"<b>{label}</b>", "xref": "paper", "yref": "paper", "x": left, "y": top, "xanchor": "left"}
        layout["annotations"].append(note | {"yanchor": "bottom", "showarrow": False, "font": {"size": 12}})
    layout["meta"] = {"kind": "strips", "themes": {name: recolour(layout, p, None) for name, p in PALETTES.items()}}
    layout["meta"]["undefined"] = dict.fromkeys(PALETTES, "rgba(0,0,0,0)")
    return layout
