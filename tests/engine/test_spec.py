"""The one spec behind form, URL, REST and notebook: defaults, round trips, what may change in flight, the schema."""

from __future__ import annotations

import json
import pickle

import numpy as np
import pytest

import engine
from engine.errors import OutOfRange, Problem, ShapeError, SpecError
from tests.reference.cases import case

SMALL = {"task": {"name": "adding"}, "networks": [{"cell": "rnn"}, {"cell": "lstm"}, {"cell": "gru"}]}


def test_defaults_are_the_contracts():
    d = engine.RunSpec.from_dict(SMALL).to_dict()
    assert {k: d[k] for k in ("batch_size", "seed", "dtype", "clip_norm", "truncation_window", "truncation_stride",
                              "time_reduction", "probe")} == {
        "batch_size": 32, "seed": 0, "dtype": "float32", "clip_norm": None, "truncation_window": None,
        "truncation_stride": None, "time_reduction": "mean",
        "probe": {"sample": 0, "every": 10, "norm": "frobenius"}}  # fmt: skip
    network = d["networks"][1]
    assert {k: network[k] for k in ("layers", "activation", "recurrent_init", "forget_bias", "reset_after", "weights",
                                    "frozen")} == {
        "layers": 1, "activation": "tanh", "recurrent_init": "uniform", "forget_bias": 1.0, "reset_after": True,
        "weights": None, "frozen": []}  # fmt: skip
    assert [n["label"] for n in d["networks"]] == ["RNN", "LSTM", "GRU"]


def test_twins_are_told_apart_by_number():
    spec = engine.RunSpec.from_dict({**SMALL, "networks": [{"cell": "rnn"}, {"cell": "rnn", "label": "mine"}, {}]})
    assert [n.label for n in spec.networks] == ["RNN 1", "mine", "RNN 3"]


@pytest.mark.parametrize("tree", [
    SMALL, case(1, cell="lstm", lengths=[5, 2, 1]), case(2, gaps=True),
    case(3, loss="softmax_cross_entropy", target_steps=[2, 4]),
], ids=["adding", "lengths", "gaps", "classes"])  # fmt: skip
def test_the_round_trip_through_json_and_pickle(tree):
    spec = engine.RunSpec.from_dict(tree)
    text = json.dumps(spec.to_dict(), allow_nan=False)
    assert engine.RunSpec.from_dict(json.loads(text)) == spec
    assert engine.RunSpec.from_dict(json.loads(text)).to_dict() == spec.to_dict()
    assert pickle.loads(pickle.dumps(spec)) == spec


def test_specs_are_made_from_parts_or_plain_dicts_alike():
    parts = engine.RunSpec(task=SMALL["task"], networks=tuple(engine.NetworkSpec(**n) for n in SMALL["networks"]))
    assert parts == engine.RunSpec.from_dict(SMALL)


def test_what_is_live_changes_by_dotted_name_and_the_rest_stays():
    spec = engine.RunSpec.from_dict(SMALL)
    changes = {"optimizer.learning_rate": 0.5, "clip_norm": 1.0, "truncation_window": 7, "truncation_stride": 3,
               "networks.1.forget_bias": 2.0, "probe.every": 3, "probe.sample": 4,
               "probe.norm": "spectral"}  # fmt: skip
    changed = spec.with_changes(changes)
    assert changed.optimizer.learning_rate == 0.5
    assert (changed.clip_norm, changed.truncation_window, changed.truncation_stride) == (1.0, 7, 3)
    assert changed.networks[1].forget_bias == 2.0
    assert changed.probe == engine.Probe(sample=4, every=3, norm="spectral")
    assert changed.with_changes({"clip_norm": None}).clip_norm is None
    assert spec == engine.RunSpec.from_dict(SMALL)


def test_the_schema_shows_every_knob_with_its_words_and_range():
    schema = engine.schema()
    json.dumps(schema, allow_nan=False)
    tables = [schema["fields"], schema["network"], schema["probe"]]
    tables += [row["parameters"] for key in ("optimizers", "tasks") for row in schema[key].values()]
    for table in tables:
        for knob in table:
            assert knob["label"]
            assert knob["help"]
            assert knob["kind"] in ("int", "float", "bool", "choice", "text", "list", "json")
    assert {"sgd", "momentum", "nesterov", "rmsprop", "adam", "rprop"} <= set(schema["optimizers"])
    assert set(schema["tasks"]) == {t["name"] for t in engine.tasks()}


def test_sizes_come_from_the_task():
    spec = engine.RunSpec.from_dict(case(4, length=6, inputs=3, outputs=2))
    assert (spec.seq_len, spec.input_size, spec.output_size, spec.loss) == (6, 3, 2, "mse")


def test_trees_are_resolved_by_path_and_name_what_is_missing():
    frame = engine.frame_of(engine.start(engine.RunSpec.from_dict(SMALL)))
    tree = engine.as_tree(frame)
    assert engine.resolve(tree, "networks.1.layers.0.hidden") is frame.networks[1].layers[0].hidden
    assert tree["networks"][0]["layers"][0]["cell_state"] is None
    for path in ("networks.7", "networks.0.layers.0.nothing", "networks.0.loss.deep", "networks.x"):
        with pytest.raises(KeyError, match=path):
            engine.resolve(tree, path)


def test_errors_survive_a_pickle_and_never_print_a_megabyte():
    for error in (
        SpecError([Problem("a.b", 3, "is odd")]),
        OutOfRange("t", 9, "too late"),
        ShapeError("x", (1, 2), "(2, 2)"),
    ):
        again = pickle.loads(pickle.dumps(error))
        assert (str(again), vars(again)) == (str(error), vars(error))
    assert len(str(SpecError([Problem("inputs", list(range(10**6)), "too long")]))) < 200


def test_accuracy_is_the_share_of_unmasked_targets_hit():
    for loss, count in (("softmax_cross_entropy", 1), ("binary_cross_entropy", 2)):
        spec = case(6, loss=loss, lengths=[5, 2, 4], gaps=True, batch=3)
        checkpoint = engine.start(engine.RunSpec.from_dict(spec))
        hits = []
        for sample, length in enumerate((5, 2, 4)):
            frame = engine.frame_of(checkpoint, probe=engine.Probe(sample=sample)).networks[0]
            for t in range(length):
                if not np.isnan(frame.targets[t, 0]):
                    y, target = frame.outputs[t], frame.targets[t]
                    hits += [y.argmax() == target.argmax()] if count == 1 else list((y > 0) == (target == 1))
        assert frame.accuracy == pytest.approx(np.mean(hits), abs=1e-12)
        assert 0 < frame.accuracy < 1
        row = engine.advance(checkpoint, 1)[0].metrics[0]["networks"][0]
        assert row["accuracy"] == pytest.approx(frame.accuracy)
    assert engine.frame_of(engine.start(engine.RunSpec.from_dict(case(7)))).networks[0].accuracy is None
