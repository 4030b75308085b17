"""The loss around an update: the plane, the path on it, and where clipping cut it short."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import engine
from engine.landscape import FARTHEST, SEED_RANGE, trained_pair
from engine.presets import PRESETS
from tests.reference.cases import case


def begin(spec):
    return engine.start(engine.RunSpec.from_dict(spec))


def trail_of(checkpoint, steps):
    trail = [checkpoint]
    for _ in range(steps):
        trail.append(engine.advance(trail[-1], 1)[0])
    return trail


def small(cell="rnn", **changes):
    return begin(case(71, cell=cell, layers=2, loss="softmax_cross_entropy") | {"steps": 50} | changes)


def loss_at(checkpoint, theta, batch, network=0):
    """The loss by a plain frame of a checkpoint with these weights put in."""
    at, moved = 0, {}
    for name, value in engine.weights(checkpoint, network).items():
        moved[name], at = theta[at : at + value.size].reshape(value.shape), at + value.size
    changed = engine.with_weights(checkpoint, network, moved)
    return engine.frame_of(changed, batch=batch).networks[network].loss


CLIPPED = {"optimizer": {"name": "sgd", "learning_rate": 0.5}, "clip_norm": 0.01}


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_the_map_is_the_loss_of_the_moved_weights_and_starts_at_the_row_of_the_update(cell, optimizer) -> None:
    trail = trail_of(small(cell, optimizer={"name": optimizer, "learning_rate": 0.05}), 4)
    found = engine.landscape(trail, size=5)
    last, before = trail[-1].networks[0].theta, trail[-2].networks[0].theta
    x = (last - before) / np.linalg.norm(last - before)
    np.testing.assert_allclose(found["here"], [0, 0], atol=1e-15)
    np.testing.assert_allclose(found["before"], [-np.linalg.norm(last - before), 0], atol=1e-12)
    row = trail[-1].metrics[0]["networks"][0]
    assert found["loss_before"] == pytest.approx(row["loss"], rel=1e-12)
    assert found["grad_norm"] == row["grad_norm"]
    assert found["batch"] == 4
    ways = np.stack([c.networks[0].theta for c in trail]) - last
    rest = ways - np.outer(ways @ x, x)
    y = np.linalg.svd(rest)[2][0]
    y *= np.sign(y[np.abs(y).argmax()])
    for j, b in enumerate(found["y"]):
        for i, a in enumerate(found["x"]):
            assert found["loss"][j, i] == pytest.approx(loss_at(trail[-1], last + a * x + b * y, 4), rel=1e-9)


def test_path_and_plane_put_together_are_the_weights_but_for_what_is_off() -> None:
    trail = trail_of(small(optimizer={"name": "adam", "learning_rate": 0.05}), 6)
    found = engine.landscape(trail, size=3)
    ways = np.stack([c.networks[0].theta - trail[-1].networks[0].theta for c in trail])
    np.testing.assert_allclose((found["path"] ** 2).sum(1) + found["off"] ** 2, (ways**2).sum(1), rtol=1e-9, atol=1e-18)
    assert found["path_steps"].tolist() == list(range(7))
    inside = (found["path"] ** 2).sum() / (ways**2).sum()
    assert found["held"] == pytest.approx(inside)
    assert 0.5 < found["held"] <= 1  # the two ways in which it went most
    for c, loss in zip(trail, found["path_losses"], strict=True):
        assert loss == pytest.approx(loss_at(trail[-1], c.networks[0].theta, 6), rel=1e-12)
    low, high = found["x"][0], found["x"][-1]
    assert (found["path"][:, 0] > low).all()
    assert (found["path"][:, 0] < high).all()


def test_a_clipped_update_shows_where_it_would_have_gone() -> None:
    trail = trail_of(small(**CLIPPED), 5)
    found = engine.landscape(trail, size=3)
    assert found["clipped"]
    assert found["grad_norm"] > found["clip_norm"] == 0.01
    free, _ = engine.advance(dataclasses.replace(trail[-2], spec=trail[-2].spec.with_changes({"clip_norm": None})), 1)
    went, would = (c.networks[0].theta - trail[-2].networks[0].theta for c in (trail[-1], free))
    far = np.linalg.norm(would) / np.linalg.norm(went)
    assert far == pytest.approx(found["grad_norm"] / 0.01, rel=1e-3)  # plain descent: as much longer as the gradient
    np.testing.assert_allclose(found["free"], found["before"] + [np.linalg.norm(would), 0], rtol=1e-9, atol=1e-12)
    assert found["loss_free"] == pytest.approx(loss_at(trail[-1], free.networks[0].theta, 5), rel=1e-9)
    seen = found["x"][0] <= found["free"][0] <= found["x"][-1]
    assert seen == (far <= FARTHEST)
    assert not engine.landscape(trail_of(small(), 2), size=3)["clipped"]


def test_the_cliff_of_the_clipping_preset_stands_across_the_update() -> None:
    """Along x, past where the clipped step ended, the loss of the update's batch rises by decades (Pascanu 2013)."""
    trail = trail_of(begin(PRESETS["clipping"].spec), 50)
    found = engine.landscape(trail, size=21)
    middle = np.abs(found["y"]).argmin()
    row = found["loss"][middle]
    assert found["loss_free"] > 100 * found["loss_here"] > 100 * found["loss_before"]
    assert row[-1] > 100 * row[np.abs(found["x"] - found["before"][0]).argmin()]


def test_two_trained_weights_have_an_exact_map_of_the_seeds_range() -> None:
    spec = PRESETS["bit_sum"].spec
    trail = trail_of(begin(spec), 30)
    assert trained_pair(trail[-1], 0) == ("weight_ih_l0[0, 0]", "weight_hh_l0[0, 0]")
    found = engine.landscape(trail, size=13)
    assert found["exact"]
    assert (found["x"][0], found["x"][-1], found["y"][0], found["y"][-1]) == (-SEED_RANGE, SEED_RANGE) * 2
    bits = trail[0].spec.task.batch(0, 0, 20).inputs[:, 0]
    for row, w_rec in zip(found["loss"], found["y"], strict=True):
        last = (bits * w_rec ** np.arange(len(bits) - 1, -1, -1.0)[:, None]).sum(axis=0)
        np.testing.assert_allclose(
            row, ((found["x"][:, None] * last - bits.sum(0)) ** 2).mean(1), rtol=1e-10, atol=1e-10
        )
    own = [[engine.weights(c)[n][0, 0] for n in ("weight_ih_l0", "weight_hh_l0")] for c in trail]
    np.testing.assert_allclose(found["path"], own, atol=1e-14)
    np.testing.assert_allclose(found["off"], 0, atol=1e-14)
    assert found["held"] == 1
    assert trained_pair(small(), 0) is None
    near = engine.landscape(trail, size=3, span=0.5)
    np.testing.assert_allclose(near["x"], found["here"][0] + np.array([-0.5, 0, 0.5]))


def test_an_exact_map_follows_its_path_to_twice_the_seeds_range_and_no_farther() -> None:
    for w_rec, half in ((2.0, 3.0), (4.5, 4.5), (50.0, 6.0)):
        spec = PRESETS["bit_sum"].spec
        weights = spec["networks"][0]["weights"] | {"weight_hh_l0": [[w_rec]]}
        made = begin(spec | {"networks": [spec["networks"][0] | {"weights": weights}]})
        found = engine.landscape([made], size=3)
        assert found["span"] == half
        assert found["y"].tolist() == [-half, 0, half]


def test_the_untrained_step_looks_where_the_first_update_will_go() -> None:
    first = small(optimizer={"name": "sgd", "learning_rate": 0.1})
    found = engine.landscape([first], size=3)
    assert not found["clipped"]
    assert np.isnan(found["before"]).all()
    assert found["path"].tolist() == [[0, 0]]
    assert found["batch"] == 1
    assert (found["x_name"], found["y_name"]) == ("update", "random")
    way = engine.advance(first, 1)[0].networks[0].theta - first.networks[0].theta
    assert loss_at(first, first.networks[0].theta + found["span"] * way / np.linalg.norm(way), 1) == pytest.approx(
        found["loss"][1, 2], rel=1e-9)  # fmt: skip


def test_a_first_update_that_would_leap_far_does_not_take_the_map_along() -> None:
    first = begin(PRESETS["exploding"].spec)
    found = engine.landscape([first], size=5)
    assert found["span"] < np.linalg.norm(first.networks[0].theta)
    assert np.isfinite(found["loss"]).sum() > 20


def test_only_trained_weights_move_and_nothing_moving_is_no_trouble() -> None:
    trail = trail_of(small(networks=[{"cell": "gru", "hidden_size": 3, "frozen": ["weight_hh_l0", "weight_ho"]}]), 1)
    assert np.isfinite(engine.landscape(trail, size=3)["loss"]).all()
    names = list(engine.weights(trail[0]))
    still = trail_of(small(networks=[{"cell": "rnn", "hidden_size": 3, "frozen": names}]), 2)
    found = engine.landscape(still, size=3)
    assert np.ptp(found["loss"]) > 0
    assert found["held"] == 1


def test_overflow_stays_what_it_is() -> None:
    found = engine.landscape(trail_of(begin(PRESETS["exploding"].spec), 1), size=21)
    assert not np.isfinite(found["loss"]).all()
    assert np.isfinite(found["loss"]).any()


def test_weights_that_are_not_finite_are_named_by_their_step() -> None:
    trail = trail_of(small(), 2)
    trail[-1].networks[0].theta[0] = np.inf
    with pytest.raises(engine.OutOfRange, match=r"^step\b"):
        engine.landscape(trail, size=3)


@pytest.mark.parametrize(("changes", "field"), [
    ({"network": 1}, "network"), ({"size": 2}, "size"), ({"size": 5000}, "size"), ({"span": 0.0}, "span"),
    ({"span": float("nan")}, "span"), ({"zoom": 0.0}, "zoom"), ({"batch": -1}, "batch"),
])  # fmt: skip
def test_what_does_not_fit_is_named(changes, field) -> None:
    with pytest.raises(engine.OutOfRange, match=rf"^{field}\b"):
        engine.landscape(trail_of(small(), 1), **{"size": 3, **changes})


def test_zooming_stays_on_the_plane_and_around_the_weights_shown() -> None:
    trail = trail_of(small(optimizer={"name": "adam", "learning_rate": 0.05}), 6)
    fit, near = engine.landscape(trail, size=5), engine.landscape(trail, size=5, zoom=4.0)
    assert near["span"] == pytest.approx(fit["span"] / 4)
    np.testing.assert_allclose(near["x"], np.linspace(-near["span"], near["span"], 5))
    np.testing.assert_allclose(near["path"], fit["path"])


def test_a_trail_without_the_step_before_is_refused() -> None:
    trail = trail_of(small(), 3)
    for cut in ([], trail[-1:], [trail[0], trail[-1]]):
        with pytest.raises(engine.OutOfRange, match=r"^checkpoints\b"):
            engine.landscape(cut, size=3)
