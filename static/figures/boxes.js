// The elements of a figure: canvases under plotly's axes, and the picture in words for who does not see it.
import { told } from "../hover.js";

const QUIET_MS = 2000; // between two sentences: a voice takes its time

adoptStyle(`
  .figure-plot.live .cartesianlayer .plot, .figure-plot.live .cartesianlayer .overplot { visibility: hidden }
  .figure-plot:focus-visible { outline: 2px solid var(--focus, #3b82f6); outline-offset: 2px }
`);

function adoptStyle(text) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}

/** Put the elements of a figure into its place. */
export function boxes(div, figure) {
  const [under, plot, words] = ["figure-under", "figure-plot live", "figure-words"].map(box);
  div.replaceChildren(under, plot, words);
  if (getComputedStyle(div).position === "static") div.style.position = "relative";
  Object.assign(under.style, { position: "absolute", inset: "0", pointerEvents: "none" });
  Object.assign(plot.style, { position: "relative" });
  Object.assign(words.style, { position: "absolute", width: "1px", height: "1px", overflow: "hidden", clipPath: "inset(50%)" });
  words.id = `figure-words-${figure.id}-${Math.random().toString(36).slice(2, 8)}`;
  words.textContent = figure.messages.waiting;
  plot.tabIndex = 0;
  const attributes = { role: "application", "aria-label": `${figure.title}. ${figure.messages.keys}`, "aria-describedby": words.id };
  for (const [name, value] of Object.entries(attributes)) plot.setAttribute(name, value);
  return { under, plot, words };
}

/** A figure that has nothing to show for this run says why. */
export function mountSentence(div, sentence) {
  const element = Object.assign(document.createElement("p"), { className: "figure-sentence", textContent: sentence });
  div.replaceChildren(element);
  const nothing = () => {};
  const still = async () => {};
  return { feed: nothing, feedRows: nothing, freeze: still, point: nothing, theme: nothing, destroy: () => div.replaceChildren() };
}

/** The picture in a sentence per network. */
export class Voice {
  constructor(words, figure, drawing, table) {
    this.words = words;
    this.figure = figure;
    this.drawing = drawing;
    this.table = table;
    this.step = /** @type {number | null} */ (null);
    this.due = 0; // when the words may change again
  }

  /** Not for every frame. */
  now() {
    this.due = Date.now() + QUIET_MS;
    this.words.textContent = this.summary();
    this.table.refresh();
  }

  soon() {
    if (this.due < Date.now()) this.now();
  }

  summary() {
    const when = this.step === null ? "" : told(this.figure.messages.step, { step: this.step }) + " ";
    return when + this.drawing.summary();
  }
}

const box = (name) => Object.assign(document.createElement("div"), { className: name });
