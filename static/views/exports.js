// Take things along: a picture and its data, the run as a report, a notebook, or commands.
import * as api from "../api.js";
import { commands } from "../commands.js";
import { csvOf } from "../csv.js";
import { $, $$, AT, say } from "../dom.js";
import { SAID } from "../lab-words.js";
import { menu, mountMenus, save, saveText } from "../menus.js";

/** @param {import("../store.js").Store} store @param {any} actions @param {(id: string) => any} panelOf a picture's panel */
export function mountExports(store, actions, panelOf) {
  mountMenus();
  const name = (id, end) => `unrolled-${id}-step-${store.get().shown?.step ?? 0}.${end}`;
  const tell = (text) => say($(AT.live), text);

  async function picture(id, format) {
    const panel = panelOf(id);
    const address = await panel.mounted?.toImage({ format, scale: format === "svg" ? 1 : 2 });
    if (address) save(address, name(id, format));
  }

  function table(id) {
    const { figure } = panelOf(id);
    if (ofTraining(figure)) return file((run) => api.address(run, "metrics", { format: "csv" }), "metrics.csv");
    saveText(csvOf(figure, store.get().shown), "text/csv", name(id, "csv"));
  }

  /** A file that the server makes: the run is made first, where there is none yet. */
  const file = (address, as) =>
    actions.attempt(async () => {
      const { id } = await actions.ensureRun();
      save(address(id), as);
      tell(SAID.saved(as));
    });

  const step = () => store.get().shown?.step ?? 0;
  const frame = () => file((run) => api.address(run, `frames/${step()}`, { format: "npz" }), name("frame", "npz"));

  store.watch((state) => state.figures, () => {
    for (const panel of $$("figure.panel")) {
      if ($(":scope > .menu", panel)) continue;
      const { figure } = panel.dataset;
      const made = menu("⤓", SAID.exportPicture, [
        [SAID.picture("PNG"), () => picture(figure, "png")],
        [SAID.picture("SVG"), () => picture(figure, "svg")],
        [ofTraining(panelOf(figure).figure) ? SAID.metricsCsv : SAID.dataCsv, () => table(figure)],
        [SAID.frameNpz, frame],
      ]);
      panel.append(made);
    }
  });

  const acts = {
    report: () => file((run) => api.address(run, "report.html", { step: step() }), name("report", "html")),
    notebook: () => file((run) => api.address(run, "notebook.ipynb", { step: step() }), "unrolled.ipynb"),
    frame,
    metrics: () => file((run) => api.address(run, "metrics", { format: "csv" }), "metrics.csv"),
    curl: copy,
  };
  for (const button of $$("#run-menu [data-export]")) {
    button.addEventListener("click", () => {
      $("#run-menu").open = false;
      acts[button.dataset.export]();
    });
  }

  async function copy() {
    const { spec, step } = store.get();
    const text = commands(api.base(), spec, step);
    try {
      await navigator.clipboard.writeText(text);
      tell(SAID.copied);
    } catch {
      // http on another host: no clipboard. The text itself is there to be selected.
      $("#commands-text").value = text;
      $("#commands").showModal();
      $("#commands-text").select();
    }
  }
}

const ofTraining = (figure) => figure.bindings.some(({ path }) => path.startsWith("metrics."));
