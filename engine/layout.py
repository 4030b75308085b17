"""Where each parameter lies in one flat vector, by PyTorch's names and in its shapes.

Order: for each layer weight_ih_l{i} (g n, m), weight_hh_l{i} (g n, n), bias_ih_l{i} (g n,), bias_hh_l{i} (g n,);
then the readout weight_ho (K, n), bias_o (K,). One vector makes optimizers, norms and clipping single calls.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.arrays import Array
from engine.cells import CELLS, Params
from engine.errors import Problem

Layout = dict[str, tuple[int, tuple[int, ...]]]  # name -> (offset, shape)
LAYER_NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def layout(cell: str, n: int, layers: int, m: int, K: int) -> Layout:
    """Return name -> (offset, shape) for a stack of `layers` cells of n units with m inputs and K outputs."""
    rows = CELLS[cell].stack * n
    shapes: dict[str, tuple[int, ...]] = {}
    for layer in range(layers):
        width = m if layer == 0 else n
        for name, shape in zip(LAYER_NAMES, ((rows, width), (rows, n), (rows,), (rows,)), strict=True):
            shapes[f"{name}_l{layer}"] = shape
    shapes |= {"weight_ho": (K, n), "bias_o": (K,)}
    found, offset = {}, 0
    for name, shape in shapes.items():
        found[name] = (offset, shape)
        offset += math.prod(shape)
    return found


def size_of(layout: Layout) -> int:
    """Return the length of the flat vector."""
    return sum(math.prod(shape) for _, shape in layout.values())


def named(layout: Layout, theta: Array) -> Params:
    """Return views of the flat vector by name."""
    return {name: theta[at : at + math.prod(shape)].reshape(shape) for name, (at, shape) in layout.items()}


def of_layer(params: Params, layer: int) -> Params:
    """Return one layer's four parameters by their names without the layer's number."""
    return {name: params[f"{name}_l{layer}"] for name in LAYER_NAMES}


def weight_problems(layout: Layout, weights: Mapping[str, Array], dtype: np.dtype[Any]) -> list[Problem]:
    """Return a problem for every weight that the network does not have, of another shape, or too large for `dtype`."""
    problems, largest = [], float(np.finfo(dtype).max)
    for name, value in weights.items():
        if name not in layout:
            problems.append(Problem(f"weights.{name}", "…", f"no such parameter; there are {', '.join(layout)}"))
        elif value.shape != layout[name][1]:
            problems.append(Problem(f"weights.{name}", value.tolist(),
                                    f"has shape {value.shape}, but {layout[name][1]} is needed"))  # fmt: skip
        elif np.abs(value).max() > largest:
            problems.append(Problem(f"weights.{name}", float(np.abs(value).max()), f"is too large for {dtype}"))
    return problems
