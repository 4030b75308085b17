"""Colour scales: special values keep places and colours of their own, for every eye."""

import numpy as np
import plotly.graph_objects as go
import pytest

from engine.figures.strips import CAUSES
from engine.figures.theme import BERLIN, DARK, LIGHT, VIK, VIRIDIS, magnitude, signed

PALETTES = {"light": LIGHT, "dark": DARK}

# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
EYES = {
    "normal": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
TO_XYZ = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]


def linear(colour):
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def lab(rgb, eye):
    xyz = np.clip(np.asarray(EYES[eye]) @ rgb, 0, 1)
    x, y, z = np.asarray(TO_XYZ) @ xyz / [0.9505, 1, 1.089]
    f = [np.cbrt(v) if v > 0.008856 else 7.787 * v + 16 / 116 for v in (x, y, z)]
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def between(a, b, part):
    ends = [[int(c[i : i + 2], 16) for i in (1, 3, 5)] for c in (a, b)]
    return "#" + "".join(f"{round(x + (y - x) * part):02x}" for x, y in zip(*ends, strict=True))


def ramp(stops, steps=8):
    return [between(a, b, i / steps) for a, b in zip(stops, stops[1:], strict=False) for i in range(steps)] + [
        stops[-1]
    ]


def distance(a, b, eye):
    return float(np.linalg.norm(lab(linear(a), eye) - lab(linear(b), eye)))


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("theme", PALETTES)
def test_zero_underflow_infinity_and_undefined_differ_from_the_scale_and_each_other(eye, theme):
    palette = PALETTES[theme]
    bands = palette.magnitude_bands
    for kind, colour in bands.items():
        others = [other for name, other in bands.items() if name != kind]
        # 2.3 is just noticeable; "above" is the scale's own end made lighter.
        least = 9 if kind == "above" else 18
        assert min(distance(colour, other, eye) for other in [*ramp(VIRIDIS), *others]) > least, kind
    signed_ramp = ramp(VIK if theme == "light" else BERLIN)
    for kind, colour in palette.signed_bands.items():
        assert min(distance(colour, other, eye) for other in signed_ramp) > 18, kind


@pytest.mark.parametrize("eye", EYES)
def test_magnitudes_rise_in_lightness_for_every_eye(eye):
    lightness = [lab(linear(colour), eye)[0] for colour in ramp(VIRIDIS)]
    assert np.all(np.diff(lightness) > -0.2)
    assert lightness[-1] - lightness[0] > 60


@pytest.mark.parametrize("theme", PALETTES)
def test_lines_of_networks_can_be_seen_on_the_page(theme):
    page = {"light": "#ffffff", "dark": "#11161f"}[theme]
    luminance = lambda colour: float(np.dot([0.2126, 0.7152, 0.0722], linear(colour)))  # noqa: E731
    for colour in (*PALETTES[theme].networks, PALETTES[theme].text, PALETTES[theme].muted):
        high, low = sorted([luminance(colour), luminance(page)], reverse=True)
        assert (high + 0.05) / (low + 0.05) > 4.5, colour


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_kind_of_value_has_its_place(dtype):
    scale = magnitude(-8, 1)
    values = np.array([[np.nan, -np.inf, np.inf], [-528.0, 3.0, -4.0], [-8.0, 1.0, 0.0]], dtype)
    shown = scale.display(values)
    assert shown.dtype == dtype
    places = scale.specials
    expected = [
        [np.nan, places["zero"], places["infinite"]],
        [places["below"], places["above"], -4],
        [-7.9991, 0.9991, 0],
    ]
    np.testing.assert_allclose(shown, expected, rtol=1e-6)


def test_signed_scales_are_symmetric_and_clip_what_they_must():
    for scale in (signed(1), signed(2, bounded=False)):
        assert scale.cmin == -scale.cmax
        assert scale.lo == -scale.hi
        stops = scale.colorscale(LIGHT)
        assert [colour for at, colour in stops if at == 0.5] == ["#f3efec"]
    open_ended = signed(2, bounded=False)
    shown = open_ended.display(np.array([-np.inf, -7, 7, np.inf]))
    assert shown[0] < -2 < shown[1] < 0 < shown[2] < 2 < shown[3]


@pytest.mark.parametrize("scale", [magnitude(-8, 1), magnitude(-12, 0), signed(1), signed(2, bounded=False)])
@pytest.mark.parametrize("palette", PALETTES.values(), ids=PALETTES)
def test_plotly_takes_every_scale(scale, palette):
    axis = go.layout.Coloraxis(scale.coloraxis(palette, "title"))
    assert axis.colorscale[0][0] == 0
    assert axis.colorscale[-1][0] == 1
    assert all(a[0] <= b[0] for a, b in zip(axis.colorscale, axis.colorscale[1:], strict=False))


@pytest.mark.parametrize("eye", EYES)
def test_causes_differ_for_every_eye_and_stand_out_from_both_pages(eye):
    colours = [colour for colour, _ in CAUSES.values()]
    for i, one in enumerate(colours):
        assert min(distance(one, other, eye) for other in [*colours[:i], "#ffffff", "#171c25"]) > 12
        for page in ("#ffffff", "#171c25"):
            low, high = sorted(float(np.array([0.2126, 0.7152, 0.0722]) @ linear(c)) for c in (one, page))
            assert (high + 0.05) / (low + 0.05) >= 3  # WCAG 1.4.11
