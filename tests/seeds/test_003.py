"""Seed 003: the softmax RNN, eqs (1)-(14) for any T, and the hand-worked two-step example, eqs (15)-(26), in BPTT."""

from __future__ import annotations

import numpy as np
import pytest

import engine
from engine.nonlinearities import NONLINEARITIES
from tests.reference.cases import case, with_


def begin(spec):
    return engine.start(engine.RunSpec.from_dict(spec))


def softmax_rnn(seed, **more):
    """L = -sum_t y_t log z_t of one sequence: one sample, summed over time."""
    spec = case(seed, cell="rnn", loss="softmax_cross_entropy", outputs=3, batch=1, **more)
    return with_(spec, time_reduction="sum")


def gradient(spec):
    checkpoint = begin(spec)
    before, after = engine.weights(checkpoint), engine.weights(engine.advance(checkpoint, 1)[0])
    return {name: before[name] - after[name] for name in before}


def parts(spec):
    """Return h (T+1, n), z - y (T, K) and the weights by the seed's letters."""
    frame = engine.frame_of(begin(spec)).networks[0]
    W = {k: np.array(v) for k, v in spec["networks"][0]["weights"].items()}
    z = np.exp(frame.outputs) / np.exp(frame.outputs).sum(1, keepdims=True)  # eq (3)
    y = np.nan_to_num(frame.targets)
    stands = ~np.isnan(frame.targets[:, :1])
    letters = {"hh": W["weight_hh_l0"], "xh": W["weight_ih_l0"], "hz": W["weight_ho"]}
    return frame.layers[0].hidden, np.where(stands, z - y, 0.0), letters, np.array(spec["task"]["inputs"][0])


def same(got, want):
    np.testing.assert_allclose(got, want, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("length", [1, 2, 3, 6])
def test_equations_1_to_7(length):
    """(2), (3): the states; (4): the loss, a sum of -y log z; (5): dL/dalpha = -(y - z); (6), (7): the readout."""
    spec = softmax_rnn(401, length=length)
    h, d_alpha, W, x = parts(spec)
    bias = sum(np.array(spec["networks"][0]["weights"][f"bias_{i}h_l0"]) for i in "ih")
    for t in range(1, length + 1):
        same(h[t], np.tanh(W["hh"] @ h[t - 1] + W["xh"] @ x[t - 1] + bias))
    frame, found = engine.frame_of(begin(spec)).networks[0], gradient(spec)
    z = frame.targets + d_alpha
    assert frame.loss == pytest.approx(-(frame.targets * np.log(z)).sum(), rel=1e-12)
    same(found["weight_ho"], sum(np.outer(d_alpha[t], h[t + 1]) for t in range(length)))
    same(found["bias_o"], d_alpha.sum(0))


@pytest.mark.parametrize("length", [1, 2, 3, 6])
def test_equations_8_to_14(length):
    """(10), (11), (13), (14): dL/dW = sum_t sum_k dL_t/dh_t dh_t/dh_k dh_k/dW, with the engine's own dh_t/dh_k."""
    spec = softmax_rnn(402, length=length)
    h, d_alpha, W, x = parts(spec)
    checkpoint, total_hh, total_xh, total_b = begin(spec), 0, 0, 0
    for t in range(1, length + 1):
        for k in range(1, t + 1):  # eq (10) starts at k = 1; its upper limit is t + 1, not t (a slip)
            through = d_alpha[t - 1] @ W["hz"] @ engine.jacobian(checkpoint, t=t, k=k)["hh"]
            local = through * (1 - h[k] ** 2)
            total_hh += np.outer(local, h[k - 1])
            total_xh += np.outer(local, x[k - 1])
            total_b += local
    found = gradient(spec)
    same(found["weight_hh_l0"], total_hh)
    same(found["weight_ih_l0"], total_xh)
    same(found["bias_ih_l0"], total_b)
    same(found["bias_hh_l0"], total_b)


def test_equations_8_and_9_are_its_last_terms():
    """(8) stops at h_{t+1}, (9) goes one state further; (12) is their sum for T = 2: neither alone is the gradient."""
    spec = softmax_rnn(403, length=2, target_steps=[2])
    h, d_alpha, W, x = parts(spec)
    direct = d_alpha[1] @ W["hz"] * (1 - h[2] ** 2)
    eq_8, further = np.outer(direct, x[1]), np.outer(direct @ W["hh"] * (1 - h[1] ** 2), x[0])
    same(gradient(spec)["weight_ih_l0"], eq_8 + further)
    assert np.abs(further).max() > 1e-3


# --- the hand-worked example: T = 2, written term by term -----------------------------------------------------------


def worked_example(h, d, W, x):
    """Return {equation: value} for h = [h_0, h_1, h_2], d = [z_1 - y_1, z_2 - y_2], x = [x_1, x_2].

    The seed's products of scalars, with the transposes that vectors need: -(y - z) W_hz (1 - h²) is a column.
    """
    (h0, h1, h2), (d1, d2), (x1, x2) = h, d, x
    back1 = (d1 @ W["hz"]) * (1 - h1**2)  # -(y_1 - z_1) W_hz (1 - h_1²)
    back2 = (d2 @ W["hz"]) * (1 - h2**2)  # -(y_2 - z_2) W_hz (1 - h_2²)
    through = (back2 @ W["hh"]) * (1 - h1**2)  # ... W_hh (1 - h_1²)
    terms = {
        15: d1, 16: np.outer(d1, h1), 17: np.outer(back1, h0), 18: np.outer(back1, x1),
        19: d2, 20: np.outer(d2, h2),
        21: np.outer(back2, h1) + np.outer(through, h0), 22: np.outer(back2, x2) + np.outer(through, x1),
    }  # fmt: skip
    totals = {
        23: terms[16] + terms[20],
        24: terms[15] + terms[19],
        25: terms[17] + terms[21],
        26: terms[18] + terms[22],
    }
    return terms | totals


NAMES = {23: "weight_ho", 24: "bias_o", 25: "weight_hh_l0", 26: "weight_ih_l0"}


def test_equations_15_to_26_from_a_zero_state():
    spec = softmax_rnn(404, length=2)
    equations, found = worked_example(*parts(spec)), gradient(spec)
    for number, name in NAMES.items():
        same(found[name], equations[number])


@pytest.mark.parametrize(("only", "numbers"), [(1, (16, 15, 17, 18)), (2, (20, 19, 21, 22))])
def test_each_loss_alone(only, numbers):
    """Section (1): the gradients of L(1); section (2): those of L(2)."""
    whole, spec = softmax_rnn(404, length=2), softmax_rnn(404, length=2)
    spec["task"]["targets"][0][2 - only] = None  # the other step has no target
    equations, found = worked_example(*parts(whole)), gradient(spec)
    for name, number in zip(("weight_ho", "bias_o", "weight_hh_l0", "weight_ih_l0"), numbers, strict=True):
        same(found[name], equations[number])


def test_equations_15_to_26_from_a_state_that_is_not_zero():
    """With h_0 != 0 its terms count. Chunks of two steps make the second chunk the example, its h_0 a constant."""
    spec = softmax_rnn(405, length=4, target_steps=[3, 4])
    h, d_alpha, W, x = parts(spec)
    equations = worked_example(h[2:], d_alpha[2:], W, x[2:])
    found = gradient(with_(spec, truncation_stride=2, truncation_window=2))
    assert np.abs(equations[17]).max() > 1e-3
    for number, name in NAMES.items():
        same(found[name], equations[number])


def test_the_sums_of_the_example_are_minus_y_minus_z_and_no_other_sign():
    """The seed's L(y, z) = -sum_t L(t) with L(t) = -y log z doubles a minus: the loss is the plain sum."""
    spec = softmax_rnn(404, length=2)
    frame = engine.frame_of(begin(spec)).networks[0]
    z = frame.targets + parts(spec)[1]
    losses = -(frame.targets * np.log(z)).sum(1)
    assert frame.loss == pytest.approx(losses.sum(), rel=1e-12)
    assert frame.loss > 0


# --- the rest ---------------------------------------------------------------------------------------------------------


def test_the_appendix_tanh_and_its_derivative():
    """tanh x = (e^x - e^-x) / (e^x + e^-x) = (e^2x - 1) / (e^2x + 1), and its slope is 1 - y²."""
    x, y, slope = np.linspace(-4, 4, 41), np.empty(41), np.empty(41)
    tanh = NONLINEARITIES["tanh"]
    tanh.apply(x, y)
    tanh.slope(y, slope)
    same(y, (np.exp(x) - np.exp(-x)) / (np.exp(x) + np.exp(-x)))
    same(y, (np.exp(2 * x) - 1) / (np.exp(2 * x) + 1))
    quotient = ((np.exp(x) + np.exp(-x)) ** 2 - (np.exp(x) - np.exp(-x)) ** 2) / (np.exp(x) + np.exp(-x)) ** 2
    np.testing.assert_allclose(slope, quotient, rtol=1e-11)
    np.testing.assert_allclose(slope, (np.tanh(x + 1e-6) - np.tanh(x - 1e-6)) / 2e-6, atol=1e-9)


def test_stacking_is_easy_to_extend_to():
    """Each layer is eq (2) with the hidden states below as its inputs."""
    spec = softmax_rnn(406, layers=3)
    layers = engine.frame_of(begin(spec)).networks[0].layers
    for below, above, i in ((layers[0], layers[1], 1), (layers[1], layers[2], 2)):
        W = {k: np.array(v) for k, v in spec["networks"][0]["weights"].items()}
        bias = W[f"bias_ih_l{i}"] + W[f"bias_hh_l{i}"]
        want = np.tanh(above.hidden[:-1] @ W[f"weight_hh_l{i}"].T + below.hidden[1:] @ W[f"weight_ih_l{i}"].T + bias)
        same(above.hidden[1:], want)
