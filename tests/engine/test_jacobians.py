"""Jacobian products: what they carry back, how they compose, and the one story that matrices and maps tell."""

from __future__ import annotations

import numpy as np

import engine
from tests.reference.cases import case
from tests.reference.cells import every_cell, layer_of


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


def test_nothing_stands_above_the_diagonal_and_the_diagonal_is_the_identitys_norm():
    layer = layer_of(engine.start(engine.RunSpec.from_dict(case(66, cell="lstm", hidden=4))))
    for name in ("jacobian_log_norms", "cell_jacobian_log_norms", "carousel_log_norms"):
        values = getattr(layer, name)
        assert np.isnan(values[np.triu_indices(6, 1)]).all()
        np.testing.assert_allclose(np.diag(values), np.log10(2.0), atol=1e-15)
        assert np.isfinite(values[np.tril_indices(6)]).all()
    assert np.isnan(layer.itemised_log_norms[0]).all()
