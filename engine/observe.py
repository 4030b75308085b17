"""From a network at work to a frame: one pass over the probe batch, and everything there is to see of one sample."""

from __future__ import annotations

from typing import Any

import numpy as np

from engine.arrays import Array, log10
from engine.bptt import bptt, windows
from engine.diagnosis import saturation, sentence
from engine.errors import OutOfRange
from engine.frame import Frame, LayerFrame, NetworkFrame
from engine.itemised import Rows, at_targets, carry_back, log_norm_map, to_inputs
from engine.jacobians import (
    Grid,
    all_products,
    bound_by_lag,
    carousel_map,
    flow_by_lag,
    grid_for,
    half_life,
    log_norm_maps,
)
from engine.network import Network
from engine.nonlinearities import NONLINEARITIES
from engine.params import candidate_block
from engine.readout import Judgement, direct_adjoints
from engine.spec import Probe, RunSpec
from engine.spectrum import singular_values, spectral_radius
from engine.tasks import Batch


def observe(networks: list[Network], batch: Batch, step: int, probe: Probe, products: bool = False) -> Frame:
    """Return the frame of the networks' present weights on `batch`; `products` adds every full dh_t/dh_k.

    Raises `OutOfRange` for a sample that the batch does not have.
    """
    check_index("sample", probe.sample, len(batch.lengths))
    grid = grid_for(networks[0].run.seq_len)
    seen = tuple(_network_frame(network, batch, probe, grid, products) for network in networks)
    return Frame(step, grid.t_steps, grid.k_steps, seen)


def check_index(name: str, value: int, count: int) -> None:
    """Raise `OutOfRange` unless 0 <= value < count."""
    if not 0 <= value < count:
        raise OutOfRange(name, value, f"must be from 0 to {count - 1}")


def check_batch(step: int) -> None:
    """Raise `OutOfRange` unless batch(seed, step) exists."""
    if not 0 <= step < 2**32:
        raise OutOfRange("batch", step, "must be a training step, 0 or more")


def _network_frame(network: Network, batch: Batch, probe: Probe, grid: Grid, products: bool) -> NetworkFrame:
    run = network.run
    judged = network.forward(batch)
    bptt(network, batch, judged, run.window)
    length = int(batch.lengths[probe.sample])
    rows = _itemised(network, batch, judged, probe.sample)
    layers = tuple(
        _layer_frame(network, i, probe, grid, length, _itemised_map(network, batch, rows[i], probe.sample), products)
        for i in range(len(network.layers))
    )
    return NetworkFrame(
        label=str(network.spec.label), cell=network.spec.cell, loss=judged.loss, accuracy=judged.accuracy,
        grad_norm=float(np.linalg.norm(network.grad)), diagnosis=_diagnosis(layers[0]), length=length,
        inputs=_until(batch.inputs[:, :, probe.sample].astype(run.float_type), length),
        targets=_targets(run, batch, probe.sample),
        outputs=_until(network.outputs()[:, :, probe.sample], length), layers=layers,
    )  # fmt: skip


def _layer_frame(
    network: Network, index: int, probe: Probe, grid: Grid, length: int, itemised: Array, products: bool
) -> LayerFrame:
    cell, params, tape = network.cell, network.layers[index], network.tapes[index]
    n, T, dtype = network.spec.hidden_size, network.run.seq_len, network.run.float_type
    views = cell.views(tape, probe.sample)
    jacobians = cell.step_jacobians(params, tape, probe.sample)
    maps = log_norm_maps(jacobians, n, grid.k_steps, probe.norm, length)
    flows = [flow_by_lag(m, grid.k_steps) for m in maps]
    direct = views["carousel"]
    carousel = None if direct is None else carousel_map(direct, grid.k_steps, probe.norm, length)

    def shown(array: Array) -> Array:
        return array[grid.t_steps].astype(dtype)

    hidden, d_hidden = (_until(views[name], length, states=True) for name in ("hidden", "d_hidden"))
    cell_state, d_cell = (_states(views[name], length) for name in ("cell_state", "d_cell_state"))
    return LayerFrame(
        spectral_radius=spectral_radius(candidate_block(network.spec.cell, params["weight_hh"])),
        hidden=hidden, cell_state=cell_state,
        gates={name: _until(gate, length) for name, gate in views["gates"].items()},
        d_hidden=d_hidden, d_cell_state=d_cell,
        d_hidden_log=log10(np.abs(d_hidden)), d_cell_state_log=None if d_cell is None else log10(np.abs(d_cell)),
        jacobian_log_norms=shown(maps[0]), cell_jacobian_log_norms=shown(maps[1]) if len(maps) > 1 else None,
        carousel_log_norms=None if carousel is None else shown(carousel),
        itemised_log_norms=itemised[np.ix_(grid.t_steps, grid.k_steps)].astype(dtype),
        flow_by_lag=flows[0].astype(dtype), cell_flow_by_lag=flows[1].astype(dtype) if len(flows) > 1 else None,
        carousel_flow_by_lag=None if carousel is None else flow_by_lag(carousel, grid.k_steps).astype(dtype),
        bound_by_lag=_bound(network, params["weight_hh"], T, probe.norm),
        half_life=half_life(flows[0]), cell_half_life=half_life(flows[1]) if len(flows) > 1 else None,
        saturation=_saturation(network, views, length),
        jacobian_products=all_products(jacobians, n) if products else None,
    )  # fmt: skip


def _itemised(network: Network, batch: Batch, judged: Judgement, sample: int) -> list[list[Rows] | None]:
    """Return for each layer the adjoints of every state by loss, top layer's first made; None where no loss stands."""
    here = judged.weights[:, sample] > 0
    found: list[list[Rows] | None] = [None] * len(network.layers)
    if not here.any():
        return found
    own = direct_adjoints(network.params, judged.d_outputs[here][:, :, [sample]])[:, :, 0]
    direct = at_targets(own, batch.steps[here], network.run.seq_len)
    for i in reversed(range(len(network.layers))):
        params, tape = network.layers[i], network.tapes[i]
        rows = found[i] = carry_back(network.cell.step_jacobians(params, tape, sample), direct)
        if i:
            direct = to_inputs(rows, network.cell.input_jacobians(params, tape, sample))
    return found


def _itemised_map(network: Network, batch: Batch, rows: list[Rows] | None, sample: int) -> Array:
    T = network.run.seq_len
    if rows is None:
        return np.full((T + 1, T + 1), np.nan)
    steps = batch.steps[batch.mask[:, sample] > 0]
    return log_norm_map(rows, network.spec.hidden_size, steps, _reach(network.run, steps))


def _reach(run: RunSpec, steps: Array) -> Array:
    """Return the first k that each loss goes back to: 0, or the one after the cut of its window."""
    first = np.zeros(run.seq_len + 1, int)
    if run.window is not None:
        for cut, before, end in windows(run.seq_len, *run.window):
            first[before + 1 : end + 1] = max(cut + 1, 0)
    return first[steps]


def _targets(run: RunSpec, batch: Batch, sample: int) -> Array:
    """Return the sample's targets by step, (T, K), class numbers as one-hot rows, NaN where there is none."""
    T, K = run.seq_len, run.output_size
    full = np.full((T, K), np.nan, run.float_type)
    stands = batch.mask[:, sample] > 0
    values = batch.targets[stands][..., sample]
    full[batch.steps[stands] - 1] = np.eye(K)[values] if values.ndim == 1 else values
    return full


def _bound(network: Network, weight_hh: Array, T: int, norm: str) -> Array | None:
    if network.spec.cell != "rnn":
        return None
    slope = NONLINEARITIES[network.spec.activation].largest_slope
    sigma = float(singular_values(weight_hh)[0])
    return bound_by_lag(sigma, slope, T, len(weight_hh), norm).astype(network.run.float_type)


def _saturation(network: Network, views: dict[str, Any], length: int) -> float | None:
    bounds = NONLINEARITIES[network.spec.activation].bounds if network.spec.cell == "rnn" else (0.0, 1.0)
    return None if bounds is None else saturation(views["saturable"], bounds, length)


def _diagnosis(layer: LayerFrame) -> str:
    if layer.cell_flow_by_lag is not None:
        return sentence(layer.cell_flow_by_lag, layer.cell_half_life, layer.saturation, "Cell-state gradient")
    return sentence(layer.flow_by_lag, layer.half_life, layer.saturation, "Gradient")


def _until(array: Array, length: int, states: bool = False) -> Array:
    """Return a copy with NaN beyond the sample's length; row 0 is step 1, or with `states` the state before it."""
    out = array.copy()
    out[length + states :] = np.nan
    return out


def _states(array: Array | None, length: int) -> Array | None:
    return None if array is None else _until(array, length, states=True)
