// The loss surface among the views: asked while it is open, one question at a time, for the step on screen.
import * as api from "../api.js";
import { formula, h, say } from "../dom.js";
import { follow } from "../figures/following.js";
import { SEEN } from "../see-words.js";
import { createAsking } from "../views/asking.js";
import { createTaking } from "../views/taking.js";
import { playing } from "../views/transport.js";
import { draw, tables, whole } from "./map.js";
import { closeness, items } from "./parts.js";
import { SURFACE } from "./words.js";

const BREATH_MS = 2000; // while it trains: a map takes a worker for a moment

/** @param {any} store @param {any} actions @param {HTMLElement} element the panel, to be filled */
export function createPanel(store, actions, element) {
  const words = h("ul.told", { id: "told-surface" });
  const plot = h("div.plot", { role: "img", "aria-labelledby": "title-surface", "aria-describedby": "told-surface" });
  const at = h("p.quiet", { role: "status" }, SEEN.waiting);
  const error = h("p.error", { role: "alert", hidden: true });
  const cuts = h("select", { id: "surface-clipped", "aria-label": SURFACE.clipped(0), disabled: true, hidden: true });
  const zoom = closeness(() => asking.refresh());
  const query = () => ({ zoom: zoom.now() });
  const taking = createTaking("surface", plot, { answer: () => drawn, tables, query, data: SURFACE.data });
  const tools = h("div.surface-tools", {}, ...zoom.buttons, cuts, ...taking.tools);
  const head = h("summary", {}, h("h2", { id: "title-surface" }, SURFACE.title));
  element.replaceChildren(h("details.about", {}, head, h("p", {}, ...formula(SURFACE.help))), tools, words, plot, taking.place, at, error);

  let marked = ""; // the run and step whose clipped steps are asked for
  let of = ""; // the run whose clipped steps are listed
  /** @type {any} */
  let drawn = null;

  async function show(answer, id) {
    drawn = whole(answer);
    await paint();
    list(id).catch(() => (marked = "")); // the map does without
  }

  async function paint() {
    if (!drawn || !element.clientWidth) return;
    items(words, drawn.networks);
    say(at, SURFACE.ofStep(drawn.step));
    taking.refresh();
    await draw(plot, drawn);
  }

  /** The steps that were clipped, to go to. @param {string} id */
  async function list(id) {
    const { step, spec } = store.get();
    const mine = `${id} ${step}`;
    if (playing(store.get()) || marked === mine) return;
    marked = mine;
    const found = (await api.marks(id)).marks.filter(({ kind }) => kind === "clipped");
    if (marked !== mine) return; // others have been asked for meanwhile
    of = id;
    const label = ({ network }) => (spec.networks.length > 1 ? `${spec.networks[network]?.label ?? network} · ` : "");
    const options = found.map((mark) => h("option", { value: mark.worst }, label(mark) + SURFACE.range(mark)));
    cuts.replaceChildren(h("option", { value: "" }, SURFACE.clipped(found.reduce((sum, mark) => sum + mark.count, 0))), ...options);
    cuts.setAttribute("aria-label", cuts.options[0].text);
    cuts.disabled = !found.length;
    cuts.hidden = false;
  }

  cuts.addEventListener("change", () => {
    const step = cuts.value;
    cuts.value = "";
    if (step !== "" && of === store.get().run?.id) actions.look(Number(step));
  });

  function trouble(text) {
    error.hidden = !text;
    if (text && !drawn) say(at, "");
    say(error, text);
  }

  follow(plot, paint);
  const asking = createAsking(store, actions, "surface", { query, show, trouble, breath: BREATH_MS, share: 2 });
  return { open: asking.open };
}
