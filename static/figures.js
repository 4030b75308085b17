// Draws the figures: plotly owns axes, titles, colour bars, legends, zoom and export; canvases under it paint the live data.
// The door to static/figures/. A figure is mounted once, then fed.
//
//   const plot = mountFigure(div, figure)   figure: one entry of GET /api/runs/{id}/figures
//   plot.feed(frame)                        paints at once, in microseconds, before plotly itself has loaded, too
//   plot.freeze()                           plotly's own exact drawing; the next feed is live again
// @ts-check
import { mountSentence } from "./figures/boxes.js";
import { Mounted } from "./figures/mounted.js";

const WORDS = ["feed", "feedRows", "freeze", "point", "resize", "theme", "summary", "toImage", "destroy"];

/**
 * Mount a figure in a div.
 * @param {HTMLElement} div @param {any} figure
 * @returns {{feed(frame: any): void, feedRows(rows: any[], fresh?: boolean): void, freeze(): Promise<void>, point(mark: {t: number, k?: number} | null): void, resize(): void,
 *   theme(): void, summary(): string, toImage(options?: object): Promise<string>, destroy(): void, ready: Promise<void>}}
 */
export function mountFigure(div, figure) {
  if (!figure.template.data.length) return mountSentence(div, figure.template.layout.meta.sentence);
  const mounted = new Mounted(div, figure);
  const bound = Object.fromEntries(WORDS.map((name) => [name, /** @type {any} */ (mounted)[name].bind(mounted)]));
  return /** @type {any} */ ({ ...bound, ready: mounted.ready });
}

/** Of a picked product and of drawings with data. */
export { mountMatrix, mountStill } from "./figures/still.js";
export { themeOf } from "./figures/theme.js";
