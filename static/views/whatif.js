// What if: sliders that change a copy of the network on screen; the maps follow at once, the run stays as it is.
import * as api from "../api.js";
import { decode } from "../arrays.js";
import { $, h, say } from "../dom.js";
import { SAID } from "../lab-words.js";
import { latest } from "../latest.js";
import { pictured } from "../pictured.js";
import { farthest } from "../reach.js";
import { playing } from "./transport.js";
import { mountWeights } from "./weights.js";

/** Sliders of a network: [name, label, from, to, step, neutral, cells]. @type {any[]} */
const OF_NETWORK = [
  ["spectral_radius_factor", SAID.radius, 0, 3, 0.05, 1, null],
  ["forget_bias_shift", SAID.bias, -6, 6, 0.25, 0, ["lstm"]],
  ["drive", SAID.drive, 0, 4, 0.05, 1, null],
];

export function mount(store, actions) {
  const drawer = $("#whatif");
  const knobs = $("#whatif-knobs");
  /** @type {any} the frame that is changed */
  let base = null;
  let of = /** @type {string | null} */ (""); // what it is a frame of
  let changes = {};

  const asking = latest(
    async (wish) => {
      const { era } = store.get();
      const { id } = await actions.ensureRun();
      return era === store.get().era ? { id, frame: await api.whatIf(id, base.step, wish) } : null;
    },
    (told, wish) => {
      if (!told) return; // another experiment came to the screen meanwhile
      const { id, frame } = told;
      complain("");
      store.send({ type: "suppose", run: id, frame, changes: wish });
      answer(frame);
    },
    (error) => complain(error.message),
  );
  const weights = mountWeights(store, actions, { stepOf: () => base?.step, change: (name, value) => change(name, value), complain });

  function open() {
    if (playing(store.get()) || !store.get().shown) return;
    show(true);
    begin();
    drawer.focus({ preventScroll: true });
  }

  function show(on) {
    drawer.hidden = !on;
    $("#show-whatif").setAttribute("aria-expanded", String(on));
    store.send({ type: "whatif", whatif: on });
  }

  function begin() {
    const { spec, shown, supposing } = store.get();
    if (supposing) return;
    asking.drop(); // it was about what was on screen before
    of = pictured(store.get());
    base = shown;
    changes = {};
    knobs.replaceChildren(...spec.networks.map(group), general(spec));
    weights.fill(spec);
    $("#whatif-answer").replaceChildren();
    settle();
  }

  function settle() {
    const touched = Object.keys(changes).length > 0;
    say($("#whatif-words"), touched ? SAID.supposing(base?.step ?? 0) : SAID.untouched);
    for (const id of ["#whatif-fork", "#whatif-revert"]) $(id).disabled = !touched;
    $("#whatif-fork").hidden = Boolean(store.get().run?.watching); // a what-if is only a look, training on is not
    $("#whatif-back").hidden = !store.get().parent;
  }

  /** Put one change in; `undefined` takes it back. */
  function change(name, value) {
    if (value === undefined) delete changes[name];
    else changes[name] = value;
    settle();
    if (Object.keys(changes).length) asking.wish({ ...changes });
    else revert();
  }

  function revert() {
    asking.drop();
    const { step } = base;
    store.send({ type: "plain" });
    if (step !== store.get().step) actions.look(step);
    complain("");
    begin();
  }

  async function fork() {
    asking.drop();
    const { step } = base;
    if (await actions.fork(step, { ...changes })) {
      begin();
      store.send({ type: "word", word: SAID.forked(step) });
      say($("#whatif-words"), SAID.forked(step));
    }
  }

  function close() {
    show(false);
    $("#show-whatif").focus({ preventScroll: true });
  }

  /** Be open with changes by name, as the store has them, or closed. */
  function stand(given) {
    if (!given) return drawer.hidden || close();
    if (drawer.hidden) open();
    if (drawer.hidden || !Object.keys(given).length) return;
    changes = { ...given };
    for (const [name, value] of Object.entries(given)) {
      const knob = $(`[name="${CSS.escape(name)}"]`, knobs);
      if (!knob) continue; // a weight
      knob.value = value ?? "";
      if (knob.nextElementSibling) knob.nextElementSibling.textContent = String(value);
    }
    settle();
    return asking.wish({ ...changes });
  }

  function group({ label, cell }, i) {
    const sliders = OF_NETWORK.filter(([, , , , , , cells]) => !cells || cells.includes(cell)).map(([name, text, lo, hi, step, neutral]) =>
      slider(`networks.${i}.${name}`, text, { lo, hi, step, value: neutral, neutral }));
    const set = h("fieldset", { "data-network": String(i) }, h("legend", {}, h("strong", {}, label)), ...sliders);
    set.style.setProperty("--network", `var(--network-${i + 1})`);
    return set;
  }

  function general(spec) {
    const T = Array.from(decode(store.get().shown.t_steps)?.data ?? [10]).at(-1);
    return h("fieldset", {},
      number("truncation_window", SAID.window, 1, T, spec.truncation_window),
      number("truncation_stride", SAID.stride, 1, T, spec.truncation_stride),
      number("clip_norm", SAID.clip, 0, null, spec.clip_norm));
  }

  function slider(name, text, { lo, hi, step, value, neutral }) {
    const shown = h("output", {}, String(value));
    const id = `w-${name.replaceAll(".", "-")}`;
    const input = h("input", { type: "range", id, min: lo, max: hi, step, value, name });
    input.addEventListener("input", () => {
      const now = Number(input.value);
      shown.textContent = String(now);
      change(name, now === neutral ? undefined : now);
    });
    return h("div.whatif-knob", {}, h("label", { for: id }, text), input, shown);
  }

  function number(name, text, lo, hi, value) {
    const id = `w-${name}`;
    const input = h("input", { type: "number", id, min: lo, max: hi, step: "any", placeholder: SAID.whole, value: value ?? "", name });
    input.addEventListener("change", () => {
      const now = input.value === "" ? null : Number(input.value);
      change(name, now === (value ?? null) ? undefined : now);
    });
    return h("div.whatif-knob", {}, h("label", { for: id }, text), input);
  }

  /** How far the gradient reaches now, beside how far it did. */
  function answer(frame) {
    const lines = frame.networks.map((network, i) => SAID.reach(network.label, farthest(base.networks[i]), farthest(network)));
    $("#whatif-answer").replaceChildren(...lines.map((line) => h("li", {}, line)));
  }

  function complain(message) {
    $("#whatif-error").hidden = !message;
    say($("#whatif-error"), message);
  }

  $("#whatif-close").addEventListener("click", close);
  $("#whatif-revert").addEventListener("click", revert);
  $("#whatif-fork").addEventListener("click", fork);
  $("#whatif-back").addEventListener("click", () => actions.goBack());
  drawer.addEventListener("keydown", (event) => event.key === "Escape" && close());
  // Whatever else comes on screen is what is asked about next.
  store.watch((state) => (state.supposing || playing(state) ? null : state.shown), (shown) => {
    if (!shown || drawer.hidden || shown === base) return;
    if (pictured(store.get()) === of) base = shown; // sent again
    else begin();
  });
  // Who goes back to now, or on training, asks no more what if.
  store.watch((state) => state.nows, () => (drawer.hidden ? asking.drop() : begin()));
  store.watch((state) => state.supposing !== null, (on) => document.body.toggleAttribute("data-whatif", on));
  return { stand, toggle: () => (drawer.hidden ? open() : close()) };
}
