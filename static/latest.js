// One question at a time, and of the wishes that come meanwhile only the newest is asked next.

/** @template W, A @param {(wish: W) => Promise<A>} ask @param {(answer: A, wish: W) => void} tell @param {(error: any, wish: W) => void} fail */
export function latest(ask, tell, fail) {
  /** @type {{wish: W} | null} */
  let waiting = null;
  let asking = false;
  let era = 0;

  async function turn() {
    asking = true;
    while (waiting) {
      const { wish } = waiting;
      const mine = era;
      waiting = null;
      try {
        const answer = await ask(wish);
        if (!waiting && mine === era) tell(answer, wish);
      } catch (error) {
        if (!waiting && mine === era) fail(error, wish);
      }
    }
    asking = false;
  }

  return {
    /** Ask this as soon as the question in flight is answered; what waited before is forgotten. @param {W} wish */
    wish(wish) {
      waiting = { wish };
      return asking ? Promise.resolve() : turn();
    },
    /** Forget what waits, and the answer on its way. */
    drop() {
      waiting = null;
      era += 1;
    },
  };
}
