// The only file that says Plotly: it is loaded late, asked one heavy thing at a time, and spoken to by these few words.

const CONFIG = { displayModeBar: false, displaylogo: false, responsive: false, scrollZoom: false, showTips: false, doubleClick: "reset" };

const MOST_PATIENCE = 8000; // ms between two tries to load the library

/** @type {Promise<any> | null} */
let loading = null;

/** From `<link rel="preload" as="script" data-plotly>`. A network that breaks meanwhile is asked again, not given up. */
function library() {
  const here = /** @type {any} */ (globalThis).Plotly;
  if (here) return Promise.resolve(here);
  const link = /** @type {HTMLLinkElement | null} */ (document.querySelector("link[data-plotly]"));
  if (!link) return Promise.reject(new Error("the page names no plotly script"));
  return (loading ??= loaded(link.href));
}

/** @param {string} src @returns {Promise<any>} */
async function loaded(src, pause = 500) {
  const script = Object.assign(document.createElement("script"), { src, async: true });
  const there = new Promise((resolve) => {
    script.onload = () => resolve(true);
    script.onerror = () => resolve(false);
  });
  document.head.append(script);
  if (await there) return /** @type {any} */ (globalThis).Plotly;
  script.remove();
  await new Promise((resolve) => setTimeout(resolve, pause));
  return loaded(src, Math.min(2 * pause, MOST_PATIENCE));
}

/** Plotly starts after the first picture has been painted: its second of evaluation would hold that up. */
let started = /** @type {() => void} */ (() => {});
const firstPaint = new Promise((resolve) => {
  started = () => {
    started = () => {}; // once: what asks for an animation frame makes the browser draw one
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve)));
  };
  setTimeout(resolve, 1200);
});

/** Tell that the canvases show something. */
export const painted = () => started();

let queue = firstPaint;

/** One heavy task after the other, with a breath in between, once the library is there. @returns {Promise<any>} */
export function inTurn(task) {
  const mine = queue.then(() => new Promise((resolve) => setTimeout(resolve))).then(library).then(task);
  queue = mine.catch(() => {});
  return mine;
}

/** Draw a figure, or draw it anew. */
export const draw = async (plot, data, layout) => (await library()).react(plot, data, layout, CONFIG);

/** Other data, attribute by attribute, a value per trace; undefined leaves that trace alone. */
export const restyle = async (plot, updates) => (await library()).restyle(plot, wrapped(updates));

export const relayout = async (plot, changes) => (await library()).relayout(plot, changes);

export const recolour = async (plot, traces, changes) => (await library()).update(plot, traces, changes);

/** An address of data with the picture in it. Options: format, width, height, scale. */
export const image = async (data, layout, options) => (await library()).toImage({ data, layout, config: CONFIG }, options);

/** The layout as plotly has worked it out. */
export const laidOut = (plot) => /** @type {any} */ (plot)._fullLayout ?? /** @type {any} */ (plot).layout;

/** Hear what the user does to a drawn figure. */
export const hear = (plot, sign, tell) => plot.on(`plotly_${sign}`, tell);

export const forget = (plot) => /** @type {any} */ (globalThis).Plotly.purge(plot);

function wrapped(updates) {
  return Object.fromEntries(Object.entries(updates).filter(([, values]) => values.some((value) => value !== undefined)));
}
