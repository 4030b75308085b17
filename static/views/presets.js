// Ready experiments: choose one, it opens at step 0 with its sentence above the maps, for as long as it is on screen.
import * as api from "../api.js";
import { $, h } from "../dom.js";
import { late } from "../late.js";
import { SEEN } from "../see-words.js";

/** @param {Store} store @param {any} actions @param {{opened: () => void}} page */
export function mount(store, actions, page) {
  const select = $("#preset");
  const says = $("#preset-says");
  const known = late(async () => new Map((await api.presets()).map((preset) => [preset.name, preset])));

  async function choose(name) {
    if (name && (await actions.open(specOf(name), name))) page.opened();
  }

  async function specOf(name) {
    const preset = (await known()).get(name);
    if (!preset) throw new api.ApiError(0, SEEN.notHere);
    return preset.spec;
  }

  /** The sentence goes with its experiment: another one takes it away, and a link may name one that is not its own. */
  async function show({ era, preset: name, spec }) {
    const preset = name && (await known().catch(() => null))?.get(name);
    if (era !== store.get().era) return;
    const mine = Boolean(preset) && JSON.stringify(spec) === JSON.stringify(preset.spec);
    says.hidden = !mine;
    select.value = mine ? name : "";
    const option = select.selectedOptions[0];
    if (mine && option) says.replaceChildren(h("strong", {}, option.textContent), ` ${option.dataset.says}`);
  }

  store.watch((state) => state.era, (era, state) => era && show(state));
  return { choose };
}
