"""What a figure is: a plotly figure without data, and bindings that say which array of a frame feeds which attribute.

A template is built once per run and fed for every frame, here by `fill`, in a browser by static/figures.js; both
resolve the same bindings. A binding is

    {"trace": i, "attribute": "z", "path": "networks.0.layers.0.jacobian_log_norms", "transpose": bool, "scale": bool}

`scale` marks values that go through the figure's fixed colour scale (`Scale.display`), so that -inf, +inf and values
past the limits keep colours of their own; the raw values then stand in `customdata` for the hover text.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine import door
from engine.frame import as_tree, resolve
from engine.spec import RunSpec

from .theme import FONT, LIGHT, Palette, Scale

Template = dict[str, Any]
Bindings = list[dict[str, Any]]
Say = Callable[[str], str]


@dataclass(frozen=True)
class View:
    """How a figure is to be built: which layer, how many subplots in a row, for a narrow page or not, colours, words.

    `columns` None leaves the number to the figure. `say` translates a message; messages are English, as in gettext.
    """

    layer: int = 0
    columns: int | None = None
    narrow: bool = False
    palette: Palette = LIGHT
    say: Say = str

    def __post_init__(self) -> None:
        """Check the numbers. Raises `OutOfRange` with the field's name."""
        door.whole("layer", self.layer)
        if self.columns is not None:
            door.whole("columns", self.columns, 1)
        door.instance("narrow", self.narrow, bool)
        door.instance("palette", self.palette, Palette)


@dataclass(frozen=True)
class Figure:
    """One picture of a run. `views` are the names of the frame arrays that it shows (for `?views=` of the stream).

    `hint` says what can be done with it where it can be touched; on paper the help goes without.
    """

    id: str
    title: str
    help: str
    views: tuple[str, ...]
    default: bool
    draw: Callable[[RunSpec, View], tuple[Template, Bindings]]
    hint: str = ""

    def build(self, spec: RunSpec, view: View | None = None, **changes: Any) -> tuple[Template, Bindings]:
        """Template and bindings for a run of `spec`; keywords are the fields of `View`. Raises `OutOfRange` by name."""
        door.instance("spec", spec, RunSpec)
        return self.draw(spec, View(**changes) if view is None else door.instance("view", view, View))


def bind(trace: int, attribute: str, path: str, transpose: bool = False, scale: bool = False) -> dict[str, Any]:
    """One binding."""
    return {"trace": trace, "attribute": attribute, "path": path, "transpose": transpose, "scale": scale}


def fill(template: Template, bindings: Bindings, frame: Any) -> dict[str, Any]:
    """A plotly figure dict with data, for `plotly.graph_objects.Figure` or a report; the template is left alone.

    `frame` is a Frame or its tree; for the loss curve it is `columns(rows)`, for a matrix what `jacobian` returns.
    A path that resolves to None leaves its trace empty. Raises KeyError for a path that is not there.
    """
    figure, frame = copy.deepcopy(template), as_tree(frame)
    for binding in bindings:
        values = resolve(frame, binding["path"])
        if values is not None:
            _put(figure, binding, np.atleast_1d(np.asarray(values)))
    return figure


def _put(figure: dict[str, Any], binding: dict[str, Any], values: Any) -> None:
    trace = figure["data"][binding["trace"]]
    if binding["transpose"]:
        values = np.ascontiguousarray(values.T)
    if binding["scale"]:
        trace["customdata"] = values
        values = scale_of(figure).display(values)
    trace[binding["attribute"]] = values


def scale_of(template: Template) -> Scale:
    """The colour scale a template was built with."""
    meta, axis = template["layout"]["meta"]["scale"], template["layout"]["coloraxis"]
    lo, hi = meta["limits"]
    return Scale(meta["kind"], lo, hi, axis["cmin"], axis["cmax"], meta["specials"], ())


def base_layout(view: View, **entries: Any) -> dict[str, Any]:
    """Layout shared by all figures; backgrounds are transparent but for the undefined colour under the maps."""
    layout = {
        "font": {"family": FONT, "size": 11, "color": view.palette.text},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "uirevision": "run",
        "hoverlabel": {"font": {"family": FONT, "size": 12}},
        "showlegend": False,
        "dragmode": "zoom",
    }
    return layout | entries


def size_of(value: float) -> str:
    """Words of a positive number at a tick: 0.002, 1000, and from 4 decades on 10⁻⁴: short, as on a page."""
    exponent = math.floor(math.log10(value) + 1e-9)
    if -4 < exponent < 4:
        return f"{value:g}"
    digit, power = round(value / 10.0**exponent), f"10<sup>{exponent}</sup>".replace("-", "−")
    return power if digit == 1 else f"{digit}·{power}"


def message(view: View, title: str) -> tuple[Template, Bindings]:
    """A figure without plots: one sentence, for runs that have nothing to show in it."""
    note = {
        "text": title,
        "showarrow": False,
        "xref": "paper",
        "yref": "paper",
        "x": 0.5,
        "y": 0.5,
        "font": {"size": 13},
    }
    hidden = {"visible": False, "fixedrange": True}
    layout = base_layout(
        view,
        annotations=[note],
        xaxis=hidden,
        yaxis=dict(hidden),
        height=90,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
    )
    layout["meta"] = {"kind": "message", "sentence": title}
    return {"data": [], "layout": layout}, []


def layer_path(spec: RunSpec, network: int, layer: int) -> tuple[str, int]:
    """Path prefix of the wanted layer of a network, or of its last one where it is not as deep; and the index."""
    index = min(layer, spec.networks[network].layers - 1)
    return f"networks.{network}.layers.{index}", index


def network_label(spec: RunSpec, network: int) -> str:
    """The label of a network as its frame has it."""
    return str(spec.networks[network].label)


def having(spec: RunSpec, cells: Iterable[str]) -> list[int]:
    """Indices of the networks whose cell is one of `cells`."""
    return [i for i, network in enumerate(spec.networks) if network.cell in cells]
