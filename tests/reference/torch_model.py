"""PyTorch's answers: torch.nn.RNN / LSTM / GRU for loss and gradients, torch's own step functions for every state.

What torch does not have (logistic and identity RNN, the reset-before GRU) is written by hand;
autograd differentiates it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch.autograd.functional import jacobian

from tests.reference.answers import Answers, beyond_end, carousel, itemised_map, log_norm
from tests.reference.cases import Spec, sizes, target_table

Tensor = torch.Tensor
BUILT_IN = {"tanh": torch.rnn_tanh_cell, "relu": torch.rnn_relu_cell}


def parameters(spec: Spec) -> dict[str, Tensor]:
    """Return the given weights as leaves."""
    return {
        name: torch.tensor(w, dtype=torch.float64, requires_grad=True)
        for name, w in spec["networks"][0]["weights"].items()
    }


def step(network: dict[str, Any], W: list[Tensor], x: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    """Return (h_t, c_t) of one layer; x (B, m), h and c (B, n). c passes through where the cell has none."""
    if network["cell"] == "lstm":
        return torch.lstm_cell(x, [h, c], *W)  # type: ignore[return-value]
    if network["cell"] == "gru":
        return (torch.gru_cell(x, h, *W) if network.get("reset_after", True) else _gru_before(W, x, h)), c
    activation = network.get("activation", "tanh")
    if activation in BUILT_IN:
        return BUILT_IN[activation](x, h, *W), c
    preact = x @ W[0].T + W[2] + h @ W[1].T + W[3]
    return (torch.sigmoid(preact) if activation == "logistic" else preact), c


def _gru_before(W: list[Tensor], x: Tensor, h: Tensor) -> Tensor:
    n = h.shape[1]
    from_input, from_hidden = x @ W[0].T + W[2], h @ W[1][: 2 * n].T + W[3][: 2 * n]
    r = torch.sigmoid(from_input[:, :n] + from_hidden[:, :n])
    z = torch.sigmoid(from_input[:, n : 2 * n] + from_hidden[:, n:])
    candidate = torch.tanh(from_input[:, 2 * n :] + (r * h) @ W[1][2 * n :].T + W[3][2 * n :])
    return z * h + (1 - z) * candidate


class Unrolled:
    """Every state of every layer as a node of the graph, kept for its gradient."""

    def __init__(self, spec: Spec, params: dict[str, Tensor]) -> None:
        network, (_, B, _) = spec["networks"][0], sizes(spec)
        self.layers = network.get("layers", 1)
        below = list(torch.tensor(spec["task"]["inputs"], dtype=torch.float64).unbind(1))
        self.inputs, self.hidden, self.cell_state, self.weights = [], [], [], []
        for layer in range(self.layers):
            W = [params[f"{kind}_l{layer}"] for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")]
            zeros = torch.zeros(B, network["hidden_size"], dtype=torch.float64)
            hidden, cells = [zeros.clone().requires_grad_()], [zeros.clone().requires_grad_()]
            for x in below:
                h, c = step(network, W, x, hidden[-1], cells[-1])
                hidden.append(h)
                cells.append(c)
            for state in (*hidden[1:], *cells[1:]):
                if state.requires_grad and not state.is_leaf:
                    state.retain_grad()
            self.inputs.append(below)
            self.hidden.append(hidden)
            self.cell_state.append(cells)
            self.weights.append(W)
            below = hidden[1:]
        self.outputs = torch.stack(below, 1) @ params["weight_ho"].T + params["bias_o"]  # (B, T, K)


def step_losses(spec: Spec, outputs: Tensor) -> dict[tuple[int, int], Tensor]:
    """Return {(t, b): the weighted loss}, by torch's own loss functions."""
    table = target_table(spec["task"])
    share = 1 / (sizes(spec)[1] if spec.get("time_reduction") == "sum" else len(table))
    function = {
        "mse": lambda y, v: torch.nn.functional.mse_loss(y, torch.tensor(v, dtype=torch.float64)),
        "binary_cross_entropy": lambda y, v: torch.nn.functional.binary_cross_entropy_with_logits(
            y, torch.tensor(v, dtype=torch.float64)),
        "softmax_cross_entropy": lambda y, v: torch.nn.functional.cross_entropy(y, torch.tensor(v)),
    }[spec["task"]["loss"]]  # fmt: skip
    return {(t, b): share * function(outputs[b, t - 1], value) for (t, b), value in table.items()}


def whole_outputs(spec: Spec, params: dict[str, Tensor]) -> Tensor:
    """Return the outputs (B, T, K) by torch.nn.RNN / LSTM / GRU where torch has the cell, else by unrolled steps."""
    network = spec["networks"][0]
    kinds = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}
    built_in = {
        "lstm": True,
        "gru": network.get("reset_after", True),
        "rnn": network.get("activation", "tanh") in BUILT_IN,
    }
    if not built_in[network["cell"]]:
        return Unrolled(spec, params).outputs
    more = {"nonlinearity": network.get("activation", "tanh")} if network["cell"] == "rnn" else {}
    inputs = torch.tensor(spec["task"]["inputs"], dtype=torch.float64)
    module = kinds[network["cell"]](
        inputs.shape[2], network["hidden_size"], network.get("layers", 1), batch_first=True, **more
    )
    own = {name: params[name] for name, _ in module.named_parameters()}
    hidden, _ = torch.func.functional_call(module.double(), own, (inputs,))
    return hidden @ params["weight_ho"].T + params["bias_o"]


def loss_of(spec: Spec, params: dict[str, Tensor]) -> Tensor:
    """Return L as a scalar of the graph."""
    return sum(step_losses(spec, whole_outputs(spec, params)).values(), torch.zeros((), dtype=torch.float64))


def of_torch(spec: Spec, *, with_maps: bool = True) -> Answers:
    """Return PyTorch's answers (see `answers`); the maps cost a Jacobian for each pair of steps."""
    params, whole = parameters(spec), parameters(spec)
    run, lstm = Unrolled(spec, params), spec["networks"][0]["cell"] == "lstm"
    losses = step_losses(spec, run.outputs)
    loss = loss_of(spec, whole)
    loss.backward()
    sum(losses.values(), torch.zeros(())).backward(retain_graph=True)  # type: ignore[union-attr]
    found = {"loss": loss.detach().numpy(), "outputs": run.outputs.detach().numpy().copy()}
    for layer in range(run.layers):
        found |= {f"hidden_{layer}": _stack(run.hidden[layer]), f"d_hidden_{layer}": _grads(run.hidden[layer])}
        if with_maps:
            found[f"jacobian_log_norms_{layer}"] = log_norm(products(spec, run, layer)["hh"])
        if lstm:
            found |= _lstm_views(spec, run, layer, with_maps)
        if spec["networks"][0]["cell"] == "gru":
            found |= _gru_gates(spec, run, layer)
    for layer in range(run.layers):  # after the retained gradients are read: autograd.grad would add to them
        items = _itemised(spec, run, losses, layer)
        found[f"itemised_log_norms_{layer}"] = itemised_map(spec, items)
    return beyond_end(spec, found) | {f"grad.{n}": w.grad.numpy() for n, w in whole.items()}  # type: ignore[union-attr]


def _stack(states: list[Tensor]) -> Any:
    return torch.stack(states, 1).detach().numpy().copy()


def _grads(states: list[Tensor]) -> Any:
    return torch.stack([torch.zeros_like(s) if s.grad is None else s.grad for s in states], 1).numpy().copy()


def _itemised(spec: Spec, run: Unrolled, losses: Any, layer: int) -> Any:
    (T, B, _), n = sizes(spec), spec["networks"][0]["hidden_size"]
    items = np.zeros((B, T, T + 1, n))
    for (t, b), loss in losses.items():
        grads = torch.autograd.grad(loss, run.hidden[layer], retain_graph=True, allow_unused=True)
        for k, grad in enumerate(grads):
            if grad is not None:
                items[b, t - 1, k] = grad[b].numpy()
    return items


def products(spec: Spec, run: Unrolled, layer: int) -> dict[str, Any]:
    """Return the blocks hh, hc, ch, cc of ds_t/ds_k, each (B, T+1, T+1, n, n), by autograd on the composed steps."""
    (T, B, _), n = sizes(spec), spec["networks"][0]["hidden_size"]
    blocks = {name: np.zeros((B, T + 1, T + 1, n, n)) for name in ("hh", "hc", "ch", "cc")}
    inputs, W = [x.detach() for x in run.inputs[layer]], [w.detach() for w in run.weights[layer]]
    for k in range(T + 1):
        for t in range(k, T + 1):

            def compose(h: Tensor, c: Tensor, k: int = k, t: int = t) -> tuple[Tensor, Tensor]:
                for x in inputs[k:t]:
                    h, c = step(spec["networks"][0], W, x, h, c)
                return h.sum(0) + 0 * c.sum(), c.sum(0) + 0 * h.sum()  # samples do not mix: one pass for all of them

            rows = jacobian(compose, (run.hidden[layer][k].detach(), run.cell_state[layer][k].detach()))
            for row, name in enumerate("hc"):
                for column, by in enumerate("hc"):
                    blocks[name + by][:, t, k] = rows[row][column].permute(1, 0, 2).numpy()
    return blocks


def _lstm_views(spec: Spec, run: Unrolled, layer: int, with_maps: bool) -> Answers:
    hidden, cells = _stack(run.hidden[layer]), _stack(run.cell_state[layer])
    W = [w.detach().numpy() for w in run.weights[layer]]
    inputs = torch.stack(run.inputs[layer], 1).detach().numpy()
    i, f, g, o = np.split(inputs @ W[0].T + W[2] + hidden[:, :-1] @ W[1].T + W[3], 4, axis=2)
    i, f, g, o = 1 / (1 + np.exp(-i)), 1 / (1 + np.exp(-f)), np.tanh(g), 1 / (1 + np.exp(-o))
    assert np.allclose(f * cells[:, :-1] + i * g, cells[:, 1:], rtol=0, atol=1e-13)
    views = {f"gate_{name}_{layer}": gate for name, gate in zip("ifgo", (i, f, g, o), strict=True)}
    views |= {f"cell_state_{layer}": cells, f"d_cell_state_{layer}": _grads(run.cell_state[layer])}
    views |= {f"carousel_log_norms_{layer}": carousel(f)}
    if with_maps:
        views[f"cell_jacobian_log_norms_{layer}"] = log_norm(products(spec, run, layer)["cc"])
    return views


def _gru_gates(spec: Spec, run: Unrolled, layer: int) -> Answers:
    W, hidden = [w.detach().numpy() for w in run.weights[layer]], _stack(run.hidden[layer])
    inputs = torch.stack(run.inputs[layer], 1).detach().numpy()
    from_input = np.split(inputs @ W[0].T + W[2], 3, axis=2)
    from_hidden = np.split(hidden[:, :-1] @ W[1].T + W[3], 3, axis=2)
    r, z = (1 / (1 + np.exp(-a - b)) for a, b in zip(from_input[:2], from_hidden[:2], strict=True))
    candidate = (hidden[:, 1:] - z * hidden[:, :-1]) / (1 - z)  # whichever variant torch ran
    return {f"gate_{name}_{layer}": gate for name, gate in zip("rzn", (r, z, candidate), strict=True)}


OPTIMIZERS = {
    "sgd": lambda p, lr: torch.optim.SGD(p, lr=lr),
    "momentum": lambda p, lr: torch.optim.SGD(p, lr=lr, momentum=0.9),
    "nesterov": lambda p, lr: torch.optim.SGD(p, lr=lr, momentum=0.9, nesterov=True),
    "rmsprop": lambda p, lr: torch.optim.RMSprop(p, lr=lr, alpha=0.99, eps=1e-8),
    "adam": lambda p, lr: torch.optim.Adam(p, lr=lr, betas=(0.9, 0.999), eps=1e-8),
    "rprop": lambda p, lr: torch.optim.Rprop(p, lr=lr, etas=(0.5, 1.2), step_sizes=(1e-6, 50)),
}


def updates(spec: Spec, count: int) -> Answers:
    """Return the parameters after `count` updates of the spec's optimizer, clipped and frozen as the spec says."""
    params, settings = parameters(spec), spec["optimizer"]
    trained = {n: p for n, p in params.items() if n not in spec["networks"][0].get("frozen", ())}
    optimizer = OPTIMIZERS[settings["name"]](trained.values(), settings["learning_rate"])
    for _ in range(count):
        optimizer.zero_grad()
        loss_of(spec, params).backward()
        if spec.get("clip_norm"):
            torch.nn.utils.clip_grad_norm_(trained.values(), spec["clip_norm"])
        optimizer.step()
    return {name: p.detach().numpy().copy() for name, p in params.items()}
