// The recurrent weights as a small picture; one of them is chosen by a click or by numbers, and changed by hand.
import * as api from "../api.js";
import { $, h } from "../dom.js";
import { readSafetensors } from "../safetensors.js";

const SIDE = 320; // pixels of the picture, at most

/**
 * @param {Store} store @param {any} actions
 * @param {{stepOf: () => number | undefined, change: (name: string, value: number | undefined) => void, complain: (text: string) => void}} of the what-if
 */
export function mountWeights(store, actions, { stepOf, change, complain }) {
  const box = $("#whatif-weight");
  const [network, row, column, value] = ["network", "row", "column", "value"].map((name) => $(`#weight-${name}`));
  const canvas = $("#weight-map");
  /** @type {any} {shape, data} of the chosen network at the step on screen */
  let array = null;
  let asked = 0;

  function fill(spec) {
    const before = network.value;
    network.replaceChildren(...spec.networks.map(({ label }, i) => h("option", { value: String(i) }, label)));
    if (before && Number(before) < spec.networks.length) network.value = before;
    if (box.open) load();
  }

  async function load() {
    const mine = ++asked;
    const { era } = store.get();
    array = null; // what is on screen is of another network or step
    value.disabled = true;
    try {
      const { id } = await actions.ensureRun();
      const step = stepOf(); // of this very run
      if (mine !== asked || era !== store.get().era || step === undefined) return;
      const arrays = readSafetensors(await api.weights(id, Number(network.value), step));
      if (mine !== asked) return; // another network or step was chosen meanwhile
      array = arrays.weight_hh_l0;
    } catch (error) {
      if (!(error instanceof api.ApiError)) throw error;
      if (mine === asked) complain(error.message);
      return;
    }
    [row.max, column.max] = array.shape.map((n) => String(n - 1));
    pick();
  }

  const place = () => [Number(row.value), Number(column.value)];

  function pick() {
    const [r, c] = place();
    const inside = array && r >= 0 && c >= 0 && r < array.shape[0] && c < array.shape[1];
    value.disabled = !inside;
    if (inside) value.value = String(Number(array.data[r * array.shape[1] + c].toPrecision(6)));
    paint();
  }

  function paint() {
    if (!array) return;
    const [rows, columns] = array.shape;
    const cell = Math.max(2, Math.floor(SIDE / Math.max(rows, columns)));
    Object.assign(canvas, { width: columns * cell, height: rows * cell });
    const pen = canvas.getContext("2d");
    const most = array.data.reduce((a, b) => Math.max(a, Math.abs(b)), 0) || 1;
    array.data.forEach((w, i) => {
      const size = Math.min(1, Math.abs(w) / most);
      pen.fillStyle = `color-mix(in oklab, ${w < 0 ? "#1e6f9d" : "#be6533"} ${Math.round(100 * size)}%, #f3efec)`;
      pen.fillRect((i % columns) * cell, Math.floor(i / columns) * cell, cell, cell);
    });
    const [r, c] = place();
    pen.strokeStyle = "#000000";
    pen.lineWidth = 2;
    pen.strokeRect(c * cell - 1, r * cell - 1, cell + 2, cell + 2);
  }

  box.addEventListener("toggle", () => box.open && load());
  network.addEventListener("change", load);
  for (const field of [row, column]) field.addEventListener("input", pick);
  value.addEventListener("change", () => {
    const [r, c] = place();
    if (!array || value.value === "") return;
    array.data[r * array.shape[1] + c] = Number(value.value);
    paint();
    change(`networks.${network.value}.weights.weight_hh_l0[${r}, ${c}]`, Number(value.value));
  });
  canvas.addEventListener("click", (event) => {
    if (!array) return;
    const rect = canvas.getBoundingClientRect();
    row.value = String(Math.min(array.shape[0] - 1, Math.floor(((event.clientY - rect.top) / rect.height) * array.shape[0])));
    column.value = String(Math.min(array.shape[1] - 1, Math.floor(((event.clientX - rect.left) / rect.width) * array.shape[1])));
    pick();
    value.focus();
  });

  return { fill };
}
