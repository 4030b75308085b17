"""One form for everybody's answers, so that oracles and engine can be laid side by side: {name: array}.

Names: loss, accuracy, outputs (B, T, K), and per layer l: hidden_l (B, T+1, n), cell_state_l, gate_i_l … (B, T, n),
d_hidden_l, d_cell_state_l, jacobian_log_norms_l (B, T+1, T+1), cell_…, carousel_…, itemised_log_norms_l;
grad.<parameter>.
NaN stands beyond a sequence's end, above the diagonal of the maps, and in rows of the itemised map without a target.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from tests.reference import plain
from tests.reference.cases import Spec, sizes, target_table

Array = npt.NDArray[Any]
Answers = dict[str, Array]
VIEWS = (
    "hidden",
    "cell_state",
    "d_hidden",
    "d_cell_state",
    "jacobian_log_norms",
    "cell_jacobian_log_norms",
    "carousel_log_norms",
    "itemised_log_norms",
)


def beyond_end(spec: Spec, arrays: Answers) -> Answers:
    """Put NaN beyond each sequence's end and above the diagonals of the maps."""
    T, _, lengths = sizes(spec)
    for name, array in arrays.items():
        if array.ndim < 3 or name.startswith("grad."):
            continue
        for b, length in enumerate(lengths):
            array[b, length + (array.shape[1] == T + 1) :] = np.nan
        if "log_norms" in name:
            array[:, np.triu(np.ones((T + 1, T + 1), bool), 1)] = np.nan
    return arrays


def log_norm(blocks: Array) -> Array:
    """Return log10 of the Frobenius norm over the last two axes (one axis: pass [..., None])."""
    with np.errstate(divide="ignore"):
        return np.log10(np.sqrt((blocks**2).sum((-2, -1))))


def itemised_map(spec: Spec, itemised: Array) -> Array:
    """Return the itemised map (B, T+1, T+1) from dL_t/dh_k (B, T, T+1, n), NaN in rows without a target."""
    T, B, _ = sizes(spec)
    maps = np.full((B, T + 1, T + 1), np.nan)
    maps[:, 1:] = log_norm(itemised[..., None])
    table = target_table(spec["task"])
    for b, t in np.ndindex(B, T):
        if (t + 1, b) not in table:
            maps[b, t + 1] = np.nan
    return maps


def of_plain(spec: Spec, *, with_maps: bool = True) -> Answers:
    """Return the answers of the complex-step oracle."""
    run, lstm = plain.forward(spec), spec["networks"][0]["cell"] == "lstm"
    found = {
        "loss": np.array(plain.step_losses(spec, run.outputs).real.sum()), "accuracy": np.array(plain.accuracy(spec)),
        "outputs": run.outputs.real.transpose(2, 0, 1),
    }  # fmt: skip
    for layer, hidden in enumerate(run.hidden):
        found[f"hidden_{layer}"] = hidden.real.transpose(2, 0, 1)
        found |= {f"gate_{g}_{layer}": gate.real.transpose(2, 0, 1) for g, gate in run.gates[layer].items()}
        items = plain.itemised(spec, layer)
        found[f"d_hidden_{layer}"] = items.sum(1)
        found[f"itemised_log_norms_{layer}"] = itemised_map(spec, items)
        if lstm:
            found[f"cell_state_{layer}"] = run.cell_state[layer].real.transpose(2, 0, 1)
            found[f"d_cell_state_{layer}"] = plain.itemised(spec, layer, "c").sum(1)
            found[f"carousel_log_norms_{layer}"] = carousel(run.gates[layer]["f"].real.transpose(2, 0, 1))
        if with_maps:
            blocks = plain.jacobian_products(spec, layer)
            found[f"jacobian_log_norms_{layer}"] = log_norm(blocks["hh"])
            if lstm:
                found[f"cell_jacobian_log_norms_{layer}"] = log_norm(blocks["cc"])
    return beyond_end(spec, found) | {f"grad.{name}": g for name, g in plain.gradients(spec).items()}


def carousel(forget: Array) -> Array:
    """Return log10 of the Frobenius norm of prod_{j=k+1..t} diag(f_j), (B, T+1, T+1), from f (B, T, n)."""
    B, T, n = forget.shape
    maps = np.zeros((B, T + 1, T + 1))
    for t in range(T + 1):
        for k in range(t + 1):
            maps[:, t, k] = log_norm(np.prod(forget[:, k:t], axis=1)[..., None])
    return maps


def of_engine(spec: Spec) -> Answers:
    """Return the engine's answers by public functions only; a gradient is what one SGD step of size 1 took away."""
    import engine

    checkpoint = engine.start(engine.RunSpec.from_dict(spec))
    probes = [engine.Probe(sample=b) for b in range(sizes(spec)[1])]
    frames = [engine.frame_of(checkpoint, probe=probe).networks[0] for probe in probes]
    found = {"loss": np.array(frames[0].loss), "outputs": np.stack([f.outputs for f in frames]),
             "accuracy": np.array(np.nan if frames[0].accuracy is None else frames[0].accuracy)}  # fmt: skip
    for layer in range(len(frames[0].layers)):
        views = [f.layers[layer] for f in frames]
        for name in VIEWS:
            if getattr(views[0], name) is not None:
                found[f"{name}_{layer}"] = np.stack([getattr(v, name) for v in views])
        for gate in views[0].gates:
            found[f"gate_{gate}_{layer}"] = np.stack([v.gates[gate] for v in views])
    before = engine.weights(checkpoint)
    after = engine.weights(engine.advance(checkpoint, 1)[0])
    return found | {f"grad.{name}": before[name] - after[name] for name in before}


def worst_error(got: Answers, want: Answers) -> tuple[float, str]:
    """Return the largest error and its name: relative to the array's largest entry, absolute for logs.

    Infinite where the names, shapes, NaN or infinities differ.
    """
    missing = want.keys() - got.keys()
    if missing:
        return np.inf, f"missing: {sorted(missing)}"
    errors = {name: _error(np.asarray(got[name]), np.asarray(want[name]), "log_norms" in name) for name in want}
    name = max(errors, key=errors.__getitem__)
    return errors[name], name


def _error(got: Array, want: Array, is_log: bool) -> float:
    finite = np.isfinite(want)
    if got.shape != want.shape or not np.array_equal(got[~finite], want[~finite], equal_nan=True):
        return np.inf
    if not finite.any():
        return 0.0
    size = 1.0 if is_log else max(np.abs(want[finite]).max(), 1e-3)
    worst = float(np.abs(got[finite] - want[finite]).max() / size)
    return worst if np.isfinite(worst) else np.inf
