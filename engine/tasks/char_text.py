"""Characters of any text: guess the next one at every step, many to many."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

import numpy as np

from engine.arrays import Array
from engine.errors import Problem, SpecError
from engine.knobs import check_knobs, knob
from engine.tasks.base import Batch, Loss, Names, Task, choose_rows, entropy, equally_long, one_hot
from engine.tasks.windows import coverage, cut

# Shakespeare, Sonnet 18 (1609).
SONNET = """Shall I compare thee to a summer's day?
Thou art more lovely and more temperate:
Rough winds do shake the darling buds of May,
And summer's lease hath all too short a date:
Sometime too hot the eye of heaven shines,
And often is his gold complexion dimm'd;
And every fair from fair sometime declines,
By chance or nature's changing course untrimm'd;
But thy eternal summer shall not fade
Nor lose possession of that fair thou owest;
Nor shall Death brag thou wander'st in his shade,
When in eternal lines to time thou growest:
So long as men can breathe or eyes can see,
So long lives this and this gives life to thee.
"""
MOST_DIFFERENT = 1000


@dataclass(frozen=True)
class CharText(Task):
    """Windows of T characters, one-hot in the order of their code points; the target is the next character."""

    name: ClassVar[str] = "char_text"
    label: ClassVar[str] = "Text, character by character"
    help: ClassVar[str] = "Paste any text, in any script: the network learns to guess each next character."
    source: ClassVar[str] = "Sutskever 2011; Karpathy 2015 (min-char-rnn); default: Shakespeare's Sonnet 18"
    variant: ClassVar[str] = (
        "Every window of T + 1 characters is a sample; a batch is a draw of different windows, and the state starts "
        "at zero in each. Chance: the entropy of single characters, as often as windows ask for them."
    )

    text: str = knob(SONNET, "Text", "At least T + 1 characters.", hi=200_000)
    length: int = knob(25, "Length T", "Characters of a window.", lo=1, hi=100_000)

    def __post_init__(self) -> None:
        """Check every knob, and that the text holds a window and two different characters."""
        check_knobs(self)
        if len(self.text) < self.length + 1:
            short = f"has {len(self.text)} characters; length {self.length} needs {self.length + 1}"
            raise SpecError([Problem("text", self.text, short)])
        if not 2 <= len(self.vocabulary) <= MOST_DIFFERENT:
            count = f"has {len(self.vocabulary)} different characters; 2 to {MOST_DIFFERENT} are needed"
            raise SpecError([Problem("text", self.text, count)])

    @cached_property
    def vocabulary(self) -> list[str]:
        """Every character once, in order of their code points."""
        return sorted(set(self.text))

    @cached_property
    def _numbers(self) -> Array:
        at = {character: i for i, character in enumerate(self.vocabulary)}
        return np.array([at[character] for character in self.text])

    seq_len = property(lambda self: self.length)
    input_size = property(lambda self: len(self.vocabulary))
    output_size = property(lambda self: len(self.vocabulary))
    sample_count = property(lambda self: len(self.text) - self.length)

    @property
    def loss(self) -> Loss:
        """Softmax cross-entropy."""
        return "softmax_cross_entropy"

    @property
    def baseline_loss(self) -> float:
        """Entropy of the characters that are asked for."""
        counts = np.bincount(self._numbers[1:], coverage(self.sample_count, self.length))
        return entropy(counts / counts.sum())

    def names(self) -> Names:
        """The characters."""
        return {"inputs": self.vocabulary, "outputs": self.vocabulary}

    def draw(self, rng: np.random.Generator, size: int) -> Batch:
        """Return different windows of the text; all, in order, where they fit the batch."""
        window = cut(self._numbers, choose_rows(rng, self.sample_count, size), self.length + 1)
        return equally_long(one_hot(window[:-1], self.input_size), np.arange(1, self.length + 1), window[1:])
