"""What a judgement says beside the loss: the share of targets hit, and nothing of what has no target."""

from __future__ import annotations

import numpy as np
import pytest

from engine.readout import judge
from engine.tasks import Batch


def batch(targets, mask):
    P, B = mask.shape
    return Batch(np.zeros((P, 1, B)), np.arange(1, P + 1), targets, mask, np.full(B, P))


def test_each_of_several_binary_outputs_counts():
    logits = np.array([[[1.0, -1.0], [1.0, 2.0]]])  # (P, K, B)
    found = judge("binary_cross_entropy", logits, batch(np.array([[[1.0, 0.0], [0.0, 1.0]]]), np.ones((1, 2))), "mean")
    assert found.accuracy == pytest.approx(3 / 4)


def test_what_has_no_target_may_be_infinite():
    outputs = np.array([[[1.0, np.inf]]])
    with np.errstate(invalid="ignore"):
        found = judge("mse", outputs, batch(np.array([[[0.0, 0.0]]]), np.array([[1.0, 0.0]])), "mean")
    assert found.loss == 1.0
