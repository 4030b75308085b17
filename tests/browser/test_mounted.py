"""The page below a path of another site: a proxy strips /unrolled and passes everything on."""

from __future__ import annotations

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import suppress

import pytest
from playwright.sync_api import Browser, expect

from tests.app.helpers import LiveServer

PREFIX = b"/unrolled"
KEY = "correct horse battery"


class Strip(socketserver.StreamRequestHandler):
    """Strips the prefix off a request; answers 404 to anything beside it, so that no absolute path works."""

    upstream = 0

    def handle(self) -> None:
        with suppress(OSError):
            method, path, version = self.rfile.readline().split(b" ", 2)
            if not path.startswith(PREFIX + b"/"):
                self.wfile.write(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
                return
            head = [b" ".join((method, path.removeprefix(PREFIX), version))]
            while (line := self.rfile.readline()) not in (b"\r\n", b""):
                if not line.lower().startswith(b"connection:"):
                    head.append(line)
            length = next((int(x.split(b":")[1]) for x in head if x.lower().startswith(b"content-length:")), 0)
            body = self.rfile.read(length)
            with socket.create_connection(("127.0.0.1", self.upstream)) as back:
                back.sendall(b"".join(head) + b"connection: close\r\n\r\n" + body)
                while piece := back.recv(1 << 16):
                    self.wfile.write(piece)


class Proxy(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False


@pytest.fixture(scope="module")
def mounted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    server = LiveServer(tmp_path_factory.mktemp("mounted"), root_path="/unrolled", teacher_key=KEY).start()
    proxy = Proxy(("127.0.0.1", 0), type("Here", (Strip,), {"upstream": server.port}))
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{proxy.server_address[1]}"
    server.close()
    proxy.shutdown()
    proxy.server_close()


def test_the_page_trains_streams_and_redirects_below_the_path(mounted: str, browser: Browser):
    context = browser.new_context()
    page = context.new_page()
    bad: list[str] = []
    page.on("response", lambda answer: bad.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None)
    page.goto(f"{mounted}/unrolled/")
    expect(page.locator("#panel-jacobian")).to_be_visible()
    page.locator("#step").click()
    expect(page.locator("#step-count")).to_have_text("step 1")
    page.get_by_role("button", name="Play", exact=True).click()
    expect(page.locator("#state")).to_have_text("training")
    page.get_by_role("button", name="Pause", exact=True).click()
    assert bad == []
    page.goto(f"{mounted}/unrolled/teach")
    page.locator("#key").fill(KEY)
    page.get_by_role("button", name="Sit down").click()
    page.get_by_role("button", name="Open", exact=True).click()
    code = page.locator("#rooms .code").inner_text()
    assert bad == []
    page.goto(f"{mounted}/unrolled/room/{code}/wall")
    assert page.url == f"{mounted}/unrolled/wall?room={code}"
    expect(page.locator("#cards")).to_contain_text("Nobody has entered yet.")
    page.goto(f"{mounted}/unrolled/room/{code}")
    expect(page.locator("#join-nickname")).to_be_visible()
    assert page.url == f"{mounted}/unrolled/?room={code}"
    assert bad == []
    context.close()
