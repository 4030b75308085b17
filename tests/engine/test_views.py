"""Asking for some arrays only: what is costly beside them is not made, what is made has the same bits."""

from __future__ import annotations

import numpy as np
import pytest

import engine
from engine.frame import ITEMISED, view_names

SPEC = {
    "task": {"name": "adding", "length": 12},
    "networks": [{"cell": cell, "hidden_size": 5} for cell in ("rnn", "lstm", "gru")],
    "probe": {"every": 3},
}


def leaves(value, path=""):
    """Return a frame's arrays and scalars by path."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    if items is None:
        return {path: value}
    return {where: leaf for name, item in items for where, leaf in leaves(item, f"{path}.{name}").items()}


@pytest.mark.parametrize("views", [(), ("hidden", "jacobian_log_norms"), ("d_hidden_log",), tuple(view_names())])
def test_what_is_made_is_the_same_whatever_is_asked_for(views):
    start = engine.start(engine.RunSpec.from_dict(SPEC))
    whole_end, whole = engine.advance(start, 6, start.spec.probe)
    some_end, some = engine.advance(start, 6, start.spec.probe, views)
    assert some_end.to_bytes() == whole_end.to_bytes()
    made = bool(ITEMISED & set(views))
    for a, b in zip(whole, some, strict=True):
        had, got = leaves(engine.as_tree(a)), leaves(engine.as_tree(b))
        assert had.keys() == got.keys()
        for path, value in had.items():
            if path.rpartition(".")[2] in ITEMISED and not made:
                assert got[path] is None
            else:
                np.testing.assert_array_equal(got[path], value)


def test_a_frame_of_a_checkpoint_takes_the_same_wish():
    start = engine.start(engine.RunSpec.from_dict(SPEC))
    layer = engine.frame_of(start, views=["hidden"]).networks[0].layers[0]
    assert layer.itemised_log_norms is None
    assert engine.frame_of(start).networks[0].layers[0].itemised_log_norms is not None


def test_an_unknown_array_is_named():
    start = engine.start(engine.RunSpec.from_dict(SPEC))
    with pytest.raises(engine.OutOfRange, match="nonsense"):
        engine.frame_of(start, views=["nonsense"])
