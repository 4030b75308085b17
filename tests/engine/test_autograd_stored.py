"""The engine against PyTorch's autograd, by the float64 vectors stored in tests/reference/vectors."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import engine
from tests.reference import answers
from tests.reference.cases import named_cases

VECTORS = sorted((Path(__file__).parents[1] / "reference" / "vectors").glob("*.npz"))
CASES = {path.stem: path for path in VECTORS}
UPDATED = ("gru_before", "lstm_2", "rnn_tanh")
OPTIMIZERS = ("sgd", "momentum", "nesterov", "rmsprop", "adam", "rprop")


@pytest.fixture(scope="module", params=sorted(CASES))
def stored(request):
    return load(request.param)


def load(name):
    with np.load(CASES[name]) as file:
        arrays = dict(file)
    return json.loads(str(arrays.pop("spec"))), arrays


def test_there_is_a_stored_vector_for_every_named_case_and_none_has_gone_stale():
    assert set(CASES) == set(named_cases())
    for name, spec in named_cases().items():
        assert load(name)[0] == spec, f"{name}: run `python -m tests.reference.make_reference` again"


def test_losses_states_gates_adjoints_gradients_and_maps_are_autograds(stored, within):
    spec, vectors = stored
    wanted = {n: a for n, a in vectors.items() if not n.startswith(("pairs", "block.", "after.", "clipped."))}
    within("autograd, stored vectors", answers.worst_error(answers.of_engine(spec), wanted), 1e-9)


def test_jacobian_blocks_are_autograds(stored, within):
    spec, vectors = stored
    checkpoint = engine.start(engine.RunSpec.from_dict(spec))
    lengths = spec["task"]["lengths"] or [len(spec["task"]["inputs"][0])] * len(spec["task"]["inputs"])
    for name in (n for n in vectors if n.startswith("block.")):
        block, layer = name.removeprefix("block.").split("_")
        for b, length in enumerate(lengths):
            for i, (t, k) in enumerate(vectors["pairs"].tolist()):
                if t > length:
                    continue
                got = engine.jacobian(checkpoint, layer=int(layer), sample=b, t=t, k=k)[block]
                error = answers.worst_error({name: got}, {name: vectors[name][b, i]})
                within("autograd, stored Jacobian blocks", error, 1e-9)


@pytest.mark.parametrize("name", UPDATED)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("count", [1, 3])
def test_updates_are_those_of_torch_optim(name, optimizer, count, within):
    spec, vectors = load(name)
    rate = {"sgd": 0.1, "momentum": 0.05, "nesterov": 0.05}.get(optimizer, 0.01)
    run = engine.RunSpec.from_dict({**spec, "optimizer": {"name": optimizer, "learning_rate": rate}})
    got = engine.weights(engine.advance(engine.start(run), count)[0])
    prefix = f"after.{optimizer}.{count}."
    wanted = {n.removeprefix(prefix): a for n, a in vectors.items() if n.startswith(prefix)}
    assert set(wanted) == set(got)
    within("torch.optim, stored updates", answers.worst_error(got, wanted), 1e-9)


@pytest.mark.parametrize("name", UPDATED)
def test_clipping_scales_the_whole_gradient_to_the_norm_asked_for(name, within):
    spec, vectors = load(name)
    run = engine.RunSpec.from_dict({**spec, "clip_norm": 0.05})
    before, after = engine.weights(engine.start(run)), engine.weights(engine.advance(engine.start(run), 1)[0])
    gradient = {p: vectors[f"grad.{p}"] for p in before}
    norm = np.sqrt(sum((g**2).sum() for g in gradient.values()))
    assert norm > 0.05
    wanted = {p: vectors[f"clipped.{p}"] for p in before}
    within("clip_grad_norm_, stored", answers.worst_error(after, wanted), 1e-9)
    taken = np.sqrt(sum(((before[p] - after[p]) ** 2).sum() for p in before))
    assert taken == pytest.approx(0.05 * norm / (norm + 1e-6), rel=1e-9)  # torch's small constant keeps it below


def test_a_gradient_below_the_norm_is_left_alone(within):
    spec, vectors = load("lstm")
    run = engine.RunSpec.from_dict({**spec, "clip_norm": 1e6})
    before, after = engine.weights(engine.start(run)), engine.weights(engine.advance(engine.start(run), 1)[0])
    wanted = {p: before[p] - vectors[f"grad.{p}"] for p in before}
    within("autograd, stored vectors", answers.worst_error(after, wanted), 1e-12)
