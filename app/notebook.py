"""A notebook that trains a run again, bit for bit, with `engine` alone."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any, NamedTuple

REPLACED = "replaced"


class Turn(NamedTuple):
    """A change in flight after `step`; a whole checkpoint where weights came from a file."""

    step: int
    changes: dict[str, Any]
    checkpoint: bytes | None


def notebook(run: str, spec: dict[str, Any], turns: Sequence[Turn], step: int) -> dict[str, Any]:
    """Return the notebook (nbformat 4.5) of a run at `step`."""
    intro = (
        f"# Unrolled: run {run[:8]} again\n\nThe same spec gives the same bits: the loss of every step, every "
        "gradient, every ∂h_t/∂h_k. Needs the `unrolled` package (or a clone's folder as the working "
        "directory) and NumPy; the last cell needs Plotly."
    )
    cells = [
        _text(intro),
        _code("import base64\nimport json\n\nimport engine\nfrom engine.figures import FIGURES, fill"),
    ]
    cells.append(_code(f"spec = engine.RunSpec.from_dict(json.loads(r'''{_quoted(spec)}'''))"))
    cells.append(_code("checkpoint, rows = engine.start(spec), []\n\n\ndef train_to(step):\n"
                       '    """Train up to a step; keep the metrics of every step on the way."""\n'
                       "    global checkpoint\n    checkpoint, _ = engine.advance(checkpoint, step - checkpoint.step)\n"
                       "    rows.extend(checkpoint.metrics)"))  # fmt: skip
    for turn in turns:
        cells.append(_code(_turn(turn)))
    cells.append(_code(f"train_to({step})\nrows[-3:]"))
    cells.append(_text("What the gradient looks like now: one sentence and one map for each network."))
    cells.append(_code("frame = engine.frame_of(checkpoint)\nfor network in frame.networks:\n"
                       "    print(network.label, network.diagnosis)"))  # fmt: skip
    cells.append(_code("import plotly.graph_objects as go\n\n"
                       'template, bindings = FIGURES["jacobian"].build(checkpoint.spec)\n'
                       "go.Figure(fill(template, bindings, frame), skip_invalid=True)"))  # fmt: skip
    for number, cell in enumerate(cells):
        cell["id"] = f"cell-{number}"
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    return {"cells": cells, "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
            "nbformat": 4, "nbformat_minor": 5}  # fmt: skip


def _turn(turn: Turn) -> str:
    told = f"# after step {turn.step}\ntrain_to({turn.step})\n"
    if turn.checkpoint is None:
        changes = f"json.loads(r'''{_quoted(turn.changes)}''')"
        return f"{told}checkpoint = engine.what_if(checkpoint, {changes})"
    data = base64.b64encode(turn.checkpoint).decode()
    read = f'base64.b64decode("{data}")\ncheckpoint = engine.Checkpoint.from_bytes(data, spec)'
    return f"{told}# weights that came from a file\ndata = {read}"


def _quoted(value: dict[str, Any]) -> str:
    """Return JSON that can stand between r''' and ''': every quote mark of that kind is escaped as JSON does."""
    return json.dumps(value, indent=1).replace("'", "\\u0027")


def _text(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": _lines(source)}


def _code(source: str) -> dict[str, Any]:
    return {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": [], "source": _lines(source)}


def _lines(source: str) -> list[str]:
    return source.splitlines(keepends=True)
