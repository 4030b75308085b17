// Live lines: polylines on a canvas under plotly's axes, thinned to what a screen can show.
// @ts-check
import { toPixel } from "./geometry.js";

/** @type {Record<string, number[]>} */
const DASHES = { solid: [], dash: [7, 5], dot: [2, 3], dashdot: [8, 3, 2, 3] };

/**
 * A growing series of points. Past `most` points neighbours are merged into (x, least, largest), so an envelope stays
 * exact however long the run; `each` gives the points to draw.
 */
export class Series {
  /** @param {number} [most] */
  constructor(most = 32768) {
    this.most = most;
    this.bucket = 1; // steps in an entry
    this.filled = 0; // steps in the last entry
    this.least = Infinity; // above 0
    this.largest = -Infinity; // finite
    this.xs = /** @type {number[]} */ ([]);
    this.low = /** @type {number[]} */ ([]);
    this.high = /** @type {number[]} */ ([]);
  }

  get last() {
    return this.xs.length ? this.xs[this.xs.length - 1] + this.filled - 1 : -Infinity;
  }

  /** @param {number} x @param {number} y NaN leaves a gap */
  push(x, y) {
    if (y > 0 && y < this.least) this.least = y;
    if (y > this.largest && y < Infinity) this.largest = y;
    const end = this.xs.length - 1;
    if (end >= 0 && this.filled < this.bucket) {
      this.low[end] = least(this.low[end], y);
      this.high[end] = largest(this.high[end], y);
      this.filled++;
      return;
    }
    this.xs.push(x);
    this.low.push(y);
    this.high.push(y);
    this.filled = 1;
    if (this.xs.length >= this.most) this.halve();
  }

  halve() {
    for (let i = 0; 2 * i < this.xs.length; i++) {
      const [a, b] = [2 * i, Math.min(2 * i + 1, this.xs.length - 1)];
      this.xs[i] = this.xs[a];
      this.low[i] = least(this.low[a], this.low[b]);
      this.high[i] = largest(this.high[a], this.high[b]);
    }
    const odd = this.xs.length % 2;
    const length = Math.ceil(this.xs.length / 2);
    this.xs.length = this.low.length = this.high.length = length;
    this.filled = odd ? this.filled : this.bucket + this.filled;
    this.bucket *= 2;
  }

  get length() {
    return this.xs.length;
  }

  /** @param {number} i */
  x(i) {
    return this.xs[i];
  }

  /** The middle of a merged entry. @param {number} i */
  y(i) {
    return (this.low[i] + this.high[i]) / 2;
  }

  /** Points in order; a merged entry gives its least and its largest. @param {(x: number, y: number) => void} visit @param {number} [from] */
  each(visit, from = 0) {
    for (let i = from; i < this.xs.length; i++) {
      visit(this.xs[i], this.low[i]);
      if (this.high[i] > this.low[i]) visit(this.xs[i], this.high[i]);
    }
  }
}

/** NaN only if both are. @param {number} a @param {number} b */
const least = (a, b) => (a < b || b !== b ? a : b);
/** @param {number} a @param {number} b */
const largest = (a, b) => (a > b || b !== b ? a : b);

/** @typedef {{points: {each(visit: (x: number, y: number) => void, from?: number): void}, colour: string, width: number, dash: string, marker: number}} Line */

export class LinePainter {
  constructor() {
    this.element = document.createElement("canvas");
    this.element.className = "lines";
    this.element.style.position = "absolute";
    this.context = /** @type {CanvasRenderingContext2D} */ (this.element.getContext("2d"));
    this.box = { left: 0, top: 0, width: 1, height: 1 };
    /** @type {{looks: string, ends: End[]} | null} what the canvas shows */
    this.painted = null;
  }

  /** @param {import("./geometry.js").Box} box */
  place(box) {
    this.box = box;
    const ratio = Math.min(2, globalThis.devicePixelRatio || 1);
    const [width, height] = [Math.max(1, Math.round(box.width * ratio)), Math.max(1, Math.round(box.height * ratio))];
    if (this.element.width !== width || this.element.height !== height) {
      Object.assign(this.element, { width, height });
      this.painted = null;
    }
    const px = (/** @type {number} */ value) => `${value}px`;
    Object.assign(this.element.style, { left: px(box.left), top: px(box.top), width: px(box.width), height: px(box.height) });
    this.ratio = ratio;
  }

  /**
   * What has only grown since the last time gets its new end: the cost of a picture must not grow with the training.
   * @param {Line[]} lines @param {import("./geometry.js").Ranges} ranges @param {boolean} logY
   */
  paint(lines, ranges, logY) {
    const { context, box } = this;
    const looks = JSON.stringify([box, this.ratio, ranges, logY, lines.map(({ points, ...look }) => look)]);
    const before = this.painted;
    const grown = before?.looks === looks && lines.every(({ points }, i) => isGrown(before.ends[i], points));
    context.setTransform(this.ratio ?? 1, 0, 0, this.ratio ?? 1, 0, 0);
    if (!grown) context.clearRect(0, 0, box.width, box.height);
    lines.forEach((line, i) => this.stroke(line, ranges, logY, grown ? Math.max(0, before.ends[i].length - 1) : 0));
    this.painted = { looks, ends: lines.map(({ points }) => endOf(points)) };
  }

  /** @param {Line} line @param {import("./geometry.js").Ranges} ranges @param {boolean} logY @param {number} from */
  stroke(line, ranges, logY, from) {
    const { context, box } = this;
    context.strokeStyle = context.fillStyle = line.colour;
    context.lineWidth = line.width;
    context.lineJoin = "round";
    context.setLineDash(DASHES[line.dash] ?? []);
    const path = thinned(context, line.marker);
    line.points.each((x, y) => {
      const value = logY ? Math.log10(y) : y;
      path.to(toPixel(x, ranges.x, box.width), clamp(toPixel(value, ranges.y, box.height, true), box.height));
    }, from);
    path.end();
  }
}

/** @typedef {{points: any, length: number, bucket: number}} End how far a series was painted */
/** @param {any} points @returns {End} */
const endOf = (points) => ({ points, length: points.length, bucket: points.bucket });

/** @param {End | undefined} end @param {any} points */
const isGrown = (end, points) =>
  points instanceof Series && end?.points === points && end.bucket === points.bucket && end.length <= points.length;

/** Far off-canvas places are as good as just outside; NaN stays. @param {number} y @param {number} height */
const clamp = (y, height) => (y > 3 * height ? 3 * height : y < -2 * height ? -2 * height : y);

/**
 * A path that draws at most a vertical stroke per pixel column, and breaks at NaN. With `marker` it draws diamonds instead.
 * @param {CanvasRenderingContext2D} context @param {number} marker
 */
function thinned(context, marker) {
  let column = NaN, low = 0, high = 0, drawing = false; // prettier-ignore
  const flush = () => {
    if (high !== low) context.lineTo(column, high);
  };
  context.beginPath();
  return {
    /** @param {number} x @param {number} y */
    to(x, y) {
      if (marker) return x === x && y === y ? diamond(context, x, y, marker / 2) : undefined;
      if (y !== y || x !== x) {
        flush();
        low = high;
        drawing = false;
      } else if (!drawing) {
        context.moveTo(x, y);
        [column, low, high, drawing] = [x, y, y, true];
      } else if (Math.abs(x - column) < 0.5) {
        if (y < low) context.lineTo(column, (low = y));
        if (y > high) high = y;
      } else {
        flush();
        context.lineTo(x, y);
        [column, low, high] = [x, y, y];
      }
    },
    end() {
      flush();
      marker ? context.fill() : context.stroke();
    },
  };
}

/** @param {CanvasRenderingContext2D} context @param {number} x @param {number} y @param {number} r */
function diamond(context, x, y, r) {
  context.moveTo(x, y - r);
  for (const [dx, dy] of [[r, 0], [0, r], [-r, 0]]) context.lineTo(x + dx, y + dy); // prettier-ignore
  context.closePath();
}
