// What of a figure is in view: the layout for a width, and the ranges that the template, the data or the user have chosen.
import { heightFor, rowsApart, tickTexts } from "../geometry.js";

const NARROW_PX = 560;

/** The layout that a figure has at a width. @param {any} narrow null: it has only one */
export const variantFor = (wide, narrow, width) => (width < NARROW_PX && narrow ? narrow : wide);

export class View {
  constructor(figure) {
    this.figure = figure;
    /** @type {any} the template's layout for this width, as it came */
    this.variant = null;
    /** @type {any} the same, sized, with the ranges in view */
    this.layout = null;
    /** @type {Record<string, [number, number]>} */
    this.axes = {};
    this.zoomed = false; // the user chose the ranges
  }

  /** Lay out for a width; ranges the user or the data chose are kept. A height of NaN is that of the template's shape. */
  arrange(width, height, wanted) {
    const variant = variantFor(this.figure.template.layout, this.figure.narrow, width);
    const changed = this.variant !== variant;
    this.variant = variant;
    if (changed && !this.zoomed) Object.assign(this.axes, ranges(variant, [0, 1]));
    this.follow(wanted);
    const size = { width, height: this.heightAt(width, height) };
    this.layout = rowsApart({ ...structuredClone(variant), ...size, title: undefined, hovermode: false });
    this.apply();
    return changed;
  }

  heightAt(width, height) {
    return height || heightFor(this.variant, width);
  }

  /** Axes that follow the data take their wanted ranges, unless the user has zoomed. */
  follow(wanted) {
    if (this.zoomed || !wanted) return false;
    const same = String([wanted.x, wanted.y]) === String([this.axes.xaxis, this.axes.yaxis]);
    [this.axes.xaxis, this.axes.yaxis] = [pair(wanted.x), pair(wanted.y)];
    return !same;
  }

  /** The ranges go into the layout; for plotly they are told axis by axis. */
  apply() {
    const entries = Object.entries(this.axes);
    const { height, margin } = this.layout;
    /** @type {Record<string, any[]>} */
    const told = {};
    for (const [name, range] of entries) {
      told[`${name}.range`] = this.layout[name].range = [...range];
      const texts = tickTexts(this.variant[name], range, height - margin.t - margin.b);
      if (texts) told[`${name}.ticktext`] = this.layout[name].ticktext = texts;
    }
    return told;
  }
}

/** Every axis and its range. @param {[number, number]} [missing] of an axis that has none */
export function ranges(layout, missing) {
  const axes = Object.entries(layout).filter(([name, axis]) => /^[xy]axis/.test(name) && (axis.range ?? missing));
  return Object.fromEntries(axes.map(([name, axis]) => [name, pair(axis.range ?? missing)]));
}

/** @param {any} range @returns {[number, number]} */
export const pair = ([from, to]) => [Number(from), Number(to)];
