"""What the networks hold: hidden and cell states and gates over time, signed, on fixed symmetric limits."""

from __future__ import annotations

from dataclasses import replace

from engine.spec import RunSpec

from .base import Bindings, Figure, Template, View, having, layer_path, message
from .flow import heading
from .grid import Axes, Panel, heatmaps
from .theme import Scale, signed

BOUNDED = ("tanh", "logistic")
GATES = {
    "lstm": {"i": "input gate i", "f": "forget gate f", "g": "candidate g", "o": "output gate o"},
    "gru": {"r": "reset gate r", "z": "update gate z", "n": "candidate n"},
}


def hidden_scale(spec: RunSpec) -> Scale:
    """±1 where every hidden state is bounded by its non-linearity, else ±2 with open ends; shared by all networks."""
    bounded = all(network.cell != "rnn" or network.activation in BOUNDED for network in spec.networks)
    return signed(1) if bounded else signed(2, bounded=False)


def _state_panel(spec: RunSpec, network: int, view: View, array: str, letter: str) -> Panel:
    path, layer = layer_path(spec, network, view.layer)
    hover = f"{letter}<sub>%{{x}}</sub> = %{{customdata:.3f}}<br>{view.say('unit')} %{{y}}"
    size = {"columns": spec.seq_len + 1, "rows": spec.networks[network].hidden_size}
    return Panel(network, layer, heading(spec, network, layer, view), f"{path}.{array}", hover, transpose=True, **size)


def _units_axes(panels: list[Panel], view: View, aspect: float = 0.62) -> Axes:
    return Axes(view.say("step t"), view.say("unit"), aspect, shared_rows=len({panel.rows for panel in panels}) == 1)


def _hidden(spec: RunSpec, view: View) -> tuple[Template, Bindings]:
    panels = [_state_panel(spec, i, view, "hidden", "h") for i in range(len(spec.networks))]
    return heatmaps(panels, _units_axes(panels, view), hidden_scale(spec), "h<sub>t</sub>", view)


def _cell_state(spec: RunSpec, view: View) -> tuple[Template, Bindings]:
    networks = having(spec, ["lstm"])
    if not networks:
        return message(view, view.say("Only an LSTM has a cell state: no network of this run has one."))
    panels = [_state_panel(spec, i, view, "cell_state", "c") for i in networks]
    return heatmaps(panels, _units_axes(panels, view), signed(4, bounded=False), "c<sub>t</sub>", view)


def _gate_panels(spec: RunSpec, network: int, view: View) -> list[Panel]:
    path, layer = layer_path(spec, network, view.layer)
    size = {"columns": spec.seq_len, "rows": spec.networks[network].hidden_size, "x0": 1, "transpose": True}
    label, panels = heading(spec, network, layer, view), []
    for gate, name in GATES[spec.networks[network].cell].items():
        hover = f"{gate}<sub>%{{x}}</sub> = %{{customdata:.3f}}<br>{view.say('unit')} %{{y}}"
        panels.append(Panel(network, layer, f"{label}: {view.say(name)}", f"{path}.gates.{gate}", hover, **size))
    return panels


def _gates(spec: RunSpec, view: View) -> tuple[Template, Bindings]:
    networks = having(spec, GATES)
    if not networks:
        return message(view, view.say("A plain RNN has no gates: no network of this run has any."))
    panels = [panel for i in networks for panel in _gate_panels(spec, i, view)]
    axes = replace(_units_axes(panels, view), by_network=True)
    return heatmaps(panels, axes, signed(1), view.say("gate"), view)


HIDDEN = Figure(
    "hidden",
    "Hidden states h_t",
    "The activation of every unit at every step of the shown sequence; step 0 is the initial state.",
    ("hidden",),
    True,
    _hidden,
)
CELL_STATE = Figure(
    "cell_state",
    "Cell states c_t",
    "The LSTM's memory, unit by unit. It is not bounded: values past the ends of the scale take its end colours.",
    ("cell_state",),
    False,
    _cell_state,
)
GATE_MAPS = Figure(
    "gates",
    "Gates",
    "0 is closed, 1 is open; the candidates g and n run from −1 to 1. A plain RNN has no gates.",
    ("gates",),
    False,
    _gates,
)
