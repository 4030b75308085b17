"""The worked example over REST: every term with its value, and as a piece of the page."""

from __future__ import annotations

import numpy as np
import pytest

from app.formulas import blocks, math
from tests.app.helpers import small_spec

SMALL = {
    "task": {"name": "inline", "inputs": [[[1.0], [0.5]]], "targets": [[0, 1]], "loss": "softmax_cross_entropy",
             "target_steps": "all"},
    "networks": [{"cell": "lstm", "hidden_size": 2}, {"cell": "rnn", "hidden_size": 2}], "steps": 3,
}  # fmt: skip


def made(client, spec):
    answer = client.post("/api/runs", json=spec)
    assert answer.status_code == 201, answer.text
    return f"/api/runs/{answer.json()['id']}"


def test_every_term_is_there_and_the_sums_are_backpropagations(client):
    run = made(client, SMALL)
    assert client.post(f"{run}/advance", json={"steps": 2}).status_code == 200
    example = client.get(f"{run}/worked?network=1&step=2").json()
    assert [d["parameter"] for d in example["derivations"]] == ["W_hz", "b_z", "W_hh", "W_xh", "b_h"]
    for derivation in example["derivations"]:
        terms = [np.array(term["value"]) for part in derivation["parts"] for term in part["terms"]]
        np.testing.assert_allclose(sum(terms), derivation["value"], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(derivation["value"], derivation["bptt"], rtol=1e-9, atol=1e-12)
    untrained = client.get(f"{run}/worked?network=1&step=0").json()
    assert untrained["loss"] != example["loss"]


def test_the_page_gets_a_table_with_formulas(client):
    run = made(client, SMALL)
    page = client.get(f"{run}/worked?network=1&format=html")
    assert page.headers["content-type"].startswith("text/html")
    assert page.text.count('<table class="terms">') == 5
    assert "<math" in page.text


@pytest.mark.parametrize(("query", "field"), [("network=0", "networks.0.cell"), ("network=2", "network")])
def test_what_cannot_be_written_out_is_refused_by_name(client, query, field):
    answer = client.get(f"{made(client, SMALL)}/worked?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


def test_every_formula_is_typeset_and_its_slots_are_numbers_to_fill_in():
    for kind, phase, formulas in blocks():
        for symbols, numbers in formulas:
            assert "data-slot" not in math(symbols), (kind, phase)
            assert "data-slot" in math(numbers), (kind, phase)
            assert "@" not in math(symbols) + math(numbers)


def test_text_in_a_formula_is_never_markup():
    assert "<img" not in math(r"\text{<img src=x onerror=alert(1)>}")


def test_names_come_with_the_figures(client):
    spec = small_spec(task={"name": "as_soon_as", "sentences": ["red then blue"], "labels": ["yes"]})
    document = client.get(f"{made(client, spec)}/figures").json()
    assert document["names"] == {"inputs": ["red", "then", "blue"], "outputs": ["yes"],
                                 "loss": "softmax_cross_entropy"}  # fmt: skip
