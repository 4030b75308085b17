"""What worker processes do beside training and plain looking: what-if, trust, marks, and the parts of a report."""

from __future__ import annotations

import base64
import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

import engine
from app import i18n, wire
from app.bodies import flatten, only, parse
from app.checkpoints import Created, Saved, at_step, created, refusing
from app.errors import Invalid
from app.wire import Choice
from engine import Checkpoint
from engine.figures import FIGURES, columns, figures_json, fill
from engine.figures.grid import height

EVERYTHING = Choice(None, False)
WIDTH = 1080  # pixels of a figure in a report


@refusing
def what_if(run: str, saved: Saved, step: int, body: bytes, sample: int | None = None) -> bytes:
    """Return the frame of a changed copy of a step's checkpoint; nothing is kept."""
    changed = _changed(at_step(saved, step), body)
    probe = changed.spec.probe if sample is None else changed.spec.with_changes({"probe.sample": sample}).probe
    return wire.encode(run, engine.frame_of(changed, probe), EVERYTHING, None).select(EVERYTHING)


@refusing
def fork(saved: Saved, step: int, body: bytes) -> tuple[Created, str]:
    """Return a changed copy of a step's checkpoint, and the changes by dotted names as JSON."""
    changes = _changes(body)
    return created(_fit(engine.what_if(at_step(saved, step), changes))), wire.dumps(changes)


@refusing
def trust(run: str, saved: Saved, step: int) -> bytes:
    """Return how far the derivatives at a step are from finite differences."""
    return wire.dumps({"run": run, "step": step, "networks": engine.checks.trust(at_step(saved, step))}).encode()


@refusing
def reaches(saved: Saved, steps: Sequence[int]) -> list[tuple[int, list[float]]]:
    """Return (step, log10 of the mean norm at the longest lag over that at lag 0, by network) for some steps.

    The LSTM's is that of its cell state, the path it remembers by. `saved` is below the first step.
    """
    checkpoint, found = at_step(saved, steps[0]), []
    for step in steps:
        checkpoint, _ = engine.advance(checkpoint, step - checkpoint.step)
        found.append((step, [_reach(network.layers[0]) for network in engine.frame_of(checkpoint).networks]))
    return found


@refusing
def report(saved: Saved, step: int, rows: list[str], lang: str = "en") -> str:
    """Return, in a language, spec, diagnosis and every figure of a step, filled, as JSON for a serverless page."""
    checkpoint = at_step(saved, step)
    frame, spec = engine.frame_of(checkpoint), checkpoint.spec
    learnt = columns([json.loads(row) for row in rows])
    made = []
    say = i18n.say_in(lang)
    for figure in figures_json(spec, FIGURES.values(), say=say):
        of_training = any(b["path"].startswith("metrics.") for b in figure["bindings"])
        if of_training and not rows:
            continue
        drawn = fill(figure["template"], figure["bindings"], learnt if of_training else engine.as_tree(frame))
        told = {"id": figure["id"], "title": figure["title"], "help": say(FIGURES[figure["id"]].help)}
        made.append(told | _for_paper(drawn))
    networks = [
        {name: getattr(n, name) for name in ("label", "cell", "loss", "accuracy", "grad_norm")}
        | {"diagnosis": i18n.phrase(n.diagnosis, lang)}
        for n in frame.networks
    ]
    whole = {"spec": spec.to_dict(), "step": step, "networks": networks, "figures": typed(made)}
    return wire.dumps(whole)


def fork_body(body: bytes) -> tuple[int | None, bytes]:
    """Return step and changes of a request to fork."""
    data = parse(body)
    only(data, "step", "changes")
    step, changes = data.get("step"), data.get("changes", {})
    if step is not None and (isinstance(step, bool) or not isinstance(step, int)):
        raise Invalid("step", step, "must be a whole number")
    if not isinstance(changes, dict):
        raise Invalid("changes", changes, "must be an object of dotted names")
    return step, json.dumps(changes).encode()


def _changes(body: bytes) -> dict[str, Any]:
    return flatten(parse(body))


def _changed(checkpoint: Checkpoint, body: bytes) -> Checkpoint:
    return _fit(engine.what_if(checkpoint, _changes(body)))


def _fit(checkpoint: Checkpoint) -> Checkpoint:
    """Refuse weights that their own dtype cannot hold."""
    for index, state in enumerate(checkpoint.networks):
        if not np.isfinite(state.theta).all():
            raise Invalid(f"networks.{index}", "…", f"some weights would be too large for {checkpoint.spec.dtype}")
    return checkpoint


def _reach(layer: engine.LayerFrame) -> float:
    flow = layer.flow_by_lag if layer.cell_flow_by_lag is None else layer.cell_flow_by_lag
    known = flow[~np.isnan(flow)]
    return float(known[-1] - known[0]) if len(known) else math.nan


def _for_paper(figure: dict[str, Any]) -> dict[str, Any]:
    """Return a filled figure at a report's width, with the undefined cells' colour behind its maps."""
    layout = figure["layout"]
    meta = layout.pop("meta", {})
    layout |= {"width": WIDTH, "paper_bgcolor": "#ffffff"}
    if "grid" in meta:
        layout["height"] = height(meta["grid"], layout["margin"], WIDTH)
        layout["plot_bgcolor"] = meta["undefined"]["light"]
    return {"data": figure["data"], "layout": layout, "sentence": meta.get("sentence")}


def typed(value: Any) -> Any:
    """Return nested values with arrays in Plotly's typed form."""
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "fiub":
            return value.tolist()
        code = f"f{value.dtype.itemsize}" if value.dtype.kind == "f" else "i4"
        data = base64.b64encode(np.ascontiguousarray(value, f"<{code}").tobytes()).decode()
        return {"dtype": code, "shape": ", ".join(map(str, value.shape)), "bdata": data}
    if isinstance(value, dict):
        return {name: typed(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [typed(item) for item in value]
    return value
