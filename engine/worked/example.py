"""The hand-worked example of seed 003, term by term: eqs. (15)-(26) for its two steps, eqs. (5)-(14) for any T.

For one sequence and one simple RNN small enough to read, every product of the chain rule is written out with its
symbols, the values of its factors, its own value, and the sums; the sums are BPTT's gradients to rounding.

The seed's names and ours: `NAMES`. Its h_0 is 0 here. Where its eq. (10) stops at k = t, the sum goes to k = t + 1.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from engine import door
from engine.bptt import bptt
from engine.cells import Params
from engine.errors import Problem, SpecError
from engine.layout import weight_problems
from engine.network import Network
from engine.run import start
from engine.spec import RunSpec, weight_arrays
from engine.worked.records import WorkedExample
from engine.worked.terms import NAMES, Work

MOST = 8  # steps, units, inputs, outputs: beyond this nobody reads it


def worked_example(spec: RunSpec, weights: Params | None = None) -> WorkedExample:
    """Return every term of the gradient of `spec`'s first network on the probe's sample, in float64.

    `weights` are some of its parameters by our names, else those it starts with. `engine.as_tree` makes plain dicts.
    Raises `SpecError` unless it is one simple RNN layer with at most 8 steps, units, inputs and outputs, and for
    weights that it does not have or of another shape.
    """
    _check_readable(door.instance("spec", spec, RunSpec))
    wide = dataclasses.replace(spec, dtype="float64", truncation_window=None, truncation_stride=None)
    batch = wide.task.batch(wide.seed, 0, wide.batch_size).pick([wide.probe.sample])
    network = Network(wide, wide.networks[0], 1)
    network.theta[...] = start(wide).networks[0].theta
    for name, value in _checked(network, weights).items():
        network.params[name][...] = value
    network.trained = None
    judged = network.forward(batch)
    bptt(network, batch, judged)
    work = Work(network, batch, judged)
    derivations = tuple(work.derivation(name) for name in NAMES)
    return WorkedExample(judged.loss, NAMES, tuple(work.steps.values()), derivations)


def appendix(x: float) -> dict[str, float]:
    """Return tanh'(x) in the three forms of the seed's appendix: by the quotient rule, split, and as 1 - y².

    Raises `OutOfRange` beyond ±350, where the square of e^x is no float64 any more.
    """
    x = door.number("x", x, -350.0, 350.0)
    up, down = np.exp(x), np.exp(-x)
    quotient = ((up + down) * (up + down) - (up - down) * (up - down)) / (up + down) ** 2
    split = 1.0 - ((up - down) / (up + down)) ** 2
    return {"quotient rule": float(quotient), "1 - (ratio)²": float(split), "1 - y²": float(1.0 - np.tanh(x) ** 2)}


def _checked(network: Network, weights: Params | None) -> Params:
    given = {} if weights is None else weight_arrays(weights)
    if problems := weight_problems(network.layout, given, network.run.float_type):
        raise SpecError(problems)
    return given


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
