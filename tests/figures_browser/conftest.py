"""The page's figure modules alone in a real Chromium, under the strict policy, fed with frames of the engine.

A file server of the test's own: what is tested are the modules, not the service. Nothing a page logs goes unseen.
"""

from __future__ import annotations

import dataclasses
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

import engine
from app import plotly_bundle, wire
from engine.figures import FIGURES, figures_json

ROOT = Path(__file__).resolve().parents[2]
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "connect-src 'self'; font-src 'self'"
)
PAGE = """<!doctype html><meta charset="utf-8"><title>figures</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="preload" as="script" href="/plotly.js" data-plotly><link rel="stylesheet" href="/page.css">
<div id="all"></div><script type="module" src="/page.js"></script>"""
STYLE = """:root { color-scheme: light dark } body { margin: 12px; background: #fff; color: #1b2330 }
body.dark { background: #11161f; color: #e8ecf3 }"""
SCRIPT = """
import { mountFigure } from "/static/figures.js";
import { mountMatrix, picture } from "/static/figures/still.js";
import { decode, resolve } from "/static/arrays.js";
const get = (path) => fetch(path).then((answer) => answer.json());
window.get = get;
window.seen = { picked: [], violations: [] };
addEventListener("securitypolicyviolation", (event) => seen.violations.push(event.violatedDirective));
addEventListener("cell-picked", (event) => seen.picked.push(event.detail));
const [{ figures }, frame] = await Promise.all([get("/figures.json"), get("/frame.json")]);
Object.assign(window, { figures, frame, mountMatrix, picture, decode, resolve, plots: {} });
const wanted = new URLSearchParams(location.search).get("show").split(",");
for (const figure of figures.filter(({ id }) => wanted.includes(id))) {
  const div = document.createElement("div");
  div.id = figure.id;
  document.querySelector("#all").append(div);
  plots[figure.id] = mountFigure(div, figure);
  plots[figure.id].feed(frame);
}
while (Object.values(plots).some(({ drawn }) => drawn === false)) await new Promise(requestAnimationFrame);
window.ready = true;
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(item.path).parent == Path(__file__).parent:
            item.add_marker("browser")


def odd(frame: engine.Frame) -> engine.Frame:
    """The frame with every kind of value in the first network's map, and a state past its limits."""
    network = frame.networks[0]
    norms = network.layers[0].jacobian_log_norms.copy()
    norms[9, :9] = [np.nan, -np.inf, np.inf, -528, 3, -8, 1, -7.999, 0.5]
    norms[8, :8] = np.linspace(-8, 1, 8)
    layer = dataclasses.replace(network.layers[0], jacobian_log_norms=norms)
    return dataclasses.replace(frame, networks=(dataclasses.replace(network, layers=(layer,)), *frame.networks[1:]))


@pytest.fixture(scope="session")
def files() -> dict[str, tuple[str, bytes]]:
    cells = [{"cell": cell, "hidden_size": 6} for cell in ("rnn", "lstm", "gru")]
    spec = engine.RunSpec.from_dict(
        {"task": {"name": "adding", "length": 9}, "networks": cells, "steps": 3000, "batch_size": 4}
    )
    trained, _ = engine.advance(engine.start(spec), 2)
    everything = wire.Choice(None, False)
    encoded = [wire.encode("run", f, everything).select(everything) for f in (engine.frame_of(trained),)]
    strange = wire.encode("run", odd(engine.frame_of(engine.start(spec))), everything).select(everything)
    figures = json.dumps({"figures": figures_json(spec, FIGURES.values())}).encode()
    product = wire.document(engine.jacobian(trained, network=1, t=7, k=2))
    return {
        "/": ("text/html", PAGE.encode()),
        "/page.css": ("text/css", STYLE.encode()),
        "/page.js": ("text/javascript", SCRIPT.encode()),
        "/plotly.js": ("text/javascript", plotly_bundle.bundle().raw),
        "/figures.json": ("application/json", figures),
        "/frame.json": ("application/json", strange),
        "/next.json": ("application/json", encoded[0]),
        "/product.json": ("application/json", product),
        **{f"/{p.relative_to(ROOT)}": ("text/javascript", p.read_bytes()) for p in (ROOT / "static").rglob("*.js")},
    }


@pytest.fixture(scope="session")
def address(files: dict[str, tuple[str, bytes]]) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            kind, body = files.get(self.path.split("?")[0], ("", b""))
            self.send_response(200 if kind else 404)
            for name, value in {"Content-Type": kind or "text/plain", "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.send_header("Content-Security-Policy", POLICY)
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def show(browser: Browser, address: str) -> Iterator[Callable[..., Page]]:
    """Open a page with some figures; afterwards nothing may have been logged or refused."""
    opened: list[tuple[Page, list[str]]] = []

    def open_page(*figures: str, width: int = 1200, height: int = 800) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height})
        page, said = context.new_page(), []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        opened.append((page, said))
        page.goto(f"{address}?show={','.join(figures)}")
        until(page, "window.ready === true")
        return page

    yield open_page
    for page, said in opened:
        assert page.evaluate("seen.violations") == []
        assert said == []
        page.context.close()


def until(page: Page, condition: str, seconds: float = 20) -> None:
    """Wait for a condition; playwright's own waiting needs eval, which the policy forbids."""
    end = time.monotonic() + seconds
    while not page.evaluate(condition):
        assert time.monotonic() < end, f"never came true: {condition}"
        time.sleep(0.03)


@pytest.fixture
def wait() -> Callable[..., None]:
    return until
