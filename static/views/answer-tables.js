// Why it vanished, and the spectra, as tables: what is drawn of each network, thinned out to what can be read.
import { table, thinned } from "../tables.js";

/** @param {any} answer of `why` or `spectra`, drawn @returns {HTMLElement[]} a table for each network */
export function answerTables(answer) {
  const { data, layout } = answer.figure;
  const [corner, up] = [layout.xaxis.title.text, layout.yaxis.title.text];
  return answer.networks.map(({ label }, i) => {
    const traces = data.filter(({ xaxis }) => xaxis === (i ? `x${i + 1}` : "x"));
    const all = traces.find(({ meta }) => meta?.directions);
    const { xs, rows } = all ? directions(all) : causes(traces, layout.yaxis.range[0]);
    const across = thinned(xs.length);
    const lines = rows.map(([name, ys]) => /** @type {[string, number[]]} */ ([name, across.map((at) => ys[at])]));
    return table({ title: `${label}: ${up}`, corner, columns: across.map((at) => String(xs[at])), rows: lines });
  });
}

/** What kills exactly is drawn down to the border, which no finite share reaches. */
function causes(traces, low) {
  const exact = (y) => (y === null ? NaN : y <= low ? -Infinity : y);
  const rows = traces.map(({ name, y }) => [name, y.map(exact)]);
  return { xs: traces[0].y.map((_, k) => k), rows };
}

/** One line holds all singular values, each with a gap at its end. */
function directions({ x, y, meta }) {
  const length = x.length / meta.directions.length;
  const rows = thinned(meta.directions.length).map((i) => {
    const own = y.slice(i * length, (i + 1) * length - 1);
    return [String(meta.directions[i]), own.map((value) => value ?? NaN)];
  });
  return { xs: x.slice(0, length - 1), rows };
}
