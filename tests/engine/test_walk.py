"""The walk tells step by step what the frame and the drill-down tell at once."""

import numpy as np
import pytest

import engine


def run_spec(cell: str, **more) -> engine.RunSpec:
    return engine.RunSpec(
        task={"name": "adding", "length": 9},
        networks=[{"cell": cell, "hidden_size": 4, **more}],
        batch_size=3,
        dtype="float64",
        probe={"sample": 1},
    )


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_it_goes_forward_to_the_loss_and_back_with_the_frames_own_numbers(cell):
    checkpoint, _ = engine.advance(engine.start(run_spec(cell, layers=2)), 0)
    frame = engine.frame_of(checkpoint).networks[0]
    for layer in (0, 1):
        seen, events = frame.layers[layer], list(engine.walk(checkpoint, layer=layer))
        assert [e.kind for e in events] == ["forward"] * 9 + ["loss"] + ["backward"] * 10
        for t, event in enumerate(events[:9], 1):
            assert event.data["t"] == t
            np.testing.assert_array_equal(event.data["h"], seen.hidden[t])
            np.testing.assert_array_equal(event.data["output"], frame.outputs[t - 1])
            assert set(event.data["gates"]) == set(seen.gates)
            for name, gate in seen.gates.items():
                np.testing.assert_array_equal(event.data["gates"][name], gate[t - 1])
            if cell == "lstm":
                np.testing.assert_array_equal(event.data["c"], seen.cell_state[t])
        assert events[9].data["loss"] == frame.loss
        np.testing.assert_array_equal(events[9].data["steps"], [9])
        error = frame.outputs[8] - frame.targets[8]
        np.testing.assert_allclose(events[9].data["step_losses"], error**2, rtol=1e-12)
        for k, event in zip(range(9, -1, -1), events[10:], strict=True):
            asked = engine.jacobian(checkpoint, layer=layer, t=9, k=k)
            assert event.data["k"] == k
            np.testing.assert_array_equal(event.data["d_hidden"], seen.d_hidden[k])
            np.testing.assert_allclose(event.data["product"], asked["hh"], rtol=1e-9, atol=1e-15)
            assert event.data["log_norm"] == pytest.approx(seen.jacobian_log_norms[9, k], abs=1e-9)


def test_the_product_of_an_earlier_step_starts_there_as_the_identity():
    events = list(engine.walk(engine.start(run_spec("rnn")), t=5))
    backward = {e.data["k"]: e.data for e in events if e.kind == "backward"}
    assert "product" not in backward[6]
    np.testing.assert_array_equal(backward[5]["product"], np.eye(4))
    assert backward[5]["factor_log_norm"] is None


@pytest.mark.parametrize(("field", "value"), [("network", 1), ("layer", 3), ("sample", 7), ("t", 10), ("batch", -1)])
def test_what_the_run_does_not_have_is_refused_before_the_first_event(field, value):
    with pytest.raises(engine.OutOfRange) as refused:
        engine.walk(engine.start(run_spec("rnn")), **{field: value})
    assert (refused.value.field, refused.value.value) == (field, value)


ACTIVATIONS = {"i": "logistic", "f": "logistic", "o": "logistic", "r": "logistic", "z": "logistic"}


@pytest.mark.parametrize(
    "network", [{"cell": "rnn"}, {"cell": "rnn", "activation": "relu"}, {"cell": "lstm"}, {"cell": "gru"},
                {"cell": "gru", "reset_after": False}], ids=str,
)  # fmt: skip
def test_the_sums_of_each_unit_make_its_gates_and_the_diagonals_are_those_of_the_factors(network):
    checkpoint, _ = engine.advance(engine.start(run_spec(**network, layers=2)), 3)
    for layer in (0, 1):
        events = list(engine.walk(checkpoint, layer=layer, t=8))
        for event in events[:9]:
            gates = event.data["gates"] or {"a": event.data["h"]}
            assert set(event.data["sums"]) == set(gates)
            for name, parts in event.data["sums"].items():
                kind = ACTIVATIONS.get(name, network.get("activation", "tanh"))
                total = parts.sum(axis=0)
                want = {"tanh": np.tanh(total), "relu": np.maximum(total, 0), "logistic": 1 / (1 + np.exp(-total))}
                np.testing.assert_allclose(want[kind], gates[name], rtol=1e-10, atol=1e-14)
        path = np.ones(4)
        for event in events[11:]:  # after k = 9 beyond t, and k = 8 the identity
            k, small = event.data["k"], event.data["diagonal"]
            if k == 8:
                assert small is None
                continue
            factor = engine.jacobian(checkpoint, layer=layer, t=k + 1, k=k)["hh"]
            np.testing.assert_allclose(small["factor"], np.diag(factor), rtol=1e-10, atol=1e-15)
            if network["cell"] == "rnn":
                np.testing.assert_allclose(small["slope"] * small["weight"], small["factor"], rtol=1e-12, atol=1e-15)
            else:
                path = path * events[k].data["gates"]["f" if network["cell"] == "lstm" else "z"]
                np.testing.assert_allclose(small["path"], path, rtol=1e-12)
