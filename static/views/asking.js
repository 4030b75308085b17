// One question at a time to the server, about what is on screen: asked only while its tab is open, newest wish last.
import * as api from "../api.js";
import { playing } from "./transport.js";

/**
 * @param {Store} store @param {any} actions @param {"why" | "spectra" | "surface"} name of the answer's route
 * @param {{query: () => object, show: (answer: any, id: string) => Promise<void>, trouble: (text: string) => void, breath: number, share: number}} how
 * `breath`: ms from an answer to the next question while it trains, or `share` times what the answer took, if that is longer
 */
export function createAsking(store, actions, name, { query, show, trouble, breath, share }) {
  let on = false;
  let asking = false;
  let timer = 0;
  let due = 0; // when the next question may be asked
  let key = ""; // which question is answered on screen

  /** What is on screen, as a question: it changes with the run, the step and live changes. */
  function wanted() {
    const { run, era, shown, spec } = store.get();
    return JSON.stringify([run?.id ?? era, shown?.step, spec, query()]);
  }

  function refresh() {
    if (!on || asking || !store.get().shown || wanted() === key) return;
    clearTimeout(timer);
    if (playing(store.get()) && Date.now() < due) timer = window.setTimeout(refresh, due - Date.now());
    else ask();
  }

  async function ask() {
    asking = true;
    const began = Date.now();
    let mine = wanted();
    try {
      const { id } = await actions.ensureRun();
      mine = wanted();
      const step = playing(store.get()) ? undefined : store.get().shown.step; // the newest, or the one on screen
      const answer = await api.drawn(id, name, { step, ...query() });
      if (store.get().run?.id === id) {
        key = mine;
        trouble("");
        await show(answer, id);
      }
    } catch (problem) {
      if (!(problem instanceof api.ApiError)) throw problem;
      if (mine === wanted()) {
        key = mine; // asked again when something changes
        trouble(problem.message);
      }
    } finally {
      asking = false;
      due = Date.now() + Math.max(breath, share * (Date.now() - began));
    }
    refresh();
  }

  store.watch(wanted, refresh);
  store.watch(playing, refresh);
  return {
    refresh,
    open(now) {
      on = now;
      refresh();
    },
  };
}
