// A small badge on each map: how far its numbers are from finite differences, for the step on screen.
import * as api from "../api.js";
import { $$, say } from "../dom.js";
import { SAID } from "../lab-words.js";
import { WORDS } from "../words.js";
import { playing } from "./transport.js";

const TOLERANCE = 1e-5; // of a difference quotient in float64, or this many times its own noise
const NOISES = 50;
const PATIENCE = 350; // ms that a step has to stay on screen

const GRADIENTS = ["d_hidden", "d_cell_state", "itemised"];

/** The worst of what a picture rests on, and whether that is beyond what the differences themselves allow. */
export function verdict(networks, figure) {
  const name = GRADIENTS.includes(figure) ? "gradient" : "jacobian";
  const worst = Math.max(...networks.map((network) => network[name] ?? Infinity));
  const sound = networks.every((network) => network[name] !== null && network[name] <= Math.max(TOLERANCE, NOISES * network.floor));
  return { worst, sound };
}

export function mount(store, actions) {
  let timer = 0;
  let asked = 0;
  const badges = () => $$("figure.panel > .trust");

  store.watch((state) => state.figures, clear);
  store.watch((state) => (playing(state) || state.supposing ? null : state.shown), (shown) => {
    clear();
    clearTimeout(timer);
    if (shown && store.get().run) timer = setTimeout(look, PATIENCE);
  });

  function clear() {
    asked += 1;
    for (const badge of badges()) {
      say(badge, WORDS.check);
      badge.title = WORDS.notChecked;
      badge.setAttribute("aria-label", WORDS.notChecked);
      badge.removeAttribute("data-sound");
      badge.disabled = playing(store.get()) || store.get().supposing !== null;
    }
  }

  /** @param {boolean} [wanted] by the user, who may ask before there is a run */
  async function look(wanted = false) {
    const { shown, run } = store.get();
    if (!shown || (!run && wanted !== true)) return;
    const mine = ++asked;
    for (const badge of badges()) say(badge, SAID.checking);
    try {
      const { id } = await actions.ensureRun();
      if (mine !== asked) return; // another step, or another experiment, came meanwhile
      const { networks } = await api.trust(id, shown.step);
      if (mine === asked) show(networks, shown.step);
    } catch {
      if (mine === asked) clear(); // not checked, and that is what it says
    }
  }

  function show(networks, step) {
    const details = [SAID.trustHead(step), ...networks.map(SAID.trust)].join("\n");
    for (const badge of badges()) {
      const { worst, sound } = verdict(networks, badge.parentElement.dataset.figure);
      say(badge, sound ? SAID.checked(worst) : SAID.doubtful(worst));
      badge.dataset.sound = String(sound);
      badge.title = details;
      badge.setAttribute("aria-label", details);
    }
  }

  return { look };
}
