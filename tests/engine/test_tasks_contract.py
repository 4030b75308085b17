"""What every task keeps: sizes, masks, repeatable batches, a measured chance loss, a spec that survives JSON."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

import engine
from engine.tasks import TASKS
from engine.tasks.base import random_stream

SERIES = "day;a;b\n" + "".join(f"{i};{i * i % 17};{i % 5 - 2.5}\n" for i in range(60))
VARIANTS: list[dict[str, object]] = [
    {"name": "as_soon_as"},
    {"name": "bit_sum"},
    {"name": "bit_sum", "samples": None, "length": 12},
    {"name": "binary_addition"},
    {"name": "binary_addition", "length": 2},
    {"name": "adding"},
    {"name": "adding", "scaling": "mean", "markers": "early"},
    {"name": "adding", "scaling": "signed"},
    {"name": "temporal_order"},
    {"name": "temporal_order", "length": 10, "events": 3},
    {"name": "copy_memory", "targets": "recall"},
    {"name": "copy_memory", "length": 9, "symbols": 4, "alphabet": 3},
    {"name": "delayed_recall"},
    {"name": "delayed_recall", "delay": 0, "symbols": 3},
    {"name": "delayed_recall", "shown": "first", "length": 6, "delay": 2},
    {"name": "reber"},
    {"name": "reber", "targets": "next", "length": 60},
    {"name": "reber", "embedded": False, "length": 4},
    {"name": "char_text"},
    {"name": "char_text", "text": "나는 나비, 너는 너비", "length": 3},
    {"name": "inline"},
    {"name": "csv"},
    {"name": "csv", "targets": "all", "columns": "year,sunspots", "horizon": 3, "length": 8},
    {"name": "csv", "text": SERIES, "target": "a", "columns": "*", "length": 5},
    {"name": "mnist1d", "samples": 200},
]
# Copy memory's stated chance knows when to answer (Arjovsky 2016): its best constant answer is worse.
CONSTANT = [v for v in VARIANTS if not (v["name"] == "copy_memory" and "targets" not in v)]


def named(variant):
    return ",".join(str(v)[:12] for v in variant.values())


def spec_of(variant, **rest):
    return engine.RunSpec.from_dict({"task": variant, "networks": [{"hidden_size": 3}], "batch_size": 6, **rest})


def test_every_task_is_among_the_variants():
    assert {v["name"] for v in VARIANTS} == set(TASKS)


@pytest.mark.parametrize("variant", VARIANTS, ids=named)
def test_a_batch_has_the_sizes_that_the_task_states(variant):
    spec = spec_of(variant)
    task, batch = spec.task, spec.task.batch(3, 5, 6)
    T, B, P = task.seq_len, len(batch.lengths), len(batch.steps)
    assert B == (6 if task.sample_count is None else min(6, task.sample_count))
    assert batch.inputs.shape == (T, task.input_size, B)
    assert batch.mask.shape == (P, B)
    assert batch.targets.shape == ((P, B) if task.loss == "softmax_cross_entropy" else (P, task.output_size, B))
    assert np.isfinite(batch.inputs).all()
    assert (np.diff(batch.steps) > 0).all()
    assert 1 <= batch.steps[0] <= batch.steps[-1] <= T
    assert set(np.unique(batch.mask)) <= {0.0, 1.0}
    assert (batch.mask.sum(0) >= 1).all()
    assert batch.lengths.max() <= T
    if task.loss == "softmax_cross_entropy":
        assert batch.targets.dtype.kind == "i"
        assert batch.targets.min() >= 0
        assert batch.targets.max() < task.output_size


@pytest.mark.parametrize("variant", VARIANTS, ids=named)
def test_nothing_stands_beyond_a_sequences_end(variant):
    batch = spec_of(variant).task.batch(0, 1, 6)
    beyond = np.arange(1, batch.inputs.shape[0] + 1)[:, None] > batch.lengths
    assert not batch.inputs.transpose(0, 2, 1)[beyond].any()
    assert not batch.mask[batch.steps[:, None] > batch.lengths].any()


@pytest.mark.parametrize("variant", VARIANTS, ids=named)
def test_batches_are_a_function_of_seed_and_step(variant):
    one, other = spec_of(variant).task, spec_of(json.loads(json.dumps(variant))).task
    for key in ((0, 0), (0, 1), (7, 1)):
        for a, b in zip(one.batch(*key, 6), other.batch(*key, 6), strict=True):
            assert a.tobytes() == b.tobytes()
    fresh = one.sample_count is None or one.sample_count > 6
    for later in (one.batch(0, 2, 6), one.batch(1, 1, 6)):
        same = one.batch(0, 1, 6).inputs.tobytes() == later.inputs.tobytes()
        tiny = one.sample_count is None and one.seq_len * one.input_size < 6
        assert same is not fresh or tiny


@pytest.mark.parametrize("variant", VARIANTS, ids=named)
def test_a_data_set_is_used_whole_and_in_order_or_without_repeats(variant):
    task = spec_of(variant).task
    if task.sample_count is None:
        assert len(task.batch(0, 1, 50).lengths) == 50
        return
    whole = task.batch(0, 1, task.sample_count + 5)
    assert len(whole.lengths) == task.sample_count
    assert whole.inputs.tobytes() == task.batch(9, 9, task.sample_count).inputs.tobytes()


def share_loss(task, batch):
    """Return the loss of the best constant answer to a batch, computed from its targets alone."""
    said = (
        batch.targets[batch.mask > 0] if batch.targets.ndim == 2 else batch.targets.transpose(0, 2, 1)[batch.mask > 0]
    )
    if task.loss == "mse":
        return float(said.var(axis=0).mean())
    if task.loss == "softmax_cross_entropy":
        shares = np.bincount(said) / len(said)
        return -sum(p * math.log(p) for p in shares if p)
    shares = said.mean(axis=0)
    return float(np.mean([-sum(q * math.log(q) for q in (p, 1 - p) if q > 0) for p in shares]))


@pytest.mark.parametrize("variant", CONSTANT, ids=named)
def test_the_stated_chance_loss_is_the_one_measured(variant):
    task = spec_of(variant).task
    batch = task.draw(random_stream(11), 20_000)
    # 20 000 samples: the standard error of these means is below 1 % of them; whole data sets are exact.
    tolerance = 1e-9 if task.sample_count is not None else 0.02 * task.baseline_loss
    assert share_loss(task, batch) == pytest.approx(task.baseline_loss, abs=tolerance)


def test_copy_memorys_chance_is_that_of_knowing_when_but_not_what():
    """10 ln 8 / (T + 20) of Arjovsky 2016: blank for sure until the recall, then one of eight."""
    task = spec_of({"name": "copy_memory", "length": 120}).task
    assert task.baseline_loss == pytest.approx(10 * math.log(8) / (100 + 20))
    batch = task.draw(random_stream(11), 2000)
    blank = batch.targets == 8
    assert blank[:110].all()
    assert not blank[110:].any()
    assert np.bincount(batch.targets[110:].ravel()) / 20_000 == pytest.approx(np.full(8, 1 / 8), abs=0.01)


@pytest.mark.parametrize("variant", VARIANTS, ids=named)
def test_a_spec_survives_json(variant):
    spec = spec_of(variant)
    again = engine.RunSpec.from_dict(json.loads(json.dumps(spec.to_dict())))
    assert again == spec
    assert again.task.batch(1, 2, 6).targets.tobytes() == spec.task.batch(1, 2, 6).targets.tobytes()


@pytest.mark.parametrize("variant", VARIANTS, ids=named)
def test_a_run_trains_on_it_and_shows_it(variant):
    spec = spec_of(variant, steps=2, dtype="float64", probe={"sample": 1})
    checkpoint, _ = engine.advance(engine.start(spec), 2)
    assert [row["step"] for row in checkpoint.metrics] == [1, 2]
    shown = engine.frame_of(checkpoint).networks[0]
    assert math.isfinite(shown.loss)
    assert shown.outputs.shape == (spec.seq_len, spec.output_size)
    assert engine.checks.gradients(spec) < 1e-5


@pytest.mark.parametrize("name", TASKS)
def test_a_task_says_what_it_is(name):
    row = next(row for row in engine.tasks() if row["name"] == name)
    for part in ("label", "help", "source", "variant"):
        assert len(row[part]) > 5
    assert row["baseline_loss"] > 0
    assert all(p["label"] and p["help"] for p in row["parameters"])
    json.dumps(row)


@pytest.mark.parametrize("knobs", VARIANTS, ids=str)
def test_names_fit_the_numbers_they_name(knobs):
    task = spec_of(knobs).task
    names = task.names()
    assert set(names) == {"inputs", "outputs"}
    for found, size in ((names["inputs"], task.input_size), (names["outputs"], task.output_size)):
        assert found is None or (len(found) == size and all(isinstance(name, str) and name for name in found))
