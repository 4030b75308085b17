"""The worked example as a page of plain data: other weights, and what is too large to read."""

from __future__ import annotations

import numpy as np
import pytest

import engine
from tests.reference.cases import case, with_

SPEC = with_(case(3, cell="rnn", loss="softmax_cross_entropy", outputs=3, batch=1, length=2), time_reduction="sum")


def worked(spec):
    return engine.worked_example(engine.RunSpec.from_dict(spec))


def test_other_weights_may_be_given_and_the_page_is_plain_data():
    weights = engine.weights(engine.advance(engine.start(engine.RunSpec.from_dict(SPEC)), 2)[0])
    example = engine.worked_example(engine.RunSpec.from_dict(SPEC), weights)
    assert not np.allclose(example.derivations[0].value, worked(SPEC).derivations[0].value)
    tree = engine.as_tree(example)
    assert tree["derivations"][2]["parts"][1]["terms"][0]["factors"][0]["symbol"] == "-(y_2 - z_2)"


@pytest.mark.parametrize(("change", "field"), [
    ({"cell": "lstm"}, "networks.0.cell"), ({"layers": 2}, "networks.0.layers"),
    ({"hidden": 9}, "networks.0.hidden_size"), ({"length": 9}, "task"),
])  # fmt: skip
def test_what_nobody_could_read_is_refused(change, field):
    with pytest.raises(engine.SpecError, match=field):
        worked(case(1, **change))
