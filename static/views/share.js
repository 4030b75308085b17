// The link is the experiment: copy it.
import { $, AT, say } from "../dom.js";
import { hiddenNames } from "../hide.js";
import { placeOf } from "../place.js";
import * as url from "../url.js";
import { WORDS } from "../words.js";

/** @param {import("../store.js").Store} store @param {() => string | null} view the open tab */
export function mountShare(store, view) {
  $("#share").addEventListener("click", async () => {
    const { spec } = store.get();
    if (!spec) return;
    const hide = hiddenNames();
    const experiment = { spec, ...placeOf(store.get(), view()) };
    const link = url.here(hide.length ? { ...experiment, hide } : experiment);
    try {
      await navigator.clipboard.writeText(link);
      tell(WORDS.linkCopied);
    } catch {
      // The clipboard may be forbidden (http on another host): the address bar is the plain way.
      url.write({ spec });
      tell(WORDS.linkShown);
    }
  });

  function tell(text) {
    const button = $("#share");
    const before = button.dataset.word ?? button.textContent;
    button.dataset.word = before;
    button.textContent = `✓ ${before}`;
    say($(AT.live), text);
    setTimeout(() => (button.textContent = before), 2500);
  }
}
