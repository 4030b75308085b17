// What is loaded when it is first wanted, and by what it is wanted. Nothing of what a teacher hides is loaded at all.
import { $, $$ } from "./dom.js";
import { hides } from "./hidden.js";
import { late } from "./late.js";
import * as url from "./url.js";
import { playing } from "./views/transport.js";
import { loaded } from "./wishes.js";

/** @param {Store} store */
export function mountParts(store, actions, panels) {
  const part = (load) => late(() => load().then(({ mount }) => mount(store, actions, page)));
  const parts = {
    arrive: part(() => import("./arrive.js")),
    controls: part(() => import("./views/controls.js")),
    drill: part(() => import("./views/drill.js")),
    exports: part(() => import("./views/exports.js")),
    marking: part(() => import("./views/marking.js")),
    presets: part(() => import("./views/presets.js")),
    room: part(() => import("./room.js")),
    share: part(() => import("./views/share.js")),
    tabs: part(() => import("./views/tabs.js")),
    trail: part(() => import("./trail.js")),
    timeline: part(() => import("./views/timeline.js")),
    trust: part(() => import("./views/trust.js")),
    walk: part(() => import("./views/walk.js")),
    whatif: part(() => import("./views/whatif.js")),
  };
  /** Do something with a part, once it is there. */
  const want = async (name, act = (_) => {}) => {
    if (hides(name)) return undefined;
    const made = await loaded(store, parts[name]);
    return made && Object.keys(made).length ? act(made) : undefined;
  };
  const page = { panels, want, origin: url.hash(), opened: () => want("trail", (trail) => trail.opened()) };

  const press = (id, name, act) => $(`#${id}`)?.addEventListener("click", () => want(name, act));
  press("show-walk", "walk", (walk) => walk.toggle());
  press("show-whatif", "whatif", (whatif) => whatif.toggle());
  press("show-controls", "controls", (controls) => controls.toggle());
  press("show-join", "room", (room) => room.ask());
  press("share", "share", (share) => share.copy());
  $("#preset").addEventListener("input", (event) => event.stopPropagation()); // no knob of the form
  $("#preset").addEventListener("change", (event) => {
    event.stopPropagation();
    const { value } = $("#preset");
    want("presets", (presets) => presets.choose(value));
  });
  document.addEventListener("toggle", (event) => fill(event.target), true); // a menu is opened
  const shut = (but) => $$("details.menu[open]").forEach((menu) => menu.contains(but) || (menu.open = false));
  document.addEventListener("keydown", ({ key }) => key === "Escape" && ($("details.menu[open] > summary")?.focus(), shut(null)));
  document.addEventListener("click", ({ target }) => {
    shut(target);
    const [badge, item] = ["button.trust", "[data-export]"].map((of) => (target instanceof Element ? target.closest(of) : null));
    if (badge) want("trust", (trust) => trust.look(true));
    if (item instanceof HTMLElement) want("exports", (exports) => exports.act(item.dataset.export));
  });
  document.addEventListener("cell-picked", (event) => want("drill", (drill) => drill.picked(event)));
  const prepare = () => (actions.prepare(), want("trail"));
  for (const sign of ["pointermove", "pointerdown", "keydown"]) addEventListener(sign, prepare, { once: true, capture: true });
  document.addEventListener("place-hovered", (event) => want("marking", (marking) => marking.mark(event)));
  $("#tabs").addEventListener("keydown", (event) => want("tabs", (tabs) => tabs.move(event)));
  $("#sequence").addEventListener("pointerover", (event) => want("marking", (marking) => marking.point(event)));
  url.onChange(() => want("trail", (trail) => trail.travel()));

  function fill(menu) {
    if (menu instanceof HTMLDetailsElement && menu.open && menu.matches(".menu")) want("exports", (exports) => exports.fill(menu));
  }

  const when = (select, name) => store.watch(select, (is) => is && !hides(name) && want(name));
  when((state) => state.run && state.step && !playing(state), "timeline");
  when((state) => state.run && state.step && !playing(state), "trust");
  when((state) => state.preset, "presets"); // a link may have brought it
  when((state) => Object.keys(state.trouble?.fields ?? {}).length, "controls"); // the sentences stand beside the fields
  store.watch(playing, (on) => ($("#show-whatif").disabled = on));

  return {
    arrive: () => want("arrive", (arrive) => arrive.go()),
    drill: () => want("drill", (drill) => drill.toggle()),
    walk: () => want("walk", (walk) => walk.toggle()),
  };
}
