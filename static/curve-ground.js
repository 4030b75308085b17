// What the cursor finds in a figure of lines: a place on the axis, and what each line is there.
import { toPixel } from "./geometry.js";
import { formatNumber } from "./hover.js";
import { contains, fromPixel } from "./places.js";
import { fillTemplate } from "./tips.js";

export class CurveGround {
  /** @param {import("./curves.js").Curves} curves */
  constructor(curves) {
    this.curves = curves;
  }

  /** @param {number} x @param {number} y @returns {Place | null} */
  at(x, y) {
    const main = this.curves.lines[0];
    if (!contains(this.curves.box, x, y) || !main?.points.length) return null;
    return { panel: 0, column: nearest(main.points, fromPixel(x - this.curves.box.left, this.curves.ranges.x, this.curves.box.width)), row: 0 };
  }

  /** @param {Place} place */
  boxes({ column }) {
    const x = this.curves.lines[0].points.x(column);
    const at = toPixel(x, this.curves.ranges.x, this.curves.box.width);
    const inside = at >= 0 && at <= this.curves.box.width;
    return inside ? [{ left: this.curves.box.left + at - 0.5, top: this.curves.box.top, width: 1, height: this.curves.box.height }] : [];
  }

  /** @param {Place} place */
  text({ column }) {
    const x = this.curves.lines[0].points.x(column);
    const texts = [fillTemplate(this.curves.meta.hover.head, { x })];
    for (const { trace, points, shown } of this.curves.lines) {
      if (!shown || !points.length) continue;
      if (trace.marker) {
        if (Math.abs(points.x(0) - x) <= 0.5) texts.push(`${trace.name}: ${formatNumber(points.x(0), ".1f")}`);
      } else texts.push(`${trace.name}: ${fillTemplate(this.curves.meta.hover.value, { y: points.y(nearest(points, x)) })}`);
    }
    return texts.join("<br>");
  }

  /** @param {Place} place @param {number} columns @returns {Place} */
  step(place, columns) {
    const most = this.curves.lines[0].points.length - 1;
    return { ...place, column: Math.max(0, Math.min(most, place.column + columns)) };
  }

  /** @returns {Place | null} */
  home() {
    return this.curves.lines[0]?.points.length ? { panel: 0, column: 0, row: 0 } : null;
  }

  picked() {
    return null;
  }
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
