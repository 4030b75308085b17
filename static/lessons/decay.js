// Draw a decay line on a log axis: by pointer on the picture, by keyboard on a slider for each lag.
import { h } from "../dom.js";
import { WORDS } from "./words.js";
import { distance, lagsOf } from "./score.js";

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [640, 260, 80, 36, 16];
const POINTS = 6;
const RAISED = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

/** @param {{length: number, axis?: [number, number]}} question lags 0..length, log10 from axis[0] to axis[1] */
export function createDecay({ length, axis = [-10, 2] }) {
  const lags = lagsOf(length, POINTS);
  const guess = lags.map(() => 0);
  const x = (lag) => LEFT + (lag / length) * (WIDTH - LEFT - 16);
  const y = (log) => TOP + ((axis[1] - log) / (axis[1] - axis[0])) * (HEIGHT - TOP - BOTTOM);
  const svg = s("svg", { class: "decay", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": WORDS.picture });
  const drawn = s("polyline", { class: "guess" });
  const truthLine = s("polyline", { class: "truth" });
  const dots = lags.map((lag) => s("circle", { r: 8, cx: x(lag) }));
  svg.append(...axes(), truthLine, drawn, ...dots);
  const sliders = lags.map((lag, i) => {
    const input = h("input", { type: "range", min: axis[0], max: axis[1], step: 0.25, value: 0 });
    input.addEventListener("input", () => set(i, Number(input.value)));
    return input;
  });
  const rows = lags.map((lag, i) => h("label", {}, WORDS.lag(lag), sliders[i]));
  const element = h("div", {}, svg, h("div.handles", {}, ...rows));
  lags.forEach((_, i) => set(i, 0));

  function set(i, log) {
    guess[i] = log;
    sliders[i].value = String(log);
    sliders[i].setAttribute("aria-valuetext", `10^${log}`);
    dots[i].setAttribute("cy", String(y(log)));
    drawn.setAttribute("points", lags.map((lag, j) => `${x(lag)},${y(guess[j])}`).join(" "));
  }

  function drag(event) {
    const box = svg.getBoundingClientRect();
    const at = ((event.clientX - box.left) / box.width) * WIDTH;
    const log = axis[1] - (((event.clientY - box.top) / box.height) * HEIGHT - TOP) / ((HEIGHT - TOP - BOTTOM) / (axis[1] - axis[0]));
    const nearest = lags.reduce((best, lag, i) => (Math.abs(x(lag) - at) < Math.abs(x(lags[best]) - at) ? i : best), 0);
    set(nearest, Math.min(axis[1], Math.max(axis[0], Math.round(log * 4) / 4)));
  }
  svg.addEventListener("pointerdown", (event) => {
    svg.setPointerCapture(event.pointerId);
    drag(event);
  });
  svg.addEventListener("pointermove", (event) => event.buttons && drag(event));

  function axes() {
    const marks = [];
    for (let log = axis[0]; log <= axis[1]; log += 2) {
      marks.push(s("line", { class: "grid", x1: LEFT, x2: WIDTH - 16, y1: y(log), y2: y(log) }));
      marks.push(s("text", { x: LEFT - 8, y: y(log) + 4, "text-anchor": "end" }, `10${[...String(log)].map((c) => RAISED[c]).join("")}`));
    }
    for (const lag of lags) marks.push(s("text", { x: x(lag), y: HEIGHT - 10, "text-anchor": "middle" }, String(lag)));
    return marks;
  }

  return {
    element,
    /** @param {number[]} truth log10 by lag */
    reveal(truth) {
      const cut = (v) => Math.min(axis[1], Math.max(axis[0], v));
      truthLine.setAttribute("points", truth.slice(0, length + 1).map((v, lag) => `${x(lag)},${y(cut(v))}`).join(" "));
    },
    error: (truth) => distance(guess, lags.map((lag) => truth[lag]), axis),
  };
}

function s(name, attributes, text = "") {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  if (text) element.textContent = text;
  return element;
}
