// A figure in its place: joins drawing, axes, colours, words and cursor. Its elements are fed and thrown away as one.
// @ts-check
import { Cursor, Links } from "../cursor.js";
import { Curves } from "../curves.js";
import { axisName } from "../geometry.js";
import { Maps } from "../maps.js";
import { attachTable } from "../tables.js";
import { boxes, Voice } from "./boxes.js";
import { Loop } from "./loop.js";
import * as plotly from "./plotly.js";
import { groundOf, linkedIn } from "./pointing.js";
import { coloursOf, dressed, property, themeOf } from "./theme.js";
import { View } from "./view.js";

export class Mounted {
  /** @param {HTMLElement} div @param {any} figure */
  constructor(div, figure) {
    this.div = div;
    this.drawn = false; // plotly has drawn the axes
    this.gone = false;
    const { under, plot, words } = boxes(div, figure);
    this.plot = plot;
    this.drawing = figure.template.layout.meta.kind === "lines" ? new Curves(figure, under) : new Maps(figure, under);
    const { drawing } = this;
    this.table = drawing instanceof Maps ? attachTable(div, () => drawing.sheets()) : null;
    this.voice = new Voice(words, figure, drawing, this.table);
    this.view = new View(figure);
    this.loop = new Loop(drawing, plot, under, () => this.exact(), drawing instanceof Curves);
    this.cursor = new Cursor(div, plot, groundOf(drawing, (name, detail) => this.tell(name, detail), () => this.reset()));
    this.links = new Links(div);
    this.arrangeFor(div.clientWidth || 800);
    this.theme();
    this.resizing = new ResizeObserver(() => this.resize());
    this.resizing.observe(div);
    this.ready = this.later(() => this.draw());
    this.ready.catch((/** @type {Error} */ error) => div.dispatchEvent(new CustomEvent("figure-failed", { bubbles: true, detail: error.message })));
  }

  /** Do something with plotly once nothing else is at it. @param {() => any} task */
  later(task) {
    return plotly.inTurn(() => (this.gone ? undefined : task()));
  }

  // --- axes --------------------------------------------------------------------------------------------------

  /** @param {number} width */
  arrangeFor(width) {
    const changed = this.view.arrange(width, this.askedHeight(), this.drawing.wanted());
    this.plot.style.height = `${this.view.layout.height}px`;
    this.place();
    return changed;
  }

  /** Height a page asks for by the custom property --figure-height. */
  askedHeight() {
    return parseFloat(property(this.div, "--figure-height"));
  }

  place() {
    const { axes, layout } = this.view;
    const ranges = (/** @type {any} */ trace) => ({ x: axes[axisName(trace.xaxis ?? "x")], y: axes[axisName(trace.yaxis ?? "y")] });
    const full = this.drawn && plotly.laidOut(this.plot);
    const fits = full && full.width === layout.width && full.height === layout.height;
    this.drawing.arrange(layout, layout.width, layout.height, ranges, fits ? full : undefined);
    if (this.drawing instanceof Curves && this.drawing.colours.length) this.drawing.paint();
    this.cursor.refresh();
  }

  resize() {
    const width = this.div.clientWidth;
    if (!width) return;
    const { layout } = this.view;
    if (this.drawn && width === layout.width && this.view.heightAt(width, this.askedHeight()) === layout.height) return;
    const other = this.arrangeFor(width);
    this.loop.paint();
    clearTimeout(this.resized);
    this.resized = setTimeout(() => this.later(() => this.redraw(other)), 80);
  }

  /** @param {boolean} other the layout is another one */
  async redraw(other) {
    if (!this.drawn || other) return this.draw();
    const { width, height } = this.view.layout;
    await plotly.relayout(this.plot, { width, height });
    this.place();
  }

  rescale() {
    const ranges = this.view.apply();
    this.place();
    this.loop.paint();
    if (this.drawn) this.later(() => plotly.relayout(this.plot, ranges));
  }

  /** Show everything again. */
  reset() {
    this.view.reset(this.drawing.wanted());
    this.rescale();
  }

  // --- drawing -----------------------------------------------------------------------------------------------

  /** Colours of the page's theme. */
  theme() {
    this.mode = themeOf(this.div);
    const own = (/** @type {number} */ i) => property(this.div, `--network-${i + 1}`);
    this.drawing.theme(this.mode, this.view.layout, property(this.div, "--figure-undefined") || null, own);
    this.loop.paint();
    if (!this.drawn) return;
    const tints = this.drawing instanceof Curves ? this.drawing.tints() : {};
    this.later(() => plotly.recolour(this.plot, tints, this.colours()));
  }

  colours() {
    return coloursOf(this.view.variant, this.mode ?? "light", this.div);
  }

  async draw() {
    if (!this.div.clientWidth) return; // hidden: drawn when it is shown
    this.arrangeFor(this.div.clientWidth);
    await plotly.draw(this.plot, this.drawing.blank(), dressed(this.view.layout, this.colours()));
    if (!this.drawn) this.listen();
    this.drawn = true;
    this.place();
    this.loop.paint();
    if (this.loop.frozen) await this.exactly();
  }

  exact() {
    return this.drawn ? this.later(() => this.exactly()) : Promise.resolve();
  }

  async exactly() {
    if (!this.loop.frozen) return;
    await plotly.restyle(this.plot, this.drawing.exact());
    this.loop.settle();
  }

  /** @param {any} frame */
  feed(frame) {
    this.voice.step = frame.step ?? this.voice.step;
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
    this.loop.thaw();
    if (this.view.follow(this.drawing.wanted())) this.rescale();
    else this.loop.paint();
    if (this.cursor.place) this.cursor.refresh();
    plotly.painted();
    this.voice.soon();
  }

  freeze() {
    return this.loop.freeze(() => this.voice.now());
  }

  summary() {
    return this.voice.summary();
  }

  /** An image of the figure as it stands, with its data drawn by plotly. @param {any} [options] format, width, height, scale */
  async toImage(options = {}) {
    const { picture } = await import("./still.js");
    return picture(this.drawing, this.view, this.colours(), this.mode ?? "light", options);
  }

  // --- pointing ----------------------------------------------------------------------------------------------

  listen() {
    plotly.listen(this.plot, {
      moved: () => (this.view.see(plotly.laidOut(this.plot)), this.place()),
      zoomed: () => (this.view.zoomed = true),
      reset: () => this.reset(),
      legend: () => this.legend(),
    });
  }

  /** The legend shows and hides lines; the painter follows. */
  legend() {
    if (!(this.drawing instanceof Curves)) return;
    this.drawing.lines.forEach((line, i) => (line.shown = !plotly.isOff(this.plot, i)));
    this.loop.paint();
  }

  /** @param {string} name @param {any} detail */
  tell(name, detail) {
    this.div.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }

  /** Mark the steps that another picture is about. @param {{t: number, k?: number} | null} mark */
  point(mark) {
    this.links.show(mark ? linkedIn(this.drawing, mark) : []);
  }

  destroy() {
    this.gone = true;
    clearTimeout(this.resized);
    this.resizing.disconnect();
    for (const part of [this.table, this.cursor, this.links]) part?.destroy();
    this.loop.stop();
    if (this.drawn) plotly.forget(this.plot);
    this.div.replaceChildren();
  }
}
