// A lesson: its own run, the pictures it needs, buttons that change the run, and a question at the end.
import * as api from "../api.js";
import { $, $$, formula, h, say } from "../dom.js";
import { mountFigure } from "../figures.js";
import { powers } from "../format.js";
import "../printing.js";
import { createMap } from "../surface/lesson.js";
import { phrase } from "../tongue.js";
import { mountWorked } from "../views/worked.js";
import { WORDS } from "../words.js";
import { mountQuestion } from "./question.js";

const lesson = JSON.parse($("#lesson").textContent);
const host = $("#pictures");
const worked = mountWorked($("#by-hand"));
let here = { run: "", spec: lesson.spec, step: 0 };
let changes = {};
let mounted = [];
let turn = 0; // numbers the wishes: a late answer never overwrites a newer one

/** A spec with dotted names replaced. */
export function changed(spec, set) {
  const made = structuredClone(spec);
  for (const [name, value] of Object.entries(set)) {
    const path = name.split(".");
    const last = path.pop() ?? "";
    path.reduce((at, part) => (at[part] ??= {}), made)[last] = value;
  }
  return made;
}

/** Begin a run of the lesson's experiment with the changes so far. */
async function begin() {
  const mine = ++turn;
  const run = await api.create(changed(lesson.spec, changes));
  const { figures } = await api.figures(run.id);
  if (mine !== turn) return void api.drop(run.id).catch(() => {});
  if (here.run) api.drop(here.run).catch(() => {});
  here = { run: run.id, spec: run.spec, step: 0 };
  build(figures);
  await show();
}

function build(figures) {
  for (const { plot } of mounted) plot.destroy();
  host.replaceChildren();
  mounted = lesson.figures.map((id) => {
    if (id === "surface") return surface();
    const figure = figures.find((other) => other.id === id);
    const div = h("div.plot");
    const panel = h("figure.panel", { "data-figure": id }, h("figcaption", {}, h("h3", {}, ...formula(figure.title))), div);
    const { kind, grid } = figure.template.layout?.meta ?? {};
    panel.dataset.kind = kind ?? "";
    if (grid) panel.dataset.columns = grid.columns;
    host.append(panel);
    return { id, learns: figure.bindings.some(({ path }) => path.startsWith("metrics.")), plot: mountFigure(div, figure) };
  });
}

/** The map of the loss: it is asked for, not fed. */
function surface() {
  const { element, plot } = createMap();
  host.append(element);
  return { id: "surface", learns: false, plot };
}

async function show(rows = []) {
  const [mine, { run, step }] = [turn, here];
  const frame = await api.frame(run, step);
  if (mine !== turn || step !== here.step) return; // another run, or a later step
  for (const { plot, learns } of mounted) {
    if (learns) plot.feedRows(rows);
    plot.feed(frame);
    plot.freeze();
  }
  for (const { plot } of mounted) await plot.ask?.(run, step);
  if (mine !== turn || step !== here.step) return;
  say($("#where"), WORDS.step(step));
  verdicts(frame.networks);
  $("#by-hand").hidden = !lesson.worked;
  if (lesson.worked) await byHand();
  performance.clearMarks("frame-drawn");
  performance.mark("frame-drawn", { detail: { step } });
}

async function byHand() {
  await worked.show(here.run, here.step, 0, here.spec);
  for (const details of $$("details", $("#by-hand"))) details.open = true;
}

function verdicts(networks) {
  $("#verdicts").replaceChildren(
    ...networks.map((network, i) => {
      const item = h("li", {}, h("strong", {}, network.label), ` ${powers(phrase(network.diagnosis))} `, h("span.numbers", {}, WORDS.loss(network.loss)));
      item.style.setProperty("--network", `var(--network-${i + 1})`);
      return item;
    }),
  );
}

/** What a button does: `set` begins again with changes, `train` goes on. */
async function act({ set, train, reset }) {
  if (reset) changes = {};
  if (set) changes = { ...changes, ...set };
  if (set || reset) await begin();
  if (train) await learn(train);
}

async function learn(steps) {
  const mine = turn;
  const answer = await api.advance(here.run, steps);
  if (mine !== turn) return;
  here.step = answer.step;
  await show(answer.metrics);
}

let works = 0; // under way

async function attempt(work) {
  works += 1;
  for (const button of $$("[data-deed]")) button.disabled = true;
  say($("#trouble"), "");
  try {
    await work();
  } catch (error) {
    say($("#trouble"), error instanceof Error ? error.message : String(error));
  } finally {
    $("#trouble").hidden = !$("#trouble").textContent;
    works -= 1;
    for (const button of $$("[data-deed]")) button.disabled = works > 0;
  }
}

for (const button of $$("[data-deed]")) {
  button.addEventListener("click", () => attempt(() => act(lesson.buttons[Number(button.dataset.deed)])));
}
const recolour = () => mounted.forEach(({ plot }) => plot.theme());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", recolour);
new MutationObserver(recolour).observe(document.documentElement, { attributeFilter: ["data-theme"] });
mountQuestion(lesson, attempt, changed);
attempt(async () => {
  await begin();
  if (lesson.train) await learn(lesson.train);
});
addEventListener("pagehide", () => here.run && api.dropAtOnce(here.run).catch(() => {}));
addEventListener("pageshow", ({ persisted }) => persisted && ((here = { ...here, run: "" }), attempt(begin))); // its run is gone
