// What is going on, in words: a sentence of diagnosis per network, trouble, a lost server.
import { decode } from "../arrays.js";
import { $, AT, h, say } from "../dom.js";
import { powers } from "../format.js";
import { phrase } from "../tongue.js";
import { WORDS } from "../words.js";

export function mountStatus(store) {
  const notice = $(AT.notice);
  const live = $(AT.live);

  store.watch((state) => state.shown, showVerdicts);
  store.watch((state) => state.figures, () => showVerdicts(store.get().shown));
  store.watch((state) => state.connection, (now) => now === "open" && live.textContent && say(live, ""));
  store.watch(noticeOf, (text) => {
    notice.hidden = !text;
    say(notice, text);
    say(live, text);
  });

  /** The diagnosis in every frame; numbers of the loss beside it. */
  function showVerdicts(frame) {
    const list = $(AT.verdicts);
    const networks = frame?.networks ?? [];
    if (list.children.length !== networks.length) list.replaceChildren(...networks.map(makeVerdict));
    networks.forEach((network, i) => {
      const item = list.children[i];
      say($("strong", item), network.label);
      say($(".words", item), powers(phrase(network.diagnosis)));
      say($(".numbers", item), numbers(network));
    });
  }

  // Spoken only when it is still: a running training would never stop talking.
  store.watch((state) => (state.status === "running" || state.driving ? null : state.shown), (frame) => {
    if (frame && store.get().step) say(live, `${WORDS.step(frame.step)}. ${spoken(frame)}`);
  });
}

function makeVerdict(network, i) {
  const item = h("li", {}, h("span.dot", { "aria-hidden": "true" }), h("strong"), " ", h("span.words"), " ", h("span.numbers"));
  item.style.setProperty("--network", `var(--network-${i + 1})`);
  return item;
}

function numbers({ loss, accuracy, layers }) {
  const parts = [WORDS.loss(loss)];
  if (accuracy !== null && accuracy !== undefined) parts.push(WORDS.accuracy(accuracy));
  const shares = Array.from(decode(layers[0].highway_share)?.data ?? []);
  let lag = shares.length - 1;
  while (lag > 0 && !Number.isFinite(shares[lag])) lag--;
  if (lag > 0) parts.push(WORDS.highway(shares[lag], lag));
  return parts.join(" · ");
}

const spoken = (frame) => frame.networks.map((n) => `${n.label}: ${powers(phrase(n.diagnosis))}`).join(" ");

/** The one line above the maps; the worst comes first. */
function noticeOf(state) {
  if (state.connection === "lost") return WORDS.lost;
  if (state.trouble && !Object.keys(state.trouble.fields).length) return state.trouble.title;
  if (state.status === "diverged" && state.diverged) return WORDS.diverged(named(state));
  return state.word ?? "";
}

function named({ diverged, spec }) {
  const label = typeof diverged.network === "number" ? spec?.networks[diverged.network]?.label : diverged.network;
  return { ...diverged, network: label, reason: phrase(diverged.reason) };
}
