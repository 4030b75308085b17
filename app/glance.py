"""The few numbers of a run that a wall of many shows: loss and half-life of each network."""

from __future__ import annotations

import json
from typing import Any

from app.wire import Choice, Parts

SCALARS = Choice(frozenset(), False)
LAYER = ("half_life", "cell_half_life")


def scalars(frame: Parts) -> bytes:
    """Return a frame without its arrays: some hundred bytes that are cheap to keep."""
    return frame.select(SCALARS)


def summary(frame: bytes) -> dict[str, Any]:
    """Return {"step", "networks": [{"label", "loss", "accuracy", "half_life", "cell_half_life"}]} of such a frame.

    The half-lives are the last layer's: the steps in which the gradient's norm halves on its way back.
    """
    tree = json.loads(frame)
    return {"step": tree["step"], "networks": [_network(network) for network in tree["networks"]]}


def _network(network: dict[str, Any]) -> dict[str, Any]:
    last = network["layers"][-1]
    return {name: network[name] for name in ("label", "loss", "accuracy")} | {name: last[name] for name in LAYER}
