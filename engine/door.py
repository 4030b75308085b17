"""The door of the public functions: each argument is checked where it comes in, and named when it is refused.

A value of the wrong kind or size is an `OutOfRange` with the argument's name and the value; an array of the wrong shape
a `ShapeError` with the name, the shape it has and the shape that is needed.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Collection, Mapping, Sequence, Set
from typing import Any, TypeVar

import numpy as np

from engine.arrays import Array, check_shape
from engine.errors import OutOfRange, Problem, SpecError

T = TypeVar("T")
MOST_STEPS = 2**32  # of a random stream's key


def instance(name: str, value: Any, kind: type[T]) -> T:
    """Return the value if it is a `kind`."""
    if not isinstance(value, kind):
        raise OutOfRange(name, value, f"must be a {kind.__name__}")
    return value


def whole(name: str, value: Any, low: int = 0, high: int | None = None, wanted: str = "") -> int:
    """Return the value if it is a whole number from `low` to `high`; `wanted` says so better."""
    try:  # true and false are whole numbers to Python, not here
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool):
        raise OutOfRange(name, value, "must be a whole number")
    if number < low or high is not None and number > high:
        bounds = f"must be at least {low}" if high is None else f"must be from {low} to {high}"
        raise OutOfRange(name, value, wanted or bounds)
    return number


def index(name: str, value: Any, count: int) -> int:
    """Return the value if it counts one of `count` things, from 0."""
    return whole(name, value, 0, count - 1)


def training_step(value: Any, name: str = "batch") -> int:
    """Return the value if batch(seed, value) exists."""
    return whole(name, value, 0, MOST_STEPS - 1)


def number(name: str, value: Any, above: float = -math.inf, high: float = math.inf) -> float:
    """Return the value if it is a finite real number above `above`, at most `high`."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)) or not _is_finite(value):
        raise OutOfRange(name, value, "must be a finite number")
    if not value > above:
        raise OutOfRange(name, value, f"must be above {above:g}")
    if value > high:
        raise OutOfRange(name, value, f"must be at most {high:g}")
    return float(value)


def choice(name: str, value: Any, choices: tuple[str, ...]) -> str:
    """Return the value if it is one of the words."""
    if not isinstance(value, str) or value not in choices:
        raise OutOfRange(name, value, f"must be one of {', '.join(choices)}")
    return value


def choices(name: str, value: Any, words: tuple[str, ...]) -> Collection[str]:
    """Return the value if it is a list, tuple or set of some of the words."""
    if isinstance(value, (str, bytes)) or not isinstance(value, (Sequence, Set)):
        raise OutOfRange(name, value, "must be a list of names")
    for word in value:
        choice(name, word, words)
    return value


def real(name: str, value: Any, wanted: str = "must hold real numbers") -> Array:
    """Return the value as an array if it holds real numbers, finite or not."""
    try:
        array = np.asarray(value)
    except ValueError:  # nested lists of different lengths
        array = np.empty(0, "U")
    if array.dtype.kind not in "iuf":
        raise OutOfRange(name, value, wanted)
    return array


def numbers(name: str, value: Any, want: tuple[int | str, ...]) -> Array:
    """Return the value as an array of finite float64 numbers of the shape `want` (a letter stands for any length)."""
    array = real(name, value, "must hold finite numbers")
    if not np.isfinite(array).all():
        raise OutOfRange(name, value, "must hold finite numbers")
    check_shape(name, array, want)
    return array.astype(np.float64)


def changes(value: Any) -> Mapping[str, Any]:
    """Return the value if it is an object with names for keys. Raises `SpecError` like every bad change."""
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise SpecError([Problem("changes", value, "must be an object of new values by dotted names")])
    return value


def _is_finite(value: Any) -> bool:
    try:
        return math.isfinite(value)
    except (TypeError, OverflowError):  # no number, or beyond the largest float
        return False
