"""The stacked strip and the spectra: whatever the numbers, both draw; their colours differ for every eye."""

import numpy as np
import plotly.graph_objects as go
import pytest

import engine
from engine.figures import View, fill
from engine.figures.strips import CAUSES, build_spectra, build_why, lines, shown, spectra_limits, why_limits


def checkpoint(length=12, **changes):
    nets = [{"cell": cell, "hidden_size": 4} for cell in ("rnn", "lstm", "gru")]
    spec = {"task": {"name": "adding", "length": length}, "networks": nets, "batch_size": 4, **changes}
    return engine.start(engine.RunSpec.from_dict(spec))


def answers(ask, at):
    return [ask(at, i) | {"label": network.label} for i, network in enumerate(at.spec.networks)]


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("length", [2, 12, 300])
def test_both_are_valid_figures_of_one_scale(narrow, length):
    at = checkpoint(length)
    why, spectra = answers(engine.why, at), answers(engine.spectra, at)
    for build, found, tree in ((build_why, why, shown(why)), (build_spectra, spectra, lines(spectra))):
        template, bindings = build(found, View(narrow=narrow))
        figure = fill(template, bindings, {"networks": tree})
        go.Figure(figure)
        ranges = {tuple(axis["range"]) for name, axis in figure["layout"].items() if name.startswith("yaxis")}
        assert len(ranges) == 1
        known = np.concatenate([np.asarray(t["y"], float) for t in figure["data"] if t.get("mode") != "lines"] or [[0]])
        low, high = ranges.pop()
        assert (known[np.isfinite(known)] >= low).all()
        assert (known[np.isfinite(known)] <= high).all()


def test_an_exact_end_reaches_the_bottom_and_leaves_no_trace_before_it():
    T = 5
    dead = {name: np.zeros(T) for name in (*CAUSES, "total")}
    dead["saturation"] = dead["total"] = np.array([np.nan, np.nan, -np.inf, -0.2, -0.1])
    low, _ = why_limits([dead])
    assert np.isfinite(low)
    drawn = shown([dead])[0]["saturation"]
    assert drawn[2] == low
    assert np.isnan(drawn[:2]).all()


def test_values_below_rounding_are_not_drawn():
    values = np.array([[0.0, 0.0], [-1.0, -20.0]])
    found = [{"log_singular_values": values, "lyapunov_exponents": np.array([-2.3, -np.inf])}]
    assert np.isnan(lines(found)[0]["all"]["y"][4])
    assert spectra_limits(found)[0] > -3
    nothing = [{"log_singular_values": np.full((2, 2), np.nan), "lyapunov_exponents": np.full(2, np.nan)}]
    assert all(np.isfinite(spectra_limits(nothing)))
