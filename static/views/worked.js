// The worked example of a tiny network: every term of its gradient, as the server has written it out.
import * as api from "../api.js";

const MOST = 8; // steps and units; the server knows the rest and refuses

/** @param {HTMLElement} host */
export function mountWorked(host) {
  let asked = 0;
  return {
    async show(run, step, network, spec) {
      const mine = ++asked;
      host.replaceChildren();
      const { cell, layers, hidden_size } = spec.networks[network];
      if (cell !== "rnn" || layers !== 1 || hidden_size > MOST) return;
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
