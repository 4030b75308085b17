"""The engine against PyTorch's autograd, live; hypothesis chooses the networks, losses and targets.

Collected only where torch is installed (see conftest.py); with UNROLLED_TORCH=1 a missing torch is an error.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import engine
from tests.reference import answers
from tests.reference.cases import case, named_cases, sizes, target_table, with_
from tests.reference.torch_model import OPTIMIZERS, Unrolled, of_torch, parameters, products, updates

pytestmark = pytest.mark.torch
torch.set_num_threads(1)
QUIETLY = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)

CELLS = st.sampled_from(
    [{"cell": "rnn", "activation": a} for a in ("tanh", "relu", "logistic", "identity")]
    + [{"cell": "lstm"}, {"cell": "gru"}, {"cell": "gru", "reset_after": False}]
)
LOSSES = st.sampled_from(["mse", "binary_cross_entropy", "softmax_cross_entropy"])


@st.composite
def experiments(draw):
    length, batch = draw(st.integers(1, 6)), draw(st.integers(1, 4))
    steps = draw(st.one_of(st.sampled_from(["last", "all"]), st.lists(st.integers(1, length), min_size=1, unique=True)))
    lengths = draw(st.one_of(st.none(), st.lists(st.integers(1, length), min_size=batch, max_size=batch)))
    spec = case(
        draw(st.integers(0, 2**32)), **draw(CELLS), layers=draw(st.integers(1, 3)), hidden=draw(st.integers(1, 5)),
        inputs=draw(st.integers(1, 3)), outputs=draw(st.integers(1, 3)), length=length, batch=batch, loss=draw(LOSSES),
        target_steps=steps, lengths=lengths, gaps=draw(st.booleans()), scale=draw(st.sampled_from([0.3, 1.0, 2.0])),
    )  # fmt: skip
    assume(target_table(spec["task"]))
    return with_(spec, time_reduction=draw(st.sampled_from(["mean", "sum"])))


@settings(QUIETLY, max_examples=60)
@given(experiments())
def test_everything_but_the_maps_is_autograds(within, spec):
    wanted = of_torch(spec, with_maps=False)
    within("autograd, live", answers.worst_error(answers.of_engine(spec), wanted), 1e-9)


@settings(QUIETLY, max_examples=15)
@given(experiments())
def test_the_maps_and_all_four_blocks_are_autograds(within, spec):
    wanted = {n: a for n, a in of_torch(spec).items() if "log_norms" in n}
    within("autograd, live maps (log10)", answers.worst_error(answers.of_engine(spec), wanted), 1e-9)
    checkpoint, run = engine.start(engine.RunSpec.from_dict(spec)), Unrolled(spec, parameters(spec))
    lstm, (_, _, lengths) = spec["networks"][0]["cell"] == "lstm", sizes(spec)
    for layer in range(run.layers):
        whole, t = products(spec, run, layer), lengths[0]
        for k in range(t + 1):
            got = engine.jacobian(checkpoint, layer=layer, sample=0, t=t, k=k)
            for name in ("hh", "hc", "ch", "cc") if lstm else ("hh",):
                error = answers.worst_error({name: got[name]}, {name: whole[name][0, t, k]})
                within("autograd, live Jacobian blocks", error, 1e-9)


@settings(QUIETLY, max_examples=40)
@given(experiments(), st.sampled_from(sorted(OPTIMIZERS)), st.integers(1, 5))
def test_optimizers_are_torchs_over_several_updates(within, spec, name, count):
    spec = with_(spec, optimizer={"name": name, "learning_rate": 0.01}, steps=10)
    checkpoint = engine.advance(engine.start(engine.RunSpec.from_dict(spec)), count)[0]
    within("torch.optim, live", answers.worst_error(engine.weights(checkpoint), updates(spec, count)), 1e-9)


@pytest.mark.parametrize("name", sorted(named_cases()))
def test_the_stored_vectors_are_what_torch_says_today(name, within):
    from tests.engine.test_autograd_stored import load

    spec, vectors = load(name)
    fresh = of_torch(spec)
    within("stored vectors against torch today", answers.worst_error(vectors, fresh), 1e-12)


def test_frozen_parameters_are_left_out_of_norm_clip_and_update(within):
    spec = case(31, cell="lstm", frozen=["weight_hh_l0", "bias_o"])
    spec = with_(spec, optimizer={"name": "adam", "learning_rate": 0.01})
    after = engine.weights(engine.advance(engine.start(engine.RunSpec.from_dict(spec)), 3)[0])
    within("torch.optim, live", answers.worst_error(after, updates(spec, 3)), 1e-9)
    for name in ("weight_hh_l0", "bias_o"):
        assert np.array_equal(after[name], np.array(spec["networks"][0]["weights"][name]))
