"""Words on colours: black or white, whichever reads better. One of them has 4.5 : 1 to any colour (WCAG 2.2)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .theme import Scale

BLACK, WHITE = "#000000", "#ffffff"
SHARES = (0.2126, 0.7152, 0.0722)  # of red, green and blue in what is seen as light


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours "#rrggbb", 1 to 21."""
    high, low = sorted((luminance(_rgb(one)), luminance(_rgb(other))), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(rgb: NDArray[Any]) -> float:
    """Return the relative luminance of red, green, blue in 0 to 1 (sRGB)."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ np.array(SHARES))


def inks(shown: NDArray[Any], scale: Scale, stops: list[list[Any]]) -> NDArray[Any]:
    """Return black or white for every value on the colour axis, "" where nothing is painted; same shape.

    `stops` are those of `scale.colorscale`.
    """
    at = (shown - scale.cmin) / (scale.cmax - scale.cmin)
    places = np.array([place for place, _ in stops])
    colours = np.array([_rgb(colour) for _, colour in stops])
    painted = np.stack([np.interp(at, places, colours[:, i]) for i in range(3)], axis=-1)
    dark = np.array([luminance(rgb) for rgb in painted.reshape(-1, 3)]).reshape(shown.shape) < 0.179129
    return np.where(np.isnan(shown), "", np.where(dark, WHITE, BLACK))


def _rgb(colour: str) -> NDArray[Any]:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
