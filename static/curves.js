// A figure of lines over one pair of axes: by lag, or over training steps.
// @ts-check
import { decode, resolve } from "./arrays.js";
import { boxOf, contains, fromPixel, toPixel } from "./geometry.js";
import { fillTemplate, formatNumber, told } from "./hover.js";
import { LinePainter, Series } from "./lines.js";

/**
 * @typedef {import("./cursor.js").Place} Place
 * @typedef {{length: number, x(i: number): number, y(i: number): number, each(visit: (x: number, y: number) => void): void}} Points
 * @typedef {{trace: any, paths: Record<string, string>, points: Points, shown: boolean}} Line
 */

const ROOM = 0.12; // decades of air above and below

export class Curves {
  /** @param {any} figure @param {HTMLElement} under */
  constructor(figure, under) {
    this.figure = figure;
    this.meta = figure.template.layout.meta;
    this.log = figure.template.layout.yaxis.type === "log";
    this.painter = new LinePainter();
    under.append(this.painter.element);
    /** @type {Line[]} */
    this.lines = figure.template.data.map((/** @type {any} */ trace, /** @type {number} */ index) => {
      const mine = figure.bindings.filter((/** @type {any} */ b) => b.trace === index);
      const paths = Object.fromEntries(mine.map((/** @type {any} */ b) => [b.attribute, b.path]));
      return { trace, paths, points: pointsOf(null, null, 0), shown: true };
    });
    this.box = { left: 0, top: 0, width: 1, height: 1 };
    /** @type {import("./geometry.js").Ranges} */
    this.ranges = { x: [0, 1], y: [0, 1] };
    this.colours = /** @type {string[]} */ ([]);
  }

  /** @param {string} theme @param {any} _layout @param {string | null} _undefined @param {(i: number) => string} [own] */
  theme(theme, _layout, _undefined, own = () => "") {
    this.colours = this.meta.networks[theme].map((/** @type {string} */ colour, /** @type {number} */ i) => own(i) || colour);
  }

  /** @param {Line} line */
  colour({ trace }) {
    return this.colours[trace.meta.network % this.colours.length];
  }

  /** @param {any} layout @param {number} width @param {number} height @param {(trace: any) => import("./geometry.js").Ranges} ranges @param {any} [full] */
  arrange(layout, width, height, ranges, full) {
    this.box = boxOf(layout, {}, width, height, full);
    this.ranges = ranges({});
    this.painter.place(this.box);
  }

  /** @param {any} tree */
  feed(tree) {
    for (const line of this.lines) {
      const y = line.paths.y && resolve(tree, line.paths.y);
      const x = line.paths.x && resolve(tree, line.paths.x);
      if (line.paths.y ? y === undefined : x === undefined) continue;
      const ys = line.paths.y ? decode(y) : decode(line.trace.y);
      const xs = line.paths.x ? decode(x) : null;
      line.points = pointsOf(xs && xs.data, line.paths.x && !xs ? null : ys && ys.data, line.trace.x0 ?? 0);
    }
  }

  /** Metrics rows as the stream sends them; steps already known are left out. @param {any[]} rows @param {boolean} [fresh] forget what was fed before */
  feedRows(rows, fresh = false) {
    for (const line of this.lines) {
      if (fresh || !(line.points instanceof Series)) line.points = /** @type {any} */ (new Series());
      const series = /** @type {Series} */ (/** @type {unknown} */ (line.points));
      const path = line.paths.y.replace(/^metrics\./, "");
      for (const row of rows) if (row.step > series.last) series.push(row.step, resolve(row, path) ?? NaN);
    }
  }

  paint() {
    const shown = this.lines.filter((line) => line.shown);
    const drawn = shown.map((line) => ({ points: line.points, colour: this.colour(line), ...look(line.trace) }));
    this.painter.paint(drawn, this.ranges, this.log);
  }

  /** Ranges that follow the data, in steps coarse enough to change seldom; null where the template fixes them. */
  wanted() {
    if (!this.meta.follows) return null;
    let [low, high, last] = [Infinity, -Infinity, 0];
    const see = (/** @type {number} */ y) => {
      if (y > 0 && y < low) low = y;
      if (y < Infinity && y > high) high = y;
    };
    for (const { points } of this.lines) {
      if (points instanceof Series) [points.least, points.largest].forEach(see);
      else points.each((_, y) => see(y));
      if (points.length) last = Math.max(last, points.x(points.length - 1));
    }
    if (this.meta.baseline > 0) see(this.meta.baseline);
    if (!(high > 0)) [low, high] = [0.1, 1];
    const y = [Math.floor((Math.log10(low) - ROOM) * 4) / 4, Math.ceil((Math.log10(high) + ROOM) * 4) / 4];
    return { x: [0, Math.min(round(last), Math.max(1, this.meta.steps))], y };
  }

  blank() {
    return this.lines.map((line) => ({ ...line.trace, ...this.coloured(line), x: [null], y: [null], hoverinfo: "skip", hovertemplate: undefined }));
  }

  /** @param {Line} line */
  coloured(line) {
    const colour = this.colour(line);
    return line.trace.marker ? { marker: { ...line.trace.marker, color: colour } } : { line: { ...line.trace.line, color: colour } };
  }

  exact() {
    const lists = this.lines.map(({ points }) => {
      const [x, y] = [/** @type {number[]} */ ([]), /** @type {(number | null)[]} */ ([])];
      points.each((a, b) => (x.push(a), y.push(Number.isFinite(b) ? b : null)));
      return x.length ? { x, y } : { x: [null], y: [null] }; // without any point a trace leaves the legend
    });
    return { x: lists.map(({ x }) => x), y: lists.map(({ y }) => y), ...this.tints() };
  }

  /** Colours for plotly, trace by trace. */
  tints() {
    const colours = this.lines.map((line) => this.colour(line));
    return { "line.color": colours, "marker.color": colours };
  }

  /** @param {number} x @param {number} y @returns {Place | null} */
  at(x, y) {
    const main = this.lines[0];
    if (!contains(this.box, x, y) || !main?.points.length) return null;
    return { panel: 0, column: nearest(main.points, fromPixel(x - this.box.left, this.ranges.x, this.box.width)), row: 0 };
  }

  /** @param {Place} place */
  boxes({ column }) {
    const x = this.lines[0].points.x(column);
    const at = toPixel(x, this.ranges.x, this.box.width);
    const inside = at >= 0 && at <= this.box.width;
    return inside ? [{ left: this.box.left + at - 0.5, top: this.box.top, width: 1, height: this.box.height }] : [];
  }

  /** @param {Place} place */
  text({ column }) {
    const x = this.lines[0].points.x(column);
    const texts = [fillTemplate(this.meta.hover.head, { x })];
    for (const { trace, points, shown } of this.lines) {
      if (!shown || !points.length) continue;
      if (trace.marker) {
        if (Math.abs(points.x(0) - x) <= 0.5) texts.push(`${trace.name}: ${formatNumber(points.x(0), ".1f")}`);
      } else texts.push(`${trace.name}: ${fillTemplate(this.meta.hover.value, { y: points.y(nearest(points, x)) })}`);
    }
    return texts.join("<br>");
  }

  /** @param {Place} place @param {number} columns @returns {Place} */
  step(place, columns) {
    const most = this.lines[0].points.length - 1;
    return { ...place, column: Math.max(0, Math.min(most, place.column + columns)) };
  }

  /** @returns {Place | null} */
  home() {
    return this.lines[0]?.points.length ? { panel: 0, column: 0, row: 0 } : null;
  }

  picked() {
    return null;
  }

  summary() {
    const { messages } = this.figure;
    const say = (/** @type {number} */ v) => formatNumber(v, this.log ? ".3g" : ".2f");
    const sentences = this.lines.filter(({ trace, points }) => !trace.marker && points.length).map(({ trace, points }) => {
      return told(messages.line, { label: trace.name, first: say(points.y(0)), last: say(points.y(points.length - 1)) });
    }); // prettier-ignore
    return sentences.join(" ");
  }
}

/** @param {any} trace */
const look = (trace) => ({ width: trace.line?.width ?? 1, dash: trace.line?.dash ?? "solid", marker: trace.marker?.size ?? 0 });

/** @param {ArrayLike<number> | null} xs @param {ArrayLike<number> | null} ys @param {number} x0 @returns {Points} */
function pointsOf(xs, ys, x0) {
  const length = ys ? (xs ? Math.min(xs.length, ys.length) : ys.length) : 0;
  const x = (/** @type {number} */ i) => (xs ? xs[i] : x0 + i);
  const y = (/** @type {number} */ i) => /** @type {ArrayLike<number>} */ (ys)[i];
  return { length, x, y, each: (visit) => { for (let i = 0; i < length; i++) visit(x(i), y(i)); } }; // prettier-ignore
}

/** Number of the point nearest to x; points are in order. @param {Points} points @param {number} x */
function nearest(points, x) {
  let [low, high] = [0, points.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (points.x(middle) <= x) low = middle;
    else high = middle;
  }
  return x - points.x(low) <= points.x(high) - x ? low : high;
}

/** The next of 100, 200, 500, 1000, … @param {number} value */
function round(value) {
  for (let base = 100; ; base *= 10) for (const times of [1, 2, 5]) if (value <= times * base) return times * base;
}
