"""The hand-worked example of seed 003, term by term: eqs. (15)-(26) for its two steps, eqs. (5)-(14) for any T.

For one sequence and one simple RNN small enough to read, every product of the chain rule is written out with its
symbols, the values of its factors, its own value, and the sums; the sums are BPTT's gradients to rounding. The terms
are multiplied out from left to right as the seed writes them, independently of `engine.bptt`.

The seed's names and ours: `NAMES`. Its h_0 is 0 here. Where its eq. (10) stops at k = t, the sum goes to k = t + 1.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.arrays import Array
from engine.bptt import bptt
from engine.cells import Params
from engine.errors import Problem, SpecError
from engine.network import Network
from engine.nonlinearities import NONLINEARITIES
from engine.notation import Words, words_of
from engine.readout import Judgement
from engine.run import start
from engine.spec import RunSpec
from engine.tasks import Batch

MOST = 8  # steps, units, inputs, outputs: beyond this nobody reads it
NAMES = {
    "W_hz": ("weight_ho",), "b_z": ("bias_o",), "W_hh": ("weight_hh_l0",), "W_xh": ("weight_ih_l0",),
    "b_h": ("bias_ih_l0", "bias_hh_l0"),
}  # fmt: skip
# The seed's numbers: of dL(t)/dP in its general part, of dL/dP there, and of both in its example with two steps.
GENERAL = {"W_hz": (6, 6), "b_z": (7, 7), "W_hh": (10, 11), "W_xh": (13, 14), "b_h": (None, None)}
EXAMPLE = {"W_hz": ((16, 20), 23), "b_z": ((None, None), 24), "W_hh": ((17, 21), 25), "W_xh": ((18, 22), 26),
           "b_h": ((None, None), None)}  # fmt: skip


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


def worked_example(spec: RunSpec, weights: Params | None = None) -> WorkedExample:
    """Return every term of the gradient of `spec`'s first network on the probe's sample, in float64.

    `weights` are some of its parameters by our names, else those it starts with. `engine.as_tree` makes plain dicts.
    Raises `SpecError` unless it is one simple RNN layer with at most 8 steps, units, inputs and outputs.
    """
    _check_readable(spec)
    wide = dataclasses.replace(spec, dtype="float64", truncation_window=None, truncation_stride=None)
    batch = wide.task.batch(wide.seed, 0, wide.batch_size).pick([wide.probe.sample])
    network = Network(wide, wide.networks[0], 1)
    network.theta[...] = start(wide).networks[0].theta
    for name, value in (weights or {}).items():
        network.params[name][...] = value
    network.trained = None
    judged = network.forward(batch)
    bptt(network, batch, judged)
    work = _Work(network, batch, judged)
    derivations = tuple(work.derivation(name) for name in NAMES)
    return WorkedExample(judged.loss, NAMES, tuple(work.steps.values()), derivations)


def appendix(x: float) -> dict[str, float]:
    """Return tanh'(x) in the three forms of the seed's appendix: by the quotient rule, split, and as 1 - y²."""
    up, down = np.exp(x), np.exp(-x)
    quotient = ((up + down) * (up + down) - (up - down) * (up - down)) / (up + down) ** 2
    split = 1.0 - ((up - down) / (up + down)) ** 2
    return {"quotient rule": float(quotient), "1 - (ratio)²": float(split), "1 - y²": float(1.0 - np.tanh(x) ** 2)}


def _check_readable(spec: RunSpec) -> None:
    network = spec.networks[0]
    sizes = {"task": ("steps", spec.seq_len), "networks.0.hidden_size": ("units", network.hidden_size),
             "task.inputs": ("inputs", spec.input_size), "task.targets": ("outputs", spec.output_size)}  # fmt: skip
    problems = [Problem(field, size, f"a worked example has at most {MOST} {what}")
                for field, (what, size) in sizes.items() if size > MOST]  # fmt: skip
    if network.cell != "rnn":
        problems.append(Problem("networks.0.cell", network.cell, "the worked example is that of the simple rnn"))
    if network.layers != 1:
        problems.append(Problem("networks.0.layers", network.layers, "a worked example has one layer"))
    if problems:
        raise SpecError(problems)


class _Work:
    """One sequence, forward values at hand: writes the terms."""

    def __init__(self, network: Network, batch: Batch, judged: Judgement) -> None:
        self.network, self.params, self.words = network, network.params, words_of(network)
        self.length = int(batch.lengths[0])
        self.inputs = network.tapes[0].inputs[:, :, 0]
        self.hidden = network.tapes[0].hidden[:, :, 0]
        self.slopes = np.empty_like(self.hidden)
        NONLINEARITIES[network.spec.activation].slope(self.hidden, self.slopes)
        self.steps = {t: self._step(t, batch, judged) for t in range(1, self.length + 1)}

    def _step(self, t: int, batch: Batch, judged: Judgement) -> Step:
        words, alpha = self.words, self.network.outputs()[t - 1, :, 0]
        z, bare = words.prediction(alpha), {"t": t, "x": self.inputs[t - 1], "h": self.hidden[t], "alpha": alpha}
        found = np.flatnonzero(batch.steps == t)
        if not len(found) or not judged.weights[found[0], 0] > 0:
            return Step(**bare, z=z, y=None, loss=None, weight=0.0, d_loss_d_z=None, d_z_d_alpha=None, d_alpha=None,
                        equation=None)  # fmt: skip
        p, weight = int(found[0]), float(judged.weights[found[0], 0])
        y = words.target(batch.targets[p][..., 0])
        with np.errstate(divide="ignore", invalid="ignore"):
            by_z, slope = words.loss_by_prediction(z, y), words.prediction_by_alpha(z)
        error = Factor(words.error(t), words.error_latex(t), words.error_value(z, y))
        return Step(**bare, z=z, y=y, loss=float(judged.step_losses[p, 0]), weight=weight, d_loss_d_z=by_z,
                    d_z_d_alpha=slope, d_alpha=error, equation=self._numbered(t, (15, 19), 5))  # fmt: skip

    def _numbered(self, t: int, example: tuple[int | None, ...], general: int | None) -> int | None:
        return example[t - 1] if self.length == 2 else general

    def derivation(self, name: str) -> Derivation:
        """Return dL/dP by its parts and terms."""
        of_step, whole = EXAMPLE[name]
        parts = []
        for t, step in self.steps.items():
            if step.d_alpha is None:
                continue
            terms = tuple(self._terms(name, step))
            number = self._numbered(t, of_step, GENERAL[name][0])
            parts.append(Part(t, number, terms, np.sum([term.value for term in terms], axis=0)))
        ours = NAMES[name]
        zero = np.zeros(self.params[ours[0]].shape)
        total = np.sum([part.value for part in parts], axis=0) if parts else zero
        equation = whole if self.length == 2 else GENERAL[name][1]
        return Derivation(name, ours, equation, tuple(parts), total, self.network.grads[ours[0]].copy())

    def _terms(self, name: str, step: Step) -> Iterator[Term]:
        t = step.t
        if name in ("W_hz", "b_z"):
            yield self._term(name, t, t, [*self._error(step)], "h" if name == "W_hz" else "1", t)
            return
        for k in range(t, 0, -1):  # the direct path first, as the seed has it
            factors = [*self._error(step), self._weight("W_hz"), self._slope(t)]
            for j in range(t - 1, k - 1, -1):
                factors += [self._weight("W_hh"), self._slope(j)]
            read, at = {"W_hh": ("h", k - 1), "W_xh": ("x", k), "b_h": ("1", k)}[name]
            yield self._term(name, t, k, factors, read, at)

    def _error(self, step: Step) -> list[Factor]:
        assert step.d_alpha is not None
        weight = Factor(f"{step.weight:.4g} ·", rf"{step.weight:.4g}\cdot", np.array(step.weight))
        return [step.d_alpha] if step.weight == 1.0 else [weight, step.d_alpha]

    def _weight(self, name: str) -> Factor:
        return Factor(name, f"W_{{{name[2:]}}}", self.params[NAMES[name][0]])

    def _slope(self, t: int) -> Factor:
        return Factor(self.words.slope(t), self.words.slope_latex(t), self.slopes[t])

    def _term(self, name: str, t: int, k: int, factors: list[Factor], read: str, at: int) -> Term:
        factors = [f for f in factors if f.symbol]
        if read != "1":
            value = self.hidden[at] if read == "h" else self.inputs[at - 1]
            factors = [*factors, Factor(f"{read}_{at}", f"{read}_{{{at}}}", value)]
        symbol, latex = (joint.join(getattr(f, kind) for f in factors) for kind, joint in (("symbol", " "),
                                                                                         ("latex", r"\,")))  # fmt: skip
        product = multiplied(factors if read == "1" else factors[:-1])
        result = product if read == "1" else np.outer(product, factors[-1].value)
        return Term(t, k, Words.chain(name, t, k), symbol, latex, tuple(factors), result)


def multiplied(factors: list[Factor]) -> Array:
    """Return the row that the factors make from left to right: numbers, rows, matrices, and slopes as diagonals."""
    row = np.array(1.0)
    for factor in factors:
        row = row @ factor.value if factor.value.ndim == 2 else np.asarray(row * factor.value)
    return row


__all__ = ["Derivation", "Factor", "Part", "Step", "Term", "WorkedExample", "appendix", "worked_example"]
