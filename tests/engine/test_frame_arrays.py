"""A frame's arrays: their type, what float32 makes of them, and what is left of them on a coarse grid."""

from __future__ import annotations

import numpy as np
import pytest

import engine
from tests.reference.cases import case, with_
from tests.reference.cells import every_cell, layer_of


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_arrays_are_of_the_runs_own_type(dtype):
    frame = engine.frame_of(engine.start(engine.RunSpec.from_dict(with_(case(72, cell="lstm"), dtype=dtype)))).networks[
        0
    ]
    layer = frame.layers[0]
    arrays = [
        frame.inputs,
        frame.outputs,
        layer.hidden,
        layer.d_hidden,
        layer.jacobian_log_norms,
        *layer.gates.values(),
    ]
    assert {a.dtype for a in arrays} == {np.dtype(dtype)}


@every_cell
def test_float32_runs_say_the_same_to_their_precision(network):
    spec = case(73, **network)
    double, single = (
        layer_of(engine.start(engine.RunSpec.from_dict(with_(spec, dtype=d)))) for d in ("float64", "float32")
    )
    np.testing.assert_allclose(single.jacobian_log_norms, double.jacobian_log_norms, atol=2e-5)
    np.testing.assert_allclose(single.d_hidden, double.d_hidden, atol=2e-6)


@pytest.mark.parametrize("network", [{"cell": "rnn"}, {"cell": "lstm"}, {"cell": "gru"}], ids=str)
def test_a_coarse_frame_is_a_choice_from_the_full_one(network, monkeypatch):
    """Beyond 200 steps the maps are thinned; every number that is left must be the one of the full map."""
    spec = with_(
        case(74, **network, length=14, lengths=[14, 9, 11], layers=2), truncation_stride=3, truncation_window=5
    )
    checkpoint = engine.start(engine.RunSpec.from_dict(spec))
    probe = engine.Probe(sample=1)
    full = engine.frame_of(checkpoint, probe=probe).networks[0].layers
    monkeypatch.setattr("engine.maps.FULL_GRID", 5)
    monkeypatch.setattr("engine.maps.COARSE_COLUMNS", 4)
    monkeypatch.setattr("engine.maps.COARSE_ROWS", 6)
    coarse = engine.frame_of(checkpoint, probe=probe)
    assert 4 <= len(coarse.k_steps) < len(coarse.t_steps) < 15
    at = np.ix_(coarse.t_steps, coarse.k_steps)
    for few, all_ in zip(coarse.networks[0].layers, full, strict=True):
        for name in ("jacobian_log_norms", "cell_jacobian_log_norms", "carousel_log_norms", "itemised_log_norms"):
            if getattr(all_, name) is not None:
                np.testing.assert_allclose(getattr(few, name), getattr(all_, name)[at], rtol=0, atol=1e-12)
        assert few.flow_by_lag.shape == all_.flow_by_lag.shape
        for name in ("hidden", "d_hidden"):
            np.testing.assert_array_equal(getattr(few, name), getattr(all_, name))
