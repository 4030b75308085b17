"""The figures of a run as JSON values: what `GET /api/runs/{id}/figures` sends and a report embeds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from engine import door
from engine.spec import RunSpec

from .base import Figure, Say, View
from .matrix import matrix_figure
from .messages import messages


def figures_json(spec: RunSpec, figures: Iterable[Figure], layer: int = 0, say: Say = str) -> list[dict[str, Any]]:
    """Every figure with its template, the layout for narrow pages, and its bindings; plain lists, dicts and numbers.

    Those whose cells can be picked bring `matrices`, the figures of a picked product, network by network.
    """
    made = [_figure_json(spec, figure, layer, say) for figure in figures]
    for figure in made:
        if figure["id"] == "jacobian":
            products = (matrix_figure(spec, network) for network in range(len(spec.networks)))
            figure["matrices"] = [_figure_json(spec, product, layer, say) for product in products]
    return made


def _figure_json(spec: RunSpec, figure: Figure, layer: int, say: Say) -> dict[str, Any]:
    template, bindings = figure.build(spec, View(layer=layer, say=say))
    narrow, _ = figure.build(spec, View(layer=layer, narrow=True, say=say))
    return {
        "id": figure.id,
        "title": say(figure.title),
        "help": " ".join(say(text) for text in (figure.help, figure.hint) if text),
        "default": figure.default and bool(template["data"]),
        "views": list(figure.views),
        "template": template,
        "narrow": narrow["layout"],
        "bindings": bindings,
        "messages": messages(say),
    }


def names_json(spec: RunSpec) -> dict[str, Any]:
    """What the task's inputs and outputs are called, and by which loss the outputs are to be read."""
    return {**door.instance("spec", spec, RunSpec).task.names(), "loss": spec.loss}
