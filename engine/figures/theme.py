"""How the figures look: two palettes and the colour scales. Everything here is a value.

Two kinds of scale, both with limits that never follow the data (a rescaled map hides vanishing):

* `magnitude(lo, hi)`: log10 of a size, dark = small (viridis). Past the ends stand four bands of their own, part of the
  colour bar and so of the legend: exact zero (-inf), below the scale, above the scale, infinite.
* `signed(limit)`: diverging, zero in the middle. Values past the limits take the end colours; ±inf have own bands.

NaN (undefined) is never painted: the plot's own background shows, which the page hatches.
The band colours were searched for the largest colour difference to the whole scale under normal, protan, deutan and
tritan vision; tests/engine_figures/test_theme.py holds the distance.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Noto Sans KR', sans-serif"

VIRIDIS = ("#440154", "#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725")
# Crameri's "vik" (light) and "berlin" (dark): perceptually even, colour-blind safe, zero sinks into the page.
VIK = (
    "#001261",
    "#033e7d",
    "#1e6f9d",
    "#71a8c4",
    "#c9dde7",
    "#f3efec",
    "#eacebd",
    "#d39774",
    "#be6533",
    "#8b2706",
    "#590008",
)
BERLIN = (
    "#9eb0ff",
    "#5aa3db",
    "#2d7597",
    "#1a4255",
    "#11191e",
    "#150d09",
    "#280d01",
    "#501803",
    "#8a4f45",
    "#c48379",
    "#ffacac",
)


@dataclass(frozen=True)
class Palette:
    """Colours of one theme. `networks` are the lines of networks 0..3, told apart by every eye (after Okabe, Ito)."""

    text: str
    muted: str
    grid: str
    undefined: str
    veil: str  # behind words that stand on lines
    networks: tuple[str, ...]
    diverging: tuple[str, ...]
    magnitude_bands: dict[str, str] = field(hash=False)
    signed_bands: dict[str, str] = field(hash=False)


_MAGNITUDE_BANDS = {"zero": "#6b3a1e", "below": "#050008", "above": "#fffde0", "infinite": "#c800f0"}
LIGHT = Palette(
    text="#1b2330",
    muted="#4d586b",
    grid="#dde2ea",
    undefined="#d9dee7",
    veil="rgba(255,255,255,0.8)",
    networks=("#c2410c", "#0067a5", "#00795a", "#8e4585"),
    diverging=VIK,
    magnitude_bands=_MAGNITUDE_BANDS,
    signed_bands={"minus_infinite": "#28e028", "infinite": "#a000f0"},
)
DARK = Palette(
    text="#e8ecf3",
    muted="#a9b4c6",
    grid="#2d3646",
    undefined="#2a3140",
    veil="rgba(17,22,31,0.8)",
    networks=("#ff9a5c", "#5cb8ff", "#3ddba4", "#e59be0"),
    diverging=BERLIN,
    magnitude_bands=_MAGNITUDE_BANDS,
    signed_bands={"minus_infinite": "#f0f078", "infinite": "#f05000"},
)
PALETTES = {"light": LIGHT, "dark": DARK}


@dataclass(frozen=True)
class Scale:
    """A fixed colour scale: limits of the data and where special values are put on the colour axis.

    `specials` maps a kind of value ("zero", "below", "above", "infinite", "minus_infinite") to where its band is.
    """

    kind: str
    lo: float
    hi: float
    cmin: float
    cmax: float
    specials: dict[str, float] = field(hash=False)
    ticks: tuple[tuple[float, str], ...]

    def display(self, values: NDArray[Any]) -> NDArray[Any]:
        """Values as put on the colour axis: same shape and dtype; NaN stays, the rest is finite.

        Values on a limit move inside by a ten-thousandth of the scale: on the very edge plotly takes the band's colour.
        """
        inset = 1e-4 * (self.hi - self.lo) if self.specials else 0.0
        lowest, highest = self.lo + inset, self.hi - inset
        minus = self.specials.get("zero", self.specials.get("minus_infinite", lowest))
        shown = np.clip(values, lowest, highest)
        shown = np.where(values < self.lo, self.specials.get("below", lowest), shown)
        shown = np.where(values > self.hi, self.specials.get("above", highest), shown)
        shown = np.where(np.isneginf(values), minus, shown)
        shown = np.where(np.isposinf(values), self.specials.get("infinite", highest), shown)
        return shown.astype(values.dtype)

    def coloraxis(self, palette: Palette, title: str) -> dict[str, Any]:
        """The plotly `coloraxis` of this scale, its bar beside the plot."""
        ticks = {"tickmode": "array", "tickvals": [v for v, _ in self.ticks], "ticktext": [s for _, s in self.ticks]}
        bar = {
            "title": {"text": title, "side": "right", "font": {"size": 11}},
            "thickness": 12,
            "outlinewidth": 0.5,
            "outlinecolor": "#808898",  # the dark band is seen on a dark page, too
            # Placed in the container: a bar beside the plot would push the margin and move the subplots.
            "xref": "container",
            "x": 1,
            "xanchor": "right",
            "xpad": 2,
            "ypad": 0,
            "tickfont": {"size": 10},
            "ticks": "outside",
            "ticklen": 3,
            **ticks,
        }
        return {"cmin": self.cmin, "cmax": self.cmax, "colorscale": self.colorscale(palette), "colorbar": bar}

    def colorscale(self, palette: Palette) -> list[list[Any]]:
        """Plotly stops over [cmin, cmax]; a band is two stops of one colour."""
        ramp = VIRIDIS if self.kind == "magnitude" else palette.diverging
        colours = palette.magnitude_bands if self.kind == "magnitude" else palette.signed_bands
        low = [kind for kind in ("zero", "minus_infinite", "below") if kind in self.specials]
        high = [kind for kind in ("above", "infinite") if kind in self.specials]
        edges = np.linspace(self.cmin, self.lo, len(low) + 1)
        stops = [(edge, colours[kind]) for i, kind in enumerate(low) for edge in (edges[i], edges[i + 1])]
        stops += list(zip(np.linspace(self.lo, self.hi, len(ramp)), ramp, strict=True))
        edges = np.linspace(self.hi, self.cmax, len(high) + 1)
        stops += [(edge, colours[kind]) for i, kind in enumerate(high) for edge in (edges[i], edges[i + 1])]
        span = self.cmax - self.cmin
        return [[round(float((value - self.cmin) / span), 6), colour] for value, colour in stops]

    def meta(self) -> dict[str, Any]:
        """What a painter without plotly needs; numbers only."""
        return {"kind": self.kind, "limits": [self.lo, self.hi], "specials": dict(self.specials)}


def magnitude(lo: float, hi: float) -> Scale:
    """Scale of a log10 size between lo and hi (both whole numbers of decades)."""
    band = (hi - lo) / 14  # so wide that "exact 0" stands clear of the first decade on small maps, too
    specials = {
        "zero": lo - 1.5 * band,
        "below": lo - 0.5 * band,
        "above": hi + 0.5 * band,
        "infinite": hi + 1.5 * band,
    }
    step = 2 if hi - lo > 5 else 1
    decades = [float(v) for v in range(int(lo), int(hi) + 1, step)]
    named = [
        (specials["zero"], "exact 0"),
        *((v, f"{v:g}".replace("-", "−")) for v in decades),
        (specials["infinite"], "∞"),
    ]
    return Scale("magnitude", lo, hi, lo - 2 * band, hi + 2 * band, specials, tuple(named))


def signed(limit: float, bounded: bool = True) -> Scale:
    """Diverging scale on [-limit, limit]. Unbounded data gets end ticks ≤ and ≥ and bands for ±inf."""
    if bounded:
        ticks = tuple((v, f"{v:g}".replace("-", "−")) for v in (-limit, -limit / 2, 0.0, limit / 2, limit))
        return Scale("signed", -limit, limit, -limit, limit, {}, ticks)
    band = limit / 5
    specials = {"minus_infinite": -limit - band / 2, "infinite": limit + band / 2}
    inner = [
        (-limit, f"≤ −{limit:g}"),
        (-limit / 2, f"−{limit / 2:g}"),
        (0.0, "0"),
        (limit / 2, f"{limit / 2:g}"),
        (limit, f"≥ {limit:g}"),
    ]
    named = [(specials["minus_infinite"], "−∞"), *inner, (specials["infinite"], "∞")]
    return Scale("signed", -limit, limit, -limit - band, limit + band, specials, tuple(named))


def recolour(layout: dict[str, Any], palette: Palette, scale: Scale | None) -> dict[str, Any]:
    """The dotted layout keys that differ between palettes: what a page relayouts when its theme changes."""
    changes: dict[str, Any] = {"font.color": palette.text}
    for i, shape in enumerate(layout.get("shapes", [])):
        changes |= {f"shapes[{i}].line.color": palette.muted} if "line" in shape else {}
    for i, note in enumerate(layout.get("annotations", [])):
        changes |= {f"annotations[{i}].font.color": palette.muted} if "color" in note["font"] else {}
        changes |= {f"annotations[{i}].bgcolor": palette.veil} if "bgcolor" in note else {}
    for name in layout:
        if name.startswith(("xaxis", "yaxis")):
            changes |= {f"{name}.tickcolor": palette.muted, f"{name}.tickfont.color": palette.muted}
            if layout[name].get("showgrid"):
                changes[f"{name}.gridcolor"] = palette.grid
            if layout[name].get("showline"):
                changes[f"{name}.linecolor"] = palette.grid
    if scale is not None:
        colours = scale.colorscale(palette)
        changes |= {f"{name}.colorscale": colours for name in layout if name.startswith("coloraxis")}
    return changes
