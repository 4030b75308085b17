"""MNIST-1D: the wrapping is tested with a stand-in of the optional package, and with the package itself."""

from __future__ import annotations

import importlib.util
import random
import sys
import types

import numpy as np
import pytest

import engine
from engine.errors import SpecError
from engine.tasks import TASKS, mnist1d

SPEC = {"task": {"name": "mnist1d", "samples": 30}, "networks": [{"cell": "gru", "hidden_size": 4}], "batch_size": 8}


def make_dataset(settings):
    """Do as the package does: seed the global generators, then draw."""
    random.seed(settings.seed)
    np.random.seed(settings.seed)
    digits = np.arange(10).repeat(settings.num_samples // 10)
    curves = digits[:, None] + np.random.rand(len(digits), settings.final_seq_length)
    cut = int(settings.train_split * len(digits))
    return {"x": curves[:cut], "y": digits[:cut]}


@pytest.fixture
def stand_in(monkeypatch):
    data = types.ModuleType("mnist1d.data")
    data.get_dataset_args = lambda: types.SimpleNamespace(num_samples=5000, seed=42, train_split=0.8)
    data.make_dataset = make_dataset
    monkeypatch.setitem(sys.modules, "mnist1d", types.ModuleType("mnist1d"))
    monkeypatch.setitem(sys.modules, "mnist1d.data", data)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    mnist1d._curves.cache_clear()
    yield
    mnist1d._curves.cache_clear()


@pytest.mark.usefixtures("stand_in")
def test_a_curve_is_read_point_by_point_and_named_at_its_end():
    batch = engine.RunSpec.from_dict(SPEC).task.batch(0, 1, 8)
    assert batch.inputs.shape == (40, 1, 8)
    assert batch.steps.tolist() == [40]
    assert (np.floor(batch.inputs).mean(axis=(0, 1)) == batch.targets[0]).all()
    whole = TASKS["mnist1d"](samples=30).batch(0, 1, 100)
    assert np.bincount(whole.targets[0]).tolist() == [3] * 10


@pytest.mark.usefixtures("stand_in")
def test_the_packages_seeding_of_the_global_generators_is_undone():
    random.seed(1)
    np.random.seed(2)
    before = random.getstate(), np.random.get_state()[1].copy()
    first = TASKS["mnist1d"](samples=20).data.inputs
    assert random.getstate() == before[0]
    assert (np.random.get_state()[1] == before[1]).all()
    mnist1d._curves.cache_clear()
    assert (TASKS["mnist1d"](samples=20).data.inputs == first).all()
    assert (TASKS["mnist1d"](samples=20, data_seed=43).data.inputs != first).any()


def test_without_the_package_a_run_is_refused_saying_how_to_install_it(monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SpecError, match=r"pip install 'unrolled\[mnist1d\]'") as caught:
        engine.RunSpec.from_dict(SPEC)
    assert [(p.field, p.value) for p in caught.value.problems] == [("task.name", "mnist1d")]
    assert any(row["name"] == "mnist1d" for row in engine.tasks())


def test_the_published_set_is_built_here():
    """The package draws the published kind of curves, of mean 0 and variance 1. It is among the locked test tools."""
    batch = TASKS["mnist1d"](samples=1000).data
    assert np.bincount(batch.targets[0]).tolist() == [100] * 10
    assert batch.inputs.mean() == pytest.approx(0, abs=1e-9)
    assert batch.inputs.std() == pytest.approx(1, abs=1e-9)
