"""`NetworkSpec`: one recurrent network of an experiment, and the weights that may be given to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.arrays import Array
from engine.errors import Problem, SpecError
from engine.knobs import check_knobs, knob
from engine.spec.tree import plain

CELL_NAMES = ("rnn", "lstm", "gru")
ACTIVATIONS = ("tanh", "relu", "logistic", "identity")
INITS = ("uniform", "glorot", "orthogonal", "identity", "chrono")


@dataclass(frozen=True, eq=False)
class NetworkSpec:
    """One recurrent network with its linear readout."""

    cell: str = knob("rnn", "Cell", "The recurrent cell.", choices=CELL_NAMES)
    hidden_size: int = knob(32, "Hidden size n", "Units of a layer.", lo=1, hi=4096)
    layers: int = knob(1, "Layers", "Stacked recurrent layers.", lo=1, hi=16)
    activation: str = knob("tanh", "Activation", "Non-linearity of the RNN; LSTM and GRU have their own.",
                           choices=ACTIVATIONS)  # fmt: skip
    recurrent_init: str = knob("uniform", "Initial weights", "uniform is PyTorch's ±1/√n for every parameter.",
                               choices=INITS)  # fmt: skip
    recurrent_gain: float = knob(1.0, "Recurrent gain", "Factor on the initial W_hh.", lo=0, hi=100)
    spectral_radius: float | None = knob(None, "Spectral radius", "Rescale the initial W_hh (of LSTM and GRU the "
                                         "candidate's block) to this largest |eigenvalue|.",
                                         kind="float", lo=0, hi=100, optional=True)  # fmt: skip
    forget_bias: float = knob(1.0, "Forget bias", "Of the LSTM's forget gate: 0 forgets fast, 5 hardly ever.",
                              lo=-20, hi=20, live=True)  # fmt: skip
    reset_after: bool = knob(True, "Reset after", "GRU: reset gate after the matrix product (PyTorch, cuDNN) or "
                             "before it (Cho 2014).")  # fmt: skip
    label: str | None = knob(None, "Label", "Name in the pictures.", kind="text", hi=80, optional=True)
    weights: Any = knob(None, "Weights", "Given initial weights by PyTorch's names.", kind="json", optional=True)
    frozen: tuple[str, ...] = knob((), "Frozen", "Names of parameters that are not trained.", kind="json")

    def __post_init__(self) -> None:
        """Check every knob; turn given weights into float64 arrays."""
        check_knobs(self)
        frozen: Any = self.frozen
        if not isinstance(frozen, (list, tuple)) or not all(isinstance(name, str) for name in frozen):
            raise SpecError([Problem("frozen", frozen, "must be a list of parameter names")])
        object.__setattr__(self, "frozen", tuple(frozen))
        if self.weights is not None:
            object.__setattr__(self, "weights", weight_arrays(self.weights))

    def __eq__(self, other: object) -> bool:
        """Equal by value, the given weights included."""
        return isinstance(other, NetworkSpec) and plain(self) == plain(other)

    __hash__ = None  # type: ignore[assignment]


def weight_arrays(weights: Any) -> dict[str, Array]:
    """Return given weights as float64 arrays. Raises `SpecError` naming those that are not arrays of finite numbers."""
    if not isinstance(weights, Mapping):
        raise SpecError([Problem("weights", weights, "must be an object of nested lists by parameter name")])
    arrays, problems = {}, []
    for name, value in weights.items():
        try:
            given = np.asarray(value)  # numbers in quotes and complex ones would turn into reals without a word
            if given.dtype.kind in "USc":
                raise TypeError
            arrays[str(name)] = array = given.astype(np.float64)
            if not np.isfinite(array).all() or array.size == 0:
                raise ValueError
        except (ValueError, TypeError, OverflowError):
            problems.append(Problem(f"weights.{name}", value, "must be nested lists of finite numbers, equally long"))
    if problems:
        raise SpecError(problems)
    return arrays
