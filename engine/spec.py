"""`RunSpec`: one experiment as a value. It is the HTTP body, the URL, the form and the notebook argument."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from engine.arrays import Array
from engine.errors import Problem, SpecError
from engine.knobs import build, check_knobs, collect, knob, table
from engine.layout import Layout, layout, weight_problems
from engine.optimizers import OPTIMIZERS, Adam, Optimizer
from engine.tasks import TASKS, Task
from engine.tasks.inline import Inline

CELL_NAMES = ("rnn", "lstm", "gru")
ACTIVATIONS = ("tanh", "relu", "logistic", "identity")
INITS = ("uniform", "glorot", "orthogonal", "identity", "chrono")
NORMS = ("frobenius", "spectral")
MOST_NETWORKS = 4
Changes = list[tuple[list[str], Any]]


@dataclass(frozen=True)
class Probe:
    """What is looked at: which sample of the probe batch, how often, by which norm."""

    sample: int = knob(0, "Sample", "Sequence of the probe batch whose Jacobians are shown.", lo=0, live=True)
    every: int = knob(10, "Frame every", "Training steps from one frame to the next.", lo=1, hi=1_000_000, live=True)
    norm: str = knob(
        "frobenius", "Norm", "Frobenius, or the largest singular value (slower).", choices=NORMS, live=True
    )

    def __post_init__(self) -> None:
        """Check every knob."""
        check_knobs(self)


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
        return isinstance(other, NetworkSpec) and _plain(self) == _plain(other)

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True, eq=False)
class RunSpec:
    """A whole experiment: a task, one to four networks trained on the same batches, and how."""

    task: Task
    networks: tuple[NetworkSpec, ...]
    optimizer: Optimizer = dataclasses.field(default_factory=Adam)
    batch_size: int = knob(32, "Batch size B", "Sequences of a training step; a smaller data set is used whole.",
                           lo=1, hi=100_000)  # fmt: skip
    steps: int = knob(1000, "Steps", "Training steps of the run.", lo=0, hi=10**9)
    seed: int = knob(0, "Seed", "All randomness is a function of it.", lo=0, hi=2**63 - 1)
    clip_norm: float | None = knob(None, "Clip norm", "Largest gradient norm; larger gradients are scaled down to it.",
                                   kind="float", above=0, hi=1e9, optional=True, live=True)  # fmt: skip
    truncation_window: int | None = knob(None, "Truncation window k2", "Steps that a loss reaches back; empty: all.",
                                         kind="int", lo=1, hi=100_000, optional=True, live=True)  # fmt: skip
    truncation_stride: int | None = knob(None, "Truncation stride k1", "Steps between truncated passes; empty: 1 for "
                                         "a window, none without.",
                                         kind="int", lo=1, hi=100_000, optional=True, live=True)  # fmt: skip
    vanishing_penalty: float = knob(0.0, "Vanishing penalty", "Weight of Pascanu's Ω on simple RNNs: the error signal "
                                    "should keep its size on its way back. The shown loss is without it, the gradient "
                                    "norm with it.", lo=0, hi=1e6, live=True)  # fmt: skip
    time_reduction: str = knob("mean", "Loss over time", "Mean over all targets, or sum over time and mean over "
                               "samples.", choices=("mean", "sum"))  # fmt: skip
    dtype: str = knob("float32", "Precision", "Of all computation.", choices=("float32", "float64"))
    probe: Probe = dataclasses.field(default_factory=Probe)

    def __post_init__(self) -> None:
        """Accept plain dicts for the parts; check everything; raise one `SpecError` with all problems."""
        parts = collect({
            "task": lambda: _named(self.task, TASKS, Task),
            "networks": lambda: _networks(self.networks),
            "optimizer": lambda: _named(self.optimizer, OPTIMIZERS, Optimizer),
            "probe": partial(_probe, self.probe),
            "": lambda: check_knobs(self),
        })  # fmt: skip
        for name in ("task", "networks", "optimizer", "probe"):
            object.__setattr__(self, name, parts[name])
        if problems := [p.under("task") for p in self.task.unmet()]:
            raise SpecError(problems)
        _classes_from_weights(self)
        problems = _truncation_problems(self) + _probe_problems(self) + _parameter_problems(self)
        problems += _penalty_problems(self)
        if problems:
            raise SpecError(problems)

    @classmethod
    def from_dict(cls, data: Any) -> RunSpec:
        """Make a spec from a JSON object. Raises `SpecError` naming every unknown field and bad value."""
        missing = [Problem(n, None, "must be given") for n in ("task", "networks")
                   if isinstance(data, Mapping) and n not in data]  # fmt: skip
        if missing:
            raise SpecError(missing)
        return build(cls, data)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form with all defaults filled in."""
        tree: dict[str, Any] = _plain(self)
        return tree

    def with_changes(self, changes: Mapping[str, Any]) -> RunSpec:
        """Return the spec with live knobs changed, by dotted names. Raises `SpecError` for any that is not live."""
        live = live_knobs(self)
        bad = [Problem(n, v, "cannot change while training; these can: " + ", ".join(sorted(live)))
               for n, v in changes.items() if n not in live]  # fmt: skip
        if bad:
            raise SpecError(bad)
        changed: RunSpec = _replaced(self, [(name.split("."), value) for name, value in changes.items()])
        return changed

    def __eq__(self, other: object) -> bool:
        """Equal by value."""
        return isinstance(other, RunSpec) and _plain(self) == _plain(other)

    __hash__ = None  # type: ignore[assignment]

    seq_len = property(lambda self: self.task.seq_len)
    input_size = property(lambda self: self.task.input_size)
    output_size = property(lambda self: self.task.output_size)
    loss = property(lambda self: self.task.loss)
    baseline_loss = property(lambda self: self.task.baseline_loss)

    @property
    def float_type(self) -> np.dtype[Any]:
        """The NumPy type of all arrays of the run."""
        return np.dtype(self.dtype)

    @property
    def window(self) -> tuple[int, int] | None:
        """(k1, k2) of truncated BPTT, or None for the full one."""
        if self.truncation_window is None:
            return None
        return self.truncation_stride or 1, self.truncation_window


def live_knobs(spec: RunSpec) -> set[str]:
    """Return the dotted names that may change while the run trains."""
    rows = [("", table(RunSpec)), ("optimizer.", table(type(spec.optimizer))), ("probe.", table(Probe))]
    rows += [(f"networks.{i}.", table(NetworkSpec)) for i in range(len(spec.networks))]
    return {prefix + row["name"] for prefix, knobs in rows for row in knobs if row["live"]}


def live_values(spec: RunSpec) -> dict[str, Any]:
    """Return the present values of all live knobs by dotted name: what `with_changes` takes."""
    return {name: _at(spec, name.split(".")) for name in sorted(live_knobs(spec))}


def schema() -> dict[str, Any]:
    """Return every knob of an experiment, for forms and documents."""
    return {
        "fields": table(RunSpec),
        "probe": table(Probe),
        "network": table(NetworkSpec),
        "optimizers": {name: cls.describe() for name, cls in OPTIMIZERS.items()},
        "tasks": {name: cls.describe() for name, cls in TASKS.items()},
        "most_networks": MOST_NETWORKS,
    }


def _named(value: Any, known: Mapping[str, type], base: type) -> Any:
    """Build a task or optimizer from {"name": …, parameters}."""
    if isinstance(value, base):
        return value
    if not isinstance(value, Mapping):
        raise SpecError([Problem("", value, "must be an object with a name")])
    name = value.get("name")
    if not isinstance(name, str) or name not in known:
        raise SpecError([Problem("name", name, f"must be one of {', '.join(known)}")])
    return build(known[name], {k: v for k, v in value.items() if k != "name"})


def _networks(value: Any) -> tuple[NetworkSpec, ...]:
    if not isinstance(value, (list, tuple)) or not 1 <= len(value) <= MOST_NETWORKS:
        raise SpecError([Problem("", value, f"must be a list of 1 to {MOST_NETWORKS} networks")])
    made = collect({i: partial(_network, network) for i, network in enumerate(value)})
    cells = [network.cell for network in made.values()]
    return tuple(_labelled(network, i, cells.count(network.cell) > 1) for i, network in enumerate(made.values()))


def _probe(value: Any) -> Probe:
    return value if isinstance(value, Probe) else build(Probe, value)


def _network(value: Any) -> NetworkSpec:
    return value if isinstance(value, NetworkSpec) else build(NetworkSpec, value)


def _labelled(network: NetworkSpec, index: int, twin: bool) -> NetworkSpec:
    if network.label is not None:
        return network
    return dataclasses.replace(network, label=network.cell.upper() + (f" {index + 1}" if twin else ""))


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


def _classes_from_weights(spec: RunSpec) -> None:
    """Take K of class targets from the given readout where the task does not say (DESIGN §6)."""
    task = spec.task
    if isinstance(task, Inline) and task.loss == "softmax_cross_entropy" and task.classes is None:
        readouts = [n.weights["weight_ho"] for n in spec.networks if n.weights and "weight_ho" in n.weights]
        rows = [len(w) for w in readouts if w.ndim]  # one of another shape is refused by its name
        classes = rows[0] if rows else task.output_size
        made = collect({"task": lambda: dataclasses.replace(task, classes=classes)})
        object.__setattr__(spec, "task", made["task"])


def _truncation_problems(spec: RunSpec) -> list[Problem]:
    stride, window = spec.truncation_stride, spec.truncation_window
    if stride is not None and window is None:
        return [Problem("truncation_stride", stride, "needs a truncation_window")]
    if stride is not None and window is not None and window < stride:
        return [Problem("truncation_window", window, f"must be at least truncation_stride = {stride}")]
    return []


def _penalty_problems(spec: RunSpec) -> list[Problem]:
    weight = spec.vanishing_penalty
    wants = {
        "needs a simple rnn among the networks": any(network.cell == "rnn" for network in spec.networks),
        "needs full BPTT: a truncated signal ends at the cut": spec.truncation_window is None,
        "needs an optimizer that goes by the gradient alone": type(spec.optimizer).by_gradient_alone,
    }
    return [Problem("vanishing_penalty", weight, want) for want, has in wants.items() if weight and not has]


def _probe_problems(spec: RunSpec) -> list[Problem]:
    count = probe_count(spec)
    if spec.probe.sample >= count:
        return [Problem("probe.sample", spec.probe.sample, f"must be below {count}, the samples of the probe batch")]
    return []


def _parameter_problems(spec: RunSpec) -> list[Problem]:
    found = []
    for i, network in enumerate(spec.networks):
        own = layout_of(spec, network)
        unknown = [Problem("frozen", n, f"no such parameter; there are {', '.join(own)}")
                   for n in network.frozen if n not in own]  # fmt: skip
        wrong = weight_problems(own, network.weights or {}, spec.float_type)
        found += [p.under(i).under("networks") for p in wrong + unknown]
    return found


def layout_of(run: RunSpec, network: NetworkSpec) -> Layout:
    """Return where the parameters of one of a run's networks lie."""
    return layout(network.cell, network.hidden_size, network.layers, run.input_size, run.output_size)


def probe_count(spec: RunSpec) -> int:
    """Return how many samples a batch of this run has."""
    count: int | None = spec.task.sample_count
    if count is None:
        return spec.batch_size
    return count if isinstance(spec.task, Inline) else min(count, spec.batch_size)


def _at(value: Any, path: list[str]) -> Any:
    for part in path:
        value = value[int(part)] if isinstance(value, tuple) else getattr(value, part)
    return value


def _replaced(value: Any, changes: Changes) -> Any:
    """Return a part of a spec with the leaves at some paths replaced; whatever else it holds is shared, not copied."""
    if isinstance(value, tuple):
        return tuple(_replaced(item, _below(changes, str(i))) for i, item in enumerate(value))
    own = {path[0]: new for path, new in changes if len(path) == 1}
    inner = {path[0] for path, _ in changes if len(path) > 1}
    made = collect({name: partial(_replaced, getattr(value, name), _below(changes, name)) for name in inner})
    return dataclasses.replace(value, **own, **made) if changes else value


def _below(changes: Changes, name: str) -> Changes:
    return [(path[1:], new) for path, new in changes if len(path) > 1 and path[0] == name]


def _plain(value: Any) -> Any:
    """Return the JSON form of a spec or a part of it."""
    if dataclasses.is_dataclass(value):
        named = {"name": value.name} if isinstance(value, (Task, Optimizer)) else {}
        return named | {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, np.ndarray):
        nested = value.tolist()
        return _without_nan(nested) if value.dtype.kind == "f" and np.isnan(value).any() else nested
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    return value


def _without_nan(nested: Any) -> Any:
    if isinstance(nested, list):
        return [_without_nan(v) for v in nested]
    return None if nested != nested else nested
