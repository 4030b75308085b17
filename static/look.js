// Look at an earlier step: one question at a time, and only the newest wish is asked next.
import * as api from "./api.js";
import { latest } from "./latest.js";

/** @param {Store} store */
export function createLook(store) {
  /** Still the same run, and nobody has gone back to now. */
  const holds = ({ id, nows }) => store.get().run?.id === id && store.get().nows === nows;
  const asking = latest(
    ({ id, step }) => api.frame(id, step),
    (frame, wish) => holds(wish) && store.send({ type: "look", run: wish.id, frame, jump: wish.jump }),
    (error, wish) => {
      if (holds(wish)) store.send({ type: "trouble", trouble: { title: error.message, fields: {} } });
    },
  );

  /** @param {number} step @param {boolean} [jump] a place of its own, not a stretch of a way */
  return async function look(step, jump = false) {
    const { run, nows } = store.get();
    if (run) await asking.wish({ id: run.id, step, jump, nows });
  };
}
