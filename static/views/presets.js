// Ready experiments: choose one, it opens at step 0 with its sentence above the maps, for as long as it is on screen.
import * as api from "../api.js";
import { $, h } from "../dom.js";
import { SEEN } from "../see-words.js";

/** @param {import("../store.js").Store} store @param {any} actions @param {(spec: any) => void} onOpen */
export function mountPresets(store, actions, onOpen) {
  const select = $("#preset");
  const says = $("#preset-says");
  /** @type {Map<string, any> | null} by name, once they were asked for */
  let known = null;
  /** @type {string | null} the spec that a choice brought, as text */
  let opened = null;

  async function choose() {
    const name = select.value;
    if (!name) return;
    await actions.attempt(async () => {
      known ??= new Map((await api.presets()).map((preset) => [preset.name, preset]));
      const preset = known.get(name);
      if (!preset) throw new api.ApiError(0, SEEN.notHere);
      opened = JSON.stringify(preset.spec);
      if (await actions.open(preset.spec)) onOpen(store.get().spec);
    });
  }

  /** The sentence goes with its experiment: another one takes it away. */
  function show(spec) {
    const mine = opened !== null && JSON.stringify(spec) === opened;
    says.hidden = !mine;
    if (!mine) return void (select.value = "");
    const option = select.selectedOptions[0];
    says.replaceChildren(h("strong", {}, option.textContent), ` ${option.dataset.says}`);
  }

  select.addEventListener("input", (event) => event.stopPropagation()); // no knob of the form
  select.addEventListener("change", (event) => {
    event.stopPropagation();
    choose();
  });
  store.watch((state) => state.era, (era, state) => era && show(state.spec));
}
