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
