"""Many to one on sentences (seed 004): the order of the words makes the label; any sentences may be typed."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from engine.arrays import Array
from engine.errors import Problem, SpecError
from engine.knobs import check_knobs, knob
from engine.tasks.base import Batch, Loss, Names, Task, at_last, choose, entropy

SENTENCES = ("as soon as", "as as soon", "soon as as")
LABELS = (1, 0, 0)
MOST_SENTENCES, MOST_CHARACTERS = 1000, 2000


@dataclass(frozen=True)
class AsSoonAs(Task):
    """Words one-hot in order of first appearance (as = [1, 0], soon = [0, 1]); the label stands at the last word."""

    name: ClassVar[str] = "as_soon_as"
    label: ClassVar[str] = "Sentences (as soon as)"
    help: ClassVar[str] = "Which order of words is right? Many to one; type sentences of your own with their labels."
    source: ClassVar[str] = "Seed 004 (Majestyblue 2023)"
    variant: ClassVar[str] = (
        "Labels 0 and 1: one logit, binary cross-entropy. More or other labels: one logit a class, softmax "
        "cross-entropy. Shorter sentences are padded after their end and masked."
    )

    sentences: tuple[str, ...] = knob(SENTENCES, "Sentences", "One a line.", kind="json")
    labels: tuple[int | str, ...] = knob(LABELS, "Labels", "One for each sentence: 0 or 1, or any names.", kind="json")

    def __post_init__(self) -> None:
        """Check that there is one label for each sentence, and a word in each."""
        check_knobs(self)
        problems = [*_sentence_problems(self.sentences), *_label_problems(self.labels, self.sentences)]
        if problems:
            raise SpecError(problems)
        object.__setattr__(self, "sentences", tuple(self.sentences))
        object.__setattr__(self, "labels", tuple(self.labels))

    @cached_property
    def tokens(self) -> list[list[str]]:
        """The words of each sentence."""
        return [tokenise(s) for s in self.sentences]

    @cached_property
    def vocabulary(self) -> list[str]:
        """Every word once, in order of first appearance."""
        return list(dict.fromkeys(word for words in self.tokens for word in words))

    @cached_property
    def classes(self) -> list[int | str]:
        """The labels' classes: [0, 1] when no others occur, else each once, in order of first appearance."""
        return [0, 1] if set(self.labels) <= {0, 1} else list(dict.fromkeys(self.labels))

    @property
    def binary(self) -> bool:
        """Whether the labels are 0 and 1."""
        return self.classes == [0, 1]

    seq_len = property(lambda self: max(map(len, self.tokens)))
    input_size = property(lambda self: len(self.vocabulary))
    output_size = property(lambda self: 1 if self.binary else len(self.classes))

    @property
    def loss(self) -> Loss:
        """Binary or softmax cross-entropy, by the labels."""
        return "binary_cross_entropy" if self.binary else "softmax_cross_entropy"

    @property
    def baseline_loss(self) -> float:
        """Entropy of the labels' shares."""
        return entropy(np.bincount(self._class_numbers, minlength=2) / len(self.labels))

    @cached_property
    def _class_numbers(self) -> Array:
        return np.array([self.classes.index(label) for label in self.labels])

    @cached_property
    def data(self) -> Batch:
        """The whole data set as one batch, in order."""
        lengths = np.array([len(words) for words in self.tokens])
        inputs = np.zeros((self.seq_len, self.input_size, len(self.tokens)))
        for b, words in enumerate(self.tokens):
            inputs[np.arange(len(words)), [self.vocabulary.index(w) for w in words], b] = 1.0
        numbers = self._class_numbers
        targets = numbers[:, None].astype(np.float64) if self.binary else numbers
        return Batch(inputs, *at_last(lengths, targets), lengths)

    def names(self) -> Names:
        """The words; the classes where they are more than 0 and 1."""
        return {"inputs": self.vocabulary, "outputs": None if self.binary else [str(name) for name in self.classes]}

    def draw(self, rng: np.random.Generator, size: int) -> Batch:
        """Return the sentences, whole and in order where they fit the batch."""
        return choose(rng, self.data, size)


def tokenise(sentence: str) -> list[str]:
    """Return the words and marks of a sentence, in lower case; in any script."""
    return re.findall(r"\w+|[^\w\s]", sentence.lower())


def _sentence_problems(sentences: Any) -> list[Problem]:
    if not isinstance(sentences, (list, tuple)) or not 1 <= len(sentences) <= MOST_SENTENCES:
        return [Problem("sentences", sentences, f"must be a list of 1 to {MOST_SENTENCES} sentences")]
    return [
        Problem(f"sentences.{i}", s, f"must be a text of at most {MOST_CHARACTERS} characters with a word in it")
        for i, s in enumerate(sentences)
        if not isinstance(s, str) or len(s) > MOST_CHARACTERS or not tokenise(s)
    ]


def _label_problems(labels: Any, sentences: Any) -> list[Problem]:
    if not isinstance(labels, (list, tuple)):
        return [Problem("labels", labels, "must be a list")]
    if isinstance(sentences, (list, tuple)) and len(labels) != len(sentences):
        return [Problem("labels", labels, f"must have one label for each of the {len(sentences)} sentences")]
    return [
        Problem(f"labels.{i}", label, "must be 0, 1, another whole number, or a name")
        for i, label in enumerate(labels)
        if isinstance(label, bool) or not isinstance(label, (int, str)) or label == ""
    ]
