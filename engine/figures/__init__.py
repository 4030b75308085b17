"""What each picture is: templates without data, fed with frames by bindings. The only room that knows plotly's words.

    from engine.figures import FIGURES, fill
    template, bindings = FIGURES["jacobian"].build(spec)
    for frame in engine.frames(spec):
        plotly.graph_objects.Figure(fill(template, bindings, frame)).show()

Nothing here computes: what a figure needs and the frame lacks belongs into the engine's frame.
"""

from .base import Figure, View, fill
from .curves import FLOW_BY_LAG, LOSS, columns
from .flow import CELL_JACOBIAN, D_CELL_STATE, D_HIDDEN, ITEMISED, JACOBIAN
from .matrix import build_matrix, matrix_figure
from .payload import figures_json, names_json
from .states import CELL_STATE, GATE_MAPS, HIDDEN

ALL = (JACOBIAN, CELL_JACOBIAN, FLOW_BY_LAG, LOSS, HIDDEN, CELL_STATE, GATE_MAPS, D_HIDDEN, D_CELL_STATE, ITEMISED)
FIGURES: dict[str, Figure] = {figure.id: figure for figure in ALL}

__all__ = ["FIGURES", "Figure", "View", "build_matrix", "columns", "figures_json", "fill", "matrix_figure",
           "names_json"]  # fmt: skip
