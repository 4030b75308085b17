// Train the run on screen: play, pause, single steps, slow motion, to a step, with other settings.
import * as api from "./api.js";
import { playing } from "./views/transport.js";

const PIECE = 100; // steps of a link that are trained at a time

/** @param {Store} store @param {{deed: (work: (id: string, next: () => boolean) => any) => Promise<any>, follow: () => Promise<void>}} actions */
export function createTraining(store, { deed, follow }) {
  let timer = 0;
  let driving = 0; // number of the slow motion that goes on; 0: none
  let drives = 0;
  const now = () => store.get().run?.watching || store.send({ type: "now" });

  function play(perSecond) {
    now();
    return deed((id) => playing(store.get()) || begin(id, perSecond));
  }

  async function begin(id, perSecond) {
    if (perSecond) return drive(perSecond);
    if (store.get().connection === "none") await follow(); // it had ended, and goes on after a change
    await run(id);
  }

  /** The answer may come after the end of a short run: what the stream has told meanwhile is newer. */
  async function run(id) {
    let told = -1; // a watcher is told at once, too
    const leave = store.watch(({ status }) => status, () => (told += 1));
    const answer = await api.play(id).finally(leave);
    if (!told) store.send({ type: "status", run: id, status: answer.status, step: answer.step });
  }

  /** The stream tells that it rests, or that it had ended. */
  const pause = async () =>
    halt() ||
    deed(async (id) => {
      await api.pause(id);
    });

  /** Go on at another pace, unless something else was pressed meanwhile. */
  function pace(perSecond) {
    const driven = halt();
    return deed(async (id, next) => {
      if (!driven) await stop(id);
      if (!next()) await begin(id, perSecond);
    });
  }

  /** Pause, and wait until the page knows. */
  async function stop(id) {
    const { status, step: at } = await api.pause(id);
    await new Promise((resolve) => {
      const leave = store.watch((state) => state.status !== "running" || !streams(), (known) => known && (resolve(null), queueMicrotask(() => leave())));
    });
    if (!streams()) store.send({ type: "status", run: id, status, step: at });
  }

  function step() {
    now();
    return deed(single);
  }

  /** One step, drawn; false where there is none to be done. */
  const single = async (id) => store.get().status === "paused" && rest(id, await advance(id, 1));

  async function advance(id, steps) {
    const { metrics, status, step: at, diverged } = await api.advance(id, steps);
    if (!streams() && metrics[0]?.step <= store.get().last + 1) store.send({ type: "metrics", run: id, rows: metrics });
    store.send({ type: "status", run: id, status, step: at, diverged });
    return at;
  }

  /** Train to a step in pieces, until it is reached, or somebody does something else. */
  const trainTo = (to) =>
    deed(async (id, next) => {
      while (!next() && store.get().status === "paused" && store.get().step < to) {
        await advance(id, Math.min(PIECE, to - store.get().step));
      }
      if (!next()) await rest(id, store.get().step);
    });

  /** Slow motion: single steps by the clock, each one drawn. */
  function drive(perSecond) {
    const mine = (driving = ++drives);
    store.send({ type: "driving", driving: true });
    const beat = async () => {
      const began = performance.now();
      const done = await deed((id) => driving === mine && single(id));
      if (driving !== mine) return;
      if (!done || store.get().status !== "paused") return void halt();
      timer = setTimeout(beat, Math.max(0, 1000 / perSecond - (performance.now() - began)));
    };
    beat();
  }

  /** End slow motion; whether there was any. */
  function halt() {
    clearTimeout(timer);
    const was = driving > 0;
    driving = 0;
    if (was) store.send({ type: "driving", driving: false });
    return was;
  }

  /** The stream brings every row, and the frame at which a run rests; without a stream (a hidden page) we see to that. */
  const streams = () => store.get().connection === "open";

  async function rest(id, at) {
    if (streams()) return;
    store.send({ type: "frame", run: id, frame: await api.frame(id, at) });
  }

  /** Change live settings; the picture of a paused run follows at once. */
  function patch(changes) {
    store.send({ type: "trouble", trouble: null });
    return deed(async (id) => {
      const { spec, step: at } = await api.patch(id, changes);
      if (store.get().run?.id !== id) return false;
      store.send({ type: "spec", spec });
      if (store.get().status !== "running") await rest(id, at);
    });
  }

  return { play, pause, pace, step, trainTo, patch, halt };
}
