// The way back: each experiment, tab, product and jump is an entry of the browser's history. What goes on by itself, training
// or a dragged slider, renews the entry that it is in. An entry's address is a whole link.
import * as api from "./api.js";
import * as entries from "./entries.js";
import { hiddenNames } from "./hidden.js";
import { encode } from "./link.js";
import { placeOf } from "./place.js";
import * as url from "./url.js";
import { playing } from "./views/transport.js";

const CALM_MS = 300; // an entry is renewed at most so often
const PAGE = Math.random().toString(36).slice(2); // an entry of another visit is opened as a link

/** @param {Store} store @param {any} actions @param {{panels: any, want: any, origin: string}} page */
export function mount(store, actions, { panels, want, origin }) {
  const same = new Map(); // number of an experiment -> that of the one that it is the same as, opened again
  const number = () => same.get(store.get().era) ?? store.get().era;
  let travelling = 0;
  let timer = 0;
  /** @type {{hash: string, state: any} | null} how the present entry is to be renewed */
  let pending = null;
  let written = "";
  let before = { number: 1, spec: "" };

  /** Another's run, a fork and a class have no link of their own. */
  const told = ({ run, parent, spec }) => spec && !run?.watching && !parent && !api.home();

  function entry() {
    const now = store.get();
    const hide = hiddenNames();
    const hash = encode({ spec: now.spec, ...placeOf(now), ...(hide.length ? { hide } : {}) });
    const looking = now.lookingBack && !now.supposing ? now.shown.step : null;
    return { hash, state: { page: PAGE, number: number(), view: now.view, pick: now.drill, looking } };
  }

  function flush() {
    clearTimeout(timer);
    // Nothing is written in vain: that would call off a way back that the browser has just set out on.
    if (pending && JSON.stringify(pending) !== written) {
      entries.write(pending.hash, pending.state, true);
      written = JSON.stringify(pending);
    }
    pending = null;
  }

  function renew() {
    if (travelling || !told(store.get())) return;
    pending = entry();
    clearTimeout(timer);
    timer = window.setTimeout(flush, CALM_MS);
  }

  function push() {
    if (travelling || !told(store.get())) return;
    flush();
    const made = entry();
    const text = JSON.stringify(made);
    if (text !== written) entries.write(made.hash, made.state, false);
    written = text; // one message may be a move in more than one way
  }

  /** Another experiment is another place; the same one from its beginning is not. */
  function opened() {
    const now = { number: number(), spec: JSON.stringify(store.get().spec) };
    if (now.number === before.number) return;
    const again = now.spec === before.spec;
    before = now;
    if (again) renew();
    else push();
  }

  /** The user went back or forward, or wrote another link into the address bar. */
  async function travel() {
    flush();
    travelling += 1;
    const at = entries.kept() ?? (url.hash() === origin ? { page: PAGE, number: 1, view: null, pick: null, looking: null } : null);
    try {
      written = "";
      if (at?.page === PAGE && at.number === number()) await stand(at);
      else {
        await want("arrive", (arrive) => arrive.go());
        if (at?.page === PAGE) same.set(store.get().era, at.number);
      }
    } finally {
      before = { number: number(), spec: JSON.stringify(store.get().spec) };
      travelling -= 1;
    }
  }

  /** Stand at a place of the experiment on screen. */
  async function stand({ view, pick, looking }) {
    if (view !== panels.chosen()) panels.choose(view);
    if (looking === null) store.send({ type: "now" });
    else await actions.look(looking);
    if (pick) await want("drill", (drill) => drill.open(pick));
    else if (store.get().drill) await want("drill", (drill) => drill.close());
  }

  addEventListener("pagehide", flush); // a reload goes on where it was
  before = { number: 1, spec: JSON.stringify(store.get().spec) };
  const follow = (select, tell) => {
    let first = true; // what is so already is no news
    store.watch(select, () => (first ? (first = false) : tell()));
  };
  follow((state) => state.era, opened);
  follow((state) => JSON.stringify([state.view, state.drill, state.moves, state.lookingBack]), push);
  follow((state) => (playing(state) ? null : JSON.stringify([state.step, state.shown?.step, state.spec])), renew);
  return { opened, travel };
}
