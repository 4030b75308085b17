"""The itemised map L_t × k: each loss carried back alone, through every layer above, with its weight in L."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

import engine
from tests.reference import answers, plain
from tests.reference.cases import case, with_

CELLS = [{"cell": "rnn"}, {"cell": "lstm"}, {"cell": "gru"}, {"cell": "gru", "reset_after": False}]
every_cell = pytest.mark.parametrize("network", CELLS, ids=lambda n: "-".join(map(str, n.values())))


@every_cell
def test_its_terms_sum_to_the_adjoints_of_bptt(network):
    """The terms come from the slow oracle, their norms must be the map's and their sum BPTT's dL/dh_k: one story."""
    spec = case(91, **network, layers=2, batch=2, lengths=[5, 3])
    checkpoint = engine.start(engine.RunSpec.from_dict(spec))
    for layer in range(2):
        terms = plain.itemised(spec, layer)
        for b, length in enumerate((5, 3)):
            view = engine.frame_of(checkpoint, probe=engine.Probe(sample=b)).networks[0].layers[layer]
            want = answers.log_norm(terms[b][..., None])[:length, : length + 1]
            below = np.tril(np.ones_like(want), 1).astype(bool)
            got = view.itemised_log_norms[1 : length + 1, : length + 1]
            np.testing.assert_allclose(got[below], want[below], rtol=0, atol=1e-9)
            np.testing.assert_allclose(
                terms[b].sum(0)[: length + 1], view.d_hidden[: length + 1], rtol=1e-9, atol=1e-14
            )


@every_cell
def test_its_weight_form_sums_to_bptts_gradients(network):
    """Seed 003 eqs (10)-(14): sum over t and k of dL_t/d(copy k) is dL/dW."""
    spec = case(92, **network, batch=2)
    checkpoint = engine.start(engine.RunSpec.from_dict(spec))
    after = engine.weights(engine.advance(checkpoint, 1)[0])
    for name, copy in plain.copies(spec).items():
        step = engine.weights(checkpoint)[name] - after[name]
        np.testing.assert_allclose(copy.sum((0, 1)), step, rtol=1e-9, atol=1e-13)
        later = np.triu(np.ones(copy.shape[:2]), 1).astype(bool)
        assert not copy[later].any()  # no loss depends on a later copy


@every_cell
def test_a_single_target_makes_one_row_which_is_the_adjoints_norm(network):
    spec = case(93, **network, target_steps=[4])
    view = engine.frame_of(engine.start(engine.RunSpec.from_dict(spec))).networks[0].layers[0]
    want = np.log10(np.linalg.norm(view.d_hidden[:5], axis=1))
    np.testing.assert_allclose(view.itemised_log_norms[4, :5], want, rtol=0, atol=1e-9)
    assert not np.isfinite(np.delete(view.itemised_log_norms, 4, axis=0)).any()


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_each_loss_carries_its_weight_in_the_total(reduction):
    spec = with_(case(94, cell="rnn", batch=2, lengths=[5, 3]), time_reduction=reduction)
    share = {"mean": 1 / 8, "sum": 1 / 2}[reduction]
    frame = engine.frame_of(engine.start(engine.RunSpec.from_dict(spec))).networks[0]
    W = np.array(spec["networks"][0]["weights"]["weight_ho"])
    direct = share * (frame.outputs[4] - frame.targets[4]) @ W  # 2 / K with K = 2
    assert frame.layers[0].itemised_log_norms[5, 5] == pytest.approx(np.log10(np.linalg.norm(direct)), abs=1e-12)


@every_cell
@pytest.mark.parametrize("window", [None, 3])
def test_the_logs_of_the_adjoints_are_their_logs(network, window):
    spec = with_(case(95, **network, layers=2, lengths=[5, 3, 4], target_steps=[2, 3, 5]), truncation_window=window)
    checkpoint = engine.start(engine.RunSpec.from_dict(spec))
    for sample in range(3):
        for layer in engine.frame_of(checkpoint, probe=engine.Probe(sample=sample)).networks[0].layers:
            pairs = [(layer.d_hidden, layer.d_hidden_log), (layer.d_cell_state, layer.d_cell_state_log)]
            for plain_numbers, logs in pairs[: 2 if network["cell"] == "lstm" else 1]:
                with np.errstate(divide="ignore"):
                    want = np.log10(np.abs(plain_numbers))
                np.testing.assert_allclose(logs, want, rtol=0, atol=1e-9)


@pytest.mark.parametrize("target_steps", ["last", "all"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_adjoints_too_small_for_their_type_are_told_from_exact_zeros(target_steps, dtype):
    """W = diag(0.01, 0): after 300 steps unit 1 has 10^-600, unit 2 nothing at all."""
    T, targets = 300, {"last": [[1.0]], "all": [[[1.0]] * 300]}[target_steps]
    weights = {"weight_ih_l0": [[0.0]] * 2, "weight_hh_l0": [[0.01, 0.0], [0.0, 0.0]], "bias_ih_l0": [0.0] * 2,
               "bias_hh_l0": [0.0] * 2, "weight_ho": [[1.0, 1.0]], "bias_o": [0.0]}  # fmt: skip
    task = {"name": "inline", "inputs": [[[0.0]] * T], "targets": targets, "target_steps": target_steps}
    network = {"cell": "rnn", "hidden_size": 2, "weights": weights}
    run = engine.RunSpec.from_dict({"task": task, "networks": [network], "dtype": dtype})
    layer = engine.frame_of(engine.start(run)).networks[0].layers[0]
    assert layer.d_hidden[0, 0] == 0.0 or target_steps == "all"
    lags = (T - np.arange(T + 1)) if target_steps == "last" else np.arange(T + 1) == 0  # nearest loss, in steps
    share = 2.0 if target_steps == "last" else 2.0 / T
    want = np.log10(share) - 2.0 * lags
    if target_steps == "all":
        np.testing.assert_allclose(layer.d_hidden_log[:, 0], want, rtol=0, atol=5e-3)  # + 1 % a step from later losses
        assert layer.itemised_log_norms[-1, 0] == pytest.approx(np.log10(share) - 600, abs=1e-3)
    else:
        np.testing.assert_allclose(layer.d_hidden_log[:, 0], want, rtol=1e-6)
        assert np.isneginf(layer.d_hidden_log[:-1, 1]).all()


def test_long_sequences_with_a_loss_at_every_step_stay_small():
    """All layers go back together: rows for the shown losses of one step, never all losses of all steps."""
    inputs, targets = np.zeros((1, 500, 1)).tolist(), np.ones((1, 500, 1)).tolist()
    task = {"name": "inline", "inputs": inputs, "targets": targets, "target_steps": "all"}
    spec = {"task": task, "networks": [{"cell": "lstm", "hidden_size": 16, "layers": 2}]}
    checkpoint = engine.start(engine.RunSpec.from_dict(spec))
    tracemalloc.start()
    frame = engine.frame_of(checkpoint)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40e6  # all rows at once would be 2 × 500 × 500 × 32 × 8 bytes = 128 MB, and 512 MB for T = 1000
    shown = frame.networks[0].layers[0].itemised_log_norms
    assert shown.shape == (len(frame.t_steps), len(frame.k_steps))
    rows = frame.t_steps[1:, None] >= frame.k_steps[None, :]
    assert (np.isfinite(shown[1:]) == rows).all()
