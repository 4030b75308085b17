import assert from "node:assert/strict";
import { beforeEach, mock, test } from "node:test";
import { createStore, initial, reduce } from "../../static/store.js";
import { createStream } from "../../static/stream.js";

const page = new EventTarget();
Object.assign(globalThis, { document: Object.assign(new EventTarget(), { hidden: false }) });
globalThis.addEventListener = page.addEventListener.bind(page);

class FakeSource {
  static all = [];
  constructor(url) {
    Object.assign(this, { url, tell: {}, closed: false });
    FakeSource.all.push(this);
  }
  addEventListener(name, listener) {
    this.tell[name] = (data) => listener({ data: JSON.stringify(data) });
  }
  close() {
    this.closed = true;
  }
}

const row = (step) => ({ step, networks: [{ loss: 1, accuracy: null, grad_norm: 1 }] });
const opened = { type: "opened", spec: {}, figures: [], frame: { step: 0 }, run: { id: "a", status: "paused" } };

let before = null;

function setUp() {
  before?.stop();
  FakeSource.all = [];
  document.hidden = false;
  const store = createStore(reduce, initial);
  store.send(opened);
  const stream = createStream(store, { EventSource: FakeSource });
  stream.follow("a", { views: "flow_by_lag" });
  before = stream;
  return { store, stream, newest: () => FakeSource.all.at(-1), open: () => FakeSource.all.filter((s) => !s.closed) };
}

beforeEach(() => mock.timers.reset());

test("frames, metrics and status reach the store", () => {
  const { store, newest } = setUp();
  newest().tell.frame({ run: "a", step: 4 });
  newest().tell.metrics({ run: "a", rows: [row(1), row(2)] });
  newest().tell.status({ run: "a", status: "running", step: 2, steps_per_second: 300 });
  const { shown, last, status, rate } = store.get();
  assert.deepEqual([shown.step, last, status, rate], [4, 2, "running", 300]);
});

test("there is one stream at a time", () => {
  const { stream, open } = setUp();
  stream.follow("a", { views: "hidden" });
  assert.equal(open().length, 1);
  assert.match(open()[0].url, /views=hidden/);
});

test("a hidden page gives its connection back, and goes on where it was when it is seen again", () => {
  const { newest, open } = setUp();
  newest().tell.metrics({ run: "a", rows: [row(1), row(2), row(3)] });
  document.hidden = true;
  document.dispatchEvent(new Event("visibilitychange"));
  assert.equal(open().length, 0);
  document.hidden = false;
  document.dispatchEvent(new Event("visibilitychange"));
  assert.match(newest().url, /after=3/);
});

test("the end of a run closes the stream for good", () => {
  const { store, newest, open } = setUp();
  newest().tell.done({ run: "a", status: "diverged", step: 3, diverged: { step: 3, network: 0, reason: "loss is not finite" } });
  assert.equal(open().length, 0);
  assert.equal(store.get().status, "diverged");
  document.dispatchEvent(new Event("visibilitychange"));
  assert.equal(open().length, 0);
});

test("a lost server is said, asked again, and followed again when it is back", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const answers = [() => Promise.reject(new Error("refused")), () => Promise.resolve({ ok: true, status: 200, text: async () => "{}" })];
  const fetches = mock.method(globalThis, "fetch", () => answers.shift()());
  const { store, newest, open } = setUp();
  newest().onerror();
  assert.equal(store.get().connection, "lost");
  assert.equal(open().length, 0);
  mock.timers.tick(500);
  await settled();
  assert.equal(open().length, 0);
  mock.timers.tick(1000);
  await settled();
  assert.equal(fetches.mock.callCount(), 2);
  newest().onopen();
  assert.equal(store.get().connection, "open");
  fetches.mock.restore();
});

test("a server that no longer knows the run ends the waiting with a plain word", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  const gone = { ok: false, status: 404, text: async () => '{"detail": "there is no run \'a\'"}' };
  const fetches = mock.method(globalThis, "fetch", async () => gone);
  const { store, newest } = setUp();
  newest().tell.bye({});
  mock.timers.tick(500);
  await settled();
  assert.match(store.get().trouble.title, /no longer knows/);
  fetches.mock.restore();
});

const settled = async () => {
  for (let i = 0; i < 30; i++) await Promise.resolve();
};

test("whoever waited for a stream that another took the place of is told, too", async () => {
  const { stream, newest, open } = setUp();
  const first = stream.follow("a", { views: "hidden" });
  const second = stream.follow("a", { views: "gates" });
  newest().onopen();
  await Promise.all([first, second]);
  assert.equal(open().length, 1);
});

test("the same stream is not opened twice", async () => {
  const { stream, newest, open } = setUp();
  const before = newest();
  const again = stream.follow("a", { views: "flow_by_lag" });
  assert.equal(newest(), before);
  before.onopen();
  await again;
  await stream.follow("a", { views: "flow_by_lag" });
  assert.deepEqual(open(), [before]);
});

test("a late word on the run before does not end the stream of the one that is followed now", async () => {
  mock.timers.enable({ apis: ["setTimeout"] });
  let answer;
  const fetches = mock.method(globalThis, "fetch", () => new Promise((resolve) => (answer = resolve)));
  const { store, stream, newest, open } = setUp();
  newest().onerror();
  mock.timers.tick(500);
  await settled();
  stream.follow("b", { views: "flow_by_lag" });
  answer({ ok: false, status: 404, text: async () => "{}" });
  await settled();
  assert.equal(open().length, 1);
  assert.match(open()[0].url, /\/b\/stream/);
  assert.equal(store.get().trouble, null);
  fetches.mock.restore();
});
