// Open what the address says; a link that does not open says why and leads on.
import { WORDS } from "./deed-words.js";
import { hides } from "./hidden.js";
import { hide } from "./hide.js";
import { BrokenLink, decode } from "./link.js";
import { readPlace, stand } from "./place.js";
import * as url from "./url.js";

/** @param {Store} store @param {any} actions @param {{panels: any, want: any}} page */
export function mount(store, actions, { panels, want }) {
  /** @param {() => boolean} [wanted] still @param {(era: number) => void} [came] told of the experiment that has come to the screen */
  async function go(wanted = () => true, came = () => {}) {
    const begin = async (word = null) => {
      if (!(await actions.begin())) return; // something newer was asked for
      came(store.get().era);
      if (word) store.send({ type: "word", word });
    };
    try {
      hide(url.hidden(null));
      if (url.asked("room") && (await want("room", (room) => room.start()))) return came(store.get().era);
      const experiment = decode(url.hash());
      hide(url.hidden(experiment));
      if (!experiment) return await begin();
      const place = readPlace(experiment);
      const opened = await actions.open(experiment.spec, place.preset);
      if (opened === null) return await begin(WORDS.refusedLink(store.get().trouble?.title ?? ""));
      if (!opened) return;
      came(store.get().era);
      await restore(place, wanted);
    } catch (error) {
      if (!(error instanceof BrokenLink)) throw error;
      await begin(WORDS.brokenLink(error.message));
    }
  }

  /** Go where a link was made: the same seed trains to the same step. */
  async function restore({ step, view, ...place }, wanted) {
    const { era, spec } = store.get();
    if (view && document.getElementById(`tab-${view}`) && !hides(view)) panels.choose(view);
    if (step) {
      store.send({ type: "word", word: WORDS.wentTo(step) });
      await actions.trainTo(Math.min(step, spec.steps));
      if (store.get().era === era) store.send({ type: "word", word: null });
    }
    if (store.get().era === era && wanted()) await stand(store, want, place);
  }

  return { go };
}
