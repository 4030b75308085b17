// What the cursor finds in a figure of heatmaps, and where other figures' places lie in it.
import { boxWithin, cellAt, contains, edgesOf, fromPixel } from "./places.js";
import { fillTemplate } from "./tips.js";

export class MapGround {
  /** @param {import("./maps.js").Maps} maps */
  constructor(maps) {
    this.maps = maps;
  }

  /** @param {number} x @param {number} y @returns {Place | null} */
  at(x, y) {
    const index = this.maps.panels.findIndex(({ box }) => contains(box, x, y));
    const panel = this.maps.panels[index];
    if (!panel?.values) return null;
    const [columns, rows] = this.maps.size(panel);
    const { box, ranges, trace } = panel;
    const column = cellAt(fromPixel(x - box.left, ranges.x, box.width), columns, panel.xs?.data ?? null, trace.x0 ?? 0);
    const row = cellAt(fromPixel(y - box.top, ranges.y, box.height, true), rows, panel.ys?.data ?? null);
    return column < 0 || row < 0 ? null : { panel: index, column, row };
  }

  /** @param {Place} place */
  boxes(place) {
    const own = this.maps.panels[place.panel];
    const boxes = [];
    for (const panel of [own, ...this.maps.panels.filter((other) => other !== own)]) {
      const [columns, rows] = this.maps.size(panel);
      if (place.column >= columns || place.row >= rows) continue;
      const across = edgesOf(place.column, columns, panel.xs?.data ?? null, panel.trace.x0 ?? 0);
      const box = boxWithin(panel.box, panel.ranges, across, edgesOf(place.row, rows, panel.ys?.data ?? null));
      if (box) boxes.push(box);
    }
    return boxes;
  }

  /** @param {Place} place */
  text(place) {
    const { trace } = this.maps.panels[place.panel];
    const value = this.maps.value(place);
    const said = fillTemplate(trace.hovertemplate, { ...this.maps.coordinates(place), z: value, customdata: value });
    const word = wordFor(/** @type {any} */ (this.maps.scale), value);
    return `${trace.name}<br>${said}${word ? ` (${this.maps.figure.messages[word]})` : ""}`;
  }

  /** @param {Place} place @param {number} columns @param {number} rows rows towards the bottom of the screen @returns {Place} */
  step(place, columns, rows) {
    const panel = this.maps.panels[place.panel];
    const [width, height] = this.maps.size(panel);
    const down = panel.painter.options.flip ? -rows : rows;
    const within = (/** @type {number} */ v, /** @type {number} */ most) => Math.max(0, Math.min(most - 1, v));
    const column = place.column + columns;
    const next = column < 0 ? place.panel - 1 : column >= width ? place.panel + 1 : place.panel;
    if (next !== place.panel && this.maps.panels[next]?.values) {
      const [nextWidth, nextHeight] = this.maps.size(this.maps.panels[next]);
      return { panel: next, column: columns > 0 ? 0 : nextWidth - 1, row: within(place.row, nextHeight) };
    }
    return { panel: place.panel, column: within(column, width), row: within(place.row + down, height) };
  }

  /** The far corner of a map, else the first cell. @returns {Place | null} */
  home() {
    const panel = this.maps.panels[0];
    if (!panel?.values) return null;
    return { panel: 0, column: 0, row: panel.trace.meta.pick ? this.maps.size(panel)[1] - 1 : 0 };
  }

  /** The steps a place is about: (t, k) in a map, one step t in the states over time. @param {Place} place */
  meant(place) {
    const { x, y } = this.maps.coordinates(place);
    return this.maps.panels[place.panel].trace.meta.pick ? { t: y, k: x } : { t: x };
  }

  /** Boxes of the same steps here: the pair's cell in a map, columns in the states over time. @param {{t: number, k?: number}} mark */
  linked({ t, k }) {
    return this.maps.panels.flatMap((panel) => {
      const [columns, rows] = this.maps.size(panel);
      const [xs, ys, x0] = [panel.xs?.data ?? null, panel.ys?.data ?? null, panel.trace.x0 ?? 0];
      const { pick } = panel.trace.meta;
      const row = pick ? cellAt(t, rows, ys) : 0;
      const wanted = pick ? [k] : [t, k];
      return wanted.flatMap((step) => {
        const column = step === undefined ? -1 : cellAt(step, columns, xs, x0);
        if (column < 0 || row < 0) return [];
        const up = pick ? edgesOf(row, rows, ys) : panel.ranges.y;
        return boxWithin(panel.box, panel.ranges, edgesOf(column, columns, xs, x0), up) ?? [];
      });
    });
  }

  /** What a picked cell stands for, or null where there is nothing to show. @param {Place} place */
  picked(place) {
    const { trace } = this.maps.panels[place.panel];
    const { x: k, y: t } = this.maps.coordinates(place);
    const value = this.maps.value(place);
    if (!trace.meta.pick || k > t || value !== value) return null;
    return { figure: this.maps.figure.id, network: trace.meta.network, layer: trace.meta.layer, t, k };
  }
}

/** Id of the message for a value that has no place on a scale, or null. @param {import("./scales.js").Scale} scale @param {number} value */
export function wordFor(scale, value) {
  if (value !== value) return "undefined";
  if (value === Infinity) return "infinite";
  if (value === -Infinity) return "zero" in scale.specials ? "zero" : "minus_infinite";
  if (value < scale.lo) return "below";
  return value > scale.hi ? "above" : null;
}
