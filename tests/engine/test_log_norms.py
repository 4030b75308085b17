"""The map's inner loop on step Jacobians drawn at will, against 80-bit products, whose exponents reach 10^±4932."""

from __future__ import annotations

import numpy as np
import pytest

from engine.carousel import carousel_map
from engine.cells import Factors
from engine.maps import grid_for, log_norm_maps
from engine.norms import log_norm
from engine.readings import flow_by_lag, half_life

pytestmark = pytest.mark.skipif(np.finfo(np.longdouble).maxexp < 16384, reason="needs 80-bit long doubles")
T, N = 60, 3


def drawn(seed, G, scales, dtype=np.float64):
    """Return random factors; scales (G, 2) are log10 sizes of what h and c hand on to each block."""
    rng = np.random.default_rng(seed)
    dense = rng.normal(size=(T, G * N, N)) * 10.0 ** np.repeat([s[0] for s in scales], N)[None, :, None]
    carried = rng.normal(size=(T, 2, N)) * 10.0 ** np.array([s[1] for s in scales])[None, :, None] if G == 2 else None
    return Factors(dense.astype(dtype), None if carried is None else carried.astype(dtype))


def long_maps(factors, norm, length=T):
    """Return the maps (G or 3, T+1, T+1) by 80-bit products, one pair of steps after the other."""
    full = factors.full().astype(np.longdouble)
    S = full.shape[1]
    maps = np.full((2 * (S // N) - 1, T + 1, T + 1), np.nan)
    for k in range(length + 1):
        product, leak = np.eye(S, dtype=np.longdouble), np.zeros((S - N, S - N), np.longdouble)
        for t in range(k, length + 1):
            if t > k and S > N:  # what leaks through h: out of c into h, and then on; no difference of larger numbers
                leak = factors.carried[t - 1, 1][:, None] * leak + full[t - 1, N:, :N] @ product[:N, N:]
            product = full[t - 1] @ product if t > k else product
            shown = [product[g * N : (g + 1) * N, g * N : (g + 1) * N] for g in range(S // N)]
            if S > N:
                shown.append(leak)
            maps[:, t, k] = [_log_size(block, norm) for block in shown]
    return maps


def _log_size(block, norm):
    largest = np.abs(block).max()
    if largest == 0:
        return -np.inf
    size = np.linalg.norm((block / largest).astype(float), None if norm == "frobenius" else 2)
    return float(np.log10(largest)) + float(np.log10(size))


def errors(got, want):
    """Return the largest |got - want| of all maps; where one is an exact zero, so is the other."""
    assert got.shape == want.shape
    assert np.array_equal(np.isnan(got[:2]), np.isnan(want[:2]))
    with np.errstate(invalid="ignore"):
        error = np.where(got == want, 0.0, np.abs(got - want))
    return float(np.nanmax(error))


SCALES = {
    "vanishing": [(-6, -6), (-6, -6)], "exploding": [(6, 6), (6, 6)], "level": [(-0.3, -0.3), (-0.3, -0.3)],
    "the carousel holds, h dies": [(-9, -9), (-9, 0)], "c bursts, h is level": [(0, -4), (-4, 5)],
}  # fmt: skip


@pytest.mark.parametrize("name", SCALES)
@pytest.mark.parametrize("G", [1, 2])
@pytest.mark.parametrize("norm", ["frobenius", "spectral"])
def test_maps_are_those_of_80_bit_products(name, G, norm, within):
    factors = drawn(1, G, SCALES[name][:G])
    got, want = log_norm_maps(factors, N, np.arange(T + 1), norm), long_maps(factors, norm)
    within("80-bit products, maps (log10)", (errors(got, want), f"{name}, {norm}"), 1e-9)
    if name == "vanishing":
        assert np.nanmin(want) < -330


@pytest.mark.parametrize("name", SCALES)
def test_float32_maps_reach_as_far(name, within):
    """10^±300 lies far beyond float32; the log norms must not notice."""
    factors = drawn(2, 2, SCALES[name], np.float32)
    got, want = log_norm_maps(factors, N, np.arange(T + 1)), long_maps(factors, "frobenius")
    within("80-bit products, float32 maps (log10)", (errors(got, want), name), 2e-4)


@pytest.mark.parametrize("G", [1, 2])
def test_a_coarse_grid_is_a_choice_of_columns(G):
    factors, columns = drawn(3, G, SCALES["level"][:G]), np.array([0, 7, 8, 31, T])
    full = log_norm_maps(factors, N, np.arange(T + 1))
    np.testing.assert_allclose(log_norm_maps(factors, N, columns), full[:, :, columns], rtol=0, atol=1e-12)


def test_grids_hold_both_ends_and_no_more_than_they_must():
    for steps in (1, 2, 200, 201, 1000, 4000):
        grid = grid_for(steps)
        for axis in grid:
            assert (axis[0], axis[-1]) == (0, steps)
            assert (np.diff(axis) > 0).all()
        assert set(grid.k_steps) <= set(grid.t_steps)
        assert len(grid.k_steps) <= 201
        assert len(grid.t_steps) <= 201


@pytest.mark.parametrize("G", [1, 2])
def test_beyond_the_length_there_is_nothing(G):
    factors = drawn(4, G, SCALES["level"][:G])
    got, full = (log_norm_maps(factors, N, np.arange(T + 1), length=length) for length in (20, T))
    assert np.isnan(got[:, 21:]).all()
    np.testing.assert_array_equal(got[:, :21], full[:, :21])


@pytest.mark.parametrize("broken", [np.nan, np.inf])
@pytest.mark.parametrize("G", [1, 2])
def test_a_broken_step_breaks_what_goes_through_it_and_nothing_else(broken, G):
    factors = drawn(5, G, SCALES["level"][:G])
    whole = log_norm_maps(factors, N, np.arange(T + 1))
    factors.dense[29, 0, :] = broken  # J_30
    got = log_norm_maps(factors, N, np.arange(T + 1))
    t, k = np.tril_indices(T + 1)
    through = (k < 30) & (t >= 30)
    assert not np.isfinite(got[0, t[through], k[through]]).any()
    np.testing.assert_array_equal(got[:, t[~through], k[~through]], whole[:, t[~through], k[~through]])


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_exact_zeros_are_told_from_underflow(dtype):
    factors = drawn(6, 1, [(-6, 0)], dtype)
    factors.dense[9] = 0.0  # J_10
    got = log_norm_maps(factors, N, np.arange(T + 1))[0]
    t, k = np.tril_indices(T + 1)
    through = (k < 10) & (t >= 10)
    assert np.isneginf(got[t[through], k[through]]).all()
    assert np.isfinite(got[t[~through], k[~through]]).all()
    assert got[T, 10] < -250


@pytest.mark.parametrize("norm", ["frobenius", "spectral"])
@pytest.mark.parametrize(("dtype", "limit"), [(np.float64, 1e-10), (np.float32, 1e-4)])
@pytest.mark.parametrize("scale", [1.0, 1e-8])
def test_the_carousel_by_80_bits(norm, dtype, limit, scale, within):
    forget = (scale * np.random.default_rng(7).uniform(0.1, 1.0, (T, N))).astype(dtype)
    forget[40, 1] = 0.0  # one unit forgets for good, the others go on
    got = carousel_map(forget, np.arange(T + 1), norm, T)
    for k in range(T + 1):
        path = np.ones(N, np.longdouble)
        for t in range(k, T + 1):
            path = path * forget[t - 1].astype(np.longdouble) if t > k else path
            size = np.sqrt((path**2).sum()) if norm == "frobenius" else path.max()
            within(f"80-bit carousel, {np.dtype(dtype)}", (abs(float(np.log10(size)) - got[t, k]), norm), limit)
    assert np.isnan(got[np.triu_indices(T + 1, 1)]).all()


def test_a_carousel_that_forgets_everything_is_exactly_zero():
    forget = np.full((4, 2), 0.5)
    forget[2] = 0.0
    got = carousel_map(forget, np.arange(5), "frobenius", 4)
    assert np.isneginf(got[3:, :3]).all()
    assert np.isfinite(got[4, 3])


def test_norms_of_single_matrices():
    assert log_norm(np.zeros((2, 2))) == -np.inf
    assert np.isnan(log_norm(np.array([[np.nan]])))
    assert log_norm(np.full((2, 2), 1e300)) == pytest.approx(300 + np.log10(2))  # its square overflows
    assert log_norm(np.full((2, 2), 1e-300), "spectral") == pytest.approx(-300 + np.log10(2))


def test_flow_skips_what_is_undefined_and_counts_zeros():
    maps = np.array([[0.0, np.nan, np.nan], [-1.0, 0.0, np.nan], [np.nan, -np.inf, 0.0]])
    flow = flow_by_lag(maps, np.arange(3))
    np.testing.assert_allclose(flow[:2], [0.0, np.log10((0.1 + 0.0) / 2)])
    assert np.isnan(flow[2])


def test_flow_neither_overflows_nor_underflows():
    maps = np.where(np.tril(np.ones((3, 3))), -500.0, np.nan)
    np.testing.assert_allclose(flow_by_lag(maps, np.arange(3)), -500.0)
    np.testing.assert_allclose(flow_by_lag(-maps, np.arange(3)), 500.0)


@pytest.mark.parametrize(("norms", "want"), [
    ([1.0, 0.5], 1.0), ([1.0, 0.25], 0.5), ([1.0, 0.9, 0.6], None), ([2.0, 1.5, 1.0, 0.1], 2.0),
    ([1.0, 2.0, 0.4, 0.1], None),
])  # fmt: skip
def test_half_life_is_the_first_crossing(norms, want):
    got = half_life(np.log10(norms))
    if norms == [1.0, 2.0, 0.4, 0.1]:  # up first, then down through one half between lags 1 and 2
        want = 1 + np.log(0.5 / 2.0) / np.log(0.4 / 2.0)
    assert got is None if want is None else got == pytest.approx(want, abs=1e-12)


@pytest.mark.parametrize("G", [1, 2])
def test_large_networks_go_the_ways_that_keep_less(G, monkeypatch):
    factors = drawn(15, G, SCALES["level"][:G])
    quick = log_norm_maps(factors, N, np.arange(T + 1))
    monkeypatch.setattr("engine.maps.MOST", 0)
    for name in ("Grams", "_by_crossings"):
        monkeypatch.delattr(f"engine.maps.{name}")
    np.testing.assert_allclose(log_norm_maps(factors, N, np.arange(T + 1)), quick, rtol=0, atol=1e-11)
