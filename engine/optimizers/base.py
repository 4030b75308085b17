"""What an optimizer is, and what it may ask of the loss.

An optimizer is a frozen dataclass of knobs with `init(theta) -> state` and `update(theta, grad, state, step)`;
state is a tuple of vectors. Both theta and the state are written in place: their caller owns copies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

from engine.arrays import Array
from engine.knobs import check_knobs, table

State = tuple[Array, ...]


class Objective(Protocol):
    """The loss of one batch as a function of theta (P,), with its gradient where theta stands now."""

    theta: Array
    grad: Array

    def loss(self, theta: Array | None = None) -> float:
        """Return the loss at `theta`, by default the present one."""

    def product(self, direction: Array, structural: float = 0.0) -> Array:
        """Return (G + structural S) times the direction, (P,): Gauss-Newton, and the change of hidden states."""

    def squared_gradients(self) -> Array:
        """Return the mean over samples of their squared gradients, (P,): an estimate of the diagonal of G."""


@dataclass(frozen=True)
class Optimizer:
    """Base: the knobs are checked, and there is no state."""

    name: ClassVar[str]
    label: ClassVar[str]
    slots: ClassVar[int] = 0  # vectors of state
    by_gradient_alone: ClassVar[bool] = True  # never asks what the loss is elsewhere

    def __init_subclass__(cls, name: str, label: str, slots: int | None = None) -> None:
        """Take what an optimizer is called from its class statement, and how many vectors it keeps: else its base's."""
        cls.name, cls.label = name, label
        cls.slots = cls.slots if slots is None else slots

    def __post_init__(self) -> None:
        """Check every knob."""
        check_knobs(self)

    def init(self, theta: Array) -> State:
        """Return the state before the first update."""
        return tuple(np.zeros_like(theta) for _ in range(self.slots))

    def minimise(self, objective: Objective, state: State, step: int) -> None:
        """Do update number `step` (1 = first) of the objective's `theta`, and of the state, in place.

        Here by the gradient alone; an optimizer that asks for more overrides this.
        """
        self.update(objective.theta, objective.grad, state, step)

    def update(self, theta: Array, grad: Array, state: State, step: int) -> None:
        """Do update number `step` (1 = first) in place. `grad` may be overwritten."""
        raise NotImplementedError

    @classmethod
    def describe(cls) -> dict[str, Any]:
        """Return name, label and knobs for the schema."""
        return {"name": cls.name, "label": cls.label, "parameters": table(cls)}
