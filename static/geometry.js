// Where the subplots of a layout stand, in pixels of the figure's box. Margins are fixed (no automargin), so this is known
// before plotly is there; a browser test holds it against plotly's own.

const MOST_SLOTS = 800; // about the pixels there are

/** Height of a figure at a width; the rule of engine/figures/grid.py. */
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
 */
export function rowsApart(layout) {
  const { meta, margin, height, annotations = [] } = layout;
  const rows = meta?.grid?.rows ?? 1;
  if (rows < 2) return layout;
  const axes = Object.keys(layout).filter((name) => name.startsWith("yaxis")).map((name) => layout[name]);
  const tops = [...new Set(axes.map(({ domain }) => domain[1]))].sort((a, b) => b - a);
  const gap = meta.grid.rowGap / (height - margin.t - margin.b);
  const tall = (1 - gap * (rows - 1)) / rows;
  const top = (old) => 1 - tops.indexOf(old) * (tall + gap);
  for (const note of annotations) if (tops.includes(note.y)) note.y = top(note.y);
  for (const axis of axes) axis.domain = [Math.max(0, top(axis.domain[1]) - tall), top(axis.domain[1])];
  return layout;
}

const LINE = 12; // pixels that a tick's words take

/** Words at the ticks of a log axis: those that would run into each other fall silent, whole decades last of all. */
export function tickTexts({ type, tickvals, ticktext }, range, pixels) {
  if (type !== "log" || !tickvals) return null;
  const decade = pixels / Math.abs(range[1] - range[0]);
  if (decade * Math.log10(2) >= LINE) return [...ticktext];
  const every = Math.ceil(LINE / decade);
  return tickvals.map((value, i) => {
    const power = Math.log10(value);
    return Math.abs(power - Math.round(power)) < 1e-9 && Math.round(power) % every === 0 ? ticktext[i] : "";
  });
}

/** "x2" -> "xaxis2" */
export const axisName = (id) => id[0] + "axis" + id.slice(1);

/**
 * Box of a trace's subplot; where plotly has drawn (`full`, its own layout) it has the last word.
 * @param {{xaxis?: string, yaxis?: string}} trace @param {any} [full]
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
 * @param {[number, number]} range
 */
export function toPixel(value, range, length, up = false) {
  const part = (value - range[0]) / (range[1] - range[0]);
  return (up ? 1 - part : part) * length;
}

/**
 * How cells lie on an axis: from the first edge to the last; `index` maps unit slots to cells where the steps are uneven.
 * @param {ArrayLike<number> | null} at positions of the cells, or null for x0, x0 + 1, …
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
