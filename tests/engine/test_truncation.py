"""Truncated BPTT by its definition: for e = k1, 2 k1, …, T the losses of (e - k1, e] reach states later than e - k2.

The slow answer of tests/reference/plain.py sums, loss by loss and copy by copy, just the terms that this keeps.
"""

from __future__ import annotations

import numpy as np
import pytest

import engine
from tests.reference import answers, plain
from tests.reference.cases import case, with_

CELLS = [{"cell": "rnn"}, {"cell": "lstm"}, {"cell": "gru"}, {"cell": "gru", "reset_after": False}]
every_cell = pytest.mark.parametrize("network", CELLS, ids=lambda n: "-".join(map(str, n.values())))
WINDOWS = [(1, 1), (1, 3), (2, 2), (2, 5), (3, 4), (4, 7), (7, 7), (1, 9)]  # (k1, k2); T = 7: some do not divide it


def run(spec, k1, k2):
    return engine.start(engine.RunSpec.from_dict(with_(spec, truncation_stride=k1, truncation_window=k2)))


@every_cell
@pytest.mark.parametrize(("k1", "k2"), WINDOWS)
def test_gradients_and_adjoints_are_the_kept_terms(network, k1, k2, within):
    spec = case(81, **network, hidden=2, length=7, batch=2, outputs=1)
    grads, d_hidden, _ = plain.truncated(spec, k1, k2)
    got = answers.of_engine(with_(spec, truncation_stride=k1, truncation_window=k2))
    wanted = {f"grad.{name}": g for name, g in grads.items()} | {"d_hidden_0": d_hidden[0]}
    within("truncated BPTT, term by term", answers.worst_error(got, wanted), 1e-9)


@pytest.mark.parametrize(("k1", "k2"), [(2, 3), (3, 3), (1, 2)])
def test_stacked_layers_and_sequences_of_different_length(k1, k2, within):
    spec = case(82, cell="lstm", layers=2, hidden=2, length=6, batch=3, lengths=[6, 2, 5], outputs=1)
    grads, d_hidden, _ = plain.truncated(spec, k1, k2)
    got = answers.of_engine(with_(spec, truncation_stride=k1, truncation_window=k2))
    wanted = answers.beyond_end(spec, {f"d_hidden_{layer}": d for layer, d in enumerate(d_hidden)})
    wanted |= {f"grad.{name}": g for name, g in grads.items()}
    within("truncated BPTT, term by term", answers.worst_error(got, wanted), 1e-9)


@every_cell
@pytest.mark.parametrize(("k1", "k2"), WINDOWS)
def test_the_cut_is_nan_in_the_itemised_map_and_what_is_kept_is_untouched(network, k1, k2):
    spec = case(83, **network, hidden=2, length=7, batch=1)
    cut = plain.truncated(spec, k1, k2)[2] if network["cell"] == "rnn" else _cut(7, k1, k2)
    whole, part = (engine.frame_of(c).networks[0].layers[0] for c in (
        engine.start(engine.RunSpec.from_dict(spec)), run(spec, k1, k2)))  # fmt: skip
    shown = np.tril(np.ones((8, 8), bool))[1:]
    assert (np.isnan(part.itemised_log_norms[1:]) == (cut | ~shown)).all()
    kept = shown & ~cut
    np.testing.assert_allclose(
        part.itemised_log_norms[1:][kept], whole.itemised_log_norms[1:][kept], rtol=0, atol=1e-12
    )


def _cut(T, k1, k2):
    ends = np.minimum(-(-np.arange(1, T + 1) // k1) * k1, T)
    return np.arange(T + 1)[None, :] <= (ends - k2)[:, None]


@every_cell
def test_jacobian_maps_are_never_truncated(network):
    spec = case(84, **network)
    whole, part = (engine.frame_of(c).networks[0].layers[0] for c in (
        engine.start(engine.RunSpec.from_dict(spec)), run(spec, 1, 2)))  # fmt: skip
    np.testing.assert_array_equal(part.jacobian_log_norms, whole.jacobian_log_norms)
    np.testing.assert_array_equal(part.flow_by_lag, whole.flow_by_lag)


@every_cell
@pytest.mark.parametrize(("k1", "k2"), [(5, 5), (1, 5), (2, 8)])
def test_a_window_over_the_whole_sequence_trains_exactly_as_without(network, k1, k2, within):
    spec = case(85, **network, target_steps="last")
    updated = [engine.weights(engine.advance(c, 3)[0]) for c in (
        engine.start(engine.RunSpec.from_dict(spec)), run(spec, k1, k2))]  # fmt: skip
    within("whole window against full BPTT", answers.worst_error(*updated), 1e-12)


def test_the_frames_gradient_norm_is_the_truncated_one():
    spec = case(86, cell="gru", length=7)
    grads, _, _ = plain.truncated(spec, 2, 3)
    norm = np.sqrt(sum((g**2).sum() for g in grads.values()))
    assert engine.frame_of(run(spec, 2, 3)).networks[0].grad_norm == pytest.approx(norm, rel=1e-10)
    metrics = engine.advance(run(spec, 2, 3), 1)[0].metrics
    assert metrics[0]["networks"][0]["grad_norm"] == pytest.approx(norm, rel=1e-10)


def test_the_window_alone_means_a_stride_of_one():
    spec = case(87)
    one, bare = (engine.advance(engine.start(engine.RunSpec.from_dict(with_(spec, truncation_window=2, **more))), 2)[0]
                 for more in ({"truncation_stride": 1}, {}))  # fmt: skip
    for name, weight in engine.weights(one).items():
        np.testing.assert_array_equal(engine.weights(bare)[name], weight)
