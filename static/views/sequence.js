// The sequence as people read it, step by step over the maps: what goes in, the target and what each network says.
import { decode } from "../arrays.js";
import { $, h, say } from "../dom.js";
import { isRight, kindOf, readInput, readOutput, readTarget, rowOf } from "../reading.js";
import { playing } from "./transport.js";
import { WORDS } from "../words.js";

const MOST = 240; // steps shown
const FEW = 30; // steps whose numbers have room for their 0
const CALM = 200; // ms between two changes while it trains: nobody reads faster

export function mountSequence(store) {
  const host = $("#sequence");
  let built = ""; // the inputs the row was built of
  let told = 0;

  store.watch((state) => state.shown, (frame) => frame?.networks?.[0].inputs && show(frame));
  store.watch((state) => playing(state), (on) => !on && store.get().shown?.networks?.[0].inputs && show(store.get().shown, true));

  function show(frame, now = false) {
    const { names, spec, era } = store.get();
    const parts = read(frame, names);
    const key = JSON.stringify([era, spec.probe.sample, parts.words, parts.wanted]);
    if (key !== built) {
      host.replaceChildren(table(parts, frame.networks, spec.probe.sample));
      built = key;
    } else if (!now && playing(store.get()) && performance.now() - told < CALM) return;
    told = performance.now();
    frame.networks.forEach((network, i) => answers(parts, names, network, i));
  }

  function answers({ wanted, targets, count }, names, network, i) {
    const outputs = decode(network.outputs);
    for (let t = 1; t <= count; t++) {
      const cell = $(`[data-network="${i}"] [data-t="${t}"]`, host);
      if (!cell) continue;
      const [output, target] = [rowOf(outputs, t - 1), rowOf(targets, t - 1)];
      const right = wanted[t - 1] ? isRight(names, output, target) : null;
      say(cell, `${cell.dataset.label ?? ""}${readOutput(names, output)}${right === null ? "" : right ? " ✓" : " ✗"}`);
    }
  }
}

/** What the shown sample holds. */
function read({ networks }, names) {
  const { inputs, targets, length } = networks[0];
  const given = /** @type {Values} */ (decode(inputs));
  const wished = decode(targets);
  const all = Array.from({ length: length ?? given.shape[0] }, (_, i) => rowOf(given, i));
  const kind = kindOf(all);
  const count = Math.min(MOST, all.length);
  const wanted = all.slice(0, count).map((_, i) => readTarget(names, rowOf(wished, i)));
  return { kind, all, count, targets: wished, wanted, words: all.slice(0, count).map((row) => readInput(names, kind, row)) };
}

/** Many numbers stand as .57, so that they stand in one line. */
const tight = (words) => (words.length > FEW ? words.map((word) => word.replace(/(^|[ −])0\./g, "$1.")) : words);

function table({ kind, all, count, words: full, wanted }, networks, sample) {
  const words = kind === "numbers" ? tight(full) : full;
  const once = wanted.filter(Boolean).length <= 1; // one answer for the whole sequence
  const steps = Array.from({ length: count }, (_, i) => i + 1);
  const marked = all[0].length === 2 && all.every((row) => row[1] === 0 || row[1] === 1) && kind === "numbers";
  const cell = (t) => {
    const [value, flag] = marked ? [words[t - 1].split(" ")[0], all[t - 1][1]] : [words[t - 1], 0];
    return h("td", { "data-t": t, title: `t = ${t}: ${words[t - 1]}`, class: flag ? "flag" : null }, kind === "curve" ? "" : value);
  };
  const rows = [h("tr", { class: `given ${kind}` }, h("th", { scope: "row" }, WORDS.row.input), ...steps.map(cell))];
  if (once) rows.push(answer(networks, wanted, count));
  else {
    rows.push(h("tr", { class: "wanted" }, h("th", { scope: "row" }, WORDS.row.target), ...steps.map((t) => h("td", { "data-t": t }, wanted[t - 1]))));
    rows.push(...networks.map(({ label }, i) => coloured(h("tr", { "data-network": i }, h("th", { scope: "row" }, label), ...steps.map((t) => h("td", { "data-t": t }))), i)));
  }
  const made = h("table", { "aria-label": WORDS.row.sample(sample) }, ...rows);
  if (kind === "curve") import("./curve-row.js").then(({ curve }) => rows[0].children[1].append(curve(all.slice(0, count).map(([v]) => v))));
  const widest = Math.max(...words.map((word) => (marked ? word.split(" ")[0] : word).length), once ? 1 : 2);
  made.style.minWidth = kind === "curve" ? `${4 * count}px` : `${4 + count * (0.44 * widest + 0.3)}rem`;
  return count < all.length ? h("div", {}, made, h("p.quiet", {}, WORDS.row.short(count))) : made;
}

/** Many to one: the target and each network's answer stand together, at the end. */
function answer(networks, wanted, count) {
  const at = wanted.findIndex(Boolean) + 1 || count;
  const says = networks.map(({ label }, i) => coloured(h("span", { "data-network": i }, h("span", { "data-t": at, "data-label": `${label} ` })), i));
  return h("tr.wanted", {}, h("th", { scope: "row" }, WORDS.row.target), h("td", { colspan: count, class: "end" }, h("b", { "data-t": at }, wanted[at - 1]), ...says));
}

function coloured(element, i) {
  element.style.setProperty("--network", `var(--network-${i + 1})`);
  return element;
}
