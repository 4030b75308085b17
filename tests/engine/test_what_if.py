"""What-if: a pure change of a copy, exact in what it says it does."""

import numpy as np
import pytest

from engine import RunSpec, SpecError, advance, frame_of, start, weights, what_if


def spec(**changes):
    networks = [{"cell": c, "hidden_size": 5, "layers": 2} for c in ("rnn", "lstm", "gru")]
    base = {"task": {"name": "adding", "length": 9}, "networks": networks, "batch_size": 3, "steps": 50}
    return RunSpec.from_dict({**base, "dtype": "float64", **changes})


@pytest.fixture(scope="module")
def checkpoint():
    return advance(start(spec()), 4)[0]


def test_the_factor_multiplies_the_spectral_radius_of_every_layer_and_nothing_else(checkpoint):
    for i in range(3):
        changed = what_if(checkpoint, {f"networks.{i}.spectral_radius_factor": 1.5})
        for before, after in zip(frame_of(checkpoint).networks, frame_of(changed).networks, strict=True):
            same = before.label != checkpoint.spec.networks[i].label
            for old, new in zip(before.layers, after.layers, strict=True):
                assert new.spectral_radius == pytest.approx(old.spectral_radius * (1 if same else 1.5), rel=1e-12)
        rows = slice(0, 5) if i == 0 else slice(10, 15)  # of the candidate: g of i, f, g, o; n of r, z, n
        for name, value in weights(checkpoint, i).items():
            if name.startswith("weight_hh"):
                value[rows] *= 1.5
            np.testing.assert_array_equal(weights(changed, i)[name], value)


def test_changed_weights_are_the_measure_of_their_own_growth(checkpoint):
    changed = what_if(checkpoint, {"networks.0.drive": 50.0})
    theta = np.concatenate([value.ravel() for value in weights(changed, 0).values()])
    assert changed.networks[0].first_norm == pytest.approx(np.linalg.norm(theta), rel=1e-12)
    assert changed.networks[1].first_norm == checkpoint.networks[1].first_norm


def test_drive_is_a_scaled_input(checkpoint):
    changed = what_if(checkpoint, {"networks.0.drive": 0.5})
    before, after = weights(checkpoint, 0), weights(changed, 0)
    np.testing.assert_array_equal(after["weight_ih_l0"], 0.5 * before["weight_ih_l0"])
    moved = [name for name in before if not np.array_equal(before[name], after[name])]
    assert moved == ["weight_ih_l0"]


def test_a_shift_of_the_forget_bias_is_what_a_patch_of_it_does(checkpoint):
    shifted = what_if(checkpoint, {"networks.1.forget_bias_shift": 2})
    patched = what_if(checkpoint, {"networks.1.forget_bias": 3})  # 1 is the default
    for name, value in weights(shifted, 1).items():
        np.testing.assert_array_equal(value, weights(patched, 1)[name])


def test_one_weight_is_set_and_the_given_checkpoint_stays(checkpoint):
    before = checkpoint.to_bytes()
    changed = what_if(checkpoint, {"networks.2.weights.weight_hh_l1[7, 3]": 0.25, "networks.2.weights.bias_o[0]": -1})
    assert weights(changed, 2)["weight_hh_l1"][7, 3] == 0.25
    assert weights(changed, 2)["bias_o"][0] == -1
    assert checkpoint.to_bytes() == before


def test_what_changes_nothing_changes_no_bit(checkpoint):
    neutral = {"networks.0.spectral_radius_factor": 1, "networks.1.forget_bias_shift": 0.0, "networks.2.drive": 1}
    assert what_if(checkpoint, neutral) == checkpoint
    assert what_if(checkpoint, {}) == checkpoint


def test_truncation_and_clip_go_to_the_spec_and_training_goes_on(checkpoint):
    changed = what_if(checkpoint, {"truncation_window": 4, "truncation_stride": 2, "clip_norm": 0.1})
    assert (changed.spec.truncation_window, changed.spec.truncation_stride, changed.spec.clip_norm) == (4, 2, 0.1)
    assert advance(changed, 3)[0].step == 7


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("networks.0.forget_bias_shift", 1),
        ("networks.3.drive", 1),
        ("networks.0.drive", float("nan")),
        ("networks.0.drive", True),
        ("networks.0.spectral_radius_factor", 101),
        ("networks.0.weights.weight_hh_l0[5, 0]", 1),
        ("networks.0.weights.weight_hh_l0[0]", 1),
        ("networks.0.weights.bias_o[0]", 1e9),
        ("networks.0.hidden_size", 7),
        ("networks.0.weights.weight_hh_l0[-1, 0]", 1),
    ],
)
def test_bad_changes_are_named(checkpoint, name, value):
    with pytest.raises(SpecError) as caught:
        what_if(checkpoint, {name: value})
    assert [problem.field for problem in caught.value.problems] == [name]
