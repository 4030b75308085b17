"""The loss over a plane: exact for the scalar linear network of seed 000, any slice through the others."""

from __future__ import annotations

import numpy as np
import pytest

import engine
from tests.reference.cases import case

WEIGHTS = {"weight_ih_l0": [[0.4]], "weight_hh_l0": [[1.3]], "bias_ih_l0": [0.0], "bias_hh_l0": [0.0],
           "weight_ho": [[1.0]], "bias_o": [0.0]}  # fmt: skip
SCALAR = {
    "task": {"name": "bit_sum"}, "dtype": "float64", "optimizer": {"name": "rprop", "learning_rate": 0.01},
    "networks": [{"activation": "identity", "hidden_size": 1, "weights": WEIGHTS,
                  "frozen": ["bias_ih_l0", "bias_hh_l0", "weight_ho", "bias_o"]}],
}  # fmt: skip
W_X, W_REC = "weight_ih_l0[0, 0]", "weight_hh_l0[0, 0]"


def begin(spec):
    return engine.start(engine.RunSpec.from_dict(spec))


def test_the_scalar_networks_surface_is_the_closed_form() -> None:
    """S_T = w_x sum_k x_k w_rec^(T-k); the loss is the mean of (S_T - sum x)²."""
    checkpoint = begin(SCALAR)
    xs, ys = np.linspace(-2, 3, 41), np.linspace(-2, 2, 41)
    found = engine.surface(checkpoint, W_X, W_REC, xs, ys)
    bits = checkpoint.spec.task.batch(0, 0, 32).inputs[:, 0]
    T = len(bits)
    for row, w_rec in zip(found["loss"], ys, strict=True):
        last = (bits * w_rec ** np.arange(T - 1, -1, -1.0)[:, None]).sum(axis=0)
        want = ((xs[:, None] * last - bits.sum(axis=0)) ** 2).mean(axis=1)
        np.testing.assert_allclose(row, want, rtol=1e-12, atol=1e-12)
    assert np.allclose(found["here"], [0.4, 1.3])
    assert found["loss"].shape == (41, 41)


def test_the_lowest_point_is_where_rprop_arrives_and_its_path_is_the_weights_own() -> None:
    checkpoints = [begin(SCALAR)]
    for _ in range(20):
        checkpoints.append(engine.advance(checkpoints[-1], 20)[0])
    trail = engine.path(checkpoints, W_X, W_REC)
    own = [[engine.weights(c)["weight_ih_l0"][0, 0], engine.weights(c)["weight_hh_l0"][0, 0]] for c in checkpoints]
    np.testing.assert_allclose(trail, own, atol=1e-15)
    assert np.allclose(trail[-1], [1.0, 1.0], atol=5e-3)
    around = np.linspace(0.5, 1.5, 11)
    loss = engine.surface(checkpoints[0], W_X, W_REC, around, around)["loss"]
    assert np.unravel_index(loss.argmin(), loss.shape) == (5, 5)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_a_slice_through_any_network_is_the_loss_of_the_moved_weights(cell: str) -> None:
    checkpoint = begin(case(61, cell=cell, layers=2, loss="softmax_cross_entropy"))
    x, y = (engine.random_direction(checkpoint, key) for key in (0, 1))
    found = engine.surface(checkpoint, x, y, np.array([-0.5, 0.0, 1.0]), np.array([0.0, 0.25]))
    state = checkpoint.networks[0]
    for j, b in enumerate(found["y"]):
        for i, a in enumerate(found["x"]):
            theta, at, moved = state.theta + a * x + b * y, 0, {}
            for name, value in engine.weights(checkpoint).items():
                moved[name], at = theta[at : at + value.size].reshape(value.shape), at + value.size
            frame = engine.frame_of(engine.with_weights(checkpoint, 0, moved))
            assert found["loss"][j, i] == pytest.approx(frame.networks[0].loss, rel=1e-12)
    assert found["here"].tolist() == [0.0, 0.0]


def test_directions_repeat_by_key_and_have_each_parameters_norm() -> None:
    checkpoint = begin(case(62))
    first = engine.random_direction(checkpoint, 3)
    assert np.array_equal(first, engine.random_direction(checkpoint, 3))
    assert not np.allclose(first, engine.random_direction(checkpoint, 4))
    assert np.linalg.norm(first) == pytest.approx(np.linalg.norm(checkpoint.networks[0].theta))


def test_principal_directions_hold_a_path_that_lies_in_a_plane() -> None:
    checkpoints = [begin(SCALAR)]
    for _ in range(5):
        checkpoints.append(engine.advance(checkpoints[-1], 10)[0])
    x, y = engine.principal_directions(checkpoints)
    trail = engine.path(checkpoints, x, y)
    rebuilt = checkpoints[0].networks[0].theta + trail @ np.stack([x, y])
    assert np.allclose(rebuilt, [c.networks[0].theta for c in checkpoints])


def test_a_surface_may_leave_the_finite_numbers() -> None:
    found = engine.surface(begin(SCALAR), W_X, W_REC, np.array([1e200]), np.array([1e200]))
    assert not np.isfinite(found["loss"][0, 0])


@pytest.mark.parametrize(("x", "y", "field"), [
    ("weight_hh_l0", W_X, "x"), ("nothing[0]", W_X, "x"), ("weight_hh_l0[3, 0]", W_X, "x"), (W_X, W_X, "y"),
    ("weight_hh_l0[0]", W_X, "x"), (W_X, np.zeros(6), "y"), (W_X, np.zeros(5), "y"),
])  # fmt: skip
def test_axes_that_make_no_plane_are_refused_by_name(x, y, field) -> None:
    with pytest.raises((engine.OutOfRange, engine.ShapeError), match=rf"^{field}\b"):
        engine.surface(begin(SCALAR), x, y, np.zeros(1), np.zeros(1))


def test_a_path_in_slanted_axes_is_told_in_their_own_coordinates() -> None:
    """theta + a x + b y is at (a, b), however long the axes are and whatever their angle."""
    checkpoint = begin(case(61))
    x = engine.random_direction(checkpoint, key=1)
    y = 0.7 * x + 3.0 * engine.random_direction(checkpoint, key=2)
    layout = engine.weights(checkpoint)
    moved, at = {}, 0
    for name, value in layout.items():
        part = slice(at, at + value.size)
        moved[name], at = value + (0.3 * x[part] - 1.2 * y[part]).reshape(value.shape), part.stop
    there = engine.with_weights(checkpoint, 0, moved)
    np.testing.assert_allclose(engine.path([checkpoint, there], x, y), [[0, 0], [0.3, -1.2]], atol=1e-9)
