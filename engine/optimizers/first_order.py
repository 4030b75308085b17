"""Optimizers that need the gradient alone, each as `torch.optim` has it; `update` writes in place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.arrays import Array
from engine.knobs import knob
from engine.optimizers.base import Optimizer, State


def _rate(default: float, help: str = "Step size.") -> Any:
    return knob(default, "Learning rate", help, lo=0, hi=1e9, live=True, log=True)


def _epsilon() -> Any:
    return knob(1e-8, "Epsilon", "Keeps the division finite.", above=0, hi=1.0)


@dataclass(frozen=True)
class Sgd(Optimizer, name="sgd", label="SGD"):
    """theta -= lr g."""

    learning_rate: float = _rate(0.1)

    def update(self, theta: Array, grad: Array, state: State, step: int) -> None:
        """Do one step down the gradient."""
        grad *= self.learning_rate
        theta -= grad


@dataclass(frozen=True)
class Momentum(Optimizer, name="momentum", label="Momentum", slots=1):
    """v = mu v + g; theta -= lr v."""

    learning_rate: float = _rate(0.01)
    momentum: float = knob(0.9, "Momentum", "Share of the last step that is kept.", lo=0, hi=0.99999, live=True)

    def update(self, theta: Array, grad: Array, state: State, step: int) -> None:
        """Do one step along the velocity."""
        (velocity,) = state
        velocity *= self.momentum
        velocity += grad
        theta -= self.learning_rate * self._direction(grad, velocity)

    def _direction(self, grad: Array, velocity: Array) -> Array:
        return velocity


@dataclass(frozen=True)
class Nesterov(Momentum, name="nesterov", label="Nesterov"):
    """v = mu v + g; theta -= lr (g + mu v)."""

    def _direction(self, grad: Array, velocity: Array) -> Array:
        grad += self.momentum * velocity
        return grad


@dataclass(frozen=True)
class RmsProp(Optimizer, name="rmsprop", label="RMSProp", slots=1):
    """v = a v + (1 - a) g²; theta -= lr g / (sqrt(v) + eps)."""

    learning_rate: float = _rate(0.01)
    decay: float = knob(0.99, "Decay", "Memory of the mean square.", lo=0, hi=0.999999, live=True)
    epsilon: float = _epsilon()

    def update(self, theta: Array, grad: Array, state: State, step: int) -> None:
        """Do one step scaled by the root mean square of the past gradients."""
        (square,) = state
        _blend(square, self.decay, grad * grad)
        grad *= self.learning_rate
        grad /= np.sqrt(square) + self.epsilon
        theta -= grad


@dataclass(frozen=True)
class Adam(Optimizer, name="adam", label="Adam", slots=2):
    """Kingma & Ba 2015, bias-corrected, epsilon outside the root."""

    learning_rate: float = _rate(0.001)
    beta1: float = knob(0.9, "Beta 1", "Memory of the mean.", lo=0, hi=0.999999, live=True)
    beta2: float = knob(0.999, "Beta 2", "Memory of the mean square.", lo=0, hi=0.9999999, live=True)
    epsilon: float = _epsilon()

    def update(self, theta: Array, grad: Array, state: State, step: int) -> None:
        """Do one step along mean / root mean square, both corrected for their start at zero."""
        mean, square = state
        scratch = grad * grad
        _blend(square, self.beta2, scratch)
        _blend(mean, self.beta1, grad)
        np.sqrt(square, out=scratch)
        root = (1 - self.beta2**step) ** 0.5
        scratch += self.epsilon * root
        np.divide(mean, scratch, out=scratch)
        scratch *= self.learning_rate * root / (1 - self.beta1**step)
        theta -= scratch


@dataclass(frozen=True)
class Rprop(Optimizer, name="rprop", label="Rprop", slots=2):
    """Riedmiller & Braun 1993: only the sign of the gradient counts; a step grows until the sign flips."""

    learning_rate: float = _rate(0.01, "The first step size of every parameter.")
    shrink: float = knob(0.5, "Shrink", "Factor after a flip of the sign.", above=0, hi=0.999)
    grow: float = knob(1.2, "Grow", "Factor while the sign stays.", lo=1.001, hi=10)
    smallest: float = knob(1e-6, "Smallest step", "Lower limit of a step.", above=0, hi=1)
    largest: float = knob(50.0, "Largest step", "Upper limit of a step.", above=0, hi=1e6)

    def init(self, theta: Array) -> State:
        """Return no last gradient, and the first step size everywhere."""
        return np.zeros_like(theta), np.full_like(theta, self.learning_rate)

    def update(self, theta: Array, grad: Array, state: State, step: int) -> None:
        """Grow or shrink each step by the sign's agreement, and take it; after a flip, wait one turn."""
        last, size = state
        agreement = np.sign(grad * last)
        size *= np.select([agreement > 0, agreement < 0], [self.grow, self.shrink], 1.0).astype(size.dtype)
        np.clip(size, self.smallest, self.largest, out=size)
        grad[agreement < 0] = 0
        theta -= np.sign(grad) * size
        last[...] = grad


def _blend(mean: Array, keep: float, fresh: Array) -> None:
    """mean = keep mean + (1 - keep) fresh, in place; `fresh` is overwritten."""
    mean *= keep
    fresh *= 1 - keep
    mean += fresh
