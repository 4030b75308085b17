// How far the gradient of a network reaches, as one number.
import { decode } from "./arrays.js";

/** log10 of the mean norm over the longest lag; the LSTM's of its cell state, the path it remembers by. */
export function farthest(network) {
  const layer = network.layers[0];
  const flow = Array.from(decode(layer.cell_flow_by_lag ?? layer.flow_by_lag)?.data ?? []).filter((x) => !Number.isNaN(x));
  return flow.at(-1) ?? NaN;
}
