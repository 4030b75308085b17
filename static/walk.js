// One pass through time as a list of places: forward t = 1..T, the loss, backward k = T..0. Pure: no page, no drawing.
import { decode } from "./arrays.js";
import { number } from "./format.js";
import { power } from "./powers.js";

/**
 * @typedef {{kind: "forward" | "loss" | "backward", data: any}} Event
 * @typedef {{events: Event[], T: number, forward: any[], loss: any, backward: any[]}} Pass  forward[t], backward[k]; null where there is none
 */

/** The text of the server's event stream. @param {string} text @returns {Pass} */
export function parsePass(text) {
  /** @type {Event[]} */
  const events = [];
  for (const block of text.split("\n\n")) {
    const kind = /** @type {any} */ (block.match(/^event: (\w+)$/m)?.[1]);
    const data = block.match(/^data: (.*)$/m)?.[1];
    if (data && kind !== "done") events.push({ kind, data: JSON.parse(data) });
  }
  const forward = /** @type {any[]} */ ([null]);
  const backward = /** @type {any[]} */ ([]);
  let loss = null;
  for (const { kind, data } of events) {
    if (kind === "forward") forward[data.t] = data;
    else if (kind === "backward") backward[data.k] = data;
    else loss = data;
  }
  return { events, T: forward.length - 1, forward, loss, backward };
}

/** The step a place is about: t on the way forward, T at the loss, k on the way back. @param {Pass} pass @param {number} at */
export function stepAt({ events, T }, at) {
  const { kind, data } = events[at];
  return kind === "forward" ? data.t : kind === "loss" ? T : data.k;
}

/** The place of a step, on the way back once the loss has been reached. @param {Pass} pass @param {number} step @param {number} at the place now */
export function placeOf({ T, events }, step, at) {
  const back = at >= T;
  return back ? Math.min(events.length - 1, 2 * T + 1 - step) : Math.max(0, step - 1);
}

/** First column of a window of `room` columns of 0..T that holds `step` and turns like a page. @param {number} start @param {number} step @param {number} T @param {number} room */
export function slide(start, step, T, room) {
  const last = Math.max(0, T + 1 - room);
  let first = start;
  if (step < start + 1) first = step - room + 2;
  else if (step > start + room - 2) first = step - 1;
  return Math.max(0, Math.min(last, first));
}

/** Numbers of a wire array; an empty list for null. @returns {ArrayLike<number>} */
export const values = (wire) => decode(wire)?.data ?? [];

/** Euclidean norm of a wire array, scaled so that it does not underflow. */
export function norm(wire) {
  const list = Array.from(values(wire));
  const most = Math.max(0, ...list.map(Math.abs));
  return most > 0 && Number.isFinite(most) ? most * Math.hypot(...list.map((v) => v / most)) : most;
}

/** JSON has no infinities: the log of an exact zero comes as null. */
const bounded = (log) => log ?? -Infinity;

/**
 * The formulas' live numbers at a place, for one unit; numbers or ready text.
 * @param {Pass} pass @param {number} at @param {number} unit @returns {Record<string, number | string>}
 */
export function slots(pass, at, unit) {
  const { kind, data } = pass.events[at];
  if (kind === "loss") {
    const steps = Array.from(values(data.steps));
    const losses = values(data.step_losses);
    const named = steps.slice(0, 4).map((t, i) => `${number(losses[i])} (t = ${t})`);
    return { loss: data.loss, ell: named.join(", ") + (steps.length > 4 ? " …" : "") };
  }
  return kind === "forward" ? forwardSlots(pass, data, unit) : backwardSlots(pass, data, unit);
}

/** @param {Pass} pass @param {number} unit */
function forwardSlots(pass, data, unit) {
  /** @type {Record<string, number>} */
  const found = { h: values(data.h)[unit], hprev: before(pass, data.t, "h", unit) };
  if (data.c) Object.assign(found, { c: values(data.c)[unit], cprev: before(pass, data.t, "c", unit) });
  for (const [gate, open] of Object.entries(data.gates)) found[gate] = values(open)[unit];
  for (const [gate, parts] of Object.entries(data.sums ?? {})) {
    const { data: sums, shape } = /** @type {Values} */ (decode(parts));
    ["in", "rec", "bias"].forEach((part, row) => (found[gate + part] = sums[row * shape[1] + unit]));
  }
  return found;
}

/** State of the step before; step 0 is zero. @param {Pass} pass @param {number} t @param {string} name @param {number} unit */
const before = (pass, t, name, unit) => (t > 1 ? values(pass.forward[t - 1][name])[unit] : 0);

/** @param {Pass} pass @param {number} unit */
function backwardSlots(pass, data, unit) {
  /** @type {Record<string, number | string>} */
  const found = { dh: values(data.d_hidden)[unit], dhnorm: number(norm(data.d_hidden)) };
  for (const [name, row] of Object.entries(data.diagonal ?? {})) found[name] = values(row)[unit];
  if ("z" in found) found.rest = Number(found.factor) - Number(found.z);
  if (pass.forward[data.k + 1]) found.hnext = values(pass.forward[data.k + 1].h)[unit];
  if ("log_norm" in data) found.norm = power(bounded(data.log_norm));
  const later = pass.backward[data.k + 1];
  if (later && "log_norm" in later && data.k < data.t) {
    found.normbefore = power(bounded(later.log_norm));
    found.normfactor = power(bounded(data.factor_log_norm));
  }
  return found;
}

/** log10 norms of the product by k, from k = 0; NaN beyond t. @param {Pass} pass */
export const growth = (pass) => pass.backward.map((data) => ("log_norm" in data ? bounded(data.log_norm) : NaN));

/** Which formulas a network has. @param {any} network of the spec */
export const formulasOf = ({ cell, activation, reset_after }) =>
  cell === "rnn" ? `rnn-${activation}` : cell === "gru" ? `gru-${reset_after ? "after" : "before"}` : cell;
