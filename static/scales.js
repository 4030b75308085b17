// Colour scales: the template's stops as a table of pixels. The rules are those of engine/figures/theme.py.

const ENTRIES = 1024;

/** @param {string} colour "#rrggbb" or "rgb(r, g, b)" @returns {number[]} */
export function parseColour(colour) {
  if (colour[0] === "#") return [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
  const found = colour.match(/[\d.]+/g);
  if (!found || found.length < 3) throw new TypeError(`not a colour: ${colour}`);
  return found.slice(0, 3).map(Number);
}

/** Colour at a fraction of the scale; at a jump the upper colour, as plotly has it. */
export function colourAt(stops, at) {
  let i = 0;
  while (i < stops.length - 2 && at >= stops[i + 1][0]) i++;
  const [from, a] = stops[i];
  const [to, b] = stops[i + 1];
  const part = to > from ? Math.min(1, Math.max(0, (at - from) / (to - from))) : 1;
  const [low, high] = [parseColour(a), parseColour(b)];
  return low.map((value, j) => Math.round(value + (high[j] - value) * part));
}

/** @param {number[]} rgb one opaque pixel, little endian */
const packed = ([r, g, b]) => ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;

/**
 * A fixed scale: `display` puts any value on the colour axis (NaN stays), `pixel` gives its colour (0: transparent).
 */
export class Scale {
  constructor(meta, axis) {
    this.lo = meta.limits[0];
    this.hi = meta.limits[1];
    this.specials = meta.specials;
    this.inset = Object.keys(meta.specials).length ? 1e-4 * (this.hi - this.lo) : 0;
    this.factor = (ENTRIES - 1e-6) / (this.hi - this.lo);
    const { cmin, cmax } = axis;
    const at = (value) => packed(colourAt(axis.colorscale, (value - cmin) / (cmax - cmin)));
    this.table = Uint32Array.from({ length: ENTRIES }, (_, i) => at(this.lo + (i + 0.5) / this.factor));
    this.past = { low: at(this.display(this.lo - 1)), high: at(this.display(this.hi + 1)) };
    this.ends = { low: at(this.display(-Infinity)), high: at(this.display(Infinity)) };
  }

  display(value) {
    const { lo, hi, specials: named, inset } = this;
    if (value === -Infinity) return named.zero ?? named.minus_infinite ?? lo + inset;
    if (value === Infinity) return named.infinite ?? hi - inset;
    if (value < lo) return named.below ?? lo + inset;
    if (value > hi) return named.above ?? hi - inset;
    return Math.min(Math.max(value, lo + inset), hi - inset); // NaN stays NaN
  }

  pixel(value) {
    if (value >= this.lo && value <= this.hi) return this.table[((value - this.lo) * this.factor) | 0];
    if (value !== value) return 0;
    if (value < this.lo) return value === -Infinity ? this.ends.low : this.past.low;
    return value === Infinity ? this.ends.high : this.past.high;
  }
}
