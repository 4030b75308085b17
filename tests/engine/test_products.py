"""The products of the time loop: cut for BLAS or whole, they are W z; and NumPy's buffers are put back as they were."""

from __future__ import annotations

import numpy as np
import pytest

from engine.arrays import in_one_piece, short_buffers
from engine.cells.product import SMALL, part_of, product, transposed

SHAPES = [(12, 7, 3), (256, 67, 32), (1024, 259, 32), (1009, 259, 32), (1024, 259, 256), (3, 5000, 300), (256, 800, 67),
          (1024, 224, 259), (7, 60_000, 2)]  # fmt: skip


@pytest.fixture(params=[True, False], ids=["AVX-512", "other processors"])
def cut(request, monkeypatch):
    monkeypatch.setattr("engine.cells.product.AS_IT_LIES", request.param)
    return request.param


@pytest.mark.parametrize(("rows", "inner", "columns"), SHAPES)
@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.usefixtures("cut")
def test_it_writes_the_whole_product(rows, inner, columns, turned):
    rng = np.random.default_rng(rows)
    W = rng.normal(size=(inner, rows)).T if turned else rng.normal(size=(rows, inner))
    z, out = rng.normal(size=(inner, columns)), np.full((rows, columns), np.nan)
    product(W, columns)(z, out)
    np.testing.assert_allclose(out, np.einsum("ij,jk->ik", W, z), rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize(("rows", "each"), [(1024, 259 * 32), (256, 1024 * 32), (1009, 8000), (131, 524 * 32)])
def test_parts_are_small_and_equal_where_they_can_be(rows, each, monkeypatch):
    monkeypatch.setattr("engine.cells.product.AS_IT_LIES", True)
    part = part_of(rows, each)
    assert part * each <= SMALL < 2 * part * each + each * 16
    assert rows % part == 0 or rows in (1009, 131)  # these are prime
    monkeypatch.setattr("engine.cells.product.AS_IT_LIES", False)
    assert part_of(rows, each) == rows


def test_what_fits_is_not_cut_and_what_would_be_too_thin_neither():
    assert part_of(100, SMALL // 100) == 100
    assert part_of(100, SMALL // 3) == 100


@pytest.mark.parametrize("shape", [(1, 1), (32, 5), (33, 5), (1024, 256)])
def test_transposed_is_transposed_also_into_a_part(shape):
    W, out = np.random.default_rng(0).normal(size=shape), np.zeros((shape[1], shape[0] + 3))
    transposed(W, out[:, 2:-1])
    assert np.array_equal(out[:, 2:-1], W.T)
    assert not out[:, [0, 1, -1]].any()


def test_made_anew_it_sees_weights_that_were_changed_in_place():
    W, z, out = np.ones((1024, 259), np.float32), np.ones((259, 32), np.float32), np.empty((1024, 32), np.float32)
    product(W, 32)(z, out)
    assert (out == 259).all()
    W[...] = 2
    product(W, 32)(z, out)
    assert (out == 518).all()


def test_arrays_in_one_piece_are_zero_apart_and_begin_on_lines_of_the_cache():
    shapes = {"a": (3, 5), "b": (), "c": (0, 4), "d": (7,)}
    arrays = in_one_piece(shapes, np.dtype(np.float32))
    assert {name: array.shape for name, array in arrays.items()} == shapes
    places = [array.__array_interface__["data"][0] for array in arrays.values()]
    assert len({(place - places[0]) % 64 for place in places}) == 1
    for number, array in enumerate(arrays.values(), 1):
        assert not array.any()
        array[...] = number
    assert [set(array.ravel().tolist()) for array in arrays.values()] == [{1.0}, {2.0}, set(), {4.0}]


def test_numpys_buffer_is_short_inside_and_as_before_afterwards_also_after_an_error():
    usual = np.getbufsize()
    with short_buffers():
        assert np.getbufsize() < 512
    assert np.getbufsize() == usual
    with pytest.raises(ZeroDivisionError), short_buffers():
        raise ZeroDivisionError
    assert np.getbufsize() == usual
