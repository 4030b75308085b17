"""The map of the loss: whatever the numbers, it draws; nothing that is not finite hides, and the path lies on top."""

import math

import numpy as np
import plotly.graph_objects as go
import pytest

import engine
from engine.figures import View, fill
from engine.figures.landscape import build_landscape, log_loss, scale_of_losses, shown


def answers(steps=3, size=7, span=None, **changes):
    nets = [{"cell": cell, "hidden_size": 4} for cell in ("rnn", "lstm", "gru")]
    spec = {"task": {"name": "adding", "length": 6}, "networks": nets, "batch_size": 4, **changes}
    trail = [engine.start(engine.RunSpec.from_dict(spec))]
    for _ in range(steps):
        trail.append(engine.advance(trail[-1], 1)[0])
    return [engine.landscape(trail, i, size, span) | {"label": n.label} for i, n in enumerate(trail[0].spec.networks)]


def drawn(found, **view):
    template, bindings = build_landscape(found, View(**view))
    return fill(template, bindings, {"networks": shown(found)})


@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("clip", [None, 0.01])
@pytest.mark.parametrize("steps", [0, 1, 20])
def test_it_is_a_valid_figure_with_a_subplot_for_each_network_and_one_scale(narrow, clip, steps):
    found = answers(steps, clip_norm=clip)
    figure = drawn(found, narrow=narrow)
    go.Figure(figure)
    maps = [t for t in figure["data"] if t["type"] == "heatmap"]
    assert [t["xaxis"] for t in maps] == ["x", "x2", "x3"]
    assert {t["coloraxis"] for t in maps} == {"coloraxis"}
    for trace, answer in zip(maps, found, strict=True):
        np.testing.assert_allclose(trace["z"], log_loss(answer), rtol=1e-3, atol=1e-3)
    shown_once = [t["name"] for t in figure["data"] if t.get("showlegend")]
    assert len(shown_once) == len(set(shown_once)) == (4 if clip and steps else 3)


def test_axes_hold_the_grid_and_each_network_keeps_its_own_plane():
    found = answers()
    layout = drawn(found)["layout"]
    for number, answer in zip(("", "2", "3"), found, strict=True):
        for letter in "xy":
            low, high = layout[f"{letter}axis{number}"]["range"]
            half = (answer[letter][1] - answer[letter][0]) / 2
            assert (low, high) == pytest.approx((answer[letter][0] - half, answer[letter][-1] + half))
            assert "matches" not in layout[f"{letter}axis{number}"]


def test_the_path_lies_over_the_map_and_the_unclipped_end_beside_the_weights_shown():
    found = answers(4, clip_norm=0.3, optimizer={"name": "sgd", "learning_rate": 0.5})
    data = [t for t in drawn(found)["data"] if t["xaxis"] == "x"]
    assert [t["type"] for t in data[:2]] == ["heatmap", "contour"]
    path = next(t for t in data if t["name"] == "the optimizer's path")
    np.testing.assert_allclose(path["x"], found[0]["path"][:, 0])
    assert list(path["customdata"]) == [0, 1, 2, 3, 4]
    assert data[-1]["name"] == "the weights shown"
    np.testing.assert_allclose([data[-1]["x"][0], data[-1]["y"][0]], found[0]["here"], atol=1e-12)
    free = next(t for t in data if t["name"].startswith("without clipping"))
    np.testing.assert_allclose([free["x"][0], free["y"][0]], found[0]["free"], atol=1e-9)


def test_what_ends_off_the_map_stands_at_its_border_as_an_arrow_that_points_there():
    found = answers(4, span=0.001, clip_norm=0.01, optimizer={"name": "sgd", "learning_rate": 0.5})
    assert found[0]["free"][0] > found[0]["x"][-1]
    found[0]["before"] = np.array([0.0, 0.0])
    free = next(t for t in drawn(found)["data"] if t["name"] == "without clipping (off this map)")
    assert found[0]["x"][0] < free["x"][0] <= found[0]["x"][-1]
    assert free["marker"]["angle"] == pytest.approx(90, abs=1)  # to the right


def test_a_map_beside_it_that_goes_up_another_way_says_so():
    found = [
        grid(1.0, 2.0, 3.0),
        grid(1.0, 2.0, 3.0) | {"label": "b", "y_name": "path"},
        grid(2.0, 2.0) | {"label": "c"},
    ]
    headings = [note["text"] for note in drawn(found)["layout"]["annotations"]]
    assert headings == ["<b>a</b>", "<b>b</b> ↑ across it, along the path", "<b>c</b>"]


def grid(*values):
    side = np.linspace(-1, 1, len(values))
    loss = np.tile(np.array(values, float), (len(values), 1))
    marks = {name: np.full(2, np.nan) for name in ("before", "free")} | {"here": np.zeros(2), "clipped": False}
    path = {"path": np.zeros((1, 2)), "path_steps": np.zeros(1, int)}
    names = {"network": 0, "label": "a", "x_name": "update", "y_name": "random"}
    return {"x": side, "y": side, "loss": loss, **path, **marks, **names}


def test_overflow_exact_zero_and_what_is_undefined_each_look_different():
    answer = grid(0.0, 1.0, 10.0, np.inf, np.nan)
    scale = scale_of_losses([answer])
    z = drawn([answer])["data"][0]["z"][0]
    assert z[0] == pytest.approx(scale.specials["zero"])
    assert z[3] == pytest.approx(scale.specials["infinite"])
    assert math.isnan(z[4])
    assert scale.lo <= z[1] < z[2] <= scale.hi < z[3]
    assert "zsmooth" not in drawn([answer])["data"][0]  # nothing in between
    assert drawn([grid(1.0, 2.0, 3.0)])["data"][0]["zsmooth"] == "best"
    assert {"exact 0", "∞"} <= {text for _, text in scale.ticks}


def test_a_wide_range_keeps_ten_decades_and_says_what_is_beyond():
    scale = scale_of_losses([grid(*10.0 ** np.arange(-1, 40))])
    assert (scale.lo, scale.hi) == pytest.approx((-1, 9))
    assert "above" in scale.specials
    assert "below" not in scale.specials
    places = [place for place, _ in scale.ticks]
    assert places == sorted(places)


@pytest.mark.parametrize("values", [(1.0, 1.0, 1.0), (np.nan,) * 3, (np.inf,) * 3, (0.0,) * 3, (0.231, 0.2315, 0.232)])
def test_flat_or_empty_maps_draw_too(values):
    scale = scale_of_losses([grid(*values)])
    assert np.isfinite([scale.lo, scale.hi, scale.cmin, scale.cmax]).all()
    assert scale.lo < scale.hi
    go.Figure(drawn([grid(*values)]))
