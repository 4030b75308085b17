"""Experiments worth opening: one for each task that is known to be learned, and the pairs that teach.

A preset's spec is a plain dict for `RunSpec.from_dict`. What it promises is measured: `Claim(network, step,
at_most=share)` says that this network's loss, mean over the 20 batches up to that step, is at most that share of the
task's chance loss; `at_least` says that it is not yet below it. The first claim of each is the short one, which
`tests/engine/test_presets.py` holds; `python -m bench presets` measures all of them over seeds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

Spec = dict[str, Any]


class Claim(NamedTuple):
    """A promise about one network's loss at a step, as a share of the chance loss."""

    network: int
    step: int
    at_most: float | None = None
    at_least: float | None = None


@dataclass(frozen=True)
class Preset:
    """An experiment with its title, a sentence of what it shows, and what is promised of it."""

    title: str
    sentence: str
    spec: Spec
    claims: tuple[Claim, ...] = ()


def _net(cell: str, hidden_size: int = 32, **rest: Any) -> Spec:
    return {"cell": cell, "hidden_size": hidden_size, **rest}


def _three(hidden_size: int = 32) -> list[Spec]:
    return [_net(cell, hidden_size) for cell in ("rnn", "lstm", "gru")]


def _spec(task: Spec, networks: list[Spec], learning_rate: float, steps: int, **rest: Any) -> Spec:
    adam = {"name": "adam", "learning_rate": learning_rate}
    return {"task": task, "networks": networks, "optimizer": adam, "steps": steps, "clip_norm": 1.0, **rest}


# w_x and w_rec of seed 000 are weight_ih and weight_hh; everything else is frozen at what the seed leaves out.
SCALAR_LINEAR = {
    "cell": "rnn", "hidden_size": 1, "activation": "identity", "label": "w_x, w_rec",
    "weights": {"weight_ih_l0": [[-1.5]], "weight_hh_l0": [[2.0]], "bias_ih_l0": [0.0], "bias_hh_l0": [0.0],
                "weight_ho": [[1.0]], "bias_o": [0.0]},
    "frozen": ["bias_ih_l0", "bias_hh_l0", "weight_ho", "bias_o"],
}  # fmt: skip
# A start that grows: every product gains a twentieth a step, and relu does not stop it.
EXPLODING = _net("rnn", activation="relu", recurrent_init="identity", spectral_radius=1.05)
BIASES = [_net("lstm", forget_bias=b, label=f"bias {b:g}") for b in (0.0, 1.0, 3.0, 5.0)]
SGD = {"name": "sgd", "learning_rate": 0.01}

PRESETS: dict[str, Preset] = {
    "vanishing": Preset(
        "Vanishing: RNN, LSTM, GRU",
        "The same numbers, the same task: the tanh RNN's gradient is gone after a few steps and it stays at chance, "
        "while LSTM and GRU keep it and learn.",
        _spec({"name": "adding", "length": 40}, _three(), 0.005, 20_000),
        (Claim(2, 400, at_most=0.6), Claim(0, 800, at_least=0.6), Claim(1, 1200, at_most=0.1),
         Claim(2, 800, at_most=0.1)),
    ),
    "as_soon_as": Preset(
        "Sentences: as soon as",
        "Three sentences, three hidden units: the order of the words is learned in a few dozen steps.",
        _spec({"name": "as_soon_as"}, [_net("rnn", 3)], 0.05, 400),
        (Claim(0, 200, at_most=0.05),),
    ),
    "bit_sum": Preset(
        "Sum of bits: two weights",
        "A linear RNN of two weights starts on a steep wall at (-1.5, 2); Rprop, which reads only signs, walks down to "
        "(1, 1).",
        {"task": {"name": "bit_sum"}, "networks": [SCALAR_LINEAR], "steps": 500, "dtype": "float64",
         "optimizer": {"name": "rprop", "learning_rate": 0.001}},
        (Claim(0, 500, at_most=0.001),),
    ),
    "binary_addition": Preset(
        "Binary addition",
        "One bit, the carry, must survive one step: eight tanh units need no gates for it.",
        _spec({"name": "binary_addition"}, [_net("rnn", 8)], 0.02, 2000),
        (Claim(0, 600, at_most=0.1),),
    ),
    "temporal_order": Preset(
        "Temporal order",
        "Only the order of two rare symbols counts, the last of them half a sequence ago.",
        _spec({"name": "temporal_order", "length": 30}, _three(), 0.005, 5000),
        (Claim(2, 400, at_most=0.1),),
    ),
    "copy_memory": Preset(
        "Copy memory",
        "Three symbols must cross a blank; the loss falls in stairs, one symbol after the other.",
        _spec({"name": "copy_memory", "length": 20, "symbols": 3, "alphabet": 4}, _three(), 0.02, 5000),
        (Claim(2, 300, at_most=0.75), Claim(2, 1200, at_most=0.2)),
    ),
    "delayed_recall": Preset(
        "Delayed recall",
        "Every symbol is asked for five steps later: the gradient must reach back five steps, and no further.",
        _spec({"name": "delayed_recall"}, _three(), 0.01, 2000),
        (Claim(0, 300, at_most=0.1), Claim(2, 300, at_most=0.1)),
    ),
    "one_to_many": Preset(
        "One to many: hold",
        "Only the first step has an input; its symbol must be held to the end.",
        _spec({"name": "delayed_recall", "shown": "first", "delay": 0, "length": 30}, _three(16), 0.01, 1000),
        (Claim(1, 300, at_most=0.05),),
    ),
    "reber": Preset(
        "Embedded Reber grammar",
        "Most successors need one step of memory, the last but one needs the second symbol: watch the loss hang, then "
        "drop.",
        _spec({"name": "reber"}, _three(16), 0.02, 5000),
        (Claim(1, 300, at_most=0.15), Claim(1, 3000, at_most=0.1)),
    ),
    "char_text": Preset(
        "Text by characters",
        "A sonnet is learned by heart: every step has a target, so short paths teach first.",
        _spec({"name": "char_text"}, _three(64), 0.005, 2000),
        (Claim(0, 200, at_most=0.4),),
    ),
    "csv": Preset(
        "Sunspots",
        "Next year's sunspot number from the last twenty: does the gradient reach back one cycle of eleven years?",
        _spec({"name": "csv"}, _three(16), 0.005, 3000),
        (Claim(1, 200, at_most=0.2),),
    ),
    "mnist1d": Preset(
        "MNIST-1D",
        "Digits as curves of forty points, read one by one (needs the package mnist1d).",
        _spec({"name": "mnist1d"}, _three(), 0.01, 5000),
        (Claim(2, 200, at_most=0.75), Claim(2, 1000, at_most=0.35)),
    ),
    "forget_bias": Preset(
        "Forget bias 0, 1, 3, 5",
        "Four LSTMs that differ in one number: with 0 the cell forgets as fast as an RNN, with 5 it hardly ever does.",
        _spec({"name": "adding", "length": 60}, BIASES, 0.005, 5000),
        (Claim(2, 2000, at_most=0.1),),
    ),
    "exploding": Preset(
        "Exploding",
        "A relu RNN of spectral radius 1.05 under plain gradient descent: forty small gains make a gradient so long "
        "that the first two updates throw the weights away.",
        {"task": {"name": "adding", "length": 40}, "networks": [EXPLODING], "optimizer": SGD, "steps": 3000},
    ),
    "clipping": Preset(
        "Exploding, clipped",
        "The same start and the same rate as in Exploding, but no gradient may be longer than 1: it survives.",
        {"task": {"name": "adding", "length": 40}, "networks": [EXPLODING], "optimizer": SGD, "steps": 3000,
         "clip_norm": 1.0},
        (Claim(0, 500, at_most=1.2), Claim(0, 3000, at_most=0.85)),
    ),
    "irnn": Preset(
        "IRNN: start from the identity",
        "A relu RNN whose recurrent matrix starts as the identity hands the gradient back unchanged, without any gate "
        "(Le 2015).",
        _spec({"name": "adding", "length": 60},
              [_net("rnn", activation="relu", recurrent_init="identity", label="IRNN"), _net("rnn", label="tanh RNN")],
              0.002, 10_000),
        (Claim(0, 400, at_most=0.7), Claim(0, 1000, at_most=0.3), Claim(1, 1000, at_least=0.6)),
    ),
}  # fmt: skip
