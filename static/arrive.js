// Open what the address says; a link that does not open says why and leads on.
import { WORDS } from "./deed-words.js";
import { hides } from "./hidden.js";
import { hide } from "./hide.js";
import { BrokenLink, decode } from "./link.js";
import { readPlace } from "./place.js";
import * as url from "./url.js";

/** @param {Store} store @param {any} actions @param {{panels: any, want: any}} page */
export function mount(store, actions, { panels, want }) {
  async function go() {
    try {
      hide(url.hidden(null));
      if (url.asked("room") && (await want("room", (room) => room.start()))) return;
      const experiment = decode(url.hash());
      hide(url.hidden(experiment));
      if (!experiment) return await actions.begin();
      const place = readPlace(experiment);
      if (await actions.open(experiment.spec, place.preset)) return await restore(place);
      const why = store.get().trouble?.title ?? "";
      await actions.begin();
      store.send({ type: "word", word: WORDS.refusedLink(why) });
    } catch (error) {
      if (!(error instanceof BrokenLink)) throw error;
      await actions.begin();
      store.send({ type: "word", word: WORDS.brokenLink(error.message) });
    }
  }

  /** Go where a link was made: the same seed trains to the same step. */
  async function restore({ step, view, pick }) {
    const { run, spec } = store.get();
    if (view && document.getElementById(`tab-${view}`) && !hides(view)) panels.choose(view);
    if (step) {
      store.send({ type: "word", word: WORDS.wentTo(step) });
      await actions.trainTo(Math.min(step, spec.steps));
      if (store.get().run?.id === run?.id) store.send({ type: "word", word: null });
    }
    if (pick && store.get().run?.id === run?.id) await want("drill", (drill) => drill.open(pick));
  }

  return { go };
}
