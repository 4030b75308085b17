"""From a network at work to a frame: one pass over the probe batch, and everything there is to see of one sample."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

import numpy as np

from engine import door
from engine.arrays import Array, log10, norm_of
from engine.bptt import bptt
from engine.carousel import carousel_map
from engine.cells import Factors
from engine.diagnosis import saturation, sentence
from engine.frame import ITEMISED, Frame, LayerFrame, NetworkFrame, view_names
from engine.itemised import itemise, log_total, reach
from engine.jacobians import all_products
from engine.maps import Grid, grid_for, log_norm_maps
from engine.network import Network
from engine.nonlinearities import NONLINEARITIES
from engine.params import candidate_block
from engine.readings import bound_by_lag, flow_by_lag, half_life
from engine.readout import Judgement
from engine.rows import Itemised
from engine.spec import Probe, RunSpec
from engine.spectrum import singular_values, spectral_radius
from engine.tasks import Batch


class Wanted(NamedTuple):
    """What is asked of a frame beside what costs next to nothing; by itself everything but the products."""

    products: bool = False  # every dh_t/dh_k in full
    itemised: bool = True  # the itemised gradients, and the logs of adjoints that are made of them

    @classmethod
    def of(cls, products: bool, views: Collection[str] | None) -> Wanted:
        """Return what is needed for the named arrays, everything for None. Raises `OutOfRange` for unknown names."""
        if views is not None:
            door.choices("views", views, view_names())
        return cls(products, views is None or not ITEMISED.isdisjoint(views))


EVERYTHING = Wanted()


def observe(networks: list[Network], batch: Batch, step: int, probe: Probe, wanted: Wanted = EVERYTHING) -> Frame:
    """Return the frame of the networks' present weights on `batch`; what is not wanted is None.

    Raises `OutOfRange` for a sample that the batch does not have.
    """
    door.index("sample", probe.sample, len(batch.lengths))
    grid = grid_for(networks[0].run.seq_len)
    seen = tuple(_network_frame(network, batch, probe, grid, wanted) for network in networks)
    return Frame(step, grid.t_steps, grid.k_steps, seen)


MAPS = ("jacobian", "cell_jacobian", "leak")  # in the order of `log_norm_maps`


class _Look(NamedTuple):
    """One network after a pass over the probe batch, and which sample is looked at how."""

    network: Network
    batch: Batch
    judged: Judgement
    probe: Probe
    grid: Grid
    length: int
    factors: list[Factors]  # of each layer


def _network_frame(network: Network, batch: Batch, probe: Probe, grid: Grid, wanted: Wanted) -> NetworkFrame:
    judged = network.forward(batch)
    bptt(network, batch, judged, network.run.window)
    sample, length, dtype = probe.sample, int(batch.lengths[probe.sample]), network.run.float_type
    factors = [network.cell.step_factors(params, tape, sample)
               for params, tape in zip(network.layers, network.tapes, strict=True)]  # fmt: skip
    look = _Look(network, batch, judged, probe, grid, length, factors)
    items: list[Itemised] | list[None] = [None] * len(factors)
    if wanted.itemised:
        items = itemise(network, batch, judged, sample, factors, grid.t_steps)
    layers = tuple(_layer_frame(look, i, seen, wanted.products) for i, seen in enumerate(items))
    return NetworkFrame(
        label=str(network.spec.label), cell=network.spec.cell, loss=judged.loss, accuracy=judged.accuracy,
        grad_norm=norm_of(network.grad), diagnosis=_diagnosis(layers[0]), length=length,
        inputs=_until(batch.inputs[:, :, sample].astype(dtype), length),
        targets=_targets(network.run, batch, sample),
        outputs=_until(network.outputs()[:, :, sample], length), layers=layers,
    )  # fmt: skip


def _layer_frame(look: _Look, index: int, items: Itemised | None, products: bool) -> LayerFrame:
    network, probe, length = look.network, look.probe, look.length
    params, n = network.layers[index], network.spec.hidden_size
    views = network.cell.views(network.tapes[index], probe.sample)
    hidden, d_hidden = (_until(views[name], length, states=True) for name in ("hidden", "d_hidden"))
    cell_state, d_cell = (_states(views[name], length) for name in ("cell_state", "d_cell_state"))
    return LayerFrame(
        spectral_radius=spectral_radius(candidate_block(network.spec.cell, params["weight_hh"])),
        hidden=hidden, cell_state=cell_state,
        gates={name: _until(gate, length) for name, gate in views["gates"].items()},
        d_hidden=d_hidden, d_cell_state=d_cell,
        d_hidden_log=_log_adjoints(look, d_hidden, items),
        d_cell_state_log=_log_adjoints(look, d_cell, items, views.get("dh_dc")),
        itemised_log_norms=None if items is None else _itemised(look, items),
        bound_by_lag=_bound(network, params["weight_hh"], probe.norm),
        saturation=_saturation(network, views, length),
        jacobian_products=all_products(look.factors[index].full(), n) if products else None,
        **_flow(look, look.factors[index], views["carousel"]),
    )  # fmt: skip


def _flow(look: _Look, factors: Factors, forget: Array | None) -> dict[str, Any]:
    """Return the maps of the Jacobian products and what is read off them; None for what the cell does not have."""
    ks, norm, length, dtype = look.grid.k_steps, look.probe.norm, look.length, look.network.run.float_type
    maps: dict[str, Array | None] = dict.fromkeys(("cell_jacobian", "leak", "carousel"))
    maps |= zip(MAPS, log_norm_maps(factors, look.network.spec.hidden_size, ks, norm, length), strict=False)
    if forget is not None:
        maps["carousel"] = carousel_map(forget, ks, norm, length)
    there = {name: rows for name, rows in maps.items() if rows is not None}
    flows: dict[str, Array | None] = dict.fromkeys(maps)
    flows |= zip(there, flow_by_lag(np.stack(list(there.values())), ks), strict=True)
    found: dict[str, Any] = {f"{name}_log_norms": None if m is None else _shown(look, m) for name, m in maps.items()}
    for name, flow in flows.items():
        found[f"{name}_flow_by_lag".replace("jacobian_", "")] = None if flow is None else flow.astype(dtype)
    for name in ("", "cell_"):
        flow = flows[f"{name}jacobian"]
        found[f"{name}half_life"] = None if flow is None else half_life(flow)
    found["highway_share"] = None if forget is None else _share(flows["carousel"], flows["leak"]).astype(dtype)
    return found


def _share(carousel: Any, leak: Any) -> Array:
    """Return carousel / (carousel + leak) from their log10."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.asarray(1.0 / (1.0 + 10.0 ** (leak - carousel)))


def _log_adjoints(
    look: _Look, adjoints: Array | None, items: Itemised | None, through_h: Array | None = None
) -> Array | None:
    """Return log10 |dL/dh_k| or |dL/dc_k|, (T+1, n): where the plain numbers underflow, these do not.

    Truncated passes are short and summed window by window: their logs are those of the plain sums.
    """
    if adjoints is None or items is None:
        return None
    if look.network.run.window is not None:
        return log10(np.abs(adjoints))
    logs = log_total(items, look.network.spec.hidden_size, through_h).astype(adjoints.dtype)
    return np.where(np.isnan(adjoints), np.nan, logs).astype(adjoints.dtype)


def _shown(look: _Look, rows: Array) -> Array:
    """Return the shown rows of a map in the run's dtype."""
    return rows[look.grid.t_steps].astype(look.network.run.float_type)


def _itemised(look: _Look, items: Itemised) -> Array:
    return _shown(look, items.log_norms(reach(look.network.run))[:, look.grid.k_steps])


def _targets(run: RunSpec, batch: Batch, sample: int) -> Array:
    """Return the sample's targets by step, (T, K), class numbers as one-hot rows, NaN where there is none."""
    T, K = run.seq_len, run.output_size
    full = np.full((T, K), np.nan, run.float_type)
    stands = batch.mask[:, sample] > 0
    values = batch.targets[stands][..., sample]
    full[batch.steps[stands] - 1] = np.eye(K)[values] if values.ndim == 1 else values
    return full


def _bound(network: Network, weight_hh: Array, norm: str) -> Array | None:
    if network.spec.cell != "rnn":
        return None
    slope = NONLINEARITIES[network.spec.activation].largest_slope
    sigma = float(singular_values(weight_hh)[0])
    return bound_by_lag(sigma, slope, network.run.seq_len, len(weight_hh), norm).astype(network.run.float_type)


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
