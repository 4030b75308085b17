"""A frame: everything there is to see at one training step, as frozen records of arrays.

The wire has the same nesting and the same names (`as_tree`), so a figure's binding
"networks.0.layers.0.jacobian_log_norms" resolves alike in Python and in the browser (`resolve`).
All arrays belong to one sample; rows beyond its length are NaN. Logs are log10; -inf is an exact zero.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from engine import door
from engine.arrays import Array


@dataclass(frozen=True, slots=True)
class LayerFrame:
    """One recurrent layer. Maps have row t, column k; NaN where undefined (k > t, beyond the length, cut)."""

    spectral_radius: float
    hidden: Array  # (T+1, n)
    cell_state: Array | None  # (T+1, n)
    gates: dict[str, Array]  # name: (T, n)
    d_hidden: Array  # (T+1, n)  dL/dh_t
    d_cell_state: Array | None  # (T+1, n)  dL/dc_t
    d_hidden_log: Array | None  # (T+1, n)  log10 |dL/dh_t|
    d_cell_state_log: Array | None  # (T+1, n)
    jacobian_log_norms: Array  # (T+1, T+1)  dh_t/dh_k
    cell_jacobian_log_norms: Array | None  # (T+1, T+1)  dc_t/dc_k, every path
    carousel_log_norms: Array | None  # (T+1, T+1)  prod f, the direct path
    leak_log_norms: Array | None  # (T+1, T+1)  dc_t/dc_k less the carousel: what leaks through h
    itemised_log_norms: Array | None  # (T+1, T+1)  dL_t/dh_k; row 0 is NaN
    flow_by_lag: Array  # (T+1,)  log10 mean over t of the norm at lag t - k
    cell_flow_by_lag: Array | None  # (T+1,)
    carousel_flow_by_lag: Array | None  # (T+1,)
    leak_flow_by_lag: Array | None  # (T+1,)
    highway_share: Array | None  # (T+1,)  by lag: carousel / (carousel + leak), 0..1
    bound_by_lag: Array | None  # (T+1,)
    half_life: float | None  # steps
    cell_half_life: float | None  # steps
    saturation: float | None  # share of units (gates) near a bound, 0..1
    jacobian_products: Array | None = None  # (T+1, T+1, n, n), only when asked for


@dataclass(frozen=True, slots=True)
class NetworkFrame:
    """One network: what it was given, what it said, how wrong it was, and its layers."""

    label: str
    cell: str
    loss: float  # over the whole probe batch
    accuracy: float | None
    grad_norm: float
    diagnosis: str
    length: int  # T_b of the shown sample
    inputs: Array  # (T, m)
    targets: Array  # (T, K), NaN where there is none
    outputs: Array  # (T, K), logits or values
    layers: tuple[LayerFrame, ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """The weights after `step` updates, seen on the probe. `t_steps`, `k_steps` are the maps' rows and columns."""

    step: int
    t_steps: Array  # (rows of the maps,)
    k_steps: Array  # (columns of the maps,)
    networks: tuple[NetworkFrame, ...]


ITEMISED = frozenset({"itemised_log_norms", "d_hidden_log", "d_cell_state_log"})  # made where somebody asks for one


def view_names() -> tuple[str, ...]:
    """Return the names of all arrays of a frame but the products: what can be asked for by name."""
    kinds = {**NetworkFrame.__annotations__, **LayerFrame.__annotations__}
    return tuple(name for name, kind in kinds.items() if "Array" in str(kind) and name != "jacobian_products")


def as_tree(value: Any) -> Any:
    """Return a record as nested dicts and lists; arrays and None stay as they are (and are not copied)."""
    if dataclasses.is_dataclass(value):
        return {f.name: as_tree(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [as_tree(item) for item in value]
    return value


def resolve(tree: Any, path: str) -> Any:
    """Return what the dotted `path` names in a tree of dicts and lists. Raises KeyError, naming the path.

    Raises `OutOfRange` for a path that is no text.
    """
    here = tree
    for part in door.instance("path", path, str).split("."):
        try:
            here = here[int(part)] if isinstance(here, list) else here[part]
        except (KeyError, IndexError, TypeError, ValueError):
            raise KeyError(f"{path}: there is no {part!r}") from None
    return here
