"""The products of the time loop: cut for BLAS or whole, they are W z; and NumPy's buffers are put back as they were."""

from __future__ import annotations

import numpy as np
import pytest

from engine.arrays import short_buffers
from engine.cells.product import outer, product

SHAPES = [(12, 7, 3), (256, 67, 32), (1024, 259, 32), (1001, 259, 32), (1024, 259, 256), (3, 5000, 300)]


@pytest.mark.parametrize(("rows", "inner", "columns"), SHAPES)
@pytest.mark.parametrize("transposed", [False, True])
def test_it_writes_the_whole_product(rows, inner, columns, transposed):
    rng = np.random.default_rng(rows)
    W = rng.normal(size=(inner, rows)).T if transposed else rng.normal(size=(rows, inner))
    z, out = rng.normal(size=(inner, columns)), np.full((rows, columns), np.nan)
    product(W, columns)(z, out)
    np.testing.assert_allclose(out, np.einsum("ij,jk->ik", W, z), rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize(("rows", "columns", "steps"), [(4, 3, 5), (256, 67, 416), (250, 67, 1600), (128, 35, 800),
                                                         (96, 1300, 40), (7, 2, 600_000)])  # fmt: skip
def test_an_outer_product_is_whole_too(rows, columns, steps):
    rng = np.random.default_rng(rows)
    deltas, blocks = rng.normal(size=(rows, steps)), rng.normal(size=(columns, steps))
    out = np.full((rows, columns), np.nan)
    outer(deltas, blocks, out)
    np.testing.assert_allclose(out, np.einsum("is,js->ij", deltas, blocks), rtol=1e-9, atol=1e-9)


def test_made_anew_it_sees_weights_that_were_changed_in_place():
    W, z, out = np.ones((1024, 259), np.float32), np.ones((259, 32), np.float32), np.empty((1024, 32), np.float32)
    product(W, 32)(z, out)
    assert (out == 259).all()
    W[...] = 2
    product(W, 32)(z, out)
    assert (out == 518).all()


def test_numpys_buffer_is_short_inside_and_as_before_afterwards_also_after_an_error():
    usual = np.getbufsize()
    with short_buffers():
        assert np.getbufsize() < 512
    assert np.getbufsize() == usual
    with pytest.raises(ZeroDivisionError), short_buffers():
        raise ZeroDivisionError
    assert np.getbufsize() == usual
