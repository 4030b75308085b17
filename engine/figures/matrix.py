"""One product in full: the matrices of a picked pair (t, k) and the singular values of ∂h_t/∂h_k.

Bindings resolve in what `engine.jacobian` returns. Every matrix figure has a scale of its own, symmetric about zero:
a vanished product is of size 1e-9 and would be blank on a fixed one. The maps are there for its size; the bar says it.
"""

from __future__ import annotations

from typing import Any

from engine import door
from engine.spec import RunSpec

from .base import Bindings, Figure, Template, View, base_layout, bind
from .theme import PALETTES, recolour, signed

BLOCKS = {"hh": "∂h<sub>t</sub>/∂h<sub>k</sub>", "hc": "∂h<sub>t</sub>/∂c<sub>k</sub>"}
BLOCKS |= {"ch": "∂c<sub>t</sub>/∂h<sub>k</sub>", "cc": "∂c<sub>t</sub>/∂c<sub>k</sub>"}
HELP = (
    "Every entry of the product of the picked pair, and its singular values. The scale is its own, symmetric about "
    "zero, and unlike those of the maps follows the data."
)
AXIS = {"zeroline": False, "ticks": "outside", "ticklen": 3, "nticks": 5, "tickfont": {"size": 10}}
SMALL = {"font": {"size": 11}, "standoff": 4}


def build_matrix(spec: RunSpec, network: int, view: View | None = None) -> tuple[Template, Bindings]:
    """Template and bindings of a picked product of one network: its matrices and its singular values."""
    door.index("network", network, len(door.instance("spec", spec, RunSpec).networks))
    view = View() if view is None else door.instance("view", view, View)
    blocks = list(BLOCKS) if spec.networks[network].cell == "lstm" else ["hh"]
    side = spec.networks[network].hidden_size
    layout = base_layout(view, annotations=[], meta={"kind": "matrix"})
    layout["margin"] = {"l": 46, "r": 16 if view.narrow else 84, "t": 26, "b": 90 if view.narrow else 44}
    places = _places(len(blocks), view.narrow)
    data = [_block(layout, i, places[i], BLOCKS[name], side, view) for i, name in enumerate(blocks)]
    data.append(_values(layout, len(blocks), places[-1], network, view))
    layout["height"] = {(1, False): 330, (1, True): 640, (4, False): 620, (4, True): 740}[len(blocks), view.narrow]
    layout |= _scales(len(blocks), view)
    layout["meta"]["themes"] = {name: recolour(layout, p, signed(1)) for name, p in PALETTES.items()}
    layout["meta"]["undefined"] = {name: p.undefined for name, p in PALETTES.items()}
    layout["meta"]["networks"] = {name: list(palette.networks) for name, palette in PALETTES.items()}
    bindings = [bind(i, "z", name) for i, name in enumerate(blocks)]
    return {"data": data, "layout": layout}, [*bindings, bind(len(blocks), "y", "singular_values")]


def _scales(blocks: int, view: View) -> dict[str, Any]:
    """A colour axis for each block: on a common one a vanished ∂h/∂h would be blank beside a living ∂c/∂c.

    Four bars would take the room of the matrices, so there is one for a single block only; a page writes the limits of
    several beside their titles.
    """
    bar = {"thickness": 12, "outlinewidth": 0, "exponentformat": "power", "tickfont": {"size": 10}, "nticks": 5}
    bar |= _flat_bar() if view.narrow else {"xpad": 6}
    scale = {"cmid": 0, "cauto": True, "colorscale": signed(1).colorscale(view.palette)}
    scale |= {"colorbar": bar} if blocks == 1 else {"showscale": False}
    return {_coloraxis(index): dict(scale) for index in range(blocks)}


def _coloraxis(index: int) -> str:
    return "coloraxis" if index == 0 else f"coloraxis{index + 1}"


def _flat_bar() -> dict[str, Any]:
    return {
        "orientation": "h",
        "x": 0.5,
        "xanchor": "center",
        "y": 0,
        "yanchor": "bottom",
        "yref": "container",
        "xpad": 0,
    }


def _places(blocks: int, narrow: bool) -> list[Any]:
    """Domains (across, up) of the matrices, then of the singular values."""
    if blocks == 1:
        return [([0, 1], [0.46, 1]), ([0, 1], [0, 0.32])] if narrow else [([0, 0.5], [0, 1]), ([0.6, 1], [0, 1])]
    left, right = ([0, 0.47], [0.53, 1]) if narrow else ([0, 0.28], [0.33, 0.61])
    rows = ([0.73, 1], [0.36, 0.63], [0, 0.24]) if narrow else ([0.56, 1], [0, 0.44], [0, 1])
    values = ([0, 1], rows[2]) if narrow else ([0.69, 1], rows[2])
    return [(left, rows[0]), (right, rows[0]), (left, rows[1]), (right, rows[1]), values]


def _axes(
    layout: dict[str, Any], index: int, place: tuple[list[float], list[float]], title: str
) -> tuple[Any, Any, str]:
    suffix = "" if index == 0 else str(index + 1)
    across, up = place
    x = AXIS | {"domain": across, "anchor": f"y{suffix}", "showgrid": False}
    y = AXIS | {"domain": up, "anchor": f"x{suffix}", "showgrid": False}
    layout[f"xaxis{suffix}"], layout[f"yaxis{suffix}"] = x, y
    note = {"text": f"<b>{title}</b>", "xref": "paper", "yref": "paper", "x": across[0], "y": up[1], "showarrow": False}
    layout["annotations"].append(note | {"xanchor": "left", "yanchor": "bottom", "font": {"size": 12}, "yshift": 2})
    return x, y, suffix


def _block(layout: dict[str, Any], index: int, place: Any, title: str, side: int, view: View) -> dict[str, Any]:
    x, y, suffix = _axes(layout, index, place, title)
    x |= {"title": {"text": view.say("unit at step k"), **SMALL}, "range": [-0.5, side - 0.5]}
    if index % 2 == 0:
        y["title"] = {"text": view.say("unit at step t"), **SMALL}
    y |= {"range": [side - 0.5, -0.5]}
    hover = f"{view.say('row')} %{{y}}, {view.say('column')} %{{x}}: %{{z:.3e}}<extra>{title}</extra>"
    axes = {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}", "coloraxis": _coloraxis(index)}
    return {"type": "heatmap", "name": title, "hoverongaps": False, "hovertemplate": hover, **axes}


def _values(layout: dict[str, Any], index: int, place: Any, network: int, view: View) -> dict[str, Any]:
    x, y, suffix = _axes(layout, index, place, view.say("singular values of ∂h<sub>t</sub>/∂h<sub>k</sub>"))
    x |= {"title": {"text": view.say("number, largest first"), **SMALL}}
    y |= {"type": "log", "exponentformat": "power", "showgrid": True, "gridcolor": view.palette.grid}
    colour = view.palette.networks[network % len(view.palette.networks)]
    hover = "σ<sub>%{x}</sub> = %{y:.3e}<extra></extra>"
    look = {"mode": "lines+markers", "line": {"width": 1, "color": colour}, "marker": {"size": 6, "color": colour}}
    axes = {"xaxis": f"x{suffix}", "yaxis": f"y{suffix}", "x0": 1, "dx": 1}
    return {"type": "scatter", "name": "σ", "hovertemplate": hover, "meta": {"network": network}, **look, **axes}


def matrix_figure(spec: RunSpec, network: int) -> Figure:
    """The figure of picked products of one network, in the form of the other figures."""
    return Figure(
        f"matrix.{network}",
        "The whole product",
        HELP,
        (),
        False,
        lambda spec, view: build_matrix(spec, network, view),
    )
