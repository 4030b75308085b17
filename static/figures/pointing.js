// The cursor of a figure, and what it tells the page: a hovered place, a picked cell.
import { Cursor, Links } from "../cursor.js";
import { CurveGround } from "../curve-ground.js";
import { MapGround } from "../map-ground.js";
import { Maps } from "../maps.js";

export { listen, reset } from "./zoom.js";

export class Pointing {
  /**
   * @param {HTMLElement} div @param {HTMLElement} plot the element that takes the keyboard @param {any} drawing maps or lines
   * @param {() => void} reset show everything again
   */
  constructor(div, plot, drawing, reset) {
    const ground = drawing instanceof Maps ? new MapGround(drawing) : new CurveGround(drawing);
    const tell = (/** @type {string} */ name, detail) => div.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
    this.maps = ground instanceof MapGround ? ground : null;
    this.links = new Links(div);
    this.cursor = new Cursor(div, plot, {
      at: (x, y) => ground.at(x, y),
      boxes: (place) => ground.boxes(place),
      text: (place) => ground.text(place),
      step: (place, columns, rows) => ground.step(place, columns, rows),
      home: () => ground.home(),
      moved: (place) => tell("place-hovered", place && this.maps ? this.maps.meant(place) : null),
      pick: (place) => {
        const detail = this.maps?.picked(place);
        if (detail) tell("cell-picked", detail);
      },
      reset,
    });
  }

  /** The values or their places have changed. */
  refresh() {
    this.cursor.refresh();
  }

  /** Mark the steps that another picture is about. @param {{t: number, k?: number} | null} mark */
  point(mark) {
    this.links.show(mark && this.maps ? this.maps.linked(mark) : []);
  }

  /** What was done before there was a cursor. @param {PointerEvent | KeyboardEvent} event */
  replay(event) {
    if (event instanceof KeyboardEvent) return this.cursor.key(event);
    const box = this.cursor.host.getBoundingClientRect();
    const at = { x: event.clientX - box.left, y: event.clientY - box.top };
    if (event.type === "pointerup") this.cursor.press(at);
    else this.cursor.point(at, event.buttons > 0);
  }

  destroy() {
    this.cursor.destroy();
    this.links.destroy();
  }
}
