"""Windows over one long series: how often each value is seen when every window is equally likely."""

from __future__ import annotations

import numpy as np

from engine.arrays import Array


def coverage(windows: int, length: int) -> Array:
    """Return in how many of `windows` successive windows of `length` each value stands, (windows + length - 1,)."""
    at = np.arange(windows + length - 1)
    return np.minimum(np.minimum(at + 1, at[::-1] + 1), min(windows, length))


def cut(series: Array, starts: Array, length: int) -> Array:
    """Return the windows that begin at `starts`, time first: (N, …) -> (length, B, …)."""
    return np.asarray(series[np.arange(length)[:, None] + starts])
