"""The heatmap of a sweep: a plotly figure whose colours follow the data, with a colour of its own for `never`."""

import math

import numpy as np
import plotly.graph_objects as go
import pytest

from engine.figures import View, fill
from engine.figures.ink import contrast
from engine.figures.sweep import MEASURES, build_surface, scale_for


def surface(measure, shown, networks=1):
    rows, columns = np.shape(shown)
    words = [[f"{value:.3g}" for value in row] for row in shown]
    panel = {"network": 0, "title": "RNN", "shown": shown, "text": words, "said": words}
    return {
        "measure": measure,
        "x": {"title": "Length T", "labels": [str(i) for i in range(columns)]},
        "y": {"title": "Cell", "labels": [f"row {i}" for i in range(rows)]},
        "panels": [{**panel, "network": i} for i in range(networks)],
    }


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("narrow", [False, True])
@pytest.mark.parametrize("networks", [1, 3])
def test_every_measure_draws_whatever_is_known(measure, narrow, networks):
    for shown in ([[math.nan] * 3], [[0.5, math.nan, 0.5]], [[0.1, 2.0], [-3.0, math.nan]]):
        tree = surface(measure, shown, networks)
        template, bindings = build_surface(tree, View(narrow=narrow))
        figure = fill(template, bindings, tree)
        go.Figure(figure)
        axis = figure["layout"]["coloraxis"]
        assert axis["cmin"] < axis["cmax"]
        assert [trace["type"] for trace in figure["data"]].count("heatmap") == networks
        drawn = np.asarray(figure["data"][0]["z"])
        assert (np.isnan(drawn) == np.isnan(shown)).all()
        known = drawn[~np.isnan(drawn)]
        assert ((known >= axis["cmin"]) & (known <= axis["cmax"])).all()


def test_never_is_no_number_and_has_its_own_colour():
    tree = surface("half_life", [[2.0, math.inf, 8.0]])
    template, bindings = build_surface(tree)
    two, never, eight = fill(template, bindings, tree)["data"][0]["z"][0]
    assert two == pytest.approx(2, abs=0.01)
    assert never > eight + 0.1
    axis = template["layout"]["coloraxis"]
    assert axis["colorbar"]["ticktext"][-1] == "never"
    assert axis["colorbar"]["tickvals"][-1] == pytest.approx(never)


def test_numbers_read_on_their_cells_and_where_there_is_none_in_the_pages_own_colour():
    values = [[*np.linspace(0, 1, 23), math.nan]]
    tree = surface("accuracy", values)
    template, bindings = build_surface(tree)
    data = fill(template, bindings, tree)["data"]
    scale = scale_for(MEASURES["accuracy"], [values])
    stops = scale.colorscale(View().palette)
    map_, numbers = data
    inks, texts = numbers["textfont"]["color"], numbers["text"]
    assert numbers["x"] == list(range(24))
    for x, value in enumerate(values[0][:-1]):
        painted = "#{:02x}{:02x}{:02x}".format(*colour_at(stops, value))
        assert contrast(inks[x], painted) >= 4.5, (value, painted)
        assert texts[x] == f"{value:.3g}"
    assert (texts[23], map_["text"]) == (" ", [[*[""] * 23, "nan"]])
    assert contrast("#000000", "#ffffff") == pytest.approx(21)


def colour_at(stops, value):
    """The colour that plotly paints: linear in sRGB between its stops."""
    places = [place for place, _ in stops]
    channels = zip(*([int(colour[i : i + 2], 16) for i in (1, 3, 5)] for _, colour in stops), strict=True)
    return [round(float(np.interp(value, places, channel))) for channel in channels]


def test_many_decades_of_loss_are_named_by_whole_ones():
    texts = [text for _, text in scale_for(MEASURES["loss"], [[[-5.3, 0.4]]]).ticks]
    assert texts == ["10<sup>−5</sup>", "10<sup>−4</sup>", "0.001", "0.01", "0.1", "1"]


def test_losses_are_coloured_by_decades_and_named_by_value():
    scale = scale_for(MEASURES["loss"], [[[-3.0, -1.0]]])
    assert scale.lo == pytest.approx(-3)
    named = dict((text, value) for value, text in scale.ticks)
    assert named["0.01"] == pytest.approx(-2)


def test_axes_say_the_values_of_their_fields():
    layout = build_surface(surface("loss", [[0.0] * 30, [1.0] * 30]))[0]["layout"]
    assert layout["yaxis"]["ticktext"] == ["row 0", "row 1"]
    assert len(layout["xaxis"]["ticktext"]) <= 12
    assert layout["xaxis"]["title"]["text"] == "Length T"
