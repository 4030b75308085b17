"""What torch's own updates seldom meet: the limits of Rprop's steps."""

from __future__ import annotations

import numpy as np

from engine.optimizers import Rprop


def test_rprops_steps_keep_within_their_limits():
    rprop = Rprop(learning_rate=0.1, smallest=0.06, largest=0.13)
    theta = np.zeros(2)
    state = rprop.init(theta)
    moves = []
    for sign in (1.0, -1.0, 1.0, 1.0):  # the first parameter's gradient flips once and waits, the second's stays
        before = theta.copy()
        rprop.update(theta, np.array([sign, 1.0]), state, len(moves) + 1)
        moves.append(before - theta)
    np.testing.assert_allclose(np.array(moves)[:, 1], [0.1, 0.12, 0.13, 0.13])
    np.testing.assert_allclose(np.array(moves)[:, 0], [0.1, 0.0, 0.06, 0.072])
