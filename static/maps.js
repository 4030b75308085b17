// A figure of heatmaps: its panels, and the exact data for plotly. What the cursor finds in them: map-ground.js.
import { decode, resolve, toRows } from "./arrays.js";
import { boxOf } from "./geometry.js";
import { CellPainter } from "./heatmap.js";
import { formatNumber, told } from "./hover.js";
import { Scale } from "./scales.js";

export class Maps {
  constructor(figure, under) {
    this.figure = figure;
    this.meta = figure.template.layout.meta;
    /** @type {Panel[]} */
    this.panels = figure.template.data.map((trace, /** @type {number} */ i) => this.panel(trace, i));
    under.append(...this.panels.map((panel) => panel.painter.element));
  }

  /** @returns {Panel} */
  panel(trace, index) {
    const mine = this.figure.bindings.filter((b) => b.trace === index);
    const paths = Object.fromEntries(mine.map((b) => [b.attribute, b]));
    const layout = this.figure.template.layout;
    const [low, high] = layout["yaxis" + (trace.yaxis ?? "y").slice(1)].range;
    const painter = new CellPainter({ transpose: paths.z.transpose, flip: low < high, x0: trace.x0 ?? 0 });
    const nowhere = { left: 0, top: 0, width: 1, height: 1 };
    return { trace, paths, painter, box: nowhere, ranges: { x: [0, 1], y: [0, 1] }, values: null, xs: null, ys: null };
  }

  theme(theme, layout, undefinedColour) {
    const colorscale = this.meta.themes[theme]["coloraxis.colorscale"];
    this.scale = new Scale(this.meta.scale, { ...layout.coloraxis, colorscale });
    const colour = undefinedColour || this.meta.undefined[theme];
    const background = `repeating-linear-gradient(135deg, ${colour} 0 4px, transparent 4px 6px)`;
    for (const { painter } of this.panels) painter.element.style.background = background;
  }

  arrange(layout, width, height, ranges, full) {
    for (const panel of this.panels) {
      panel.box = boxOf(layout, panel.trace, width, height, full);
      panel.ranges = ranges(panel.trace);
      panel.painter.place(panel.box, panel.ranges);
    }
  }

  /** Arrays that a frame of the stream leaves out keep their last values. */
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
    const display = (v) => /** @type {Scale} */ (this.scale).display(v);
    const list = (/** @type {"xs" | "ys"} */ axis) => this.panels.map((panel) => (panel[axis] ? Array.from(panel[axis].data) : undefined));
    const z = known.map((values, i) => (values ? toRows(values, this.panels[i].paths.z.transpose, display) : [[NaN]]));
    return { z, x: list("xs"), y: list("ys") };
  }

  /** @param {Panel} panel @returns {[number, number]} columns and rows */
  size(panel) {
    return panel.values ? panel.painter.size(panel.values) : [0, 0];
  }

  value({ panel: index, column, row }) {
    const panel = this.panels[index];
    const values = /** @type {Values} */ (panel.values);
    const width = values.shape[1];
    return values.data[panel.paths.z.transpose ? column * width + row : row * width + column];
  }

  /** Coordinates in axis units: for a map x is k and y is t. */
  coordinates({ panel: index, column, row }) {
    const { xs, ys, trace } = this.panels[index];
    return { x: xs ? xs.data[column] : (trace.x0 ?? 0) + column, y: ys ? ys.data[row] : row };
  }

  summary() {
    return this.panels.map((panel, index) => this.sentence(panel, index)).join(" ");
  }

  sentence(panel, index) {
    const { messages } = this.figure;
    const label = panel.trace.name;
    const [low, high] = extremes(panel.values?.data ?? []);
    if (low === Infinity) return told(messages.empty, { label });
    const say = (v) => formatNumber(v, ".2f");
    if (!panel.trace.meta.pick) return told(messages.signed, { label, low: say(low), high: say(high) });
    const far = { panel: index, column: 0, row: this.size(panel)[1] - 1 };
    const { x: k, y: t } = this.coordinates(far);
    return told(messages.map, { label, low: say(low), high: say(high), t, k, corner: say(this.value(far)) });
  }
}

function extremes(data) {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < data.length; i++) {
    if (data[i] < low) low = data[i];
    if (data[i] > high) high = data[i];
  }
  return [low, high];
}
