// The link is the experiment: `#` + base64url of compact JSON {"v": 1, "spec": {…}}; a bare JSON spec after `#` is read, too.
import { WORDS } from "./deed-words.js";

export class BrokenLink extends Error {}

/** @param {{spec: object, [more: string]: any}} experiment what a link carries; later fields (step, view …) travel unchanged. */
export function encode(experiment) {
  const bytes = new TextEncoder().encode(JSON.stringify({ v: 1, ...experiment, spec: lean(experiment.spec) }));
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return `#${btoa(text).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")}`;
}

/** The experiment of a hash; null for an empty one; BrokenLink when nothing sensible is in it. */
export function decode(hash) {
  const text = hash.replace(/^#/, "");
  if (!text) return null;
  let value;
  try {
    value = JSON.parse(/^(\{|%7B)/i.test(text) ? decodeURIComponent(text) : unpack(text));
  } catch {
    throw new BrokenLink(WORDS.cutLink);
  }
  const experiment = value?.spec ? value : { v: 1, spec: value };
  if (typeof experiment.spec?.task !== "object") throw new BrokenLink(WORDS.emptyLink);
  return experiment;
}

/** The experiment of a whole link. */
export function specOf(link) {
  const experiment = decode(link.includes("#") ? link.slice(link.indexOf("#")) : link);
  if (!experiment) throw new BrokenLink("it holds no experiment");
  return experiment.spec;
}

function unpack(text) {
  const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}

// Nulls are the defaults they stand for; leaving them out keeps links short.
function lean(value) {
  if (Array.isArray(value)) return value.map(lean);
  if (value === null || typeof value !== "object") return value;
  const kept = Object.entries(value).filter(([, v]) => v !== null);
  return Object.fromEntries(kept.map(([k, v]) => [k, lean(v)]));
}
