// The page's one state: what is drawn, what runs, what went wrong. Views read it; only messages change it.
/**
 * @typedef {{id: string, status: string, watching?: boolean}} Run
 * @typedef {{title: string, fields: Record<string, string>}} Trouble
 * @typedef {{network: number, layer: number, t: number, k: number}} Pick
 * @typedef {object} State
 * @property {any} spec of what is drawn, all defaults filled in
 * @property {Run | null} run the server's; null while the opening experiment has not been touched
 * @property {number} era counts the experiments opened
 * @property {any[]} figures templates and bindings of this spec
 * @property {import("./reading.js").Names | null} names of the inputs and outputs of the task
 * @property {any} frame the newest of the run
 * @property {any} shown the frame on screen: the newest, or an earlier one while looking back
 * @property {boolean} lookingBack
 * @property {any} supposing changes of the what-if on screen, null while the network itself is shown
 * @property {Run | null} parent the run that this one was forked from
 * @property {any[]} rows metrics that came last
 * @property {number} last step of the last metrics row
 * @property {number} step trained steps
 * @property {string} status paused, running, finished, diverged, failed, cancelled
 * @property {number} rate training steps per second
 * @property {any} diverged {step, network, reason}
 * @property {string} connection none, open, lost
 * @property {boolean} driving slow motion: the page takes single steps by the clock
 * @property {boolean} busy a request that the user waits for is on its way
 * @property {string | null} word a sentence for the user that is no error
 * @property {Trouble | null} trouble
 * @property {Pick | null} drill the Jacobian product that was asked for
 */

/** @type {State} */
export const initial = {
  spec: null,
  run: null,
  era: 0,
  figures: [],
  names: null,
  frame: null,
  shown: null,
  lookingBack: false,
  supposing: null,
  parent: null,
  rows: [],
  last: 0,
  step: 0,
  status: "paused",
  rate: 0,
  diverged: null,
  connection: "none",
  driving: false,
  busy: false,
  word: null,
  trouble: null,
  drill: null,
};

/**
 * @typedef {object} Store
 * @property {() => State} get
 * @property {(message: {type: string, [more: string]: any}) => void} send
 * @property {<T>(select: (state: State) => T, tell: (value: T, state: State) => void) => () => void} watch
 */

/**
 * Begin with `state`, change it by `reduce(state, message)`, tell watchers what changed.
 * @param {(state: State, message: any) => State} reduce @param {State} state @returns {Store}
 */
export function createStore(reduce, state) {
  const watchers = new Set();
  return {
    get: () => state,
    send(message) {
      const before = state;
      state = reduce(state, message);
      if (state !== before) for (const watcher of [...watchers]) watcher(state, before);
    },
    /** Call `tell(value, state)` now and whenever `select(state)` is another value. */
    watch(select, tell) {
      let value = select(state);
      const watcher = (now) => {
        const next = select(now);
        if (Object.is(next, value)) return;
        value = next;
        tell(next, now);
      };
      watchers.add(watcher);
      tell(value, state);
      return () => watchers.delete(watcher);
    },
  };
}

/** @type {Record<string, (state: State, message: any) => State>} */
const handlers = {
  opened: (state, { spec, figures, names = null, frame, parent = null, run = null }) => ({
    ...initial,
    era: state.era + 1,
    spec,
    figures,
    names,
    frame,
    shown: frame,
    step: frame.step,
    run,
    parent,
    status: run?.status ?? "paused",
  }),
  created: (state, { run, spec }) => ({ ...state, run, spec, status: run.status }),
  spec: (state, { spec }) => ({ ...state, spec }),
  frame: (state, { frame }) => (state.frame && frame.step < state.frame.step ? state : withFrame(state, frame)),
  metrics: (state, { rows }) => withRows(state, rows),
  status: (state, { status, step, rate, diverged }) => ({
    ...state,
    status,
    step: Math.max(state.step, step ?? 0),
    rate: status === "running" ? (rate ?? state.rate) : 0,
    diverged: diverged ?? state.diverged,
  }),
  suppose: (state, { frame, changes }) => ({ ...state, shown: frame, supposing: changes, lookingBack: frame.step !== state.step }),
  plain: (state) => (state.supposing ? { ...state, supposing: null, shown: state.frame, lookingBack: false } : state),
  look: (state, { frame }) => ({ ...state, shown: frame, supposing: null, lookingBack: frame.step !== state.step }),
  now: (state) => ({ ...state, shown: state.frame, supposing: null, lookingBack: false }),
  connection: (state, { connection }) => ({ ...state, connection }),
  driving: (state, { driving }) => ({ ...state, driving }),
  word: (state, { word }) => ({ ...state, word, trouble: null }),
  busy: (state, { busy }) => ({ ...state, busy }),
  trouble: (state, { trouble }) => ({ ...state, trouble }),
  drill: (state, { drill }) => ({ ...state, drill }),
};

const OF_A_RUN = new Set(["frame", "metrics", "status", "look", "suppose"]);

/** The next state. News of another run than the one on screen came too late and changes nothing. */
export function reduce(state, message) {
  const handle = handlers[message.type];
  if (!handle) throw new Error(`unknown message: ${message.type}`);
  if (OF_A_RUN.has(message.type) && message.run !== state.run?.id) return state;
  return handle(state, message);
}

function withFrame(state, frame) {
  const shown = state.lookingBack || state.supposing ? state.shown : frame;
  return { ...state, frame, shown, step: Math.max(state.step, frame.step) };
}

/** Rows already known are left out: a reconnected stream repeats some. */
function withRows(state, rows) {
  const fresh = rows.filter((row) => row.step > state.last);
  if (!fresh.length) return state;
  const { step } = fresh[fresh.length - 1];
  return { ...state, rows: fresh, last: step, step: Math.max(state.step, step) };
}
