// What the user can do. Each action asks the server and tells the store; a late answer never overwrites a newer one.
import * as api from "./api.js";
import { WORDS } from "./deed-words.js";
import { createStream } from "./stream.js";

const PIECE = 100; // steps of a link that are trained at a time

/**
 * @param {Store} store
 * @param {() => string} views the frame arrays that are on screen, comma-separated
 * @param {{follow: Function, stop: Function}} [stream]
 */
export function createActions(store, views, stream = createStream(store)) {
  let era = 0; // counts experiments: an answer of an earlier one is dropped
  let timer = 0;
  const run = () => store.get().run;

  async function follow() {
    const mine = run();
    if (mine) await stream.follow(mine.id, { views: views(), max_fps: 60 });
  }

  /** Do `work`, showing that it takes time and what went wrong. */
  async function attempt(work) {
    store.send({ type: "busy", busy: true });
    try {
      const result = await work();
      return result ?? true;
    } catch (error) {
      if (!(error instanceof api.ApiError)) throw error;
      store.send({ type: "trouble", trouble: { title: error.message, fields: error.fields } });
      return null;
    } finally {
      store.send({ type: "busy", busy: false });
    }
  }

  /** @type {Promise<any>} the experiment that is on its way to the screen: what is pressed meanwhile is meant for it */
  let coming = Promise.resolve();

  /** Bring another experiment to the screen. */
  const bring = (work) => {
    const brought = attempt(work);
    coming = brought.catch(() => {}); // told by `brought` itself
    return brought;
  };

  /** The opening experiment comes ready drawn; a run is made of it at the first touch. */
  const begin = () =>
    bring(async () => {
      const mine = ++era;
      halt();
      const made = await api.opening();
      if (mine !== era) return;
      leave();
      store.send({ type: "opened", ...made });
    });

  const open = (spec, preset = /** @type {string | null} */ (null)) =>
    bring(async () => {
      const mine = ++era;
      halt();
      const made = await api.create(spec);
      const [{ figures, names }, frame] = await Promise.all([api.figures(made.id), api.frame(made.id, made.step)]);
      if (mine !== era) return void api.drop(made.id).catch(() => {});
      leave();
      store.send({ type: "opened", spec: made.spec, figures, names, frame, preset, run: { id: made.id, status: made.status } });
      await follow();
    });

  /** Show a run that is there already: one's own, or (`watching`) another's, which nobody here changes. */
  const attach = (id, watching = false) =>
    bring(async () => {
      const mine = ++era;
      halt();
      const [found, { figures, names }] = await Promise.all([api.state(id), api.figures(id)]);
      const frame = await api.frame(id, found.step);
      if (mine !== era) return;
      stream.stop();
      store.send({ type: "opened", spec: found.spec, figures, names, frame, run: { id, status: found.status, watching } });
      await follow();
    });

  /** Put a run of the server on screen as it stands. */
  async function show(made, parent) {
    const mine = ++era;
    halt();
    const [{ figures, ...more }, frame] = await Promise.all([api.figures(made.id), api.frame(made.id, made.step)]);
    if (mine !== era) return null;
    stream.stop();
    store.send({ type: "opened", ...more, spec: made.spec, figures, frame, run: { id: made.id, status: made.status }, parent });
    await follow();
    return true;
  }

  /** Train on from a step with changes, as a run of its own; the original stays on the server. */
  const fork = (step, changes) =>
    attempt(async () => {
      const from = await ensureRun();
      return show(await api.fork(from.id, step, changes), from);
    });

  /** Back to the run that this one was forked from. */
  const goBack = () =>
    attempt(async () => {
      const { parent, run: forked } = store.get();
      if (!parent) return;
      await show(await api.state(parent.id), null);
      if (forked) api.drop(forked.id).catch(() => {});
    });

  /** Drop the run on screen: nobody will ask for it again. */
  function leave() {
    stream.stop();
    const old = run();
    if (old && !old.watching) api.drop(old.id).catch(() => {});
  }

  /** @type {{era: number, run: Promise<any>} | null} the run that is being made: who wants one meanwhile gets the same */
  let making = null;

  async function ensureRun() {
    await coming;
    const here = run();
    if (here) return here;
    if (making?.era !== era) making = { era, run: make() };
    const mine = making;
    return mine.run.finally(() => making === mine && (making = null));
  }

  async function make() {
    const mine = era;
    const made = await api.create(store.get().spec);
    if (mine !== era) throw new api.ApiError(0, WORDS.overtaken);
    const fresh = { id: made.id, status: made.status };
    store.send({ type: "created", run: fresh, spec: made.spec });
    await follow();
    return fresh;
  }

  const play = (perSecond) =>
    attempt(async () => {
      store.send({ type: "now" });
      const { id } = await ensureRun();
      if (perSecond) return drive(id, perSecond);
      if (store.get().connection === "none") await follow(); // it had ended, and goes on after a change
      await api.play(id); // what becomes of it the stream tells: this answer may come after the end of a short run
    });

  const pause = () =>
    attempt(async () => {
      const driven = halt();
      const mine = run();
      if (mine && !driven) await api.pause(mine.id); // the stream tells that it rests, or that it had ended
    });

  const step = () =>
    attempt(async () => {
      store.send({ type: "now" });
      await advance((await ensureRun()).id);
    });

  async function advance(id) {
    const answer = await api.advance(id, 1);
    store.send({ type: "metrics", run: id, rows: answer.metrics });
    store.send({ type: "status", run: id, status: answer.status, step: answer.step, diverged: answer.diverged });
    await rest(id, answer.step);
  }

  /** Train to a step in pieces, until it is reached, or somebody does something else. */
  const trainTo = (step) =>
    attempt(async () => {
      const mine = era;
      const { id } = await ensureRun();
      while (mine === era && store.get().status === "paused" && store.get().step < step) {
        const answer = await api.advance(id, Math.min(PIECE, step - store.get().step));
        store.send({ type: "metrics", run: id, rows: answer.metrics });
        store.send({ type: "status", run: id, status: answer.status, step: answer.step, diverged: answer.diverged });
      }
      if (mine === era) await rest(id, store.get().step);
    });

  /** Slow motion: single steps by the clock, each one drawn. */
  function drive(id, perSecond) {
    store.send({ type: "driving", driving: true });
    const beat = async () => {
      const started = performance.now();
      const ok = await attempt(() => advance(id));
      const over = !ok || run()?.id !== id || !store.get().driving || store.get().status !== "paused";
      if (over) return halt();
      timer = setTimeout(beat, Math.max(0, 1000 / perSecond - (performance.now() - started)));
    };
    beat();
  }

  function halt() {
    clearTimeout(timer);
    const was = store.get().driving;
    if (was) store.send({ type: "driving", driving: false });
    return was;
  }

  /** The stream brings the frame at which a run rests; without a stream (a hidden page) we ask for it. */
  async function rest(id, at) {
    if (store.get().connection === "open") return;
    store.send({ type: "frame", run: id, frame: await api.frame(id, at) });
  }

  const reset = () => attempt(() => (run() ? open(store.get().spec, store.get().preset) : begin()));

  /** Change live settings; the picture of a paused run follows at once. */
  const patch = (changes) =>
    attempt(async () => {
      const { id } = await ensureRun();
      const changed = await api.patch(id, changes);
      store.send({ type: "spec", spec: changed.spec });
      store.send({ type: "trouble", trouble: null });
      if (store.get().status !== "running") await rest(id, changed.step);
    });

  /** What changes a run is for runs of one's own; another's is only looked at. */
  const own = (act) => async (...given) => (run()?.watching ? null : act(...given));
  const changes = Object.fromEntries(Object.entries({ play, pause, step, reset, patch, fork, goBack, trainTo }).map(([name, act]) => [name, own(act)]));
  return { begin, open, attach, follow, ensureRun, look: createLook(store), attempt, ...changes };
}

/** Look at an earlier step: one question at a time, and only the newest wish is asked next. */
/** @param {Store} store */
function createLook(store) {
  /** @type {number | null} */
  let wish = null;
  let asking = false;

  /** @param {number} step @param {boolean} [jump] a place of its own, not a stretch of a way */
  return async function look(step, jump = false) {
    wish = step;
    const run = store.get().run;
    if (asking || !run) return;
    asking = true;
    const { id } = run;
    try {
      while (wish !== null && store.get().run?.id === id) {
        const next = wish;
        wish = null;
        const frame = await api.frame(id, next);
        if (wish === null) store.send({ type: "look", run: id, frame, jump });
      }
    } catch (error) {
      store.send({ type: "trouble", trouble: { title: String(error instanceof Error ? error.message : error), fields: {} } });
    } finally {
      asking = false;
    }
  };
}
