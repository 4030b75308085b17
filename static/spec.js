// A form <-> a spec: fields have dotted names ("networks.0.hidden_size") and a data-kind, as the schema has it.

const fields = (form) =>
  [...form.elements].filter((el) => el.dataset.kind && !el.matches(":disabled") && !el.closest(".knob[hidden]"));

/** Field name -> value, of all fields that count now. A labelled text gives two entries. */
export function readFlat(form) {
  const flat = {};
  for (const field of fields(form)) Object.assign(flat, readField(field));
  return flat;
}

/** {"networks.0.cell": "rnn"} -> {networks: [{cell: "rnn"}]} */
export function nest(flat) {
  const tree = {};
  for (const [name, value] of Object.entries(flat)) if (value !== undefined) put(tree, name.split("."), value);
  if (tree.networks) tree.networks = Object.values(tree.networks);
  return tree;
}

/** The value at a dotted name; undefined where there is none. */
export const at = (tree, name) => name.split(".").reduce((here, part) => here?.[part], tree);

function put(tree, path, value) {
  const [head, ...rest] = path;
  if (!rest.length) tree[head] = value;
  else put((tree[head] ??= {}), rest, value);
}

export function readField(field) {
  const { name } = field;
  const { kind, form } = field.dataset;
  if (kind === "bool") return { [name]: field.checked };
  const text = field.value.trim();
  if (form === "labelled") {
    const { sentences, labels } = readLabelled(field.value);
    return { [name]: sentences, [name.replace(/sentences$/, "labels")]: labels };
  }
  if (form === "table") return { [name]: readTable(text) };
  if (text === "") return { [name]: kind === "text" && !("optional" in field.dataset) ? "" : null };
  if (kind === "int" || kind === "float") return { [name]: Number(text) };
  return { [name]: kind === "json" ? readLoose(text) : text };
}

export function writeField(field, spec) {
  const value = at(spec, field.name);
  if (value === undefined) return;
  if (field.dataset.kind === "bool") field.checked = value;
  else if (field.dataset.form === "labelled") field.value = writeLabelled(value, spec.task.labels);
  else if (field.name.endsWith(".label")) field.value = isAutomatic(value) ? "" : value;
  else field.value = value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value);
  field.dispatchEvent(new CustomEvent("written", { bubbles: true }));
}

/** A label that the server gave by the cell follows the cell when that is changed. */
export const isAutomatic = (label) => !label || /^(RNN|LSTM|GRU)( \d)?$/.test(label);

/** Lines of `sentence → label` (also ->, => or a tab). A missing label is null, so that the server names the line. */
export function readLabelled(text) {
  const lines = text.split("\n").filter((line) => line.trim());
  const pairs = lines.map((line) => line.match(/^(.*?)\s*(?:→|->|=>|\t)\s*(\S.*?)\s*$/) ?? [line, line.trim(), null]);
  return { sentences: pairs.map((p) => p[1].trim()), labels: pairs.map((p) => readLabel(p[2])) };
}

export const writeLabelled = (sentences, labels) => sentences.map((s, i) => `${s} → ${labels[i]}`).join("\n");

const readLabel = (text) => (text !== null && /^-?\d+$/.test(text) ? Number(text) : text);

/** JSON where it is JSON, else the bare word: `last`, `[1, 5]`. */
function readLoose(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Nested lists as JSON, or CSV: a line is a step, an empty line ends a sequence. Empty cells are null. */
export function readTable(text) {
  if (!text) return null;
  if (/^[[{]/.test(text)) return readLoose(text);
  const blocks = text.split(/\n\s*\n/).map((block) => block.trim().split("\n").map(readLine));
  return blocks.length > 1 ? blocks : blocks[0];
}

const readLine = (line) => line.split(/[,;\t]/).map((cell) => (cell.trim() === "" ? null : Number(cell)));

/** Lists as the `inline` task wants them: (B, T, m) inputs, class numbers without an axis of length one. */
export function shaped(spec) {
  if (spec.task?.name !== "inline") return spec;
  const task = { ...spec.task };
  if (depth(task.inputs) === 2) task.inputs = [task.inputs];
  if (task.loss === "softmax_cross_entropy" && task.target_steps === "last" && depth(task.targets) === 2) {
    task.targets = task.targets.map((row) => (row.length === 1 ? row[0] : row));
  }
  return { ...spec, task };
}

const depth = (value) => (Array.isArray(value) ? 1 + depth(value[0]) : 0);
