"""Seed 004: many to one on sentences, from the words to the answer, with numbers small enough to check by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

import engine
from engine.errors import SpecError
from tests.reference.cases import case

SENTENCES = ["as as soon", "soon as as", "as soon as"]  # in the order of the seed's array
# The seed's layout: x W_xh + h W_hh + B_h, shapes (2, 3), (3, 3), (1, 3); W_y (3, 1), B_y (1, 1).
W_XH = [[0.5, -1.0, 0.0], [1.0, 0.5, -0.5]]
W_HH = [[0.5, 0.0, 0.0], [0.0, -0.5, 0.0], [1.0, 0.0, 0.0]]
B_H, W_Y, B_Y = [0.1, 0.0, -0.2], [[1.0], [-2.0], [0.5]], [0.25]


def spec():
    weights = {
        "weight_ih_l0": np.transpose(W_XH).tolist(), "weight_hh_l0": np.transpose(W_HH).tolist(),
        "bias_ih_l0": B_H, "bias_hh_l0": [0.0] * 3, "weight_ho": np.transpose(W_Y).tolist(), "bias_o": B_Y,
    }  # fmt: skip
    task = {"name": "as_soon_as", "sentences": SENTENCES, "labels": [0, 0, 1]}
    return {"task": task, "networks": [{"cell": "rnn", "hidden_size": 3, "weights": weights}], "dtype": "float64"}


def by_hand(words):
    """Return h_3 and the answer by scalars only, word by word: as = [1, 0], soon = [0, 1]."""
    a = b = c = 0.0
    for word in words.split():
        row = W_XH[["as", "soon"].index(word)]
        a, b, c = (math.tanh(row[0] + 0.5 * a + c + 0.1), math.tanh(row[1] - 0.5 * b), math.tanh(row[2] - 0.2))
    return [a, b, c], 1.0 * a - 2.0 * b + 0.5 * c + 0.25


@pytest.mark.parametrize("sample", [0, 1, 2])
def test_forward_values_by_hand(sample):
    frame = engine.frame_of(engine.start(engine.RunSpec.from_dict(spec())), probe=engine.Probe(sample=sample)).networks[
        0
    ]
    h, y = by_hand(SENTENCES[sample])
    np.testing.assert_allclose(frame.layers[0].hidden[3], h, rtol=0, atol=1e-15)
    assert frame.outputs[2, 0] == pytest.approx(y, abs=1e-15)


def test_the_first_word_on_paper():
    """as: h_1 = tanh(0.6, -1.0, -0.2) = (0.5370495670, -0.7615941560, -0.1973753202)."""
    frame = engine.frame_of(engine.start(engine.RunSpec.from_dict(spec()))).networks[0]
    np.testing.assert_allclose(frame.layers[0].hidden[1], [0.5370495670, -0.7615941560, -0.1973753202], atol=5e-11)
    # as again: (0.5 + 0.1 + 0.26852... - 0.19737..., -1 + 0.38079..., -0.2) under tanh
    np.testing.assert_allclose(frame.layers[0].hidden[2], [0.5857354897, -0.5505728129, -0.1973753202], atol=5e-11)


def test_the_data_have_the_seeds_shape_and_order_matters():
    run = engine.RunSpec.from_dict(spec())
    batch = run.task.batch(0, 0, 32)
    array = batch.inputs.transpose(2, 0, 1)  # (batch, time steps, feature)
    assert array.shape == (3, 3, 2)
    np.testing.assert_array_equal(array, [[[1, 0], [1, 0], [0, 1]], [[0, 1], [1, 0], [1, 0]], [[1, 0], [0, 1], [1, 0]]])
    assert len({tuple(x.sum(0)) for x in array}) == 1  # a bag of words cannot tell them apart


def test_weight_shapes_and_the_slip_of_bh():
    """W_xh (2, 3), W_hh (3, 3), W_y (3, 1), B_y (1, 1) as in the seed, transposed; its B_h = (1, 1) must be (1, 3)."""
    weights = engine.weights(engine.start(engine.RunSpec.from_dict(spec())))
    assert weights["weight_ih_l0"].T.shape == (2, 3)
    assert weights["weight_hh_l0"].T.shape == (3, 3)
    assert weights["weight_ho"].T.shape == (3, 1)
    assert weights["bias_o"][None].shape == (1, 1)
    assert weights["bias_ih_l0"][None].shape == (1, 3)
    slipped = spec()
    slipped["networks"][0]["weights"]["bias_ih_l0"] = [0.1]
    with pytest.raises(SpecError, match="bias_ih_l0"):
        engine.start(engine.RunSpec.from_dict(slipped))


def test_it_is_learned():
    run = engine.RunSpec.from_dict({
        "task": {"name": "as_soon_as"}, "networks": [{"cell": c, "hidden_size": 3} for c in ("rnn", "lstm", "gru")],
        "optimizer": {"name": "adam", "learning_rate": 0.05}, "steps": 300})  # fmt: skip
    frame = engine.frame_of(engine.advance(engine.start(run), 300)[0])
    assert all(network.accuracy == 1.0 for network in frame.networks)
    assert all(network.loss < 0.05 < run.baseline_loss for network in frame.networks)


@pytest.mark.parametrize(("steps", "rows"), [("last", [5]), ("all", [1, 2, 3, 4, 5]), ([4, 5], [4, 5]), ([1], [1])])
def test_many_to_one_and_many_to_many_aligned_and_delayed_are_target_steps(steps, rows):
    frame = engine.frame_of(engine.start(engine.RunSpec.from_dict(case(501, target_steps=steps)))).networks[0]
    assert list(np.flatnonzero(~np.isnan(frame.targets[:, 0])) + 1) == rows
    with_loss = np.isfinite(frame.layers[0].itemised_log_norms).any(axis=1)
    assert list(np.flatnonzero(with_loss)) == rows


def test_one_to_many_is_one_input_and_then_silence():
    tree = case(502, batch=1)
    tree["task"]["inputs"] = [[[1.0, -1.0]] + [[0.0, 0.0]] * 4]
    checkpoint = engine.start(engine.RunSpec.from_dict(tree))
    frame = engine.frame_of(checkpoint).networks[0]
    W = {k: np.array(v) for k, v in tree["networks"][0]["weights"].items()}
    bias, h = W["bias_ih_l0"] + W["bias_hh_l0"], np.tanh(
        W["weight_ih_l0"] @ [1.0, -1.0] + W["bias_ih_l0"] + W["bias_hh_l0"])  # fmt: skip
    for t in range(2, 6):
        h = np.tanh(W["weight_hh_l0"] @ h + bias)
        np.testing.assert_allclose(frame.layers[0].hidden[t], h, atol=1e-14)
    assert (~np.isnan(frame.targets)).all()
