// The experiment's form: knobs drawn by the server, read into a spec, errors beside the field that caused them.
import { $, $$, AT, say } from "../dom.js";
import { nest, readFlat, shaped, writeField } from "../spec.js";
import { WORDS } from "../deed-words.js";
import { showErrors } from "./errors.js";
import { createNetworks } from "./networks.js";

/** @param {Store} store @param {{opened: () => void}} page */
export function mount(store, actions, page) {
  const form = $("#experiment");
  const networks = createNetworks(form, () => refresh());
  let settled = {}; // field name -> value of the experiment on screen

  store.watch((state) => state.era, (era, state) => era && fill(state.spec));
  store.watch((state) => state.trouble, (trouble) => showErrors(form, trouble));
  store.watch((state) => state.busy, (busy) => form.toggleAttribute("data-busy", busy));

  function fill(spec) {
    networks.set(spec.networks.length);
    for (const name of ["task", "optimizer"]) choose(name, spec[name].name);
    for (const field of form.elements) if (field.dataset.kind && !field.matches(":disabled")) writeField(field, spec);
    networks.refresh();
    settled = readFlat(form);
    refresh();
  }

  /** Names and values that differ from the experiment on screen. */
  function pending() {
    const now = readFlat(form);
    const names = new Set([...Object.keys(now), ...Object.keys(settled)]);
    return new Map([...names].filter((n) => !same(now[n], settled[n])).map((n) => [n, now[n]]));
  }

  function refresh() {
    const changed = pending();
    form.toggleAttribute("data-changed", changed.size > 0);
    $("#discard").hidden = !changed.size;
    say($("#apply-note"), changed.size ? WORDS.changed : WORDS.unchanged);
  }

  function choose(part, name) {
    const select = $(`[data-chooses="${part}"]`, form);
    select.value = name;
    for (const group of $$(`[data-choice^="${part}="]`, form)) {
      const mine = group.dataset.choice === `${part}=${name}`;
      group.hidden = !mine;
      group.disabled = !mine;
    }
  }

  async function apply() {
    if (await actions.open(shaped(nest(readFlat(form))))) page.opened();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    apply();
  });
  form.addEventListener("input", (event) => {
    mirror(event.target);
    refresh();
  });
  form.addEventListener("written", (event) => mirrorBack(event.target));
  form.addEventListener("change", (event) => {
    const field = event.target.dataset.mirrors ? form.elements[event.target.dataset.mirrors] : event.target;
    if (field.dataset.chooses) choose(field.dataset.chooses, field.value);
    networks.refresh();
    if ("live" in field.dataset) changeAtOnce(field);
    refresh();
  });
  $("#discard").addEventListener("click", () => {
    store.send({ type: "trouble", trouble: null });
    fill(store.get().spec);
  });

  /** A live knob changes the experiment on screen while it trains, unless it waits for "apply" with others. */
  async function changeAtOnce(field) {
    const { name } = field;
    const changed = pending();
    if (changed.size !== 1 || !changed.has(name) || networks.changed()) return;
    const value = changed.get(name);
    const [{ era }, was] = [store.get(), settled[name]];
    settled = { ...settled, [name]: value }; // at once, so that another knob may be changed meanwhile
    const done = await actions.patch({ [name]: value });
    if (!done && era === store.get().era && settled[name] === value) settled = { ...settled, [name]: was };
    refresh();
  }

  function mirror(target) {
    const partner = target.dataset.mirrors && document.getElementById(target.dataset.mirrors);
    if (partner) partner.value = target.value;
    else mirrorBack(target);
  }

  const mirrorBack = (field) => {
    const slider = field.id && $(`[data-mirrors="${field.id}"]`, form);
    if (slider && field.value !== "") slider.value = field.value;
  };

  return { fill, toggle: mountDrawer() };
}

const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

function mountDrawer() {
  const opener = $("#show-controls");
  const drawer = $(AT.drawer);
  const set = (open) => {
    drawer.hidden = !open;
    opener.setAttribute("aria-expanded", String(open));
    document.body.toggleAttribute("data-drawer", open);
    if (open) drawer.focus({ preventScroll: true });
    else opener.focus({ preventScroll: true });
    dispatchEvent(new Event("resize")); // the pictures have more or less room now
  };
  $("#hide-controls").addEventListener("click", () => set(false));
  drawer.addEventListener("keydown", (event) => event.key === "Escape" && set(false));
  return () => set(drawer.hidden);
}
