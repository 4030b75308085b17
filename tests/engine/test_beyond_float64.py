"""Beyond float64: products that underflow, overflow, are exactly zero or hold NaN keep their meaning as log norms."""

from __future__ import annotations

import numpy as np
import pytest

import engine
from tests.reference.cases import case
from tests.reference.cells import layer_of, still


def test_400_small_factors_keep_their_true_log_norm():
    factor = 10.0**-1.32
    layer = layer_of(still(factor * np.eye(3), 400))
    assert factor**400 == 0.0
    assert layer.jacobian_log_norms[-1, 0] == pytest.approx(-528 + np.log10(np.sqrt(3)), abs=1e-9)
    np.testing.assert_allclose(layer.flow_by_lag, -1.32 * np.arange(401) + np.log10(np.sqrt(3)), atol=1e-9)


def test_underflow_and_overflow_of_a_full_matrix_against_integers():
    """W = A / 10^3 with whole numbers A: Python's integers know A^400 exactly."""
    A = [[3, 1, -2], [0, 5, 1], [2, -1, 4]]
    power, logs = [[int(i == j) for j in range(3)] for i in range(3)], []
    for _ in range(401):
        square = sum(x * x for row in power for x in row)
        shift = max(0, square.bit_length() - 200)
        logs.append(0.5 * (np.log10(float(square >> shift)) + shift * np.log10(2.0)))
        power = [[sum(A[i][j] * power[j][k] for j in range(3)) for k in range(3)] for i in range(3)]
    for scale in (-3, 3):  # products down to 10^-930, up to 10^1470
        checkpoint = still(np.array(A) * 10.0**scale, 400, activation="identity")
        frame, want = engine.frame_of(checkpoint), np.array(logs) + scale * np.arange(401)
        layer = frame.networks[0].layers[0]
        lags = np.subtract.outer(frame.t_steps, frame.k_steps)  # every J_t is W: the lag says it all
        np.testing.assert_allclose(layer.jacobian_log_norms[lags >= 0], want[lags[lags >= 0]], rtol=0, atol=1e-8)
        np.testing.assert_allclose(layer.flow_by_lag, want, rtol=0, atol=1e-8)
        assert engine.jacobian(checkpoint, t=400, k=0)["log_norm"] == pytest.approx(want[-1], abs=1e-8)
    assert want[-1] > 1000


def test_the_carousel_underflows_no_more_than_the_total():
    """With zero weights f = logistic(b_f) everywhere and the direct path is the only one."""
    bias = [0.0] * 2 + [-7.0, -9.0] + [0.0] * 4
    layer = layer_of(still(np.eye(2), 200, cell="lstm", bias=bias))
    log_f = np.array([-np.log10(1 + np.exp(7.0)), -np.log10(1 + np.exp(9.0))])
    want = log_f[0] * np.arange(201) + 0.5 * np.log10(1 + 10 ** (2 * (log_f[1] - log_f[0]) * np.arange(201)))
    assert want[-1] < -600
    assert layer.carousel_log_norms.shape == (201, 201)
    np.testing.assert_allclose(layer.carousel_log_norms[:, 0], want, rtol=0, atol=1e-9)
    np.testing.assert_allclose(layer.cell_jacobian_log_norms[:, 0], want, rtol=0, atol=1e-9)


def test_an_exact_zero_is_minus_infinity_and_only_where_it_is():
    nilpotent = np.diag([1.0, 1.0], -1)  # its cube is exactly zero
    layer = layer_of(still(nilpotent, 6))
    rows, columns = np.tril_indices(7)
    values = layer.jacobian_log_norms[rows, columns]
    assert (np.isneginf(values) == (rows - columns >= 3)).all()
    assert np.isneginf(layer.flow_by_lag[3:]).all()
    assert np.isfinite(layer.flow_by_lag[:3]).all()


def test_a_dead_relu_passes_exactly_nothing():
    checkpoint = still([[2.0]], 5, activation="relu")
    assert np.isneginf(layer_of(checkpoint).jacobian_log_norms[5, 4])
    assert engine.jacobian(checkpoint, t=5, k=4)["log_norm"] == -np.inf


def test_an_overflowing_state_ends_in_nan_or_infinity_and_never_in_a_wrong_number():
    """h_1 is finite, h_2 = inf, h_3 = inf - inf = NaN: what depends on them must not look like a number."""
    spec = case(67, batch=1, hidden=2, activation="tanh")
    spec["networks"][0] |= {"activation": "relu"}
    weights = spec["networks"][0]["weights"]
    weights["weight_hh_l0"] = [[1e200, 1.0], [1e200, -1e200]]
    weights["weight_ih_l0"], weights["bias_ih_l0"] = [[0.0, 0.0]] * 2, [1e200, 1.0]
    frame = engine.frame_of(engine.start(engine.RunSpec.from_dict(spec))).networks[0]
    assert not np.isfinite(frame.loss)
    assert not np.isfinite(frame.layers[0].hidden[2:]).all(axis=1).any()
    assert np.isfinite(frame.layers[0].hidden[:2]).all()
    assert frame.layers[0].jacobian_log_norms[1, 1] == pytest.approx(np.log10(np.sqrt(2)))
