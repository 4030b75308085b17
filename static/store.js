// The page's one state: what is drawn, what runs, what went wrong. Views read it; only messages change it.

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
  view: null,
  moves: 0,
  nows: 0,
  preset: null,
  walk: null,
  whatif: false,
};

/** Begin with `state`, change it by `reduce(state, message)`, tell watchers what changed. @returns {Store} */
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
  opened: (state, { spec, figures, names = null, frame, parent = null, run = null, preset = null }) => ({
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
    preset,
    view: state.view,
    moves: state.moves,
    nows: state.nows,
    walk: state.walk,
    whatif: state.whatif,
    status: run?.status ?? "paused",
  }),
  created: (state, { run, spec }) => ({ ...state, run, spec, status: run.status }),
  frame: (state, { frame }) => (state.frame && frame.step < state.frame.step ? state : withFrame(state, frame)),
  metrics: (state, { rows }) => withRows(state, rows),
  status: (state, { status, step, rate, diverged }) => ({
    ...state,
    status,
    ...reached(state, step ?? 0),
    rate: status === "running" ? (rate ?? state.rate) : 0,
    diverged: diverged ?? state.diverged,
  }),
  suppose: (state, { frame, changes }) => ({ ...state, shown: frame, supposing: changes, lookingBack: frame.step !== state.step }),
  plain: (state) => (state.supposing ? { ...state, supposing: null, shown: state.frame, lookingBack: false } : state),
  look: (state, { frame, jump }) => ({ ...state, moves: state.moves + (jump ? 1 : 0), shown: frame, supposing: null, lookingBack: frame.step !== state.step }),
  now: (state) => ({ ...state, shown: state.frame, supposing: null, lookingBack: false, nows: state.nows + 1 }),
  word: (state, { word }) => ({ ...state, word, trouble: word ? null : state.trouble }),
};
for (const name of ["spec", "connection", "driving", "busy", "trouble", "drill", "view", "walk", "whatif"]) {
  handlers[name] = (state, { [name]: value }) => ({ ...state, [name]: value });
}

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
  return { ...state, frame, shown, ...reached(state, frame.step) };
}

/** Training has come to a step: a what-if of an earlier one is from now on a look back. */
function reached({ step, lookingBack, supposing, shown }, to) {
  return { step: Math.max(step, to), lookingBack: lookingBack || Boolean(supposing && shown.step < to) };
}

/** Rows already known are left out: a reconnected stream repeats some. */
function withRows(state, rows) {
  const fresh = rows.filter((row) => row.step > state.last);
  if (!fresh.length) return state;
  const { step } = fresh[fresh.length - 1];
  return { ...state, rows: fresh, last: step, ...reached(state, step) };
}
