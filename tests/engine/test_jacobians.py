"""Jacobian products and what is measured on them: identities, norms, underflow, overflow, zeros and NaN."""

from __future__ import annotations

import numpy as np
import pytest

import engine
from tests.reference.cases import case, with_

CELLS = [{"cell": "rnn", "activation": a} for a in ("tanh", "relu", "logistic", "identity")]
CELLS += [{"cell": "lstm"}, {"cell": "gru"}, {"cell": "gru", "reset_after": False}]
every_cell = pytest.mark.parametrize("network", CELLS, ids=lambda n: "-".join(map(str, n.values())))


def still(W, length, *, cell="rnn", activation="tanh", bias=None):
    """Return a checkpoint whose states are all zero (no input, no bias), so that an RNN's J_t is W itself."""
    n = len(W)
    rows = n if cell == "rnn" else 4 * n
    weights = {
        "weight_ih_l0": np.zeros((rows, 1)).tolist(), "bias_ih_l0": [0.0] * rows, "bias_hh_l0": bias or [0.0] * rows,
        "weight_hh_l0": np.asarray(W).tolist() if cell == "rnn" else np.zeros((rows, n)).tolist(),
        "weight_ho": [[1.0] * n], "bias_o": [0.0],
    }  # fmt: skip
    spec = {
        "task": {"name": "inline", "inputs": np.zeros((1, length, 1)).tolist(), "targets": [[1.0]]}, "dtype": "float64",
        "networks": [{"cell": cell, "hidden_size": n, "activation": activation, "weights": weights}],
    }  # fmt: skip
    return engine.start(engine.RunSpec.from_dict(spec))


def layer_of(checkpoint, **probe):
    return engine.frame_of(checkpoint, probe=engine.Probe(**probe)).networks[0].layers[0]


@every_cell
def test_adjoints_are_the_losses_carried_back_by_the_products(network):
    """a_k = sum_t (ds_t/ds_k)^T direct_t, and dL/dc_t = a^c_t + o (1 - tanh² c_t) a^h_t."""
    spec = case(61, **network, batch=1)
    checkpoint = engine.start(engine.RunSpec.from_dict(spec))
    frame = engine.frame_of(checkpoint).networks[0]
    layer, T, W = frame.layers[0], 5, engine.weights(checkpoint)["weight_ho"]
    direct = 2 * (frame.outputs - frame.targets) / (frame.targets.shape[1] * T) @ W  # mse over K, mean over T
    for k in range(T + 1):
        blocks = {t: engine.jacobian(checkpoint, t=t, k=k) for t in range(max(k, 1), T + 1)}
        adjoint = sum(b["hh"].T @ direct[t - 1] for t, b in blocks.items())
        np.testing.assert_allclose(layer.d_hidden[k], adjoint, rtol=1e-12, atol=1e-15)
        if network["cell"] == "lstm":
            of_c = sum(b["hc"].T @ direct[t - 1] for t, b in blocks.items())
            if k:
                of_c = of_c + layer.gates["o"][k - 1] * (1 - np.tanh(layer.cell_state[k]) ** 2) * adjoint
            np.testing.assert_allclose(layer.d_cell_state[k], of_c, rtol=1e-12, atol=1e-15)


@every_cell
def test_products_compose(network):
    """ds_5/ds_1 = ds_5/ds_3 ds_3/ds_1, newest factor on the left, all four blocks."""
    checkpoint = engine.start(engine.RunSpec.from_dict(case(62, **network)))

    def whole(t, k):
        blocks = engine.jacobian(checkpoint, t=t, k=k)
        if network["cell"] != "lstm":
            return blocks["hh"]
        return np.block([[blocks["hh"], blocks["hc"]], [blocks["ch"], blocks["cc"]]])

    np.testing.assert_allclose(whole(5, 1), whole(5, 3) @ whole(3, 1), rtol=1e-12, atol=1e-15)
    np.testing.assert_array_equal(whole(4, 4), np.eye(len(whole(4, 4))))


def test_the_hh_block_of_the_product_is_not_the_product_of_hh_blocks():
    checkpoint = engine.start(engine.RunSpec.from_dict(case(63, cell="lstm")))
    steps = [engine.jacobian(checkpoint, t=t, k=t - 1)["hh"] for t in (1, 2, 3)]
    got = engine.jacobian(checkpoint, t=3, k=0)["hh"]
    assert np.abs(got - steps[2] @ steps[1] @ steps[0]).max() > 1e-3


@every_cell
def test_the_map_the_matrices_and_their_singular_values_tell_one_story(network):
    checkpoint = engine.start(engine.RunSpec.from_dict(case(64, **network, hidden=4)))
    maps = {norm: layer_of(checkpoint, norm=norm) for norm in ("frobenius", "spectral")}
    frame = engine.frame_of(checkpoint, products=True).networks[0].layers[0]
    for t in range(6):
        for k in range(t + 1):
            got = engine.jacobian(checkpoint, t=t, k=k)
            sigma = np.linalg.svd(got["hh"], compute_uv=False)
            np.testing.assert_allclose(got["singular_values"], sigma, rtol=1e-12, atol=1e-15)
            np.testing.assert_allclose(frame.jacobian_products[t, k], got["hh"], rtol=1e-12, atol=1e-15)
            logs = {"frobenius": np.log10(np.linalg.norm(got["hh"])), "spectral": np.log10(sigma[0])}
            for norm, log in logs.items():
                np.testing.assert_allclose(maps[norm].jacobian_log_norms[t, k], log, rtol=0, atol=1e-12)
            np.testing.assert_allclose(got["log_norm"], logs["frobenius"], rtol=0, atol=1e-12)
            factors = [engine.jacobian(checkpoint, t=j, k=j - 1)["log_norm"] for j in range(k + 1, t + 1)]
            np.testing.assert_allclose(got["factor_log_norms"], factors, rtol=0, atol=1e-12)
    assert np.isnan(frame.jacobian_products[1, 3]).all()


def test_lstm_maps_by_both_norms():
    checkpoint = engine.start(engine.RunSpec.from_dict(case(65, cell="lstm", hidden=4)))
    frobenius, spectral = layer_of(checkpoint), layer_of(checkpoint, norm="spectral")
    f = frobenius.gates["f"]
    for t in range(6):
        for k in range(t + 1):
            cc = engine.jacobian(checkpoint, t=t, k=k)["cc"]
            path = np.prod(f[k:t], axis=0)  # running sum of logs over the direct path
            np.testing.assert_allclose(
                frobenius.cell_jacobian_log_norms[t, k], np.log10(np.linalg.norm(cc)), atol=1e-12
            )
            np.testing.assert_allclose(
                spectral.cell_jacobian_log_norms[t, k], np.log10(np.linalg.norm(cc, 2)), atol=1e-12
            )
            np.testing.assert_allclose(frobenius.carousel_log_norms[t, k], np.log10(np.linalg.norm(path)), atol=1e-12)
            np.testing.assert_allclose(spectral.carousel_log_norms[t, k], np.log10(path.max()), atol=1e-12)
            carousel = engine.jacobian(checkpoint, t=t, k=k)["carousel"]
            np.testing.assert_allclose(carousel, path, rtol=1e-12)


def test_nothing_stands_above_the_diagonal_and_the_diagonal_is_the_identitys_norm():
    layer = layer_of(engine.start(engine.RunSpec.from_dict(case(66, cell="lstm", hidden=4))))
    for name in ("jacobian_log_norms", "cell_jacobian_log_norms", "carousel_log_norms"):
        values = getattr(layer, name)
        assert np.isnan(values[np.triu_indices(6, 1)]).all()
        np.testing.assert_allclose(np.diag(values), np.log10(2.0), atol=1e-15)
        assert np.isfinite(values[np.tril_indices(6)]).all()
    assert np.isnan(layer.itemised_log_norms[0]).all()


# --- numbers beyond float64 -----------------------------------------------------------------------------------------


def test_400_small_factors_keep_their_true_log_norm():
    factor = 10.0**-1.32
    layer = layer_of(still(factor * np.eye(3), 400))
    assert factor**400 == 0.0
    assert layer.jacobian_log_norms[-1, 0] == pytest.approx(-528 + np.log10(np.sqrt(3)), abs=1e-9)
    np.testing.assert_allclose(layer.flow_by_lag, -1.32 * np.arange(401) + np.log10(np.sqrt(3)), atol=1e-9)


def test_underflow_and_overflow_of_a_full_matrix_against_integers():
    """W = A / 10^3 with whole numbers A: Python's integers know A^400 exactly."""
    A = [[3, 1, -2], [0, 5, 1], [2, -1, 4]]
    power, logs = [[int(i == j) for j in range(3)] for i in range(3)], []
    for _ in range(401):
        square = sum(x * x for row in power for x in row)
        shift = max(0, square.bit_length() - 200)
        logs.append(0.5 * (np.log10(float(square >> shift)) + shift * np.log10(2.0)))
        power = [[sum(A[i][j] * power[j][k] for j in range(3)) for k in range(3)] for i in range(3)]
    for scale in (-3, 3):  # products down to 10^-930, up to 10^1470
        checkpoint = still(np.array(A) * 10.0**scale, 400, activation="identity")
        frame, want = engine.frame_of(checkpoint), np.array(logs) + scale * np.arange(401)
        layer = frame.networks[0].layers[0]
        lags = np.subtract.outer(frame.t_steps, frame.k_steps)  # every J_t is W: the lag says it all
        np.testing.assert_allclose(layer.jacobian_log_norms[lags >= 0], want[lags[lags >= 0]], rtol=0, atol=1e-8)
        np.testing.assert_allclose(layer.flow_by_lag, want, rtol=0, atol=1e-8)
        assert engine.jacobian(checkpoint, t=400, k=0)["log_norm"] == pytest.approx(want[-1], abs=1e-8)
    assert want[-1] > 1000


def test_the_carousel_underflows_no_more_than_the_total():
    """With zero weights f = logistic(b_f) everywhere and the direct path is the only one."""
    bias = [0.0] * 2 + [-7.0, -9.0] + [0.0] * 4
    layer = layer_of(still(np.eye(2), 200, cell="lstm", bias=bias))
    log_f = np.array([-np.log10(1 + np.exp(7.0)), -np.log10(1 + np.exp(9.0))])
    want = log_f[0] * np.arange(201) + 0.5 * np.log10(1 + 10 ** (2 * (log_f[1] - log_f[0]) * np.arange(201)))
    assert want[-1] < -600
    assert layer.carousel_log_norms.shape == (201, 201)
    np.testing.assert_allclose(layer.carousel_log_norms[:, 0], want, rtol=0, atol=1e-9)
    np.testing.assert_allclose(layer.cell_jacobian_log_norms[:, 0], want, rtol=0, atol=1e-9)


def test_an_exact_zero_is_minus_infinity_and_only_where_it_is():
    nilpotent = np.diag([1.0, 1.0], -1)  # its cube is exactly zero
    layer = layer_of(still(nilpotent, 6))
    rows, columns = np.tril_indices(7)
    values = layer.jacobian_log_norms[rows, columns]
    assert (np.isneginf(values) == (rows - columns >= 3)).all()
    assert np.isneginf(layer.flow_by_lag[3:]).all()
    assert np.isfinite(layer.flow_by_lag[:3]).all()


def test_a_dead_relu_passes_exactly_nothing():
    checkpoint = still([[2.0]], 5, activation="relu")
    assert np.isneginf(layer_of(checkpoint).jacobian_log_norms[5, 4])
    assert engine.jacobian(checkpoint, t=5, k=4)["log_norm"] == -np.inf


def test_an_overflowing_state_ends_in_nan_or_infinity_and_never_in_a_wrong_number():
    """h_1 is finite, h_2 = inf, h_3 = inf - inf = NaN: what depends on them must not look like a number."""
    spec = case(67, batch=1, hidden=2, activation="tanh")
    spec["networks"][0] |= {"activation": "relu"}
    weights = spec["networks"][0]["weights"]
    weights["weight_hh_l0"] = [[1e200, 1.0], [1e200, -1e200]]
    weights["weight_ih_l0"], weights["bias_ih_l0"] = [[0.0, 0.0]] * 2, [1e200, 1.0]
    frame = engine.frame_of(engine.start(engine.RunSpec.from_dict(spec))).networks[0]
    assert not np.isfinite(frame.loss)
    assert not np.isfinite(frame.layers[0].hidden[2:]).all(axis=1).any()
    assert np.isfinite(frame.layers[0].hidden[:2]).all()
    assert frame.layers[0].jacobian_log_norms[1, 1] == pytest.approx(np.log10(np.sqrt(2)))


# --- summaries ------------------------------------------------------------------------------------------------------


@every_cell
def test_flow_by_lag_is_the_log_of_the_mean_norm_over_all_steps_of_the_sample(network):
    spec = case(68, **network, lengths=[5, 3, 4])
    checkpoint = engine.start(engine.RunSpec.from_dict(spec))
    for sample, length in enumerate((5, 3, 4)):
        frame = engine.frame_of(checkpoint, probe=engine.Probe(sample=sample)).networks[0]
        assert frame.length == length
        pairs = [("jacobian_log_norms", "flow_by_lag")]
        if network["cell"] == "lstm":
            pairs += [("cell_jacobian_log_norms", "cell_flow_by_lag"), ("carousel_log_norms", "carousel_flow_by_lag")]
        for matrix, flow in pairs:
            norms = 10 ** getattr(frame.layers[0], matrix)[: length + 1, : length + 1]
            want = [np.log10(np.mean(np.diagonal(norms, -lag))) for lag in range(length + 1)]
            np.testing.assert_allclose(getattr(frame.layers[0], flow)[: length + 1], want, rtol=0, atol=1e-12)
            assert np.isnan(getattr(frame.layers[0], flow)[length + 1 :]).all()


@pytest.mark.parametrize(("activation", "gamma"), [("tanh", 1.0), ("relu", 1.0), ("logistic", 0.25), ("identity", 1.0)])
@pytest.mark.parametrize("norm", ["frobenius", "spectral"])
def test_pascanus_bound_is_its_formula_and_holds(activation, gamma, norm):
    spec = case(69, activation=activation, hidden=4, scale=0.5)
    checkpoint = engine.start(engine.RunSpec.from_dict(spec))
    layer = layer_of(checkpoint, norm=norm)
    sigma = np.linalg.norm(engine.weights(checkpoint)["weight_hh_l0"], 2)
    want = np.arange(6) * np.log10(gamma * sigma) + (np.log10(2.0) if norm == "frobenius" else 0.0)
    np.testing.assert_allclose(layer.bound_by_lag, want, rtol=0, atol=1e-12)
    lags = np.subtract.outer(np.arange(6), np.arange(6))
    below = lags >= 0
    assert (layer.jacobian_log_norms[below] <= want[lags[below]] + 1e-12).all()


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_only_the_rnn_has_a_bound(cell):
    assert layer_of(engine.start(engine.RunSpec.from_dict(case(70, cell=cell)))).bound_by_lag is None


@pytest.mark.parametrize("factor", [0.5, 0.9, 0.97])
def test_half_life_of_a_geometric_decay(factor):
    layer = layer_of(still(factor * np.eye(2), 60))
    exact = np.log(0.5) / np.log(factor)
    assert int(np.floor(exact)) <= layer.half_life <= int(np.ceil(exact))
    # straight between two lags, in the norm or in its log: these differ by less than a fiftieth of a step
    assert layer.half_life == pytest.approx(exact, abs=0.02)


@pytest.mark.parametrize("factor", [1.0, 1.1, 0.995])
def test_no_half_life_where_the_flow_never_halves(factor):
    assert layer_of(still(factor * np.eye(2), 60)).half_life is None


def test_the_lstms_half_lives_are_of_h_and_of_c_apart():
    bias = [0.0] * 2 + [1.0] * 2 + [0.0] * 4
    layer = layer_of(still(np.eye(2), 60, cell="lstm", bias=bias))
    f = 1 / (1 + np.exp(-1.0))
    assert layer.cell_half_life == pytest.approx(np.log(0.5) / np.log(f), abs=0.05)
    assert layer.half_life <= 1  # nothing goes back through h: lag 1 is exactly zero


def test_spectral_radius_is_of_the_whole_rnn_and_of_the_candidates_block_else():
    for cell, rows in (("rnn", slice(0, 3)), ("lstm", slice(6, 9)), ("gru", slice(6, 9))):
        checkpoint = engine.start(engine.RunSpec.from_dict(case(71, cell=cell)))
        block = engine.weights(checkpoint)["weight_hh_l0"][rows]
        assert layer_of(checkpoint).spectral_radius == pytest.approx(np.abs(np.linalg.eigvals(block)).max(), rel=1e-12)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_arrays_are_of_the_runs_own_type(dtype):
    frame = engine.frame_of(engine.start(engine.RunSpec.from_dict(with_(case(72, cell="lstm"), dtype=dtype)))).networks[
        0
    ]
    layer = frame.layers[0]
    arrays = [
        frame.inputs,
        frame.outputs,
        layer.hidden,
        layer.d_hidden,
        layer.jacobian_log_norms,
        *layer.gates.values(),
    ]
    assert {a.dtype for a in arrays} == {np.dtype(dtype)}


@every_cell
def test_float32_runs_say_the_same_to_their_precision(network):
    spec = case(73, **network)
    double, single = (
        layer_of(engine.start(engine.RunSpec.from_dict(with_(spec, dtype=d)))) for d in ("float64", "float32")
    )
    np.testing.assert_allclose(single.jacobian_log_norms, double.jacobian_log_norms, atol=2e-5)
    np.testing.assert_allclose(single.d_hidden, double.d_hidden, atol=2e-6)


@pytest.mark.parametrize("network", [{"cell": "rnn"}, {"cell": "lstm"}, {"cell": "gru"}], ids=str)
def test_a_coarse_frame_is_a_choice_from_the_full_one(network, monkeypatch):
    """Beyond 200 steps the maps are thinned; every number that is left must be the one of the full map."""
    spec = with_(
        case(74, **network, length=14, lengths=[14, 9, 11], layers=2), truncation_stride=3, truncation_window=5
    )
    checkpoint = engine.start(engine.RunSpec.from_dict(spec))
    probe = engine.Probe(sample=1)
    full = engine.frame_of(checkpoint, probe=probe).networks[0].layers
    monkeypatch.setattr("engine.maps.FULL_GRID", 5)
    monkeypatch.setattr("engine.maps.COARSE_COLUMNS", 4)
    monkeypatch.setattr("engine.maps.COARSE_ROWS", 6)
    coarse = engine.frame_of(checkpoint, probe=probe)
    assert 4 <= len(coarse.k_steps) < len(coarse.t_steps) < 15
    at = np.ix_(coarse.t_steps, coarse.k_steps)
    for few, all_ in zip(coarse.networks[0].layers, full, strict=True):
        for name in ("jacobian_log_norms", "cell_jacobian_log_norms", "carousel_log_norms", "itemised_log_norms"):
            if getattr(all_, name) is not None:
                np.testing.assert_allclose(getattr(few, name), getattr(all_, name)[at], rtol=0, atol=1e-12)
        assert few.flow_by_lag.shape == all_.flow_by_lag.shape
        for name in ("hidden", "d_hidden"):
            np.testing.assert_array_equal(getattr(few, name), getattr(all_, name))


@pytest.mark.parametrize("norm", ["frobenius", "spectral"])
def test_the_leak_is_the_cell_jacobian_less_its_carousel_and_the_highway_the_rest(norm):
    spec = engine.RunSpec(
        task={"name": "adding", "length": 9},
        networks=[{"cell": "lstm", "hidden_size": 5}],
        batch_size=2,
        dtype="float64",
        probe={"norm": norm},
    )
    checkpoint = engine.start(spec)
    layer = engine.frame_of(checkpoint).networks[0].layers[0]
    for t in range(10):
        assert layer.leak_log_norms[t, t] == -np.inf  # the identity has no way round,
        for k in range(t):
            asked = engine.jacobian(checkpoint, t=t, k=k)
            leak = asked["cc"] - np.diag(asked["carousel"])
            size = np.linalg.norm(leak, 2 if norm == "spectral" else None)
            if k == t - 1:
                assert (size, layer.leak_log_norms[t, k]) == (0, -np.inf)  # nor has one step
            else:
                assert layer.leak_log_norms[t, k] == pytest.approx(np.log10(size), abs=1e-9)
    carousel, leak = 10.0**layer.carousel_flow_by_lag, 10.0**layer.leak_flow_by_lag
    np.testing.assert_allclose(layer.highway_share, carousel / (carousel + leak), rtol=1e-9)
