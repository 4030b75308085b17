"""Central differences of the engine's own loss, through its public functions: no other code is trusted."""

from __future__ import annotations

import numpy as np
import pytest

import engine
from engine import checks
from tests.reference.answers import worst_error
from tests.reference.cases import case

EPSILON = 1e-5
CELLS = [{"cell": "rnn", "activation": a} for a in ("tanh", "relu", "logistic", "identity")]
CELLS += [{"cell": "lstm"}, {"cell": "gru"}, {"cell": "gru", "reset_after": False}]
every_cell = pytest.mark.parametrize("network", CELLS, ids=lambda n: "-".join(map(str, n.values())))


def loss_at(checkpoint, name, index, value):
    array = engine.weights(checkpoint)[name]
    array[index] = value
    return engine.frame_of(engine.with_weights(checkpoint, 0, {name: array})).networks[0].loss


def loss_gradients(spec):
    checkpoint = engine.start(engine.RunSpec.from_dict(spec))
    grads = {}
    for name, array in engine.weights(checkpoint).items():
        grads[name] = np.empty_like(array)
        for i in np.ndindex(array.shape):
            up, down = (loss_at(checkpoint, name, i, array[i] + e) for e in (EPSILON, -EPSILON))
            grads[name][i] = (up - down) / (2 * EPSILON)
    return grads


@every_cell
def test_one_sgd_step_takes_away_the_difference_quotients(network, within):
    spec = case(51, **network, hidden=2, outputs=1, length=4, batch=2, lengths=[4, 2])
    checkpoint = engine.start(engine.RunSpec.from_dict(spec))
    before, after = engine.weights(checkpoint), engine.weights(engine.advance(checkpoint, 1)[0])
    got = {name: before[name] - after[name] for name in before}
    within("central differences of the loss", worst_error(got, loss_gradients(spec)), 1e-7)


@every_cell
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("loss", ["mse", "binary_cross_entropy", "softmax_cross_entropy"])
def test_the_shipped_checks_pass(network, layers, loss, within):
    spec = engine.RunSpec.from_dict(case(52, **network, layers=layers, loss=loss, lengths=[5, 4, 2]))
    within("engine.checks.gradients", (checks.gradients(spec), ""), 1e-6)
    within("engine.checks.jacobians", (checks.jacobians(spec), ""), 1e-6)
    within("engine.checks.adjoint_identity", (checks.adjoint_identity(spec), ""), 1e-12)
