"""Lines: the norm of the transport by lag with its bound and half-life, and the loss over training."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from engine.spec import RunSpec

from .base import Bindings, Figure, Template, View, base_layout, bind, layer_path, network_label, size_of
from .flow import MAP
from .theme import PALETTES, recolour

MARGIN = {"l": 54, "r": 14, "t": 34, "b": 42}
NARROW = MARGIN | {"t": 76}  # a long legend takes three rows there
HEIGHT = 290
Axes = tuple[dict[str, Any], dict[str, Any]]
LINE_AXIS = {"showgrid": True, "zeroline": False, "showline": False, "ticks": "outside", "ticklen": 3, "nticks": 7}
LINE_AXIS |= {"tickfont": {"size": 10}}


# 1, 2, 5 of the decades a loss lives in, whole decades elsewhere.
_TICKS = [m * 10.0**e for e in range(-3, 3) for m in (1, 2, 5)] + [10.0**e for e in (*range(-12, -3), *range(3, 13))]
LOSS_TICKS = {"tickmode": "array", "tickvals": _TICKS, "ticktext": [size_of(v) for v in _TICKS]}


# As gettext wants them: `say` finds the literals.
LOSSES = {
    "mse": "mean squared error",
    "binary_cross_entropy": "binary cross-entropy",
    "softmax_cross_entropy": "softmax cross-entropy",
}


def columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Metrics rows as columns, where the loss figure's bindings resolve; None (the wire's not finite) becomes NaN."""
    count = len(rows[0]["networks"]) if rows else 0
    networks = [{name: _column(rows, i, name) for name in ("loss", "accuracy", "grad_norm")} for i in range(count)]
    return {"metrics": {"step": np.array([row["step"] for row in rows]), "networks": networks}}


def _column(rows: Sequence[Mapping[str, Any]], network: int, name: str) -> Any:
    return np.array([row["networks"][network][name] for row in rows], dtype=float)


def _lines(view: View, axes: Axes, data: list[dict[str, Any]], extras: dict[str, Any], **meta: Any) -> Template:
    """A template of one pair of axes (x, y); every trace's colour is that of its network."""
    margin = NARROW if view.narrow and len(data) > 3 else MARGIN
    layout = base_layout(view, margin=dict(margin), height=HEIGHT + margin["t"] - MARGIN["t"], showlegend=True)
    layout["legend"] = {"orientation": "h", "x": 0, "y": 1, "yanchor": "top", "yref": "container", "font": {"size": 11}}
    layout["legend"] |= {"bgcolor": "rgba(0,0,0,0)", "traceorder": "normal"}
    if view.narrow:
        layout["dragmode"] = False
    title = {"font": {"size": 11}, "standoff": 6}
    layout |= extras
    for name, axis in zip(("xaxis", "yaxis"), axes, strict=True):
        layout[name] = LINE_AXIS | axis | {"title": {"text": axis["title"], **title}, "gridcolor": view.palette.grid}
    layout["meta"] = {"kind": "lines", **meta}
    layout["meta"]["themes"] = {name: recolour(layout, palette, None) for name, palette in PALETTES.items()}
    layout["meta"]["networks"] = {name: list(palette.networks) for name, palette in PALETTES.items()}
    return {"data": data, "layout": layout}


def _line(network: int, name: str, view: View, hover: str, **style: Any) -> dict[str, Any]:
    colour = view.palette.networks[network % len(view.palette.networks)]
    drawn = {"type": "scatter", "mode": "lines", "name": name, "hovertemplate": f"{hover}<extra>{name}</extra>"}
    return drawn | {"line": {"color": colour, "width": 2} | style, "meta": {"network": network}}


def half_level(spec: RunSpec, network: int) -> float:
    """log10 of half the norm at lag 0, where the product is the identity, of Frobenius norm √n and largest σ 1."""
    at_zero = 0.5 * math.log10(spec.networks[network].hidden_size) if spec.probe.norm == "frobenius" else 0.0
    return at_zero - math.log10(2)


def _flow_traces(spec: RunSpec, network: int, view: View) -> list[tuple[dict[str, Any], str]]:
    """The traces of one network, each with the name of the array that feeds it."""
    label, say = network_label(spec, network), view.say
    hover = "{what} %{{y:.2f}}, " + say("lag") + " %{{x}}"
    norm = hover.format(what="log10 ‖∂h<sub>t</sub>/∂h<sub>t−" + say("lag") + "</sub>‖ =")
    made = [(_line(network, label, view, norm), "flow_by_lag")]
    cell = spec.networks[network].cell
    if cell == "lstm":
        norm = hover.format(what="log10 ‖∂c<sub>t</sub>/∂c<sub>t−" + say("lag") + "</sub>‖ =")
        made.append((_line(network, f"{label} ∂c/∂c", view, norm, dash="dashdot"), "cell_flow_by_lag"))
        direct = hover.format(what="log10 ‖∏f‖ =")
        made.append((_line(network, f"{label} ∏f", view, direct, dash="dot"), "carousel_flow_by_lag"))
    if cell == "rnn":
        name = f"{label}: {say('bound')}"
        bound = _line(network, name, view, hover.format(what=say("upper bound")), dash="dash", width=1)
        made.append((bound, "bound_by_lag"))
    made.append((_half_life(spec, network, view), "half_life"))
    return made


def _half_life(spec: RunSpec, network: int, view: View) -> dict[str, Any]:
    name = f"{network_label(spec, network)}: {view.say('half-life')}"
    marker = _line(network, name, view, view.say("half of it is gone after") + " %{x:.1f} " + view.say("steps"))
    symbol = {"size": 9, "symbol": "diamond", "color": marker.pop("line")["color"]}
    place = {"x": [None], "y": [half_level(spec, network)]}
    return marker | place | {"mode": "markers", "marker": symbol, "showlegend": False}


def _flow_by_lag(spec: RunSpec, view: View) -> tuple[Template, Bindings]:
    traces: list[dict[str, Any]] = []
    bindings: Bindings = []
    for network in range(len(spec.networks)):
        path, _ = layer_path(spec, network, view.layer)
        for trace, array in _flow_traces(spec, network, view):
            if array != "half_life":
                trace |= {"x0": 0, "dx": 1}
            bindings.append(bind(len(traces), "x" if array == "half_life" else "y", f"{path}.{array}"))
            traces.append(trace)
    span = spec.seq_len
    x = {"title": view.say("lag t − k (steps)"), "range": [-0.01 * span, span * 1.01]}
    y = {"title": view.say("log10 of the mean norm"), "range": [MAP.lo, MAP.hi + 1]}
    said = {"head": view.say("lag") + " %{x}", "value": "%{y:.2f}"}
    return _lines(view, (x, y), traces, {}, hover=said), bindings


def _loss(spec: RunSpec, view: View) -> tuple[Template, Bindings]:
    traces: list[dict[str, Any]] = []
    bindings: Bindings = []
    for network in range(len(spec.networks)):
        hover = view.say("loss") + " %{y:.4g}, " + view.say("step") + " %{x}"
        traces.append(_line(network, network_label(spec, network), view, hover, width=1.5))
        bindings += [bind(network, "x", "metrics.step"), bind(network, "y", f"metrics.networks.{network}.loss")]
    baseline = spec.baseline_loss
    x = {"title": view.say("training step"), "rangemode": "tozero"}
    y = {"title": f"{view.say('loss')} ({view.say(LOSSES[spec.loss])})", "type": "log", **LOSS_TICKS}
    extras = _baseline(view, baseline) if baseline else {}  # a log axis has no 0
    said = {"head": view.say("training step") + " %{x}", "value": "%{y:.4g}"}
    template = _lines(view, (x, y), traces, extras, steps=spec.steps, baseline=baseline, follows=True, hover=said)
    return template, bindings


def _baseline(view: View, loss: float) -> dict[str, Any]:
    """A dotted line at the loss of whoever always answers the same."""
    line = {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": loss, "y1": loss}
    line |= {"line": {"dash": "dot", "width": 1, "color": view.palette.muted}, "layer": "below"}
    note = {"xref": "paper", "x": 1, "y": math.log10(loss), "xanchor": "right", "yanchor": "bottom", "showarrow": False}
    note |= {
        "text": f"{view.say('always the same answer')}: {loss:.3g}",
        "font": {"size": 10, "color": view.palette.muted},
        "bgcolor": view.palette.veil,
        "borderpad": 1,
    }
    return {"shapes": [line], "annotations": [note]}


FLOW_BY_LAG = Figure(
    "flow_by_lag",
    "Norm by lag",
    "The mean size of ∂h_t/∂h_k over all pairs that lie the same number of steps apart. A straight line down is "
    "exponential vanishing. Dashed: the RNN's upper bound, its largest singular value to the power of the lag. "
    "Dash-dotted and dotted: the LSTM's cell state over every path and by its carousel alone. "
    "Diamonds: the half-life, where half of the norm at lag 0 is left.",
    ("flow_by_lag", "cell_flow_by_lag", "carousel_flow_by_lag", "bound_by_lag"),
    True,
    _flow_by_lag,
)
LOSS = Figure(
    "loss",
    "Loss",
    "The loss of every training step before its update, on that step's own batch. Dotted: the loss of always giving "
    "the same answer.",
    (),
    True,
    _loss,
)
