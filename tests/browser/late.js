// A network that is late: every answer of the API, and every event of a stream, comes after a wait of its own from a seeded
// sequence. Kept in `late`: the questions on their way, the newest of each kind, and the run that is followed.
((seed, most) => {
  let state = seed;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0; // mulberry32
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const late = (globalThis.late = { open: 0, rested: performance.now(), asked: {}, run: null });
  const real = globalThis.fetch;

  globalThis.fetch = async (address, options) => {
    const url = new URL(address, location.href);
    const kind = url.pathname.match(/\/(jacobian|walk|whatif)$/)?.[1];
    if (kind) late.asked[kind] = { url: url.href, body: options?.body ?? null };
    late.open += 1;
    try {
      await wait(random() * most * 0.3); // on its way there
      const answer = await real(address, options);
      await wait(random() * most * 0.7);
      return answer;
    } finally {
      late.open -= 1;
      late.rested = performance.now();
    }
  };

  globalThis.EventSource = class extends EventSource {
    turn = Promise.resolve();
    constructor(address) {
      super(address);
      late.run = new URL(address, location.href).pathname.match(/\/runs\/([^/]+)\/stream$/)?.[1] ?? late.run;
    }
    /** In the order in which they came; what is closed says nothing. */
    inTurn(tell) {
      return (event) => {
        const there = wait(random() * most * 0.3);
        this.turn = this.turn.then(() => there).then(() => this.shut || tell(event));
      };
    }
    addEventListener(name, tell) {
      super.addEventListener(name, this.inTurn(tell));
    }
    set onopen(tell) {
      super.onopen = this.inTurn(tell);
    }
    set onerror(tell) {
      super.onerror = this.inTurn(tell);
    }
    close() {
      this.shut = true;
      super.close();
    }
  };
})(SEED, MOST);
