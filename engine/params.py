"""How parameters start, which of them are trained, and where the shown blocks and the forget biases lie."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from engine.arrays import Array
from engine.cells import Params
from engine.layout import Layout, named, of_layer, size_of
from engine.spec import NetworkSpec
from engine.spectrum import spectral_radius


def initial(spec: NetworkSpec, layout: Layout, rng: np.random.Generator, seq_len: int) -> Array:
    """Return the initial flat vector in float64: drawn by the scheme, then given weights in place of drawn ones."""
    theta = np.empty(size_of(layout))
    params = named(layout, theta)
    bound = 1.0 / math.sqrt(spec.hidden_size)
    for array in params.values():
        array[...] = rng.uniform(-bound, bound, array.shape)
    for layer in range(spec.layers):
        _init_layer(spec, of_layer(params, layer), rng, seq_len)
    for name, value in (spec.weights or {}).items():
        params[name][...] = value
    return theta


def _init_layer(spec: NetworkSpec, params: Params, rng: np.random.Generator, seq_len: int) -> None:
    n = spec.hidden_size
    blocks = params["weight_hh"].reshape(-1, n, n)
    if spec.recurrent_init in ("glorot", "orthogonal", "identity"):
        limit = math.sqrt(6.0 / (n + params["weight_ih"].shape[1]))
        params["weight_ih"][...] = rng.uniform(-limit, limit, params["weight_ih"].shape)
        params["bias_ih"][...] = params["bias_hh"][...] = 0.0
        for block in blocks:
            block[...] = _square(spec.recurrent_init, n, rng)
    blocks *= spec.recurrent_gain
    candidate = candidate_block(spec.cell, params["weight_hh"])
    if spec.spectral_radius is not None:
        radius = spectral_radius(candidate)
        candidate *= spec.spectral_radius / radius if radius else 0.0
    _init_gate_biases(spec, params, rng, seq_len)


def _square(scheme: str, n: int, rng: np.random.Generator) -> Array:
    if scheme == "identity":
        return np.eye(n)
    if scheme == "glorot":
        limit = math.sqrt(6.0 / (n + n))
        return rng.uniform(-limit, limit, (n, n))
    Q, R = np.linalg.qr(rng.standard_normal((n, n)))
    return np.asarray(Q * np.sign(np.diag(R)))  # the signs make Q uniform over the orthogonal group


def _init_gate_biases(spec: NetworkSpec, params: Params, rng: np.random.Generator, seq_len: int) -> None:
    """Set the LSTM's forget bias; chrono spreads the gates' time constants over 1 .. T-1 (Tallec & Ollivier 2018)."""
    n = spec.hidden_size
    b_ih, b_hh = (params[name].reshape(-1, n) for name in ("bias_ih", "bias_hh"))
    spread = np.log(rng.uniform(1.0, max(seq_len - 1.0, 1.0), n)) if spec.recurrent_init == "chrono" else None
    if spec.cell == "lstm":
        b_ih[1], b_hh[1] = spec.forget_bias if spread is None else spread, 0.0
        if spread is not None:
            b_ih[0], b_hh[0] = -spread, 0.0
    elif spec.cell == "gru" and spread is not None:
        b_ih[1], b_hh[1] = spread, 0.0


def candidate_block(cell: str, weight_hh: Array) -> Array:
    """Return the block whose spectral radius is shown: all of W_hh (RNN), of the candidate g (LSTM) or n (GRU)."""
    n = weight_hh.shape[1]
    first = {"rnn": 0, "lstm": 2, "gru": 2}[cell]
    return weight_hh[first * n : (first + 1) * n]


def forget_rows(layout: Layout, spec: NetworkSpec) -> list[slice]:
    """Return where the forget gates' slices of bias_ih lie in the flat vector."""
    n = spec.hidden_size
    starts = [layout[f"bias_ih_l{layer}"][0] + n for layer in range(spec.layers)]
    return [slice(s, s + n) for s in starts]


def trained_mask(spec: NetworkSpec, layout: Layout, dtype: np.dtype[Any]) -> Array | None:
    """Return 1 where a parameter is trained and 0 where it is frozen, or None when all are trained."""
    if not spec.frozen:
        return None
    mask = np.ones(size_of(layout), dtype)
    for name in spec.frozen:
        named(layout, mask)[name][...] = 0.0
    return mask
