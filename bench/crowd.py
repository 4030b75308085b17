"""Clients that cost next to nothing, each kind in a process of its own.

`python -m bench.crowd watch|probe PORT PATH …`: a crowd of watchers reads its streams through one epoll and counts;
a prober sends small GETs at a steady rate. Each prints one JSON object when its time is over.
"""

import argparse
import json
import selectors
import socket
import time
from dataclasses import dataclass

REST = 0.02  # seconds between two looks of the crowd: what came meanwhile is read in one go
GAP = 0.05  # seconds between two GETs
MARK = b"\nevent: frame\n"


@dataclass
class Watcher:
    """One open stream: what it brought."""

    wire: socket.socket
    status: int = 0
    frames: int = 0
    size: int = 0
    tail: bytes = b""
    lost: bool = False

    def take(self, data: bytes) -> None:
        """Count what came; a mark may lie across two pieces."""
        if not self.status:
            self.status = int(data.split(b" ", 2)[1])
        self.frames += (self.tail + data).count(MARK)
        self.tail = data[1 - len(MARK) :]
        self.size += len(data)


def connect(port: int, path: str) -> socket.socket:
    """Send a GET on a connection of its own."""
    wire = socket.create_connection(("127.0.0.1", port), timeout=30)
    wire.sendall(_request(path))
    return wire


def _request(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode()


def watch(port: int, paths: list[str], count: int, warm: float, seconds: float) -> dict[str, object]:
    """Hold `count` streams of each path for warm + `seconds`; return what the last `seconds` brought."""
    crowd = [Watcher(connect(port, path)) for path in paths for _ in range(count)]
    eyes = selectors.DefaultSelector()
    for one in crowd:
        one.wire.setblocking(False)
        eyes.register(one.wire, selectors.EVENT_READ, one)
    _read(eyes, warm)
    frames, size, cpu, began = [w.frames for w in crowd], sum(w.size for w in crowd), time.process_time(), time.time()
    _read(eyes, seconds)
    took = time.time() - began
    return {
        "rates": sorted((w.frames - f) / took for w, f in zip(crowd, frames, strict=True)),
        "bytes_per_second": (sum(w.size for w in crowd) - size) / took,
        "processors": (time.process_time() - cpu) / took,
        "bad": sum(w.status >= 500 or not w.status for w in crowd),
        "lost": sum(w.lost for w in crowd),
    }


def _read(eyes: selectors.BaseSelector, seconds: float) -> None:
    buffer = bytearray(1 << 20)
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        for key, _ in eyes.select(left):
            one = key.data
            got = one.wire.recv_into(buffer)
            if not got:
                one.lost = True
                eyes.unregister(one.wire)
            one.take(bytes(memoryview(buffer)[:got]))
        time.sleep(REST)


def probe(port: int, path: str, seconds: float) -> dict[str, object]:
    """Ask every `GAP` seconds; return the seconds that each answer took, and how many were 5xx."""
    waits, bad = [], 0
    until = time.monotonic() + seconds
    with connect(port, path) as wire:
        answer(wire)
        while time.monotonic() < until:
            began = time.perf_counter()
            wire.sendall(_request(path))
            bad += answer(wire)[0] >= 500
            waits.append(time.perf_counter() - began)
            time.sleep(GAP)
    return {"waits": waits, "bad": bad}


def answer(wire: socket.socket) -> tuple[int, bytes]:
    """Return status and body of a small answer with a length."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += wire.recv(1 << 16)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
    while len(body) < length:
        body += wire.recv(1 << 16)
    return int(head.split(b" ", 2)[1]), body


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("watch", "probe"))
    parser.add_argument("port", type=int)
    parser.add_argument("paths", nargs="+")
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--warm", type=float, default=0.0)
    parser.add_argument("--seconds", type=float, default=10.0)
    args = parser.parse_args()
    if args.what == "watch":
        print(json.dumps(watch(args.port, args.paths, args.count, args.warm, args.seconds)))
    else:
        time.sleep(args.warm)
        print(json.dumps(probe(args.port, args.paths[0], args.seconds)))
