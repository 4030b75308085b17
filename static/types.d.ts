// Shapes that several scripts share, for the type checker alone: no browser loads this file.

// --- the page's state (store.js) ---
interface Run { id: string; status: string; watching?: boolean }
interface Trouble { title: string; fields: Record<string, string> }
interface Picked { network: number; layer: number; t: number; k: number }
interface State {
  /** of what is drawn, all defaults filled in */
  spec: any;
  /** the server's; null while the opening experiment has not been touched */
  run: Run | null;
  /** counts the experiments opened */
  era: number;
  /** templates and bindings of this spec */
  figures: any[];
  /** of the inputs and outputs of the task */
  names: Names | null;
  /** the newest of the run */
  frame: any;
  /** the frame on screen: the newest, or an earlier one while looking back */
  shown: any;
  lookingBack: boolean;
  /** changes of the what-if on screen, null while the network itself is shown */
  supposing: any;
  /** the run that this one was forked from */
  parent: Run | null;
  /** metrics that came last */
  rows: any[];
  /** step of the last metrics row */
  last: number;
  /** trained steps */
  step: number;
  /** paused, running, finished, diverged, failed, cancelled */
  status: string;
  /** training steps per second */
  rate: number;
  /** {step, network, reason} */
  diverged: any;
  /** none, open, lost */
  connection: string;
  /** slow motion: the page takes single steps by the clock */
  driving: boolean;
  /** a request that the user waits for is on its way */
  busy: boolean;
  /** a sentence for the user that is no error */
  word: string | null;
  trouble: Trouble | null;
  /** the Jacobian product that was asked for */
  drill: Picked | null;
  /** the picture behind the chosen tab */
  view: string | null;
  /** counts the jumps of a look back: each is a place of its own in the history */
  moves: number;
  /** counts how often the user has gone back to the newest step: a look that was asked for before is not wanted then */
  nows: number;
  /** name of the ready experiment that this is */
  preset: string | null;
  /** the pass that is walked through and the place in it, while the walk is open */
  walk: { network: number; layer: number; sample: number | null; at: number } | null;
  /** the what-if is open */
  whatif: boolean;
}
interface Store {
  get(): State;
  send(message: { type: string; [more: string]: any }): void;
  /** Call `tell(value, state)` now and whenever `select(state)` is another value; returns how to stop. */
  watch<T>(select: (state: State) => T, tell: (value: T, state: State) => void): () => void;
}

// --- arrays and tasks ---
interface Values { data: ArrayLike<number>; shape: number[] }
interface Wire { dtype: string; shape: string; bdata: string }
/** Names of the task's numbers. */
interface Names { inputs: string[] | null; outputs: string[] | null; loss: string }
type Row = ArrayLike<number>;

// --- figures ---
interface Box { left: number; top: number; width: number; height: number }
interface Ranges { x: [number, number]; y: [number, number] }
/** Ranges that follow the data, where they do. */
type Wanted = { x: number[]; y: number[] } | null;
/** Where a cell or a point is. */
interface Place { panel: number; column: number; row: number }
interface ScaleMeta { kind: string; limits: [number, number]; specials: Record<string, number> }
type Stops = [number, string][];
/** A subplot of a figure of heatmaps. */
interface Panel {
  trace: any;
  paths: Record<string, any>;
  painter: import("./heatmap.js").CellPainter;
  box: Box;
  ranges: Ranges;
  values: Values | null;
  xs: Values | null;
  ys: Values | null;
}
interface Points { length: number; x(i: number): number; y(i: number): number; each(visit: (x: number, y: number) => void, from?: number): void; least?: number; largest?: number }
/** A line of a figure of lines, and how it is stroked. */
interface Line { trace: any; paths: Record<string, string>; points: Points; shown: boolean }
interface Stroke { points: Pick<Points, "each">; colour: string; width: number; dash: string; marker: number }
/** A map or lines as a table. */
interface Sheet { title: string; corner: string; columns: string[]; rows: [string, (number | string)[]][] }
/** What a cursor walks on. */
interface Ground {
  at(x: number, y: number): Place | null;
  /** of the place in every subplot; the first is its own */
  boxes(place: Place): Box[];
  text(place: Place): string;
  /** a neighbouring place, kept inside */
  step(place: Place, columns: number, rows: number): Place;
  /** where the keyboard starts */
  home(): Place | null;
  moved(place: Place | null): void;
  pick(place: Place): void;
  reset(): void;
}
/** A mounted figure, as pages use it. */
interface Plot {
  feed(frame: any): void;
  feedRows(rows: any[], fresh?: boolean): void;
  freeze(): Promise<void>;
  point(mark: { t: number; k?: number } | null): void;
  theme(): void;
  destroy(): void;
}
