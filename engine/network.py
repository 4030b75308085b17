"""A network at work: stacked layers and a readout over one flat parameter vector, with buffers made once per run."""

from __future__ import annotations

import numpy as np

from engine.arrays import Array
from engine.cells import CellOptions, Shape, Tape, cell_for
from engine.layout import named, of_layer, size_of
from engine.params import trained_mask
from engine.readout import Judgement, judge, outputs_at
from engine.spec import NetworkSpec, RunSpec, layout_of
from engine.tasks import Batch


class Network:
    """Workspace of one network for batches of one size: `theta`, `grad` and the layers' tapes are its scratch memory.

    It holds no history: everything it computes is a function of `theta` and the batch last given to `forward`.
    """

    def __init__(self, run: RunSpec, spec: NetworkSpec, batch_size: int, seq_len: int | None = None) -> None:
        """Make the vectors and tapes for `batch_size` samples of `seq_len` steps (the run's own by default)."""
        options = CellOptions(spec.activation, spec.reset_after)
        self.run, self.spec, self.cell = run, spec, cell_for(spec.cell, options)
        self.layout = layout_of(run, spec)
        dtype = run.float_type
        self.theta, self.grad = np.zeros(size_of(self.layout), dtype), np.zeros(size_of(self.layout), dtype)
        self.params, self.grads = named(self.layout, self.theta), named(self.layout, self.grad)
        self.layers = [of_layer(self.params, i) for i in range(spec.layers)]
        self.layer_grads = [of_layer(self.grads, i) for i in range(spec.layers)]
        self.trained = trained_mask(spec, self.layout, dtype)
        T = seq_len or run.seq_len
        widths = [run.input_size, *[spec.hidden_size] * (spec.layers - 1)]
        self.tapes: list[Tape] = [
            self.cell.plan(Shape(T, batch_size, m, spec.hidden_size), dtype, options) for m in widths
        ]

    def forward(self, batch: Batch) -> Judgement:
        """Unroll all layers over the batch, read out at its target steps, and judge."""
        inputs: Array = batch.inputs
        for params, tape in zip(self.layers, self.tapes, strict=True):
            self.cell.forward(params, inputs, tape)
            inputs = tape.hidden[1:]
        with np.errstate(over="ignore", invalid="ignore"):
            return judge(self.run.loss, outputs_at(self.params, self.hidden_at(batch.steps)), batch,
                         self.run.time_reduction)  # fmt: skip

    def hidden_at(self, steps: Array) -> Array:
        """Return the top layer's h_t at some steps, (P, n, B); a view when they follow one another."""
        first, last = int(steps[0]), int(steps[-1])
        hidden = self.tapes[-1].hidden
        return hidden[first : last + 1] if last - first + 1 == len(steps) else hidden[steps]

    def outputs(self) -> Array:
        """Return the outputs at every step, (T, K, B)."""
        return outputs_at(self.params, self.tapes[-1].hidden[1:])
