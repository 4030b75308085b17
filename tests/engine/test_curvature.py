"""Gauss-Newton products by the R-operator against the explicit J^T H J, J by central differences of the outputs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from engine import RunSpec, start
from engine.arrays import Array
from engine.curvature import Curvature
from engine.network import Network
from engine.spec import probe_count
from tests.reference.cases import case, named_cases, with_

MORE = {
    "rnn_frozen": case(21, cell="rnn", layers=2, frozen=["weight_ih_l0", "bias_o"]),
    "lstm_gaps_sum": with_(case(22, cell="lstm", layers=2, gaps=True, loss="binary_cross_entropy"),
                           time_reduction="sum"),
    "gru_before_gaps": case(23, cell="gru", reset_after=False, gaps=True, target_steps=[1, 4]),
}  # fmt: skip
CASES = named_cases() | MORE


def at_work(case: dict[str, Any]) -> tuple[Network, Any]:
    spec = RunSpec.from_dict(case)
    network = Network(spec, spec.networks[0], probe_count(spec))
    network.theta[...] = start(spec).networks[0].theta
    return network, spec.task.batch(0, 0, spec.batch_size)


def derivatives(network: Network, batch: Any, read: Callable[[], Array]) -> Array:
    """Return d(read)/d(theta) by central differences, (size, P); frozen columns are 0."""
    columns = []
    for i, value in enumerate(network.theta.copy()):
        seen = []
        for moved in (value + 1e-5, value - 1e-5):
            network.theta[i] = moved
            network.forward(batch)
            seen.append(read().ravel().copy())
        network.theta[i] = value
        columns.append((seen[0] - seen[1]) / 2e-5)
    J = np.stack(columns, axis=1)
    return J if network.trained is None else J * network.trained


def output_hessian(network: Network, batch: Any) -> Array:
    """Return d²L/d(outputs)², written out from the definitions of the losses, (P K B, P K B)."""
    judged = network.forward(batch)
    outputs = network.outputs()[batch.steps - 1]
    P, K, B = outputs.shape
    H = np.zeros((P, K, B, P, K, B))
    for p in range(P):
        for b in range(B):
            x = outputs[p, :, b]
            if network.run.loss == "mse":
                local = 2 * np.eye(K) / K
            elif network.run.loss == "binary_cross_entropy":
                local = np.diag(1 / (1 + np.exp(-x)) * 1 / (1 + np.exp(x))) / K
            else:
                z = np.exp(x) / np.exp(x).sum()
                local = np.diag(z) - np.outer(z, z)
            H[p, :, b, p, :, b] = local * judged.weights[p, b]
    return H.reshape(P * K * B, -1)


@pytest.mark.parametrize("name", CASES)
def test_the_product_is_that_of_the_explicit_gauss_newton_matrix(name: str) -> None:
    network, batch = at_work(CASES[name])
    J = derivatives(network, batch, lambda: network.outputs()[batch.steps - 1])
    G = J.T @ output_hessian(network, batch) @ J
    curvature = Curvature(network, batch)
    ours = np.stack([curvature.product(e) for e in np.eye(len(network.theta))], axis=1)
    assert np.abs(ours - G).max() <= 1e-8 * np.abs(G).max()


@pytest.mark.parametrize("name", ["rnn_tanh_2", "lstm_2", "gru_2", "gru_before_2", "rnn_frozen"])
def test_structural_damping_adds_the_gauss_newton_matrix_of_the_hidden_states(name: str) -> None:
    network, batch = at_work(CASES[name])
    T, B = network.run.seq_len, len(batch.lengths)
    within = (np.arange(1, T + 1)[:, None] <= batch.lengths)[:, None]  # (T, 1, B)
    S = np.zeros((len(network.theta),) * 2)
    for tape in network.tapes:
        J = derivatives(network, batch, lambda tape=tape: tape.hidden[1:] * within)  # type: ignore[misc]
        S += J.T @ J / B
    network.forward(batch)
    curvature = Curvature(network, batch)
    ours = np.stack([curvature.product(e, 1.0) - curvature.product(e) for e in np.eye(len(S))], axis=1)
    assert np.abs(ours - S).max() <= 1e-8 * np.abs(S).max()


@pytest.mark.parametrize("name", ["rnn_tanh_2", "lstm_last", "gru_before_2", "gru_2", "rnn_frozen", "lstm_gaps"])
def test_squared_gradients_are_those_of_each_sample_by_itself(name: str) -> None:
    network, batch = at_work(CASES[name])
    B = len(batch.lengths)
    network.forward(batch)
    parts = derivatives(network, batch, lambda: sample_losses(network, batch))
    want = B * (parts * parts).sum(axis=0)
    assert np.allclose(Curvature(network, batch).squared_gradients(), want, rtol=1e-6, atol=1e-9 * want.max())


def sample_losses(network: Network, batch: Any) -> Array:
    """Return each sample's part of L, (B,)."""
    judged = network.forward(batch)
    return np.asarray(np.where(judged.weights > 0, judged.step_losses * judged.weights, 0.0).sum(axis=0))


def test_asking_leaves_parameters_and_gradient_as_they_were() -> None:
    network, batch = at_work(CASES["lstm_2"])
    network.grad[...] = 7.0
    theta = network.theta.copy()
    curvature = Curvature(network, batch)
    before = curvature.product(theta, 0.5)
    curvature.squared_gradients()
    assert curvature.loss(theta + 0.1) != curvature.loss()
    assert np.array_equal(curvature.product(theta, 0.5), before)
    assert np.array_equal(network.theta, theta)
    assert (network.grad == 7.0).all()


@pytest.mark.parametrize("name", ["rnn_tanh_2", "lstm_2", "gru_2", "gru_before_2"])
def test_local_derivatives_made_two_steps_at_a_time_give_the_same_product(name: str) -> None:
    network, batch = at_work(CASES[name])
    v = np.random.default_rng(0).normal(size=network.theta.size)
    whole = Curvature(network, batch).product(v, 0.3)
    for tape in network.tapes:
        tape.at_once = 2
    assert np.allclose(Curvature(network, batch).product(v, 0.3), whole, rtol=1e-13, atol=1e-15)
