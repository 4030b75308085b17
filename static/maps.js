// A figure of heatmaps: its panels, what the cursor finds in them, and the exact data for plotly.
// @ts-check
import { decode, resolve, toRows } from "./arrays.js";
import { boxOf, boxWithin, cellAt, contains, edgesOf, fromPixel } from "./geometry.js";
import { CellPainter } from "./heatmap.js";
import { fillTemplate, formatNumber, told } from "./hover.js";
import { Scale } from "./scales.js";
import { thinned } from "./tables.js";

/**
 * @typedef {import("./arrays.js").Values} Values
 * @typedef {import("./cursor.js").Place} Place
 * @typedef {{trace: any, paths: Record<string, any>, painter: CellPainter, box: import("./geometry.js").Box,
 *   ranges: import("./geometry.js").Ranges, values: Values | null, xs: Values | null, ys: Values | null}} Panel
 * @typedef {{title: string, corner: string, columns: string[], rows: [string, number[]][]}} Sheet
 */

export class Maps {
  /** @param {any} figure @param {HTMLElement} under */
  constructor(figure, under) {
    this.figure = figure;
    this.meta = figure.template.layout.meta;
    /** @type {Panel[]} */
    this.panels = figure.template.data.map((/** @type {any} */ trace, /** @type {number} */ i) => this.panel(trace, i));
    under.append(...this.panels.map((panel) => panel.painter.element));
  }

  /** @param {any} trace @param {number} index @returns {Panel} */
  panel(trace, index) {
    const mine = this.figure.bindings.filter((/** @type {any} */ b) => b.trace === index);
    const paths = Object.fromEntries(mine.map((/** @type {any} */ b) => [b.attribute, b]));
    const layout = this.figure.template.layout;
    const [low, high] = layout["yaxis" + (trace.yaxis ?? "y").slice(1)].range;
    const painter = new CellPainter({ transpose: paths.z.transpose, flip: low < high, x0: trace.x0 ?? 0 });
    const nowhere = { left: 0, top: 0, width: 1, height: 1 };
    return { trace, paths, painter, box: nowhere, ranges: { x: [0, 1], y: [0, 1] }, values: null, xs: null, ys: null };
  }

  /** @param {string} theme @param {any} layout @param {string | null} undefinedColour */
  theme(theme, layout, undefinedColour) {
    const colorscale = this.meta.themes[theme]["coloraxis.colorscale"];
    this.scale = new Scale(this.meta.scale, { ...layout.coloraxis, colorscale });
    const colour = undefinedColour || this.meta.undefined[theme];
    const background = `repeating-linear-gradient(135deg, ${colour} 0 4px, transparent 4px 6px)`;
    for (const { painter } of this.panels) painter.element.style.background = background;
  }

  /** @param {any} layout @param {number} width @param {number} height @param {(trace: any) => import("./geometry.js").Ranges} ranges @param {any} [full] */
  arrange(layout, width, height, ranges, full) {
    for (const panel of this.panels) {
      panel.box = boxOf(layout, panel.trace, width, height, full);
      panel.ranges = ranges(panel.trace);
      panel.painter.place(panel.box, panel.ranges);
    }
  }

  /** @param {any} tree a frame of the stream; arrays it leaves out keep their last values */
  feed(tree) {
    for (const panel of this.panels) {
      for (const [attribute, slot] of /** @type {const} */ ([["z", "values"], ["x", "xs"], ["y", "ys"]])) {
        const value = panel.paths[attribute] && resolve(tree, panel.paths[attribute].path);
        if (value !== undefined) panel[slot] = decode(value);
      }
    }
  }

  paint() {
    for (const { painter, values, xs, ys, box, ranges } of this.panels) {
      if (!values || !this.scale) continue;
      painter.paint(values, this.scale, xs?.data ?? null, ys?.data ?? null);
      painter.place(box, ranges);
    }
  }

  /** Ranges that follow the data: none, the limits of a map are those of the run. */
  wanted() {
    return null;
  }

  /** Traces for plotly before there is data: one hidden cell each, for without any there is no colour bar. */
  blank() {
    const cell = { z: [[this.meta.scale.limits[0]]], x: [0], y: [0], hoverinfo: "skip", hovertemplate: undefined };
    return this.panels.map(({ trace }) => ({ ...trace, ...cell }));
  }

  /** Data for plotly's own drawing, attribute by attribute. */
  exact() {
    const known = this.panels.map(({ values }) => values);
    const display = (/** @type {number} */ v) => /** @type {Scale} */ (this.scale).display(v);
    const list = (/** @type {"xs" | "ys"} */ axis) => this.panels.map((panel) => (panel[axis] ? Array.from(panel[axis].data) : undefined));
    const z = known.map((values, i) => (values ? toRows(values, this.panels[i].paths.z.transpose, display) : [[NaN]]));
    return { z, x: list("xs"), y: list("ys") };
  }

  /** @param {Panel} panel @returns {[number, number]} columns and rows */
  size(panel) {
    return panel.values ? panel.painter.size(panel.values) : [0, 0];
  }

  /** @param {number} x @param {number} y @returns {Place | null} */
  at(x, y) {
    const index = this.panels.findIndex(({ box }) => contains(box, x, y));
    const panel = this.panels[index];
    if (!panel?.values) return null;
    const [columns, rows] = this.size(panel);
    const { box, ranges, trace } = panel;
    const column = cellAt(fromPixel(x - box.left, ranges.x, box.width), columns, panel.xs?.data ?? null, trace.x0 ?? 0);
    const row = cellAt(fromPixel(y - box.top, ranges.y, box.height, true), rows, panel.ys?.data ?? null);
    return column < 0 || row < 0 ? null : { panel: index, column, row };
  }

  /** @param {Place} place */
  boxes(place) {
    const own = this.panels[place.panel];
    const boxes = [];
    for (const panel of [own, ...this.panels.filter((other) => other !== own)]) {
      const [columns, rows] = this.size(panel);
      if (place.column >= columns || place.row >= rows) continue;
      const across = edgesOf(place.column, columns, panel.xs?.data ?? null, panel.trace.x0 ?? 0);
      const box = boxWithin(panel.box, panel.ranges, across, edgesOf(place.row, rows, panel.ys?.data ?? null));
      if (box) boxes.push(box);
    }
    return boxes;
  }

  /** @param {Place} place */
  value({ panel: index, column, row }) {
    const panel = this.panels[index];
    const values = /** @type {Values} */ (panel.values);
    const width = values.shape[1];
    return values.data[panel.paths.z.transpose ? column * width + row : row * width + column];
  }

  /** Coordinates in axis units: for a map x is k and y is t. @param {Place} place */
  coordinates({ panel: index, column, row }) {
    const { xs, ys, trace } = this.panels[index];
    return { x: xs ? xs.data[column] : (trace.x0 ?? 0) + column, y: ys ? ys.data[row] : row };
  }

  /** @param {Place} place */
  text(place) {
    const { trace } = this.panels[place.panel];
    const value = this.value(place);
    const said = fillTemplate(trace.hovertemplate, { ...this.coordinates(place), z: value, customdata: value });
    const word = /** @type {Scale} */ (this.scale).wordFor(value);
    return `${trace.name}<br>${said}${word ? ` (${this.figure.messages[word]})` : ""}`;
  }

  /** @param {Place} place @param {number} columns @param {number} rows rows towards the bottom of the screen @returns {Place} */
  step(place, columns, rows) {
    const panel = this.panels[place.panel];
    const [width, height] = this.size(panel);
    const down = panel.painter.options.flip ? -rows : rows;
    const within = (/** @type {number} */ v, /** @type {number} */ most) => Math.max(0, Math.min(most - 1, v));
    const column = place.column + columns;
    const next = column < 0 ? place.panel - 1 : column >= width ? place.panel + 1 : place.panel;
    if (next !== place.panel && this.panels[next]?.values) {
      const [nextWidth, nextHeight] = this.size(this.panels[next]);
      return { panel: next, column: columns > 0 ? 0 : nextWidth - 1, row: within(place.row, nextHeight) };
    }
    return { panel: place.panel, column: within(column, width), row: within(place.row + down, height) };
  }

  /** The far corner of a map, else the first cell. @returns {Place | null} */
  home() {
    const panel = this.panels[0];
    if (!panel?.values) return null;
    return { panel: 0, column: 0, row: panel.trace.meta.pick ? this.size(panel)[1] - 1 : 0 };
  }

  /** The steps a place is about: (t, k) in a map, one step t in the states over time. @param {Place} place */
  meant(place) {
    const { x, y } = this.coordinates(place);
    return this.panels[place.panel].trace.meta.pick ? { t: y, k: x } : { t: x };
  }

  /** Boxes of the same steps here: the pair's cell in a map, columns in the states over time. @param {{t: number, k?: number}} mark */
  linked({ t, k }) {
    return this.panels.flatMap((panel) => {
      const [columns, rows] = this.size(panel);
      const [xs, ys, x0] = [panel.xs?.data ?? null, panel.ys?.data ?? null, panel.trace.x0 ?? 0];
      const { pick } = panel.trace.meta;
      const row = pick ? cellAt(t, rows, ys) : 0;
      const wanted = pick ? [k] : [t, k];
      return wanted.flatMap((step) => {
        const column = step === undefined ? -1 : cellAt(step, columns, xs, x0);
        if (column < 0 || row < 0) return [];
        const up = pick ? edgesOf(row, rows, ys) : panel.ranges.y;
        return boxWithin(panel.box, panel.ranges, edgesOf(column, columns, xs, x0), up) ?? [];
      });
    });
  }

  /** What a picked cell stands for, or null where there is nothing to show. @param {Place} place */
  picked(place) {
    const { trace } = this.panels[place.panel];
    const { x: k, y: t } = this.coordinates(place);
    const value = this.value(place);
    if (!trace.meta.pick || k > t || value !== value) return null;
    return { figure: this.figure.id, network: trace.meta.network, layer: trace.meta.layer, t, k };
  }

  /** The maps as tables of numbers, thinned out. @returns {Sheet[]} */
  sheets() {
    const known = this.panels.map((panel, index) => ({ panel, index })).filter(({ panel }) => panel.values);
    return known.map(({ panel, index }) => {
      const [width, height] = this.size(panel);
      const [across, down] = [thinned(width), thinned(height)];
      const at = (/** @type {number} */ column, /** @type {number} */ row) => ({ panel: index, column, row });
      const columns = across.map((column) => String(this.coordinates(at(column, 0)).x));
      const rows = down.map((row) => /** @type {[string, number[]]} */ ([
        String(this.coordinates(at(0, row)).y), across.map((column) => this.value(at(column, row))),
      ])); // prettier-ignore
      const words = this.figure.template.layout;
      return { title: panel.trace.name, corner: `${words.yaxis.title?.text ?? ""} ╲ ${words.xaxis.title?.text ?? ""}`, columns, rows };
    });
  }

  summary() {
    return this.panels.map((panel, index) => this.sentence(panel, index)).join(" ");
  }

  /** @param {Panel} panel @param {number} index */
  sentence(panel, index) {
    const { messages } = this.figure;
    const label = panel.trace.name;
    const [low, high] = extremes(panel.values?.data ?? []);
    if (low === Infinity) return told(messages.empty, { label });
    const say = (/** @type {number} */ v) => formatNumber(v, ".2f");
    if (!panel.trace.meta.pick) return told(messages.signed, { label, low: say(low), high: say(high) });
    const far = { panel: index, column: 0, row: this.size(panel)[1] - 1 };
    const { x: k, y: t } = this.coordinates(far);
    return told(messages.map, { label, low: say(low), high: say(high), t, k, corner: say(this.value(far)) });
  }
}

/** @param {ArrayLike<number>} data */
function extremes(data) {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < data.length; i++) {
    if (data[i] < low) low = data[i];
    if (data[i] > high) high = data[i];
  }
  return [low, high];
}
