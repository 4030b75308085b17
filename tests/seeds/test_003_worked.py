"""Seed 003, section 4: the hand-worked example, eqs (15)-(26), term by term, against BPTT and against the formulas."""

from __future__ import annotations

import numpy as np
import pytest

import engine
from tests.reference.cases import case, with_

SPEC = with_(case(3, cell="rnn", loss="softmax_cross_entropy", outputs=3, batch=1, length=2), time_reduction="sum")


def worked(spec):
    return engine.worked_example(engine.RunSpec.from_dict(spec))


def by_equation(example):
    """Return {number: value} of every numbered line."""
    lines = {step.equation: step.d_alpha.value for step in example.steps if step.equation}
    for derivation in example.derivations:
        lines |= {part.equation: part.value for part in derivation.parts if part.equation}
        lines |= {derivation.equation: derivation.value} if derivation.equation else {}
    return lines


def same(got, want):
    np.testing.assert_allclose(got, want, rtol=1e-13, atol=1e-15)


def test_every_numbered_equation_of_the_two_step_example():
    """The right-hand sides as the seed prints them, written out with explicit diagonals."""
    (s1, s2), lines = worked(SPEC).steps, by_equation(worked(SPEC))
    given = SPEC["networks"][0]["weights"]
    W_hz, W_hh = np.array(given["weight_ho"]), np.array(given["weight_hh_l0"])
    h0, h1, h2, x1, x2 = np.zeros(3), s1.h, s2.h, s1.x, s2.x
    D1, D2, e1, e2 = np.diag(1 - h1**2), np.diag(1 - h2**2), -(s1.y - s1.z), -(s2.y - s2.z)
    want = {
        15: e1, 16: np.outer(e1, h1), 17: np.outer(e1 @ W_hz @ D1, h0), 18: np.outer(e1 @ W_hz @ D1, x1),
        19: e2, 20: np.outer(e2, h2),
        21: np.outer(e2 @ W_hz @ D2, h1) + np.outer(e2 @ W_hz @ D2 @ W_hh @ D1, h0),
        22: np.outer(e2 @ W_hz @ D2, x2) + np.outer(e2 @ W_hz @ D2 @ W_hh @ D1, x1),
    }  # fmt: skip
    want |= {23: want[16] + want[20], 24: e1 + e2, 25: want[17] + want[21], 26: want[18] + want[22]}
    assert set(lines) == set(want)
    for number, value in want.items():
        same(lines[number], value)


def test_the_terms_read_as_the_seed_prints_them():
    derivations = {d.parameter: d for d in worked(SPEC).derivations}
    last = derivations["W_xh"].parts[1]
    assert [term.symbol for term in last.terms] == [
        "-(y_2 - z_2) W_hz (1 - h_2²) x_2", "-(y_2 - z_2) W_hz (1 - h_2²) W_hh (1 - h_1²) x_1",
    ]  # fmt: skip
    assert last.terms[1].latex == (r"-(y_{2} - z_{2})\,W_{hz}\,(1 - h_{2}^{2})\,W_{hh}\,(1 - h_{1}^{2})\,x_{1}")
    assert last.terms[1].chain == (
        r"\frac{\partial \mathcal{L}(2)}{\partial z_{2}} \frac{\partial z_{2}}{\partial \alpha_{2}} "
        r"\frac{\partial \alpha_{2}}{\partial h_{2}} \frac{\partial h_{2}}{\partial h_{1}} "
        r"\frac{\partial h_{1}}{\partial W_{xh}}"
    )
    assert derivations["W_hz"].parts[0].terms[0].symbol == "-(y_1 - z_1) h_1"
    assert derivations["W_hh"].ours == ("weight_hh_l0",)


CASES = {
    **{f"T={T}": case(T, loss="softmax_cross_entropy", outputs=4, batch=1, length=T) for T in (1, 2, 3, 5, 8)},
    "mse": case(11, loss="mse", outputs=2, batch=2),
    "logits": case(12, loss="binary_cross_entropy", activation="logistic", length=4),
    "identity": case(13, activation="identity", target_steps=[2, 4]),
    "relu": case(14, activation="relu", loss="softmax_cross_entropy", outputs=3),
    "last": case(15, loss="softmax_cross_entropy", outputs=3, target_steps="last", lengths=[3, 5, 2]),
    "gaps": case(16, gaps=True),
    "frozen": case(17, frozen=["weight_hh_l0"]),
}


@pytest.mark.parametrize("length", [1, 3, 5])
def test_other_lengths_carry_the_general_numbers(length):
    """(5) at every step; dL(t)/dP and dL/dP: W_hz (6), b_z (7), W_hh (10) and (11), W_xh (13) and (14)."""
    spec = case(7, cell="rnn", loss="softmax_cross_entropy", outputs=3, batch=1, length=length)
    example = worked(with_(spec, time_reduction="sum"))
    assert [step.equation for step in example.steps] == [5] * length
    numbers = {d.parameter: ({part.equation for part in d.parts}, d.equation) for d in example.derivations}
    assert numbers == {"W_hz": ({6}, 6), "b_z": ({7}, 7), "W_hh": ({10}, 11), "W_xh": ({13}, 14), "b_h": ({None}, None)}


@pytest.mark.parametrize("name", CASES)
def test_every_sum_is_bptts_gradient_and_every_value_the_product_of_its_factors(name):
    spec = {**CASES[name], "probe": {"sample": len(CASES[name]["task"]["inputs"]) - 1}}
    example = worked(spec)
    assert [d.parameter for d in example.derivations] == ["W_hz", "b_z", "W_hh", "W_xh", "b_h"]
    for derivation in example.derivations:
        np.testing.assert_allclose(derivation.value, derivation.bptt, rtol=1e-12, atol=1e-14)
        same(derivation.value, sum(part.value for part in derivation.parts))
        for part in derivation.parts:
            same(part.value, sum(term.value for term in part.terms))
            for term in part.terms:
                same(term.value, product(term, derivation.parameter))


def product(term, parameter):
    """Multiply the factors with slopes as explicit diagonal matrices."""
    row = np.ones(())
    values = [f.value for f in term.factors]
    last = values.pop() if parameter not in ("b_z", "b_h") else None
    for factor, value in zip(term.factors, values, strict=False):
        is_slope = "h_" in factor.symbol
        row = row @ (np.diag(value) if is_slope else value) if row.ndim and value.ndim else row * value
    return row if last is None else np.outer(row, last)


@pytest.mark.parametrize("name", CASES)
def test_what_a_loss_says_of_alpha_is_its_derivative_by_z_times_that_of_z(name):
    """Eqs (5), (15), (19): dL/dalpha = dL/dz dz/dalpha; the weighted losses add up to L (eq. 4)."""
    example = worked(CASES[name])
    judged = [step for step in example.steps if step.loss is not None]
    assert judged
    for step in judged:
        same(step.d_loss_d_z @ step.d_z_d_alpha, step.d_alpha.value)
    assert sum(step.weight * step.loss for step in judged) == pytest.approx(example.loss, rel=1e-13)


def test_the_appendix_gives_one_slope_in_three_forms():
    for x in (-2.0, -0.3, 0.0, 1.7):
        forms = engine.worked.appendix(x)
        assert len(forms) == 3
        finite = (np.tanh(x + 1e-6) - np.tanh(x - 1e-6)) / 2e-6
        assert all(value == pytest.approx(finite, abs=1e-9) for value in forms.values())
