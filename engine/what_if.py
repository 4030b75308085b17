"""What if: a copy of a checkpoint with other weights or knobs, to look at or to train on from, nothing trained again.

Changes go by dotted names, as in `patch`:

    networks.i.spectral_radius_factor   multiplies the blocks whose spectral radius is shown, in every layer
    networks.i.forget_bias_shift        LSTM: added to the forget gates' bias_ih, in every layer
    networks.i.drive                    scales the input: W_ih (a x) = (a W_ih) x, so the first layer's weight_ih is
                                        multiplied, and the change can be trained on from
    networks.i.weights.NAME[r, c]       one weight by its name and place, set to a value
    any live knob                       truncation_window, clip_norm, networks.i.forget_bias, … as `patch` has them
"""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from engine import door
from engine.arrays import norm_of
from engine.checkpoint import Checkpoint, NetworkState
from engine.errors import Problem, SpecError
from engine.layout import named
from engine.params import candidate_block, forget_rows
from engine.run import patch
from engine.spec import NetworkSpec, layout_of

RANGES = {"spectral_radius_factor": (0.0, 100.0), "forget_bias_shift": (-40.0, 40.0), "drive": (-100.0, 100.0)}
LARGEST_WEIGHT = 1e6
_OWN = re.compile(rf"networks\.(\d{{1,4}})\.({'|'.join(RANGES)}|weights\.(\w+)\[(\d{{1,9}}(?:, *\d{{1,9}})?)\])")


def what_if(checkpoint: Checkpoint, changes: Mapping[str, Any]) -> Checkpoint:
    """Return the checkpoint changed; the given one, and what equals its neutral value (factor 1, shift 0), stay.

    The optimizer's vectors are kept. Raises `SpecError` naming every field that is unknown, not live or out of range.
    """
    door.instance("checkpoint", checkpoint, Checkpoint)
    own = {name: found for name in door.changes(changes) if (found := _OWN.fullmatch(name))}
    if problems := [p for name, found in own.items() for p in _problems(checkpoint, name, found, changes[name])]:
        raise SpecError(problems)
    changed = patch(checkpoint, {name: value for name, value in changes.items() if name not in own})
    states = list(changed.networks)
    for name, found in own.items():
        i = int(found[1])
        states[i] = _with(changed, states[i], i, found, float(changes[name]))
    if all(now is before for now, before in zip(states, changed.networks, strict=True)):
        return changed
    return dataclasses.replace(changed, networks=tuple(states), diverged=None)


def _with(checkpoint: Checkpoint, state: NetworkState, index: int, found: re.Match[str], value: float) -> NetworkState:
    """Return a network's state with one change made to a copy of its parameters."""
    network, theta = checkpoint.spec.networks[index], state.theta.copy()
    layout = layout_of(checkpoint.spec, network)
    params = named(layout, theta)
    if found[2] == "spectral_radius_factor":
        for layer in range(network.layers):
            block = candidate_block(network.cell, params[f"weight_hh_l{layer}"])
            block *= value
    elif found[2] == "forget_bias_shift":
        for rows in forget_rows(layout, network):
            theta[rows] += value
    elif found[2] == "drive":
        params["weight_ih_l0"][...] *= value
    else:
        params[found[3]][_place(found[4])] = value
    return state if np.array_equal(theta, state.theta) else state._replace(theta=theta, first_norm=norm_of(theta))


def _problems(checkpoint: Checkpoint, name: str, found: re.Match[str], value: Any) -> list[Problem]:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return [Problem(name, value, "must be a finite number")]
    count = len(checkpoint.networks)
    if int(found[1]) >= count:
        return [Problem(name, value, f"there is no such network: they count from 0 to {count - 1}")]
    network = checkpoint.spec.networks[int(found[1])]
    if found[3] is not None:
        return _weight_problems(checkpoint, network, name, found, value)
    if found[2] == "forget_bias_shift" and network.cell != "lstm":
        return [Problem(name, value, f"only an LSTM has a forget bias; this network is a {network.cell}")]
    lo, hi = RANGES[found[2]]
    return [] if lo <= value <= hi else [Problem(name, value, f"must be from {lo:g} to {hi:g}")]


def _weight_problems(
    checkpoint: Checkpoint, network: NetworkSpec, name: str, found: re.Match[str], value: float
) -> list[Problem]:
    layout = layout_of(checkpoint.spec, network)
    if found[3] not in layout:
        return [Problem(name, value, f"no such parameter; there are {', '.join(layout)}")]
    shape, place = layout[found[3]][1], _place(found[4])
    if len(place) != len(shape) or any(at >= size for at, size in zip(place, shape, strict=False)):
        return [Problem(name, value, f"there is no such place: {found[3]} has shape {shape}, counted from 0")]
    if abs(value) > LARGEST_WEIGHT:
        return [Problem(name, value, f"must be from {-LARGEST_WEIGHT:g} to {LARGEST_WEIGHT:g}")]
    return []


def _place(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(","))
