"""How the gradient flows: the maps over (t, k) and the gradients of the loss, all log10 on fixed absolute limits."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.spec import RunSpec

from .base import Bindings, Figure, Template, View, having, layer_path, message, network_label
from .grid import Axes, Panel, heatmaps
from .theme import magnitude

MAP = magnitude(-8, 1)
LOSS_GRADIENT = magnitude(-12, 0)
SIZE_OF_PRODUCT = "log10 ‖∂{s}<sub>%{{y}}</sub>/∂{s}<sub>%{{x}}</sub>‖ = %{{customdata:.2f}}"


@dataclass(frozen=True)
class Path:
    """One way of the gradient of the cell state: its map in a frame, its name, what a hovered cell says."""

    array: str
    name: str
    hover: str


PATHS = (
    Path("cell_jacobian_log_norms", "every path", SIZE_OF_PRODUCT.format(s="c")),
    Path("carousel_log_norms", "carousel ∏f", "log10 ‖∏f<sub>%{x}+1..%{y}</sub>‖ = %{customdata:.2f}"),
    Path("leak_log_norms", "through h", "log10 ‖∂c<sub>%{y}</sub>/∂c<sub>%{x}</sub> − ∏f‖ = %{customdata:.2f}"),
)


def _map_panel(spec: RunSpec, network: int, view: View, array: str, hover: str, title: str = "") -> Panel:
    path, layer = layer_path(spec, network, view.layer)
    side = spec.seq_len + 1
    place = {"x": "k_steps", "y": "t_steps", "columns": side, "rows": side, "pick": True}
    return Panel(network, layer, title or heading(spec, network, layer, view), f"{path}.{array}", hover, **place)


def heading(spec: RunSpec, network: int, layer: int, view: View) -> str:
    """Title of a network's subplot; deeper networks say which layer is shown, counted from 1."""
    label = network_label(spec, network)
    return f"{label}, {view.say('layer')} {layer + 1}" if spec.networks[network].layers > 1 else label


def _map_axes(view: View) -> Axes:
    return Axes(view.say("earlier step k"), view.say("later step t"), aspect=1.0, down=True)


def _jacobian(spec: RunSpec, view: View) -> tuple[Template, Bindings]:
    hover = SIZE_OF_PRODUCT.format(s="h")
    panels = [_map_panel(spec, i, view, "jacobian_log_norms", hover) for i in range(len(spec.networks))]
    return heatmaps(panels, _map_axes(view), MAP, "log10 ‖∂h<sub>t</sub>/∂h<sub>k</sub>‖", view)


def _cell_jacobian(spec: RunSpec, view: View) -> tuple[Template, Bindings]:
    networks = having(spec, ["lstm"])
    if not networks:
        return message(view, view.say("Only an LSTM has a cell state: no network of this run has one."))
    if len(networks) == 1:
        panels = [_path_panel(spec, networks[0], view, path) for path in PATHS]
        panels = [replace(panel, heading=view.say(path.name)) for panel, path in zip(panels, PATHS, strict=True)]
        axes = _map_axes(view)
    else:  # a column for each network, as in the maps of h; a row for each path
        panels = [_of_many(spec, i, view, path) for path in PATHS for i in networks]
        axes = replace(_map_axes(view), columns=len(networks), aligned=True)
    return heatmaps(panels, axes, MAP, "log10 ‖∂c<sub>t</sub>/∂c<sub>k</sub>‖", view)


def _path_panel(spec: RunSpec, network: int, view: View, path: Path) -> Panel:
    name = heading(spec, network, layer_path(spec, network, view.layer)[1], view)
    return _map_panel(spec, network, view, path.array, path.hover, f"{name}: {view.say(path.name)}")


def _of_many(spec: RunSpec, network: int, view: View, path: Path) -> Panel:
    name = heading(spec, network, layer_path(spec, network, view.layer)[1], view)
    over = name if path is PATHS[0] else ""
    return replace(_path_panel(spec, network, view, path), heading=over, side=view.say(path.name))


def _itemised(spec: RunSpec, view: View) -> tuple[Template, Bindings]:
    hover = "log10 ‖∂L<sub>%{y}</sub>/∂h<sub>%{x}</sub>‖ = %{customdata:.2f}"
    panels = [_map_panel(spec, i, view, "itemised_log_norms", hover) for i in range(len(spec.networks))]
    axes = Axes(view.say("earlier step k"), view.say("loss of step t"), aspect=1.0, down=True)
    return heatmaps(panels, axes, LOSS_GRADIENT, "log10 ‖∂L<sub>t</sub>/∂h<sub>k</sub>‖", view)


def _loss_gradient(
    spec: RunSpec, view: View, networks: list[int], array: str, letter: str
) -> tuple[Template, Bindings]:
    hover = f"log10 |∂L/∂{letter}<sub>%{{x}}</sub>| = %{{customdata:.2f}}<br>{view.say('unit')} %{{y}}"
    panels = []
    for i in networks:
        path, layer = layer_path(spec, i, view.layer)
        size = {"columns": spec.seq_len + 1, "rows": spec.networks[i].hidden_size}
        panels.append(Panel(i, layer, heading(spec, i, layer, view), f"{path}.{array}", hover, transpose=True, **size))
    same = len({panel.rows for panel in panels}) == 1
    axes = Axes(view.say("step k"), view.say("unit"), aspect=0.62, shared_rows=same)
    return heatmaps(panels, axes, LOSS_GRADIENT, f"log10 |∂L/∂{letter}<sub>k</sub>|", view)


def _d_hidden(spec: RunSpec, view: View) -> tuple[Template, Bindings]:
    return _loss_gradient(spec, view, list(range(len(spec.networks))), "d_hidden_log", "h")


def _d_cell_state(spec: RunSpec, view: View) -> tuple[Template, Bindings]:
    networks = having(spec, ["lstm"])
    if not networks:
        return message(view, view.say("Only an LSTM has a cell state: no network of this run has one."))
    return _loss_gradient(spec, view, networks, "d_cell_state_log", "c")


JACOBIAN = Figure(
    "jacobian",
    "Gradient transport ∂h_t/∂h_k",
    "How strongly the hidden state at step t still depends on the one at an earlier step k, every other path held "
    "fixed. The far corner (t = T, k = 0) is the longest reach. Dark means vanished.",
    ("jacobian_log_norms",),
    True,
    _jacobian,
    hint="Pick a cell to see its matrix.",
)
CELL_JACOBIAN = Figure(
    "cell_jacobian",
    "LSTM cell-state transport ∂c_t/∂c_k",
    "The LSTM's two paths. First the gradient of the cell state over every path; then the carousel alone, the product "
    "of the forget gates; last what is left: all that leaks through the gates and h. Where the first two agree, memory "
    "travels on the direct path.",
    ("cell_jacobian_log_norms", "carousel_log_norms", "leak_log_norms"),
    True,
    _cell_jacobian,
)
ITEMISED = Figure(
    "itemised",
    "Which loss reaches which step: ∂L_t/∂h_k",
    "The loss of step t alone (with its weight in L) and how much of its gradient arrives at step k. Steps without a "
    "target have no row; truncated backpropagation leaves its cut undefined.",
    ("itemised_log_norms",),
    False,
    _itemised,
)
D_HIDDEN = Figure(
    "d_hidden",
    "Gradient of the loss ∂L/∂h_k",
    "What backpropagation delivers to each unit at each step: the size of the gradient of the loss with respect to "
    "the hidden state.",
    ("d_hidden_log",),
    False,
    _d_hidden,
)
D_CELL_STATE = Figure(
    "d_cell_state",
    "Gradient of the loss ∂L/∂c_k",
    "The same for the LSTM's cell state.",
    ("d_cell_state_log",),
    False,
    _d_cell_state,
)
