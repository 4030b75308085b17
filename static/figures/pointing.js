// What the cursor finds in a drawing, and what it tells the page: a hovered place, a picked cell.
// @ts-check
import { Maps } from "../maps.js";

/**
 * What the cursor walks on. Lines and maps answer the same questions.
 * @param {any} drawing @param {(name: string, detail: any) => void} tell @param {() => void} reset
 * @returns {import("../cursor.js").Ground}
 */
export function groundOf(drawing, tell, reset) {
  return {
    at: (x, y) => drawing.at(x, y),
    boxes: (place) => drawing.boxes(place),
    text: (place) => drawing.text(place),
    step: (place, columns, rows) => drawing.step(place, columns, rows),
    home: () => drawing.home(),
    moved: (place) => tell("place-hovered", place && drawing instanceof Maps ? drawing.meant(place) : null),
    pick(place) {
      const detail = drawing.picked(place);
      if (detail) tell("cell-picked", detail);
    },
    reset,
  };
}

/** Boxes of the steps that another picture is about. @param {any} drawing @param {{t: number, k?: number}} mark */
export const linkedIn = (drawing, mark) => (drawing instanceof Maps ? drawing.linked(mark) : []);
