"""Seed 000: the scalar linear RNN S_k = x_k w_x + S_{k-1} w_rec, its gradient over time, its own code as the oracle."""

from __future__ import annotations

import numpy as np
import pytest

import engine

RATES = [2.0, -2.0, 1.0, 0.5, -0.5, 0.0]  # the w_rec whose gradients the seed's sources draw
FROZEN = ["bias_ih_l0", "bias_hh_l0", "weight_ho", "bias_o"]
COUNT, STEPS = 20, 10


def spec(w_x, w_rec, **more):
    """Return the seed's network: no bias, no readout, identity; only w_x and w_rec are trained; the sum of the bits."""
    X = np.random.default_rng(0).integers(0, 2, (COUNT, STEPS))
    weights = {"weight_ih_l0": [[w_x]], "weight_hh_l0": [[w_rec]], "bias_ih_l0": [0.0], "bias_hh_l0": [0.0],
               "weight_ho": [[1.0]], "bias_o": [0.0]}  # fmt: skip
    network = {"cell": "rnn", "activation": "identity", "hidden_size": 1, "weights": weights, "frozen": FROZEN}
    task = {"name": "inline", "inputs": X[:, :, None].tolist(), "targets": X.sum(1)[:, None].tolist()}
    optimizer = {"name": "sgd", "learning_rate": 1.0}
    return {"task": task, "networks": [network], "optimizer": optimizer, "dtype": "float64"} | more


def begin(w_x, w_rec, **more):
    return engine.start(engine.RunSpec.from_dict(spec(w_x, w_rec, **more)))


# --- the seed's code, as it stands there ------------------------------------------------------------------------------


def output_gradient(y, t):
    return 2.0 * (y - t)


def backward_gradient(X, S, grad_out, wRec):
    grad_over_time = np.zeros((X.shape[0], X.shape[1] + 1))
    grad_over_time[:, -1] = grad_out
    wx_grad = 0
    wRec_grad = 0
    for k in range(X.shape[1], 0, -1):
        wx_grad += np.sum(np.mean(grad_over_time[:, k] * X[:, k - 1], axis=0))
        wRec_grad += np.sum(np.mean(grad_over_time[:, k] * S[:, k - 1]), axis=0)
        grad_over_time[:, k - 1] = grad_over_time[:, k] * wRec
    return (wx_grad, wRec_grad), grad_over_time


def seeds_answer(w_x, w_rec):
    X = np.array(spec(w_x, w_rec)["task"]["inputs"])[:, :, 0]
    S = np.zeros((COUNT, STEPS + 1))
    for k in range(STEPS):
        S[:, k + 1] = X[:, k] * w_x + S[:, k] * w_rec
    return S, *backward_gradient(X, S, output_gradient(S[:, -1], X.sum(1)), w_rec)


def close(got, want):
    np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-12 * max(1.0, np.abs(want).max()))


@pytest.mark.parametrize("w_rec", [*RATES, 1.2, 0.9])
@pytest.mark.parametrize("w_x", [1.0, 2.0, -1.5])
def test_states_gradients_and_gradient_over_time_are_the_seeds(w_x, w_rec):
    checkpoint = begin(w_x, w_rec)
    S, (wx_grad, wrec_grad), over_time = seeds_answer(w_x, w_rec)
    for b in (0, 7, 19):
        layer = engine.frame_of(checkpoint, probe=engine.Probe(sample=b)).networks[0].layers[0]
        close(layer.hidden[:, 0], S[b])
        close(layer.d_hidden[:, 0], over_time[b] / COUNT)  # the seed takes the mean over samples later, at the weights
    before, after = engine.weights(checkpoint), engine.weights(engine.advance(checkpoint, 1)[0])
    close(before["weight_ih_l0"] - after["weight_ih_l0"], wx_grad)
    close(before["weight_hh_l0"] - after["weight_hh_l0"], wrec_grad)


@pytest.mark.parametrize("w_rec", RATES)
def test_the_states_influence_on_a_later_one_is_w_rec_to_the_power_of_the_lag_exactly(w_rec):
    checkpoint = begin(1.0, w_rec)
    layer = engine.frame_of(checkpoint).networks[0].layers[0]
    for k in range(STEPS + 1):
        for m in range(k + 1):
            got = engine.jacobian(checkpoint, t=k, k=k - m)
            assert got["hh"] == [[w_rec**m]]
            log = m * np.log10(abs(w_rec)) if w_rec else (0.0 if m == 0 else -np.inf)
            np.testing.assert_allclose([got["log_norm"], layer.jacobian_log_norms[k, k - m]], log, atol=1e-14)
    np.testing.assert_allclose(layer.flow_by_lag, layer.bound_by_lag, atol=1e-14)  # here the bound is the flow


def test_its_gradient_check():
    """As the seed's source does it: (L(w + e) - L(w - e)) / 2e with e = 1e-7, at (w_x, w_rec) = (1.2, 1.2)."""
    checkpoint, epsilon = begin(1.2, 1.2), 1e-7
    after = engine.weights(engine.advance(checkpoint, 1)[0])
    for name in ("weight_ih_l0", "weight_hh_l0"):
        at = [engine.with_weights(checkpoint, 0, {name: np.array([[1.2 + e]])}) for e in (epsilon, -epsilon)]
        up, down = (engine.frame_of(c).networks[0].loss for c in at)
        assert 1.2 - after[name][0, 0] == pytest.approx((up - down) / (2 * epsilon), rel=1e-6)
    assert engine.checks.gradients(engine.RunSpec.from_dict(spec(1.2, 1.2))) < 1e-7


def test_only_the_two_weights_are_trained_and_counted():
    end = engine.advance(begin(0.7, 0.9, optimizer={"name": "adam", "learning_rate": 0.01}), 5)[0]
    weights = engine.weights(end)
    assert weights["weight_ho"] == [[1.0]]
    assert (weights["bias_ih_l0"], weights["bias_hh_l0"], weights["bias_o"]) == (0.0, 0.0, 0.0)
    _, (wx_grad, wrec_grad), _ = seeds_answer(0.7, 0.9)
    assert end.metrics[0]["networks"][0]["grad_norm"] == pytest.approx(np.hypot(wx_grad, wrec_grad), rel=1e-12)


def test_rprop_finds_the_sum():
    """From (-1.5, 2), where the gradient is in the millions, 500 steps by its sign alone reach (1, 1)."""
    run = begin(-1.5, 2.0, optimizer={"name": "rprop", "learning_rate": 0.001}, steps=500)
    assert engine.frame_of(run).networks[0].grad_norm > 1e6
    end = engine.weights(engine.advance(run, 500)[0])
    assert end["weight_ih_l0"][0, 0] == pytest.approx(1.0, abs=0.01)
    assert end["weight_hh_l0"][0, 0] == pytest.approx(1.0, abs=0.01)
