// A figure in its place: joins drawing, axes, colours, words and cursor. Its elements are fed and thrown away as one.
import { Curves } from "../curves.js";
import { axisName } from "../geometry.js";
import { late } from "../late.js";
import { Maps } from "../maps.js";
import { boxes, Voice } from "./boxes.js";
import { Loop } from "./loop.js";
import * as plotly from "./plotly.js";
import { attachTable } from "./tabular.js";
import { coloursOf, dressed, property, themeOf } from "./theme.js";
import { View } from "./view.js";
import { waking } from "./waking.js";

/** Comes with the first rows, for all of them at once: they stay in order. @type {typeof import("../series.js").Series | undefined} */
let Series;
const series = late(() => import("../series.js"));

export class Mounted {
  constructor(div, figure) {
    this.div = div;
    this.drawn = false; // plotly has drawn the axes
    this.gone = false;
    this.still = false; // asked to be exact
    this.rowsOf = 0; // counts what was forgotten: rows of before are dropped
    const { under, plot, words } = boxes(div, figure);
    this.plot = plot;
    this.drawing = figure.template.layout.meta.kind === "lines" ? new Curves(figure, under) : new Maps(figure, under);
    const { drawing } = this;
    this.table = attachTable(div, drawing);
    this.voice = new Voice(words, figure, drawing, this.table);
    this.view = new View(figure);
    this.loop = new Loop(drawing, plot, under, () => this.exact(), drawing instanceof Curves);
    /** @type {import("./pointing.js").Pointing | null} there from the first touch on */
    this.pointing = null;
    /** @type {typeof import("./zoom.js").listen | undefined} */
    this.listen = undefined;
    this.waking = waking(div, plot, (parts) => this.wake(parts));
    this.arrangeFor(div.clientWidth || 800);
    this.theme();
    this.resizing = new ResizeObserver(() => this.resize());
    this.resizing.observe(div);
    this.later(() => this.draw()).catch((error) => div.dispatchEvent(new CustomEvent("figure-failed", { bubbles: true, detail: error.message })));
  }

  /** Do something with plotly once nothing else is at it. */
  later(task) {
    return plotly.inTurn(() => (this.gone ? undefined : task()));
  }

  // --- axes ---

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
    const ranges = (trace) => ({ x: axes[axisName(trace.xaxis ?? "x")], y: axes[axisName(trace.yaxis ?? "y")] });
    const full = this.drawn && plotly.laidOut(this.plot);
    const fits = full && full.width === layout.width && full.height === layout.height;
    this.drawing.arrange(layout, layout.width, layout.height, ranges, fits ? full : undefined);
    if (this.drawing instanceof Curves && this.drawing.colours.length) this.drawing.paint();
    this.pointing?.refresh();
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

  // --- drawing ---

  /** Colours of the page's theme. */
  theme() {
    this.mode = themeOf(this.div);
    const own = (i) => property(this.div, `--network-${i + 1}`);
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
    if (this.gone) return plotly.forget(this.plot);
    if (!this.drawn) this.listen?.(this);
    this.drawn = true;
    this.place();
    this.loop.paint();
    if (this.loop.frozen) await this.exactly();
  }

  exact() {
    return this.drawn ? this.later(() => this.exactly()) : Promise.resolve();
  }

  async exactly() {
    const { frozen } = this.loop;
    if (!frozen) return;
    await plotly.restyle(this.plot, this.drawing.exact());
    this.loop.settle(frozen);
  }

  feed(frame) {
    this.still = false;
    this.voice.step = frame.step ?? this.voice.step;
    this.drawing.feed(frame);
    this.fed();
  }

  /** @param {boolean} [fresh] forget what came before */
  async feedRows(rows, fresh = false) {
    if (!(this.drawing instanceof Curves)) return;
    if (fresh) this.rowsOf += 1;
    const mine = this.rowsOf;
    if (rows.length && !Series) ({ Series } = await series());
    if (mine !== this.rowsOf || this.gone) return;
    this.drawing.feedRows(rows, fresh, rows.length ? Series : undefined);
    this.fed();
    if (this.still) this.freeze(); // it came to rest while the script was on its way
  }

  fed() {
    this.loop.thaw();
    if (this.view.follow(this.drawing.wanted())) this.rescale();
    else this.loop.paint();
    this.pointing?.refresh();
    plotly.painted();
    this.voice.soon();
  }

  freeze() {
    this.still = true;
    return this.loop.freeze(() => this.voice.now());
  }

  // --- pointing ---

  /** The user can touch it: what that does to the axes is heard from now on. */
  wake(parts) {
    this.pointing = new parts.Pointing(this.div, this.plot, this.drawing, () => parts.reset(this));
    this.listen = parts.listen;
    if (this.drawn) parts.listen(this);
    return /** @type {import("./pointing.js").Pointing} */ (this.pointing);
  }

  /** Mark the steps that another picture is about. */
  async point(mark) {
    if (!this.gone) (await this.waking.wake()).point(mark);
  }

  destroy() {
    this.gone = true;
    clearTimeout(this.resized);
    this.resizing.disconnect();
    this.waking.stop();
    this.table.destroy();
    this.pointing?.destroy();
    this.loop.stop();
    if (this.drawn) plotly.forget(this.plot);
    this.div.replaceChildren();
  }
}
