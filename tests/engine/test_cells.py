"""The cells' own contract, where public functions cannot see: buffers reused, pieces, windows, first states given."""

from __future__ import annotations

import numpy as np
import pytest

import engine
from engine.cells import CellOptions, Shape, cell_for
from tests.reference import answers
from tests.reference.cases import case, named_cases, with_

KINDS = [("rnn", CellOptions(a)) for a in ("tanh", "relu", "logistic", "identity")]
KINDS += [("lstm", CellOptions()), ("gru", CellOptions()), ("gru", CellOptions(reset_after=False))]
every_kind = pytest.mark.parametrize(("name", "options"), KINDS, ids=str)
T, B, M, N = 9, 3, 2, 4


def begin(name, options, seed=0, steps=T, dtype=np.float64):
    rng, cell = np.random.default_rng(seed), cell_for(name, options)
    rows = cell.stack * N
    shapes = {"weight_ih": (rows, M), "weight_hh": (rows, N), "bias_ih": (rows,), "bias_hh": (rows,)}
    params = {k: rng.normal(size=s).astype(dtype) * 0.7 for k, s in shapes.items()}
    tape = cell.plan(Shape(steps, B, M, N), np.dtype(dtype), options)
    return cell, params, tape, rng.normal(size=(steps, M, B)).astype(dtype)


def back(cell, params, tape, direct, start=0, stop=T):
    grads = {k: np.zeros_like(p) for k, p in params.items()}
    cell.backward(params, tape, direct, start, stop)
    cell.gradients(tape, grads)
    return grads


def direct_at(steps, seed=1):
    rng = np.random.default_rng(seed)
    return [rng.normal(size=(N, B)) if t in steps else None for t in range(T + 1)]


@every_kind
def test_going_on_from_a_state_is_going_on(name, options):
    cell, params, tape, inputs = begin(name, options)
    cell.forward(params, inputs, tape)
    states = tape.states().copy()
    assert not states[0].any()
    later = cell.plan(Shape(T - 4, B, M, N), np.dtype(np.float64), options)
    cell.forward(params, inputs[4:], later, states[4])
    np.testing.assert_allclose(later.states(), states[4:], rtol=1e-13, atol=1e-15)


@every_kind
def test_a_tape_recorded_over_remembers_nothing(name, options):
    cell, params, tape, inputs = begin(name, options)
    direct = direct_at({3, T})

    def everything():
        cell.forward(params, inputs, tape)
        grads = back(cell, params, tape, direct)
        jacobians = cell.step_jacobians(params, tape, 1)
        return [
            tape.states().tobytes(),
            tape.adjoints.tobytes(),
            jacobians.tobytes(),
            *(g.tobytes() for g in grads.values()),
        ]

    first = everything()
    cell.forward(params, np.full_like(inputs, 50.0), tape, np.full((cell.state_blocks * N, B), 0.3))
    back(cell, params, tape, direct_at({1, 5}, seed=2), 2, 6)
    assert everything() == first


@every_kind
def test_gradients_are_added_to_what_is_there(name, options):
    cell, params, tape, inputs = begin(name, options)
    cell.forward(params, inputs, tape)
    grads = back(cell, params, tape, direct_at({T}))
    once = {k: g.copy() for k, g in grads.items()}
    tape.sum_over(0, T)
    cell.gradients(tape, grads)
    for k, g in grads.items():
        np.testing.assert_allclose(g, 2 * once[k], rtol=1e-13)


@every_kind
@pytest.mark.parametrize(("start", "stop"), [(0, 5), (4, T), (3, 7), (6, 7)])
def test_a_window_is_a_whole_pass_from_its_first_state(name, options, start, stop):
    cell, params, tape, inputs = begin(name, options)
    cell.forward(params, inputs, tape)
    direct = direct_at(set(range(start + 1, stop + 1)))
    grads = back(cell, params, tape, direct, start, stop)
    short = cell.plan(Shape(stop - start, B, M, N), np.dtype(np.float64), options)
    cell.forward(params, inputs[start:stop], short, tape.states()[start])
    alone = back(cell, params, short, direct[start : stop + 1], 0, stop - start)
    np.testing.assert_allclose(tape.adjoints[start + 1 : stop + 1], short.adjoints[1:], rtol=1e-11, atol=1e-14)
    for k, g in grads.items():
        np.testing.assert_allclose(g, alone[k], rtol=1e-11, atol=1e-13)


@every_kind
def test_what_the_inputs_feel_is_their_jacobians_times_the_adjoints(name, options):
    cell, params, tape, inputs = begin(name, options)
    cell.forward(params, inputs, tape)
    back(cell, params, tape, direct_at({2, T}))
    got = cell.input_adjoints(params, tape)
    for b in range(B):
        X, J = cell.input_jacobians(params, tape, b), cell.step_jacobians(params, tape, b)
        adjoint = np.zeros(J.shape[1])
        for t in range(T, 0, -1):
            now = direct_at({2, T})[t]
            adjoint[:N] += 0 if now is None else now[:, b]
            np.testing.assert_allclose(got[t - 1, :, b], adjoint @ X[t - 1], rtol=1e-11, atol=1e-14)
            adjoint = adjoint @ J[t - 1]


@pytest.mark.parametrize("numbers", [1, 60, 10**9])
@pytest.mark.parametrize("name", ["lstm_2", "gru_2", "gru_before_2", "rnn_tanh_2"])
def test_local_derivatives_may_come_in_pieces_of_any_size(name, numbers, monkeypatch, within):
    """Long runs compute them piece by piece to stay in the cache; small tests would only ever see one piece."""
    monkeypatch.setattr("engine.cells.tape.CACHED_NUMBERS", numbers)
    spec = named_cases()[name]
    within("complex step, in pieces", answers.worst_error(answers.of_engine(spec), answers.of_plain(spec)), 1e-9)


@pytest.mark.parametrize("numbers", [1, 60])
@pytest.mark.parametrize("name", ["lstm_2", "gru_2", "gru_before_2", "rnn_tanh_2"])
@pytest.mark.parametrize("window", [(1, 2), (2, 3), (5, 5)])
def test_windows_and_pieces_may_overlap_in_any_way(name, numbers, window, monkeypatch):
    spec = with_(named_cases()[name], truncation_stride=window[0], truncation_window=window[1])
    whole = answers.of_engine(spec)
    monkeypatch.setattr("engine.cells.tape.CACHED_NUMBERS", numbers)
    assert answers.worst_error(answers.of_engine(spec), whole)[0] < 1e-12


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_a_long_wide_run_passes_the_shipped_identity(cell):
    """Sizes at which every buffer is cut into pieces: adjoints and products must still be one story."""
    spec = {"task": {"name": "adding", "length": 120}, "networks": [{"cell": cell, "hidden_size": 48}],
            "batch_size": 24, "dtype": "float64"}  # fmt: skip
    assert engine.checks.adjoint_identity(engine.RunSpec.from_dict(spec)) < 1e-11


def test_gates_at_their_limits_stay_finite():
    """Pre-activations of ±10^4: saturated gates, exact zeros for slopes, no overflow anywhere."""
    for kind in ({"cell": "lstm"}, {"cell": "gru"}, {"cell": "rnn", "activation": "logistic"}):
        frame = engine.frame_of(engine.start(engine.RunSpec.from_dict(case(5, **kind, scale=1e4)))).networks[0]
        layer = frame.layers[0]
        assert np.isfinite(layer.hidden).all()
        assert np.isfinite(layer.d_hidden).all()
        assert layer.saturation > 0.9
        below = layer.jacobian_log_norms[np.tril_indices(6)]
        assert not np.isnan(below).any()
        assert not np.isposinf(below).any()


# --- the LSTM of 1997: no forget gate -------------------------------------------------------------------------------


def without_forget_gate(n=3, **more):
    """Return an LSTM whose forget gates are saturated to exactly 1: a spec among others, no cell of its own."""
    bias = np.zeros(4 * n)
    bias[n : 2 * n] = 60.0
    tree = case(71, cell="lstm", hidden=n, length=8)
    tree["networks"][0]["weights"] |= {"bias_ih_l0": bias.tolist(), "bias_hh_l0": [0.0] * (4 * n)}
    return engine.start(engine.RunSpec.from_dict(tree | more))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_an_lstm_without_forget_gate_is_a_bias_that_saturates_it(dtype):
    """c_t = c_{t-1} + i g; its carousel is 1 at every lag, and training cannot open what has no slope."""
    begin = without_forget_gate(dtype=dtype, optimizer={"name": "adam", "learning_rate": 0.05}, steps=30)
    layer = engine.frame_of(begin).networks[0].layers[0]
    assert (layer.gates["f"] == 1.0).all()
    added = layer.gates["i"] * layer.gates["g"]
    np.testing.assert_array_equal(layer.cell_state[1:], layer.cell_state[:-1] + added)
    known = ~np.isnan(layer.carousel_log_norms)
    np.testing.assert_allclose(layer.carousel_log_norms[known], 0.5 * np.log10(3), atol=1e-6)
    end = engine.advance(begin, 30)[0]
    before, after = engine.weights(begin), engine.weights(end)
    for name in ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0"):
        np.testing.assert_array_equal(before[name][3:6], after[name][3:6])
        assert (before[name][:3] != after[name][:3]).any()
    assert end.metrics[-1]["networks"][0]["loss"] < end.metrics[0]["networks"][0]["loss"]
    assert (engine.frame_of(end).networks[0].layers[0].gates["f"] == 1.0).all()


def test_its_gradients_are_those_of_a_cell_that_only_adds():
    begin = without_forget_gate(dtype="float64")
    assert engine.checks.gradients(begin.spec, begin) < 1e-7
    assert engine.checks.jacobians(begin.spec, begin) < 1e-7
    for name, copies in engine.copies(begin).items():
        assert not copies[:, 3:6].any(), name
