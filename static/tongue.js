// What the page says, in the language of the page: the server has put the catalogue into it.
import { told } from "./hover.js";

/** @type {{lang?: string, texts?: Record<string, string>, phrases?: [string, string][]}} */
const catalogue = JSON.parse(globalThis.document?.getElementById("catalogue")?.textContent || "{}");
const texts = catalogue.texts ?? {};

/** A message in the page's language, its {names} filled in. */
export const _ = (text, values) => (values ? told(texts[text] ?? text, values) : (texts[text] ?? text));

const patterns = (catalogue.phrases ?? []).map(([from, to]) => compile(from, to));

function compile(from, to) {
  const names = [...from.matchAll(/\{(\w+)\}/g)].map((found) => found[1]);
  const parts = from.split(/\{\w+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return { find: new RegExp(`^${parts.join("(.+?)")}$`, "s"), names, to };
}

/** An English sentence of the engine in the page's language; what no pattern knows stays as it is. */
export function phrase(text) {
  if (!patterns.length || !text) return text;
  const end = text.endsWith(".") ? "." : "";
  return phraseOf(text.slice(0, text.length - end.length)) + end;
}

function phraseOf(text) {
  for (const { find, names, to } of patterns) {
    const found = find.exec(text);
    if (found && !found.slice(1).some((part) => part.includes("; "))) {
      return told(to, Object.fromEntries(names.map((name, i) => [name, phraseOf(found[i + 1])])));
    }
  }
  return text.includes("; ") ? text.split("; ").map(phraseOf).join("; ") : text;
}
