// The form of a sweep -> the body of POST /api/sweeps. The experiment is JSON; the fields above it write into it.
import { ApiError } from "../api.js";
import { $, $$ } from "../dom.js";
import { at } from "../spec.js";
import { _ } from "../tongue.js";

/** @param {(body: any) => Promise<void>} begin */
export function mountForm(form, begin) {
  const spec = /** @type {HTMLTextAreaElement} */ ($("[name=spec]", form));
  for (const field of $$("[data-spec]", form)) {
    field.addEventListener("input", () => write(spec, field));
  }
  spec.addEventListener("input", () => show(form, spec));
  for (const field of $$("[data-offers]", form)) {
    field.addEventListener("change", () => offer(form, field));
  }
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = $("#begin", form);
    clear(form);
    button.disabled = true;
    try {
      await begin(bodyOf(form));
    } catch (error) {
      if (error instanceof ApiError) tell(form, error);
      else if (error instanceof BadField) writeError(form, error.field, error.message);
      else throw error;
    } finally {
      button.disabled = false;
    }
  });
}

class BadField extends Error {
  constructor(field, message) {
    super(message);
    this.field = field;
  }
}

/** A field's text into the experiment's JSON; broken JSON is left alone, the server's word on it comes with the answer. */
function write(spec, field) {
  const tree = parsed(spec.value);
  if (!tree || field.value === "") return;
  const path = field.dataset.spec.split(".");
  const last = path.pop();
  const here = path.length ? at(tree, path.join(".")) : tree;
  if (!here) return;
  here[last] = field.type === "number" ? Number(field.value) : field.value;
  spec.value = JSON.stringify(tree, null, 2);
}

function show(form, spec) {
  const tree = parsed(spec.value);
  if (tree) for (const field of $$("[data-spec]", form)) field.value = at(tree, field.dataset.spec) ?? "";
}

/** A chosen axis brings values worth trying. */
function offer(form, field) {
  const values = /** @type {HTMLInputElement} */ (form.elements.namedItem(field.dataset.offers));
  values.value = field.selectedOptions[0].dataset.values ?? "";
  values.disabled = !field.value;
}

function bodyOf(form) {
  const spec = parsed(form.elements.namedItem("spec").value);
  if (!spec) throw new BadField("spec", _("this is not JSON"));
  /** @type {Record<string, any[]>} */
  const grid = {};
  for (const axis of ["x", "y"]) {
    const field = form.elements.namedItem(axis).value;
    if (!field) continue;
    if (field in grid) throw new BadField("y", _("choose another field than along x"));
    grid[field] = values(form.elements.namedItem(`${axis}-values`).value);
  }
  const seeds = Number(form.elements.namedItem("seeds").value);
  if (seeds > 1 && !("seed" in grid)) grid.seed = [...Array(Math.min(seeds, 1000)).keys()].map((i) => (spec.seed ?? 0) + i);
  return { spec, grid };
}

/** "rnn, lstm" or "0.5 1 1.5" or JSON -> list. */
const values = (text) =>
  text.trim().startsWith("[") ? (parsed(text) ?? [text]) : text.split(/[,;\s]+/).filter(Boolean).map((word) => parsed(word) ?? (word === "null" || word === "none" ? null : word)); // prettier-ignore

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function clear(form) {
  for (const slot of $$(".error", form)) [slot.hidden, slot.textContent] = [true, ""];
  for (const field of $$("[aria-invalid]", form)) field.removeAttribute("aria-invalid");
}

/** Each of the server's sentences beside its field: of an axis, of the experiment, or by the button. */
function tell(form, error) {
  let told = false;
  for (const [name, message] of Object.entries(error.fields)) {
    const axis = ["x", "y"].find((a) => name === `grid.${form.elements.namedItem(a).value}`);
    const home = axis ? `${axis}-values` : name.startsWith("spec") ? "spec" : null;
    if (!home) continue;
    writeError(form, home, home === "spec" ? `${name.replace(/^spec\.?/, "")}: ${message}` : message);
    told = true;
  }
  if (!told) writeError(form, null, error.message);
}

function writeError(form, name, message) {
  const field = name && form.elements.namedItem(name);
  const slot = field ? $(`#${field.id}-error`, form) : $("#sweep-error", form);
  slot.textContent = slot.textContent ? `${slot.textContent}; ${message}` : message;
  slot.hidden = false;
  if (!field) return;
  field.setAttribute("aria-invalid", "true");
  if (field.closest("details")) field.closest("details").open = true;
  field.focus();
}
