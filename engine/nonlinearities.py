"""Non-linearities, each with its slope written in terms of its own output y, and the largest slope gamma."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from engine.arrays import Array


class Nonlinearity(NamedTuple):
    """`apply(a, out)` writes y = f(a); `slope(y, out)` writes f'(a) given y."""

    apply: Callable[[Array, Array], object]
    slope: Callable[[Array, Array], object]
    largest_slope: float
    bounds: tuple[float, float] | None  # where it saturates


def _tanh_slope(y: Array, out: Array) -> None:
    np.multiply(y, y, out=out)
    np.subtract(1.0, out, out=out)


def _logistic(a: Array, out: Array) -> None:
    np.multiply(a, 0.5, out=out)
    np.tanh(out, out=out)
    np.multiply(out, 0.5, out=out)
    np.add(out, 0.5, out=out)


def _logistic_slope(y: Array, out: Array) -> None:
    np.multiply(y, y, out=out)
    np.subtract(y, out, out=out)


def _relu(a: Array, out: Array) -> None:
    np.maximum(a, 0.0, out=out)


def _relu_slope(y: Array, out: Array) -> None:
    np.greater(y, 0.0, out=out, casting="unsafe")


def _identity(a: Array, out: Array) -> None:
    if out is not a:
        out[...] = a


def _identity_slope(y: Array, out: Array) -> None:
    out[...] = 1.0


NONLINEARITIES = {
    "tanh": Nonlinearity(lambda a, out: np.tanh(a, out=out), _tanh_slope, 1.0, (-1.0, 1.0)),
    "relu": Nonlinearity(_relu, _relu_slope, 1.0, None),
    "logistic": Nonlinearity(_logistic, _logistic_slope, 0.25, (0.0, 1.0)),
    "identity": Nonlinearity(_identity, _identity_slope, 1.0, None),
}
