// Live lines: polylines on a canvas under plotly's axes, thinned to what a screen can show.
import { toPixel } from "./geometry.js";

/** @type {Record<string, number[]>} */
const DASHES = { solid: [], dash: [7, 5], dot: [2, 3], dashdot: [8, 3, 2, 3] };

export class LinePainter {
  constructor() {
    this.element = document.createElement("canvas");
    this.element.className = "lines";
    this.element.style.position = "absolute";
    this.context = /** @type {CanvasRenderingContext2D} */ (this.element.getContext("2d"));
    this.box = { left: 0, top: 0, width: 1, height: 1 };
    /** What the canvas shows. @type {any} */
    this.painted = null;
  }

  place(box) {
    this.box = box;
    const ratio = Math.min(2, globalThis.devicePixelRatio || 1);
    const [width, height] = [Math.max(1, Math.round(box.width * ratio)), Math.max(1, Math.round(box.height * ratio))];
    if (this.element.width !== width || this.element.height !== height) {
      Object.assign(this.element, { width, height });
      this.painted = null;
    }
    const px = (value) => `${value}px`;
    Object.assign(this.element.style, { left: px(box.left), top: px(box.top), width: px(box.width), height: px(box.height) });
    this.ratio = ratio;
  }

  /** What has only grown since the last time gets its new end: the cost of a picture must not grow with the training. */
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

/** How far a series was painted. */
const endOf = (points) => ({ points, length: points.length, bucket: points.bucket });

const isGrown = (end, points) =>
  points.bucket && end?.points === points && end.bucket === points.bucket && end.length <= points.length;

/** Far off-canvas places are as good as just outside; NaN stays. */
const clamp = (y, height) => (y > 3 * height ? 3 * height : y < -2 * height ? -2 * height : y);

/** A path that draws at most a vertical stroke per pixel column, and breaks at NaN. With `marker` it draws diamonds instead. */
function thinned(context, marker) {
  let column = NaN, low = 0, high = 0, drawing = false;
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

function diamond(context, x, y, r) {
  context.moveTo(x, y - r);
  for (const [dx, dy] of [[r, 0], [0, r], [-r, 0]]) context.lineTo(x + dx, y + dy);
  context.closePath();
}
