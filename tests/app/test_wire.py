"""Frames, arrays and bodies as bytes."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import engine
from app.bodies import flatten, parse
from app.errors import HTTPProblem
from app.wire import Choice, Parts, array, document, dumps, encode
from tests.app.helpers import decoded

ARRAYS = [
    np.array([1.5, np.nan, np.inf, -np.inf]),
    np.zeros((2, 0)),
    np.arange(6).reshape(2, 3),
    np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    np.arange(4.0, dtype=">f8"),
]


@pytest.mark.parametrize("value", ARRAYS)
def test_an_array_arrives_as_it_left(value):
    sent = json.loads(array(value))
    np.testing.assert_array_equal(decoded(sent), value)
    assert sent["dtype"] == {"f": "f8", "i": "i4"}[value.dtype.kind]


def test_numbers_that_json_does_not_know_become_null():
    text = dumps({"a": [1.0, float("nan")], "b": np.float32("inf"), "c": np.int64(3), "d": "ρ"})
    assert json.loads(text) == {"a": [1.0, None], "b": None, "c": 3, "d": "ρ"}


def test_a_document_is_json_with_its_arrays_in_place():
    tree = {"run": "x", "maps": np.eye(2), "inner": [{"step": 1, "hidden": np.ones(3), "nothing": None}]}
    sent = json.loads(document(tree))
    assert sent["inner"][0]["nothing"] is None
    np.testing.assert_array_equal(decoded(sent["inner"][0]["hidden"]), np.ones(3))


def test_a_choice_leaves_out_what_is_not_wanted_and_knows_what_it_covers():
    parts = Parts(1, Choice(None, True), [(None, b"{"), ("hidden", b"h"), ("jacobian_products", b"p"), (None, b"}")])
    assert parts.select(Choice(None, False)) == b"{h}"
    assert parts.select(Choice(frozenset(), True)) == b"{p}"
    assert Choice(None).covers(Choice(frozenset({"hidden"})))
    assert not Choice(frozenset({"hidden"})).covers(Choice(None))
    assert not Choice(None, False).covers(Choice(None, True))
    assert {"hidden", "gates", "jacobian_log_norms", "inputs"} <= set(engine.frame.view_names())


def test_what_nobody_asked_for_is_missing_and_what_a_cell_has_not_is_null():
    spec = engine.RunSpec(task={"name": "adding", "length": 4}, networks=[{"cell": "rnn", "hidden_size": 2}])
    choice = Choice(frozenset({"hidden", "cell_state"}))
    frame = engine.frame_of(engine.start(spec), views=choice.views)
    layer = json.loads(encode("x", frame, choice).select(choice))["networks"][0]["layers"][0]
    assert layer["cell_state"] is None
    assert {"hidden", "half_life", "saturation"} <= layer.keys()
    assert not {"itemised_log_norms", "d_hidden_log", "gates", "jacobian_log_norms", "leak_log_norms"} & layer.keys()


def test_changes_may_be_nested_or_dotted():
    nested = {
        "optimizer": {"learning_rate": 1},
        "networks": [{"forget_bias": 2}, {}],
        "clip_norm": None,
        "probe.every": 3,
    }
    assert flatten(nested) == {
        "optimizer.learning_rate": 1, "networks.0.forget_bias": 2, "clip_norm": None, "probe.every": 3,
    }  # fmt: skip


@given(st.binary(max_size=200))
def test_no_body_does_more_than_be_refused(body):
    try:
        data = parse(body)
    except HTTPProblem as problem:
        data = {"status": problem.status}
    assert isinstance(data, dict)
    assert data.get("status") in (None, 400, 422)
