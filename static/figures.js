// Draws the figures: plotly owns axes, titles, colour bars, legends, zoom and export; canvases under it paint the live data.
// The only file that says Plotly. A figure is mounted once, then fed.
//
//   const plot = mountFigure(div, figure)   figure: one entry of GET /api/runs/{id}/figures
//   plot.feed(frame)                        paints at once, in microseconds, before plotly itself has loaded, too
//   plot.freeze()                           plotly's own exact drawing; the next feed is live again
// @ts-check
import { decode, resolve, toRows } from "./arrays.js";
import { Cursor, Links } from "./cursor.js";
import { Curves } from "./curves.js";
import { axisName, heightFor } from "./geometry.js";
import { told } from "./hover.js";
import { Maps } from "./maps.js";
import { attachTable } from "./tables.js";

const NARROW_PX = 560;
const FREEZE_MS = 160; // a still picture is drawn exactly once nothing new comes
const CONFIG = { displayModeBar: false, displaylogo: false, responsive: false, scrollZoom: false, showTips: false, doubleClick: "reset" };

/** The templates of picked products, network by network, as the last mounted figures brought them. @type {any[]} */
let matrices = [];

/** @type {Promise<any> | null} */
let loading = null;

/** Plotly, from the page's own script tag or, better for the first picture, `<link rel="preload" as="script" data-plotly>`. */
function plotly() {
  const here = /** @type {any} */ (globalThis).Plotly;
  if (here) return Promise.resolve(here);
  loading ??= new Promise((resolve, reject) => {
    let script = /** @type {HTMLScriptElement | null} */ (document.querySelector('script[src*="plotly"]'));
    const link = /** @type {HTMLLinkElement | null} */ (document.querySelector("link[data-plotly]"));
    if (!script && link) {
      script = Object.assign(document.createElement("script"), { src: link.href, async: true });
      document.head.append(script);
    }
    if (!script) return reject(new Error("the page names no plotly script"));
    script.addEventListener("load", () => resolve(/** @type {any} */ (globalThis).Plotly));
    script.addEventListener("error", () => reject(new Error("plotly did not load")));
  });
  return loading;
}

/** Plotly starts after the first picture has been painted: its second of evaluation would hold that up. */
let painted = /** @type {() => void} */ (() => {});
const firstPaint = new Promise((resolve) => {
  painted = () => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(resolve)));
  setTimeout(resolve, 1200);
});

/** One heavy task after the other, with a breath in between. */
let queue = firstPaint;
/** @param {() => any} task @returns {Promise<any>} */
function inTurn(task) {
  const mine = queue.then(() => new Promise((resolve) => setTimeout(resolve))).then(task);
  queue = mine.catch(() => {});
  return mine;
}

adoptStyle(`
  .figure-plot.live .cartesianlayer .plot, .figure-plot.live .cartesianlayer .overplot { visibility: hidden }
  .figure-plot:focus-visible { outline: 2px solid var(--focus, #3b82f6); outline-offset: 2px }
`);

/** @param {string} text */
function adoptStyle(text) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}

/**
 * Mount a figure in a div.
 * @param {HTMLElement} div @param {any} figure
 * @returns {{feed(frame: any): void, feedRows(rows: any[], fresh?: boolean): void, freeze(): Promise<void>, point(mark: {t: number, k?: number} | null): void, resize(): void,
 *   theme(): void, summary(): string, toImage(options?: object): Promise<string>, destroy(): void, ready: Promise<void>}}
 */
export function mountFigure(div, figure) {
  if (figure.matrices) matrices = figure.matrices;
  if (!figure.template.data.length) return mountSentence(div, figure.template.layout.meta.sentence);
  const mounted = new Mounted(div, figure);
  const api = ["feed", "feedRows", "freeze", "point", "resize", "theme", "summary", "toImage", "destroy"];
  const bound = Object.fromEntries(api.map((name) => [name, /** @type {any} */ (mounted)[name].bind(mounted)]));
  return /** @type {any} */ ({ ...bound, ready: mounted.ready });
}

/** A figure that has nothing to show for this run says why. @param {HTMLElement} div @param {string} sentence */
function mountSentence(div, sentence) {
  const element = Object.assign(document.createElement("p"), { className: "figure-sentence", textContent: sentence });
  div.replaceChildren(element);
  const nothing = () => {};
  const still = async () => {};
  const rest = { summary: () => sentence, toImage: async () => "", destroy: () => div.replaceChildren(), ready: still() };
  return { feed: nothing, feedRows: nothing, freeze: still, point: nothing, resize: nothing, theme: nothing, ...rest };
}

class Mounted {
  /** @param {HTMLElement} div @param {any} figure */
  constructor(div, figure) {
    this.div = div;
    this.figure = figure;
    this.under = box("figure-under");
    this.plot = box("figure-plot live");
    this.words = box("figure-words");
    this.frozen = false;
    this.drawn = false; // plotly has drawn the axes
    this.zoomed = false; // the user chose the ranges
    this.onScreen = true;
    this.step = /** @type {number | null} */ (null);
    this.freezing = 0;
    this.saying = 0; // when the words may change again
    /** @type {Record<string, [number, number]>} */
    this.axes = {};
    this.dress();
    this.drawing = figure.template.layout.meta.kind === "lines" ? new Curves(figure, this.under) : new Maps(figure, this.under);
    this.cursor = new Cursor(div, this.plot, this.ground());
    this.links = new Links(div);
    this.arrangeFor(div.clientWidth || 800);
    const { drawing } = this;
    this.table = drawing instanceof Maps ? attachTable(div, () => drawing.sheets()) : null;
    this.theme();
    this.watch();
    this.ready = inTurn(() => plotly().then((Plotly) => this.draw(Plotly)));
    this.ready.catch((/** @type {Error} */ error) => div.dispatchEvent(new CustomEvent("figure-failed", { bubbles: true, detail: error.message })));
  }

  dress() {
    const { div, under, plot, words, figure } = this;
    div.replaceChildren(under, plot, words);
    if (getComputedStyle(div).position === "static") div.style.position = "relative";
    Object.assign(under.style, { position: "absolute", inset: "0", pointerEvents: "none" });
    Object.assign(plot.style, { position: "relative" });
    Object.assign(words.style, { position: "absolute", width: "1px", height: "1px", overflow: "hidden", clipPath: "inset(50%)" });
    words.id = `figure-words-${figure.id}-${Math.random().toString(36).slice(2, 8)}`;
    words.textContent = figure.messages.waiting;
    plot.tabIndex = 0;
    const attributes = { role: "application", "aria-label": `${figure.title}. ${figure.messages.keys}`, "aria-describedby": words.id };
    for (const [name, value] of Object.entries(attributes)) plot.setAttribute(name, value);
  }

  watch() {
    this.resizing = new ResizeObserver(() => this.resize());
    this.resizing.observe(this.div);
    this.seeing = new IntersectionObserver((entries) => {
      const before = this.onScreen;
      this.onScreen = entries[entries.length - 1].isIntersecting;
      if (this.onScreen && !before) this.paint();
    }, { rootMargin: "100px" }); // prettier-ignore
    this.seeing.observe(this.div);
  }

  /** The layout for a width, sized; ranges the user or the data chose are kept. @param {number} width */
  arrangeFor(width) {
    const { template, narrow } = this.figure;
    const variant = width < NARROW_PX && narrow ? narrow : template.layout;
    const changed = this.variant !== variant;
    this.variant = variant;
    if (changed && !this.zoomed) {
      for (const [name, axis] of Object.entries(variant)) if (/^[xy]axis/.test(name)) this.axes[name] = pair(axis.range ?? [0, 1]);
    }
    this.follow();
    this.layout = { ...structuredClone(variant), width, height: this.heightAt(width), title: undefined, hovermode: false };
    for (const [name, range] of Object.entries(this.axes)) this.layout[name].range = [...range];
    this.plot.style.height = `${this.layout.height}px`;
    this.place();
    return changed;
  }

  /** Height a page asks for by the custom property --figure-height, else that of the template's shape. @param {number} width */
  heightAt(width) {
    return parseFloat(this.property("--figure-height")) || heightFor(this.variant, width);
  }

  /** @param {string} name */
  property(name) {
    return getComputedStyle(this.div).getPropertyValue(name).trim();
  }

  place() {
    const ranges = (/** @type {any} */ trace) => ({ x: this.axes[axisName(trace.xaxis ?? "x")], y: this.axes[axisName(trace.yaxis ?? "y")] });
    const full = this.drawn && /** @type {any} */ (this.plot)._fullLayout;
    const fits = full && full.width === this.layout.width && full.height === this.layout.height;
    this.drawing.arrange(this.layout, this.layout.width, this.layout.height, ranges, fits ? full : undefined);
    if (this.drawing instanceof Curves && this.drawing.colours.length) this.drawing.paint();
    this.cursor.refresh();
  }

  /** Colours of the page's theme: dark where the text is light. */
  theme() {
    this.mode = themeOf(this.div);
    const own = (/** @type {number} */ i) => this.property(`--network-${i + 1}`);
    this.drawing.theme(this.mode, this.layout, this.property("--figure-undefined") || null, own);
    this.paint();
    if (!this.drawn) return;
    const tints = this.drawing instanceof Curves ? this.drawing.tints() : {};
    this.later((Plotly) => Plotly.update(this.plot, tints, this.colours()));
  }

  colours() {
    const changes = { ...this.variant.meta.themes[/** @type {string} */ (this.mode)] };
    const text = this.property("--figure-text");
    const grid = this.property("--figure-grid");
    if (text) changes["font.color"] = text;
    if (grid) for (const name of Object.keys(changes)) if (name.endsWith("gridcolor")) changes[name] = grid;
    return changes;
  }

  /** @param {any} Plotly */
  async draw(Plotly) {
    if (!this.div.clientWidth) return; // hidden: drawn when it is shown
    this.arrangeFor(this.div.clientWidth);
    const layout = structuredClone(this.layout);
    for (const [name, value] of Object.entries(this.colours())) assign(layout, name, value);
    await Plotly.react(this.plot, this.drawing.blank(), layout, CONFIG);
    if (!this.drawn) this.listen();
    this.drawn = true;
    this.place();
    this.paint();
    if (this.frozen) await this.exact(Plotly);
  }

  listen() {
    const plot = /** @type {any} */ (this.plot);
    const look = () => {
      for (const name of Object.keys(this.axes)) {
        const axis = (plot._fullLayout ?? plot.layout)[name];
        if (axis?.range) this.axes[name] = pair(axis.range);
      }
      this.place();
    };
    plot.on("plotly_relayouting", look);
    plot.on("plotly_relayout", (/** @type {any} */ change) => {
      const names = Object.keys(change ?? {});
      if (names.some((name) => /range\[/.test(name))) this.zoomed = true;
      if (names.some((name) => /autorange/.test(name))) this.reset();
      look();
    });
    plot.on("plotly_doubleclick", () => this.reset());
    plot.on("plotly_restyle", () => this.legend());
  }

  /** The legend shows and hides lines; the painter follows. */
  legend() {
    if (!(this.drawing instanceof Curves)) return;
    const data = /** @type {any} */ (this.plot).data;
    this.drawing.lines.forEach((line, i) => (line.shown = data[i].visible !== "legendonly"));
    this.paint();
  }

  /** Show everything again. */
  reset() {
    this.zoomed = false;
    const first = /** @type {Record<string, [number, number]>} */ ({});
    for (const [name, axis] of Object.entries(this.variant)) if (/^[xy]axis/.test(name) && axis.range) first[name] = pair(axis.range);
    Object.assign(this.axes, first);
    this.follow();
    this.rescale();
  }

  /** Axes that follow the data take their wanted ranges, unless the user has zoomed. @returns {boolean} changed */
  follow() {
    const wanted = this.zoomed ? null : this.drawing.wanted();
    if (!wanted) return false;
    const same = String([wanted.x, wanted.y]) === String([this.axes.xaxis, this.axes.yaxis]);
    [this.axes.xaxis, this.axes.yaxis] = /** @type {any} */ ([wanted.x, wanted.y]);
    return !same;
  }

  rescale() {
    for (const [name, range] of Object.entries(this.axes)) this.layout[name].range = [...range];
    this.place();
    this.paint();
    const ranges = Object.fromEntries(Object.entries(this.axes).map(([name, range]) => [`${name}.range`, [...range]]));
    if (this.drawn) this.later((Plotly) => Plotly.relayout(this.plot, ranges));
  }

  /** @param {any} frame */
  feed(frame) {
    this.step = frame.step ?? this.step;
    this.drawing.feed(frame);
    this.fed();
  }

  /** @param {any[]} rows @param {boolean} [fresh] */
  feedRows(rows, fresh = false) {
    if (!(this.drawing instanceof Curves)) return;
    this.drawing.feedRows(rows, fresh);
    this.fed();
  }

  fed() {
    clearTimeout(this.freezing);
    this.thaw();
    if (this.follow()) this.rescale();
    else this.paint();
    if (this.cursor.place) this.cursor.refresh();
    painted();
    if (this.saying < Date.now()) this.say();
  }

  /** The picture in a sentence per network, for who does not see it. Not for every frame: a voice takes its time. */
  say() {
    this.saying = Date.now() + 2000;
    this.words.textContent = this.summary();
    this.table?.refresh();
  }

  summary() {
    const when = this.step === null ? "" : told(this.figure.messages.step, { step: this.step }) + " ";
    return when + this.drawing.summary();
  }

  paint() {
    if (this.onScreen && this.div.clientWidth) this.drawing.paint();
  }

  thaw() {
    if (!this.frozen) return;
    this.frozen = false;
    this.plot.classList.add("live");
    this.under.style.visibility = "visible";
  }

  /** Plotly's own drawing of the last frame instead of the canvas, once nothing new has come for a moment. */
  freeze() {
    clearTimeout(this.freezing);
    return new Promise((resolve, reject) => {
      this.freezing = setTimeout(() => {
        this.frozen = true;
        this.say();
        if (!this.drawn) return resolve(undefined);
        this.later((Plotly) => this.exact(Plotly)).then(resolve, reject);
      }, FREEZE_MS); // prettier-ignore
    });
  }

  /** @param {any} Plotly */
  async exact(Plotly) {
    if (!this.frozen) return;
    await Plotly.restyle(this.plot, wrapped(this.drawing.exact()));
    if (!this.frozen) return; // fed meanwhile
    this.plot.classList.remove("live");
    if (this.drawing instanceof Curves) this.under.style.visibility = "hidden";
  }

  /** An image of the figure as it stands, with its data drawn by plotly. @param {any} [options] format, width, height, scale */
  async toImage(options = {}) {
    const Plotly = await plotly();
    const data = this.drawing.blank();
    for (const [name, values] of Object.entries(this.drawing.exact())) {
      /** @type {any[]} */ (values).forEach((value, i) => value !== undefined && assign(data[i], name, value));
    }
    const layout = structuredClone(this.layout);
    for (const [name, value] of Object.entries(this.colours())) assign(layout, name, value);
    const undefinedColour = this.variant.meta.undefined?.[/** @type {string} */ (this.mode)];
    Object.assign(layout, { paper_bgcolor: this.mode === "dark" ? "#11161f" : "#ffffff", plot_bgcolor: undefinedColour ?? "rgba(0,0,0,0)" });
    const size = { format: "png", width: layout.width, height: layout.height, scale: 2 };
    return Plotly.toImage({ data, layout, config: CONFIG }, { ...size, ...options });
  }

  /** Do something with plotly once it is there and nothing else is at it. @param {(Plotly: any) => any} task */
  later(task) {
    return inTurn(async () => {
      const Plotly = await plotly();
      if (!this.gone) await task(Plotly);
    });
  }

  resize() {
    const width = this.div.clientWidth;
    if (!width) return;
    const height = this.layout.height;
    if (this.drawn && width === this.layout.width && this.heightAt(width) === height) return;
    const other = this.arrangeFor(width);
    this.paint();
    clearTimeout(this.resizing_);
    this.resizing_ = setTimeout(() => this.redraw(other), 80);
  }

  /** @param {boolean} other the layout is another one */
  redraw(other) {
    if (!this.drawn || other) return this.later((Plotly) => this.draw(Plotly));
    const { width, height } = this.layout;
    return this.later(async (Plotly) => {
      await Plotly.relayout(this.plot, { width, height });
      this.place();
    });
  }

  /** What the cursor walks on. @returns {import("./cursor.js").Ground} */
  ground() {
    const of = () => this.drawing;
    return {
      at: (x, y) => of().at(x, y),
      boxes: (place) => of().boxes(place),
      text: (place) => of().text(place),
      step: (place, columns, rows) => of().step(place, columns, rows),
      home: () => of().home(),
      moved: (place) => this.moved(place),
      pick: (place) => this.pick(place),
      reset: () => this.reset(),
    };
  }

  /** Tell the other pictures which steps the cursor is about. @param {import("./cursor.js").Place | null} place */
  moved(place) {
    const detail = place && this.drawing instanceof Maps ? this.drawing.meant(place) : null;
    this.div.dispatchEvent(new CustomEvent("place-hovered", { bubbles: true, detail }));
  }

  /** Mark the steps that another picture is about. @param {{t: number, k?: number} | null} mark */
  point(mark) {
    this.links.show(mark && this.drawing instanceof Maps ? this.drawing.linked(mark) : []);
  }

  /** @param {import("./cursor.js").Place} place */
  pick(place) {
    const detail = this.drawing.picked(place);
    if (detail) this.div.dispatchEvent(new CustomEvent("cell-picked", { bubbles: true, detail }));
  }

  destroy() {
    this.gone = true;
    clearTimeout(this.freezing);
    clearTimeout(this.resizing_);
    this.resizing?.disconnect();
    this.seeing?.disconnect();
    this.table?.destroy();
    this.cursor.destroy();
    this.links.destroy();
    if (this.drawn) /** @type {any} */ (globalThis).Plotly.purge(this.plot);
    this.div.replaceChildren();
  }
}

/**
 * Draw one product in full: its matrices and singular values, by plotly alone.
 * @param {HTMLElement} div @param {any} product the answer of GET /api/runs/{id}/jacobian
 * @param {any[]} [templates] the figures of picked products, else those that came with the run's figures
 * @returns {Promise<void>} drawn
 */
export async function mountMatrix(div, product, templates = matrices) {
  const figure = templates[product.network];
  if (!figure) throw new RangeError(`no matrix template for network ${product.network}`);
  const width = div.clientWidth || 640;
  const layout = structuredClone(width < NARROW_PX ? figure.narrow : figure.template.layout);
  Object.assign(layout, { width, hovermode: "closest" });
  const theme = themeOf(div);
  for (const [name, value] of Object.entries(layout.meta.themes[theme])) assign(layout, name, value);
  layout.plot_bgcolor = "rgba(0,0,0,0)";
  const data = structuredClone(figure.template.data);
  for (const { trace, attribute, path } of figure.bindings) {
    const values = decode(resolve(product, path));
    if (values) data[trace][attribute] = values.shape.length > 1 ? toRows(values, false) : Array.from(values.data);
  }
  limits(layout, data);
  const colours = layout.meta.networks[theme];
  const colour = colours[product.network % colours.length];
  for (const trace of data) if (trace.line) trace.line.color = trace.marker.color = colour;
  const Plotly = await plotly();
  await Plotly.react(div, data, layout, CONFIG);
}

/** Several matrices have a scale each and no bar: its limits stand beside their titles. @param {any} layout @param {any[]} data */
function limits(layout, data) {
  const blocks = data.filter((trace) => trace.type === "heatmap");
  if (blocks.length < 2) return;
  blocks.forEach(({ z }, i) => {
    const most = Math.max(...z.flatMap((/** @type {Float64Array} */ row) => Array.from(row, Math.abs)));
    layout.annotations[i].text += `  ±${most.toExponential(1).replace("-", "−")}`;
  });
}

/**
 * Draw a figure that comes with its data, as wide as its place and in the colours of the page, by plotly alone.
 * @param {HTMLElement} div @param {{figure: any, narrow: any}} drawn the answer of GET /api/sweeps/{id}/figure
 * @returns {Promise<void>} drawn
 */
export async function mountStill(div, drawn) {
  const width = div.clientWidth || 640;
  const { data, layout: made } = width < NARROW_PX ? drawn.narrow : drawn.figure;
  const layout = structuredClone(made);
  const theme = themeOf(div);
  for (const [name, value] of Object.entries(layout.meta.themes[theme])) assign(layout, name, value);
  Object.assign(layout, { width, height: heightFor(layout, width), hovermode: "closest", plot_bgcolor: layout.meta.undefined[theme] });
  const Plotly = await plotly();
  await Plotly.react(div, structuredClone(data), layout, CONFIG);
}

/** The theme of the page around an element: dark where the text is light. @param {HTMLElement} element */
export function themeOf(element) {
  const [r, g, b] = (getComputedStyle(element).color.match(/[\d.]+/g) ?? ["0", "0", "0"]).map(Number);
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 128 ? "dark" : "light";
}

/** @param {any} range @returns {[number, number]} */
const pair = ([from, to]) => [Number(from), Number(to)];

/** @param {string} name */
const box = (name) => Object.assign(document.createElement("div"), { className: name });

/** Put a value at a path like "shapes[0].line.color". @param {any} target @param {string} name @param {any} value */
function assign(target, name, value) {
  const path = name.replaceAll("]", "").split(/[.[]/);
  for (const part of path.slice(0, -1)) target = target[part] ??= {};
  target[path[path.length - 1]] = value;
}

/** Plotly.restyle takes one value per trace; undefined leaves that trace alone. @param {Record<string, any[]>} updates */
function wrapped(updates) {
  return Object.fromEntries(Object.entries(updates).filter(([, values]) => values.some((value) => value !== undefined)));
}
