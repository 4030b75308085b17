"""What workers do for sweeps: check a grid, and train its points, piece by piece. Pure functions, as in `work`."""

from __future__ import annotations

import functools
import json
import time
from typing import Any, NamedTuple

import numpy as np

import engine
from app import grid, wire
from app.caps import Caps
from app.checkpoints import refusing
from app.grid import Limits, Plan
from app.pace import Pace
from engine import Checkpoint, RunSpec


class PointPiece(NamedTuple):
    """A piece of a point's training: either where it stands now, or its result as JSON."""

    blob: bytes | None
    result: str | None
    steps: int  # trained by this piece


@refusing
def plan(body: bytes, caps: Caps, limits: Limits) -> Plan:
    """Return the sweep that a request asks for, every point of it checked."""
    return grid.plan(body, caps, limits)


@refusing
def train_point(spec: str, grid_text: str, index: int, blob: bytes | None, seconds: float) -> PointPiece:
    """Train a point for about so many seconds. The cut changes no bit of the result: only the steps count."""
    point = _point(spec, grid_text, index)
    checkpoint = engine.start(point) if blob is None else Checkpoint.from_bytes(blob, point)
    before, pace, end = checkpoint.step, Pace(), time.perf_counter() + seconds
    while not checkpoint.finished and checkpoint.diverged is None:
        began = time.perf_counter()
        if began >= end:
            return PointPiece(checkpoint.to_bytes(with_spec=False), None, checkpoint.step - before)
        here = checkpoint.step
        checkpoint, _ = engine.advance(checkpoint, pace.steps(end - began, point.steps - here))
        pace.learn(checkpoint.step - here, time.perf_counter() - began)
    return PointPiece(None, wire.dumps(_result(checkpoint)), checkpoint.step - before)


@functools.lru_cache(maxsize=32)
def _point(spec: str, grid_text: str, index: int) -> RunSpec:
    values = grid.values_at(json.loads(grid_text), index)
    return RunSpec.from_dict(grid.spec_at(json.loads(spec), values))


def _result(checkpoint: Checkpoint) -> dict[str, Any]:
    """Return what is kept of a trained point: the numbers of its last frame, of each network's first layer."""
    frame = engine.frame_of(checkpoint)
    diverged = checkpoint.diverged and checkpoint.diverged._asdict()
    return {"step": checkpoint.step, "diverged": diverged, "networks": [_network(n) for n in frame.networks]}


def _network(network: engine.NetworkFrame) -> dict[str, Any]:
    layer = network.layers[0]
    return {
        "label": network.label, "cell": network.cell, "loss": network.loss, "accuracy": network.accuracy,
        "grad_norm": network.grad_norm, "half_life": layer.half_life, "cell_half_life": layer.cell_half_life,
        "log_flow": _reach(layer.flow_by_lag, network.length),
        "log_cell_flow": _reach(layer.cell_flow_by_lag, network.length),
    }  # fmt: skip


def _reach(flow: np.ndarray[Any, Any] | None, length: int) -> float | None:
    """Return log10 of the mean norm over a lag of T - 1 steps: from the first input to the last state."""
    return None if flow is None else float(flow[max(length - 1, 0)])
