// The worked example of a tiny network: every term of its gradient, as the server has written it out.
import * as api from "../api.js";

const MOST = 8; // steps, units, inputs and outputs: the server refuses more

/** @param {HTMLElement} host */
export function mountWorked(host) {
  let asked = 0;
  return {
    /** @param {number[]} [sizes] steps, inputs and outputs, where they are not known to be few */
    async show(run, step, network, spec, sizes = []) {
      const mine = ++asked;
      host.replaceChildren();
      const { cell, layers, hidden_size } = spec.networks[network];
      if (cell !== "rnn" || layers !== 1 || Math.max(hidden_size, ...sizes) > MOST) return;
      try {
        const text = await api.worked(run, { step, network });
        const page = new DOMParser().parseFromString(text, "text/html");
        if (mine === asked) host.replaceChildren(...page.body.childNodes);
      } catch (error) {
        if (!(error instanceof api.ApiError && error.status === 422)) throw error; // too large to be read: nothing to show
      }
    },
  };
}
