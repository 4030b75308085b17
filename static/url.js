// The only file that touches `location`: the link is the experiment.
// `#` + base64url of compact JSON {"v": 1, "spec": {…}}; a bare JSON spec after `#` is read, too.

import { WORDS } from "./words.js";

export class BrokenLink extends Error {}

/** @param {{spec: object}} experiment what a link carries; later fields (step, view …) travel unchanged. */
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

export const read = () => decode(location.hash);
export const here = (experiment) => location.href.split(/[?#]/)[0] + encode(experiment);

/** Names of controls and panels that the link hides: `?hide=a,b`, and `hide` of its experiment. */
export function hidden(experiment, search = location.search) {
  const asked = new URLSearchParams(search).get("hide")?.split(",") ?? [];
  const carried = Array.isArray(experiment?.hide) ? experiment.hide : [];
  return [...new Set([...asked, ...carried])].filter(Boolean);
}

/** The experiment of a whole link. */
export function specOf(link) {
  const experiment = decode(link.includes("#") ? link.slice(link.indexOf("#")) : link);
  if (!experiment) throw new BrokenLink("it holds no experiment");
  return experiment.spec;
}

/** The room of the page's address, and whether its teacher is here. */
export function room() {
  const asked = new URLSearchParams(location.search);
  return { code: asked.get("room") ?? "", teach: asked.has("teach") };
}

export const enterRoom = (code) => history.replaceState(null, "", `?room=${encodeURIComponent(code)}`);
export const student = (code) => `.?room=${encodeURIComponent(code)}`;
export const lead = (code) => `.?room=${encodeURIComponent(code)}&teach`;
export const wall = (code) => `wall?room=${encodeURIComponent(code)}`;

/** Put the experiment into the address bar, as a new entry so that "back" returns to the one before. */
export function write(experiment) {
  const hash = experiment ? encode(experiment) : "";
  if (hash !== location.hash) history.pushState(null, "", hash || location.pathname + location.search);
}

/** Call `tell()` when the user goes back, forward, or edits the link. */
export const onChange = (tell) => addEventListener("popstate", tell);

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
