// Points that come one by one while it trains, however many.

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
