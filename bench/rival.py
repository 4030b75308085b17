"""The same networks in PyTorch, as one would write them there, with the engine's weights."""

from collections.abc import Mapping

import numpy as np
import torch

torch.set_num_threads(1)

KINDS = {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}
CELLS = {"rnn": torch.nn.RNNCell, "lstm": torch.nn.LSTMCell, "gru": torch.nn.GRUCell}
Weights = Mapping[str, np.ndarray]


class Rival(torch.nn.Module):
    """A recurrent layer and a linear readout of its last state."""

    def __init__(self, cell: str, weights: Weights) -> None:
        """Take over the weights, which are in PyTorch's names and layout but for the readout's."""
        super().__init__()
        n, m = weights["weight_hh_l0"].shape[1], weights["weight_ih_l0"].shape[1]
        self.recurrent = KINDS[cell](m, n)
        self.readout = torch.nn.Linear(n, len(weights["bias_o"]))
        own = {f"recurrent.{name}": array for name, array in weights.items() if name.endswith("_l0")}
        own |= {"readout.weight": weights["weight_ho"], "readout.bias": weights["bias_o"]}
        self.load_state_dict({name: torch.tensor(array) for name, array in own.items()})

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        """Return the outputs (B, K) of inputs (T, B, m)."""
        return self.readout(self.recurrent(inputs)[0][-1])


class Trainer:
    """Forward, back-propagation and Adam on one batch."""

    def __init__(self, cell: str, weights: Weights, inputs: np.ndarray, targets: np.ndarray, rate: float) -> None:
        """Keep the batch, inputs (B, T, m) and targets (B, K), in PyTorch's order."""
        self.model = Rival(cell, weights)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=rate)
        self.inputs = torch.tensor(inputs.transpose(1, 0, 2).copy())
        self.targets = torch.tensor(targets)

    def train(self, steps: int) -> float:
        """Take some steps; return the loss before the last."""
        for _ in range(steps):
            self.optimizer.zero_grad()
            loss = torch.nn.functional.mse_loss(self.model(self.inputs), self.targets)
            loss.backward()
            self.optimizer.step()
        return loss.item()


def log_norm_maps(cell: str, weights: Weights, inputs: np.ndarray) -> np.ndarray:
    """Return log10 of the Frobenius norms of dh_t/dh_k, and for the LSTM of dc_t/dc_k (h_k held fixed), for k < t.

    Inputs are (T, m), maps (1 or 2, T+1, T+1). By batched vector-Jacobian products: one pass back from each s_t carries
    all its unit vectors at once and meets every s_k on its way. Step k + 1 reads a copy of c_k, so that a derivative by
    this copy holds h_k fixed.
    """
    T, n = len(inputs), weights["weight_hh_l0"].shape[1]
    step = CELLS[cell](inputs.shape[1], n)
    step.load_state_dict({k.removesuffix("_l0"): torch.tensor(v) for k, v in weights.items() if k.endswith("_l0")})
    states = [[torch.zeros(1, n, requires_grad=True)] for _ in range(2 if cell == "lstm" else 1)]
    for x in torch.tensor(inputs)[:, None]:
        if cell == "lstm":
            h, c = step(x, (states[0][-1], states[1][-1]))
            states[1].append(c.clone())
        else:
            h = step(x, states[0][-1])
        states[0].append(h)
    G = len(states)
    units = torch.eye(G * n).reshape(G * n, G, 1, n).unbind(1)
    out = np.full((G, T + 1, T + 1), np.nan)
    for t in range(1, T + 1):
        below = [state for part in states for state in part[:t]]
        rows = torch.autograd.grad([part[t] for part in states], below, units, retain_graph=True, is_grads_batched=True)
        for g in range(G):
            own = torch.stack([row[g * n : (g + 1) * n] for row in rows[g * t : (g + 1) * t]])
            out[g, t, :t] = own.flatten(1).norm(dim=1).log10().numpy()
    return out
