// The cursor over a figure: by pointer or by keyboard it stands on one place (a cell, a lag), marks it in every subplot,
// says what is there, and picks it.
import { putText, spoken } from "./tips.js";

const CLICK_PX = 5; // a press that moves farther is a zoom
const HIDDEN = { position: "absolute", width: "1px", height: "1px", overflow: "hidden", clipPath: "inset(50%)", whiteSpace: "nowrap" };

export class Cursor {
  /** @param {HTMLElement} host @param {HTMLElement} focus the element that takes the keyboard @param {Ground} ground */
  constructor(host, focus, ground) {
    Object.assign(this, { host, ground });
    this.host = host;
    this.ground = ground;
    /** @type {Place | null} */
    this.place = null;
    this.byKeyboard = false;
    this.stop = new AbortController();
    this.layer = overlay();
    this.tip = tooltip();
    this.live = document.createElement("div");
    this.live.setAttribute("aria-live", "polite");
    Object.assign(this.live.style, HIDDEN);
    host.append(this.layer, this.tip, this.live);
    this.listen(focus);
  }

  /** @param {HTMLElement} focus */
  listen(focus) {
    const { signal } = this.stop;
    const { host } = this;
    /** @type {{x: number, y: number} | null} */
    let pressed = null;
    const point = (/** @type {PointerEvent} */ event) => {
      const box = host.getBoundingClientRect();
      return { x: event.clientX - box.left, y: event.clientY - box.top };
    };
    host.addEventListener("pointermove", (event) => this.point(point(event), event.buttons > 0), { signal });
    host.addEventListener("pointerleave", () => this.byKeyboard || this.set(null), { signal });
    host.addEventListener("pointerdown", (event) => (pressed = event.button === 0 ? point(event) : null), { signal, capture: true });
    globalThis.addEventListener("pointerup", (event) => {
      if (!pressed) return;
      const [from, to] = [pressed, point(event)];
      pressed = null;
      if (Math.hypot(to.x - from.x, to.y - from.y) < CLICK_PX) this.press(to);
    }, { signal, capture: true }); // prettier-ignore
    focus.addEventListener("keydown", (event) => this.key(event), { signal });
    focus.addEventListener("blur", () => this.byKeyboard && this.set(null), { signal });
  }

  /** @param {{x: number, y: number}} at @param {boolean} dragging */
  point(at, dragging) {
    this.byKeyboard = false;
    this.set(dragging ? null : this.ground.at(at.x, at.y));
  }

  /** @param {{x: number, y: number}} at */
  press(at) {
    const place = this.ground.at(at.x, at.y);
    this.set(place);
    if (place) this.ground.pick(place);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    /** @type {Record<string, [number, number]>} */
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const move = moves[event.key];
    if (move) this.walk(move, event.shiftKey ? 5 : 1);
    else if (event.key === "Enter" && this.place) this.ground.pick(this.place);
    else if (event.key === "Escape" && this.place) this.set(null);
    else if (event.key === "0") this.ground.reset();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** @param {[number, number]} move @param {number} pace */
  walk([columns, rows], pace) {
    this.byKeyboard = true;
    this.set(this.place ? this.ground.step(this.place, columns * pace, rows * pace) : this.ground.home());
  }

  /** @param {Place | null} place */
  set(place) {
    if (!place && !this.place) return;
    this.place = place;
    this.refresh();
    this.ground.moved(place);
  }

  /** Draw again where the cursor stands: the values under it may have changed. */
  refresh() {
    const boxes = this.place ? this.ground.boxes(this.place) : [];
    while (this.layer.children.length < boxes.length) this.layer.append(mark());
    [...this.layer.children].forEach((child, i) => put(/** @type {HTMLElement} */ (child), boxes[i]));
    this.tip.hidden = !this.place || !boxes.length;
    if (!this.place || !boxes.length) return;
    const text = this.ground.text(this.place);
    if (text !== this.tip.dataset.text) {
      this.tip.dataset.text = text;
      putText(this.tip, text);
    }
    if (this.byKeyboard) this.live.textContent = spoken(text);
    this.moor(boxes[0]);
  }

  /** Keep the tip beside the cell and inside the figure. @param {Box} box */
  moor(box) {
    const { offsetWidth: width, offsetHeight: height } = this.tip;
    const { clientWidth } = this.host;
    const right = box.left + box.width + 10;
    const left = right + width <= clientWidth ? right : Math.max(0, box.left - width - 10);
    const above = box.top - height - 8;
    const top = box.height > height ? box.top + 6 : above >= 0 ? above : box.top + box.height + 8;
    this.tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
  }

  destroy() {
    this.stop.abort();
    for (const element of [this.layer, this.tip, this.live]) element.remove();
  }
}

/** Marks of what the cursor of another figure stands on. */
export class Links {
  /** @param {HTMLElement} host */
  constructor(host) {
    this.layer = overlay();
    this.layer.className = "links"; // not the cursor's own
    host.append(this.layer);
  }

  /** @param {Box[]} boxes */
  show(boxes) {
    while (this.layer.children.length < boxes.length) this.layer.append(mark());
    [...this.layer.children].forEach((child, i) => put(/** @type {HTMLElement} */ (child), boxes[i]));
  }

  destroy() {
    this.layer.remove();
  }
}

function overlay() {
  const layer = document.createElement("div");
  layer.className = "marks";
  Object.assign(layer.style, { position: "absolute", inset: "0", pointerEvents: "none" });
  return layer;
}

function tooltip() {
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  tip.setAttribute("aria-hidden", "true"); // the live region says it
  Object.assign(tip.style, {
    position: "absolute", left: "0", top: "0", zIndex: "3", pointerEvents: "none", maxWidth: "22rem", width: "max-content",
    padding: "4px 8px", borderRadius: "4px", font: "12px/1.45 system-ui, sans-serif",
    background: "var(--figure-tip, #10151f)", color: "var(--figure-tip-text, #f4f6fa)", boxShadow: "0 1px 6px #0006",
  }); // prettier-ignore
  return tip;
}

function mark() {
  const element = document.createElement("div");
  Object.assign(element.style, { position: "absolute", boxSizing: "border-box" });
  return element;
}

/** A cell's frame in black and white is seen on every colour; a line across a plot is a hair. */
const FRAME = { outline: "1.5px solid #fff", boxShadow: "0 0 0 3px #000", background: "none" };
const HAIR = { outline: "none", boxShadow: "none", background: "currentColor" };

/** @param {HTMLElement} element @param {Box | undefined} box */
function put(element, box) {
  element.hidden = !box;
  if (!box) return;
  const px = (/** @type {number} */ value) => `${value}px`;
  const size = { left: px(box.left), top: px(box.top), width: px(box.width), height: px(box.height) };
  Object.assign(element.style, size, box.width <= 1 ? HAIR : FRAME);
}
