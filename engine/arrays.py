"""The vocabulary of arrays: axes are time T, feature n (hidden), m (input), K (output), S (state), batch B.

Row = output, column = input; step 1 is the first input, so `states[0]` is s_0.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.errors import ShapeError

Array = npt.NDArray[Any]


def check_shape(name: str, array: Array, want: tuple[int | str, ...]) -> None:
    """Raise `ShapeError` unless `array` has the shape `want`, where a letter stands for any length."""
    fits = array.ndim == len(want) and all(
        isinstance(w, str) or w == got for w, got in zip(want, array.shape, strict=True)
    )
    if not fits:
        raise ShapeError(name, array.shape, f"({', '.join(map(str, want))})")


def log10(values: Array) -> Array:
    """Return log10 with an exact zero as -inf, silently: that is its meaning here."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.log10(values))


def norm_of(vector: Array) -> float:
    """Return the 2-norm, also where its square overflows."""
    with np.errstate(over="ignore"):
        size = float(np.sqrt(np.dot(vector, vector)))
    if np.isfinite(size) or not np.isfinite(vector).all():
        return size
    largest = float(np.abs(vector).max())
    return largest * float(np.linalg.norm(vector.astype(np.float64) / largest))


@contextmanager
def short_buffers() -> Iterator[None]:
    """Let NumPy work on strided rows where they lie.

    With its usual buffer of 8192 elements it first copies rows shorter than that, several at once, which takes longer
    than the work; a buffer shorter than the rows leaves them alone. Only speed depends on it where nothing is cast.
    """
    usual = np.setbufsize(128)
    try:
        yield
    finally:
        np.setbufsize(usual)
