"""Hessian-free: its conjugate gradients against a direct solver, its steps against least squares, its bits."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from engine import Checkpoint, RunSpec, SpecError, advance, patch, start, weights
from engine.arrays import Array
from engine.optimizers import HessianFree
from engine.optimizers.conjugate_gradient import conjugate_gradient
from tests.reference.cases import case, with_

ADDING = {
    "task": {"name": "adding", "length": 12}, "networks": [{"hidden_size": 8}, {"cell": "gru", "hidden_size": 4}],
    "batch_size": 16, "steps": 30, "optimizer": {"name": "hessian_free", "structural_damping": 0.1},
}  # fmt: skip


def positive_definite(size: int, spread: float = 1e3) -> tuple[Array, Array]:
    rng = np.random.default_rng(size)
    Q, _ = np.linalg.qr(rng.normal(size=(size, size)))
    return (Q * np.geomspace(1.0, spread, size)) @ Q.T, rng.normal(size=size)


@pytest.mark.parametrize("warm", [False, True])
@pytest.mark.parametrize("preconditioned", [False, True])
def test_conjugate_gradients_end_where_the_direct_solver_does(warm: bool, preconditioned: bool) -> None:
    A, b = positive_definite(20)
    x = np.ones(20) if warm else np.zeros(20)
    M = np.diag(A) ** 0.75 if preconditioned else np.ones(20)
    found = conjugate_gradient(lambda v: A @ v, b, x, M, most=200, tolerance=1e-16)
    assert np.allclose(found[-1].x, np.linalg.solve(A, b), rtol=1e-9, atol=1e-12)
    for x, value in found:
        assert value == pytest.approx(0.5 * x @ A @ x - b @ x, rel=1e-8)


def test_kept_iterates_fall_and_are_few() -> None:
    A, b = positive_definite(200, 1e6)
    values = [value for _, value in conjugate_gradient(lambda v: A @ v, b, np.zeros(200), np.ones(200), 200, 1e-16)]
    assert values == sorted(values, reverse=True)
    assert 5 < len(values) < 25


def test_martens_stop_ends_the_search_when_ten_steps_bring_little() -> None:
    A, b = positive_definite(200, 1e6)
    calls: list[int] = []

    def product(v: Array) -> Array:
        calls.append(1)
        return A @ v

    conjugate_gradient(product, b, np.zeros(200), np.ones(200), 200, tolerance=0.05)
    assert 10 < len(calls) < 100


@pytest.mark.parametrize("A", [np.zeros((3, 3)), np.full((3, 3), np.nan), -np.eye(3)], ids=["zero", "nan", "negative"])
def test_a_matrix_that_is_not_positive_gives_the_start_back(A: Array) -> None:
    (only,) = conjugate_gradient(lambda v: A @ v, np.ones(3), np.zeros(3), np.ones(3), 10, 1e-4)
    assert (only.x == 0).all()


def test_one_step_solves_least_squares_exactly() -> None:
    """With the recurrence frozen and mse the loss is quadratic in the readout, and G is its Hessian."""
    frozen = ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"]
    exact = {"name": "hessian_free", "damping": 1e-12, "cg_tolerance": 1e-12, "max_cg": 500}
    spec = with_(case(31, length=6, batch=4, frozen=frozen), optimizer=exact)
    after, _ = advance(start(RunSpec.from_dict(spec)), 1)
    before = weights(start(RunSpec.from_dict(spec)))
    h, rows = np.zeros((3, 4)), []
    for x in np.array(spec["task"]["inputs"]).transpose(1, 2, 0):
        bias = before["bias_ih_l0"] + before["bias_hh_l0"]
        h = np.tanh(before["weight_hh_l0"] @ h + before["weight_ih_l0"] @ x + bias[:, None])
        rows.append(np.vstack((h, np.ones(4))))
    X, Y = np.concatenate(rows, axis=1).T, np.array(spec["task"]["targets"]).transpose(1, 0, 2).reshape(-1, 2)
    best = np.linalg.lstsq(X, Y, rcond=None)[0].T
    found = weights(after)
    assert np.allclose(np.column_stack((found["weight_ho"], found["bias_o"])), best, atol=1e-7)
    assert np.array_equal(found["weight_hh_l0"], before["weight_hh_l0"])


def test_the_loss_on_a_fixed_batch_never_rises() -> None:
    for loss in ("mse", "binary_cross_entropy", "softmax_cross_entropy"):
        spec = with_(case(32, loss=loss), optimizer={"name": "hessian_free"}, steps=40)
        seen = [row["networks"][0]["loss"] for row in advance(start(RunSpec.from_dict(spec)), 40)[0].metrics]
        assert all(later <= earlier for earlier, later in zip(seen, seen[1:], strict=False))
        assert seen[-1] < 0.5 * seen[0]


class Misjudged:
    """An objective whose loss changes by `share` of what its quadratic promises."""

    def __init__(self, share: float) -> None:
        self.theta, self.grad, self.share = np.zeros(2), np.array([1.0, 2.0]), share

    def loss(self, theta: Array | None = None) -> float:
        x = self.theta if theta is None else theta
        return self.share * float(self.grad @ x + 0.5 * x @ x)

    def product(self, direction: Array, structural: float = 0.0) -> Array:
        return direction

    def squared_gradients(self) -> Array:
        return np.ones(2)


@pytest.mark.parametrize(("share", "factor"), [(1.0, 1 / 1.5), (0.5, 1.0), (0.1, 1.5), (-1.0, 1.5), (np.nan, 1.5)])
def test_trust_follows_the_reduction_ratio(share: float, factor: float) -> None:
    optimizer, objective = HessianFree(damping=0.01), Misjudged(share)
    state = optimizer.init(objective.theta)
    optimizer.minimise(objective, state, 1)
    assert state[1][0] == pytest.approx(0.01 * factor)
    moved = bool(objective.theta.any())
    assert moved == (share > 0)


@pytest.mark.parametrize(("share", "moves"), [(0.005, False), (0.02, True)])
def test_a_loss_that_falls_by_less_than_a_hundredth_of_the_slopes_promise_is_no_fall(share: float, moves: bool) -> None:
    optimizer, objective = HessianFree(damping=0.01), Misjudged(share)
    optimizer.minimise(objective, optimizer.init(objective.theta), 1)
    assert bool(objective.theta.any()) == moves


def test_equal_bits_however_chunked_pickled_or_written() -> None:
    spec = RunSpec.from_dict(ADDING)
    whole, _ = advance(start(spec), 6)
    piecewise = start(spec)
    for steps in (1, 2, 3):
        piecewise, _ = advance(piecewise, steps)
        piecewise = Checkpoint.from_bytes(pickle.loads(pickle.dumps(piecewise)).to_bytes())
    assert piecewise == whole
    assert [s.size for s in whole.networks[0].slots] == [whole.networks[0].theta.size, 1]


def test_knobs_are_checked_and_the_live_ones_change_in_flight() -> None:
    with pytest.raises(SpecError, match="damping.*must be above 0"):
        RunSpec.from_dict(with_(ADDING, optimizer={"name": "hessian_free", "damping": 0}))
    changed = patch(start(RunSpec.from_dict(ADDING)), {"optimizer.max_cg": 3})
    assert changed.spec.to_dict()["optimizer"]["max_cg"] == 3


def test_it_crosses_a_lag_at_which_adam_stays_at_chance() -> None:
    """The adding problem, T = 40, one tanh network, same start and batches; bench/hessian_free.py has the long one."""
    experiment = {
        "task": {"name": "adding", "length": 40}, "networks": [{"hidden_size": 16, "recurrent_init": "orthogonal"}],
        "batch_size": 64, "steps": 1000, "dtype": "float64",
    }  # fmt: skip

    def last_losses(optimizer: dict[str, object], steps: int) -> float:
        run = start(RunSpec.from_dict(with_(experiment, optimizer=optimizer)))
        return float(np.mean([row["networks"][0]["loss"] for row in advance(run, steps)[0].metrics[-5:]]))

    chance = RunSpec.from_dict(experiment).baseline_loss
    assert last_losses({"name": "hessian_free"}, 40) < 0.1 * chance
    assert last_losses({"name": "adam", "learning_rate": 0.003}, 1000) > 0.8 * chance


class Curved:
    """A loss that no quadratic fits: the mean over samples of |tanh(A_b theta) - y_b|², with explicit matrices."""

    def __init__(self, seed: int, size: int = 60, samples: int = 20, outputs: int = 3) -> None:
        rng = np.random.default_rng(seed)
        self.A = rng.normal(size=(samples, outputs, size)) * np.geomspace(1.0, 0.02, size)
        self.y = rng.uniform(-0.9, 0.9, (samples, outputs))
        self.root = rng.normal(size=(5, size))
        self.theta = rng.normal(size=size)

    def loss(self, theta: Array | None = None) -> float:
        error = np.tanh(self.A @ (self.theta if theta is None else theta)) - self.y
        return float((error**2).sum() / len(error))

    def jacobians(self) -> Array:
        return (1 - np.tanh(self.A @ self.theta) ** 2)[:, :, None] * self.A

    def gradients(self) -> Array:
        return 2 * np.einsum("bk,bkp->bp", np.tanh(self.A @ self.theta) - self.y, self.jacobians())

    @property
    def grad(self) -> Array:
        return self.gradients().mean(axis=0)

    def matrix(self, structural: float) -> Array:
        J = self.jacobians()
        return 2 * np.einsum("bkp,bkq->pq", J, J) / len(J) + structural * self.root.T @ self.root

    def product(self, direction: Array, structural: float = 0.0) -> Array:
        return self.matrix(structural) @ direction

    def squared_gradients(self) -> Array:
        return (self.gradients() ** 2).mean(axis=0)


def the_papers_update(f: Curved, last: Array, trust: float, o: HessianFree) -> tuple[Array, Array, float, set[str]]:
    """Return the step, CG's solution and lambda after an update written out from Martens 2010, and what it came to."""
    met, g, start_at = set(), f.grad, f.loss()
    A = f.matrix(o.structural_damping * trust) + trust * np.eye(len(g))
    M = np.diag((f.squared_gradients() + trust) ** 0.75)
    q = lambda x: 0.5 * x @ A @ x + g @ x  # noqa: E731
    xs = [o.cg_decay * last]
    r = A @ xs[0] + g
    d = -np.linalg.solve(M, r)
    while len(xs) <= o.max_cg:  # preconditioned CG, Nocedal & Wright's algorithm 5.3
        step = r @ np.linalg.solve(M, r) / (d @ A @ d)
        xs.append(xs[-1] + step * d)
        after = r + step * A @ d
        d = -np.linalg.solve(M, after) + after @ np.linalg.solve(M, after) / (r @ np.linalg.solve(M, r)) * d
        r, i = after, len(xs) - 1
        k = max(10, i // 10)
        if i > k and q(xs[i]) < 0 and (q(xs[i]) - q(xs[i - k])) / q(xs[i]) < k * o.cg_tolerance:
            met.add("stopped")
            break
    kept = [0]
    for i in range(1, len(xs)):
        if i >= 1.3 ** (len(kept) - 1) or i == len(xs) - 1:
            kept.append(i)
    at = len(kept) - 1
    while at > 0 and f.loss(f.theta + xs[kept[at - 1]]) < f.loss(f.theta + xs[kept[at]]):
        at -= 1
        met.add("went back")
    x = xs[kept[at]]
    foretold = g @ x + 0.5 * x @ f.matrix(0.0) @ x
    ratio = (f.loss(f.theta + x) - start_at) / foretold if foretold < 0 else -np.inf
    rate, shrinks = 1.0, 0
    while f.loss(f.theta + rate * x) > start_at + 0.01 * rate * (g @ x) and shrinks < 60:
        rate, shrinks = rate * 0.8, shrinks + 1
        met.add("shortened")
    return rate * x, xs[-1], trust * (1.5 if ratio < 0.25 else 1 / 1.5 if ratio > 0.75 else 1.0), met


@pytest.mark.parametrize(("seed", "damping", "most", "must_meet"), [
    (0, 1.0, 30, {"stopped", "went back"}), (1, 1.0, 30, {"stopped", "went back"}), (3, 0.01, 15, {"went back"}),
    (5, 1e-4, 15, {"went back", "shortened"}),
])  # fmt: skip
def test_every_update_is_the_papers_written_out(seed: int, damping: float, most: int, must_meet: set[str]) -> None:
    """Preconditioner, warm start, stopping rule, kept iterates, going back, damping and line search, one by one."""
    o, f, met = HessianFree(damping=damping, structural_damping=0.3, max_cg=most), Curved(seed), set()
    state = o.init(f.theta)
    for update in range(1, 9):
        step, solution, trust, found = the_papers_update(f, state[0].copy(), float(state[1][0]), o)
        before, met = f.theta.copy(), met | found
        o.minimise(f, state, update)
        scale = np.abs(solution).max()
        assert np.allclose(f.theta - before, step, atol=1e-5 * scale), update
        assert np.allclose(state[0], solution, atol=1e-5 * scale), update
        assert state[1][0] == pytest.approx(trust)
    assert met == must_meet
