"""Formulas as MathML, made here from LaTeX: no script typesets anything, and a wrong formula fails where it is written.

`\\text{@name@}` in a formula is a slot for a live number: it becomes `<mn data-slot="name">`, which the page fills in;
`\\text{@(name)@}` puts a negative number in parentheses.
"""

from __future__ import annotations

import re

from markupsafe import Markup
from math_core import LatexToMathML

CONVERTER = LatexToMathML()
SLOT = re.compile(r"<mtext>@(\(?)(\w+)\)?@</mtext>")
Pair = tuple[str, str]  # LaTeX of the formula, and of the same with one unit's numbers

ACTIVATIONS = {"tanh": r"\tanh", "relu": r"\operatorname{relu}", "logistic": r"\sigma", "identity": ""}
SLOPES = {
    "tanh": (r"1 - h_{k+1}^{2}", r"1 - \text{@(hnext)@}^{2}"),
    "relu": (r"[h_{k+1} > 0]", r"[\text{@hnext@} > 0]"),
    "logistic": (r"h_{k+1} \odot (1 - h_{k+1})", r"\text{@(hnext)@} \cdot (1 - \text{@(hnext)@})"),
    "identity": ("1", "1"),
}
GROWTH: list[Pair] = [
    (r"\frac{\partial h_t}{\partial h_k} = \frac{\partial h_t}{\partial h_{k+1}} \, J_{k+1}",
     r"\text{@norm@} \leftarrow \text{@normbefore@}, \quad \lVert J_{k+1} \rVert = \text{@normfactor@}"),
    (r"\frac{\partial L}{\partial h_k} = \text{what step } k \text{ itself adds} + "
     r"J_{k+1}^{\top} \frac{\partial L}{\partial h_{k+1}}",
     r"\text{@dh@}, \quad \lVert \cdot \rVert = \text{@dhnorm@}"),
]  # fmt: skip


def math(latex: str, block: bool = False) -> Markup:
    """Return a formula as MathML. Raises `math_core.LatexError` where the LaTeX is wrong."""
    made = CONVERTER.convert_with_local_state(latex, displaystyle=block)
    return Markup(SLOT.sub(_slot, made))  # the converter escapes text


def _slot(found: re.Match[str]) -> str:
    wrapped = " data-wrapped" if found[1] else ""
    return f'<mn data-slot="{found[2]}"{wrapped}>–</mn>'


def _gate(name: str, squash: str, recurrent: str = "h_{t-1}", reset: str = "") -> Pair:
    symbols = rf"{name}_t = {squash}(W_{{i{name}}} x_t + {reset} W_{{h{name}}} {recurrent} + b_{name})"
    parts = rf"\text{{@{name}in@}} + \text{{@({name}rec)@}} + \text{{@({name}bias)@}}"
    numbers = rf"\text{{@{name}@}} = {squash}({parts})"
    return symbols, numbers


def _rnn(activation: str) -> list[Pair]:
    squash = ACTIVATIONS[activation]
    symbols, numbers = r"W_{ih} x_t + W_{hh} h_{t-1} + b", r"\text{@ain@} + \text{@(arec)@} + \text{@(abias)@}"
    if squash:
        symbols, numbers = f"{squash}({symbols})", f"{squash}({numbers})"
    return [(f"h_t = {symbols}", rf"\text{{@h@}} = {numbers}")]


def _rnn_back(activation: str) -> list[Pair]:
    slope, numbers = SLOPES[activation]
    return [(rf"J_{{k+1}} = \frac{{\partial h_{{k+1}}}}{{\partial h_k}} = \operatorname{{diag}}({slope}) \, W_{{hh}}",
             rf"({numbers}) \cdot \text{{@(weight)@}} = \text{{@factor@}}")]  # fmt: skip


LSTM: list[Pair] = [
    *(_gate(name, r"\tanh" if name == "g" else r"\sigma") for name in "ifgo"),
    (r"c_t = f_t \odot c_{t-1} + i_t \odot g_t",
     r"\text{@c@} = \text{@f@} \cdot \text{@(cprev)@} + \text{@i@} \cdot \text{@(g)@}"),
    (r"h_t = o_t \odot \tanh c_t", r"\text{@h@} = \text{@o@} \cdot \tanh \text{@(c)@}"),
]  # fmt: skip
LSTM_BACK: list[Pair] = [
    (r"\text{direct: } \frac{\partial c_{k+1}}{\partial c_k} = \operatorname{diag}(f_{k+1})", r"\text{@f@}"),
    (r"\text{direct: } \frac{\partial c_t}{\partial c_k} = \prod_{j=k+1}^{t} f_j", r"\text{@path@}"),
]
GRU_END: Pair = (r"h_t = (1 - z_t) \odot n_t + z_t \odot h_{t-1}",
                 r"\text{@h@} = (1 - \text{@z@}) \cdot \text{@(n)@} + \text{@z@} \cdot \text{@(hprev)@}")  # fmt: skip
GRU_BACK: list[Pair] = [
    (r"J_{k+1} = \operatorname{diag}(z_{k+1}) + \text{through the gates}",
     r"\text{@factor@} = \text{@z@} + \text{@(rest)@}"),
    (r"\text{direct: } \frac{\partial h_t}{\partial h_k} = \prod_{j=k+1}^{t} z_j", r"\text{@path@}"),
]  # fmt: skip


def _gru(reset_after: bool) -> list[Pair]:
    gates = [_gate(name, r"\sigma") for name in "rz"]
    if reset_after:
        symbols = r"n_t = \tanh(W_{in} x_t + b_{in} + r_t \odot (W_{hn} h_{t-1} + b_{hn}))"
    else:
        symbols = r"n_t = \tanh(W_{in} x_t + W_{hn} (r_t \odot h_{t-1}) + b_n)"
    return [*gates, (symbols, _gate("n", r"\tanh")[1]), GRU_END]


def blocks() -> list[tuple[str, str, list[Pair]]]:
    """Return (kind of network, phase, formulas): kinds are rnn-tanh, …, lstm, gru-after, gru-before."""
    found = [(f"rnn-{name}", "forward", _rnn(name)) for name in ACTIVATIONS]
    found += [(f"rnn-{name}", "backward", _rnn_back(name) + GROWTH) for name in ACTIVATIONS]
    found += [("lstm", "forward", LSTM), ("lstm", "backward", LSTM_BACK + GROWTH)]
    for kind, after in (("gru-after", True), ("gru-before", False)):
        found += [(kind, "forward", _gru(after)), (kind, "backward", GRU_BACK + GROWTH)]
    return found
