"""What is read off the maps: flow by lag, Pascanu's bound, half-lives, spectral radius."""

from __future__ import annotations

import numpy as np
import pytest

import engine
from engine.readings import half_life
from tests.reference.cases import case
from tests.reference.cells import every_cell, layer_of, still


@every_cell
def test_flow_by_lag_is_the_log_of_the_mean_norm_over_all_steps_of_the_sample(network):
    spec = case(68, **network, lengths=[5, 3, 4])
    checkpoint = engine.start(engine.RunSpec.from_dict(spec))
    for sample, length in enumerate((5, 3, 4)):
        frame = engine.frame_of(checkpoint, probe=engine.Probe(sample=sample)).networks[0]
        assert frame.length == length
        pairs = [("jacobian_log_norms", "flow_by_lag")]
        if network["cell"] == "lstm":
            pairs += [("cell_jacobian_log_norms", "cell_flow_by_lag"), ("carousel_log_norms", "carousel_flow_by_lag")]
        for matrix, flow in pairs:
            norms = 10 ** getattr(frame.layers[0], matrix)[: length + 1, : length + 1]
            want = [np.log10(np.mean(np.diagonal(norms, -lag))) for lag in range(length + 1)]
            np.testing.assert_allclose(getattr(frame.layers[0], flow)[: length + 1], want, rtol=0, atol=1e-12)
            assert np.isnan(getattr(frame.layers[0], flow)[length + 1 :]).all()


@pytest.mark.parametrize(("activation", "gamma"), [("tanh", 1.0), ("relu", 1.0), ("logistic", 0.25), ("identity", 1.0)])
@pytest.mark.parametrize("norm", ["frobenius", "spectral"])
def test_pascanus_bound_is_its_formula_and_holds(activation, gamma, norm):
    spec = case(69, activation=activation, hidden=4, scale=0.5)
    checkpoint = engine.start(engine.RunSpec.from_dict(spec))
    layer = layer_of(checkpoint, norm=norm)
    sigma = np.linalg.norm(engine.weights(checkpoint)["weight_hh_l0"], 2)
    want = np.arange(6) * np.log10(gamma * sigma) + (np.log10(2.0) if norm == "frobenius" else 0.0)
    np.testing.assert_allclose(layer.bound_by_lag, want, rtol=0, atol=1e-12)
    lags = np.subtract.outer(np.arange(6), np.arange(6))
    below = lags >= 0
    assert (layer.jacobian_log_norms[below] <= want[lags[below]] + 1e-12).all()


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_only_the_rnn_has_a_bound(cell):
    assert layer_of(engine.start(engine.RunSpec.from_dict(case(70, cell=cell)))).bound_by_lag is None


@pytest.mark.parametrize("factor", [0.5, 0.9, 0.97])
def test_half_life_of_a_geometric_decay(factor):
    layer = layer_of(still(factor * np.eye(2), 60))
    exact = np.log(0.5) / np.log(factor)
    assert int(np.floor(exact)) <= layer.half_life <= int(np.ceil(exact))
    # straight between two lags, in the norm or in its log: these differ by less than a fiftieth of a step
    assert layer.half_life == pytest.approx(exact, abs=0.02)


@pytest.mark.parametrize("factor", [1.0, 1.1, 0.995])
def test_no_half_life_where_the_flow_never_halves(factor):
    assert layer_of(still(factor * np.eye(2), 60)).half_life is None


@pytest.mark.parametrize(("share", "exact"), [(1.0, 0.5), (0.8, 1 + 1 - 0.5 / 0.8), (0.5, 1.0)])
def test_a_flow_that_is_cut_off_halves_on_the_straight_line_to_zero(share, exact):
    """Lag 0 is 1, lag 1 is `share`, then nothing: the norm itself is joined by a line, which its log cannot be."""
    logs = [0.0, np.log10(share), -np.inf] if share < 1 else [0.0, -np.inf]
    assert half_life(np.array(logs)) == pytest.approx(exact)


def test_the_lstms_half_lives_are_of_h_and_of_c_apart():
    bias = [0.0] * 2 + [1.0] * 2 + [0.0] * 4
    layer = layer_of(still(np.eye(2), 60, cell="lstm", bias=bias))
    f = 1 / (1 + np.exp(-1.0))
    assert layer.cell_half_life == pytest.approx(np.log(0.5) / np.log(f), abs=0.05)
    assert layer.half_life <= 1  # nothing goes back through h: lag 1 is exactly zero


def test_spectral_radius_is_of_the_whole_rnn_and_of_the_candidates_block_else():
    for cell, rows in (("rnn", slice(0, 3)), ("lstm", slice(6, 9)), ("gru", slice(6, 9))):
        checkpoint = engine.start(engine.RunSpec.from_dict(case(71, cell=cell)))
        block = engine.weights(checkpoint)["weight_hh_l0"][rows]
        assert layer_of(checkpoint).spectral_radius == pytest.approx(np.abs(np.linalg.eigvals(block)).max(), rel=1e-12)
