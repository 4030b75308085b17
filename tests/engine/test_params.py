"""How parameters start: names and shapes as PyTorch has them, and what each scheme promises."""

from __future__ import annotations

import numpy as np
import pytest

import engine

CELLS = {"rnn": 1, "lstm": 4, "gru": 3}


def weights(cell="rnn", n=24, seed=0, length=30, **network):
    spec = {"task": {"name": "adding", "length": length}, "dtype": "float64", "seed": seed,
            "networks": [{"cell": cell, "hidden_size": n, **network}]}  # fmt: skip
    return engine.weights(engine.start(engine.RunSpec.from_dict(spec)))


def blocks(W):
    return W.reshape(-1, W.shape[1], W.shape[1])


@pytest.mark.parametrize("cell", CELLS)
def test_names_and_shapes(cell):
    rows, found = CELLS[cell] * 24, weights(cell, layers=2)
    assert {name: w.shape for name, w in found.items()} == {
        "weight_ih_l0": (rows, 2), "weight_hh_l0": (rows, 24), "bias_ih_l0": (rows,), "bias_hh_l0": (rows,),
        "weight_ih_l1": (rows, 24), "weight_hh_l1": (rows, 24), "bias_ih_l1": (rows,), "bias_hh_l1": (rows,),
        "weight_ho": (1, 24), "bias_o": (1,)}  # fmt: skip


@pytest.mark.parametrize("cell", CELLS)
def test_uniform_fills_plus_minus_one_over_root_n(cell):
    found = weights(cell, n=64, forget_bias=0.0)
    bound = 1 / 8
    for name in ("weight_ih_l0", "weight_hh_l0", "weight_ho"):
        assert np.abs(found[name]).max() <= bound
        assert np.abs(found[name]).max() > 0.9 * bound
    assert found["weight_hh_l0"].std() == pytest.approx(bound / np.sqrt(3), rel=0.05)


@pytest.mark.parametrize("cell", CELLS)
def test_orthogonal_identity_and_glorot(cell):
    for block in blocks(weights(cell, recurrent_init="orthogonal")["weight_hh_l0"]):
        np.testing.assert_allclose(block @ block.T, np.eye(24), atol=1e-12)
    for block in blocks(weights(cell, recurrent_init="identity")["weight_hh_l0"]):
        np.testing.assert_array_equal(block, np.eye(24))
    W = weights(cell, recurrent_init="glorot")["weight_hh_l0"]
    assert 0.9 * np.sqrt(6 / 48) < np.abs(W).max() <= np.sqrt(6 / 48)
    assert W.std() == pytest.approx(np.sqrt(6 / 48 / 3), rel=0.1)


@pytest.mark.parametrize("init", ["glorot", "orthogonal", "identity"])
@pytest.mark.parametrize("cell", CELLS)
def test_beside_these_input_weights_are_glorots_and_biases_zero(cell, init):
    found = weights(cell, recurrent_init=init, layers=2, forget_bias=0.0)
    for layer, width in enumerate((2, 24)):
        bound = np.sqrt(6 / (width + 24))
        assert 0.9 * bound < np.abs(found[f"weight_ih_l{layer}"]).max() <= bound
        assert found[f"weight_ih_l{layer}"].std() == pytest.approx(bound / np.sqrt(3), rel=0.2)
        assert not found[f"bias_ih_l{layer}"].any()
        assert not found[f"bias_hh_l{layer}"].any()
    assert 0.8 / np.sqrt(24) < np.abs(found["weight_ho"]).max() <= 1 / np.sqrt(24)


@pytest.mark.parametrize("init", ["uniform", "glorot", "orthogonal", "identity", "chrono"])
@pytest.mark.parametrize("cell", CELLS)
def test_any_scheme_is_rescaled_by_gain_or_to_a_radius(cell, init):
    one, three = (weights(cell, recurrent_init=init, recurrent_gain=g)["weight_hh_l0"] for g in (1.0, 3.0))
    np.testing.assert_allclose(three, 3 * one, rtol=1e-14)
    scaled = weights(cell, recurrent_init=init, spectral_radius=0.95, layers=2)
    for layer in range(2):
        candidate = blocks(scaled[f"weight_hh_l{layer}"])[0 if cell == "rnn" else 2]
        assert np.abs(np.linalg.eigvals(candidate)).max() == pytest.approx(0.95, rel=1e-12)


def test_the_frames_radius_is_the_one_asked_for():
    spec = {"task": {"name": "adding"}, "dtype": "float64", "networks": [
        {"cell": c, "spectral_radius": 1.25} for c in CELLS]}  # fmt: skip
    frame = engine.frame_of(engine.start(engine.RunSpec.from_dict(spec)))
    assert [n.layers[0].spectral_radius for n in frame.networks] == pytest.approx([1.25] * 3)


@pytest.mark.parametrize("forget_bias", [0.0, 1.0, -3.0])
def test_the_forget_bias_is_the_f_slice_of_bias_ih_and_that_of_bias_hh_is_zero(forget_bias):
    found = weights("lstm", forget_bias=forget_bias, layers=2)
    for layer in range(2):
        assert (found[f"bias_ih_l{layer}"][24:48] == forget_bias).all()
        assert (found[f"bias_hh_l{layer}"][24:48] == 0.0).all()
        assert np.abs(found[f"bias_ih_l{layer}"][48:]).max() > 0


def test_a_forget_bias_changed_in_flight_moves_the_f_slices_alone():
    spec = {
        "task": {"name": "adding"},
        "networks": [{"cell": "lstm", "hidden_size": 4, "layers": 2}],
        "dtype": "float64",
    }
    begun = engine.start(engine.RunSpec.from_dict(spec))
    after = engine.weights(engine.patch(begun, {"networks.0.forget_bias": 3.0}))
    for name, value in engine.weights(begun).items():
        if name.startswith("bias_ih"):
            value[4:8] += 2.0
        np.testing.assert_array_equal(after[name], value)


def test_one_is_the_default_forget_bias():
    assert (weights("lstm")["bias_ih_l0"][24:48] == 1.0).all()


def test_given_weights_win_over_scheme_and_forget_bias():
    found = weights("lstm", n=2, forget_bias=4.0, weights={"bias_ih_l0": [0.5] * 8})
    assert (found["bias_ih_l0"] == 0.5).all()


def test_chrono_spreads_the_time_constants_over_the_sequence():
    """Tallec & Ollivier 2018: b_f = log U[1, T - 1], b_i = -b_f; for the GRU the update gate keeps the past."""
    found = weights("lstm", n=256, length=1000, recurrent_init="chrono")
    b_i, b_f = (found["bias_ih_l0"][k * 256 : (k + 1) * 256] for k in (0, 1))
    np.testing.assert_array_equal(b_i, -b_f)
    spans = np.exp(b_f)
    assert 1 <= spans.min() < 30
    assert 970 < spans.max() <= 999
    assert spans.mean() == pytest.approx(500, rel=0.1)
    short = np.exp(weights("lstm", n=256, length=3, recurrent_init="chrono")["bias_ih_l0"][256:512])
    assert 1.9 < short.max() <= 2
    z = weights("gru", n=256, length=1000, recurrent_init="chrono")["bias_ih_l0"][256:512]
    assert np.exp(z).mean() == pytest.approx(500, rel=0.1)


@pytest.mark.parametrize("cell", CELLS)
def test_equal_networks_of_a_run_start_equal_and_other_seeds_differ(cell):
    spec = {"task": {"name": "adding"}, "networks": [{"cell": cell}] * 2}
    start = engine.start(engine.RunSpec.from_dict(spec))
    for name, w in engine.weights(start, 0).items():
        np.testing.assert_array_equal(engine.weights(start, 1)[name], w)
    assert not np.array_equal(weights(cell, seed=1)["weight_hh_l0"], weights(cell, seed=2)["weight_hh_l0"])


def test_orthogonal_starts_lie_everywhere_in_the_group() -> None:
    """QR alone would hand out reflected columns only: every first entry would have the same sign."""
    signs = {np.sign(weights(n=3, seed=seed, recurrent_init="orthogonal")["weight_hh_l0"][0, 0]) for seed in range(20)}
    assert signs == {-1.0, 1.0}
