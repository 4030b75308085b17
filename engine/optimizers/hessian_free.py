"""Hessian-free optimisation (Martens 2010; for recurrent networks Martens & Sutskever 2011).

A step minimises q(x) = g^T x + x^T (G + lambda I + mu lambda S) x / 2 by conjugate gradients that know G only through
products, started from the last solution. Then the real loss decides: which of CG's iterates, how much of it (line
search), and how far the quadratic is trusted from now on (lambda, by Levenberg and Marquardt's rule).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np

from engine.arrays import Array
from engine.knobs import knob
from engine.optimizers.base import Objective, Optimizer, State
from engine.optimizers.conjugate_gradient import Iterate, conjugate_gradient

PRECONDITIONER_POWER = 0.75  # Martens 2010, section 4.7
POOR, GOOD, CHANGE = 0.25, 0.75, 1.5  # reduction ratios below and above which lambda changes by this factor
SMALLEST = 1e-20  # lambda's floor: an exact zero would leave CG without its preconditioner
DECREASE, SHRINK, MOST_SHRINKS = 0.01, 0.8, 60  # Armijo's line search


@dataclass(frozen=True)
class HessianFree(Optimizer, name="hessian_free", label="Hessian-free"):
    """State: the last CG solution (P,), and the present lambda (1,)."""

    by_gradient_alone: ClassVar[bool] = False

    damping: float = knob(1.0, "Damping λ", "First trust in the quadratic: large λ, small steps. It adapts itself.",
                          above=0, hi=1e9, log=True)  # fmt: skip
    structural_damping: float = knob(0.1, "Structural damping μ", "Penalty on the change of the hidden states, "
                                     "as a multiple of λ.", lo=0, hi=1e6, live=True)  # fmt: skip
    max_cg: int = knob(100, "Most CG steps", "Each costs about two passes over the batch.", lo=1, hi=10_000, live=True)
    cg_decay: float = knob(0.95, "CG warm start", "Share of the last solution that the next search starts from.",
                           lo=0, hi=1, live=True)  # fmt: skip
    cg_tolerance: float = knob(5e-4, "CG tolerance", "Relative progress per CG step below which it stops.",
                               above=0, hi=1, live=True, log=True)  # fmt: skip

    def init(self, theta: Array) -> State:
        """Return no last solution, and the first lambda."""
        return np.zeros_like(theta), np.full(1, self.damping, theta.dtype)

    def minimise(self, objective: Objective, state: State, step: int) -> None:
        """Do one step; where no part of it lowers the loss, theta stays and lambda grows."""
        last, damping = state
        trust, grad = float(damping[0]), objective.grad.copy()
        iterates = self._search(objective, grad, self.cg_decay * last, trust)
        last[...] = iterates[-1].x
        before = objective.loss()
        chosen, loss = _go_back(objective, iterates)
        damping[0] = _adapted(trust, loss - before, _expected(objective, grad, chosen.x))
        rate = _line_search(objective, chosen.x, before, loss, float(grad @ chosen.x))
        objective.theta += rate * chosen.x

    def _search(self, objective: Objective, grad: Array, start: Array, trust: float) -> list[Iterate]:
        preconditioner = (objective.squared_gradients() + trust) ** PRECONDITIONER_POWER
        product = partial(_damped, objective, trust, self.structural_damping * trust)
        return conjugate_gradient(product, -grad, start, preconditioner, self.max_cg, self.cg_tolerance)


def _damped(objective: Objective, trust: float, structural: float, direction: Array) -> Array:
    return objective.product(direction, structural) + trust * direction


def _go_back(objective: Objective, iterates: list[Iterate]) -> tuple[Iterate, float]:
    """Return the iterate to use with its loss: from the last one backwards while the real loss keeps falling."""
    chosen, loss = iterates[-1], objective.loss(objective.theta + iterates[-1].x)
    for earlier in reversed(iterates[:-1]):
        there = objective.loss(objective.theta + earlier.x)
        if not (there < loss or np.isnan(loss)):
            break
        chosen, loss = earlier, there
    return chosen, loss


def _expected(objective: Objective, grad: Array, x: Array) -> float:
    """Return the change of the loss that the undamped quadratic foretells."""
    return float(grad @ x) + 0.5 * float(x @ objective.product(x))


def _adapted(trust: float, change: float, expected: float) -> float:
    """Return lambda by the reduction ratio, real over expected change; NaN and a wrong sign count as poor."""
    if not (expected < 0 and change <= POOR * expected):
        return trust * CHANGE
    return max(trust / CHANGE, SMALLEST) if change < GOOD * expected else trust


def _line_search(objective: Objective, x: Array, before: float, loss: float, slope: float) -> float:
    """Return the largest 0.8^j for which the loss falls by 1 % of the slope's promise; 0 where none does."""
    rate = 1.0
    for _ in range(MOST_SHRINKS):
        if loss <= before + DECREASE * rate * slope:
            return rate
        rate *= SHRINK
        loss = objective.loss(objective.theta + rate * x)
    return 0.0
