// Time travel: what happened when, history played back, and a step pinned beside the one on screen.
import * as api from "../api.js";
import { $, AT, formula, h, say } from "../dom.js";
import { mountFigure } from "../figures.js";
import { SAID } from "../lab-words.js";
import { farthest } from "../reach.js";
import { playing } from "./transport.js";

const FRAMES = 48; // of a replay
const BEAT = 120; // ms from one to the next, at least

export function mount(store, actions) {
  const line = $("#timeline");
  const events = $("#events");
  const replay = $("#replay");
  let asked = 0;
  let replaying = 0;
  /** @type {{frame: any, plots: any[]} | null} */
  let pinned = null;

  // --- marks ---------------------------------------------------------------
  store.watch((state) => (state.run && state.step && !playing(state) ? `${state.run.id} ${state.step}` : null), async (key, { run }) => {
    line.hidden = !key;
    const mine = ++asked;
    if (!key) return;
    try {
      const { marks } = await api.marks(run.id);
      if (mine === asked) list(marks);
    } catch {
      if (mine === asked) list([]); // the time line does without; what is wrong with the server is told elsewhere
    }
  });

  function list(marks) {
    const told = marks.map((mark) => h("option", { value: String(mark.step) }, words(mark)));
    const head = marks.length ? SAID.events(marks.length) : SAID.noEvents;
    events.replaceChildren(h("option", { value: "" }, head), ...told);
    events.disabled = !marks.length;
    draw(marks);
  }

  function words(mark) {
    const label = mark.network === null ? "" : `${store.get().spec.networks[mark.network]?.label ?? mark.network} · `;
    return label + SAID.marks[mark.kind](mark);
  }

  /** Ticks under the slider, for the eye; the list beside it says the same to everybody. */
  function draw(marks) {
    const { step } = store.get();
    const ticks = marks.map(({ kind, step: at, until }) => {
      const tick = h("span", { "data-kind": kind });
      tick.style.left = `${(100 * Math.min(at, step)) / step}%`;
      tick.style.width = `max(3px, ${(100 * (Math.min(until, step) - Math.min(at, step))) / step}%)`;
      return tick;
    });
    $("#ticks").replaceChildren(...ticks);
  }

  events.addEventListener("change", () => {
    if (events.value !== "") go(Math.min(Number(events.value), store.get().step));
    events.value = "";
  });

  function go(step) {
    store.send({ type: "plain" });
    return step >= store.get().step ? store.send({ type: "now" }) : actions.look(step, true);
  }

  // --- replay --------------------------------------------------------------
  replay.addEventListener("click", () => (replaying ? stop() : play()));
  store.watch(playing, (on) => on && stop());
  store.watch((state) => state.run?.id, () => stop());

  function stop() {
    replaying = 0;
    say(replay, SAID.replay);
  }

  async function play() {
    const mine = (replaying = Date.now());
    say(replay, SAID.stopReplay);
    const { step: last, shown, lookingBack } = store.get();
    const first = lookingBack ? shown.step : 0;
    const stride = Math.max(1, (last - first) / FRAMES);
    for (let at = first; replaying === mine && at < last; at += stride) {
      const pause = new Promise((resolve) => setTimeout(() => requestAnimationFrame(resolve), BEAT)); // each one is drawn
      await actions.look(Math.round(at));
      if (replaying === mine && store.get().shown?.step !== Math.round(at)) return stop(); // the user looks elsewhere
      await pause;
    }
    if (replaying !== mine) return;
    stop();
    store.send({ type: "now" });
  }

  // --- compare -------------------------------------------------------------
  $("#pin").addEventListener("click", () => (pinned ? unpin() : pin()));
  $("#unpin").addEventListener("click", unpin);
  store.watch((state) => state.figures, unpin);
  store.watch((state) => state.shown, label);

  function pin() {
    const { shown, figures } = store.get();
    const plots = [];
    const heroes = figures.filter((figure) => $(`${AT.hero} > #panel-${figure.id}`));
    $("#compare").hidden = false;
    const copies = heroes.map((figure) => {
      const plot = h("div.plot");
      const own = h("figure.panel", { "data-pinned": figure.id }, h("figcaption", {}, h("h3", {}, `A · `, ...formula(figure.title))), plot);
      own.style.setProperty("--columns", figure.template.layout?.meta?.grid?.columns ?? 1);
      plots.push({ plot, figure });
      return own;
    });
    $("#pinned").replaceChildren(...copies);
    const narrow = matchMedia("(max-width: 52rem)").matches;
    const mounted = plots.map(({ plot, figure }) => mountFigure(plot, narrow ? figure : { ...figure, narrow: null }));
    pinned = { frame: shown, plots: mounted };
    for (const plot of mounted) {
      plot.feed(shown);
      plot.freeze();
    }
    label();
  }

  function unpin() {
    for (const plot of pinned?.plots ?? []) plot.destroy();
    pinned = null;
    $("#compare").hidden = true;
    $("#pinned").replaceChildren();
    label();
  }

  function label() {
    const { shown } = store.get();
    say($("#pin"), pinned ? SAID.unpin : SAID.pin);
    if (!pinned || !shown) return;
    const { frame } = pinned;
    const reaches = shown.networks.map((network, i) => SAID.reach(network.label, farthest(frame.networks[i]), farthest(network)));
    say($("#compare-words"), [SAID.compared(frame.step, shown.step), ...reaches].join(" · "));
  }

  const recolour = () => pinned?.plots.forEach((plot) => plot.theme());
  new MutationObserver(recolour).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  return { go, unpin };
}
