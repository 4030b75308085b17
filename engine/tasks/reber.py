"""The (embedded) Reber grammar: say which symbols may come next; the last but one depends on the second."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import ClassVar, NamedTuple

import numpy as np

from engine.arrays import Array
from engine.errors import Problem, SpecError
from engine.knobs import check_knobs, knob
from engine.tasks.base import Batch, Loss, Names, Task, entropy, one_hot

SYMBOLS = "BTPSXVE"
Arcs = list[list[tuple[str, int]]]  # at each state: symbols that may come, and the states they lead to
# Reber 1967. The state after the last arc is the end.
INNER: Arcs = [
    [("B", 1)], [("T", 2), ("P", 3)], [("S", 2), ("X", 4)], [("T", 3), ("V", 5)], [("X", 3), ("S", 6)],
    [("P", 4), ("V", 6)], [("E", 7)],
]  # fmt: skip
SHORTEST = {True: 8, False: 4}  # inputs of the shortest string, by `embedded`


class Grammar(NamedTuple):
    """A finite automaton with N states before its end, at most two arcs a state, all arcs of a state equally likely."""

    symbols: Array  # (N, 2) symbol numbers
    followers: Array  # (N, 2) states; N is the end
    chances: Array  # (N, 2) 0 where there is no second arc
    legal: Array  # (N, 7) 1.0 for each symbol that may come


@dataclass(frozen=True)
class Reber(Task):
    """Strings of the grammar one symbol at a time; the target at each step is what may come next."""

    name: ClassVar[str] = "reber"
    label: ClassVar[str] = "Reber grammar"
    help: ClassVar[str] = "Predict the next symbol of a small grammar; one of them was decided at the very start."
    source: ClassVar[str] = "Reber 1967; Cleeremans 1989; Hochreiter & Schmidhuber 1997, experiment 1"
    variant: ClassVar[str] = (
        "legal: the set of lawful successors, 7 logits, binary cross-entropy, learnable to 0; next: the symbol that "
        "did come, softmax cross-entropy, whose floor is the entropy of the choices. Strings with more than T + 1 "
        "symbols are left out, shorter ones padded and masked. Chance: the best constant answer over all strings."
    )

    length: int = knob(20, "Length T", "Most steps of a string (its symbols but the last).", lo=4, hi=100_000)
    embedded: bool = knob(True, "Embedded", "Wrap the string in B, T or P … the same T or P, E: the long lag.")
    targets: str = knob("legal", "Targets", "legal: all lawful successors; next: the one that came.",
                        choices=("legal", "next"))  # fmt: skip

    def __post_init__(self) -> None:
        """Check every knob, and that the shortest string fits."""
        check_knobs(self)
        if self.length < SHORTEST[self.embedded]:
            shortest = f"must be at least {SHORTEST[self.embedded]}, the shortest string's"
            raise SpecError([Problem("length", self.length, shortest)])

    seq_len = property(lambda self: self.length)
    input_size = property(lambda self: len(SYMBOLS))
    output_size = property(lambda self: len(SYMBOLS))

    @property
    def loss(self) -> Loss:
        """Binary or softmax cross-entropy, by the targets."""
        return "binary_cross_entropy" if self.targets == "legal" else "softmax_cross_entropy"

    @property
    def baseline_loss(self) -> float:
        """Entropy of the shares in which symbols are lawful, or do come, exact for all strings of up to T steps."""
        if self.targets == "next":
            return entropy(self._shares[1])
        return float(np.mean([entropy(np.array([p, 1 - p])) for p in self._shares[0]]))

    @cached_property
    def _choices(self) -> Array:
        """Chances (T, N, 2) of each arc at each step, given that the string ends in time."""
        grammar = _grammar(self.embedded)
        in_time = np.zeros((self.length + 1, len(grammar.symbols) + 1))  # with r arcs left, from each state
        in_time[:, -1] = 1.0
        for left in range(1, self.length + 1):
            in_time[left, :-1] = (grammar.chances * in_time[left - 1][grammar.followers]).sum(1)
        weighted = grammar.chances * in_time[-2::-1][:, grammar.followers]
        return np.asarray(weighted / np.maximum(weighted.sum(2, keepdims=True), 1e-300))

    @cached_property
    def _shares(self) -> tuple[Array, Array]:
        """Among all targets, the share (7,) for which each symbol is lawful, and for which it comes."""
        grammar = _grammar(self.embedded)
        here: Array = np.zeros(len(grammar.symbols) + 1)
        here[1] = 1.0  # every string begins with B
        legal, comes = np.zeros(len(SYMBOLS)), np.zeros(len(SYMBOLS))
        for choices in self._choices:
            flow = here[:-1, None] * choices
            legal += here[:-1] @ grammar.legal
            np.add.at(comes, grammar.symbols, flow)
            here = np.bincount(grammar.followers.ravel(), flow.ravel(), len(here))
            here[-1] = 0.0
        return legal / comes.sum(), comes / comes.sum()

    def names(self) -> Names:
        """The grammar's symbols."""
        return {"inputs": list(SYMBOLS), "outputs": list(SYMBOLS)}

    def draw(self, rng: np.random.Generator, size: int) -> Batch:
        """Return `size` fresh strings of the grammar among those of at most T steps."""
        grammar, T = _grammar(self.embedded), self.length
        end = len(grammar.symbols)
        states, symbols = np.ones(size, int), np.zeros(size, int)  # after the first symbol, B
        shown, coming = np.full((T, size), -1), np.zeros((T, size), int)
        legal, alive = np.zeros((T, len(SYMBOLS), size)), np.zeros((T, size))
        for t, uniform in enumerate(rng.random((T, size))):
            going = np.flatnonzero(states < end)
            at = states[going]
            arc = (uniform[going] >= self._choices[t, at, 0]).astype(int)
            shown[t, going], legal[t][:, going], alive[t, going] = symbols[going], grammar.legal[at].T, 1.0
            symbols[going], states[going] = grammar.symbols[at, arc], grammar.followers[at, arc]
            coming[t, going] = symbols[going]
        targets = legal if self.targets == "legal" else coming
        return Batch(one_hot(shown, len(SYMBOLS)), np.arange(1, T + 1), targets, alive, alive.sum(0).astype(int))


def _embedded() -> Arcs:
    """Return the grammar that wraps the inner one in B, T or P … the same, E."""
    size = len(INNER)
    ends = 2 + 2 * size, 3 + 2 * size
    arcs: Arcs = [[("B", 1)], [("T", 2), ("P", 2 + size)]]
    for offset, end in zip((2, 2 + size), ends, strict=True):
        arcs += [[(s, end if to == size else offset + to) for s, to in state] for state in INNER]
    return [*arcs, [("T", ends[1] + 1)], [("P", ends[1] + 1)], [("E", ends[1] + 2)]]


@lru_cache
def _grammar(embedded: bool) -> Grammar:
    arcs = _embedded() if embedded else INNER
    pairs = [state * (2 // len(state)) for state in arcs]
    symbols = np.array([[SYMBOLS.index(s) for s, _ in pair] for pair in pairs])
    chances = np.array([[0.5, 0.5] if len(state) == 2 else [1.0, 0.0] for state in arcs])
    legal = one_hot(symbols.T, len(SYMBOLS)).max(0).T
    return Grammar(symbols, np.array([[to for _, to in pair] for pair in pairs]), chances, legal)
