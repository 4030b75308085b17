// A safetensors file -> its arrays by name: eight bytes of length, a JSON header, raw little-endian numbers.

const TYPES = { F32: Float32Array, F64: Float64Array };

/** @param {ArrayBuffer} buffer @returns {Record<string, {shape: number[], data: Float32Array | Float64Array}>} */
export function readSafetensors(buffer) {
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length)));
  const arrays = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const { dtype, shape, data_offsets: [from, to] } = entry; // prettier-ignore
    const Type = TYPES[dtype];
    if (!Type) throw new TypeError(`${name} is of dtype ${dtype}`);
    arrays[name] = { shape, data: new Type(buffer.slice(8 + length + from, 8 + length + to)) };
  }
  return arrays;
}
