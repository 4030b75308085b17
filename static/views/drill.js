// One product ∂h_t/∂h_k in full: its matrix, its norm, its singular values, its factors in words.
import * as api from "../api.js";
import { decode } from "../arrays.js";
import { $, AT, h, say } from "../dom.js";
import { WORDS } from "../drill-words.js";
import { mountMatrix } from "../figures/still.js";
import { number } from "../format.js";
import { pictured } from "../pictured.js";
import { power } from "../powers.js";

export function mount(store, actions) {
  const drawer = $(AT.drill);
  const inputs = { t: $("#drill-t"), k: $("#drill-k") };
  let asked = 0; // numbers the questions: a late answer is dropped
  /** @type {Element | null} */
  let opener = null;

  /** Ask for the product of `pick` = {network, layer, t, k} at the step on screen. */
  async function open(pick) {
    if (!store.get().spec) return; // the opening experiment is on its way
    if (drawer.hidden) opener = document.activeElement;
    const mine = ++asked;
    store.send({ type: "drill", drill: pick });
    if (drawer.hidden) {
      drawer.hidden = false;
      document.body.toggleAttribute("data-drill", true);
      drawer.focus({ preventScroll: true });
    }
    head(pick);
    if (store.get().supposing) return complain(WORDS.noDrill);
    try {
      const { id } = await actions.ensureRun();
      if (mine !== asked) return; // closed, or another experiment came, before there was a run to ask
      const step = store.get().shown?.step ?? 0;
      const answer = await api.jacobian(id, { ...pick, step });
      if (mine === asked) show(pick, answer);
    } catch (error) {
      if (mine === asked) complain(error instanceof Error ? error.message : String(error));
    }
  }

  function head({ network, t, k }) {
    const { spec, shown } = store.get();
    say($("#drill-title"), WORDS.product("h", t, k));
    say($("#drill-step"), WORDS.ofNetwork(spec.networks[network]?.label ?? "", shown?.step ?? 0));
    [inputs.t.value, inputs.k.value] = [t, k];
  }

  function show({ t, k }, answer) {
    complain("");
    mountMatrix($("#drill-matrix"), answer, store.get().figures.find(({ matrices }) => matrices).matrices);
    const values = numbers(answer.singular_values);
    $("#drill-facts").replaceChildren(...facts(answer, values).flatMap(([what, value]) => [h("dt", {}, what), h("dd", {}, value)]));
    say($("#drill-words"), words(answer, values, t, k));
    say($("#drill-values"), values.map(number).join("  "));
  }

  function complain(message) {
    $("#drill-error").hidden = !message;
    say($("#drill-error"), message);
  }

  function close() {
    asked += 1;
    drawer.hidden = true;
    document.body.toggleAttribute("data-drill", false);
    store.send({ type: "drill", drill: null });
    if (opener instanceof HTMLElement) opener.focus({ preventScroll: true });
  }

  const toggle = () => {
    if (!drawer.hidden) return close();
    const T = (store.get().shown?.t_steps && numbers(store.get().shown.t_steps).at(-1)) ?? 0;
    open({ network: 0, layer: 0, t: T, k: 0 });
  };

  /** @param {CustomEvent} event a cell of a map was picked: the drawer opens beside it */
  function picked(event) {
    const { network, layer, t, k } = event.detail;
    const box = event.target instanceof Element ? event.target.getBoundingClientRect() : { left: 0, width: 0 };
    drawer.dataset.side = box.left + box.width / 2 > innerWidth * 0.6 ? "left" : "right";
    open({ network, layer, t, k });
  }

  $("#drill-close").addEventListener("click", close);
  drawer.addEventListener("keydown", (event) => event.key === "Escape" && close());
  for (const input of Object.values(inputs)) {
    input.addEventListener("change", () => {
      const { drill } = store.get();
      if (drill) open({ ...drill, t: Number(inputs.t.value), k: Number(inputs.k.value) });
    });
  }
  store.watch((state) => state.figures, () => drawer.hidden || close());
  // The product follows the picture: another one shown and still, another question.
  store.watch(pictured, (now) => now && store.get().drill && open(store.get().drill));

  /** Be open at a product, or closed. */
  const stand = (pick) => (pick ? open(pick) : drawer.hidden || close());
  return { open, close, toggle, picked, stand };
}

/** JSON has no infinities: an exact zero's log comes as null. */
const bounded = (log) => log ?? -Infinity;

function facts(answer, values) {
  const rows = [[WORDS.norm, power(bounded(answer.log_norm))]];
  if (values.length) rows.push([WORDS.largest, power(Math.log10(values[0]))], [WORDS.smallest, power(Math.log10(values.at(-1)))]);
  if (answer.carousel) rows.push([WORDS.cellNorm, power(bounded(answer.cell_log_norm))]);
  return rows;
}

function words({ factor_log_norms }, values, t, k) {
  if (t === k) return WORDS.same;
  const logs = numbers(factor_log_norms);
  const reach = WORDS.reach(t, k, values[0], values[Math.floor(values.length / 2)]);
  return `${reach} ${WORDS.factors(t - k, Math.min(...logs), Math.max(...logs))}`;
}

/** A wire array as plain numbers. */
const numbers = (array) => Array.from(decode(array)?.data ?? []);
