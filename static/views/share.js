// The link is the experiment: copy it.
import { $, AT, say } from "../dom.js";
import { WORDS } from "../deed-words.js";
import * as entries from "../entries.js";
import { hiddenNames } from "../hidden.js";
import { encode } from "../link.js";
import { placeOf } from "../place.js";

/** @param {Store} store */
export function mount(store) {
  async function copy() {
    const { spec } = store.get();
    if (!spec) return;
    const hide = hiddenNames();
    const experiment = { spec, ...placeOf(store.get()) };
    const hash = encode(hide.length ? { ...experiment, hide } : experiment);
    try {
      await navigator.clipboard.writeText(entries.here(hash));
      tell(WORDS.linkCopied);
    } catch {
      // The clipboard may be forbidden (http on another host): the address bar is the plain way.
      entries.write(hash, entries.kept(), true);
      tell(WORDS.linkShown);
    }
  }

  function tell(text) {
    const button = $("#share");
    const before = button.dataset.word ?? button.textContent;
    button.dataset.word = before;
    button.textContent = `✓ ${before}`;
    say($(AT.live), text);
    setTimeout(() => (button.textContent = before), 2500);
  }

  return { copy };
}
