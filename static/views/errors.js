// The server's sentence stands beside the field it is about; what belongs to no field stands by the button.
import { $, $$ } from "../dom.js";
import { WORDS } from "../deed-words.js";

/** @param {{title: string, fields: Record<string, string>} | null} trouble */
export function showErrors(form, trouble) {
  for (const slot of $$(".error", form)) [slot.hidden, slot.textContent] = [true, ""];
  for (const field of $$("[aria-invalid]", form)) field.removeAttribute("aria-invalid");
  const entries = Object.entries(trouble?.fields ?? {});
  const homeless = [];
  let first = null;
  for (const [name, message] of entries) {
    const field = findField(form, name);
    const slot = field ? document.getElementById(`${field.id}-error`) : $(`#f-${CSS.escape(name.replaceAll(".", "-"))}-error`, form);
    if (!slot) homeless.push(`${name}: ${message}`);
    else write(slot, name, message, field);
    field?.setAttribute("aria-invalid", "true");
    first ??= field;
  }
  if (homeless.length) write($("#form-error"), "", homeless.join("; "));
  if (first) reveal(first);
}

/** "task.labels.2" is about a line of the field "task.sentences"; "networks.0.weights.x" about its text. */
function findField(form, name) {
  const path = name.replace(/^task\.labels/, "task.sentences").replace(/^(task|optimizer)$/, "$1.name").split(".");
  for (; path.length; path.pop()) {
    const field = $$(`[name="${CSS.escape(path.join("."))}"]`, form).find((el) => !el.matches(":disabled"));
    if (field) return field;
  }
  return null;
}

function write(slot, name, message, field) {
  const line = name.match(/\.(sentences|labels)\.(\d+)$/);
  const text = line ? WORDS.line(Number(line[2]) + 1, message) : message;
  slot.textContent = slot.textContent ? `${slot.textContent}; ${text}` : text;
  slot.hidden = false;
  if (field?.closest("details")) field.closest("details").open = true;
}

function reveal(field) {
  field.closest(".drawer")?.removeAttribute("hidden");
  field.scrollIntoView({ block: "center" });
  field.focus({ preventScroll: true });
}
