"""The vocabulary of arrays: axes are time T, feature n (hidden), m (input), K (output), S (state), batch B.

Row = output, column = input; step 1 is the first input, so `states[0]` is s_0.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.errors import ShapeError

Array = npt.NDArray[Any]
LINE = 64  # bytes of a line of the cache


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


def in_one_piece(shapes: Mapping[str, Sequence[int]], dtype: np.dtype[Any]) -> dict[str, Array]:
    """Return zeros of these shapes by name, in one piece of memory, each from a cache line of its own.

    NumPy asks the system for large pages (2 MB) where a piece is large. With its usual ones of 4 KB more of them are
    read in turn than the processor remembers the places of, and looking one up takes as long as reading half of it.
    """
    line = LINE // dtype.itemsize
    lengths = {name: -(-math.prod(shape) // line) * line for name, shape in shapes.items()}
    memory, at, arrays = np.zeros(sum(lengths.values()), dtype), 0, {}
    for name, shape in shapes.items():
        arrays[name] = memory[at : at + math.prod(shape)].reshape(shape)
        at += lengths[name]
    return arrays


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
