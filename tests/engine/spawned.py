"""What the purity test runs in a fresh process: `python -m tests.engine.spawned <spec.json>` prints a run's digest."""

from __future__ import annotations

import hashlib
import json
import sys

import engine


def digest(checkpoint, frames):
    """Return one hash of weights, metrics and frames, bit for bit."""
    sha = hashlib.sha256(repr(checkpoint.metrics).encode())
    for index in range(len(checkpoint.spec.networks)):
        for name, weight in engine.weights(checkpoint, index).items():
            sha.update(name.encode() + weight.tobytes())
    for frame in frames:
        _add(sha, engine.as_tree(frame))
    return sha.hexdigest()


def _add(sha, tree):
    if isinstance(tree, dict):
        for name, value in tree.items():
            sha.update(name.encode())
            _add(sha, value)
    elif isinstance(tree, list):
        for value in tree:
            _add(sha, value)
    else:
        sha.update(tree.tobytes() if hasattr(tree, "tobytes") else repr(tree).encode())


def main(path):
    """Train the spec for 20 steps, watching, and print the digest."""
    with open(path) as file:
        start = engine.start(engine.RunSpec.from_dict(json.load(file)))
    print(digest(*engine.advance(start, 20, start.spec.probe)))


if __name__ == "__main__":
    main(sys.argv[1])
