"""The terms of a worked example, written out from the forward values of one sequence.

They are multiplied out from left to right as the seed writes them, independently of `engine.bptt`.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.arrays import Array
from engine.network import Network
from engine.nonlinearities import NONLINEARITIES
from engine.notation import Words, words_of
from engine.readout import Judgement
from engine.tasks import Batch
from engine.worked.records import Derivation, Factor, Part, Step, Term

NAMES = {
    "W_hz": ("weight_ho",), "b_z": ("bias_o",), "W_hh": ("weight_hh_l0",), "W_xh": ("weight_ih_l0",),
    "b_h": ("bias_ih_l0", "bias_hh_l0"),
}  # fmt: skip
# The seed's numbers: of dL(t)/dP in its general part, of dL/dP there, and of both in its example with two steps.
GENERAL = {"W_hz": (6, 6), "b_z": (7, 7), "W_hh": (10, 11), "W_xh": (13, 14), "b_h": (None, None)}
EXAMPLE = {"W_hz": ((16, 20), 23), "b_z": ((None, None), 24), "W_hh": ((17, 21), 25), "W_xh": ((18, 22), 26),
           "b_h": ((None, None), None)}  # fmt: skip


class Work:
    """One sequence, forward values at hand: writes the terms."""

    def __init__(self, network: Network, batch: Batch, judged: Judgement) -> None:
        """Take a pass that has gone forward and back."""
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
