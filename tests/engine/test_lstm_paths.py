"""The LSTM's paths from c_k to c_t: all of them, the carousel, and what leaks through h; each by both norms."""

from __future__ import annotations

import numpy as np
import pytest

import engine
from tests.reference.cases import case
from tests.reference.cells import layer_of


def test_lstm_maps_by_both_norms():
    checkpoint = engine.start(engine.RunSpec.from_dict(case(65, cell="lstm", hidden=4)))
    frobenius, spectral = layer_of(checkpoint), layer_of(checkpoint, norm="spectral")
    f = frobenius.gates["f"]
    for t in range(6):
        for k in range(t + 1):
            cc = engine.jacobian(checkpoint, t=t, k=k)["cc"]
            path = np.prod(f[k:t], axis=0)  # running sum of logs over the direct path
            np.testing.assert_allclose(
                frobenius.cell_jacobian_log_norms[t, k], np.log10(np.linalg.norm(cc)), atol=1e-12
            )
            np.testing.assert_allclose(
                spectral.cell_jacobian_log_norms[t, k], np.log10(np.linalg.norm(cc, 2)), atol=1e-12
            )
            np.testing.assert_allclose(frobenius.carousel_log_norms[t, k], np.log10(np.linalg.norm(path)), atol=1e-12)
            np.testing.assert_allclose(spectral.carousel_log_norms[t, k], np.log10(path.max()), atol=1e-12)
            carousel = engine.jacobian(checkpoint, t=t, k=k)["carousel"]
            np.testing.assert_allclose(carousel, path, rtol=1e-12)


@pytest.mark.parametrize("norm", ["frobenius", "spectral"])
def test_the_leak_is_the_cell_jacobian_less_its_carousel_and_the_highway_the_rest(norm):
    spec = engine.RunSpec(
        task={"name": "adding", "length": 9},
        networks=[{"cell": "lstm", "hidden_size": 5}],
        batch_size=2,
        dtype="float64",
        probe={"norm": norm},
    )
    checkpoint = engine.start(spec)
    layer = engine.frame_of(checkpoint).networks[0].layers[0]
    for t in range(10):
        assert layer.leak_log_norms[t, t] == -np.inf  # the identity has no way round,
        for k in range(t):
            asked = engine.jacobian(checkpoint, t=t, k=k)
            leak = asked["cc"] - np.diag(asked["carousel"])
            size = np.linalg.norm(leak, 2 if norm == "spectral" else None)
            if k == t - 1:
                assert (size, layer.leak_log_norms[t, k]) == (0, -np.inf)  # nor has one step
            else:
                assert layer.leak_log_norms[t, k] == pytest.approx(np.log10(size), abs=1e-9)
    carousel, leak = 10.0**layer.carousel_flow_by_lag, 10.0**layer.leak_flow_by_lag
    np.testing.assert_allclose(layer.highway_share, carousel / (carousel + leak), rtol=1e-9)
