"""Shares of the lost log-norm, Lyapunov exponents, spectra of products: against NumPy and cases solved by hand."""

from __future__ import annotations

import numpy as np
import pytest

import engine
from engine.arrays import Array
from engine.attribution import CAUSES, IDEALS, attribution, sentence
from engine.network import Network
from engine.spec import probe_count
from engine.spectrum import local_exponents, lyapunov_exponents
from tests.reference.cases import case, named_cases, with_

CASES = named_cases()


def begin(spec):
    return engine.start(engine.RunSpec.from_dict(spec))


def recorded(spec):
    run = engine.RunSpec.from_dict(spec)
    network = Network(run, run.networks[0], probe_count(run))
    network.theta[...] = engine.start(run).networks[0].theta
    network.forward(run.task.batch(0, 0, run.batch_size))
    return network


def rows(d, W):
    return d[:, None] * W


@pytest.mark.parametrize("name", CASES)
def test_the_shares_add_up_to_the_log_norm_of_the_whole_product(name: str) -> None:
    for layer in range(CASES[name]["networks"][0]["layers"]):
        found = engine.why(begin(CASES[name]), layer=layer)
        total = found["total"].sum()
        length = len(found["total"])
        answer = engine.jacobian(begin(CASES[name]), layer=layer, t=length, k=0)
        by_state = answer["hh"] if answer["hc"] is None else np.hstack((answer["hh"], answer["hc"]))
        if not by_state.any():
            assert np.isneginf(found["total"]).any()
            continue
        assert total == pytest.approx(np.log10(np.linalg.norm(by_state, 2)), abs=1e-9)
        assert np.allclose(sum(found[c] for c in CAUSES), found["total"], atol=1e-12)
        assert (found["alignment"] <= 1e-12).all()


@pytest.mark.parametrize("name", ["rnn_tanh_2", "lstm_2", "gru_2", "gru_before_2"])
def test_a_direction_of_ones_own_is_followed_back(name: str) -> None:
    network, u = recorded(CASES[name]), np.array([1.0, -2.0, 0.5])
    J = network.cell.step_jacobians(network.layers[0], network.tapes[0], 0)
    back = np.zeros(J.shape[1])
    back[:3] = u
    for step in J[::-1]:
        back = step.T @ back
    total = attribution(network.cell, network.layers[0], network.tapes[0], 0, direction=u)["total"].sum()
    assert total == pytest.approx(np.log10(np.linalg.norm(back) / np.linalg.norm(u)), abs=1e-12)
    with pytest.raises(engine.ShapeError, match="direction"):
        engine.why(begin(CASES[name]), direction=np.ones(4))


def test_the_ideal_jacobians_of_the_lstm_are_the_formulas_with_slopes_and_gates_replaced() -> None:
    network = recorded(CASES["lstm"])
    tape, params = network.tapes[0], network.layers[0]
    views = network.cell.views(tape, 0)
    U_i, U_f, U_g, U_o = params["weight_hh"].reshape(4, 3, 3)

    def J(t: int, i: Array, f: Array, g: Array, o: Array, s: float | None) -> Array:
        c_before, tanh_c = views["cell_state"][t - 1], np.tanh(views["cell_state"][t])
        s_i, s_f, s_o = (s if s else gate * (1 - gate) for gate in (i, f, o))
        s_g, s_c = (1.0, 1.0) if s else (1 - g * g, 1 - tanh_c**2)
        by_h = rows(c_before * s_f, U_f) + rows(g * s_i, U_i) + rows(i * s_g, U_g)
        q = o * s_c
        return np.block([[rows(tanh_c * s_o, U_o) + rows(q, by_h), np.diag(q * f)], [by_h, np.diag(f)]])

    exact = network.cell.step_jacobians(params, tape, 0)
    sloped, opened = IDEALS["lstm"](params, tape, views, 5)
    for t in range(1, 6):
        i, f, g, o = (views["gates"][name][t - 1] for name in "ifgo")
        one = np.ones(3)
        assert np.allclose(exact[t - 1], J(t, i, f, g, o, None), atol=1e-14)
        assert np.allclose(sloped[t - 1], J(t, i, f, g, o, 0.25), atol=1e-14)
        assert np.allclose(opened[t - 1], J(t, one, one, g, one, 0.25), atol=1e-14)


@pytest.mark.parametrize("name", ["gru", "gru_before"])
def test_the_ideal_jacobians_of_the_gru_are_the_formulas_with_slopes_and_gates_replaced(name: str) -> None:
    network = recorded(CASES[name])
    tape, params = network.tapes[0], network.layers[0]
    views = network.cell.views(tape, 0)
    U_r, U_z, U_n = params["weight_hh"].reshape(3, 3, 3)

    def J(t: int, r: Array, keep: Array, fresh: Array, slopes: tuple[Array, Array, Array]) -> Array:
        h, n = views["hidden"][t - 1], views["gates"]["n"][t - 1]
        s_r, s_z, s_n = slopes
        if name == "gru":
            X = rows(r, U_n) + rows((U_n @ h + params["bias_hh"][6:]) * s_r, U_r)
        else:
            X = U_n @ np.diag(r) + U_n @ rows(h * s_r, U_r)
        return np.diag(keep) + rows((h - n) * s_z, U_z) + rows(fresh * s_n, X)

    exact = network.cell.step_jacobians(params, tape, 0)
    sloped, opened = IDEALS["gru"](params, tape, views, 5)
    one, quarter = np.ones(3), np.full(3, 0.25)
    for t in range(1, 6):
        r, z, n = (views["gates"][gate][t - 1] for gate in "rzn")
        assert np.allclose(exact[t - 1], J(t, r, z, 1 - z, (r * (1 - r), z * (1 - z), 1 - n * n)), atol=1e-14)
        assert np.allclose(sloped[t - 1], J(t, r, z, 1 - z, (quarter, quarter, one)), atol=1e-14)
        assert np.allclose(opened[t - 1], J(t, one, one, one, (quarter, quarter, one)), atol=1e-14)


def diagonal(activation: str, w: float, drive: float = 0.0, length: int = 10):
    """A network of one unit: h_t = f(w h_{t-1} + drive)."""
    weights = {"weight_ih_l0": [[drive]], "weight_hh_l0": [[w]], "bias_ih_l0": [0.0], "bias_hh_l0": [0.0],
               "weight_ho": [[1.0]], "bias_o": [0.0]}  # fmt: skip
    task = {"name": "inline", "inputs": np.ones((1, length, 1)).tolist(), "targets": [[0.0]]}
    return {"task": task, "dtype": "float64",
            "networks": [{"hidden_size": 1, "activation": activation, "weights": weights}]}  # fmt: skip


def test_causes_known_by_hand_are_found() -> None:
    small = engine.why(begin(diagonal("identity", 0.1)))  # nothing but small weights
    assert np.allclose(small["weights"], -1.0)
    assert all(np.allclose(small[c], 0.0) for c in ("saturation", "gates", "alignment"))
    flat = engine.why(begin(diagonal("tanh", 1.0, drive=4.0)))  # nothing but flat slopes
    assert np.allclose(flat["weights"], 0.0)
    assert (flat["saturation"] < -2.5).all()
    assert "flat slopes" in flat["sentence"]
    assert "weights" not in flat["sentence"]
    assert engine.why(begin(diagonal("logistic", 4.0)))["weights"] == pytest.approx(np.zeros(10))  # 4 times 1/4


def test_a_turned_direction_is_alignment() -> None:
    """W moves unit 1 into 2 at factor 10 and 2 into 1 at 0.1: at best ×10 a step, but nothing is won in two."""
    spec = case(41, activation="identity", hidden=2, batch=1, length=8)
    spec["networks"][0]["weights"]["weight_hh_l0"] = [[0.0, 0.1], [10.0, 0.0]]
    found = engine.why(begin(spec))
    assert found["weights"].sum() == pytest.approx(8.0)
    assert found["alignment"].sum() == pytest.approx(-8.0)
    assert found["total"].sum() == pytest.approx(0.0, abs=1e-12)


def test_shut_gates_are_blamed_on_the_gates() -> None:
    spec = case(42, cell="lstm", hidden=3, batch=1, length=20, target_steps="last", scale=0.01)
    bias = np.zeros((4, 3))
    bias[1] = -4.0  # forget
    spec["networks"][0]["weights"]["bias_ih_l0"] = bias.ravel().tolist()
    found = engine.why(begin(spec))
    sums = {c: found[c].sum() for c in CAUSES}
    assert min(sums, key=sums.get) == "gates"
    assert sums["gates"] < -10


def test_a_dead_step_is_named_and_the_ones_before_it_unknown() -> None:
    spec = diagonal("relu", 1.0, drive=-1.0, length=4)
    found = engine.why(begin(spec))
    assert np.isneginf(found["total"][3])
    assert np.isneginf(found["saturation"][3])
    assert np.isnan(found["total"][:3]).all()
    assert found["sentence"] == "Nothing passes step 4."
    assert sentence({name: np.full(2, np.inf) for name in (*CAUSES, "total")}) == "The numbers are no longer finite."


def test_four_hundred_small_steps_do_not_underflow() -> None:
    found = engine.why(begin(diagonal("identity", 0.01, length=400)))
    assert found["total"].sum() == pytest.approx(-800.0)


def test_lyapunov_exponents_of_a_constant_linear_map_are_the_logs_of_its_eigenvalues() -> None:
    rng = np.random.default_rng(3)
    V = np.linalg.qr(rng.normal(size=(4, 4)))[0] + 0.2 * rng.normal(size=(4, 4))
    J = V @ np.diag([1.5, -0.9, 0.4, 0.05]) @ np.linalg.inv(V)
    found = lyapunov_exponents(np.repeat(J[None], 20_000, axis=0))
    assert np.allclose(found, np.log([1.5, 0.9, 0.4, 0.05]), atol=1e-3)
    late = local_exponents(np.repeat(J[None], 300, axis=0))[-1]
    assert np.allclose(late, np.log([1.5, 0.9, 0.4, 0.05]), atol=1e-9)


def test_exponents_add_up_to_the_log_determinant_and_show_an_exact_zero() -> None:
    J = np.random.default_rng(4).normal(size=(7, 3, 3))
    _, logs = np.linalg.slogdet(J)
    assert lyapunov_exponents(J).sum() == pytest.approx(logs.mean(), rel=1e-12)
    assert np.isneginf(lyapunov_exponents(np.zeros((2, 1, 1)))).all()


def test_the_first_exponent_is_the_growth_of_the_first_direction_in_the_order_of_time() -> None:
    """QR starts from the unit vectors, so r_11 multiplies up to |J_T ... J_1 e_1|: the order counts."""
    J = np.random.default_rng(5).normal(size=(6, 4, 4))
    forward = np.linalg.multi_dot([*J[::-1], np.eye(4)[:, 0]])
    assert lyapunov_exponents(J)[0] == pytest.approx(np.log(np.linalg.norm(forward)) / 6, rel=1e-12)


@pytest.mark.parametrize("name", ["rnn_tanh", "lstm_2", "gru_before"])
def test_spectra_are_numpys_of_the_products(name: str) -> None:
    found = engine.spectra(begin(with_(CASES[name], probe={"sample": 1})), sample=1)
    for t, values in enumerate(found["log_singular_values"]):
        product = engine.jacobian(begin(CASES[name]), sample=1, t=t, k=0)["hh"]
        assert np.allclose(10**values, np.linalg.svd(product, compute_uv=False), rtol=1e-9, atol=1e-14)
    S = 3 * (2 if "lstm" in name else 1)
    assert found["lyapunov_exponents"].shape == (S,)
