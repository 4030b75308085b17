"""Seed 001: BPTT is backpropagation through the unrolled copies of a shared weight; truncated, 5 steps back."""

from __future__ import annotations

import numpy as np
import pytest

import engine
from tests.reference import plain
from tests.reference.cases import case, with_

CELLS = [{"cell": "rnn"}, {"cell": "lstm"}, {"cell": "gru"}, {"cell": "gru", "reset_after": False}]
every_cell = pytest.mark.parametrize("network", CELLS, ids=lambda n: "-".join(map(str, n.values())))


def gradient(spec):
    checkpoint = engine.start(engine.RunSpec.from_dict(spec))
    before, after = engine.weights(checkpoint), engine.weights(engine.advance(checkpoint, 1)[0])
    return {name: before[name] - after[name] for name in before}


@every_cell
def test_a_shared_weights_gradient_is_the_sum_of_its_copies_gradients(network):
    """The seed's "sum or mean is the same thing": the mean over the T copies is that sum over T."""
    spec, T = case(201, **network), 5
    for name, copies in plain.copies(spec).items():
        by_copy = copies.sum(0)  # over the losses: dL/d(copy k), k = 1..T
        np.testing.assert_allclose(by_copy.sum(0), gradient(spec)[name], rtol=1e-9, atol=1e-13)
        np.testing.assert_allclose(by_copy.mean(0) * T, gradient(spec)[name], rtol=1e-9, atol=1e-13)


def test_the_copies_gradients_are_adjoint_times_input_for_the_simple_network():
    """dL/dW_hh of copy k is (1 - h_k²) dL/dh_k h_{k-1}^T: what a frame shows is enough to rebuild it."""
    spec = case(202, batch=1)
    layer = engine.frame_of(engine.start(engine.RunSpec.from_dict(spec))).networks[0].layers[0]
    deltas = (1 - layer.hidden[1:] ** 2) * layer.d_hidden[1:]
    rebuilt = np.einsum("kn,km->knm", deltas, layer.hidden[:-1])
    np.testing.assert_allclose(rebuilt, plain.copies(spec)["weight_hh_l0"].sum(0), rtol=1e-9, atol=1e-14)
    np.testing.assert_allclose(rebuilt.sum(0), gradient(spec)["weight_hh_l0"], rtol=1e-9, atol=1e-14)


@every_cell
@pytest.mark.parametrize("stride", [1, 5])
def test_five_steps_of_unfolding_see_this_input_and_the_four_before(network, stride):
    """k2 = 5: a loss reaches the five newest copies, never a sixth; sliding (k1 = 1) or in chunks (k1 = 5)."""
    spec = case(203, **network, length=10, batch=1, hidden=2)
    got = gradient(with_(spec, truncation_window=5, truncation_stride=stride))
    ends = -(-np.arange(1, 11) // stride) * stride
    for name, copies in plain.copies(spec).items():
        kept = np.arange(1, 11)[None, :] > (ends - 5)[:, None]
        if stride == 1:
            assert (kept & np.tril(np.ones((10, 10), bool))).sum(1).max() == 5
        want = np.einsum("tk...,tk->...", copies, kept)
        np.testing.assert_allclose(got[name], want, rtol=1e-9, atol=1e-13)


def test_its_cut_is_visible_and_its_bias_against_the_full_gradient_is_real():
    spec = case(204, length=10, batch=1, target_steps="last")
    cut = with_(spec, truncation_window=5)
    layer = engine.frame_of(engine.start(engine.RunSpec.from_dict(cut))).networks[0].layers[0]
    assert np.isnan(layer.itemised_log_norms[10, :6]).all()
    assert np.isfinite(layer.itemised_log_norms[10, 6:]).all()
    assert not layer.d_hidden[:6].any()
    assert np.abs(gradient(spec)["weight_hh_l0"] - gradient(cut)["weight_hh_l0"]).max() > 1e-6


@every_cell
def test_the_output_weight_is_learned_by_the_sum_of_its_copies(network):
    """dL/dW_ho = sum over t of dL/d(output_t) h_t^T: for mse, 2 (output - target) / K times the weight of each loss."""
    spec = case(205, **network, length=6, batch=1)
    frame = engine.frame_of(engine.start(engine.RunSpec.from_dict(spec))).networks[0]
    errors = 2 * (frame.outputs - frame.targets) / frame.outputs.shape[1] / 6
    got = gradient(spec)
    np.testing.assert_allclose(got["weight_ho"], errors.T @ frame.layers[0].hidden[1:], rtol=1e-9, atol=1e-13)
    np.testing.assert_allclose(got["bias_o"], errors.sum(0), rtol=1e-9, atol=1e-13)


def test_the_mean_is_the_sum_at_another_rate_for_plain_gradient_descent_alone():
    """L over T in place of L: every gradient is the mean of its copies. SGD at T times the rate makes up for it."""
    T, rate = 5, 0.1
    spec = with_(case(206, batch=1, length=T), time_reduction="sum")

    def after(reduction, name, rate, steps=3):
        changed = with_(spec, time_reduction=reduction, optimizer={"name": name, "learning_rate": rate}, steps=steps)
        return engine.weights(engine.advance(engine.start(engine.RunSpec.from_dict(changed)), steps)[0])["weight_hh_l0"]

    np.testing.assert_allclose(after("sum", "sgd", rate), after("mean", "sgd", rate * T), rtol=1e-12)
    assert np.abs(after("sum", "adam", rate) - after("mean", "adam", rate * T)).max() > 1e-2
