// What goes in and what comes out, as people read it: words, characters, bits, numbers. Pure.
import { number } from "./format.js";

const list = (row) => Array.from(row);
const named = (/** @type {string[] | null | undefined} */ names, /** @type {number} */ i) => visible(String(names?.[i] ?? i));

/** Blanks have signs of their own, else nothing is seen. */
export const visible = (name) => ({ " ": "␣", "\n": "↵", "\t": "⇥" })[name] ?? name;

/** At most one 1, else zeros. */
export const isOneHot = (row) => row.length > 1 && list(row).every((v) => v === 0 || v === 1) && list(row).filter(Boolean).length <= 1;

/** How the rows of a sequence are shown: tokens, bits, numbers; one number a step over many steps is a curve. */
export function kindOf(rows) {
  if (rows.every((row) => list(row).every((v) => v === 0 || v === 1))) return rows.every(isOneHot) ? "tokens" : "bits";
  return rows.length && rows[0].length === 1 && rows.length > 24 ? "curve" : "numbers";
}

export function readInput(names, kind, row) {
  if (kind === "tokens") {
    const at = list(row).indexOf(1);
    return at < 0 ? "·" : named(names?.inputs, at);
  }
  if (kind === "bits") return list(row).join(" ");
  return row.length > 3 ? `${short(row[0])} …` : list(row).map(short).join(" ");
}

/** Two decimals are enough to tell inputs apart; whole numbers are markers and bits. */
const short = (v) => (Number.isInteger(v) || !(Math.abs(v) < 100) ? number(v) : v.toFixed(2).replace("-", "−"));

const largest = (row) => list(row).reduce((best, v, i) => (v > row[best] ? i : best), 0);

/** What the network says: the likeliest class, chances, or numbers. */
export function readOutput(names, row) {
  if (names?.loss === "softmax_cross_entropy") return named(names.outputs, largest(row));
  if (names?.loss !== "binary_cross_entropy") return row.length > 2 ? `${short(row[0])} …` : list(row).map(short).join(" ");
  if (row.length === 1) return (1 / (1 + Math.exp(-row[0]))).toFixed(2);
  return list(row).map((v, i) => (v > 0 ? named(names.outputs, i) : "")).join("") || "∅";
}

/** What was wanted; an empty text where nothing was. */
export function readTarget(names, row) {
  if (!row.length || row[0] !== row[0]) return "";
  if (names?.loss === "softmax_cross_entropy") return named(names.outputs, row.length === 1 ? row[0] : largest(row));
  if (names?.loss !== "binary_cross_entropy" || row.length === 1) return list(row).slice(0, 2).map(short).join(" ");
  return list(row).map((v, i) => (v > 0.5 ? named(names.outputs, i) : "")).join("") || "∅";
}

/** Whether the answer at a step is right; null where it is a matter of degree. */
export function isRight(names, output, target) {
  if (!target.length || target[0] !== target[0]) return null;
  if (names?.loss === "softmax_cross_entropy") return readOutput(names, output) === readTarget(names, target);
  if (names?.loss === "binary_cross_entropy") return list(output).every((v, i) => v > 0 === target[i] > 0.5);
  return null;
}

/** Row i of a decoded array. @returns {Row} */
export const rowOf = (values, i) => (values ? Array.prototype.slice.call(values.data, i * values.shape[1], (i + 1) * values.shape[1]) : []);
