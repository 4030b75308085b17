// The walk through one pass: asks for it, plays it, and tells drawing, formulas and voice where it stands.
import * as api from "../api.js";
import { decode } from "../arrays.js";
import { $, $$, h, say } from "../dom.js";
import { number } from "../format.js";
import { pictured } from "../pictured.js";
import { power } from "../powers.js";
import { kindOf, readInput, readOutput, readTarget, rowOf } from "../reading.js";
import { formulasOf, growth, norm, parsePass, placeOf, slide, slots, stepAt, values } from "../walk.js";
import { WORDS } from "../walk-words.js";
import { playing } from "./transport.js";
import { drawGraph, drawGrowth, roomIn } from "./walk-graph.js";
import { drawProduct, scales } from "./walk-product.js";
import { mountWorked } from "./worked.js";

export function mount(store, actions) {
  const section = $("#walk");
  const opener = $("#show-walk");
  const pick = { network: $("#walk-network"), layer: $("#walk-layer"), unit: $("#walk-unit"), sample: $("#walk-sample") };
  const slider = $("#walk-at");
  const worked = mountWorked($("#walk-worked"));
  /** @type {any} */
  let pass = null;
  let [at, first, asked, timer] = [0, 0, 0, 0];

  /** Ask for the pass chosen at the step on screen; the place in it is kept. */
  async function ask() {
    const mine = ++asked;
    try {
      const { id } = await actions.ensureRun();
      if (mine !== asked) return; // closed, or another pass is wanted
      const step = store.get().shown?.step ?? 0;
      const { network, layer, sample } = chosen();
      const text = await api.walk(id, { step, network, layer, sample });
      if (mine !== asked) return;
      pass = { ...parsePass(text), step, network, layer };
      complain("");
      begin();
      const { inputs, outputs } = store.get().shown.networks[network];
      await worked.show(id, step, network, store.get().spec, [inputs, outputs].flatMap((rows) => decode(rows)?.shape ?? []));
    } catch (error) {
      if (mine === asked) complain(error instanceof Error ? error.message : String(error));
    }
  }

  /** What the fields say. */
  const chosen = () => ({ network: Number(pick.network.value), layer: Number(pick.layer.value), sample: pick.sample.value === "" ? null : Number(pick.sample.value) });
  const tell = () => store.send({ type: "walk", walk: section.hidden ? null : { ...chosen(), at } });

  function begin() {
    slider.max = String(pass.events.length - 1);
    pick.unit.max = String(values(pass.forward[1].h).length - 1);
    go(Math.min(at, pass.events.length - 1));
  }

  /** Stand at a place. */
  function go(place) {
    if (!pass) return;
    at = Math.max(0, Math.min(pass.events.length - 1, place));
    if (at === pass.events.length - 1) stop();
    slider.value = String(at);
    $("#walk-first").disabled = $("#walk-back").disabled = at === 0;
    $("#walk-on").disabled = $("#walk-last").disabled = at === pass.events.length - 1;
    draw();
    const words = sentence(pass, at, spoken);
    say($("#walk-says"), words);
    slider.setAttribute("aria-valuetext", words);
    tell();
  }

  function draw() {
    if (section.hidden || !pass) return;
    const host = $("#walk-graph");
    const room = roomIn(host.clientWidth, pass.T);
    first = slide(first, stepAt(pass, at), pass.T, room);
    const pickStep = (step) => go(placeOf(pass, step, at));
    const { step } = pass;
    const colours = scales(store.get().figures, section);
    const label = WORDS.graph(store.get().spec.networks[pass.network].label, step);
    drawGraph(host, { pass, at, first, room, label, pick: pickStep, scales: colours, ...spoken });
    const pickOnWayBack = (k) => go(placeOf(pass, Math.max(0, Math.min(pass.T, k)), pass.T));
    const product = WORDS.product(pass.backward[0].t);
    drawGrowth($("#walk-growth"), { pass, at, logs: growth(pass), first, room, pick: pickOnWayBack, words: product });
    fill();
    drawProduct($("#walk-product"), pass.events[at], colours.h);
  }

  /** The words of the task for inputs and outputs. */
  const spoken = {
    inputs: (t) => {
      const rows = pass.kind ?? (pass.kind = kindOf(pass.forward.slice(1).map(({ x }) => Array.from(values(x)))));
      return pass.layer ? WORDS.below : readInput(store.get().names, rows, values(pass.forward[t].x));
    },
    outputs: (t) => {
      const { names, shown } = store.get();
      const said = readOutput(names, values(pass.forward[t].output));
      const targets = decode(pick.sample.value ? null : shown?.networks[pass.network].targets);
      return [`ŷ ${said}`, wanted(names, targets, t)];
    },
  };

  function wanted(names, targets, t) {
    const text = readTarget(names, rowOf(targets, t - 1));
    if (text) return `y ${text}`;
    const place = Array.from(values(pass.loss.steps)).indexOf(t);
    return place < 0 ? "" : `ℓ ${number(values(pass.loss.step_losses)[place])}`;
  }

  /** Live numbers into the formulas of this network and phase. */
  function fill() {
    const { kind } = pass.events[at];
    const formulas = kind === "loss" ? "loss" : formulasOf(store.get().spec.networks[pass.network]);
    for (const list of $$("[data-formulas]", section)) list.hidden = list.dataset.formulas !== formulas || list.dataset.phase !== kind;
    const live = slots(pass, at, Math.min(Number(pick.unit.value) || 0, Number(pick.unit.max)));
    for (const slot of $$("dl:not([hidden]) [data-slot]", section)) {
      const value = live[slot.dataset.slot];
      const text = typeof value === "string" ? value : number(value);
      say(slot, "wrapped" in slot.dataset && Number(value) < 0 ? `(${text})` : text);
    }
  }

  function complain(message) {
    $("#walk-error").hidden = !message;
    say($("#walk-error"), message);
  }

  const walking = () => timer !== 0;
  function stop() {
    clearTimeout(timer);
    timer = 0;
    say($("#walk-play"), WORDS.play);
  }
  function play() {
    if (walking()) return stop();
    if (at === pass?.events.length - 1) go(0);
    say($("#walk-play"), WORDS.pause);
    const beat = () => {
      timer = setTimeout(beat, 1000 / Number($("#walk-speed").value));
      go(at + 1);
    };
    timer = setTimeout(beat, 0);
  }
  const step = (by) => (stop(), go(at + by));

  function toggle() {
    section.hidden = !section.hidden;
    opener.setAttribute("aria-expanded", String(!section.hidden));
    stop();
    asked += 1;
    if (!section.hidden) choose();
    tell();
    if (section.hidden) return opener.focus({ preventScroll: true });
    section.scrollIntoView({ block: "nearest" });
    section.focus({ preventScroll: true });
    return ask();
  }

  /** Be open at a place as the store has it, or closed. */
  function stand(place) {
    if (!place) return section.hidden || toggle();
    for (const name of ["network", "layer", "sample"]) offerAndPick(name, place[name]);
    [at, pass] = [place.at, null];
    return section.hidden ? toggle() : ask();
  }

  /** The layers offered depend on the network. */
  function offerAndPick(name, value) {
    choose();
    const known = name === "sample" || [...pick[name].options].some((option) => option.value === String(value));
    if (known) pick[name].value = value === null ? "" : String(value);
  }

  /** The networks and layers there are. */
  function choose() {
    const { spec } = store.get();
    if (!spec) return; // the opening experiment is on its way
    const options = (list) => list.map((text, i) => h("option", { value: i }, text));
    const chosen = Math.min(Number(pick.network.value) || 0, spec.networks.length - 1);
    pick.network.replaceChildren(...options(spec.networks.map(({ label }) => label)));
    pick.network.value = String(chosen);
    const layers = Array.from({ length: spec.networks[chosen].layers }, (_, i) => i + 1);
    const layer = Math.min(Number(pick.layer.value) || 0, layers.length - 1);
    pick.layer.replaceChildren(...options(layers));
    pick.layer.value = String(layer);
    $("#walk-layer-label").hidden = layers.length < 2;
    pick.sample.placeholder = String(spec.probe.sample);
  }

  $("#walk-close").addEventListener("click", toggle);
  $("#walk-play").addEventListener("click", play);
  const moves = { "walk-first": () => -Infinity, "walk-back": () => -1, "walk-on": () => 1, "walk-last": () => Infinity };
  for (const [id, by] of Object.entries(moves)) $(`#${id}`).addEventListener("click", () => step(by()));
  slider.addEventListener("input", () => (stop(), go(Number(slider.value))));
  for (const name of ["network", "layer", "sample"]) pick[name].addEventListener("change", () => (choose(), ask()));
  pick.unit.addEventListener("input", () => pass && fill());
  section.addEventListener("keydown", (event) => {
    const keys = { " ": play, ArrowRight: () => step(1), ArrowLeft: () => step(-1), Home: () => step(-Infinity), End: () => step(Infinity), Escape: toggle };
    const act = keys[event.key];
    const own = event.target instanceof Element && event.target.matches("input, select, button") && event.key !== "Escape";
    if (!act || own || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });
  new ResizeObserver(() => draw()).observe($("#walk-graph").parentElement);
  new MutationObserver(() => draw()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  store.watch((state) => state.era, () => {
    [pass, at, first] = [null, 0, 0];
    stop();
    asked += 1;
    if (section.hidden) return;
    choose();
    if (playing(store.get())) ask(); // else it follows the picture
  });
  // The walk follows the picture: another one shown and still, another pass.
  store.watch(pictured, (now) => now && !section.hidden && ask());
  return { toggle, stand };
}

/** Where the walk stands, in a sentence. */
function sentence(pass, at, spoken) {
  const { kind, data } = pass.events[at];
  if (kind === "loss") return WORDS.loss(number(data.loss));
  if (kind === "forward") return WORDS.forward(data.t, pass.T, spoken.inputs(data.t), spoken.outputs(data.t)[0]);
  const product = "log_norm" in data ? WORDS.reaches(data.t, data.k, power(data.log_norm ?? -Infinity)) : "";
  return WORDS.backward(data.k, number(norm(data.d_hidden)), product);
}
