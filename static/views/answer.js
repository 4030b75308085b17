// A tab that asks the server: why it vanished, or the spectra. Asked only while open, one question at a time.
import { $, formula, h, say } from "../dom.js";
import { follow } from "../figures/following.js";
import { mountStill } from "../figures/still.js";
import { count } from "../format.js";
import { SEEN } from "../see-words.js";
import { answerTables } from "./answer-tables.js";
import { createAsking } from "./asking.js";
import { createTaking } from "./taking.js";

const BREATH_MS = 1000; // while it trains, at most one question a second, and half of the time none

/** @param {any} name "why" or "spectra" @param {Store} store @param {any} actions @param {HTMLElement} element its place */
export function createAnswer(name, store, actions, element) {
  const words = SEEN[name];
  const plot = h("div.plot", { role: "img", "aria-labelledby": `title-${name}`, "aria-describedby": `told-${name}` });
  const told = h("ul.told", { id: `told-${name}` });
  const head = h("summary", {}, h("h2", { id: `title-${name}` }, words.title));
  const about = h("details.about", {}, head, h("p", {}, ...formula(words.help)));
  const at = h("p.quiet", { role: "status" }, SEEN.waiting);
  const error = h("p.error", { role: "alert", hidden: true });
  const layers = h("select", { onchange: () => asking.refresh() });
  const layered = h("label", { hidden: true }, SEEN.layer, " ", layers);
  const query = () => ({ layer: Number(layers.value) || 0 });
  const taking = createTaking(name, plot, { answer: () => drawn, tables: answerTables, query, data: SEEN.data });
  element.replaceChildren(about, h("div.surface-tools", {}, layered, ...taking.tools), told, plot, taking.place, at, error);
  /** @type {any} the answer on screen */
  let drawn = null;

  async function show(answer) {
    drawn = answer;
    await paint();
  }

  async function paint() {
    const answer = drawn;
    if (!answer || !plot.clientWidth) return;
    const items = answer.networks.map((network, i) => item(network, i));
    if (told.textContent !== items.map((li) => li.textContent).join("")) told.replaceChildren(...items);
    say(at, SEEN.ofStep(count(answer.step)));
    taking.refresh();
    await mountStill(plot, answer);
    plot.dataset.step = String(answer.step);
  }

  const item = (network, i) =>
    h("li", { style: `--network: var(--network-${(i % 4) + 1})` }, h("strong", {}, named(network)), ` ${words.told(network)}`);

  const deepest = () => Math.max(1, ...(store.get().spec?.networks ?? []).map((network) => network.layers ?? 1));

  /** The layers there are to choose from; a network that is not as deep answers for its last one. */
  function offer(depth) {
    const chosen = Math.min(query().layer, depth - 1);
    layers.replaceChildren(...Array.from({ length: depth }, (_, i) => h("option", { value: String(i) }, String(i + 1))));
    layers.value = String(chosen);
    layered.hidden = depth < 2;
  }

  const named = ({ label, layer }) => (deepest() > 1 ? SEEN.ofLayer(label, layer + 1) : label);

  function trouble(text) {
    error.hidden = !text;
    if (text && !drawn) say(at, "");
    say(error, text);
  }

  follow(plot, paint);
  store.watch(deepest, offer);
  const asking = createAsking(store, actions, name, { query, show, trouble, breath: BREATH_MS, share: 1 });
  return asking.open;
}
