// The run's live stream -> store. One EventSource for the page: a browser allows six connections to a
// host, so it is closed while the page is hidden and opened again where it was.
import * as api from "./api.js";
import { WORDS } from "./deed-words.js";

const ENDS = ["done", "failed", "cancelled"];
const PATIENCE = [500, 1000, 2000, 4000]; // ms before trying again after a lost connection

/** Follow runs into the store. @param {Store} store */
export function createStream(store, { EventSource = globalThis.EventSource } = {}) {
  /** @type {EventSource | null} */
  let source = null;
  /** @type {{run: string, options: object} | null} what should be streaming */
  let wanted = null;
  let attempts = 0;
  let timer = 0;
  /** Tell whoever waits that the server sends, or that there is nothing to wait for. @type {((nothing?: any) => void)[]} */
  let waiting = [];
  const arrived = () => waiting.splice(0).forEach((tell) => tell());

  function open() {
    close();
    if (!wanted || document.hidden) return;
    const { run, options } = wanted;
    const stream = new EventSource(api.streamUrl(run, { ...options, after: store.get().last }));
    source = stream;
    stream.onopen = () => {
      attempts = 0;
      arrived();
      store.send({ type: "connection", connection: "open" });
    };
    stream.onerror = () => lost();
    for (const [name, tell] of Object.entries(EVENTS)) {
      stream.addEventListener(name, (event) => tell(store, run, JSON.parse(event.data)));
    }
    for (const name of ENDS) stream.addEventListener(name, (event) => ended(name, run, JSON.parse(event.data)));
    stream.addEventListener("bye", lost);
  }

  function close() {
    clearTimeout(timer);
    source?.close();
    source = null;
  }

  // EventSource gives up for good on an HTTP error and would hide a restart; we ask again ourselves.
  function lost() {
    close();
    if (!wanted) return;
    const mine = wanted;
    const { run } = mine;
    arrived();
    store.send({ type: "connection", connection: "lost" });
    timer = setTimeout(async () => {
      attempts += 1;
      const answer = await api.state(run).catch((error) => error);
      if (wanted !== mine || source) return; // another run, or the same one again, was followed meanwhile
      if (!(answer instanceof Error)) return open();
      if (answer instanceof api.ApiError && answer.status === 404) return ended("failed", run, { message: WORDS.forgotten });
      lost();
    }, PATIENCE[Math.min(attempts, PATIENCE.length - 1)]);
  }

  function ended(name, run, data) {
    stop();
    const status = name === "done" ? (data.status ?? (data.diverged ? "diverged" : "finished")) : name;
    store.send({ type: "status", run, status, step: data.step, diverged: data.diverged });
    if (name === "failed") store.send({ type: "trouble", trouble: { title: data.message ?? data.error, fields: {} } });
  }

  function stop() {
    wanted = null;
    arrived();
    close();
    store.send({ type: "connection", connection: "none" });
  }

  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => event.persisted && open());
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));

  return {
    /** Resolves when everything that happens from now on will be seen. */
    follow(run, options) {
      const again = source && JSON.stringify(wanted) === JSON.stringify({ run, options });
      wanted = { run, options };
      if (again && store.get().connection === "open") return Promise.resolve();
      const there = new Promise((resolve) => waiting.push(resolve));
      if (document.hidden) arrived();
      else if (!again) open();
      return there;
    },
    stop,
  };
}

const EVENTS = {
  frame: (store, run, frame) => store.send({ type: "frame", run: frame.run, frame }),
  metrics: (store, run, { run: id, rows }) => store.send({ type: "metrics", run: id ?? run, rows }),
  status: (store, run, data) =>
    store.send({
      type: "status",
      run: data.run ?? run,
      status: data.status,
      step: data.step,
      rate: data.steps_per_second,
      diverged: data.diverged,
    }),
};
