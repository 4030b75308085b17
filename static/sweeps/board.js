// A sweep as it goes: how far it is, its heatmap, its file.
import * as api from "../api.js";
import { $, say } from "../dom.js";
import { follow as still } from "../figures/following.js";
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
  let asked = 0; // numbers the sweeps asked for: a late answer is dropped

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

  /** Nothing more is to come of the sweep on screen. */
  function leave() {
    source?.close();
    clearTimeout(timer);
    timer = 0;
  }

  /** Draw soon, and not more often than `REDRAW_MS`. */
  function later() {
    if (timer) return;
    timer = setTimeout(draw, Math.max(0, due - Date.now()));
  }

  async function draw() {
    clearTimeout(timer);
    [timer, due] = [0, Date.now() + REDRAW_MS];
    const { id } = sweep;
    try {
      const answer = await api.sweepFigure(id, { measure: measure.value });
      if (id !== sweep.id || answer.measure !== measure.value) return;
      if (drawn?.measure === answer.measure && drawn.done > answer.done) return; // overtaken by a fuller one
      drawn = answer;
      await paint();
    } catch (error) {
      if (!(error instanceof api.ApiError)) throw error;
      if (id === sweep.id && error.status !== 404) warn(error.message);
    }
  }

  async function paint() {
    const answer = drawn;
    if (!answer || !plot.clientWidth) return; // hidden: there is no place to draw in
    await mountStill(plot, answer);
    Object.assign(plot.dataset, { done: answer.done, measure: answer.measure });
  }

  function warn(text) {
    $("#sweep-notice").hidden = !text;
    say($("#sweep-notice"), text);
  }

  /** Open what `ask` gives, unless another is asked for meanwhile. @param {() => Promise<any>} ask */
  async function find(ask) {
    const mine = ++asked;
    const found = await ask();
    if (mine === asked) await open(found);
  }

  async function open(found) {
    leave();
    [sweep, drawn] = [found, null];
    warn("");
    history.replaceState(null, "", `#${sweep.id}`);
    board.hidden = false;
    $("#csv").href = api.sweepCsvUrl(sweep.id);
    show(sweep);
    await draw();
    if (sweep.id !== found.id) return;
    if (sweep.status === "running") follow();
    board.scrollIntoView({ block: "nearest" });
  }

  measure.addEventListener("change", () => sweep && draw());
  $("#drop").addEventListener("click", async () => {
    const { id } = sweep;
    const here = () => id === sweep.id; // else another has been opened meanwhile
    leave();
    try {
      await api.dropSweep(id);
      if (!here()) return;
      history.replaceState(null, "", location.pathname);
      board.hidden = true;
    } catch (error) {
      if (!(error instanceof api.ApiError)) throw error;
      if (!here()) return;
      warn(error.message);
      if (sweep.status === "running") follow();
    }
  });
  still(plot, paint);
  addEventListener("pagehide", () => source?.close());

  return { say: warn, find };
}

/** An event's state, under the names of REST. */
const stateOf = (event) => {
  const { sweep: id, ...state } = JSON.parse(event.data);
  return { id, ...state };
};

/** 75 -> "1 min 15 s" */
const duration = (seconds) => (seconds < 60 ? _("{n} s", { n: Math.ceil(seconds) }) : _("{m} min {n} s", { m: Math.floor(seconds / 60), n: Math.round(seconds % 60) }));
