"""docs/equations.md may name no test and no function that does not exist, and must name every test of a seed."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "equations.md").read_text(encoding="utf-8")


def names_in(path):
    return set(re.findall(r"^def (test_\w+)", (ROOT / "tests" / path).read_text(encoding="utf-8"), re.M))


def test_every_test_it_names_exists():
    named = re.findall(r"`((?:seeds|engine)/test_\w+\.py)(?:::(test_\w+))?`", PAGE)
    assert len(named) > 40
    missing = [f"{path}::{test}" for path, test in named if test and test not in names_in(path)]
    missing += [path for path, test in named if not (ROOT / "tests" / path).exists()]
    assert not missing


def test_every_function_it_names_exists():
    named = set(re.findall(r"`(engine\.[\w.]+)`", PAGE))
    assert len(named) > 20
    for name in named:
        module, _, attribute = name.rpartition(".")
        assert hasattr(importlib.import_module(module), attribute), name


def test_every_test_of_a_seeds_equation_is_on_the_page():
    unnamed = []
    for path in sorted((ROOT / "tests" / "seeds").glob("test_0*.py")):
        unnamed += [
            f"{path.name}::{t}" for t in names_in(f"seeds/{path.name}") if f"`seeds/{path.name}::{t}`" not in PAGE
        ]
    assert unnamed == ["test_002.py::test_the_two_gru_forms_differ"]  # a guard of the test above it, no equation
