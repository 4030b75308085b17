"""What there is to learn: sizes, repeatability, the seeds' own arrays, and the chance loss measured on many samples."""

from __future__ import annotations

import numpy as np
import pytest

import engine
from engine.errors import SpecError
from engine.tasks import TASKS

MANY = 20_000


def make(name, **knobs):
    return TASKS[name](**knobs)


def chance_loss(task, batch):
    """Return the loss of the best constant output over a batch's targets, from scratch."""
    stands = batch.mask > 0
    if task.loss == "softmax_cross_entropy":
        shares = np.bincount(batch.targets[stands].astype(int)) / stands.sum()
        return -sum(p * np.log(p) for p in shares if p)
    values = np.moveaxis(batch.targets, 1, -1)[stands]  # (targets, K)
    if task.loss == "mse":
        return float(((values - values.mean(0)) ** 2).mean())
    p = values.mean(0)
    return float(np.mean([-(q * np.log(q) + (1 - q) * np.log(1 - q)) if 0 < q < 1 else 0.0 for q in p]))


@pytest.mark.parametrize("name", sorted(TASKS))
def test_sizes_are_as_stated(name):
    task = make(name)
    batch = task.batch(3, 5, 7)
    T, m, B = batch.inputs.shape
    P = len(batch.steps)
    assert (T, m) == (task.seq_len, task.input_size)
    assert batch.lengths.shape == (B,)
    assert batch.mask.shape == (P, B)
    assert batch.targets.shape == ((P, B) if task.loss == "softmax_cross_entropy" else (P, task.output_size, B))
    assert (np.diff(batch.steps) > 0).all()
    assert 1 <= batch.steps[0] <= batch.steps[-1] <= T
    assert set(np.unique(batch.mask)) <= {0.0, 1.0}
    assert ((batch.steps[:, None] <= batch.lengths[None, :]) | (batch.mask == 0)).all()
    if task.loss == "softmax_cross_entropy":
        assert batch.targets.dtype.kind == "i"
        assert 0 <= batch.targets.min() <= batch.targets.max() < task.output_size


@pytest.mark.parametrize("name", sorted(TASKS))
def test_batches_are_a_function_of_seed_and_step(name):
    same, again, task = make(name).batch(3, 5, 4), make(name).batch(3, 5, 4), make(name)
    for a, b in zip(same, again, strict=True):
        np.testing.assert_array_equal(a, b)
    if getattr(task, "data", None) is None:
        for seed, step in ((4, 5), (3, 6)):
            assert any(not np.array_equal(a, b) for a, b in zip(same, task.batch(seed, step, 4), strict=True))


@pytest.mark.parametrize("name", sorted(TASKS))
def test_everything_a_user_reads_is_there(name):
    row = next(r for r in engine.tasks() if r["name"] == name)
    assert all(row[key] for key in ("label", "help", "source", "variant", "loss"))
    assert all(knob["label"] and knob["help"] for knob in row["parameters"])
    spec = engine.RunSpec.from_dict({"task": {"name": name}, "networks": [{"cell": "gru"}]})
    assert engine.RunSpec.from_dict(spec.to_dict()) == spec


# --- adding ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("scaling", "stated"), [("sum", 1 / 6), ("mean", 1 / 24), ("signed", 2 / 3)])
@pytest.mark.parametrize("markers", ["halves", "early"])
def test_the_adding_problems_three_chance_losses(scaling, stated, markers):
    task = make("adding", length=20, scaling=scaling, markers=markers)
    assert task.baseline_loss == pytest.approx(stated)
    measured = chance_loss(task, task.batch(0, 1, MANY))
    assert measured == pytest.approx(stated, rel=0.03)  # 20 000 samples: one standard deviation is under 1 %


@pytest.mark.parametrize("length", [2, 3, 20, 41])
@pytest.mark.parametrize("markers", ["halves", "early"])
def test_adding_marks_two_numbers_and_asks_for_their_sum(length, markers):
    batch = make("adding", length=length, markers=markers).batch(0, 1, 500)
    values, marks = batch.inputs[:, 0], batch.inputs[:, 1]
    assert (marks.sum(0) == 2).all()
    assert set(np.unique(marks)) <= {0.0, 1.0}
    np.testing.assert_allclose(batch.targets[0, 0], (values * marks).sum(0), rtol=1e-12)
    np.testing.assert_array_equal(batch.steps, [length])
    first, last = marks.argmax(0), length - 1 - marks[::-1].argmax(0)
    assert (first < length // 2).all()
    if markers == "halves":
        assert (last >= length // 2).all()
    elif length >= 20:  # Pascanu 2013: the first in [0, T/10), the second in [T/10, T/2)
        assert (first < length // 10).all()
        assert ((last >= length // 10) & (last < length // 2)).all()


# --- sentences ------------------------------------------------------------------------------------------------------

SEED_004 = [[[1, 0], [1, 0], [0, 1]], [[0, 1], [1, 0], [1, 0]], [[1, 0], [0, 1], [1, 0]]]  # (batch, time, feature)


def test_as_soon_as_is_the_array_of_seed_004():
    task = make("as_soon_as", sentences=("as as soon", "soon as as", "as soon as"), labels=(0, 0, 1))
    assert task.vocabulary == ["as", "soon"]
    np.testing.assert_array_equal(task.data.inputs.transpose(2, 0, 1), SEED_004)
    np.testing.assert_array_equal(task.data.targets[0, 0], [0, 0, 1])
    np.testing.assert_array_equal(task.data.steps, [3])


def test_its_default_asks_for_as_soon_as():
    task = make("as_soon_as")
    assert task.sentences == ("as soon as", "as as soon", "soon as as")
    np.testing.assert_array_equal(task.data.targets[0, 0], [1, 0, 0])
    assert (task.loss, task.output_size, task.seq_len, task.input_size) == ("binary_cross_entropy", 1, 3, 2)
    assert task.baseline_loss == pytest.approx(-(np.log(1 / 3) + 2 * np.log(2 / 3)) / 3)
    np.testing.assert_array_equal(task.batch(9, 4, 32).inputs, task.data.inputs)  # the whole set, in order


def test_typed_sentences_are_tokenised_padded_and_masked():
    task = make("as_soon_as", sentences=("나는 간다", "Stop!", "Go, go now"), labels=(1, 0, 1))
    assert task.vocabulary == ["나는", "간다", "stop", "!", "go", ",", "now"]
    np.testing.assert_array_equal(task.data.lengths, [2, 2, 4])
    np.testing.assert_array_equal(task.data.steps, [2, 4])
    np.testing.assert_array_equal(task.data.mask, [[1, 1, 0], [0, 0, 1]])
    assert (task.data.inputs.sum(1) == [[1, 1, 1], [1, 1, 1], [0, 0, 1], [0, 0, 1]]).all()


def test_typed_sentences_train_and_show_nothing_beyond_their_end():
    task = {"name": "as_soon_as", "sentences": ["a b", "b a c d", "c"], "labels": ["yes", "no", "maybe"]}
    spec = {"task": task, "networks": [{"cell": "lstm", "hidden_size": 6}], "steps": 150,
            "optimizer": {"name": "adam", "learning_rate": 0.05}}  # fmt: skip
    end = engine.advance(engine.start(engine.RunSpec.from_dict(spec)), 150)[0]
    frame = engine.frame_of(end, probe=engine.Probe(sample=2)).networks[0]
    assert end.spec.loss == "softmax_cross_entropy"
    assert frame.loss < 0.05
    assert frame.accuracy == 1.0
    assert frame.length == 1
    assert np.isnan(frame.outputs[1:]).all()
    assert np.isnan(frame.layers[0].hidden[2:]).all()
    assert np.isfinite(frame.layers[0].hidden[:2]).all()


def test_more_sentences_than_the_batch_are_sampled_without_repeats():
    sentences = tuple(f"word{i} end" for i in range(20))
    task = make("as_soon_as", sentences=sentences, labels=tuple(i % 2 for i in range(20)))
    shown = [task.batch(0, step, 8).inputs for step in (1, 2)]
    assert all(x.shape[2] == 8 for x in shown)
    assert all(len(set(x[0].argmax(0))) == 8 for x in shown)
    assert not np.array_equal(*shown)


@pytest.mark.parametrize(("field", "value"), [
    ("sentences", ()), ("sentences", ("a", " ")), ("sentences", (3, "b", "c")), ("labels", (1, 0)),
    ("labels", (1, 0, 0.5)), ("labels", (1, 0, True)), ("sentences", "as soon"), ("labels", 1)])  # fmt: skip
def test_sentences_and_labels_are_checked(field, value):
    with pytest.raises(SpecError) as caught:
        make("as_soon_as", **{field: value})
    assert all(p.field.startswith(("sentences", "labels")) for p in caught.value.problems)


# --- inline ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("loss", "targets", "stated"), [
    ("mse", [[0.0, 1.0], [2.0, 1.0], [4.0, 4.0]], ((8 / 3) + 2) / 2),
    ("binary_cross_entropy", [[0.0], [1.0], [1.0]], -(np.log(1 / 3) + 2 * np.log(2 / 3)) / 3),
    ("softmax_cross_entropy", [2, 0, 2], -(np.log(1 / 3) + 2 * np.log(2 / 3)) / 3),
])  # fmt: skip
def test_the_inline_sets_chance_loss(loss, targets, stated):
    task = make("inline", inputs=[[[0.0]]] * 3, targets=targets, loss=loss)
    assert task.baseline_loss == pytest.approx(stated)
    assert chance_loss(task, task.batch(0, 0, 1)) == pytest.approx(stated)


def test_inline_arrays_are_turned_to_time_feature_batch_and_used_whole():
    inputs = np.arange(12.0).reshape(2, 3, 2)  # (batch, time, feature)
    task = make("inline", inputs=inputs.tolist(), targets=[[[1.0], [2.0]], [[3.0], [4.0]]], target_steps=[3, 1])
    batch = task.batch(0, 0, 1)
    np.testing.assert_array_equal(batch.inputs, inputs.transpose(1, 2, 0))
    np.testing.assert_array_equal(batch.steps, [1, 3])  # put in order, with their targets
    np.testing.assert_array_equal(batch.targets[:, 0], [[2, 4], [1, 3]])


def test_inline_classes_come_from_the_task_the_readout_or_the_largest_number():
    task = {"name": "inline", "inputs": [[[0.0]]] * 2, "targets": [0, 1], "loss": "softmax_cross_entropy"}
    readout = {"weights": {"weight_ho": [[0.0] * 3] * 5, "bias_o": [0.0] * 5}}

    def size(own, network):
        return engine.RunSpec.from_dict({"task": task | own, "networks": [{"cell": "rnn", "hidden_size": 3} | network]})

    assert size({}, {}).output_size == 2
    assert size({}, readout).output_size == 5
    assert size({"classes": 4}, {}).output_size == 4
