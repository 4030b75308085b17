// How good a drawn line is. Pure.

/** Mean distance in decades between guesses and truths at the same lags; the truth is cut to the axis. @param {number[]} guess @param {number[]} truth @param {[number, number]} axis */
export function distance(guess, truth, [low, high]) {
  const within = (/** @type {number} */ v) => Math.min(high, Math.max(low, v));
  const parts = guess.map((v, i) => Math.abs(v - within(truth[i])));
  return parts.reduce((sum, part) => sum + part, 0) / parts.length;
}

/** 100 for a perfect line, 50 one decade off, 0 from two decades on. @param {number} off */
export const nearness = (off) => Math.round(Math.max(0, 100 - 50 * off));

/** Lags at which a line is asked for: `count` of them, evenly from 0 to T. @param {number} T @param {number} count */
export const lagsOf = (T, count) => Array.from({ length: count }, (_, i) => Math.round((i * T) / (count - 1)));
