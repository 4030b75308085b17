// Arrays of a frame: the wire's {dtype, shape, bdata} decoded once and shared by every figure that shows it.

/** @type {Record<string, any>} */
const TYPES = {
  f4: Float32Array, f8: Float64Array, i1: Int8Array, u1: Uint8Array,
  i2: Int16Array, u2: Uint16Array, i4: Int32Array, u4: Uint32Array,
};

/** @type {WeakMap<object, Values>} */
const decoded = new WeakMap();

/** Bytes of a base64 string; the loop is for engines without `Uint8Array.fromBase64`. */
function bytesOf(text) {
  const quick = /** @type {any} */ (Uint8Array).fromBase64;
  if (quick) return quick.call(Uint8Array, text);
  const raw = atob(text);
  const bytes = new Uint8Array(raw.length);
  for (let i = 0; i < raw.length; i++) bytes[i] = raw.charCodeAt(i);
  return bytes;
}

/**
 * The numbers behind a value of a frame: a wire array, a list, or one number. null and undefined give null.
 * @param {any} value
 * @returns {Values | null}
 */
export function decode(value) {
  if (value === null || value === undefined) return null;
  if (typeof value !== "object") return { data: [value], shape: [1] };
  let found = decoded.get(value);
  if (!found) {
    found = Array.isArray(value) ? fromList(value) : fromWire(value);
    decoded.set(value, found);
  }
  return found;
}

/** @param {Wire} wire @returns {Values} */
function fromWire(wire) {
  const type = TYPES[wire.dtype];
  if (!type) throw new TypeError(`unknown dtype: ${wire.dtype}`);
  return { data: new type(bytesOf(wire.bdata).buffer), shape: String(wire.shape).split(",").map(Number) };
}

/** @returns {Values} */
function fromList(list) {
  const number = (v) => (v === null ? NaN : v);
  if (!Array.isArray(list[0])) return { data: list.map(number), shape: [list.length] };
  return { data: list.flat().map(number), shape: [list.length, list[0].length] };
}

const paths = /** @type {Map<string, string[]>} */ (new Map());

/** What a dotted path names in a tree; undefined where there is nothing (a stream may leave out arrays not shown). */
export function resolve(tree, path) {
  let parts = paths.get(path);
  if (!parts) paths.set(path, (parts = /** @type {string[]} */ (path.split("."))));
  let node = tree;
  for (const part of parts) {
    if (node === null || node === undefined) return undefined;
    node = node[part];
  }
  return node;
}

/**
 * Rows of a 2-D array (or of its transpose) as plotly wants them.
 * @param {(v: number) => number} [change]
 */
export function toRows(values, transpose, change = (v) => v) {
  const [height, width] = values.shape;
  const rows = [];
  for (let i = 0; i < (transpose ? width : height); i++) {
    const row = new Float64Array(transpose ? height : width);
    for (let j = 0; j < row.length; j++) row[j] = change(values.data[transpose ? j * width + i : i * width + j]);
    rows.push(row);
  }
  return rows;
}
