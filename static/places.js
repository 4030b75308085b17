// From pixels to cells and back: which cell lies under a point, and where a cell lies.
import { lattice, toPixel } from "./geometry.js";

/** The reverse of `toPixel`. @param {number} pixel @param {[number, number]} range @param {number} length @param {boolean} [up] */
export function fromPixel(pixel, range, length, up = false) {
  const part = up ? 1 - pixel / length : pixel / length;
  return range[0] + part * (range[1] - range[0]);
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
