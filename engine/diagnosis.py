"""Plain words and single numbers from the arrays of a frame: how far back the gradient reaches, and why not further."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from engine.arrays import Array

GATE_EDGE, TANH_EDGE = 0.05, 0.95  # beyond these a unit counts as saturated
VANISHED, EXPLODED = -3.0, 3.0  # log10 of the flow over the whole sequence


def saturation(activations: Mapping[str, Array] | None, bounds: tuple[float, float], length: int) -> float | None:
    """Return the share of values near a bound: gates below 0.05 or above 0.95, tanh beyond ±0.95; arrays are (T, n)."""
    if not activations:
        return None
    low, high = bounds
    edge = GATE_EDGE * (high - low) if low == 0 else (1 - TANH_EDGE)
    values = np.concatenate([a[:length].ravel() for a in activations.values()])
    return float(((values < low + edge) | (values > high - edge)).mean())


def sentence(flow: Array, half_life: float | None, saturated: float | None, what: str = "gradient") -> str:
    """Return one sentence of diagnosis from norm by lag (T+1,), its half-life, and the share of saturated units."""
    return f"{_reach(flow, half_life, what)}{_saturated(saturated)}."


def _reach(flow: Array, half_life: float | None, what: str) -> str:
    known = np.flatnonzero(~np.isnan(flow))
    last = int(known[-1]) if len(known) else 0
    change = float(flow[last] - flow[0]) if last else 0.0
    if np.isposinf(change) or np.isnan(change):
        return f"{what} has left the finite numbers"
    if change >= EXPLODED:
        return f"{what} explodes: ×{power(change)} over {last} steps"
    if half_life is None:
        return f"{what} is carried: ×{power(change)} over {last} steps"
    verb = "vanishes" if change <= VANISHED else "fades"
    return f"{what} {verb}: halves every {half_life:.1f} steps, ×{power(change)} over {last}"


def power(log: float) -> str:
    """Return 10^log in short: 0.012, 3.4e1, 1e-30, or 0 for an exact zero."""
    if np.isneginf(log):
        return "0 (exactly)"
    return f"{10**log:.2g}" if -3 < log < 4 else f"1e{log:+.0f}".replace("+", "")


def _saturated(share: float | None) -> str:
    return "" if share is None else f"; {share:.0%} of units saturated"
