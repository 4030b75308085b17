"""What no part of an experiment can see alone: its parts against each other. Each check returns a list of problems."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.errors import Problem
from engine.knobs import collect
from engine.layout import Layout, weight_problems
from engine.optimizers import Optimizer
from engine.spec.network import NetworkSpec
from engine.tasks import Task
from engine.tasks.inline import Inline


def with_classes(task: Task, networks: Sequence[NetworkSpec]) -> Task:
    """Return the task with K of class targets from the given readout, where it does not say itself (DESIGN §6).

    Raises `SpecError` where the targets do not fit.
    """
    if not isinstance(task, Inline) or task.loss != "softmax_cross_entropy" or task.classes is not None:
        return task
    readouts = [n.weights["weight_ho"] for n in networks if n.weights and "weight_ho" in n.weights]
    rows = [len(w) for w in readouts if w.ndim]  # one of another shape is refused by its name
    classes = rows[0] if rows else task.output_size
    made: Task = collect({"task": lambda: dataclasses.replace(task, classes=classes)})["task"]
    return made


def truncation(stride: int | None, window: int | None) -> list[Problem]:
    """A stride needs a window, and one at least as long."""
    if stride is not None and window is None:
        return [Problem("truncation_stride", stride, "needs a truncation_window")]
    if stride is not None and window is not None and window < stride:
        return [Problem("truncation_window", window, f"must be at least truncation_stride = {stride}")]
    return []


def penalty(weight: float, networks: Sequence[NetworkSpec], window: int | None, optimizer: Optimizer) -> list[Problem]:
    """Pascanu's penalty needs a network that it is about, and a gradient that it can be added to."""
    wants = {
        "needs a simple rnn among the networks": any(network.cell == "rnn" for network in networks),
        "needs full BPTT: a truncated signal ends at the cut": window is None,
        "needs an optimizer that goes by the gradient alone": type(optimizer).by_gradient_alone,
    }
    return [Problem("vanishing_penalty", weight, want) for want, has in wants.items() if weight and not has]


def sample(index: int, count: int) -> list[Problem]:
    """The probe must look at a sample that the batch has."""
    if index >= count:
        return [Problem("probe.sample", index, f"must be below {count}, the samples of the probe batch")]
    return []


def parameters(networks: Sequence[NetworkSpec], layouts: Sequence[Layout], dtype: np.dtype[Any]) -> list[Problem]:
    """Given weights and frozen names must be those of the network that the task makes of it."""
    found = []
    for i, (network, own) in enumerate(zip(networks, layouts, strict=True)):
        unknown = [Problem("frozen", n, f"no such parameter; there are {', '.join(own)}")
                   for n in network.frozen if n not in own]  # fmt: skip
        wrong = weight_problems(own, network.weights or {}, dtype)
        found += [p.under(i).under("networks") for p in wrong + unknown]
    return found
