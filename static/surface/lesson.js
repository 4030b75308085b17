// The loss surface as a picture of a lesson: asked for whenever the lesson shows a step.
import * as api from "../api.js";
import { h } from "../dom.js";
import { follow } from "../figures/following.js";
import { latest } from "../latest.js";
import { draw, whole } from "./map.js";
import { closeness, items } from "./parts.js";
import { SURFACE } from "./words.js";

/** @returns {{element: HTMLElement, plot: any}} `plot` as mountFigure gives it, as far as a lesson needs it, and `ask` */
export function createMap() {
  const words = h("ul.told", { id: "told-surface" });
  const plot = h("div.plot", { role: "img", "aria-label": SURFACE.title, "aria-describedby": "told-surface" });
  const zoom = closeness(() => again.wish(asked).catch(() => {}));
  const tools = h("div.surface-tools", {}, ...zoom.buttons);
  const element = h("figure.panel", { "data-figure": "surface" }, h("figcaption", {}, h("h3", {}, SURFACE.title)), tools, words, plot);
  let asked = { run: "", step: 0, zoom: 1 };
  /** @type {any} */
  let drawn = null;

  async function paint() {
    if (!drawn || !element.clientWidth) return;
    items(words, drawn.networks);
    await draw(plot, drawn);
  }

  async function ask(run, step) {
    const wish = { run, step, zoom: zoom.now() };
    asked = wish;
    const answer = await api.drawn(run, "surface", { step, zoom: wish.zoom });
    if (wish !== asked) return;
    drawn = whole(answer);
    await paint();
  }
  const again = latest(({ run, step }) => ask(run, step), () => {}, () => {});
  const nothing = () => {};

  follow(plot, paint);
  return { element, plot: { feed: nothing, feedRows: nothing, freeze: nothing, theme: nothing, destroy: nothing, ask } };
}
