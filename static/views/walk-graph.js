// The unrolled graph of a pass: what has been reached is lit, strips of units are painted on a canvas under the SVG.
import { power, terse } from "../powers.js";
import { WORDS } from "../walk-words.js";
import { norm, stepAt, values } from "../walk.js";

const SVG = "http://www.w3.org/2000/svg";
const GUTTER = 46;
const WIDTH = 88; // of a column at least
const GAP = 16;

/** `s("g", {class: "x"}, child, "text")` -> SVG element */
export function s(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) if (value !== null && value !== false) element.setAttribute(name, String(value));
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Columns that fit. @param {number} width @param {number} T */
export const roomIn = (width, T) => Math.max(3, Math.min(T + 1, Math.floor((width - GUTTER) / WIDTH)));

/** Heights of the rows from the top: output, h, c, gates, x. */
function rowsOf({ gates, cell }) {
  const rows = { label: 12, out: 20, h: 68, dh: 82, hnorm: 101 };
  let y = 110;
  if (cell) {
    Object.assign(rows, { c: y + 8, dc: y + 22, cnorm: y + 41 });
    y += 50;
  }
  const box = { box: y + 8, boxHeight: Math.max(24, 11 * gates.length + 7) };
  return { ...rows, ...box, x: box.box + box.boxHeight + 12, height: box.box + box.boxHeight + 38 };
}

/**
 * Draw the window of a pass into `host` (an SVG over a canvas).
 * @param {HTMLElement} host
 * @param {{pass: any, at: number, first: number, room: number, inputs: (t: number) => string, outputs: (t: number) => string[],
 *   scales: {h: any, c: any, gate: any, d: any}, pick: (step: number) => void, label: string}} view
 */
export function drawGraph(host, view) {
  const { pass, at, first, room } = view;
  const kind = { gates: Object.keys(pass.forward[1].gates), cell: Boolean(pass.forward[1].c) };
  const rows = rowsOf(kind);
  const width = host.clientWidth;
  const pitch = (width - GUTTER) / room;
  const { paint, canvas } = strips(width, rows.height);
  const svg = s("svg", { width, height: rows.height, viewBox: `0 0 ${width} ${rows.height}`, role: "group", "aria-label": view.label });
  svg.append(defs(), ...gutter(rows, kind));
  for (let step = first; step < Math.min(first + room, pass.T + 1); step++) {
    svg.append(column({ ...view, rows, kind, step, left: GUTTER + (step - first) * pitch, wide: pitch - GAP, paint }));
  }
  host.replaceChildren(canvas, svg);
  host.style.height = `${rows.height}px`;
  svg.addEventListener("click", (event) => {
    const group = event.target instanceof Element && event.target.closest("[data-step]");
    if (group instanceof SVGElement) view.pick(Number(group.dataset.step));
  });
  return { now: stepAt(pass, at) };
}

const defs = () =>
  s("defs", {}, ...["on", "back"].map((name) =>
    s("marker", { id: `arrow-${name}`, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, markerUnits: "userSpaceOnUse", orient: "auto" },
      s("path", { d: "M0 0 8 4 0 8z", class: `head-${name}` })))); // prettier-ignore

function gutter(rows, { gates, cell }) {
  const text = (y, words) => s("text", { x: 2, y: y + 10, class: "walk-row" }, words);
  const list = [text(rows.out + 6, "ŷ, y"), text(rows.h, "h"), text(rows.dh - 1, "∂L/∂h"), text(rows.x + 4, "x")];
  if (cell) list.push(text(rows.c, "c"), text(rows.dc - 1, "∂L/∂c"));
  if (gates.length) gates.forEach((gate, i) => list.push(text(rows.box + 3 + 11 * i, gate)));
  else list.push(text(rows.box + 5, WORDS.cell));
  return list;
}

/** Where a step stands: reached forward, reached backward, the very one. */
function reached({ pass, at, step }) {
  const { kind } = pass.events[at];
  const now = stepAt(pass, at);
  return {
    forward: kind !== "forward" || step <= now,
    backward: kind === "backward" && step >= now,
    loss: kind !== "forward",
    here: kind === "loss" ? false : step === now,
  };
}

function column(c) {
  const { pass, rows, kind, step, left, wide, paint, scales } = c;
  const lit = reached(c);
  const data = lit.forward ? pass.forward[step] : null;
  const back = lit.backward ? pass.backward[step] : null;
  const group = s("g", { class: `step${lit.here ? " here" : ""}${lit.forward ? " lit" : ""}`, "data-step": step });
  const middle = left + wide / 2;
  const strip = (y, height, list, scale) => {
    if (list) paint(left, y, wide, height, values(list), scale);
    group.append(s("rect", { x: left, y, width: wide, height, class: `strip${list ? "" : " empty"}` }));
  };
  const text = (y, words, more = "") => group.append(s("text", { x: middle, y, class: `walk-number ${more}` }, words));
  if (lit.here) group.append(s("rect", { x: left - 6, y: 0, width: wide + 12, height: rows.height, rx: 6, class: "spot" }));
  else group.append(s("rect", { x: left - 6, y: 0, width: wide + 12, height: rows.height, class: "touch" }));
  text(rows.label, step ? `t = ${step}` : WORDS.start, "when");
  strip(rows.h, 12, step ? data?.h : lit.forward && [0], scales.h);
  strip(rows.dh, 8, logs(back?.d_hidden), scales.d);
  if (back) text(rows.hnorm, terse(norm(back.d_hidden)), "grad");
  if (kind.cell) {
    strip(rows.c, 12, step ? data?.c : lit.forward && [0], scales.c);
    strip(rows.dc, 8, logs(back?.d_cell_state), scales.d);
    if (back) text(rows.cnorm, terse(norm(back.d_cell_state)), "grad");
  }
  if (step) within(c, lit, data, group, strip, text);
  group.append(...arrows(c, lit, middle));
  return group;
}

/** What the start has not: gates, input and output. */
function within(c, lit, data, group, strip, text) {
  const { rows, kind, step, left, wide, scales } = c;
  group.append(s("rect", { x: left - 3, y: rows.box, width: wide + 6, height: rows.boxHeight, rx: 5, class: "cell" }));
  kind.gates.forEach((gate, i) => strip(rows.box + 4 + 11 * i, 9, data?.gates[gate], scales.gate));
  if (!kind.gates.length) text(rows.box + 16, "W, f", "quiet");
  text(rows.x + 14, c.inputs(step), "value");
  const [said, wanted] = c.outputs(step);
  const ends = lit.loss && wanted;
  group.append(s("rect", { x: left, y: rows.out, width: wide, height: 34, rx: 5, class: `out${ends ? " judged" : ""}` }));
  if (lit.forward) text(rows.out + 14, said, "value");
  if (lit.loss && wanted) text(rows.out + 28, wanted, "target");
}

function arrows({ rows, kind, step, left, wide, pass, at }, lit, middle) {
  const list = [];
  const line = (x1, y1, x2, y2, name, on) => list.push(s("line", { x1, y1, x2, y2, class: `arrow ${name}${on ? " on" : ""}`, "marker-end": on ? `url(#arrow-${name})` : null }));
  if (step) {
    line(middle, rows.x + 1, middle, rows.box + rows.boxHeight + 2, "on", lit.forward);
    line(middle, rows.box - 1, middle, kind.cell ? rows.cnorm + 5 : rows.hnorm + 5, "on", lit.forward);
    if (kind.cell) line(middle, rows.c - 1, middle, rows.hnorm + 5, "on", lit.forward);
    line(middle, rows.h - 1, middle, rows.out + 36, "on", lit.forward);
  }
  const now = pass.events[at];
  for (const y of kind.cell ? [rows.h, rows.c] : [rows.h]) {
    if (step) line(left - GAP + 1, y + 6, left - 2, y + 6, "on", lit.forward);
    if (step < pass.T && now.kind === "backward" && step >= now.data.k) line(left + wide + GAP - 2, y + 18, left + wide + 1, y + 18, "back", true);
  }
  return list;
}

/** log10 of sizes, for the scale of the gradients' maps. */
const logs = (wire) => wire && Array.from(values(wire), (v) => Math.log10(Math.abs(v)));

/** A canvas to paint rows of units on, one stretched pixel a unit. */
function strips(width, height) {
  const ratio = Math.min(2, globalThis.devicePixelRatio || 1);
  const canvas = Object.assign(document.createElement("canvas"), { width: width * ratio, height: height * ratio });
  canvas.setAttribute("aria-hidden", "true");
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.imageSmoothingEnabled = false;
  context.scale(ratio, ratio);
  const paint = (x, y, wide, high, list, scale) => context.drawImage(pixels(list, list.length, 1, scale), x, y, wide, high);
  return { canvas, paint };
}

/** Values as a small canvas, a pixel each. @param {ArrayLike<number>} list @param {number} width @param {number} height */
export function pixels(list, width, height, scale) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(width, height);
  const out = new Uint32Array(image.data.buffer);
  for (let i = 0; i < out.length; i++) out[i] = scale.pixel(list[i]);
  context.putImageData(image, 0, 0);
  return canvas;
}

/** The size of the growing product over k, as far as the walk has come. @param {HTMLElement} host */
export function drawGrowth(host, { pass, at, logs: all, first, room, pick, words }) {
  const [width, height, top, bottom] = [host.clientWidth, 104, 24, 18];
  const finite = all.filter(Number.isFinite);
  const [low, high] = [Math.min(-4, Math.floor(Math.min(0, ...finite))), Math.max(1, Math.ceil(Math.max(...finite, 0)))];
  const x = (k) => GUTTER + (pass.T ? (k / pass.T) * (width - GUTTER - 24) : 0);
  const y = (log) => top + ((high - Math.max(low, log)) / (high - low)) * (height - top - bottom);
  const { kind, data } = pass.events[at];
  const from = kind === "backward" ? data.k : Infinity;
  const svg = s("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": words });
  svg.append(s("rect", { x: x(first), y: top - 4, width: Math.max(0, x(Math.min(pass.T, first + room - 1)) - x(first)), height: height - top - bottom + 8, class: "window" }));
  for (const log of [low, 0]) {
    svg.append(s("line", { x1: GUTTER, x2: width - 24, y1: y(log), y2: y(log), class: "grid" }), s("text", { x: GUTTER - 5, y: y(log) + 4, class: "tick" }, power(log).replace(/^1(\.0)? × /, "")));
  }
  for (const k of [0, Math.round(pass.T / 2), pass.T]) svg.append(s("text", { x: x(k), y: height - 4, class: "walk-number quiet" }, `k = ${k}`));
  const shown = all.map((log, k) => [k, log]).filter(([k, log]) => k >= from && Number.isFinite(log));
  if (shown.length) {
    svg.append(s("polyline", { points: shown.map(([k, log]) => `${x(k)},${y(log)}`).join(" "), class: "growth" }));
    svg.append(s("circle", { cx: x(shown[0][0]), cy: y(shown[0][1]), r: 4.5, class: "growth-now" }));
  }
  svg.append(s("text", { x: GUTTER, y: 11, class: "walk-row" }, words));
  host.replaceChildren(svg);
  host.style.height = `${height}px`;
  svg.addEventListener("click", (event) => pick(Math.round(((event.clientX - svg.getBoundingClientRect().left - GUTTER) / (width - GUTTER - 24)) * pass.T)));
}
