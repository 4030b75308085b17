"""Pascanu's regulariser: its value by definition, its immediate gradient by differences, its effect in training."""

from __future__ import annotations

import numpy as np
import pytest

import engine
from engine.bptt import bptt
from engine.network import Network
from engine.spec import probe_count
from engine.vanishing import omega, penalty
from tests.reference.cases import case, with_

VANISHING = {
    "task": {"name": "adding", "length": 20}, "dtype": "float64", "steps": 60, "batch_size": 16,
    "networks": [{"hidden_size": 8, "spectral_radius": 0.5}], "optimizer": {"name": "sgd", "learning_rate": 0.02},
}  # fmt: skip


def at_work(spec, theta=None):
    run = engine.RunSpec.from_dict(spec)
    network = Network(run, run.networks[0], probe_count(run))
    network.theta[...] = engine.start(run).networks[0].theta if theta is None else theta
    batch = run.task.batch(run.seed, 0, run.batch_size)
    bptt(network, batch, network.forward(batch))
    return network


def test_its_value_is_the_definition_written_out() -> None:
    network = at_work(case(71, length=6, batch=4, target_steps="last"))
    tape, W = network.tapes[0], network.params["weight_hh_l0"]
    want = 0.0
    for b in range(4):
        for t in range(1, 6):
            h, h_next = tape.hidden[t, :, b], tape.hidden[t + 1, :, b]
            delta = (1 - h_next**2) * tape.adjoints[t + 1, :, b]
            carried = (1 - h**2) * (W.T @ delta)
            want += (np.linalg.norm(carried) / np.linalg.norm(delta) - 1) ** 2 / 4
    assert omega(network.layers[0], tape)[0] == pytest.approx(want, rel=1e-12)


@pytest.mark.parametrize("activation", ["tanh", "logistic", "identity"])
def test_its_gradient_is_the_immediate_one(activation: str) -> None:
    """By central differences of W_hh with signals and slopes held fixed, as the paper has it."""
    network = at_work(case(72, activation=activation, length=5))
    tape, W, eps = network.tapes[0], network.params["weight_hh_l0"], 1e-6
    slopes = {"tanh": lambda h: 1 - h * h, "logistic": lambda h: h * (1 - h), "identity": np.ones_like}[activation]
    fixed = tape.buffers["deltas"][2:6], slopes(tape.hidden[1:5])
    _, found = omega(network.layers[0], tape)
    for entry in np.ndindex(W.shape):
        moved = []
        for change in (eps, -eps):
            other = W.copy()
            other[entry] += change
            moved.append(penalty(other, *fixed)[0])
        assert found[entry] == pytest.approx((moved[0] - moved[1]) / (2 * eps), rel=1e-6, abs=1e-8)


def test_dead_signals_do_not_count_and_break_nothing() -> None:
    deltas, slopes = np.zeros((3, 2, 1)), np.ones((3, 2, 1))
    deltas[0] = 1.0
    value, gradient = penalty(np.eye(2), deltas, slopes)
    assert value == pytest.approx(0.0, abs=1e-30)
    assert np.isfinite(gradient).all()
    assert penalty(np.zeros((2, 2)), deltas, slopes)[0] == 0.0


def test_training_with_it_keeps_the_signal_alive() -> None:
    def after(weight):
        checkpoint, _ = engine.advance(engine.start(engine.RunSpec.from_dict(
            with_(VANISHING, vanishing_penalty=weight))), 60)  # fmt: skip
        network = at_work(VANISHING, checkpoint.networks[0].theta)
        return omega(network.layers[0], network.tapes[0])[0]

    assert after(1.0) < 0.5 * after(0.0)


@pytest.mark.parametrize("weight", [0.5, 3.0])
def test_an_update_takes_its_gradient_along_times_its_weight(weight: float) -> None:
    def updated(**changes):
        return engine.advance(engine.start(engine.RunSpec.from_dict(with_(VANISHING, **changes))), 1)[0]

    run = engine.RunSpec.from_dict(VANISHING)
    network = Network(run, run.networks[0], probe_count(run))
    network.theta[...] = engine.start(run).networks[0].theta
    batch = run.task.batch(run.seed, 1, run.batch_size)  # update 1 trains on batch 1
    bptt(network, batch, network.forward(batch))
    plain, pulled = (engine.weights(updated(vanishing_penalty=w)) for w in (0.0, weight))
    for name, value in plain.items():
        want = weight * omega(network.layers[0], network.tapes[0])[1] if name == "weight_hh_l0" else 0.0
        np.testing.assert_allclose((value - pulled[name]) / 0.02, want, rtol=1e-9, atol=1e-12)


def test_other_cells_and_frozen_weights_are_left_alone() -> None:
    both = with_(VANISHING, networks=[{"hidden_size": 4, "frozen": ["weight_hh_l0"]}, {"cell": "gru"}], steps=3)
    plain, _ = engine.advance(engine.start(engine.RunSpec.from_dict(both)), 3)
    pulled, _ = engine.advance(engine.start(engine.RunSpec.from_dict(with_(both, vanishing_penalty=1.0))), 3)
    assert all(np.array_equal(a.theta, b.theta) for a, b in zip(plain.networks, pulled.networks, strict=True))


@pytest.mark.parametrize("change", [
    {"networks": [{"cell": "lstm"}]}, {"truncation_window": 5}, {"optimizer": {"name": "hessian_free"}},
    {"vanishing_penalty": -1.0},
])  # fmt: skip
def test_where_it_has_no_meaning_it_is_refused(change) -> None:
    with pytest.raises(engine.SpecError, match="vanishing_penalty"):
        engine.RunSpec.from_dict(with_(VANISHING, vanishing_penalty=1.0) | change)
