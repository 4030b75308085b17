"""Curvature of the loss by forward and backward passes alone: what second-order optimizers ask of a network.

G = J^T H J (Schraudolph 2002) with J = d(outputs)/d(theta) and H the loss's Hessian in the outputs is positive
semidefinite. G v needs one forward pass of tangents (R-operator, Pearlmutter 1994), one product with H, one BPTT.

Structural damping (Martens & Sutskever 2011): the change of the hidden states themselves is penalised. The
Gauss-Newton matrix S = 1/B sum (dh_t/dtheta)^T (dh_t/dtheta) of 1/(2B) sum ||change of h_t||², summed over layers,
steps and samples, costs nothing extra: R{h_t}/B joins the adjoints on their way back.
"""

from __future__ import annotations

import numpy as np

from engine.arrays import Array
from engine.bptt import bptt, spread, through_layers
from engine.layout import named, of_layer
from engine.network import Network
from engine.readout import Judgement, add_readout_gradients, curve, direct_adjoints, outputs_at
from engine.tasks import Batch


class Curvature:
    """One network on one batch at its present `theta`: an `Objective` for optimizers that want more than a gradient.

    `theta` and `grad` are the network's own vectors. Call `loss` as you like; the products are always taken at
    `theta`. Curvature is of the full graph: truncation cuts gradients only.
    """

    def __init__(self, network: Network, batch: Batch) -> None:
        """Note what is asked about; nothing is computed yet."""
        self._network, self._batch = network, batch
        self.theta, self.grad = network.theta, network.grad
        self._judged: Judgement | None = None  # of the tapes, when they belong to theta

    def loss(self, theta: Array | None = None) -> float:
        """Return the loss at `theta` (P,), by default the present one; NaN or inf where it has left the numbers."""
        if theta is None:
            return self._at_theta().loss
        kept, self._judged = self.theta.copy(), None
        self.theta[...] = theta
        try:
            return self._network.forward(self._batch).loss
        finally:
            self.theta[...] = kept

    def product(self, direction: Array, structural: float = 0.0) -> Array:
        """Return G v + structural S v for v = `direction`, both (P,); frozen parameters neither give nor get."""
        judged, network, steps = self._at_theta(), self._network, self._batch.steps
        if network.trained is not None:
            direction = direction * network.trained
        moved, d_hidden = self._tangents(direction)
        d_outputs = curve(network.run.loss, outputs_at(network.params, network.hidden_at(steps)), moved, judged.weights)
        result, grad = np.zeros_like(network.grad), network.grad.copy()
        network.grad[...] = 0.0
        add_readout_gradients(d_outputs, network.hidden_at(steps), network.grads)
        direct = spread(direct_adjoints(network.params, d_outputs), steps, len(d_hidden[0]) - 1)
        pull = [h * self._pull(structural) for h in d_hidden] if structural else None
        through_layers(network, direct, 0, len(d_hidden[0]) - 1, pull)
        result[...] = network.grad if network.trained is None else network.grad * network.trained
        network.grad[...] = grad
        return result

    def _pull(self, structural: float) -> Array:
        """Return structural / B at the states of each sample and 0 beyond its end, (T+1, 1, B)."""
        lengths = self._batch.lengths
        within = np.arange(self._network.run.seq_len + 1)[:, None] <= lengths
        return (within * (structural / len(lengths))).astype(self.theta.dtype)[:, None]

    def squared_gradients(self) -> Array:
        """Return B sum_b (dL_b/dtheta)², (P,), L_b sample b's part of L: an estimate of the diagonal of G."""
        judged, network, B = self._at_theta(), self._network, len(self._batch.lengths)
        grad, total = network.grad.copy(), np.zeros_like(network.grad)
        bptt(network, self._batch, judged)
        for b in range(B):
            network.grad[...] = 0.0
            add_readout_gradients(judged.d_outputs[:, :, [b]], network.hidden_at(self._batch.steps)[:, :, [b]],
                                  network.grads)  # fmt: skip
            for tape, grads in zip(network.tapes, network.layer_grads, strict=True):
                alone = tape.of_sample(b)
                alone.sum_over(0, tape.shape.T)
                network.cell.gradients(alone, grads)
            total += network.grad * network.grad
        network.grad[...] = grad
        total *= B
        return total if network.trained is None else total * network.trained

    def _at_theta(self) -> Judgement:
        if self._judged is None:
            self._judged = self._network.forward(self._batch)
        return self._judged

    def _tangents(self, direction: Array) -> tuple[Array, list[Array]]:
        """Return R{outputs} at the target steps, (P, K, B), and every layer's R{h_t}, (T+1, n, B)."""
        network, steps = self._network, self._batch.steps
        along = named(network.layout, direction)
        found: list[Array] = []
        inputs: Array | None = None
        for i, (params, tape) in enumerate(zip(network.layers, network.tapes, strict=True)):
            found.append(network.cell.tangent(params, tape, of_layer(along, i), inputs))
            inputs = found[-1][1:]
        moved = outputs_at(along, network.hidden_at(steps)) + np.matmul(network.params["weight_ho"], found[-1][steps])
        return moved, found
