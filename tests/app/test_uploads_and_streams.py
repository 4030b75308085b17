"""Spoilt uploads and odd questions to a stream, some hundreds: refused or taken, never a 5xx, nothing half done."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as budget
from hypothesis import strategies as st

from tests.app.helpers import LiveServer, small_spec

CALM = {"deadline": None, "suppress_health_check": list(HealthCheck), "database": None}
REFUSALS = {400, 404, 405, 413, 414, 422, 431}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    made = LiveServer(tmp_path_factory.mktemp("data"), max_runs=100_000, workers=1).start()
    yield made
    assert made.http.get("/readyz").status_code == 200
    lines = made.http.get("/metrics").text.splitlines()
    assert not [line for line in lines if line.startswith('unrolled_requests_total{status="5')]
    made.close()


@st.composite
def spoilt(draw: st.DrawFn, sound: bytes) -> bytes:
    """A sound file with bytes changed, cut out, put in, cut off, or its first length made a lie."""
    data = bytearray(sound)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        match draw(st.sampled_from(("change", "cut", "insert", "end", "length"))):
            case "change":
                data[at : at + 1] = draw(st.binary(min_size=1, max_size=4))
            case "cut":
                del data[at : at + draw(st.integers(1, 64))]
            case "insert":
                data[at:at] = draw(st.binary(max_size=64))
            case "end":
                del data[at:]
            case "length":
                data[:8] = struct.pack("<Q", draw(st.integers(0, 2**64 - 1)))
    return bytes(data)


@pytest.mark.parametrize("format", ["npz", "safetensors"])
def test_spoilt_weights_are_refused_or_taken_whole(server: LiveServer, format: str) -> None:
    run = server.make(small_spec(steps=20))
    address = f"/api/runs/{run}/weights?format={format}&network=0"
    sound = server.http.get(address).content
    taken: list[bytes] = []

    @given(spoilt(sound))
    @budget(max_examples=150, **CALM)
    def send(body: bytes) -> None:
        before = server.http.get(address).content
        answer = server.http.put(address, content=body)
        after = server.http.get(address).content
        if answer.is_success:
            taken.append(body)
        else:
            assert answer.status_code in REFUSALS, answer.text
            assert answer.headers["content-type"] == "application/problem+json"
            assert after == before

    send()
    assert server.http.put(address, content=sound).is_success
    assert server.http.get(address).content == sound


ODD = ["jacobian_log_norms", "gates,hidden", "", ",", "0.5", "1e-300", "nan", "inf", "true"]
VALUES = st.one_of(st.text(max_size=30), st.integers().map(str), st.floats().map(str), st.sampled_from(ODD))
HEADS = (b"%s", b"GET /%s HTTP/1.1\r\n\r\n", b"POST /api/runs HTTP/1.1\r\nhost: x\r\n%s\r\n\r\n")


@given(query=st.dictionaries(st.sampled_from(["views", "max_fps", "products", "after", "last"]), VALUES, max_size=4),
       last=st.none() | VALUES)  # fmt: skip
@budget(max_examples=120, **CALM)
def test_whatever_a_stream_is_asked_it_begins_or_is_refused(server: LiveServer, query, last) -> None:
    runs.setdefault(server.url, server.make(small_spec(steps=20)))
    header = last.encode("ascii", "ignore").decode().strip() if last else ""
    headers = {"Last-Event-ID": "".join(c for c in header if c.isprintable())} if header else {}
    with server.http.stream("GET", f"/api/runs/{runs[server.url]}/stream", params=query, headers=headers) as answer:
        if answer.status_code == 200:
            assert next(answer.iter_bytes()).startswith(b"retry: 1000\n\nid: ")
        else:
            assert answer.status_code in REFUSALS


runs: dict[str, str] = {}


@given(st.builds(lambda head, data: head % data, st.sampled_from(HEADS), st.binary(max_size=300)))
@budget(max_examples=120, **CALM)
def test_bytes_that_are_no_request_hang_nothing(server: LiveServer, data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as wire:
        wire.sendall(data)
        wire.shutdown(socket.SHUT_WR)
        said = b""
        while piece := wire.recv(1 << 16):  # the server ends it: no hang
            said += piece
    assert b" 500 " not in said.split(b"\r\n", 1)[0]
