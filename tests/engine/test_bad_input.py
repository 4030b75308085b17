"""Bad input is refused at the door, naming the field and the value, with every problem at once."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest

import engine
from engine.errors import OutOfRange, ShapeError, SpecError
from tests.reference.cases import case

GOOD = {"task": {"name": "adding", "length": 6}, "networks": [{"cell": "rnn", "hidden_size": 3}, {"cell": "lstm"}]}


def changed(path, value, spec=GOOD):
    """Return the spec with one dotted field set."""
    tree = copy.deepcopy(spec)
    *way, last = path.split(".")
    here = tree
    for part in way:
        here = here[int(part)] if isinstance(here, list) else here.setdefault(part, {})
    here[int(last) if isinstance(here, list) else last] = value
    return tree


def refused(tree):
    """Return {field: value} of everything the engine names when it refuses."""
    with pytest.raises(SpecError) as caught:
        engine.start(engine.RunSpec.from_dict(tree))
    assert all(p.message for p in caught.value.problems)
    text = str(caught.value)
    assert all(p.field in text for p in caught.value.problems)
    return {p.field: p.value for p in caught.value.problems}


def same(a, b):
    return a == b or isinstance(a, float) and math.isnan(a) and isinstance(b, float) and math.isnan(b)


SIZES = ["networks.0.hidden_size", "networks.1.layers", "batch_size", "task.length", "probe.every"]


@pytest.mark.parametrize("field", [*SIZES, "truncation_window"])
@pytest.mark.parametrize("value", [0, -1, 10**12, float("nan"), float("inf"), -float("inf"), 2.5, "3", True, [3], {}],
                         ids=repr)  # fmt: skip
def test_sizes(field, value):
    found = refused(changed(field, value))
    assert field in found
    assert same(found[field], value)


@pytest.mark.parametrize("field", SIZES)
def test_sizes_must_be_given_where_they_have_no_empty_meaning(field):
    assert refused(changed(field, None)) == {field: None}


@pytest.mark.parametrize(("field", "value"), [
    ("optimizer.learning_rate", float("nan")), ("optimizer.learning_rate", -0.1), ("optimizer.learning_rate", "fast"),
    ("optimizer.learning_rate", 10**400), ("clip_norm", 0), ("clip_norm", -1.0), ("clip_norm", float("inf")),
    ("seed", -1), ("seed", 1.5), ("seed", 2**63), ("steps", -1), ("steps", 10**10), ("probe.sample", -1),
    ("probe.sample", 32), ("probe.norm", "nuclear"), ("dtype", "float16"), ("dtype", 32), ("time_reduction", "max"),
    ("networks.0.activation", "sine"), ("networks.0.recurrent_init", None), ("networks.1.forget_bias", float("nan")),
    ("networks.0.spectral_radius", -1.0), ("networks.0.recurrent_gain", float("inf")), ("networks.1.reset_after", 1),
    ("networks.0.label", 5), ("networks.0.label", "x" * 1000), ("networks.0.frozen", "weight_hh_l0"),
    ("networks.0.frozen", [3]), ("task.scaling", "huge"), ("truncation_stride", 3),
], ids=repr)  # fmt: skip
def test_values_out_of_range_or_of_the_wrong_kind(field, value):
    tree = changed("optimizer.name", "sgd") if field.startswith("optimizer") else GOOD
    found = refused(changed(field, value, tree))
    assert field in found
    assert same(found[field], value)


@pytest.mark.parametrize(("path", "value"), [
    ("colour", "red"), ("task.size", 3), ("networks.1.units", 8), ("probe.evry", 5), ("networks.0.hidden_size ", 3),
])  # fmt: skip
def test_unknown_fields_are_refused_by_name(path, value):
    assert refused(changed(path, value)) == {path: value}


def test_unknown_optimizer_fields_are_refused_by_name():
    assert refused(changed("optimizer", {"name": "adam", "momentum": 0.9})) == {"optimizer.momentum": 0.9}


@pytest.mark.parametrize(("path", "value", "named"), [
    ("task.name", "chess", "chess"), ("task", {}, None), ("optimizer", {"name": "lion"}, "lion"),
    ("networks.0.cell", "transformer", "transformer"), ("task", "adding", "adding"), ("networks", [], []),
    ("networks", {"cell": "rnn"}, {"cell": "rnn"}), ("networks.0", "rnn", "rnn"), ("probe", 3, 3)])  # fmt: skip
def test_unknown_names_and_shapes_of_the_tree(path, value, named):
    found = refused(changed(path, value))
    assert len(found) == 1
    ((field, got),) = found.items()
    assert field.startswith(path)
    assert got == named


def test_five_networks_are_one_too_many():
    assert list(refused(changed("networks", [{"cell": "rnn"}] * 5))) == ["networks"]


@pytest.mark.parametrize("tree", [None, [], "spec", 3])
def test_a_spec_must_be_an_object(tree):
    assert list(refused(tree).values()) == [tree]


@pytest.mark.parametrize("name", ["task", "networks"])
def test_task_and_networks_must_be_given(name):
    assert refused({k: v for k, v in GOOD.items() if k != name}) == {name: None}


def test_every_problem_is_named_at_once():
    tree = changed("networks.0.hidden_size", 0, changed("batch_size", -3, changed("task.length", 0, changed("x", 1))))
    assert refused(tree) == {"networks.0.hidden_size": 0, "batch_size": -3, "task.length": 0, "x": 1}


def test_a_window_shorter_than_its_stride_is_refused():
    found = refused(changed("truncation_window", 2, changed("truncation_stride", 5)))
    assert found == {"truncation_window": 2}


# --- inline arrays --------------------------------------------------------------------------------------------------

INLINE = case(111)  # (B, T, m) = (3, 5, 2), targets (3, 5, 2), mse


@pytest.mark.parametrize(("field", "value"), [
    ("task.inputs", []), ("task.inputs", [[]]), ("task.inputs", [[[]]]), ("task.inputs", [[1.0, 2.0]]),
    ("task.inputs", [[[1.0], [2.0]], [[1.0]]]), ("task.inputs", [[[float("nan")]]]),
    ("task.inputs", [[[float("inf")]]]),
    ("task.inputs", "abc"), ("task.inputs", [[["1"]]]),
    ("task.inputs", None), ("task.inputs", [[["a"]]]), ("task.inputs", [[[None]]]),
    ("task.targets", []), ("task.targets", [[1.0, 2.0]]), ("task.targets", [[[1.0]] * 4] * 3),
    ("task.targets", [[1.0] * 2] * 3), ("task.targets", [[[1.0]] * 5] * 2), ("task.targets", None),
    ("task.targets", [[[float("inf")]] * 5] * 3), ("task.targets", [[[1.0], [1.0, 2.0]]] * 3),
    ("task.target_steps", "first"), ("task.target_steps", []), ("task.target_steps", [0]), ("task.target_steps", [6]),
    ("task.target_steps", [1, 1]), ("task.target_steps", [1.5]), ("task.target_steps", 3), ("task.lengths", [5, 5]),
    ("task.lengths", [5, 6, 1]), ("task.lengths", [5, 0, 1]), ("task.lengths", [5, 1.5, 1]), ("task.loss", "hinge"),
], ids=repr)  # fmt: skip
def test_ragged_empty_or_misshapen_arrays(field, value):
    assert list(refused(changed(field, value, INLINE))) == [field]


@pytest.mark.parametrize(("targets", "classes"), [
    ([[0, 1, 2, 3, 4]] * 3, 4), ([[0, 1, 2, -1, 0]] * 3, None), ([[0, 1, 2, 0.5, 0]] * 3, None)])  # fmt: skip
def test_class_numbers_out_of_range(targets, classes):
    spec = changed("task.loss", "softmax_cross_entropy", changed("task.targets", targets, INLINE))
    spec = changed("task.classes", classes, changed("networks.0.weights", None, spec))
    assert list(refused(spec)) == ["task.targets"]


def test_class_numbers_beyond_the_given_readout_are_refused():
    spec = changed("task.loss", "softmax_cross_entropy", changed("task.targets", [[0, 1, 2, 3, 4]] * 3, INLINE))
    found = refused(spec)  # weight_ho has two rows, so K = 2
    assert list(found) == ["task.targets"]


def test_binary_targets_outside_the_unit_interval():
    spec = changed("task.loss", "binary_cross_entropy", changed("task.targets", [[[0.0, 1.5]] * 5] * 3, INLINE))
    assert refused(spec) == {"task.targets": 1.5}


# --- weights --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "value"), [
    ("weight_hh_l0", [[1.0]]), ("weight_hh_l1", [[1.0] * 3] * 3), ("bias", [0.0]),
    ("weight_hh_l0", [[1.0], [1.0, 2.0]]),
    ("bias_o", [float("nan"), 0.0]), ("weight_ho", "abc"), ("weight_ih_l0", []), ("bias_o", None),
    ("weight_ho", 3.0), ("weight_ho", [["1", "2", "3"]] * 2),
], ids=repr)  # fmt: skip
def test_weights_of_the_wrong_name_shape_or_kind(name, value):
    found = refused(changed(f"networks.0.weights.{name}", value, INLINE))
    assert list(found) == [f"networks.0.weights.{name}"]


def test_weights_too_large_for_the_runs_own_precision():
    spec = changed("networks.0.weights.bias_o", [1e200, 0.0], INLINE)
    engine.start(engine.RunSpec.from_dict(spec))
    assert refused(spec | {"dtype": "float32"}) == {"networks.0.weights.bias_o": 1e200}


def test_a_frozen_name_that_the_network_does_not_have():
    assert list(refused(changed("networks.1.frozen", ["weight_hh_l7"]))) == ["networks.1.frozen"]


def test_replacing_weights_checks_names_shapes_and_network():
    checkpoint = engine.start(engine.RunSpec.from_dict(GOOD))
    with pytest.raises((SpecError, ShapeError), match="weight_hh_l0"):
        engine.with_weights(checkpoint, 0, {"weight_hh_l0": np.zeros((2, 2))})
    with pytest.raises((SpecError, ShapeError), match="weight_xx"):
        engine.with_weights(checkpoint, 0, {"weight_xx": np.zeros((3, 3))})
    with pytest.raises((SpecError, ShapeError), match="weight_hh_l0"):
        engine.with_weights(checkpoint, 0, {"weight_hh_l0": np.full((3, 3), np.nan)})
    with pytest.raises(OutOfRange) as caught:
        engine.with_weights(checkpoint, 2, {})
    assert (caught.value.field, caught.value.value) == ("network", 2)


# --- questions about a run ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("field", "question"), [
    ("t", {"t": 7, "k": 0}), ("t", {"t": -1, "k": -1}), ("k", {"t": 2, "k": 3}), ("k", {"t": 2, "k": -1}),
    ("network", {"network": 2, "t": 1, "k": 0}), ("network", {"network": -1, "t": 1, "k": 0}),
    ("layer", {"layer": 1, "t": 1, "k": 0}), ("layer", {"layer": -1, "t": 1, "k": 0}),
    ("sample", {"sample": 32, "t": 1, "k": 0}), ("sample", {"sample": -1, "t": 1, "k": 0}),
    ("batch", {"batch": -1, "t": 1, "k": 0}),
], ids=repr)  # fmt: skip
def test_jacobians_that_do_not_exist(field, question):
    checkpoint = engine.start(engine.RunSpec.from_dict(GOOD))
    with pytest.raises(OutOfRange) as caught:
        engine.jacobian(checkpoint, **question)
    assert (caught.value.field, caught.value.value) == (field, question[field])
    assert caught.value.message


def test_jacobians_beyond_a_sequences_own_end():
    checkpoint = engine.start(engine.RunSpec.from_dict(case(112, lengths=[5, 3, 4])))
    engine.jacobian(checkpoint, sample=1, t=3, k=0)
    with pytest.raises(OutOfRange) as caught:
        engine.jacobian(checkpoint, sample=1, t=4, k=0)
    assert (caught.value.field, caught.value.value) == ("t", 4)


def test_a_probe_beyond_the_batch():
    checkpoint = engine.start(engine.RunSpec.from_dict(GOOD))
    with pytest.raises(OutOfRange) as caught:
        engine.frame_of(checkpoint, probe=engine.Probe(sample=32))
    assert caught.value.value == 32
    assert "sample" in caught.value.field


@pytest.mark.parametrize("steps", [-1, 1.5, "3"])
def test_advance_wants_a_number_of_steps(steps):
    checkpoint = engine.start(engine.RunSpec.from_dict(GOOD))
    with pytest.raises(OutOfRange) as caught:
        engine.advance(checkpoint, steps)
    assert (caught.value.field, caught.value.value) == ("steps", steps)


def test_zero_steps_are_no_steps():
    checkpoint = engine.start(engine.RunSpec.from_dict(GOOD))
    after, frames = engine.advance(checkpoint, 0)
    assert (after.step, list(after.metrics), frames) == (0, [], [])


@pytest.mark.parametrize(("changes", "field"), [
    ({"optimizer.learning_rate": -1.0}, "optimizer.learning_rate"),
    ({"networks.0.hidden_size": 8}, "networks.0.hidden_size"),
    ({"seed": 4}, "seed"), ({"networks.9.forget_bias": 1.0}, "networks.9.forget_bias"), ({"nonsense": 1}, "nonsense"),
    ({"clip_norm": 0.0}, "clip_norm"), ({"probe.sample": 99}, "probe.sample"),
    ({"truncation_window": 0}, "truncation_window"),
], ids=repr)  # fmt: skip
def test_patches_name_what_cannot_be_changed(changes, field):
    checkpoint = engine.start(engine.RunSpec.from_dict(GOOD))
    with pytest.raises(SpecError) as caught:
        engine.patch(checkpoint, changes)
    assert [(p.field, p.value) for p in caught.value.problems] == [(field, changes[field])]


@pytest.mark.parametrize("blob", [b"", b"not a checkpoint", b"\x80\x04N."])
def test_bytes_that_are_no_checkpoint_are_refused_and_never_unpickled(blob):
    with pytest.raises(engine.EngineError):
        engine.Checkpoint.from_bytes(blob)


def test_a_cut_checkpoint_is_refused():
    blob = engine.start(engine.RunSpec.from_dict(GOOD)).to_bytes()
    with pytest.raises(engine.EngineError):
        engine.Checkpoint.from_bytes(blob[: len(blob) // 2])


def test_a_rate_of_a_million_is_no_bad_input_but_diverges():
    tree = changed("optimizer", {"name": "sgd", "learning_rate": 1e6}) | {"steps": 50}
    end = engine.advance(engine.start(engine.RunSpec.from_dict(tree)), 50)[0]
    assert end.diverged is not None
    assert end.diverged.step <= 50


def test_specs_survive_the_way_through_json():
    for tree in (GOOD, INLINE, case(113, gaps=True, loss="softmax_cross_entropy", lengths=[3, 5, 1])):
        spec = engine.RunSpec.from_dict(tree)
        assert engine.RunSpec.from_dict(spec.to_dict()) == spec
