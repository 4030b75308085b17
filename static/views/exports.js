// Take things along: a picture and its data, the run as a report, a notebook, or commands.
import * as api from "../api.js";
import { commands } from "../commands.js";
import { csvOf } from "../csv.js";
import { $, AT, say } from "../dom.js";
import { picture as image } from "../figures/still.js";
import { SAID } from "../lab-words.js";
import { addItems, save, saveText } from "../menus.js";

/** @param {Store} store @param {any} actions @param {{panels: any}} page */
export function mount(store, actions, { panels: { panelOf } }) {
  const name = (id, end) => `unrolled-${id}-step-${store.get().shown?.step ?? 0}.${end}`;
  const tell = (text) => say($(AT.live), text);

  async function picture(id, format) {
    const panel = panelOf(id);
    const as = name(id, format); // of what is on screen now
    const address = panel.mounted && (await image(panel.mounted, { format, scale: format === "svg" ? 1 : 2 }));
    if (address) save(address, as);
  }

  function table(id) {
    const { figure } = panelOf(id);
    if (ofTraining(figure)) return metrics();
    saveText(csvOf(figure, store.get().shown), "text/csv", name(id, "csv"));
  }

  /** A file that the server makes of the run that is meant; it is made first, where there is none yet. @param {() => string} named */
  const file = (address, named) =>
    actions.deed((id) => {
      const as = named();
      save(address(id), as);
      tell(SAID.saved(as));
    }, true);

  const step = () => store.get().shown?.step ?? 0;
  const frame = () => file((run) => api.address(run, `frames/${step()}`, { format: "npz" }), () => name("frame", "npz"));
  const metrics = () => file((run) => api.address(run, "metrics", { format: "csv" }), () => "metrics.csv");

  /** A picture's menu is filled when it is opened. @param {HTMLElement} menu */
  function fill(menu) {
    const id = menu.dataset.of;
    if (!id || menu.children.length > 1) return;
    addItems(menu, [
      [SAID.picture("PNG"), () => picture(id, "png")],
      [SAID.picture("SVG"), () => picture(id, "svg")],
      [ofTraining(panelOf(id).figure) ? SAID.metricsCsv : SAID.dataCsv, () => table(id)],
      [SAID.frameNpz, frame],
    ]);
  }

  const acts = {
    report: () => file((run) => api.address(run, "report.html", { step: step() }), () => name("report", "html")),
    notebook: () => file((run) => api.address(run, "notebook.ipynb", { step: step() }), () => "unrolled.ipynb"),
    frame,
    metrics,
    curl: copy,
  };
  /** @param {string} name of an item of the run's own menu */
  function act(name) {
    $("#run-menu").open = false;
    acts[name]();
  }

  async function copy() {
    const { spec, step } = store.get();
    const text = commands(api.base(), spec, step);
    try {
      await navigator.clipboard.writeText(text);
      tell(SAID.copied);
      flash($("#run-menu > summary"));
    } catch {
      // http on another host: no clipboard. The text itself is there to be selected.
      $("#commands-text").value = text;
      $("#commands").showModal();
      $("#commands-text").select();
    }
  }

  return { fill, act };
}

/** A tick before a button's words for a moment. @param {HTMLElement} button */
function flash(button) {
  const word = (button.dataset.word ??= button.textContent ?? "");
  button.textContent = `✓ ${word}`;
  setTimeout(() => (button.textContent = word), 2500);
}

const ofTraining = (figure) => figure.bindings.some(({ path }) => path.startsWith("metrics."));
