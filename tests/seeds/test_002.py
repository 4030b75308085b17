"""Seed 002: RNN, LSTM and GRU as written there (row vectors, x W), the per-step losses, and dC_t/dC_0 = prod f."""

from __future__ import annotations

import numpy as np
import pytest

import engine
from tests.reference.cases import case, with_


def logistic(x):
    return 1 / (1 + np.exp(-x))


def begin(spec):
    return engine.start(engine.RunSpec.from_dict(spec))


def shown(spec, sample=0):
    return engine.frame_of(begin(spec), probe=engine.Probe(sample=sample)).networks[0]


def seeds_weights(spec, names):
    """Return {name: (W_x, W_h, b)} in the seed's layout: x W_x + h W_h + b, one bias per gate."""
    w = {k: np.array(v) for k, v in spec["networks"][0]["weights"].items()}
    parts = [np.split(w[f"{k}_l0"], len(names)) for k in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
    return {g: (parts[0][i].T, parts[1][i].T, parts[2][i] + parts[3][i]) for i, g in enumerate(names)}


def test_the_simple_network():
    """h_t = tanh(h_{t-1} W_h + x_t W_x + b)."""
    spec = case(301, cell="rnn")
    W_x, W_h, b = seeds_weights(spec, "h")["h"]
    for sample, x in enumerate(np.array(spec["task"]["inputs"])):
        h = [np.zeros(3)]
        for x_t in x:
            h.append(np.tanh(h[-1] @ W_h + x_t @ W_x + b))
        np.testing.assert_allclose(shown(spec, sample).layers[0].hidden, h, rtol=0, atol=1e-14)


def test_the_lstm():
    """f, g, i, o, then c_t = f c_{t-1} + g i and h_t = o tanh c_t. The seed's b^(f) in g is a slip: g has its own."""
    spec = case(302, cell="lstm")
    W = seeds_weights(spec, "ifgo")
    layer = shown(spec).layers[0]
    h, c = np.zeros(3), np.zeros(3)
    for t, x_t in enumerate(spec["task"]["inputs"][0]):
        gates = {g: (np.tanh if g == "g" else logistic)(x_t @ W[g][0] + h @ W[g][1] + W[g][2]) for g in "fgio"}
        c = gates["f"] * c + gates["g"] * gates["i"]
        h = gates["o"] * np.tanh(c)
        for name, gate in gates.items():
            np.testing.assert_allclose(layer.gates[name][t], gate, rtol=0, atol=1e-14)
        np.testing.assert_allclose(layer.cell_state[t + 1], c, rtol=0, atol=1e-14)
        np.testing.assert_allclose(layer.hidden[t + 1], h, rtol=0, atol=1e-14)


def test_g_with_the_forget_gates_bias_would_be_another_network():
    spec = case(302, cell="lstm")
    weights = {k: np.array(v) for k, v in spec["networks"][0]["weights"].items()}
    assert not np.allclose(weights["bias_ih_l0"][3:6], weights["bias_ih_l0"][6:9])
    for name in ("bias_ih_l0", "bias_hh_l0"):
        weights[name][6:9] = weights[name][3:6]
    slipped = engine.with_weights(begin(spec), 0, weights)
    other = engine.frame_of(slipped).networks[0].layers[0].hidden
    assert np.abs(other - shown(spec).layers[0].hidden).max() > 1e-2


def test_the_gru_resets_before_the_product_and_its_z_is_the_complement_of_ours():
    """The seed: h_t = (1 - z) h_{t-1} + z candidate. Ours keeps z h_{t-1}: negate the weights of z."""
    spec = case(303, cell="gru", reset_after=False)
    W = seeds_weights(spec, "rzn")
    W["z"] = tuple(-part for part in W["z"])  # logistic(-a) = 1 - logistic(a)
    layer, h = shown(spec).layers[0], np.zeros(3)
    for t, x_t in enumerate(spec["task"]["inputs"][0]):
        r, z = (logistic(h @ W[g][1] + x_t @ W[g][0] + W[g][2]) for g in "rz")
        candidate = np.tanh((r * h) @ W["n"][1] + x_t @ W["n"][0] + W["n"][2])
        h = (1 - z) * h + z * candidate
        np.testing.assert_allclose(layer.gates["r"][t], r, rtol=0, atol=1e-14)
        np.testing.assert_allclose(layer.gates["z"][t], 1 - z, rtol=0, atol=1e-14)
        np.testing.assert_allclose(layer.gates["n"][t], candidate, rtol=0, atol=1e-14)
        np.testing.assert_allclose(layer.hidden[t + 1], h, rtol=0, atol=1e-14)


def test_the_two_gru_forms_differ():
    before, after = (shown(case(303, cell="gru", reset_after=form)).layers[0].hidden for form in (False, True))
    assert np.abs(before - after).max() > 1e-2


@pytest.mark.parametrize("loss", ["mse", "softmax_cross_entropy"])
def test_the_total_loss_is_the_sum_of_the_steps_losses_and_not_their_product(loss):
    """MSE for regression, cross-entropy for classes; the seed's L1 x L2 x L3 x L4 is a slip for a sum."""
    spec = with_(case(304, cell="rnn", loss=loss, length=4, batch=1), time_reduction="sum")
    frame = shown(spec)
    if loss == "mse":
        by_step = ((frame.outputs - frame.targets) ** 2).mean(1)
    else:
        by_step = np.log(np.exp(frame.outputs).sum(1)) - (frame.outputs * frame.targets).sum(1)
    assert frame.loss == pytest.approx(by_step.sum(), rel=1e-12)
    assert frame.loss != pytest.approx(by_step.prod(), rel=0.1)


@pytest.mark.parametrize("forget_bias", [-2.0, 0.0, 1.0, 5.0])
def test_dct_dc0_is_the_product_of_the_forget_gates_on_the_direct_path(forget_bias):
    """dC_t/dC_{t-1} = f_t and prod_{i=1..t} f_i (the seed's lower limit "i-1" is a slip): the carousel of the page."""
    spec = {"task": {"name": "adding", "length": 12}, "dtype": "float64", "batch_size": 2,
            "networks": [{"cell": "lstm", "hidden_size": 4, "forget_bias": forget_bias}]}  # fmt: skip
    checkpoint = begin(spec)
    layer = engine.frame_of(checkpoint).networks[0].layers[0]
    f, product = layer.gates["f"], np.ones(4)
    for t in range(1, 13):
        product = product * f[t - 1]
        got = engine.jacobian(checkpoint, t=t, k=0)
        np.testing.assert_allclose(got["carousel"], product, rtol=1e-12)
        assert layer.carousel_log_norms[t, 0] == pytest.approx(0.5 * np.log10((product**2).sum()), abs=1e-12)
        if t == 1:  # nothing has gone through h yet: direct path and total are the same
            np.testing.assert_allclose(got["cc"], np.diag(product), rtol=1e-12)
        else:  # the seed leaves out what leaves c through h and comes back through the gates
            assert np.abs(got["cc"] - np.diag(product)).max() > 0


def test_without_recurrent_weights_the_carousel_is_the_whole_derivative():
    spec = case(305, cell="lstm", batch=1)
    spec["networks"][0]["weights"]["weight_hh_l0"] = np.zeros((12, 3)).tolist()
    layer = shown(spec).layers[0]
    below = np.tril_indices(6)
    np.testing.assert_allclose(layer.cell_jacobian_log_norms[below], layer.carousel_log_norms[below], atol=1e-12)
