// The way back: each experiment, tab, product and jump is an entry of the browser's history. What goes on by itself, training
// or a dragged slider, renews the entry that it is in. An entry's address is a whole link.
import "./printing.js";
import * as api from "./api.js";
import * as entries from "./entries.js";
import { hiddenNames } from "./hidden.js";
import { encode } from "./link.js";
import { placeOf, stand } from "./place.js";
import * as url from "./url.js";
import { playing } from "./views/transport.js";

const CALM_MS = 300; // an entry is renewed at most so often
const PAGE = Math.random().toString(36).slice(2); // an entry of another visit is opened as a link

/** @param {Store} store @param {any} actions @param {{panels: any, want: any, origin: string}} page */
export function mount(store, actions, { panels, want, origin }) {
  const same = new Map(); // number of an experiment -> that of the one that it is the same as, opened again
  const number = () => same.get(store.get().era) ?? store.get().era;
  let travelling = 0;
  let journey = 0; // number of the newest one
  let aim = 0; // era of the experiment that it leads to
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
    const { whatif, walk, pick } = placeOf(now);
    const looking = now.lookingBack ? now.shown.step : null;
    return { hash, state: { page: PAGE, number: number(), view: now.view, looking, pick, walk, whatif } };
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
    if (travelling) return;
    const now = { number: number(), spec: JSON.stringify(store.get().spec) };
    if (now.number === before.number) return;
    const again = now.spec === before.spec;
    before = now;
    if (again) renew();
    else push();
  }

  /** The user went back or forward, or wrote another link into the address bar. */
  async function travel() {
    clearTimeout(timer);
    pending = null; // it was for the entry that has been left
    const mine = ++journey;
    const wanted = () => mine === journey;
    travelling += 1;
    const at = entries.kept() ?? (url.hash() === origin ? { page: PAGE, number: 1, view: null, looking: null } : null);
    const came = (era) => {
      if (at?.page === PAGE) same.set(era, at.number);
      if (wanted()) aim = era;
    };
    try {
      written = "";
      if (at?.page === PAGE && at.number === number()) await stay(at, wanted);
      else await want("arrive", (arrive) => arrive.go(wanted, came));
    } finally {
      travelling -= 1;
      if (!travelling) end();
    }
  }

  /** What was done while the way was long is in the present entry, or has an entry of its own if it was another experiment. */
  function end() {
    if (aim !== store.get().era) return opened();
    before = { number: number(), spec: JSON.stringify(store.get().spec) };
    renew();
    flush();
  }

  /** Stand at a place of the experiment on screen; another one that is on its way is not wanted any more. */
  async function stay({ view, looking, ...place }, wanted) {
    aim = store.get().era;
    await actions.stay();
    if (view !== panels.chosen()) panels.choose(view);
    if (looking === null) store.send({ type: "now" });
    else {
      if (looking > store.get().step) await actions.trainTo(looking); // it was trained farther before it was opened again
      if (wanted()) await actions.look(looking);
    }
    if (wanted()) await stand(store, want, place);
  }

  addEventListener("pagehide", flush); // a reload goes on where it was
  before = { number: 1, spec: JSON.stringify(store.get().spec) };
  const follow = (select, tell) => {
    let first = true; // what is so already is no news
    store.watch(select, () => (first ? (first = false) : tell()));
  };
  follow((state) => state.era, opened);
  follow((state) => JSON.stringify([state.view, state.drill, state.moves, state.lookingBack, !state.walk, state.whatif]), push);
  follow((state) => (playing(state) ? null : JSON.stringify([state.step, state.shown?.step, state.spec, state.walk, state.supposing])), renew);
  return { opened, travel };
}
