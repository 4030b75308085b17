"""Good experiments with parts of them broken at random: refused by name, or they run; nothing in between."""

from __future__ import annotations

import copy
import json
import random

import pytest

import engine
from engine.errors import SpecError
from engine.tasks import TASKS
from tests.reference.cases import case

SMALL = {"batch_size": 2, "steps": 3, "probe": {"sample": 1}}
VALUES = [
    None, True, False, 0, 1, -1, 3, 0.5, -0.5, 1e-300, 1e300, 1e40, float("nan"), float("inf"), 10**30, 2**63,
    "", "a", "1", "last", "all", "\x00", "é" * 500, b"x", 3j, {}, {"a": 1}, {"name": None},
    [], [[]], [[[]]], [1, 2], [None], [True], ["a"], [[1, 2], [3]], [[[None]]], [[[1e300, 1e300]] * 5] * 3,
]  # fmt: skip
PLAUSIBLE = [0, 1, 2, 3, 4, 5, 0.0, 0.01, 0.5, 1.0, 2.5, None, True, False]


def good():
    """Return whole experiments: every task this machine has, every optimizer, every kind of inline targets."""
    trees = [
        {"task": {"name": name}, "networks": [{"cell": "gru", "hidden_size": 2}], **SMALL}
        for name, task in TASKS.items()
        if not task().unmet()  # without its optional package a task is refused, whatever else is right
    ]
    trees += [{"task": {"name": "adding", "length": 4}, "networks": [{"cell": "lstm", "hidden_size": 2}, {}],
               "optimizer": {"name": name}, **SMALL} for name in engine.schema()["optimizers"]]  # fmt: skip
    trees += [case(1, cell="lstm", lengths=[5, 2, 3], layers=2), case(2, loss="softmax_cross_entropy", gaps=True),
              case(3, loss="binary_cross_entropy", target_steps=[2, 4])]  # fmt: skip
    return [engine.RunSpec.from_dict(tree).to_dict() for tree in trees]


def places(tree, path=()):
    """Return the way to every part of a tree; long lists stand for themselves."""
    inner = (
        tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) and len(tree) < 7 else ()
    )
    return [path] * bool(path) + [p for key, value in inner for p in places(value, (*path, key))]


def broken(tree, rng):
    tree = copy.deepcopy(tree)
    for _ in range(rng.choice([1, 1, 2, 3])):
        *way, last = rng.choice(places(tree))
        here = tree
        for key in way:
            here = here[key]
        here[last] = copy.deepcopy(rng.choice(rng.choice([VALUES, PLAUSIBLE])))
    return tree


def refusal(tree):
    """Return the problems that a spec is refused for, None where it is not; anything else raised is a fault."""
    try:
        engine.RunSpec.from_dict(tree)
    except SpecError as error:
        return error.problems
    return None


def small_enough(spec):
    units = sum(n.hidden_size * n.layers for n in spec.networks)
    return spec.seq_len < 60 and spec.seq_len * units * spec.batch_size < 50_000 and spec.input_size < 200


def live(spec):
    """Take an accepted experiment through everything a user does first."""
    json.dumps(spec.to_dict(), allow_nan=False)
    assert engine.RunSpec.from_dict(spec.to_dict()) == spec
    start = engine.start(spec)
    engine.frame_of(start)
    after, _ = engine.advance(start, 2, engine.Probe(every=1))
    engine.frame_of(after)
    engine.jacobian(after)
    assert engine.Checkpoint.from_bytes(after.to_bytes()) == after


@pytest.mark.parametrize("seed", range(5))
def test_broken_experiments_are_refused_by_name_or_run(seed):
    rng, trees, refused, ran = random.Random(seed), good(), 0, 0
    for _ in range(150):
        tree = broken(rng.choice(trees), rng)
        problems = refusal(tree)
        if problems is not None:
            assert problems
            assert all(p.message and isinstance(p.field, str) for p in problems)
            refused += 1
        elif small_enough(spec := engine.RunSpec.from_dict(tree)):
            live(spec)
            ran += 1
    assert refused > 40
    assert ran > 8
