// A figure of lines over one pair of axes: by lag, or over training steps. What the cursor finds in them: curve-ground.js.
import { decode, resolve } from "./arrays.js";
import { boxOf } from "./geometry.js";
import { formatNumber, told } from "./hover.js";
import { LinePainter } from "./lines.js";

const ROOM = 0.12; // decades of air above and below

export class Curves {
  constructor(figure, under) {
    this.figure = figure;
    this.meta = figure.template.layout.meta;
    this.log = figure.template.layout.yaxis.type === "log";
    this.painter = new LinePainter();
    under.append(this.painter.element);
    /** @type {Line[]} */
    this.lines = figure.template.data.map((trace, /** @type {number} */ index) => {
      const mine = figure.bindings.filter((b) => b.trace === index);
      const paths = Object.fromEntries(mine.map((b) => [b.attribute, b.path]));
      return { trace, paths, points: pointsOf(null, null, 0), shown: true };
    });
    this.box = { left: 0, top: 0, width: 1, height: 1 };
    /** @type {Ranges} */
    this.ranges = { x: [0, 1], y: [0, 1] };
    this.colours = /** @type {string[]} */ ([]);
  }

  theme(theme, _layout, _undefined, own = (_) => "") {
    this.colours = this.meta.networks[theme].map((colour, i) => own(i) || colour);
  }

  colour({ trace }) {
    return this.colours[trace.meta.network % this.colours.length];
  }

  arrange(layout, width, height, ranges, full) {
    this.box = boxOf(layout, {}, width, height, full);
    this.ranges = ranges({});
    this.painter.place(this.box);
  }

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

  /** Metrics rows as the stream sends them; steps already known are left out. `fresh`: forget what was fed before. */
  feedRows(rows, fresh, Series) {
    for (const line of this.lines) {
      if (fresh) line.points = pointsOf(null, null, 0);
      if (!Series) continue;
      const series = line.points instanceof Series ? line.points : new Series();
      line.points = series;
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
    const see = (y) => {
      if (y > 0 && y < low) low = y;
      if (y < Infinity && y > high) high = y;
    };
    for (const { points } of this.lines) {
      if ("least" in points) [points.least, points.largest].forEach(see);
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

  summary() {
    const { messages } = this.figure;
    const say = (v) => formatNumber(v, this.log ? ".3g" : ".2f");
    const sentences = this.lines.filter(({ trace, points }) => !trace.marker && points.length).map(({ trace, points }) => {
      return told(messages.line, { label: trace.name, first: say(points.y(0)), last: say(points.y(points.length - 1)) });
    });
    return sentences.join(" ");
  }
}

const look = (trace) => ({ width: trace.line?.width ?? 1, dash: trace.line?.dash ?? "solid", marker: trace.marker?.size ?? 0 });

/** @returns {Points} */
function pointsOf(xs, ys, x0) {
  const length = ys ? (xs ? Math.min(xs.length, ys.length) : ys.length) : 0;
  const x = (i) => (xs ? xs[i] : x0 + i);
  const y = (i) => /** @type {ArrayLike<number>} */ (ys)[i];
  return { length, x, y, each: (visit) => { for (let i = 0; i < length; i++) visit(x(i), y(i)); } };
}

/** The next of 100, 200, 500, 1000, … */
function round(value) {
  for (let base = 100; ; base *= 10) for (const times of [1, 2, 5]) if (value <= times * base) return times * base;
}
