// The keyboard: bare keys, only while nothing is being typed.
import { $, AT, typing } from "./dom.js";
import { hides } from "./hidden.js";

/** @param {Store} store @param {any} page what keys stand for */
export function mountKeys(store, { transport, actions, parts }) {
  /** A key of a hidden control does nothing, nor does one that would change another's run. */
  const key = (id, act, looks = false) => () => hides(id) || (store.get().run?.watching && !looks) || act();
  const shown = () => store.get().shown?.step ?? 0;
  /** @type {Record<string, (event: KeyboardEvent) => void>} by `event.key`, letters in lower case */
  const keys = {
    " ": key("play", transport.toggle),
    ArrowRight: () => (store.get().lookingBack ? key("scrubber", () => transport.look(shown() + 1), true)() : key("step", transport.step)()),
    ArrowLeft: key("scrubber", () => transport.look(shown() - 1), true),
    End: key("now", transport.now, true),
    r: key("reset", actions.reset),
    e: key("show-controls", () => $("#show-controls").click()),
    j: key("drill", parts.drill, true),
    w: key("show-walk", parts.walk, true),
    "?": key("show-keys", showKeys, true),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event.target)) return;
    if ($("dialog[open]")) return;
    const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
    const act = keys[name];
    if (!act || (name === " " && pressesItself(event.target)) || (name.startsWith("Arrow") && ownsArrows(event.target))) return;
    event.preventDefault();
    act(event);
  });
  $("#show-keys").addEventListener("click", showKeys);
}

const showKeys = () => $(AT.keys).showModal();

// Space on a focused button presses that button; play's own button means the same thing.
const pressesItself = (target) => target instanceof Element && target.matches("button:not(#play), a, summary, input[type=checkbox]");
const ownsArrows = (target) => target instanceof Element && target.matches("input[type=range], [role=tab]");
