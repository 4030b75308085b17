// What goes in and what comes out, as people read it: words, characters, bits, numbers. Pure.
// @ts-check
import { number } from "./format.js";

/**
 * @typedef {{inputs: string[] | null, outputs: string[] | null, loss: string}} Names of the task's numbers
 * @typedef {ArrayLike<number>} Row
 */

const list = (/** @type {Row} */ row) => Array.from(row);
const named = (/** @type {string[] | null | undefined} */ names, /** @type {number} */ i) => visible(String(names?.[i] ?? i));

/** Blanks have signs of their own, else nothing is seen. @param {string} name */
export const visible = (name) => ({ " ": "␣", "\n": "↵", "\t": "⇥" })[name] ?? name;

/** At most one 1, else zeros. @param {Row} row */
export const isOneHot = (row) => row.length > 1 && list(row).every((v) => v === 0 || v === 1) && list(row).filter(Boolean).length <= 1;

/** How the rows of a sequence are shown: tokens, bits, numbers; one number a step over many steps is a curve. @param {Row[]} rows */
export function kindOf(rows) {
  if (rows.every((row) => list(row).every((v) => v === 0 || v === 1))) return rows.every(isOneHot) ? "tokens" : "bits";
  return rows.length && rows[0].length === 1 && rows.length > 24 ? "curve" : "numbers";
}

/** @param {Names | null} names @param {string} kind @param {Row} row */
export function readInput(names, kind, row) {
  if (kind === "tokens") {
    const at = list(row).indexOf(1);
    return at < 0 ? "·" : named(names?.inputs, at);
  }
  if (kind === "bits") return list(row).join(" ");
  return row.length > 3 ? `${short(row[0])} …` : list(row).map(short).join(" ");
}

/** Two decimals are enough to tell inputs apart; whole numbers are markers and bits. @param {number} v */
const short = (v) => (Number.isInteger(v) || !(Math.abs(v) < 100) ? number(v) : v.toFixed(2).replace("-", "−"));

const largest = (/** @type {Row} */ row) => list(row).reduce((best, v, i) => (v > row[best] ? i : best), 0);

/** What the network says: the likeliest class, chances, or numbers. @param {Names | null} names @param {Row} row outputs, logits where there are classes */
export function readOutput(names, row) {
  if (names?.loss === "softmax_cross_entropy") return named(names.outputs, largest(row));
  if (names?.loss !== "binary_cross_entropy") return row.length > 2 ? `${short(row[0])} …` : list(row).map(short).join(" ");
  if (row.length === 1) return (1 / (1 + Math.exp(-row[0]))).toFixed(2);
  return list(row).map((v, i) => (v > 0 ? named(names.outputs, i) : "")).join("") || "∅";
}

/** What was wanted; an empty text where nothing was. @param {Names | null} names @param {Row} row */
export function readTarget(names, row) {
  if (!row.length || row[0] !== row[0]) return "";
  if (names?.loss === "softmax_cross_entropy") return named(names.outputs, row.length === 1 ? row[0] : largest(row));
  if (names?.loss !== "binary_cross_entropy" || row.length === 1) return list(row).slice(0, 2).map(short).join(" ");
  return list(row).map((v, i) => (v > 0.5 ? named(names.outputs, i) : "")).join("") || "∅";
}

/** Whether the answer at a step is right; null where it is a matter of degree. @param {Names | null} names @param {Row} output @param {Row} target */
export function isRight(names, output, target) {
  if (!target.length || target[0] !== target[0]) return null;
  if (names?.loss === "softmax_cross_entropy") return readOutput(names, output) === readTarget(names, target);
  if (names?.loss === "binary_cross_entropy") return list(output).every((v, i) => v > 0 === target[i] > 0.5);
  return null;
}

/** Row i of a decoded array. @param {import("./arrays.js").Values | null} values @param {number} i @returns {Row} */
export const rowOf = (values, i) => (values ? Array.prototype.slice.call(values.data, i * values.shape[1], (i + 1) * values.shape[1]) : []);
