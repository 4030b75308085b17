// One <figure> per picture: the default ones on the first screen, the others behind tabs. Draws what is visible.
import { $, $$, AT, formula, h } from "../dom.js";
import { mountFigure } from "../figures.js";
import { hides } from "../hidden.js";
import { createPlayer } from "../player.js";
import { WORDS } from "../words.js";
import { playing } from "./transport.js";

const HERO = ["jacobian", "cell_jacobian"]; // the maps that make the point

/** `answers` are further tabs that ask the server by themselves: {figure: {id, title}, element, open(on)}. */
export function mountPanels(store, answers, onViews) {
  let panels = []; // {figure, element, plot, mounted}
  let built = ""; // what the panels were built of
  let open = null; // id of the picture behind the chosen tab
  const player = createPlayer(draw);
  const visible = () => panels.filter(({ figure }) => figure.default || figure.id === open);
  const again = () => player.show(store.get().shown);

  /** Rows of metrics go to the curves of the training. */
  const learnt = (rows, fresh = false) => panels.filter(isOfTraining).forEach((panel) => mount(panel).feedRows(rows, fresh));

  /** A reset brings the same figures: they stay and only forget. */
  function build(all) {
    const figures = all.filter(({ id }) => !hides(id));
    answers = answers.filter(({ figure }) => !hides(figure.id));
    const same = JSON.stringify(figures) === built;
    built = JSON.stringify(figures);
    if (same) return learnt([], true);
    for (const { mounted } of panels) mounted?.destroy();
    panels = figures.map(makePanel);
    const first = panels.filter(({ figure }) => figure.default);
    $(AT.hero).replaceChildren(...first.filter(isHero).map((p) => p.element));
    $(AT.row).replaceChildren(...first.filter((p) => !isHero(p)).map((p) => p.element));
    const rest = [...panels.filter(({ figure }) => !figure.default), ...answers];
    if (!rest.some(({ figure }) => figure.id === open)) open = null;
    $(AT.tabs).replaceChildren(...rest.map(makeTab));
    $(AT.shelf).replaceChildren(...rest.map((p) => p.element));
    // Curves of the training are fed from the first row on.
    for (const panel of panels) if (panel.figure.default || isOfTraining(panel)) mount(panel);
    choose(open);
  }

  function choose(id) {
    open = id;
    store.send({ type: "view", view: id });
    for (const tab of $$("[role=tab]", $(AT.tabs))) {
      const chosen = tab.dataset.figure === id;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen || (!id && tab === tab.parentElement.firstElementChild) ? 0 : -1;
    }
    for (const { figure, element } of [...panels, ...answers]) if (!figure.default) element.hidden = figure.id !== id;
    for (const { figure, open: tell } of answers) tell(figure.id === id);
    again();
    onViews();
  }

  function makeTab({ figure, element }) {
    const tab = h(
      "button",
      { type: "button", role: "tab", id: `tab-${figure.id}`, "data-figure": figure.id, "aria-controls": element.id },
      ...formula(figure.title),
    );
    element.setAttribute("role", "tabpanel");
    element.setAttribute("aria-labelledby", tab.id);
    tab.addEventListener("click", () => choose(open === figure.id ? null : figure.id));
    return tab;
  }

  function draw(frame) {
    for (const panel of visible()) mount(panel).feed(frame);
    if (!playing(store.get())) freeze();
    performance.clearMarks("frame-drawn");
    performance.mark("frame-drawn", { detail: { step: frame.step } });
  }

  const freeze = () => visible().forEach(({ mounted }) => mounted?.freeze());
  const recolour = () => panels.forEach(({ mounted }) => mounted?.theme());

  /** Names of the frame arrays on screen, for the stream. */
  const views = () => [...new Set(visible().flatMap(({ figure }) => figure.views))].join(",");

  document.addEventListener("place-hovered", (event) => {
    const { target, detail } = /** @type {CustomEvent} */ (event);
    for (const { plot, mounted } of visible()) mounted?.point(plot === target ? null : detail);
  });
  store.watch((state) => state.figures, build);
  store.watch((state) => state.shown, (frame) => player.show(frame));
  store.watch((state) => state.rows, (rows) => learnt(rows));
  store.watch((state) => !playing(state), (still) => still && freeze());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
  new MutationObserver(recolour).observe(document.documentElement, { attributeFilter: ["data-theme"] });

  const panelOf = (id) => panels.find(({ figure }) => figure.id === id);

  return { views, choose, panelOf, chosen: () => open };
}

const isHero = ({ figure }) => HERO.includes(figure.id);
const isOfTraining = ({ figure }) => figure.bindings.some(({ path }) => path.startsWith("metrics."));
const mount = (panel) => (panel.mounted ??= mountFigure(panel.plot, phone.matches ? panel.figure : { ...panel.figure, narrow: null }));

// A small panel on a wide screen is no phone: it keeps the wide layout.
const phone = matchMedia("(max-width: 52rem)");

function makePanel(figure) {
  const plot = h("div.plot");
  const title = h("summary", {}, h("h2", { id: `title-${figure.id}` }, ...formula(figure.title)));
  const about = h("details.about", {}, title, h("p", {}, ...formula(figure.help)));
  const { grid, kind } = figure.template.layout?.meta ?? {};
  const maps = kind === "heatmaps";
  const badge = maps && h("button.trust", { type: "button", "aria-label": WORDS.notChecked, title: WORDS.notChecked }, WORDS.check);
  const parts = [h("figcaption", {}, about), plot, badge || null, exportMenu(figure.id)];
  const element = h("figure.panel", { id: `panel-${figure.id}`, "data-figure": figure.id }, ...parts);
  if (grid) element.style.setProperty("--columns", grid.columns);
  if (kind) element.dataset.kind = kind;
  return { figure, element, plot, mounted: null };
}

/** Filled when it is opened (exports.js). */
export const exportMenu = (id) =>
  h("details.menu", { "data-of": id }, h("summary", { "aria-label": WORDS.exportPicture, title: WORDS.exportPicture }, "⤓"));
