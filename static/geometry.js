// Where the subplots of a layout stand, in pixels of the figure's box. Margins are fixed (no automargin), so this is known
// before plotly is there; a browser test holds it against plotly's own.
// @ts-check

/**
 * @typedef {{left: number, top: number, width: number, height: number}} Box
 * @typedef {{x: [number, number], y: [number, number]}} Ranges
 */

const MOST_SLOTS = 800; // about the pixels there are

/** Height of a figure at a width; the rule of engine/figures/grid.py. @param {any} layout @param {number} width */
export function heightFor(layout, width) {
  const grid = layout.meta && layout.meta.grid;
  if (!grid) return layout.height;
  const { l, r, t, b } = layout.margin;
  const cell = (((width - l - r) * (1 - grid.gap * (grid.columns - 1))) / grid.columns) * grid.aspect;
  const inner = grid.rows * Math.min(cell, grid.most) + (grid.rows - 1) * grid.rowGap;
  return Math.round(inner + t + b);
}

/**
 * A grid's rows for the height that the figure has: domains are fractions, the words between two rows are as high as ever.
 * Changes the layout's y axes and the headings over the subplots.
 * @template {any} L @param {L} layout with its height @returns {L}
 */
export function rowsApart(layout) {
  const { meta, margin, height, annotations = [] } = /** @type {any} */ (layout);
  const rows = meta?.grid?.rows ?? 1;
  if (rows < 2) return layout;
  const axes = Object.keys(/** @type {any} */ (layout)).filter((name) => name.startsWith("yaxis")).map((name) => /** @type {any} */ (layout)[name]);
  const tops = [...new Set(axes.map(({ domain }) => domain[1]))].sort((a, b) => b - a);
  const gap = meta.grid.rowGap / (height - margin.t - margin.b);
  const tall = (1 - gap * (rows - 1)) / rows;
  const top = (/** @type {number} */ old) => 1 - tops.indexOf(old) * (tall + gap);
  for (const note of annotations) if (tops.includes(note.y)) note.y = top(note.y);
  for (const axis of axes) axis.domain = [Math.max(0, top(axis.domain[1]) - tall), top(axis.domain[1])];
  return layout;
}

const LINE = 12; // pixels that a tick's words take

/**
 * Words at the ticks of a log axis: those that would run into each other fall silent, whole decades last of all.
 * @param {any} axis as in the template @param {[number, number]} range in decades @param {number} pixels its length
 * @returns {string[] | null} null: an axis of another kind
 */
export function tickTexts({ type, tickvals, ticktext }, range, pixels) {
  if (type !== "log" || !tickvals) return null;
  const decade = pixels / Math.abs(range[1] - range[0]);
  if (decade * Math.log10(2) >= LINE) return [...ticktext];
  const every = Math.ceil(LINE / decade);
  return tickvals.map((/** @type {number} */ value, /** @type {number} */ i) => {
    const power = Math.log10(value);
    return Math.abs(power - Math.round(power)) < 1e-9 && Math.round(power) % every === 0 ? ticktext[i] : "";
  });
}

/** "x2" -> "xaxis2" @param {string} id */
export const axisName = (id) => id[0] + "axis" + id.slice(1);

/**
 * Box of a trace's subplot; where plotly has drawn (`full`, its own layout) it has the last word.
 * @param {any} layout @param {{xaxis?: string, yaxis?: string}} trace @param {number} width @param {number} height @param {any} [full]
 * @returns {Box}
 */
export function boxOf(layout, trace, width, height, full) {
  const [x, y] = [full?.[axisName(trace.xaxis ?? "x")], full?.[axisName(trace.yaxis ?? "y")]];
  if (x?._length > 0 && y?._length > 0) return { left: x._offset, top: y._offset, width: x._length, height: y._length };
  const { l, r, t, b } = layout.margin;
  const [x0, x1] = layout[axisName(trace.xaxis ?? "x")].domain ?? [0, 1];
  const [y0, y1] = layout[axisName(trace.yaxis ?? "y")].domain ?? [0, 1];
  const [inner, tall] = [width - l - r, height - t - b];
  return { left: l + x0 * inner, top: t + (1 - y1) * tall, width: (x1 - x0) * inner, height: (y1 - y0) * tall };
}

/**
 * Pixels from the box's left (or, for `up`, top) edge of a value in axis units.
 * @param {number} value @param {[number, number]} range @param {number} length @param {boolean} [up]
 */
export function toPixel(value, range, length, up = false) {
  const part = (value - range[0]) / (range[1] - range[0]);
  return (up ? 1 - part : part) * length;
}

/** The reverse of `toPixel`. @param {number} pixel @param {[number, number]} range @param {number} length @param {boolean} [up] */
export function fromPixel(pixel, range, length, up = false) {
  const part = up ? 1 - pixel / length : pixel / length;
  return range[0] + part * (range[1] - range[0]);
}

/**
 * How cells lie on an axis: from the first edge to the last; `index` maps unit slots to cells where the steps are uneven.
 * @param {number} count @param {ArrayLike<number> | null} at positions of the cells, or null for x0, x0 + 1, …
 * @param {number} [x0]
 */
export function lattice(count, at, x0 = 0) {
  if (!at || count < 2) {
    const first = at ? at[0] : x0;
    return { start: first - 0.5, end: first + count - 0.5, index: null, count };
  }
  const step = at[1] - at[0];
  let even = true;
  for (let i = 2; i < count; i++) even = even && Math.abs(at[i] - at[i - 1] - step) < 1e-6;
  const [start, end] = [at[0] - step / 2, at[count - 1] + (at[count - 1] - at[count - 2]) / 2];
  return even ? { start, end, index: null, count } : { start, end, ...uneven(at, count, start, end) };
}

/** @param {ArrayLike<number>} at @param {number} count @param {number} start @param {number} end */
function uneven(at, count, start, end) {
  const slots = Math.min(MOST_SLOTS, Math.round((end - start) * 2)); // edges lie on halves
  const index = new Int32Array(slots);
  for (let slot = 0, cell = 0; slot < slots; slot++) {
    const place = start + ((slot + 0.5) / slots) * (end - start);
    while (cell < count - 1 && place > (at[cell] + at[cell + 1]) / 2) cell++;
    index[slot] = cell;
  }
  return { index, count: slots };
}

/** Number of the cell nearest to a position, or -1 outside. @param {number} value @param {number} count @param {ArrayLike<number> | null} at @param {number} [x0] */
export function cellAt(value, count, at, x0 = 0) {
  const { start, end } = lattice(count, at, x0);
  if (!(value >= start && value < end)) return -1;
  if (!at) return Math.round(value - x0) || 0; // not -0
  let best = 0;
  for (let i = 1; i < count; i++) if (Math.abs(at[i] - value) < Math.abs(at[best] - value)) best = i;
  return best;
}

/** First and last edge of one cell. @param {number} cell @param {number} count @param {ArrayLike<number> | null} at @param {number} [x0] @returns {[number, number]} */
export function edgesOf(cell, count, at, x0 = 0) {
  if (!at || count < 2) {
    const middle = at ? at[0] : x0 + cell;
    return [middle - 0.5, middle + 0.5];
  }
  const { start, end } = lattice(count, at, x0);
  return [cell ? (at[cell - 1] + at[cell]) / 2 : start, cell < count - 1 ? (at[cell] + at[cell + 1]) / 2 : end];
}

/** Box of a stretch of both axes inside a subplot, cut at its border; null when nothing of it is in view. @param {Box} box @param {Ranges} ranges @param {[number, number]} xs @param {[number, number]} ys @returns {Box | null} */
export function boxWithin(box, ranges, xs, ys) {
  const within = (/** @type {number} */ value, /** @type {number} */ most) => Math.min(most, Math.max(0, value));
  const across = xs.map((v) => within(toPixel(v, ranges.x, box.width), box.width)).sort((a, b) => a - b);
  const down = ys.map((v) => within(toPixel(v, ranges.y, box.height, true), box.height)).sort((a, b) => a - b);
  const [width, height] = [across[1] - across[0], down[1] - down[0]];
  return width > 0 && height > 0 ? { left: box.left + across[0], top: box.top + down[0], width, height } : null;
}

/** @param {Box} box @param {number} x @param {number} y */
export const contains = (box, x, y) => x >= box.left && x < box.left + box.width && y >= box.top && y < box.top + box.height;
