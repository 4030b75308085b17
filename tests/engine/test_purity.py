"""Same spec, same bits: across processes, chunkings, pickles and stored checkpoints; no argument is ever changed."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import engine
from tests.engine.spawned import digest
from tests.reference.cases import case

ROOT = Path(__file__).parents[2]
NETWORKS = [{"cell": "rnn", "hidden_size": 6, "layers": 2}, {"cell": "lstm", "hidden_size": 5},
            {"cell": "gru", "hidden_size": 4, "reset_after": False}]  # fmt: skip
OPTIMIZERS = ["sgd", "momentum", "nesterov", "rmsprop", "adam", "rprop"]


def a_spec(**more):
    return {"task": {"name": "adding", "length": 9}, "networks": NETWORKS, "batch_size": 5, "steps": 300, "seed": 11,
            "optimizer": {"name": "adam", "learning_rate": 0.01}, "probe": {"every": 7}} | more  # fmt: skip


def begin(**more):
    return engine.start(engine.RunSpec.from_dict(a_spec(**more)))


def in_chunks(checkpoint, sizes, observe=None):
    rows, frames = [], []
    for size in sizes:
        checkpoint, seen = engine.advance(checkpoint, size, observe)
        rows += checkpoint.metrics
        frames += seen
    return checkpoint, rows, frames


def same_weights(a, b):
    return all(engine.weights(a, i)[n].tobytes() == w.tobytes()
               for i in range(len(a.spec.networks)) for n, w in engine.weights(b, i).items())  # fmt: skip


def same_frames(a, b):
    return [_bits(engine.as_tree(f)) for f in a] == [_bits(engine.as_tree(f)) for f in b]


def _bits(tree):
    if isinstance(tree, dict):
        return {k: _bits(v) for k, v in tree.items()}
    if isinstance(tree, list):
        return [_bits(v) for v in tree]
    return tree.tobytes() if isinstance(tree, np.ndarray) else repr(tree)


@pytest.mark.parametrize("chunks", [[1] * 300, [7] * 43, [120, 1, 200]], ids=["300x1", "7+7+…", "120+1+179"])
def test_chunks_change_nothing(chunks):
    whole, rows, _ = in_chunks(begin(), [300])
    parts, part_rows, _ = in_chunks(begin(), chunks)
    assert whole.step == parts.step == 300
    assert whole.finished
    assert parts.finished
    assert repr(rows) == repr(part_rows)
    assert [r["step"] for r in rows] == list(range(1, 301))
    assert same_weights(whole, parts)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_optimizers_state_lives_in_the_checkpoint(optimizer, dtype):
    more = {"optimizer": {"name": optimizer, "learning_rate": 0.01}, "dtype": dtype, "clip_norm": 0.5}
    whole, rows, _ = in_chunks(begin(**more), [12])
    half = engine.advance(begin(**more), 5)[0]
    stored = engine.Checkpoint.from_bytes(half.to_bytes())
    pickled = pickle.loads(pickle.dumps(half))
    small = engine.Checkpoint.from_bytes(half.to_bytes(with_spec=False), half.spec)
    for again in (stored, pickled, small):
        assert again.spec == half.spec
        assert again.step == 5
        end, later, _ = in_chunks(again, [7])
        assert same_weights(whole, end)
        assert repr(rows[5:]) == repr(later)


def test_observing_changes_neither_weights_nor_metrics_and_frames_do_not_depend_on_chunks():
    probe = engine.Probe(sample=2, every=4)
    plain, rows, none = in_chunks(begin(), [30])
    seen, seen_rows, frames = in_chunks(begin(), [30], probe)
    _, _, by_ones = in_chunks(begin(), [1] * 30, probe)
    assert none == []
    assert [f.step for f in frames] == [4, 8, 12, 16, 20, 24, 28]
    assert repr(rows) == repr(seen_rows)
    assert same_weights(plain, seen)
    assert same_frames(frames, by_ones)
    at_eight = engine.advance(begin(), 8)[0]
    assert same_frames([engine.frame_of(at_eight, probe=probe)], [frames[1]])


def test_frames_walks_the_same_run():
    spec = engine.RunSpec.from_dict(a_spec(steps=30))
    walked = list(engine.frames(spec))
    _, _, seen = in_chunks(engine.start(spec), [30], spec.probe)
    assert [f.step for f in walked] == [0, 7, 14, 21, 28]
    assert same_frames(walked[1:], seen)
    assert same_frames(walked[:1], [engine.frame_of(engine.start(spec))])


def test_advance_and_questions_leave_their_checkpoint_as_it_was():
    checkpoint = engine.advance(begin(), 3)[0]
    before = pickle.dumps(checkpoint)
    engine.advance(checkpoint, 5, engine.Probe(every=1))
    engine.frame_of(checkpoint, products=True)
    engine.jacobian(checkpoint, network=1, t=9, k=2)
    engine.patch(checkpoint, {"optimizer.learning_rate": 0.5, "networks.1.forget_bias": 3.0})
    taken = engine.weights(checkpoint, 1)
    taken["weight_hh_l0"][...] = 99.0
    engine.with_weights(checkpoint, 1, {"weight_hh_l0": taken["weight_hh_l0"]})
    assert pickle.dumps(checkpoint) == before
    assert engine.weights(checkpoint, 1)["weight_hh_l0"].max() < 99


def test_frames_are_not_written_over_by_later_steps():
    checkpoint = begin()
    frame = engine.frame_of(checkpoint)
    before = _bits(engine.as_tree(frame))
    engine.advance(checkpoint, 20, engine.Probe(every=1))
    assert _bits(engine.as_tree(frame)) == before


def test_a_fresh_process_computes_the_same_bits(tmp_path):
    path = tmp_path / "spec.json"
    path.write_text(json.dumps(a_spec()))
    command = [sys.executable, "-m", "tests.engine.spawned", str(path)]
    answers = [
        subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=60) for _ in range(2)
    ]
    here = digest(*engine.advance(begin(), 20, begin().spec.probe))
    assert {a.stdout.strip() for a in answers} == {here}


def test_a_network_does_not_depend_on_its_companions():
    """Three networks in one run train exactly as each alone: only the initial weights know a network's place."""
    spec = case(101, cell="lstm")
    lone = engine.advance(engine.start(engine.RunSpec.from_dict(spec)), 3)[0]
    more = [case(102, cell="gru")["networks"][0], spec["networks"][0], case(103)["networks"][0]]
    together = engine.advance(engine.start(engine.RunSpec.from_dict({**spec, "networks": more})), 3)[0]
    for name, weight in engine.weights(lone).items():
        assert engine.weights(together, 1)[name].tobytes() == weight.tobytes()
    assert [row["networks"][1] for row in together.metrics] == [row["networks"][0] for row in lone.metrics]


def test_the_seed_is_what_makes_runs_differ():
    weights = [engine.weights(begin(seed=s))["weight_hh_l0"] for s in (1, 1, 2)]
    assert weights[0].tobytes() == weights[1].tobytes()
    assert not np.allclose(weights[0], weights[2])


def test_row_s_is_the_loss_before_update_s_on_batch_s_and_frame_s_the_probe_batch_after_s_updates():
    checkpoint = begin()
    for step in range(1, 4):
        shown = engine.frame_of(checkpoint, batch=step)
        checkpoint = engine.advance(checkpoint, 1)[0]
        for row, network in zip(checkpoint.metrics[0]["networks"], shown.networks, strict=True):
            assert row["loss"] == pytest.approx(network.loss, rel=1e-6)
            assert row["grad_norm"] == pytest.approx(network.grad_norm, rel=1e-5)
    probe, other = engine.frame_of(checkpoint), engine.frame_of(checkpoint, batch=1)
    assert (probe.step, other.step) == (3, 3)
    np.testing.assert_array_equal(probe.networks[0].inputs, engine.frame_of(begin()).networks[0].inputs)
    assert not np.array_equal(probe.networks[0].inputs, other.networks[0].inputs)


def test_patching_acts_from_the_next_step_on():
    checkpoint = engine.advance(begin(), 4)[0]
    patched = engine.patch(checkpoint, {"optimizer.learning_rate": 0.0})
    assert same_weights(engine.advance(patched, 3)[0], checkpoint)
    biased = engine.patch(checkpoint, {"networks.1.forget_bias": 2.5})
    old, new = (engine.weights(c, 1)["bias_ih_l0"] for c in (checkpoint, biased))
    np.testing.assert_allclose(new[5:10] - old[5:10], 1.5, rtol=1e-6)
    np.testing.assert_array_equal(np.delete(new, slice(5, 10)), np.delete(old, slice(5, 10)))


def test_a_diverging_run_is_a_result():
    run = engine.RunSpec.from_dict(a_spec(networks=[{"cell": "rnn", "activation": "identity"}],
                                          optimizer={"name": "sgd", "learning_rate": 1e6}))  # fmt: skip
    end, rows, _ = in_chunks(engine.start(run), [300])
    again, again_rows, _ = in_chunks(engine.start(run), [1] * 20)
    assert end.diverged is not None
    assert 1 <= end.diverged.step <= 20
    assert end.diverged.network == 0
    assert end.diverged.reason
    assert (end.diverged, repr(rows)) == (again.diverged, repr(again_rows))
    assert not end.finished
    assert engine.advance(end, 5)[0].step == end.step  # there is nowhere to go from here
    engine.frame_of(end)  # and it can still be looked at


@pytest.mark.parametrize(("rate", "grows"), [(1.0, True), (1e-3, False)])
def test_weights_that_grow_ten_thousandfold_are_lost_though_finite(rate, grows):
    """On the wall of the sum of bits, at (-1.5, 2), the gradient is in the millions."""
    bits = engine.PRESETS["bit_sum"].spec | {"optimizer": {"name": "sgd", "learning_rate": rate}}
    end = engine.advance(engine.start(engine.RunSpec.from_dict(bits)), 1)[0]
    assert np.isfinite(end.networks[0].theta).all()
    assert 1e3 < np.linalg.norm(end.networks[0].theta)
    assert (end.diverged is not None) == grows
    if end.diverged:
        assert (end.diverged.step, end.diverged.network) == (1, 0)
        assert "norm of the weights went from" in end.diverged.reason
