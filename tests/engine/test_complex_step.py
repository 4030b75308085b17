"""The engine against an oracle that needs no PyTorch: derivatives by complex step through a textbook forward pass.

Hypothesis chooses the cases here too, so that a machine without PyTorch still tries networks nobody thought of.
"""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import engine
from tests.reference import answers, plain
from tests.reference.cases import case, named_cases, sizes, target_table, with_

QUIETLY = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
CELLS = [{"cell": "rnn", "activation": a} for a in ("tanh", "relu", "logistic", "identity")]
CELLS += [{"cell": "lstm"}, {"cell": "gru"}, {"cell": "gru", "reset_after": False}]


@pytest.mark.parametrize("name", sorted(named_cases()))
def test_every_number_of_every_named_case(name, within):
    spec = named_cases()[name]
    within("complex step, named cases", answers.worst_error(answers.of_engine(spec), answers.of_plain(spec)), 1e-9)


@settings(QUIETLY, max_examples=35)
@given(st.data())
def test_networks_chosen_by_hypothesis(within, data):
    draw = data.draw
    length, batch = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    steps = draw(st.one_of(st.sampled_from(["last", "all"]), st.lists(st.integers(1, length), min_size=1, unique=True)))
    spec = case(
        draw(st.integers(0, 2**32)), **draw(st.sampled_from(CELLS)), layers=draw(st.integers(1, 2)), length=length,
        batch=batch, hidden=draw(st.integers(1, 3)), inputs=draw(st.integers(1, 3)), outputs=draw(st.integers(1, 3)),
        loss=draw(st.sampled_from(sorted(plain.LOSSES))), target_steps=steps, gaps=draw(st.booleans()),
        lengths=draw(st.one_of(st.none(), st.lists(st.integers(1, length), min_size=batch, max_size=batch))),
    )  # fmt: skip
    assume(target_table(spec["task"]))
    spec = with_(spec, time_reduction=draw(st.sampled_from(["mean", "sum"])))
    within("complex step, chosen cases", answers.worst_error(answers.of_engine(spec), answers.of_plain(spec)), 1e-9)


@pytest.mark.parametrize("network", CELLS, ids=lambda n: "-".join(map(str, n.values())))
def test_all_four_blocks_of_every_product(network, within):
    spec = case(41, **network, layers=2, lengths=[5, 3, 4])
    checkpoint, (_, _, lengths) = engine.start(engine.RunSpec.from_dict(spec)), sizes(spec)
    names = ("hh", "hc", "ch", "cc") if network["cell"] == "lstm" else ("hh",)
    for layer in range(2):
        whole = plain.jacobian_products(spec, layer)
        for b, length in enumerate(lengths):
            for t in range(length + 1):
                for k in range(t + 1):
                    got = engine.jacobian(checkpoint, layer=layer, sample=b, t=t, k=k)
                    for name in names:
                        error = answers.worst_error({name: got[name]}, {name: whole[name][b, t, k]})
                        within("complex step, Jacobian blocks", error, 1e-9)


def test_hc_is_rows_of_h_and_columns_of_c():
    """A swap of hc and ch must not hide behind symmetric numbers."""
    spec = case(42, cell="lstm", batch=1)
    got = engine.jacobian(engine.start(engine.RunSpec.from_dict(spec)), t=5, k=3)
    whole = plain.jacobian_products(spec, 0)
    assert abs(whole["hc"][0, 5, 3] - whole["ch"][0, 5, 3]).max() > 1e-3
    assert abs(got["hc"] - whole["hc"][0, 5, 3]).max() < 1e-12
