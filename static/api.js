// What the server can be asked for, in one place.
import { call as ask, ROOT } from "./http.js";
import { refusal } from "./refusal.js";
import { ApiError } from "./refused.js";

export { ApiError };

const query = (values) => {
  const kept = Object.entries(values).filter(([, value]) => value !== undefined && value !== null);
  return kept.length ? `?${new URLSearchParams(kept)}` : "";
};

const tokens = new Map(); // run id -> owner's token

const url = (run, ...rest) => [`${ROOT}api/runs`, encodeURIComponent(run), ...rest].join("/");

export const opening = () => call("GET", `${ROOT}opening.json`);
export const presets = () => call("GET", `${ROOT}api/presets`);
export const pause = (run) => call("POST", url(run, "pause"), { run });
export const play = (run) => call("POST", url(run, "play"), { run });
export const advance = (run, steps) => call("POST", url(run, "advance"), { run, body: { steps } });
export const patch = (run, changes) => call("PATCH", url(run), { run, body: changes });
/** Nobody asks for the run any more: it goes when what was asked of it has been answered, so that nothing is refused. */
export const drop = (run) => answered(url(run)).then(() => dropAtOnce(run));
/** For a page that is being left: nothing can be waited for. */
export const dropAtOnce = (run) => call("DELETE", url(run), { run, keepalive: true });
export const state = (run) => call("GET", url(run));
export const figures = (run) => call("GET", url(run, "figures"));
export const frame = (run, step, options = {}) => call("GET", url(run, "frames", step) + query(options));
export const jacobian = (run, options) => call("GET", url(run, "jacobian") + query(options));
/** One pass, as the text of an event stream. */
export const walk = (run, options) => call("GET", url(run, "walk") + query(options), { read: String });
/** The worked example of a tiny network, as a piece of the page. */
export const worked = (run, options) => call("GET", url(run, "worked") + query({ ...options, format: "html" }), { read: String });
/** Why it vanished, the spectra or the loss surface, drawn for all networks. @param {string} run @param {"why" | "spectra" | "surface"} name @param {object} options */
export const drawn = (run, name, options) => call("GET", url(run, name) + query({ ...options, format: "figure" }));
export const marks = (run) => call("GET", url(run, "marks"));
export const trust = (run, step) => call("GET", url(run, "trust") + query({ step }));
export const whatIf = (run, step, changes) => call("POST", url(run, "whatif") + query({ step }), { run, body: changes });
/** Where a file of a run lies. */
export const address = (run, name, options = {}) => url(run, ...name.split("/")) + query(options);
/** The server's own address, without a slash at its end. */
export const base = () => new URL(ROOT, location.href).href.replace(/\/$/, "");
export const streamUrl = (run, options) => url(run, "stream") + query(options);

const sweepUrl = (sweep, ...rest) => [`${ROOT}api/sweeps`, encodeURIComponent(sweep), ...rest].join("/");
export const sweepState = (sweep) => call("GET", sweepUrl(sweep));
export const sweepFigure = (sweep, options) => call("GET", sweepUrl(sweep, "figure") + query(options));
export const sweepStreamUrl = (sweep, options) => sweepUrl(sweep, "stream") + query(options);
export const sweepCsvUrl = (sweep) => sweepUrl(sweep, "results") + query({ format: "csv" });
export const dropSweep = (sweep) => answered(sweepUrl(sweep)).then(() => call("DELETE", sweepUrl(sweep), { run: sweep }));

/** Begin a sweep; its owner's token, if there is one, is kept for the calls that change it. */
export async function createSweep(body) {
  const sweep = await call("POST", `${ROOT}api/sweeps`, { body });
  if (sweep.token) tokens.set(sweep.id, sweep.token);
  return sweep;
}

/** Create a run; its owner's token, if there is one, is kept for the calls that change it. */
export async function create(spec) {
  if (place) return createAtHome(spec);
  const run = await call("POST", `${ROOT}api/runs`, { body: spec });
  if (run.token) tokens.set(run.id, run.token);
  return run;
}

/** A run of its own that goes on from a step of another; the token is kept as in `create`. */
export async function fork(run, step, changes) {
  const made = await call("POST", url(run, "fork"), { run, body: { step, changes } });
  if (made.token) tokens.set(made.id, made.token);
  return made;
}

/** The safetensors file of a network's weights at a step, as it is. */
export async function weights(run, network, step) {
  const address = url(run, "weights") + query({ network, step });
  const response = await underWay(address, fetch(address).catch(() => null));
  if (!response?.ok) throw refusal(response?.status ?? 0, response ? await response.text() : "");
  return response.arrayBuffer();
}

// --- a class ---

/** @type {{code: string, member: number, token: string, run: string} | null} */
let place = null; // where a student is at home
const roomUrl = (code, ...rest) => [`${ROOT}api/rooms`, encodeURIComponent(code), ...rest].join("/");

/** From now on runs are made in a room, and belong to its member. */
export function enter(code, { member, token, run }) {
  place = { code, member, token, run };
  tokens.set(run, token);
}
export const home = () => place;

/** A student's new run takes the place of the old one, which the server deletes. */
async function createAtHome(spec) {
  const { code, member, token, run: old } = place ?? { code: "", member: 0, token: "", run: "" };
  await answered(url(old));
  const run = await call("POST", roomUrl(code, "members", member, "run"), { body: { spec }, bearer: token });
  enter(code, { member, token, run: run.id });
  return run;
}

/** The teacher's key, kept as long as the tab. @param {string} [key] */
export function teacherKey(key) {
  try {
    if (key !== undefined) sessionStorage.setItem("teacher", key);
    return sessionStorage.getItem("teacher") ?? "";
  } catch {
    return "";
  }
}

const taught = (method, address, body) => call(method, address, { body, bearer: teacherKey() });
export const room = (code) => call("GET", roomUrl(code.trim() || "-"));
export const join = (code, nickname) => call("POST", roomUrl(code, "members"), { body: { nickname } });
export const roomStreamUrl = (code, options = {}) => roomUrl(code, "stream") + query(options);
export const rooms = () => taught("GET", `${ROOT}api/rooms`);
export const runs = () => taught("GET", `${ROOT}api/runs`);
export const makeRoom = (body) => taught("POST", `${ROOT}api/rooms`, body);
export const closeRoom = (code) => taught("DELETE", roomUrl(code));
export const showRoom = (code, now) => taught("PUT", roomUrl(code, "now"), now);
export const pauseAny = (run) => taught("POST", url(run, "pause"));
export const dropAny = (run) => taught("DELETE", url(run));

/** @type {Map<Promise<any>, string>} what is being asked, and where */
const asked = new Map();

/** @template T @param {string} address @param {Promise<T>} answer */
function underWay(address, answer) {
  asked.set(answer, address);
  const over = () => asked.delete(answer);
  answer.then(over, over);
  return answer;
}

/** When everything asked below an address has been answered. @param {string} address */
const answered = (address) => {
  const below = ([, at]) => `${at.split("?")[0]}/`.startsWith(`${address}/`);
  return Promise.allSettled([...asked].filter(below).map(([answer]) => answer));
};

/** As `call` of http.js; a run's own token goes along. @param {string} method @param {string} address @param {any} [options] */
const call = (method, address, { run, bearer, ...options } = {}) =>
  underWay(address, ask(method, address, { ...options, bearer: bearer || tokens.get(run) }));
