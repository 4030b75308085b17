"""The optimizers by name; see `engine.optimizers.base` for what an optimizer is."""

from engine.optimizers.base import Objective, Optimizer, State
from engine.optimizers.first_order import Adam, Momentum, Nesterov, RmsProp, Rprop, Sgd
from engine.optimizers.hessian_free import HessianFree

OPTIMIZERS: dict[str, type[Optimizer]] = {
    optimizer.name: optimizer for optimizer in (Sgd, Momentum, Nesterov, RmsProp, Adam, Rprop, HessianFree)
}

__all__ = ["OPTIMIZERS", "Adam", "HessianFree", "Momentum", "Nesterov", "Objective", "Optimizer", "RmsProp", "Rprop",
           "Sgd", "State"]  # fmt: skip
