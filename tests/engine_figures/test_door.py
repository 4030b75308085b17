"""What a figure cannot be drawn from is refused by name, before plotly or NumPy speak."""

import pytest

from engine.errors import OutOfRange
from engine.figures import FIGURES, View, build_matrix, figures_json, names_json


@pytest.mark.parametrize("bad", [None, {}, "spec", 3])
def test_a_figure_is_of_a_spec(bad):
    for draw in (FIGURES["jacobian"].build, names_json, lambda spec: build_matrix(spec, 0),
                 lambda spec: figures_json(spec, FIGURES.values())):  # fmt: skip
        with pytest.raises(OutOfRange) as caught:
            draw(bad)
        assert (caught.value.field, caught.value.value) == ("spec", bad)


@pytest.mark.parametrize(("field", "bad"), [
    ("layer", -1), ("layer", 0.5), ("layer", "top"), ("columns", 0), ("columns", True), ("narrow", 1), ("narrow", None),
    ("palette", "dark"),
])  # fmt: skip
def test_a_view_names_what_it_cannot_be(spec, field, bad):
    for made in (lambda: View(**{field: bad}), lambda: FIGURES["flow_by_lag"].build(spec, **{field: bad})):
        with pytest.raises(OutOfRange) as caught:
            made()
        assert (caught.value.field, caught.value.value) == (field, bad)


@pytest.mark.parametrize("bad", [-1, 4, "first", None])
def test_a_product_is_of_a_network_of_the_run(spec, bad):
    with pytest.raises(OutOfRange, match="network"):
        build_matrix(spec, bad)


def test_a_view_is_a_view(spec):
    for draw in (FIGURES["loss"].build, lambda spec, view: build_matrix(spec, 0, view)):
        with pytest.raises(OutOfRange, match="view"):
            draw(spec, {"layer": 1})
