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


def tables():
    """Yield (section, the second column's name, rows as lists of cells) of every table about equations or slips."""
    for title, body in re.findall(
        r"^## (Seed \d+|What the pictures show|Beyond the seeds)(.*?)(?=^## |\Z)", PAGE, re.M | re.S
    ):
        for table in re.findall(r"(?:^\|.*\n)+", body, re.M):
            head, _, *rows = [line.strip("| ").split(" | ") for line in table.splitlines()]
            yield title, head[1], rows


def test_every_row_names_a_test_and_every_equation_a_function():
    seen = [(title, column) for title, column, _ in tables()]
    assert [title for title, column in seen if column == "function"][:5] == [f"Seed 00{i}" for i in range(5)]
    assert [title for title, column in seen if column == "function"][5:] == [
        "What the pictures show",
        "Beyond the seeds",
    ]
    assert [title for title, column in seen if column == "built"] == [f"Seed 00{i}" for i in range(5)]
    for _, column, rows in tables():
        for what, by, test in rows:
            assert "::test_" in test, what
            assert column == "built" or "`engine." in by, what


def test_every_numbered_equation_of_seed_003_has_a_row():
    (rows,) = (rows for title, column, rows in tables() if (title, column) == ("Seed 003", "function"))
    text = " ".join(cells[0] for cells in rows if "written out" not in cells[0])  # one row is about (5)-(26) at once
    found = {int(number) for number in re.findall(r"\((\d+)\)", text)}
    for first, last in re.findall(r"\((\d+)\)-\((\d+)\)", text):
        found |= set(range(int(first), int(last) + 1))
    assert found == set(range(1, 27))
