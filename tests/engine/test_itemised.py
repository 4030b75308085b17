"""The itemised map L_t × k: each loss carried back alone, through every layer above, with its weight in L."""

from __future__ import annotations

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
