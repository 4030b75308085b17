// Predict, then reveal: the truth is what the engine computes for the question's own run, asked for only then.
import * as api from "../api.js";
import { decode, resolve } from "../arrays.js";
import { $, $$, h, say } from "../dom.js";
import { WORDS } from "./words.js";
import { createDecay } from "./decay.js";
import { nearness } from "./score.js";

/** @param {(work: () => Promise<void>) => Promise<void>} attempt @param {(spec: any, set: any) => any} changed */
export function mountQuestion(lesson, attempt, changed) {
  const { question, options } = lesson;
  const field = { line: line, pick: pick, number: value }[question.kind]();

  /** The numbers at a path in the frame of the question's run, after its training. */
  async function truthOf(path, set = {}) {
    const run = await api.create(changed(changed(lesson.spec, question.set ?? {}), set));
    try {
      if (question.train) await api.advance(run.id, question.train);
      const frame = await api.frame(run.id, question.train ?? 0);
      const found = resolve(frame, path);
      return typeof found === "number" ? [found] : Array.from(decode(found)?.data ?? []);
    } finally {
      api.drop(run.id).catch(() => {});
    }
  }

  let handed = 0; // answers
  const last = (numbers) => numbers.filter((x) => !Number.isNaN(x)).at(-1) ?? NaN;

  function line() {
    const decay = createDecay(question);
    $("#answer-field").replaceChildren(decay.element);
    return async () => {
      const truth = await truthOf(question.path);
      decay.reveal(truth);
      const off = decay.error(truth);
      return WORDS.line(off, nearness(off));
    };
  }

  function pick() {
    const rows = options.map((label, i) => h("label", {}, h("input", { type: "radio", name: "pick", value: i }), label));
    $("#answer-field").replaceChildren(h("fieldset.choices", { "aria-labelledby": "ask" }, ...rows));
    return async () => {
      const chosen = $("input[name=pick]:checked");
      if (!chosen) return WORDS.choose;
      const values = [];
      for (const { path, set } of question.options) values.push(last(await truthOf(path, set)));
      const order = question.best === "least" ? (a, b) => a < b : (a, b) => a > b;
      const best = values.reduce((at, v, i) => (order(v, values[at]) ? i : at), 0);
      $$("#answer-field label").forEach((row, i) => {
        $(".found", row)?.remove();
        row.append(h("span.found.quiet", {}, WORDS.found(values[i], question.log !== false)));
      });
      return Number(chosen.value) === best ? WORDS.right : WORDS.wrong(options[best]);
    };
  }

  function value() {
    const input = h("input", { type: "number", step: "any", id: "guess", "aria-labelledby": "ask" });
    $("#answer-field").replaceChildren(input);
    return async () => {
      if (input.value === "") return WORDS.choose;
      const guess = Number(input.value); // as it was handed in
      const found = last(await truthOf(question.path));
      const truth = question.power ? 10 ** found : found;
      const off = Math.abs(guess - truth) / Math.max(Math.abs(truth), 1e-300);
      return WORDS.number(truth, off <= question.within);
    };
  }

  $("#answer").addEventListener("submit", (event) => {
    event.preventDefault();
    const mine = ++handed;
    attempt(async () => {
      const said = await field();
      if (mine !== handed) return; // another answer has been handed in
      say($("#verdict"), said);
      if (said !== WORDS.choose) $("#explained").hidden = false;
    });
  });
}
