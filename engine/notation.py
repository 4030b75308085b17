"""How seed 003 writes the factors of its gradients, for each loss and non-linearity, and what they are worth."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from engine.arrays import Array
from engine.network import Network

# f'(a) in terms of h = f(a): (plain, LaTeX) with {t} for the step; the identity's 1 is not written.
SLOPES = {
    "tanh": ("(1 - h_{t}²)", r"(1 - h_{{{t}}}^{{2}})"),
    "logistic": ("h_{t} (1 - h_{t})", r"h_{{{t}}} (1 - h_{{{t}}})"),
    "relu": ("[h_{t} > 0]", r"[h_{{{t}}} > 0]"),
    "identity": ("", ""),
}


class Criterion(NamedTuple):
    """One loss L(t) of a prediction z = z(alpha) and a target y, K numbers each."""

    plain: str  # dL(t)/d(alpha), {t} for the step
    latex: str
    prediction: Callable[[Array], Array]
    by_prediction: Callable[[Array, Array], Array]  # dL/dz
    by_alpha: Callable[[Array], Array]  # dz/d(alpha), (K, K)
    error: Callable[[Array, Array], Array]  # dL/d(alpha)


def _softmax(alpha: Array) -> Array:
    exps = np.exp(alpha - alpha.max())
    return np.asarray(exps / exps.sum())


def _logistic(alpha: Array) -> Array:
    return np.asarray(0.5 + 0.5 * np.tanh(0.5 * alpha))


CRITERIA = {
    "softmax_cross_entropy": Criterion(
        "-(y_{t} - z_{t})", r"-(y_{{{t}}} - z_{{{t}}})", _softmax,
        lambda z, y: np.where(y == 0, 0.0, -y / z), lambda z: np.diag(z) - np.outer(z, z), lambda z, y: -(y - z),
    ),
    "binary_cross_entropy": Criterion(
        "-(y_{t} - z_{t})/K", r"-\tfrac{{1}}{{K}}(y_{{{t}}} - z_{{{t}}})", _logistic,
        lambda z, y: ((1 - y) / (1 - z) - y / z) / len(z), lambda z: np.diag(z * (1 - z)),
        lambda z, y: -(y - z) / len(z),
    ),
    "mse": Criterion(
        "-2(y_{t} - z_{t})/K", r"-\tfrac{{2}}{{K}}(y_{{{t}}} - z_{{{t}}})", lambda alpha: alpha.copy(),
        lambda z, y: -2 * (y - z) / len(z), lambda z: np.eye(len(z)), lambda z, y: -2 * (y - z) / len(z),
    ),
}  # fmt: skip


class Words(NamedTuple):
    """The notation of one network: what `Criterion` says, at step t."""

    criterion: Criterion
    activation: str
    outputs: int

    def prediction(self, alpha: Array) -> Array:
        """Return z_t (eq. 3)."""
        return self.criterion.prediction(alpha)

    def target(self, value: Array) -> Array:
        """Return y_t as K numbers: a class number becomes one-hot."""
        return np.eye(self.outputs)[int(value)] if np.ndim(value) == 0 else np.asarray(value)

    def loss_by_prediction(self, z: Array, y: Array) -> Array:
        """Return dL(t)/dz_t."""
        return self.criterion.by_prediction(z, y)

    def prediction_by_alpha(self, z: Array) -> Array:
        """Return dz_t/d(alpha_t)."""
        return self.criterion.by_alpha(z)

    def error_value(self, z: Array, y: Array) -> Array:
        """Return dL(t)/d(alpha_t) (eq. 5)."""
        return self.criterion.error(z, y)

    def error(self, t: int) -> str:
        """Return its symbol."""
        return self.criterion.plain.format(t=t)

    def error_latex(self, t: int) -> str:
        """Return its LaTeX."""
        return self.criterion.latex.format(t=t)

    def slope(self, t: int) -> str:
        """Return the symbol of dh_t by its pre-activation."""
        return SLOPES[self.activation][0].format(t=t)

    def slope_latex(self, t: int) -> str:
        """Return its LaTeX."""
        return SLOPES[self.activation][1].format(t=t)

    @staticmethod
    def chain(name: str, t: int, k: int) -> str:
        """Return the LaTeX of the chain of derivatives from L(t) to the copy of a parameter at step k."""
        path = [rf"\mathcal{{L}}({t})", f"z_{{{t}}}", rf"\alpha_{{{t}}}"]
        if name not in ("W_hz", "b_z"):
            path += [f"h_{{{t}}}"] + ([f"h_{{{k}}}"] if k < t else [])
        path.append(f"{name[0]}_{{{name[2:]}}}")
        return " ".join(rf"\frac{{\partial {a}}}{{\partial {b}}}" for a, b in zip(path, path[1:], strict=False))


def words_of(network: Network) -> Words:
    """Return the notation for a network's loss and non-linearity."""
    return Words(CRITERIA[network.run.loss], network.spec.activation, network.run.output_size)
