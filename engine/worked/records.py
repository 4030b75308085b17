"""What a worked example is made of: the steps forward, and each derivative by its parts, terms and factors."""

from __future__ import annotations

from dataclasses import dataclass

from engine.arrays import Array


@dataclass(frozen=True)
class Factor:
    """One factor of a product: its symbol, plain and in LaTeX, and its value; a vector of slopes is a diagonal."""

    symbol: str
    latex: str
    value: Array


@dataclass(frozen=True)
class Step:
    """Forward: h_t, alpha_t, z_t; and where a target stands y_t, L(t), its weight in L, and eqs. (5), (15), (19)."""

    t: int
    x: Array  # (m,)
    h: Array  # (n,)
    alpha: Array  # (K,) W_hz h + b_z
    z: Array  # (K,) softmax, logistic or alpha itself
    y: Array | None  # (K,) one-hot for classes
    loss: float | None
    weight: float
    d_loss_d_z: Array | None  # (K,)
    d_z_d_alpha: Array | None  # (K, K)
    d_alpha: Factor | None  # dL(t)/d(alpha_t), (K,), the product of the two
    equation: int | None


@dataclass(frozen=True)
class Term:
    """One product: how L(t) depends on the copy of the parameter used at step k."""

    t: int
    k: int
    chain: str  # LaTeX of the derivatives multiplied
    symbol: str  # the same with the derivatives worked out, as the seed's second lines have it
    latex: str
    factors: tuple[Factor, ...]
    value: Array  # shape of the parameter


@dataclass(frozen=True)
class Part:
    """dL(t)/dP, carrying L(t)'s weight in L: the sum of its terms over k."""

    t: int
    equation: int | None
    terms: tuple[Term, ...]
    value: Array


@dataclass(frozen=True)
class Derivation:
    """dL/dP = sum over t of dL(t)/dP, beside BPTT's."""

    parameter: str
    ours: tuple[str, ...]
    equation: int | None
    parts: tuple[Part, ...]
    value: Array
    bptt: Array


@dataclass(frozen=True)
class WorkedExample:
    """The whole page: L = sum of weight * L(t) (eq. 4), the steps forward, and a derivation for each parameter."""

    loss: float
    names: dict[str, tuple[str, ...]]
    steps: tuple[Step, ...]
    derivations: tuple[Derivation, ...]
