"""Templates and bindings: what they hold, that they resolve, and that filling them is drawing."""

import json
import re
import subprocess
import sys

import numpy as np
import plotly.graph_objects as go
import pytest

import engine
from engine.figures import FIGURES, View, build_matrix, columns, figures_json, fill
from engine.figures.curves import half_level
from engine.figures.theme import DARK, LIGHT
from engine.frame import resolve

CELLS = ("rnn", "lstm", "gru")


def tree_for(figure, frame, trained):
    return columns(trained.metrics) if figure == "loss" else engine.as_tree(frame)


@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize("view", [View(), View(narrow=True), View(layer=1), View(palette=DARK), View(columns=1)])
def test_every_template_is_a_plotly_figure_and_every_binding_finds_an_array(figure, view, spec, frame, trained):
    template, bindings = FIGURES[figure].build(spec, view)
    tree = tree_for(figure, frame, trained)
    for binding in bindings:
        assert binding["trace"] < len(template["data"])
        assert resolve(tree, binding["path"]) is not None or "half_life" in binding["path"], binding
    go.Figure(template)
    go.Figure(fill(template, bindings, tree))


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("figure", FIGURES)
def test_every_figure_draws_a_run_of_any_one_cell(figure, cell, make_spec):
    spec = make_spec([{"cell": cell, "hidden_size": 3}])
    checkpoint, _ = engine.advance(engine.start(spec), 1)
    template, bindings = FIGURES[figure].build(spec)
    tree = columns(checkpoint.metrics) if figure == "loss" else engine.frame_of(checkpoint)
    go.Figure(fill(template, bindings, tree))
    if not template["data"]:
        assert template["layout"]["meta"]["sentence"] in template["layout"]["annotations"][0]["text"]


def test_only_networks_with_a_cell_state_get_subplots_of_it(spec):
    template, _ = FIGURES["cell_jacobian"].build(spec)
    assert {trace["meta"]["network"] for trace in template["data"]} == {2}
    gates, _ = FIGURES["gates"].build(spec)
    assert {trace["meta"]["network"] for trace in gates["data"]} == {2, 3}


def test_filling_a_template_equals_drawing_in_one_go(spec, frame):
    template, bindings = FIGURES["jacobian"].build(spec)
    drawn = go.Figure(layout=template["layout"])
    for trace, network in zip(template["data"], frame.networks, strict=True):
        norms = network.layers[0].jacobian_log_norms
        shown = np.where(norms < -8, -8.25, np.where(norms > 1, 1.25, np.clip(norms, -8 + 9e-4, 1 - 9e-4)))
        shown = np.where(np.isneginf(norms), -8.75, shown).astype(norms.dtype)
        axes = {"x": frame.k_steps, "y": frame.t_steps, "xaxis": trace["xaxis"], "yaxis": trace["yaxis"]}
        words = {key: trace[key] for key in ("name", "hovertemplate", "meta")}
        drawn.add_heatmap(z=shown, customdata=norms, coloraxis="coloraxis", hoverongaps=False, **axes, **words)
    filled = go.Figure(fill(template, bindings, frame))
    assert json.loads(filled.to_json()) == json.loads(drawn.to_json())


def test_filling_leaves_the_template_alone(spec, frame):
    template, bindings = FIGURES["hidden"].build(spec)
    before = json.dumps(template)
    filled = fill(template, bindings, frame)
    assert json.dumps(template) == before
    np.testing.assert_array_equal(filled["data"][2]["z"], frame.networks[2].layers[0].hidden.T)


def test_a_binding_that_leads_nowhere_is_named(spec):
    template, bindings = FIGURES["hidden"].build(spec)
    with pytest.raises(KeyError, match=r"networks\.0\.layers\.0\.hidden"):
        fill(template, bindings, {"networks": []})


@pytest.mark.parametrize(
    "figure", ["jacobian", "cell_jacobian", "itemised", "d_hidden", "d_cell_state", "hidden", "gates"]
)
def test_limits_are_fixed_for_the_run_and_shared_by_all_networks(figure, spec):
    frames = [engine.frame_of(engine.start(spec)), engine.frame_of(engine.advance(engine.start(spec), 5)[0])]
    template, bindings = FIGURES[figure].build(spec)
    assert {trace["coloraxis"] for trace in template["data"]} == {"coloraxis"}
    assert not any("zmin" in trace or "zmax" in trace or "zauto" in trace for trace in template["data"])
    axes = [fill(template, bindings, frame)["layout"]["coloraxis"] for frame in frames]
    assert axes[0] == axes[1] == template["layout"]["coloraxis"]
    assert axes[0]["cmin"] < axes[0]["cmax"]


def test_deeper_layers_are_shown_where_there_are_some(spec, frame):
    template, bindings = FIGURES["hidden"].build(spec, layer=1)
    paths = [binding["path"] for binding in bindings]
    assert paths == [f"networks.{i}.layers.{layer}.hidden" for i, layer in enumerate([0, 0, 1, 0])]
    assert template["data"][2]["name"].endswith("layer 2")


def test_ticks_of_a_loss_leave_room_for_the_axis_title(spec):
    axis, margin = (FIGURES["loss"].build(spec)[0]["layout"][name] for name in ("yaxis", "margin"))
    room = margin["l"] - axis["ticklen"] - axis["title"]["standoff"] - axis["title"]["font"]["size"] * 1.2
    shown = [re.sub("<[^>]*>", "", text) for text in axis["ticktext"]]
    assert {"0.001", "10−4", "1000"} <= set(shown)
    assert max(map(len, shown)) * 0.6 * axis["tickfont"]["size"] <= room


@pytest.mark.parametrize("norm", ["frobenius", "spectral"])
def test_half_life_markers_stand_on_their_curve(norm, make_spec):
    spec = make_spec(probe={"norm": norm})
    for network, seen in enumerate(engine.frame_of(engine.start(spec)).networks):
        layer = seen.layers[0]
        if layer.half_life is not None:
            on_curve = 10 ** np.interp(layer.half_life, range(10), layer.flow_by_lag)
            assert 10 ** half_level(spec, network) == pytest.approx(on_curve, rel=0.05)


def test_a_picked_product_is_drawn_with_its_singular_values(spec, trained):
    for network, cell in enumerate(["rnn", "rnn", "lstm", "gru"]):
        product = engine.jacobian(trained, network=network, t=7, k=2)
        template, bindings = build_matrix(spec, network)
        figure = go.Figure(fill(template, bindings, product))
        assert len(figure.data) == (5 if cell == "lstm" else 2)
        np.testing.assert_array_equal(figure.data[0].z, product["hh"])
        np.testing.assert_array_equal(figure.data[-1].y, product["singular_values"])
        assert figure.layout.coloraxis.cmid == 0


def test_json_is_plain_and_complete(spec):
    sent = figures_json(spec, FIGURES.values())
    assert json.loads(json.dumps(sent, allow_nan=False)) == sent
    assert [figure["id"] for figure in sent] == list(FIGURES)
    assert len(sent[0]["matrices"]) == len(spec.networks)
    for figure in [*sent, *sent[0]["matrices"]]:
        assert figure["title"]
        assert figure["help"]
        assert set(figure["template"]["layout"]["meta"]) == set(figure["narrow"]["meta"])


def test_every_sentence_can_be_translated(spec):
    heard = []
    say = lambda text: heard.append(text) or f"«{text}»"  # noqa: E731
    sent = figures_json(spec, list(FIGURES.values()), say=say)
    assert "earlier step k" in heard
    jacobian = sent[0]
    assert jacobian["title"] == f"«{FIGURES['jacobian'].title}»"
    assert jacobian["template"]["layout"]["xaxis"]["title"]["text"] == "«earlier step k»"
    assert all(text.startswith("«") for text in jacobian["messages"].values())


def test_the_rules_of_the_wire_hold_for_views(spec):
    names = set(engine.LayerFrame.__annotations__)
    for figure in FIGURES.values():
        assert set(figure.views) <= names


def test_palettes_name_the_same_things(spec):
    assert set(LIGHT.magnitude_bands) == set(DARK.magnitude_bands)
    assert len(LIGHT.networks) == len(DARK.networks) >= 4


def test_figures_need_no_plotly_until_something_is_drawn():
    code = "import sys, engine.figures; assert 'plotly' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_baseline_of_zero_has_no_line_on_a_log_axis(make_spec):
    ones = {"name": "inline", "inputs": [[[1.0], [2.0]]] * 2, "targets": [[1.0]] * 2, "loss": "mse"}
    spec = make_spec(task=ones | {"target_steps": "last"})
    template, bindings = FIGURES["loss"].build(spec)
    assert not spec.baseline_loss
    assert "shapes" not in template["layout"]
    go.Figure(template)
