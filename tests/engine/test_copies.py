"""The copies of a shared weight, and the bias that truncation puts into their sum (seed 001)."""

from __future__ import annotations

import numpy as np
import pytest

import engine
from engine.bptt import bptt
from engine.network import Network
from engine.spec import probe_count
from tests.reference.cases import case, named_cases, with_

CASES = named_cases()


def gradient(spec):
    run = engine.RunSpec.from_dict(spec)
    network = Network(run, run.networks[0], probe_count(run))
    network.theta[...] = engine.start(run).networks[0].theta
    batch = run.task.batch(run.seed, 0, run.batch_size)
    bptt(network, batch, network.forward(batch), run.window)
    return network


def begin(spec):
    return engine.start(engine.RunSpec.from_dict(spec))


@pytest.mark.parametrize("name", CASES)
def test_the_copies_sum_to_the_gradient_in_every_cell_and_layer(name: str) -> None:
    network = gradient(CASES[name])
    for layer, grads in enumerate(network.layer_grads):
        found = engine.copies(begin(CASES[name]), layer=layer)
        assert set(found) == set(grads)
        for key, grad in grads.items():
            assert found[key].shape == (network.run.seq_len, *grad.shape)
            np.testing.assert_allclose(found[key].sum(axis=0), grad, rtol=1e-12, atol=1e-14)
            np.testing.assert_allclose(found[key].mean(axis=0) * network.run.seq_len, grad, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_a_copys_gradient_is_that_of_a_weight_used_at_its_step_alone(cell: str) -> None:
    """By central differences: move W_hh at step t only, through the start states of two runs of the cell."""
    spec, t, eps = case(51, cell=cell, batch=2, length=4, target_steps="last"), 3, 1e-6
    network = gradient(spec)
    found = engine.copies(begin(spec))["weight_hh"][t - 1]
    batch = network.run.task.batch(0, 0, 2)
    params = network.layers[0]

    def loss(entry, change):
        moved = {name: value.copy() for name, value in params.items()}
        moved["weight_hh"][entry] += change
        state = None
        for step in range(1, 5):
            tape = network.cell.plan(network.tapes[0].shape._replace(T=1), np.dtype(float), network.tapes[0].options)
            network.cell.forward(moved if step == t else params, batch.inputs[step - 1 : step], tape, state)
            state = tape.states()[1]
        out = network.params["weight_ho"] @ state[:3] + network.params["bias_o"][:, None]
        return ((out - batch.targets[0]) ** 2).mean()

    for entry in [(0, 0), (2, 1), (len(found) - 1, 2)]:
        estimate = (loss(entry, eps) - loss(entry, -eps)) / (2 * eps)
        assert found[entry] == pytest.approx(estimate, rel=1e-6, abs=1e-9)


def test_truncation_bias_is_the_difference_of_the_two_gradients() -> None:
    spec = case(52, cell="gru", length=6)
    full, cut = gradient(spec).grad, gradient(with_(spec, truncation_window=2, truncation_stride=2)).grad
    found = engine.truncation_bias(begin(spec), window=2, stride=2)
    assert found.relative_error == pytest.approx(np.linalg.norm(cut - full) / np.linalg.norm(full), rel=1e-12)
    assert found.cosine == pytest.approx(cut @ full / np.linalg.norm(cut) / np.linalg.norm(full), rel=1e-12)
    assert found.relative_error > 0.01
    assert found.by_parameter["weight_ho"] == 0.0
    assert engine.truncation_bias(begin(with_(spec, truncation_window=2, truncation_stride=2))) == found


def test_a_window_over_everything_has_no_bias() -> None:
    found = engine.truncation_bias(begin(case(53, length=5)), window=6, stride=5)
    assert found.relative_error == 0.0
    assert found.cosine == pytest.approx(1.0)


@pytest.mark.parametrize(("asked", "field"), [({}, "window"), ({"window": 0}, "window"),
                                              ({"window": 2, "stride": 3}, "stride"),
                                              ({"window": 2, "network": 1}, "network")])  # fmt: skip
def test_questions_that_make_no_sense_are_refused_by_name(asked, field) -> None:
    with pytest.raises(engine.OutOfRange, match=field):
        engine.truncation_bias(begin(case(54)), **asked)


def test_a_window_without_a_stride_slides_by_one_step() -> None:
    spec = case(51, length=6)
    assert engine.truncation_bias(begin(spec), window=3) == engine.truncation_bias(begin(spec), window=3, stride=1)
    assert engine.truncation_bias(begin(spec), window=3) != engine.truncation_bias(begin(spec), window=3, stride=3)
