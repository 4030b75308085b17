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


def log_norm_map(cell: str, weights: Weights, inputs: np.ndarray) -> np.ndarray:
    """Return log10 of the Frobenius norms of dh_t/dh_k for k < t, (T+1, T+1), by batched vector-Jacobian products.

    One pass back from each h_t carries all n unit vectors at once and meets every h_k on its way. Inputs are (T, m).
    """
    T, n = len(inputs), weights["weight_hh_l0"].shape[1]
    step = CELLS[cell](inputs.shape[1], n)
    step.load_state_dict({k.removesuffix("_l0"): torch.tensor(v) for k, v in weights.items() if k.endswith("_l0")})
    hidden = [torch.zeros(1, n, requires_grad=True)]
    memory = torch.zeros(1, n)
    for x in torch.tensor(inputs)[:, None]:
        if cell == "lstm":
            h, memory = step(x, (hidden[-1], memory))
        else:
            h = step(x, hidden[-1])
        hidden.append(h)
    units = torch.eye(n)[:, None]
    out = np.full((T + 1, T + 1), np.nan)
    for t in range(1, T + 1):
        rows = torch.autograd.grad(hidden[t], hidden[:t], units, retain_graph=True, is_grads_batched=True)
        out[t, :t] = torch.stack(rows).flatten(1).norm(dim=1).log10().numpy()
    return out
