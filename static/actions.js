// What the user can do: experiments come to the screen, and what is pressed is done in turn, by the run it was meant for.
import * as api from "./api.js";
import { createLook } from "./look.js";
import { createStream } from "./stream.js";
import { createTraining } from "./training.js";

/**
 * @param {Store} store
 * @param {() => string} views the frame arrays that are on screen, comma-separated
 * @param {{follow: Function, stop: Function}} [stream]
 */
export function createActions(store, views, stream = createStream(store)) {
  let wish = 0; // counts the experiments asked for: what was asked for before the newest is dropped
  let works = 0; // under way
  const run = () => store.get().run;
  const drop = (id) => api.drop(id).catch(() => {});

  async function follow() {
    const mine = run();
    if (mine) await stream.follow(mine.id, { views: views(), max_fps: 60 });
  }

  /**
   * Do `work`, showing that it takes time and what went wrong, unless another experiment has been asked for since wish `mine`.
   * @returns {Promise<any>} true or what `work` gives, null where the server refused, false where nobody wants it any more
   */
  async function attempt(work, mine = wish) {
    works += 1;
    store.send({ type: "busy", busy: true });
    try {
      const result = await work();
      return result === undefined ? true : result;
    } catch (error) {
      if (!(error instanceof api.ApiError)) throw error;
      if (mine !== wish) return false;
      store.send({ type: "trouble", trouble: { title: error.message, fields: error.fields } });
      return null;
    } finally {
      works -= 1;
      if (!works) store.send({ type: "busy", busy: false });
    }
  }

  // --- experiments that come to the screen -------------------------------------------------------------------

  /** @type {Promise<any>} the experiment that is on its way: what is pressed meanwhile is meant for it */
  let coming = Promise.resolve();
  let onTheirWay = 0;

  /** Bring another experiment to the screen; `work` is told how to ask whether it is still the newest, and what came before. */
  function bring(work) {
    const mine = ++wish;
    const before = coming;
    training.halt();
    onTheirWay += 1;
    const brought = attempt(() => work(() => mine === wish, before)).finally(() => (onTheirWay -= 1));
    coming = brought.catch(() => {}); // told by `brought` itself
    return brought;
  }

  /** Nothing that is on its way is wanted any more: the user stays where he is. */
  const stay = async () => void (onTheirWay && (wish += 1));

  async function settled() {
    let seen;
    do await (seen = coming);
    while (seen !== coming);
  }

  /** The opening experiment is there, or another one. */
  const first = () =>
    new Promise((resolve) => {
      const leave = store.watch(({ spec }) => spec, (spec) => spec && (resolve(null), queueMicrotask(() => leave())));
    });

  /** The opening experiment comes ready drawn; a run is made of it at the first touch. */
  const begin = () =>
    bring(async (wanted) => {
      const made = await api.opening();
      if (!wanted()) return false;
      leave();
      store.send({ type: "opened", ...made });
    });

  /** A new run. @param {any} spec or a promise of it */
  const open = (spec, preset = /** @type {string | null} */ (null)) =>
    bring(async (wanted, before) => {
      const given = await spec;
      if (api.home()) await before; // the server keeps one run for a student, the one made last
      if (!wanted()) return false;
      const replaced = api.home()?.run;
      const made = await api.create(given);
      return show(made, wanted, { preset, parting: () => leave(replaced), unwanted: () => api.home() || drop(made.id) });
    });

  /** Show a run that is there already: one's own, or (`watching`) another's, which nobody here changes. */
  const attach = (id, watching = false) =>
    bring(async (wanted) => show(await api.state(id), wanted, { watching }));

  /** Train on from a step with changes, as a run of its own; the original stays on the server. */
  const fork = (step, changes) =>
    deed((from) =>
      bring(async (wanted) => {
        const parent = run();
        const made = await api.fork(from, step, changes);
        return show(made, wanted, { parent, unwanted: () => drop(made.id) });
      }));

  /** Back to the run that this one was forked from. */
  const goBack = () =>
    deed((forked) => {
      const { parent } = store.get();
      return parent ? bring(async (wanted) => show(await api.state(parent.id), wanted, { parting: () => (stream.stop(), drop(forked)) })) : false;
    });

  /** Put a run of the server on screen as it stands, if it is still wanted when it is known. */
  async function show(made, wanted, how) {
    const { parting = stream.stop, unwanted = () => {}, parent = null, preset = null, watching = false } = /** @type {any} */ (how);
    if (!wanted()) return unwanted(), false;
    const { id, spec, status, step } = made;
    const [{ figures, names }, frame] = await Promise.all([api.figures(id), api.frame(id, step)]);
    if (!wanted()) return unwanted(), false;
    parting();
    store.send({ type: "opened", spec, figures, names, frame, preset, parent, run: { id, status, watching } });
    await follow();
  }

  /** Drop the run on screen, and what it was forked from: nobody will ask for them again. @param {string} [gone] already */
  function leave(gone) {
    stream.stop();
    const { run: old, parent } = store.get();
    for (const left of [old, parent]) if (left && !left.watching && left.id !== gone) drop(left.id);
  }

  const reset = async () => {
    await settled();
    if (run()?.watching) return null;
    return run() ? open(store.get().spec, store.get().preset) : begin();
  };

  // --- the run of the experiment on screen -------------------------------------------------------------------

  /** @type {{era: number, run: Promise<void>} | null} the run that is being made: who wants one meanwhile gets the same */
  let making = null;

  /** The run of what is on screen, once everything on its way has come; one is made where there is none. */
  async function ensureRun() {
    for (;;) {
      await settled();
      const { run: here, era, spec } = store.get();
      if (here) return here;
      if (!spec) {
        await first();
        continue;
      }
      if (making?.era !== era) making = { era, run: make(era) };
      await making.run;
    }
  }

  async function make(era) {
    try {
      const made = await api.create(store.get().spec);
      if (era !== store.get().era) return drop(made.id); // another experiment has come
      store.send({ type: "created", run: { id: made.id, status: made.status }, spec: made.spec });
      await follow();
    } finally {
      if (making?.era === era) making = null;
    }
  }

  // --- deeds -------------------------------------------------------------------------------------------------

  /** @type {Promise<any>} */
  let last = Promise.resolve();
  let pressed = 0;

  /**
   * Do something with the run that was meant when it was pressed, after everything that was pressed before; where another
   * experiment was asked for since, nothing. What changes a run is for runs of one's own, another's is only looked at (`looks`).
   * @param {(id: string, next: () => boolean) => any} work is told the run, and how to ask whether something else was pressed since
   */
  function deed(work, looks = false) {
    const [mine, number] = [wish, ++pressed];
    const turn = last.then(() =>
      attempt(async () => {
        if (mine !== wish) return false;
        const { id, watching } = await ensureRun();
        if (mine !== wish || (watching && !looks)) return false;
        return work(id, () => number !== pressed || mine !== wish);
      }, mine));
    last = turn.catch(() => {}); // told by `turn` itself
    return turn;
  }

  const training = createTraining(store, { deed, follow });
  return { begin, open, attach, stay, fork, goBack, reset, follow, ensureRun, attempt, deed, look: createLook(store), ...training };
}
