"""Presets keep what they promise: each claim is trained for, and each lesson's numbers are looked at."""

from __future__ import annotations

import json

import numpy as np
import pytest

import engine
from bench import tasks_page
from engine.presets import PRESETS
from engine.tasks import TASKS

# The first claim is the short one. forget_bias has a long one alone, and a lesson of its own below.
SHORT = [name for name in PRESETS if PRESETS[name].claims and name != "forget_bias"]
WINDOW = 20  # batches whose mean loss is compared


def spec_of(name, **rest):
    return engine.RunSpec.from_dict({**PRESETS[name].spec, **rest})


@pytest.mark.parametrize("name", list(PRESETS))
def test_a_preset_is_a_spec_and_says_what_it_shows(name):
    preset = PRESETS[name]
    assert engine.RunSpec.from_dict(json.loads(json.dumps(preset.spec))) == spec_of(name)
    assert preset.title
    assert preset.sentence.endswith((".", "?", ")"))
    assert all(claim.step <= preset.spec["steps"] for claim in preset.claims)
    assert all(claim.network < len(preset.spec["networks"]) for claim in preset.claims)


def test_every_task_but_ones_own_arrays_has_a_preset():
    assert {preset.spec["task"]["name"] for preset in PRESETS.values()} == set(TASKS) - {"inline"}


@pytest.mark.parametrize("name", SHORT)
def test_the_first_promise_is_kept(name):
    """The network is trained alone (others never touch it): its loss over chance is where the preset says."""
    claim = PRESETS[name].claims[0]
    spec = spec_of(name, networks=[PRESETS[name].spec["networks"][claim.network]], steps=claim.step)
    checkpoint, _ = engine.advance(engine.start(spec), claim.step)
    assert checkpoint.finished
    loss = np.mean([row["networks"][0]["loss"] for row in checkpoint.metrics[-WINDOW:]])
    share = loss / spec.baseline_loss
    assert claim.at_most is None or share <= claim.at_most
    assert claim.at_least is None or share >= claim.at_least
    assert (claim.at_most, claim.at_least) != (None, None)


def layers_at_start(name):
    return [network.layers[0] for network in engine.frame_of(engine.start(spec_of(name))).networks]


def test_vanishing_shows_the_rnn_dark_beside_the_lit_cell():
    rnn, lstm, _ = layers_at_start("vanishing")
    T = 40
    assert rnn.jacobian_log_norms[T, 1] < -8
    assert lstm.cell_jacobian_log_norms[T, 1] > rnn.jacobian_log_norms[T, 1] + 3


def test_forget_bias_orders_the_four_by_how_far_they_remember():
    layers = layers_at_start("forget_bias")
    reach = [layer.cell_flow_by_lag[59] for layer in layers]
    assert all(np.diff(reach) > 0.3)
    assert layers[0].cell_half_life < 3
    assert layers[3].cell_half_life is None or layers[3].cell_half_life > 20


def test_exploding_diverges_at_once_and_clipping_saves_the_same_start():
    wild, tame = spec_of("exploding"), spec_of("clipping")
    assert {**tame.to_dict(), "clip_norm": None} == wild.to_dict()
    lost, _ = engine.advance(engine.start(wild), 50)
    assert lost.diverged is not None
    assert lost.diverged.step <= 3
    kept, _ = engine.advance(engine.start(tame), 50)
    assert kept.diverged is None


def test_the_identity_start_hands_the_gradient_back():
    identity, tanh = layers_at_start("irnn")
    assert identity.flow_by_lag[59] > identity.flow_by_lag[0] - 1
    assert tanh.flow_by_lag[59] < tanh.flow_by_lag[0] - 8


def test_bit_sum_ends_at_the_only_answer():
    spec = spec_of("bit_sum")
    found = engine.weights(engine.advance(engine.start(spec), spec.steps)[0])
    assert found["weight_ih_l0"].item() == pytest.approx(1, abs=0.001)
    assert found["weight_hh_l0"].item() == pytest.approx(1, abs=0.001)
    assert not found["bias_ih_l0"].any()
    assert found["weight_ho"].item() == 1


def test_the_page_about_tasks_says_what_the_code_says():
    """Written by `python -m bench.tasks_page`."""
    assert tasks_page.PAGE.read_text() == tasks_page.page()
