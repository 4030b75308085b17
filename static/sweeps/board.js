// A sweep as it goes: how far it is, its heatmap, its file.
import * as api from "../api.js";
import { $, say } from "../dom.js";
import { mountStill } from "../figures/still.js";
import { count, rate } from "../format.js";
import { _ } from "../tongue.js";

const REDRAW_MS = 1000; // at most one picture a second while points come in
const STATES = { running: _("training"), finished: _("finished"), failed: _("failed"), cancelled: _("gone") };
const ENDS = ["done", "failed", "cancelled"];

export function mountBoard() {
  const board = $("#board");
  const plot = $("#surface");
  const measure = /** @type {HTMLSelectElement} */ ($("#measure"));
  /** @type {any} the sweep shown */
  let sweep = null;
  /** @type {EventSource | null} */
  let source = null;
  /** @type {any} what is drawn */
  let drawn = null;
  let due = 0;
  let timer = 0;

  function show(state) {
    sweep = { ...sweep, ...state };
    const running = sweep.status === "running";
    $("#sweep-progress").max = sweep.points;
    $("#sweep-progress").value = sweep.done;
    say($("#sweep-count"), _("{n} of {all} runs", { n: count(sweep.done), all: count(sweep.points) }));
    const left = sweep.seconds_left === null ? "" : `, ${_("{time} left", { time: duration(sweep.seconds_left) })}`;
    say($("#sweep-rate"), running && sweep.points_per_second ? _("{n} runs/s", { n: rate(sweep.points_per_second) }) + left : "");
    $("#sweep-state").dataset.state = sweep.status;
    say($("#sweep-state"), STATES[sweep.status] ?? sweep.status);
    $("#drop").hidden = sweep.status === "cancelled";
    say($("#drop"), running ? _("Stop and delete") : _("Delete"));
    if (sweep.error) warn(sweep.error);
  }

  function follow() {
    source?.close();
    const stream = new EventSource(api.sweepStreamUrl(sweep.id, { after: sweep.done }));
    source = stream;
    stream.addEventListener("progress", (event) => show(stateOf(event)));
    stream.addEventListener("point", () => {
      show({ done: Math.min(sweep.points, sweep.done + 1) });
      later();
    });
    for (const name of ENDS) {
      stream.addEventListener(name, (event) => {
        stream.close();
        show(stateOf(event));
        if (name !== "cancelled") draw();
      });
    }
  }

  /** Draw soon, and not more often than `REDRAW_MS`. */
  function later() {
    if (timer) return;
    timer = setTimeout(draw, Math.max(0, due - Date.now()));
  }

  async function draw() {
    clearTimeout(timer);
    [timer, due] = [0, Date.now() + REDRAW_MS];
    const asked = sweep.id;
    try {
      const answer = await api.sweepFigure(sweep.id, { measure: measure.value });
      if (asked !== sweep.id || answer.measure !== measure.value) return;
      drawn = answer;
      await paint();
    } catch (error) {
      if (!(error instanceof api.ApiError)) throw error;
      if (error.status !== 404) warn(error.message);
    }
  }

  async function paint() {
    if (!drawn || !plot.clientWidth) return; // hidden: there is no place to draw in
    plot.dataset.width = String(plot.clientWidth);
    await mountStill(plot, drawn);
    plot.dataset.done = String(drawn.done);
    plot.dataset.measure = drawn.measure;
  }

  function warn(text) {
    $("#sweep-notice").hidden = !text;
    say($("#sweep-notice"), text);
  }

  async function open(found) {
    [sweep, drawn] = [found, null];
    warn("");
    board.hidden = false;
    $("#csv").href = api.sweepCsvUrl(sweep.id);
    show(sweep);
    await draw();
    if (sweep.status === "running") follow();
    board.scrollIntoView({ block: "nearest" });
  }

  measure.addEventListener("change", () => sweep && draw());
  $("#drop").addEventListener("click", async () => {
    source?.close();
    try {
      await api.dropSweep(sweep.id);
      history.replaceState(null, "", location.pathname);
      board.hidden = true;
    } catch (error) {
      if (!(error instanceof api.ApiError)) throw error;
      warn(error.message);
      if (sweep.status === "running") follow();
    }
  });
  new ResizeObserver(() => {
    if (plot.clientWidth && String(plot.clientWidth) !== plot.dataset.width) paint();
  }).observe(plot);
  new MutationObserver(() => paint()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => paint());
  addEventListener("pagehide", () => source?.close());

  return { open, say: warn, find: async (id) => open(await api.sweepState(id)) };
}

/** An event's state, under the names of REST. */
const stateOf = (event) => {
  const { sweep: id, ...state } = JSON.parse(event.data);
  return { id, ...state };
};

/** 75 -> "1 min 15 s" */
const duration = (seconds) => (seconds < 60 ? _("{n} s", { n: Math.ceil(seconds) }) : _("{m} min {n} s", { m: Math.floor(seconds / 60), n: Math.round(seconds % 60) }));
