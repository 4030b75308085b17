"""A small run of every cell, trained a little, and its frame."""

import pytest

import engine

NETWORKS = [
    {"cell": "rnn", "hidden_size": 5},
    {"cell": "rnn", "hidden_size": 4, "activation": "relu", "label": "ReLU"},
    {"cell": "lstm", "hidden_size": 6, "layers": 2},
    {"cell": "gru", "hidden_size": 4},
]


def _make(networks=NETWORKS, **changes):
    return engine.RunSpec.from_dict(
        {"task": {"name": "adding", "length": 9}, "networks": networks, "steps": 6, "batch_size": 4, **changes}
    )


@pytest.fixture(scope="session")
def make_spec():
    return _make


@pytest.fixture(scope="session")
def spec():
    return _make()


@pytest.fixture(scope="session")
def trained(spec):
    checkpoint, _ = engine.advance(engine.start(spec), 3)
    return checkpoint


@pytest.fixture(scope="session")
def frame(trained):
    return engine.frame_of(trained)
